"""Pieces that run across the border of a mention, such as `ในปี`, and a tokenizer that does without them.

A mention cannot begin or end inside a piece. What a tokenizer loses so is regained where the piece is cut into smaller
ones of the same vocabulary, which the encoder knows as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from thaigov_events.annotations.document import Document
from thaigov_events.models.tokenizer import Tokenizer

# One crossing may be a slip of the annotation.
LEAST = 2


def crossed_pieces(tokenizer: Tokenizer, gold: Iterable[tuple[str, Iterable[int]]]) -> Counter[str]:
    """Count the pieces that have a border inside them; `gold` is (text, borders of mentions) of each document."""
    names = {index: piece for piece, index in tokenizer.vocabulary.items()}
    crossed: Counter[str] = Counter()
    for text, borders in gold:
        tokens = tokenizer.encode(text)
        inside = {
            i: k for k, (a, b) in enumerate(zip(tokens.starts, tokens.ends, strict=True)) for i in range(a + 1, b)
        }
        crossed.update(names[int(tokens.ids[inside[border]])] for border in borders if border in inside)
    return crossed


def split_crossed(tokenizer: Tokenizer, documents: Sequence[Document]) -> tuple[Tokenizer, int]:
    """Return a tokenizer without the pieces that mentions of `documents` cross repeatedly, and how many those are.

    Raises:
        ValueError: when the tokenizer is not of the unigram kind, which alone can do without a piece.
    """
    gold = [(d.text, [border for e in d.entities for border in (e.start, e.end)]) for d in documents]
    avoided: set[str] = set()
    while True:  # what a piece is cut into may be crossed in turn
        crossed = {
            piece for piece, count in crossed_pieces(tokenizer, gold).items() if count >= LEAST and len(piece) > 1
        } - avoided
        if not crossed:
            return tokenizer, len(avoided)
        avoided |= crossed
        tokenizer = tokenizer.avoid(crossed)
