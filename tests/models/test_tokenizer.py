from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models

from thaigov_events.models.tokenizer import Tokenizer, build_tokenizer, character_classes

COMPACT = Path(__file__).parents[2] / "models" / "compact" / "tokenizer.json"

thai_text = st.lists(
    st.one_of(
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B),
        st.sampled_from("กขคนมาำ่้๊๋ัิีึืุู์ํเแโใไ"),
        st.sampled_from(" \n\t\u00a0\u200b\ufeff\u200d\ufe0f"),
        st.sampled_from("๐๑๒๓0123456789(),./-–“”ฯ%ABCabcé①½ﬁ\uf70a\uf710"),
        st.sampled_from(["😀", "👍🏽", "👨‍👩‍👧", "🇹🇭", "เเ", "น้ำ"]),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=80,
).map("".join)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load(COMPACT)


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    tokens = tokenizer.encode(text)
    return [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True) if a < b]


@settings(max_examples=400, deadline=None)
@given(text=thai_text)
def test_visible_pieces_are_ordered_whole_characters_without_space(text: str) -> None:
    tokenizer = Tokenizer.load(COMPACT)
    tokens = tokenizer.encode(text)
    classes = character_classes(text)
    before = 0
    for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
        assert 0 <= start <= end <= len(text)
        if start == end:
            continue
        assert start >= before
        before = end
        piece = text[start:end]
        assert piece == piece.strip()
        # a mark may begin a piece only where nothing stands before that it could belong to
        assert classes[start] != 1 or (classes[:start] == 2).all() or classes[start - 1] == 2
        assert end == len(text) or classes[end] != 1


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("กขคงนมาำ่้ัิีุูเแ ๑๒0a.(\n"), min_size=1, max_size=60))
def test_every_solid_character_belongs_to_a_piece(text: str) -> None:
    tokens = Tokenizer.load(COMPACT).encode(text)
    covered = {i for a, b in zip(tokens.starts, tokens.ends, strict=True) for i in range(a, b)}
    assert {i for i, c in enumerate(text) if not c.isspace()} <= covered


def test_space_before_a_word_is_not_part_of_its_piece(tokenizer: Tokenizer) -> None:
    assert pieces(tokenizer, "ประธาน เป็น")[-1] == "เป็น"


def test_sara_am_is_never_split_from_its_consonant(tokenizer: Tokenizer) -> None:
    assert all(not piece.startswith("ำ") for piece in pieces(tokenizer, "จำนวนกำนันนำทำน้ำใจอำเภอ"))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("ในปี2562)", "2562"),
        ("ประจำปี 2566", "ปี 2566"),
        ("จัดงานOTOP", "งานOTOP"),
        ("(คสป.)", "คสป."),
        ("และนายสมชาย", "นาย"),
        ("พ.ศ.2567(ไตรมาส1-2)", "พ.ศ.2567(ไตรมาส1-2)"),
    ],
)
def test_borders_that_subword_tokenizers_swallow_are_borders(tokenizer: Tokenizer, text: str, span: str) -> None:
    tokens = tokenizer.encode(text)
    start = text.index(span)
    assert start in tokens.starts[tokens.visible]
    assert start + len(span) in tokens.ends[tokens.visible]


def test_line_breaks_are_seen_and_private_use_marks_are_read(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocabulary["↵"] in tokenizer.encode("ก\nข").ids
    assert tokenizer.encode("แม\uf70a").ids.tolist() == tokenizer.encode("แม่").ids.tolist()


def test_empty_text_has_no_pieces(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("")) == 0
    assert not tokenizer.encode(" \n ").visible.any()


def test_a_vocabulary_without_special_pieces_is_refused() -> None:
    with pytest.raises(ValueError, match="<s>"):
        Tokenizer(tokenizers.Tokenizer(models.Unigram([("ก", -1.0)], unk_id=0)))


def test_saving_and_loading_gives_the_same_tokenizer(tmp_path: Path) -> None:
    small = Tokenizer(
        build_tokenizer(
            [(p, 0.0) for p in ("<s>", "<pad>", "</s>", "<unk>")] + [("▁", -2.0), ("ก", -1.0), ("กข", -1.5)]
        )
    )
    small.save(tmp_path)
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    assert again.encode("กขก ข").ids.tolist() == small.encode("กขก ข").ids.tolist()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"tokenizer\.json"):
        Tokenizer.load(tmp_path / "tokenizer.json")
