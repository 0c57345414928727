"""Token labels of the entity head: BIOES over the schema's entity types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 0
BEGIN, INSIDE, END, SINGLE = range(4)


def label_count(types: int) -> int:
    """Return how many token labels there are for a number of entity types: one for outside, four for each type."""
    return 1 + 4 * types


def label_index(kind: int, part: int) -> int:
    """Return the index of a token label: `kind` is the entity type's index, `part` one of B, I, E, S."""
    return 1 + 4 * kind + part


def encode_spans(spans: Sequence[tuple[int, int, int]], length: int) -> NDArray[np.int64]:
    """Return the token labels `[length]` of spans (first token, one past the last, type index)."""
    labels = np.full(length, OUTSIDE, dtype=np.int64)
    for start, end, kind in spans:
        if end - start == 1:
            labels[start] = label_index(kind, SINGLE)
        else:
            labels[start:end] = label_index(kind, INSIDE)
            labels[start] = label_index(kind, BEGIN)
            labels[end - 1] = label_index(kind, END)
    return labels


def decode_path(path: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return the spans of a well-formed sequence of token labels, the inverse of `encode_spans`."""
    spans: list[tuple[int, int, int]] = []
    part, kind = (path - 1) % 4, (path - 1) // 4
    start = 0
    for place in np.flatnonzero(path != OUTSIDE):
        if part[place] in (BEGIN, SINGLE):
            start = int(place)
        if part[place] in (END, SINGLE):
            spans.append((start, int(place) + 1, int(kind[place])))
    return spans
