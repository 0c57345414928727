"""Batches of whole documents, as tensors: their windows, where each token's state lies, their token labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from thaigov_events.models.alignment import Example
from thaigov_events.models.labels import encode_spans
from thaigov_events.models.predictor import window_ids
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.windows import cut_windows

IGNORED = -100
WIDTH_STEP = 32


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents ready for the network.

    Attributes:
        examples: the documents.
        ids, mask: their windows, `[windows, length]`.
        labels: token labels, `IGNORED` at padding, special and invisible pieces, `[windows, length]`.
        places: for each document, where in the flattened windows each token's stitched state lies, `[tokens]`.
    """

    examples: tuple[Example, ...]
    ids: Tensor
    mask: Tensor
    labels: Tensor
    places: tuple[Tensor, ...]


def build_batch(examples: Sequence[Example], tokenizer: Tokenizer, *, window: int, overlap: int) -> Batch:
    """Cut the documents into windows and lay them into one batch."""
    cuts = [cut_windows(len(example.tokens), size=window, overlap=overlap) for example in examples]
    # Few different shapes, since PyTorch prepares its CPU kernels anew for each: widths in steps, rows in fours.
    longest = max(len(part) for cut in cuts for part in cut)
    width = min(window, -(-longest // WIDTH_STEP) * WIDTH_STEP) + 2
    rows = -(-sum(len(cut) for cut in cuts) // 4) * 4
    ids = np.full((rows, width), tokenizer.pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    mask[:, 0] = 1  # a row without any place to attend to would give NaN
    labels = np.full_like(ids, IGNORED)
    places: list[Tensor] = []
    row = 0
    for example, cut in zip(examples, cuts, strict=True):
        gold = _label_tokens(example)
        own: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        for part in cut:
            line = window_ids(tokenizer, example.tokens, part)
            ids[row, : len(line)], mask[row, : len(line)] = line, 1
            labels[row, 1 : 1 + len(part)] = gold[part.start : part.end]
            own.append(row * width + 1 + np.arange(part.keep_start - part.start, part.keep_end - part.start))
            row += 1
        places.append(torch.from_numpy(np.concatenate(own)))
    tensors = [torch.from_numpy(array) for array in (ids, mask, labels)]
    return Batch(tuple(examples), tensors[0], tensors[1], tensors[2], tuple(places))


def _label_tokens(example: Example) -> NDArray[np.int64]:
    """Return the labels of the document's pieces: decoding skips invisible ones, so they are ignored here."""
    visible = np.flatnonzero(example.tokens.visible)
    spans = [(*np.searchsorted(visible, (span.start, span.end)).tolist(), span.kind) for span in example.spans]
    labels = np.full(len(example.tokens), IGNORED, dtype=np.int64)
    labels[visible] = encode_spans(spans, len(visible))
    return labels
