"""How a window is cut into the blocks that layers with local attention keep to; numbers only, for all runtimes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

BLOCK, LARGE_BLOCK = 128, 256
"""Most tokens of a block, and of a large one, which is some blocks together."""

Rows = TypeVar("Rows")  # an array or a tensor


def count_blocks(width: int, size: int) -> int:
    """Return into how many blocks of at most `size` tokens a row of `width` is cut: 1, 2, 4 …

    Where the width is no multiple of so many, they are fewer and larger, so that all are alike.
    """
    return math.gcd(1 << (-(-width // size) - 1).bit_length(), width)


def cut_blocks(rows: Rows) -> Rows:
    """Return rows `[windows, length]` as `[windows, large blocks, blocks of a large one, length of a block]`.

    Rows that are cut already stay as they are.
    """
    count, *shape = rows.shape  # type: ignore[attr-defined]
    if len(shape) > 1:
        return rows
    large = count_blocks(shape[0], LARGE_BLOCK)
    blocks = count_blocks(shape[0], BLOCK)
    return rows.reshape(count, large, blocks // large, shape[0] // blocks)  # type: ignore[attr-defined,no-any-return]


def check_local_attention(spans: Sequence[int], *, layers: int) -> None:
    """See that `spans` says of each layer of an encoder what its attention keeps to, or nothing at all.

    Raises:
        ValueError: with what is wrong.
    """
    if spans and len(spans) != layers:
        raise ValueError(f"local_attention: {len(spans)} numbers for an encoder of {layers} layers; give one each")
    if unknown := sorted(set(spans) - {0, BLOCK, LARGE_BLOCK}):
        raise ValueError(f"local_attention: {unknown[0]}: give {BLOCK}, {LARGE_BLOCK}, or 0 for the whole window")
