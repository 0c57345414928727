"""Dropout that is quick on a CPU, where PyTorch draws a float for each element on one core."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ByteDropout(nn.Dropout):
    """Dropout that draws a byte for each element, eight at once, so its share is rounded to 256ths."""

    def forward(self, input: Tensor) -> Tensor:
        """Return `input`, in training with a share of its elements 0 and the others raised to make up for them."""
        dropped = min(round(self.p * 256), 255)
        if not self.training or not dropped:
            return input
        drawn = torch.empty(-(-input.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = drawn.view(torch.uint8)[: input.numel()].view(input.shape) >= dropped
        return input * kept.to(input.dtype).mul_(256 / (256 - dropped))


def quicken_dropout(network: nn.Module, device: torch.device) -> None:
    """Let a network that trains on a CPU drop elements by `ByteDropout`; on a GPU it stays as it is."""
    if device.type != "cpu":
        return
    for module in network.modules():
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, ByteDropout(child.p))
