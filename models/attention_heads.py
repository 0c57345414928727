"""Encoders whose layers have fewer attention heads than their family gives them, each layer as many as it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Attention:
    """The self-attention of a layer: what makes queries, keys and values of the heads, and what reads the heads."""

    inner: nn.Module
    out: nn.Linear

    @property
    def products(self) -> tuple[nn.Linear, ...]:
        """The products that make queries, keys and values, a head's rows together."""
        return self.inner.query, self.inner.key, self.inner.value  # type: ignore[return-value]

    @property
    def size(self) -> int:
        """How many numbers a head gives for a token."""
        return int(self.inner.attention_head_size)  # type: ignore[arg-type]

    @property
    def heads(self) -> int:
        """How many heads there are."""
        return self.out.in_features // self.size

    @torch.no_grad()
    def keep(self, heads: Sequence[int]) -> None:
        """Take all heads out but those at these places."""
        rows = torch.tensor([head * self.size + k for head in heads for k in range(self.size)], dtype=torch.long)
        for product in self.products:
            product.weight, product.bias = nn.Parameter(product.weight[rows]), nn.Parameter(product.bias[rows])
            product.out_features = len(rows)
        self.out.weight = nn.Parameter(self.out.weight[:, rows])
        self.out.in_features = len(rows)
        self.inner.num_attention_heads, self.inner.all_head_size = len(heads), len(rows)  # type: ignore[assignment]


def list_attention(encoder: PreTrainedModel) -> list[Attention]:
    """Return the self-attention of each layer, in order.

    Raises:
        ValueError: when the encoder's family builds it otherwise than BERT.
    """
    found = list(_find_attention(encoder))
    if len(found) != encoder.config.num_hidden_layers:
        raise ValueError(f"heads cannot be taken out of encoders of the family {encoder.config.model_type}")
    return found


def _find_attention(encoder: nn.Module) -> Iterator[Attention]:
    for module in encoder.modules():
        inner, out = getattr(module, "self", None), getattr(getattr(module, "output", None), "dense", None)
        parts = ("query", "key", "value", "attention_head_size")
        if isinstance(inner, nn.Module) and isinstance(out, nn.Linear) and all(hasattr(inner, part) for part in parts):
            yield Attention(inner, out)


def shrink_attention(encoder: PreTrainedModel, counts: Sequence[int]) -> None:
    """Leave each layer the first so many of its heads, as a shape for weights that are loaded next.

    Raises:
        ValueError: when the counts do not fit the encoder.
    """
    layers = list_attention(encoder)
    if len(counts) != len(layers) or any(
        not 1 <= count <= layer.heads for count, layer in zip(counts, layers, strict=False)
    ):
        raise ValueError(f"heads = {list(counts)}: give for each of {len(layers)} layers how many it has, 1 or more")
    for layer, count in zip(layers, counts, strict=True):
        layer.keep(range(count))
