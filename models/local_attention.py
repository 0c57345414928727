"""Attention within blocks of a window, for encoders of Hugging Face's families.

Attention takes time with the square of a window, and most layers look near. A layer that keeps to blocks of 128 tokens
has a quarter of the pairs in a window of 512; other layers see across the borders (Child et al. 2019; Beltagy, Peters
and Cohan 2020).
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from thaigov_events.models.blocks import BLOCK, LARGE_BLOCK, check_local_attention

NAME = "blocks"


def use_local_attention(encoder: PreTrainedModel, spans: tuple[int, ...]) -> None:
    """Let an encoder's layers keep to blocks; its calls then need `spans` and `blocks`, see `attend`.

    Raises:
        ValueError: when `spans` does not fit the encoder, or its family's attention cannot be exchanged.
    """
    check_local_attention(spans, layers=encoder.config.num_hidden_layers)
    if not encoder._supports_attention_backend:
        raise ValueError(f"local_attention: no encoder of the family {encoder.config.model_type} can have it")
    encoder.set_attn_implementation(NAME)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, *, scaling: float,
    spans: tuple[int, ...], blocks: tuple[int, int], dropout: float = 0.0, **_: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    """Return what the tokens of each block give each other, `[windows, length, heads, size]`.

    Args:
        module: the layer's attention, which knows its place.
        query, key, value: `[windows, heads, length, size]`.
        attention_mask: what is added to the scores, alike for all queries of a window, `[windows, 1, length, length]`.
        scaling: of the scores.
        spans: most tokens of a block, for each layer, or 0 where the whole window is one.
        blocks: large blocks of a window, and blocks of a large one.
        dropout: of the weights.
    """
    windows, heads, length, size = query.shape
    count = {BLOCK: blocks[0] * blocks[1], LARGE_BLOCK: blocks[0], 0: 1}[spans[int(module.layer_idx)]]  # type: ignore[arg-type]
    query, key, value = (
        rows.transpose(1, 2).reshape(windows * count, -1, heads, size).transpose(1, 2) for rows in (query, key, value)
    )
    bias = None
    if attention_mask is not None:  # finite in 16 bits too, since a block may be all padding
        bias = attention_mask[:, :, :1].reshape(windows * count, 1, 1, -1).clamp(min=-1e4)
    mix = mix_fused if query.is_cuda else mix_plainly
    found = mix(query, key, value, bias, scaling=scaling, dropout=dropout)
    return found.transpose(1, 2).reshape(windows, length, heads, size), None


def mix_plainly(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, *, scaling: float, dropout: float
) -> Tensor:
    """Return values weighted by attention, by plain operators: faster to train on CPUs, and what int8 graphs need."""
    scores = query @ key.transpose(2, 3) * scaling
    weights = (scores if bias is None else scores + bias).softmax(-1)
    return nn.functional.dropout(weights, dropout) @ value


def mix_fused(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, *, scaling: float, dropout: float
) -> Tensor:
    """Return the same by the fused kernels of GPUs."""
    return nn.functional.scaled_dot_product_attention(query, key, value, bias, dropout, scale=scaling)


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, eager_mask)
