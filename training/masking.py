"""Blocks of text for masked language modelling, and the masks laid over them."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from thaigov_events.models.tokenizer import Tokenizer

MAXIMUM_SPAN = 6


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSON-lines file, plain, `.gz` or `.xz`."""
    unpack: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}
    with unpack.get(path.suffix, open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def read_blocks(path: Path, tokenizer: Tokenizer, *, length: int, only_near: bool, cache: Path) -> NDArray[np.uint16]:
    """Tokenise a file of texts into blocks, `[blocks, length]`, each `<s> … </s>`; the result is cached.

    Texts are joined by `</s>` and cut at equal lengths, so that no place is padding. With `only_near`, texts
    whose field `near` is false are left out: they are of other genres.
    """
    if len(tokenizer) > np.iinfo(np.uint16).max + 1:
        raise ValueError(f"{len(tokenizer):,} pieces: blocks hold ids of 16 bits, which number 65,536")
    state = (
        f"{path.resolve()} {path.stat().st_size} {length} {only_near} {path.stat().st_mtime_ns} {tokenizer.serialise()}"
    )
    cached = cache / f"blocks-{hashlib.sha256(state.encode()).hexdigest()[:16]}.npy"
    if not cached.exists():
        parts: list[NDArray[np.uint16]] = []
        for line in tqdm(read_lines(path), desc="tokenising", unit=" texts", mininterval=5):
            if line.get("near", True) or not only_near:
                ids = tokenizer.encode(str(line["text"])).ids
                parts.append(np.append(ids, tokenizer.eos).astype(np.uint16))
        stream = np.concatenate(parts)
        body = length - 2
        stream = stream[: len(stream) // body * body].reshape(-1, body)
        blocks = np.pad(stream, ((0, 0), (1, 1)))
        blocks[:, 0], blocks[:, -1] = tokenizer.bos, tokenizer.eos
        cache.mkdir(parents=True, exist_ok=True)
        temporary = cached.with_suffix(".tmp.npy")
        np.save(temporary, blocks)
        temporary.rename(cached)
    result: NDArray[np.uint16] = np.load(cached, mmap_mode="r")
    return result


def mask_spans(
    blocks: NDArray[np.int64], *, mask: int, pieces: int, special: int, share: float, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Mask spans of one to six pieces until `share` of each block is covered (SpanBERT, Joshi et al. 2020).

    Of the chosen pieces 80 % become `mask`, 10 % a random piece, 10 % stay (BERT). Ids below `special` are
    never chosen. Returns the masked ids and which places were chosen, both of the shape of `blocks`.
    """
    chosen = np.zeros(blocks.shape, dtype=bool)
    length = blocks.shape[1]
    wanted = int(share * length)
    # geometric lengths, p = 0.4, cut off at the maximum: a mean of about 2.2 pieces
    spans = np.minimum(random.geometric(0.4, (len(blocks), wanted)), MAXIMUM_SPAN)
    starts = random.integers(1, length - 1, (len(blocks), wanted))
    for row in range(len(blocks)):
        covered = 0
        for start, span in zip(starts[row], spans[row], strict=True):
            if covered >= wanted:
                break
            free = ~chosen[row, start : start + span]
            chosen[row, start : start + span] = True
            covered += int(free.sum())
    chosen &= blocks >= special
    dice = random.random(blocks.shape)
    masked = np.where(chosen & (dice < 0.8), mask, blocks)
    masked = np.where(chosen & (dice >= 0.9), random.integers(special, pieces, blocks.shape), masked)
    return masked, chosen
