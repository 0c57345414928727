"""Every kind of tokenizer gives whole characters of the original text and loses none."""

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import normalizers, pre_tokenizers

from thaigov_events.annotations import Document
from thaigov_events.models.pretrained_tokenizer import read_sentencepiece, read_tokenizer
from thaigov_events.models.slow_tokenizer import align_pieces
from thaigov_events.models.tokenizer import Tokenizer, character_classes, load_tokenizer, read_tokenizer_json
from thaigov_events.models.tokenizer_profile import Profile
from thaigov_events.models.wangchanberta import prepare_text

KINDS = ("compact", "wangchanberta", "real wangchanberta", "unigram", "wordpiece", "bytes", "slow")

thai_text = st.lists(
    st.one_of(
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B),
        st.sampled_from("กขคนมาำ่้๊๋ัิีึืุู์ํเแโใไ"),
        st.sampled_from(" \n\t\u00a0\u200b\ufeff\u200d\u2060\ufe0f"),
        st.sampled_from("๐๑๒๓0123456789(),./-–“”ฯ%ABCabcé①½ﬁİΣßJ\uf70a\uf710"),
        st.sampled_from(["😀", "👍🏽", "👨‍👩‍👧", "🇹🇭", "เเ", "น้ำ", "<_>", "การประชุม", "  ", "\r\n"]),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=60,
).map("".join)


# Not among these: a compatibility form with a Thai mark on it, which `tokenizers` folds to the form alone.
ordinary_text = st.text(
    st.one_of(
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B), st.sampled_from("\n  \u200b09(),.-/“”%AZaz😀🇹🇭า้ำ")
    ),
    max_size=60,
)


def letters(text: str) -> str:
    """Leave out marks, which go with their consonant whatever the piece says."""
    return "".join(
        c for c in unicodedata.normalize("NFKD", text.lower()) if unicodedata.category(c) in ("Lo", "Ll", "Nd")
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=thai_text)
def test_visible_pieces_are_whole_characters_and_none_is_lost(
    tokenizer_of: Callable[[str], Tokenizer], kind: str, text: str
) -> None:
    tokenizer = tokenizer_of(kind)
    tokens = tokenizer.encode(text)
    classes = character_classes(text)
    assert len(tokenizer) > tokens.ids.max(initial=0)
    covered = np.zeros(len(text), dtype=bool)
    before = 0
    for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
        assert 0 <= start <= end <= len(text)
        if start == end:
            continue
        assert start >= before
        before = end
        covered[start:end] = True
        assert text[start:end] == text[start:end].strip()
        assert classes[start] != 1 or (classes[:start] == 2).all() or classes[start - 1] == 2
        assert end == len(text) or classes[end] != 1
    # a text of which the tokenizer sees nothing at all has no pieces
    assert covered[classes != 2].all() or not len(tokens)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_of_plain_text_are_what_they_say(
    tokenizer_of: Callable[[str], Tokenizer], kind: str, documents: list[Document]
) -> None:
    tokenizer = tokenizer_of(kind)
    names = {index: piece for piece, index in tokenizer.vocabulary.items()}
    for document in documents[:4]:
        tokens = tokenizer.encode(document.text)
        assert "".join(document.text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)) == "".join(
            document.text.split()
        )
        if kind in ("unigram", "slow", "wangchanberta", "real wangchanberta"):  # whose pieces can be read
            for index, start, end in zip(tokens.ids.tolist(), tokens.starts, tokens.ends, strict=True):
                piece, seen = (letters(part) for part in (names[index], document.text[start:end]))
                if names[index] not in ("<_>", tokenizer.profile.unk):
                    assert piece in seen or seen in piece


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "slow"])
def test_a_saved_tokenizer_is_the_same_again(
    tokenizer_of: Callable[[str], Tokenizer], kind: str, documents: list[Document], tmp_path: Path
) -> None:
    tokenizer = tokenizer_of(kind)
    tokenizer.save(tmp_path)
    again = load_tokenizer(tmp_path)
    assert again.profile == tokenizer.profile
    assert (again.bos, again.pad, again.eos, again.unk) == (tokenizer.bos, tokenizer.pad, tokenizer.eos, tokenizer.unk)
    for document in documents:
        ours, theirs = tokenizer.encode(document.text), again.encode(document.text)
        assert ours.ids.tolist() == theirs.ids.tolist() and ours.ends.tolist() == theirs.ends.tolist()


@pytest.mark.parametrize("kind", ["wangchanberta", "unigram"])
def test_a_trained_model_needs_no_transformers(
    tokenizer_of: Callable[[str], Tokenizer], kind: str, tmp_path: Path
) -> None:
    tokenizer_of(kind).save(tmp_path)
    program = """
import sys
from pathlib import Path
sys.modules["transformers"] = sys.modules["torch"] = None
from thaigov_events.models.tokenizer import load_tokenizer
print(load_tokenizer(Path(sys.argv[1])).encode("การประชุม ครั้งที่ 3").ids.tolist())
"""
    out = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout
    assert out.strip() == str(tokenizer_of(kind).encode("การประชุม ครั้งที่ 3").ids.tolist())


