"""The best well-formed label sequence under the entity head's scores.

BIOES allows few steps: after O, E-x or S-x may come O, any B or any S; after B-x or I-x only I-x or E-x. So a
Viterbi step needs one maximum over the closed labels and one comparison a type, not a matrix of all pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thaigov_events.models.labels import BEGIN, END, INSIDE, OUTSIDE, decode_path, label_index

LOWEST = np.float32(-1e9)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return log probabilities along the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))  # type: ignore[no-any-return]


def best_path(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the well-formed label sequence `[n]` with the greatest sum of `scores` `[n, labels]`.

    The first label cannot be I or E, the last not B or I.
    """
    length, labels = scores.shape
    if length == 0:
        return np.zeros(0, dtype=np.int64)
    types = (labels - 1) // 4
    begins, insides, ends, singles = np.arange(4 * types).reshape(types, 4).T + label_index(0, BEGIN)
    # best score of a sequence that ends closed, or inside a span of each type; and what it came from
    closed, opened = float(0), np.full(types, LOWEST, dtype=np.float32)
    closing = np.empty(length, dtype=np.int64)  # the closed label chosen at each place
    from_begin = np.empty((length, types), dtype=bool)  # whether the open state of a type begins there
    outside, b, i, e, s = (scores[:, x] for x in (OUTSIDE, begins, insides, ends, singles))
    for place in range(length):
        end, single = opened + e[place], s[place]
        best_end, best_single = int(end.argmax()), int(single.argmax())
        options = (closed + outside[place], closed + single[best_single], end[best_end])
        choice = options.index(max(options))
        fresh, kept = closed + b[place], opened + i[place]
        from_begin[place] = fresh >= kept
        opened = np.maximum(fresh, kept)
        closed = options[choice]
        closing[place] = (OUTSIDE, singles[best_single], ends[best_end])[choice]
    path = np.empty(length, dtype=np.int64)
    place = length - 1
    while place >= 0:
        label = int(closing[place])
        path[place] = label
        if label != OUTSIDE and (label - 1) % 4 == END:
            kind = (label - 1) // 4
            place -= 1
            while not from_begin[place, kind]:
                path[place] = label_index(kind, INSIDE)
                place -= 1
            path[place] = label_index(kind, BEGIN)
        place -= 1
    return path


def decode_spans(logits: NDArray[np.float32]) -> list[tuple[int, int, int, float]]:
    """Return spans (first token, one past the last, type index, confidence) from logits `[n, labels]`.

    The confidence is the least probability that the head gives to a label of the span.
    """
    scores = log_softmax(logits)
    path = best_path(scores)
    chosen = scores[np.arange(len(path)), path]
    return [(a, b, kind, float(np.exp(chosen[a:b].min()))) for a, b, kind in decode_path(path)]
