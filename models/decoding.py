"""The best well-formed label sequences under the entity head's scores.

BIOES allows few steps: after O, E-x or S-x may come O, any B or any S; after B-x or I-x only I-x or E-x. So a
Viterbi step needs one maximum over the closed labels and one comparison a type, not a matrix of all pairs.

Several sequences take their steps together. Their tokens are laid by place, all first ones, then all second ones,
longer sequences before shorter, so that a step is a slice and nothing is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thaigov_events.models.labels import BEGIN, END, INSIDE, OUTSIDE, SINGLE, decode_path, label_index

LOWEST = np.float32(-1e9)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return log probabilities along the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))  # type: ignore[no-any-return]


def best_paths(scores: Sequence[NDArray[np.float32]]) -> list[NDArray[np.int64]]:
    """Return for each sequence the well-formed labels `[n]` with the greatest sum of `scores` `[n, labels]`.

    The first label cannot be I or E, the last not B or I.
    """
    lengths = [len(one) for one in scores]
    if not sum(lengths):
        return [np.zeros(0, dtype=np.int64) for _ in scores]
    order, steps = _lay_by_place(lengths)
    closing, from_begin = _take_steps(np.concatenate(scores)[order], steps)
    # back to one sequence after another
    closing[order], from_begin[order] = closing.copy(), from_begin.copy()
    borders = np.cumsum(lengths)[:-1]
    return [_trace(*one) for one in zip(np.split(closing, borders), np.split(from_begin, borders), strict=True)]


def _lay_by_place(lengths: Sequence[int]) -> tuple[NDArray[np.int64], list[slice]]:
    """Return the places of joined sequences' tokens in the order of the steps, and each step's slice of that order."""
    places = np.concatenate([np.arange(length) for length in lengths])
    order = np.lexsort((-np.repeat(lengths, lengths), places))  # stable: like lengths keep their order
    ends = np.cumsum(np.bincount(places)).tolist()
    return order, [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _take_steps(
    scores: NDArray[np.float32], steps: Sequence[slice]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:  # fmt: skip
    """Return for tokens laid by place the closed label chosen there, and whether an open span of each type begins."""
    types = (scores.shape[1] - 1) // 4
    parts = scores[:, 1:].reshape(-1, types, 4)
    begins, insides, ends = (np.ascontiguousarray(parts[:, :, part]) for part in (BEGIN, INSIDE, END))
    lone = parts[:, :, SINGLE].argmax(1)
    singles = parts[np.arange(len(parts)), lone, SINGLE]
    outside = scores[:, OUTSIDE]
    plain = np.maximum(outside, singles)
    # best score of a sequence before a token that ends closed, or inside a span of each type
    closed = np.zeros(len(scores), dtype=np.float32)
    opened = np.full((len(scores), types), LOWEST, dtype=np.float32)
    for now, then in pairwise(steps):
        now = slice(now.start, now.start + then.stop - then.start)  # those that go on
        np.maximum(closed[now] + plain[now], (opened[now] + ends[now]).max(1), out=closed[then])
        np.maximum(closed[now, None] + begins[now], opened[now] + insides[now], out=opened[then])
    finished = opened + ends
    kinds = finished.argmax(1)
    options = np.stack([closed + outside, closed + singles, finished.max(1)], axis=1)
    labels = np.stack([np.full_like(lone, OUTSIDE), label_index(0, SINGLE) + 4 * lone, label_index(0, END) + 4 * kinds])
    closing = labels[options.argmax(1), np.arange(len(scores))]
    return closing, closed[:, None] + begins >= opened + insides


def _trace(closing: NDArray[np.int64], from_begin: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Follow one sequence's choices from its end to its beginning."""
    path = closing.copy()
    place = len(path) - 1
    choices = closing.tolist()
    while place >= 0:
        label = choices[place]
        if label != OUTSIDE and (label - 1) % 4 == END:
            kind, last = (label - 1) // 4, place
            place -= 1
            while not from_begin[place, kind]:
                place -= 1
            path[place] = label_index(kind, BEGIN)
            path[place + 1 : last] = label_index(kind, INSIDE)
        place -= 1
    return path


def decode_spans(logits: Sequence[NDArray[np.float32]]) -> list[list[tuple[int, int, int, float]]]:
    """Return for each sequence its spans (first token, one past the last, type index, confidence).

    Args:
        logits: label scores of each sequence, `[n, labels]`.

    The confidence is the least probability that the head gives to a label of the span.
    """
    scores = [log_softmax(one) for one in logits]
    found = []
    for own, path in zip(scores, best_paths(scores), strict=True):
        chosen = np.exp(own[np.arange(len(path)), path])
        found.append([(a, b, kind, float(chosen[a:b].min())) for a, b, kind in decode_path(path)])
    return found
