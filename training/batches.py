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
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.predictor import window_ids
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.windows import batch_alike, cut_windows, padded_width

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents ready for the network.

    Their windows lie one after another, those of a group padded to one width: `places` in all, of which each of
    `shapes`, `(windows, width)`, takes its product.

    Attributes:
        examples: the documents.
        ids, mask: pieces, and 1 where there is one, `[places]`.
        labels: token labels, `IGNORED` at padding, special and invisible pieces, `[places]`.
        targets: their distributions, `[places, labels]`: all on one label, but where teachers gave them.
        shapes: the groups of windows.
        stitched: for each document, at which place each token's stitched state lies, `[tokens]`.
    """

    examples: tuple[Example, ...]
    ids: Tensor
    mask: Tensor
    labels: Tensor
    targets: Tensor
    shapes: tuple[tuple[int, int], ...]
    stitched: tuple[Tensor, ...]


def build_batch(
    examples: Sequence[Example], tokenizer: Tokenizer, *, window: int, overlap: int, label_count: int, padded: bool
) -> Batch:  # fmt: skip
    """Cut the documents into windows and lay them into one batch.

    Args:
        examples: documents, at least one of them with tokens.
        tokenizer: of their tokens.
        window, overlap: as `cut_windows` has them.
        label_count: how many token labels there are.
        padded: whether all windows are one group, as wide as the widest; else those of a width are a group.
    """
    cuts = [cut_windows(len(example.tokens), size=window, overlap=overlap) for example in examples]
    widths = [padded_width(len(part) + 2, limit=window + 2) for cut in cuts for part in cut]
    alike = list(batch_alike(widths, budget=sum(widths)))  # the widest first
    order = [place for group in alike for place in group]
    groups = [order] if padded and order else alike
    shapes = tuple((len(group), widths[group[0]]) for group in groups)
    laid = np.repeat([width for _, width in shapes], [rows for rows, _ in shapes])
    size = int(laid.sum())
    bases = np.empty(len(widths), dtype=np.int64)
    bases[order] = laid.cumsum() - laid
    following = iter(bases.tolist())
    ids = np.full(size, tokenizer.pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    labels = np.full_like(ids, IGNORED)
    targets = np.zeros((size, label_count), dtype=np.float32)
    stitched: list[Tensor] = []
    for example, cut in zip(examples, cuts, strict=True):
        own_labels = _label_tokens(example)
        own_targets = example.soft.labels if example.soft else np.eye(label_count, dtype=np.float32)[own_labels.clip(0)]
        own: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        for part in cut:
            base = next(following)
            line = window_ids(tokenizer, example.tokens, part)
            ids[base : base + len(line)], mask[base : base + len(line)] = line, 1
            inner = slice(base + 1, base + 1 + len(part))
            labels[inner] = own_labels[part.start : part.end]
            targets[inner] = own_targets[part.start : part.end]
            own.append(base + 1 + np.arange(part.keep_start - part.start, part.keep_end - part.start))
        stitched.append(torch.from_numpy(np.concatenate(own)))
    inputs, shown, classes, wanted = (torch.from_numpy(array) for array in (ids, mask, labels, targets))
    return Batch(tuple(examples), inputs, shown, classes, wanted, shapes, tuple(stitched))


def run_network(network: JointNetwork, batch: Batch, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Return token states `[places, hidden]` and logits `[places, labels]` of a batch, whose `ids` some may be hidden.

    The groups of windows are read one after another, on the device of `ids`.
    """
    sizes = [rows * width for rows, width in batch.shapes]
    parts = zip(torch.split(ids, sizes), torch.split(batch.mask.to(ids.device), sizes), batch.shapes, strict=True)
    states, logits = zip(*(network(own.view(shape), mask.view(shape)) for own, mask, shape in parts), strict=True)
    return torch.cat([part.flatten(0, 1) for part in states]), torch.cat([part.flatten(0, 1) for part in logits])


def _label_tokens(example: Example) -> NDArray[np.int64]:
    """Return the labels of the document's pieces: decoding skips invisible ones, so they are ignored here."""
    visible = np.flatnonzero(example.tokens.visible)
    spans = [(*np.searchsorted(visible, (span.start, span.end)).tolist(), span.kind) for span in example.spans]
    labels = np.full(len(example.tokens), IGNORED, dtype=np.int64)
    labels[visible] = encode_spans(spans, len(visible))
    return labels
