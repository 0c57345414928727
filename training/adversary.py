"""Adversarial training: the loss is learnt a second time where the embeddings are shifted to its detriment.

The shift is the fast gradient method's on embeddings (Miyato, Dai and Goodfellow 2017): along the gradient of the loss,
of a set length. Here that is a share of the embeddings' own length, so that it means the same for every encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


@contextmanager
def watch(embeddings: nn.Module) -> Iterator[list[Tensor]]:
    """Gather what `embeddings` gives inside the context; the tensors keep their gradients."""
    seen: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: Tensor) -> None:
        output.retain_grad()
        seen.append(output)

    handle = embeddings.register_forward_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()


@contextmanager
def shift(embeddings: nn.Module, changes: Iterable[Tensor]) -> Iterator[None]:
    """Add the first of `changes` to what `embeddings` gives first inside the context, the next to the next."""
    coming = iter(changes)
    handle = embeddings.register_forward_hook(lambda module, inputs, output: output + next(coming))
    try:
        yield
    finally:
        handle.remove()


def worst_shift(embedded: Tensor, size: float) -> Tensor:
    """Return the shift of `embedded` `[windows, length, hidden]`, whose gradient is known, of `size` times its length.

    Lengths are of whole windows. A gradient of nothing, such as that of a window of padding, gives no shift.
    """
    assert embedded.grad is not None
    gradient = embedded.grad.float()
    lengths, slopes = (
        torch.linalg.vector_norm(part, dim=(1, 2), keepdim=True) for part in (embedded.detach(), gradient)
    )
    change: Tensor = size * lengths * gradient / slopes.clamp(min=torch.finfo(torch.float32).tiny)
    return change
