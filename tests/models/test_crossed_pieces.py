from collections.abc import Callable

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from thaigov_events.annotations import Document, Entity
from thaigov_events.models.crossed_pieces import crossed_pieces, split_crossed
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.tokenizer_profile import Profile

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<mask>", 0.0)] + [
    (piece, -3.0) for piece in ("▁", "ใน", "ปี", "จังหวัด", "ของ", "ในปี", "ของจังหวัด", "ในปีของจังหวัด")
]
TEXT = "ในปีของจังหวัด"


@pytest.fixture
def tokenizer() -> Tokenizer:
    unigram = tokenizers.Tokenizer(models.Unigram(PIECES, unk_id=3))
    unigram.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first")
    return Tokenizer(unigram, Profile("generic"))


def annotate(number: int, *words: str) -> Document:
    places = [(TEXT.index(word), TEXT.index(word) + len(word)) for word in words]
    return Document(f"d{number}", TEXT, tuple(Entity(f"T{k}", "DATE", *p) for k, p in enumerate(places)))


def cut(tokenizer: Tokenizer) -> list[str]:
    tokens = tokenizer.encode(TEXT)
    return [TEXT[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True) if a < b]


def test_pieces_are_counted_that_borders_of_mentions_cross(tokenizer: Tokenizer) -> None:
    assert cut(tokenizer) == [TEXT]
    assert crossed_pieces(tokenizer, [(TEXT, [2, 4, len(TEXT)])]) == {TEXT: 2}


def test_crossed_pieces_are_cut_until_none_is_crossed_any_more(tokenizer: Tokenizer) -> None:
    new, count = split_crossed(tokenizer, [annotate(k, "ปี", "จังหวัด") for k in range(2)])
    assert cut(new) == ["ใน", "ปี", "ของ", "จังหวัด"]
    assert count == 3
    assert new.vocabulary == tokenizer.vocabulary
    assert cut(tokenizer) == [TEXT]


def test_one_crossing_may_be_a_slip(tokenizer: Tokenizer) -> None:
    new, count = split_crossed(tokenizer, [annotate(0, "จังหวัด")])
    assert (cut(new), count) == ([TEXT], 0)


def test_other_tokenizers_cannot_do_without_a_piece(tokenizer_of: Callable[[str], Tokenizer]) -> None:
    with pytest.raises(ValueError, match="split_crossed = false"):
        tokenizer_of("wordpiece").avoid({"ก"})
