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
        targets: their distributions, `[windows, length, labels]`: all on one label, but where teachers gave them.
        places: for each document, where in the flattened windows each token's stitched state lies, `[tokens]`.
    """

    examples: tuple[Example, ...]
    ids: Tensor
    mask: Tensor
    labels: Tensor
    targets: Tensor
    places: tuple[Tensor, ...]


def build_batch(
    examples: Sequence[Example], tokenizer: Tokenizer, *, window: int, overlap: int, label_count: int
) -> Batch:  # fmt: skip
    """Cut the documents into windows and lay them into one batch; `label_count` is of the token labels."""
    cuts = [cut_windows(len(example.tokens), size=window, overlap=overlap) for example in examples]
    # Few different shapes, since PyTorch prepares its CPU kernels anew for each: widths in steps, rows in fours.
    longest = max(len(part) for cut in cuts for part in cut) + 2
    width = min(window + 2, -(-longest // WIDTH_STEP) * WIDTH_STEP)
    rows = -(-sum(len(cut) for cut in cuts) // 4) * 4
    ids = np.full((rows, width), tokenizer.pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    mask[:, 0] = 1  # a row without any place to attend to would give NaN
    labels = np.full_like(ids, IGNORED)
    targets = np.zeros((rows, width, label_count), dtype=np.float32)
    places: list[Tensor] = []
    row = 0
    for example, cut in zip(examples, cuts, strict=True):
        own_labels = _label_tokens(example)
        own_targets = example.soft.labels if example.soft else np.eye(label_count, dtype=np.float32)[own_labels.clip(0)]
        own: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        for part in cut:
            line = window_ids(tokenizer, example.tokens, part)
            ids[row, : len(line)], mask[row, : len(line)] = line, 1
            inner = slice(1, 1 + len(part))
            labels[row, inner] = own_labels[part.start : part.end]
            targets[row, inner] = own_targets[part.start : part.end]
            own.append(row * width + 1 + np.arange(part.keep_start - part.start, part.keep_end - part.start))
            row += 1
        places.append(torch.from_numpy(np.concatenate(own)))
    inputs, shown, classes, wanted = (torch.from_numpy(array) for array in (ids, mask, labels, targets))
    return Batch(tuple(examples), inputs, shown, classes, wanted, tuple(places))


def _label_tokens(example: Example) -> NDArray[np.int64]:
    """Return the labels of the document's pieces: decoding skips invisible ones, so they are ignored here."""
    visible = np.flatnonzero(example.tokens.visible)
    spans = [(*np.searchsorted(visible, (span.start, span.end)).tolist(), span.kind) for span in example.spans]
    labels = np.full(len(example.tokens), IGNORED, dtype=np.int64)
    labels[visible] = encode_spans(spans, len(visible))
    return labels
