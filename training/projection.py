"""What is known of one tokenizer's pieces, told of another's: they meet in the characters that they share.

The visible pieces of any tokenizer cover all characters of a text but its spaces, in order. So the places where pieces
of either begin cut the text into parts, each of which lies in one piece of both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thaigov_events.models.labels import BEGIN, END, INSIDE, OUTSIDE, SINGLE
from thaigov_events.models.predictor import Span
from thaigov_events.models.tokenizer import Tokens

Floats = NDArray[np.float32]


def project_labels(labels: Floats, source: Tokens, target: Tokens) -> Floats:
    """Return the label probabilities of `target`'s pieces, `[target pieces, labels]`, from those of `source`'s.

    A piece is first cut into its parts: where it begins a mention its first part does, where it ends one its last part
    does, and the others are inside. The parts of a target piece are then joined: a mention that touches one of them
    touches the piece, and begins or ends in it if it does so in one of them. Given that a mention touches the piece,
    beginning and ending there are taken as independent.

    So certain labels stay certain, a piece of both keeps its probabilities to the bit, and a mention with a border
    inside a target piece takes the whole of it. Mentions that meet inside a target piece share its probability.
    Invisible target pieces are outside: they take no part in learning or decoding.

    Args:
        labels: probabilities of BIOES labels, `[source pieces, labels]`.
        source, target: two tokenisations of one text.
    """
    places = np.flatnonzero(target.visible)
    theirs, ours = source.starts[source.visible], target.starts[places]
    starts = np.union1d(theirs, ours)
    parts = labels[source.visible][np.searchsorted(theirs, starts, "right") - 1]
    is_first = np.isin(starts, theirs)
    spans = _cut(parts[:, OUTSIDE + 1 :].reshape(len(parts), -1, 4), is_first, np.append(is_first[1:], True))
    projected = np.zeros((len(target), labels.shape[1]), dtype=labels.dtype)
    projected[:, OUTSIDE] = 1
    projected[places] = _join(parts[:, OUTSIDE], spans, np.flatnonzero(np.isin(starts, ours)))
    return projected


def project_spans(spans: Sequence[Span], source: Tokens, target: Tokens) -> list[Span]:
    """Return spans of `source`'s pieces as the fewest pieces of `target` that cover their characters."""
    places = np.flatnonzero(target.visible)
    starts = target.starts[places]

    def find(character: int) -> int:
        return int(places[np.searchsorted(starts, character, "right") - 1])

    return [
        Span(find(source.starts[s.start]), find(source.ends[s.end - 1] - 1) + 1, s.kind, s.score) for s in spans
    ]  # fmt: skip


def _cut(spans: Floats, is_first: NDArray[np.bool_], is_last: NDArray[np.bool_]) -> Floats:
    """Return the labels of parts, `[parts, types, 4]`, from those of the whole pieces that they are of."""
    cut = spans.copy()
    for inner, border, other in ((~is_first, BEGIN, END), (~is_last, END, BEGIN)):
        cut[inner, :, INSIDE] += cut[inner, :, border]
        cut[inner, :, other] += cut[inner, :, SINGLE]
        cut[inner, :, border] = cut[inner, :, SINGLE] = 0
    return cut


def _join(outside: Floats, spans: Floats, firsts: NDArray[np.int64]) -> Floats:
    """Return the labels of pieces, `[pieces, labels]`, from those of their parts; `firsts` are their first parts."""
    lasts = np.append(firsts[1:], len(spans)) - 1
    joined = np.concatenate([outside[firsts, None], spans[firsts].reshape(len(firsts), -1)], axis=1)
    several = lasts > firsts
    if not several.any():
        return joined
    begun, ended = (
        np.add.reduceat(spans[..., border] + spans[..., SINGLE], firsts)[several] for border in (BEGIN, END)
    )  # fmt: skip
    entered = (spans[firsts, :, INSIDE] + spans[firsts, :, END])[several]
    left = (spans[lasts, :, INSIDE] + spans[lasts, :, BEGIN])[several]
    touched = np.maximum(entered + begun, ended + left)  # equal where the source's labels are consistent
    whole = begun * ended / np.where(touched, touched, 1)
    inside = np.maximum(touched - begun - ended + whole, 0)
    own = np.empty((*touched.shape, 4), dtype=spans.dtype)
    own[..., BEGIN], own[..., INSIDE], own[..., END], own[..., SINGLE] = begun - whole, inside, ended - whole, whole
    own /= np.maximum(own.sum((1, 2), keepdims=True), 1)
    joined[several, OUTSIDE] = np.maximum(1 - own.sum((1, 2)), 0)
    joined[several, OUTSIDE + 1 :] = own.reshape(len(own), -1)
    return joined