def test_a_slow_tokenizer_without_transformers_names_the_extra(
    tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer_of("slow").save(tmp_path)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModuleNotFoundError, match=r"thaigov-events\[train\]"):
        load_tokenizer(tmp_path)
    with pytest.raises(ValueError, match=r"no tokenizer\.json"):
        tokenizer_of("slow").serialise()


@settings(max_examples=60, deadline=None)
@given(text=thai_text)
def test_prepared_text_is_as_in_pretraining_and_maps_back(text: str) -> None:
    prepared, borders = prepare_text(text)
    assert len(borders) == len(prepared) + 1
    assert (np.diff(borders) >= 0).all() and borders[-1] <= len(text)
    assert not any(c.isspace() or c in "\u200b\u200d\ufeff\u2060" for c in prepared)
    assert prepared == prepared.lower() or "İ" in text or "Σ" in text
    for place, letter in enumerate(prepared):
        if letter not in "<_>":
            assert letter in text[borders[place + 1] - 1].lower()


def test_white_space_is_folded_and_dropped_at_both_ends() -> None:
    prepared, borders = prepare_text("\ufeff ก \n ข\u200bABC\n")
    assert prepared == "ก<_>ขabc"
    assert borders.tolist() == [0, 3, 6, 6, 6, 7, 9, 10, 11]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ordinary_text)
def test_ids_are_those_of_sentencepiece_itself(sentencepiece_folder: Path, text: str) -> None:
    import sentencepiece

    path = sentencepiece_folder / "sentencepiece.bpe.model"
    reference = sentencepiece.SentencePieceProcessor(model_file=str(path))
    prepared = prepare_text(text)[0]
    expected = [3 if index == 0 else index + 4 for index in reference.encode(prepared)]
    assert read_sentencepiece(path).encode(prepared, add_special_tokens=False).ids == expected


def test_the_real_tokenizer_gives_the_ids_of_training(tokenizer_of: Callable[[str], Tokenizer]) -> None:
    tokenizer = tokenizer_of("real wangchanberta")
    tokens = tokenizer.encode("สวัสดีครับ ABC\nน้ำ จังหวัดตราด")
    assert tokens.ids.tolist() == [10, 5533, 8, 6174, 499, 8, 143, 8, 184, 7072]
    assert (tokenizer.bos, tokenizer.pad, tokenizer.eos, tokenizer.unk) == (5, 1, 6, 3)
    assert (len(tokenizer), tokenizer.mask) == (25005, 25004)


def test_a_wrongly_converted_tokenizer_is_mended(sentencepiece_folder: Path, tmp_path: Path) -> None:
    wrong = read_sentencepiece(sentencepiece_folder / "sentencepiece.bpe.model")
    wrong.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    wrong.enable_truncation(5)
    wrong.save(str(tmp_path / "tokenizer.json"))
    text = "การประชุม ครั้งที่ 3/2566 และ เป็น ของ"
    mended = read_tokenizer(str(tmp_path), "wangchanberta").encode(text).ids.tolist()
    right = read_tokenizer(str(sentencepiece_folder), "wangchanberta").encode(text).ids.tolist()
    assert mended == right != read_tokenizer_json(tmp_path / "tokenizer.json").encode(prepare_text(text)[0]).ids


def test_what_cannot_be_mended_is_refused(sentencepiece_folder: Path, tmp_path: Path) -> None:
    wrong = read_sentencepiece(sentencepiece_folder / "sentencepiece.bpe.model")
    wrong.normalizer = normalizers.NFC()
    wrong.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=r"tokenizer\.json: wrongly converted, normal form"):
        read_tokenizer(str(tmp_path), "wangchanberta")
    train = read_tokenizer(str(sentencepiece_folder), "wangchanberta").serialise()
    (tmp_path / "tokenizer.json").write_text(train.replace('"first"', '"always"'), encoding="utf-8")
    Profile("wangchanberta").save(tmp_path)
    with pytest.raises(ValueError, match="wrongly converted, ids at the end"):
        load_tokenizer(tmp_path)
    (tmp_path / "sentencepiece.bpe.model").write_bytes(b"\xff\xff")
    (tmp_path / "tokenizer_profile.json").unlink()
    with pytest.raises(ValueError, match="no SentencePiece model"):
        read_tokenizer(str(tmp_path), "wangchanberta")


def test_profiles_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose one of compact"):
        Profile("bert")
    (tmp_path / "tokenizer_profile.json").write_text('{"kind": "generic", "sep": "x"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer_profile\.json: damaged"):
        load_tokenizer(tmp_path)


def test_unknown_pieces_fill_the_gap_between_their_neighbours() -> None:
    text = "กขค😀 ABC ง"
    assert align_pieces(text, ["กข", "ค", "", "", "ab", "##c", "ง"]) == [
        (0, 2), (2, 3), (3, 5), (5, 5), (5, 7), (7, 8), (9, 10),
    ]  # fmt: skip
    assert align_pieces("ที่", ["ท"]) == [(0, 1)]
    assert align_pieces("", []) == []
