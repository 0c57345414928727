"""Cut a token sequence of any length into overlapping windows, and lay the windows' outputs together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Windows of up to 256 places are padded to a multiple of so many, wider ones of twice as many: few widths, since
# engines keep memory for each and windows of several texts meet in one, and little padding.
WIDTH_STEP = 16


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens `[start, end)` of a document, of which `[keep_start, keep_end)` are taken from this window's output.

    The kept parts of a document's windows follow one another without gap or overlap, and each kept token has
    half an overlap of context on either side, save at the ends of the document.
    """

    start: int
    end: int
    keep_start: int
    keep_end: int

    def __post_init__(self) -> None:
        if not self.start <= self.keep_start <= self.keep_end <= self.end:
            raise ValueError(f"window [{self.start}, {self.end}) cannot keep [{self.keep_start}, {self.keep_end})")

    def __len__(self) -> int:
        return self.end - self.start


def cut_windows(length: int, *, size: int, overlap: int) -> list[Window]:
    """Return the windows of a sequence of `length` tokens: as few as `size` allows, as even as can be."""
    if not 0 <= overlap < size:
        raise ValueError(f"overlap {overlap} must lie in [0, {size})")
    if length <= size:
        return [Window(0, length, 0, length)] if length else []
    count = -(-(length - overlap) // (size - overlap))
    even = -(-(length + (count - 1) * overlap) // count)
    starts = np.linspace(0, length - even, count).round().astype(int)
    ends = starts + even
    borders = [0, *((starts[1:] + ends[:-1]) // 2).tolist(), length]
    return [
        Window(int(start), int(end), borders[k], borders[k + 1])
        for k, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def stitch(windows: list[Window], outputs: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Lay the windows' outputs, each `[tokens of the window, …]`, together to `[tokens of the document, …]`."""
    kept = [
        output[window.keep_start - window.start : window.keep_end - window.start]
        for window, output in zip(windows, outputs, strict=True)
    ]
    return np.concatenate(kept)


def padded_width(length: int, *, limit: int) -> int:
    """Return how wide a row of `length` ids is laid out: the next multiple of its step, at most `limit`.

    It follows from the row alone, not from those beside it, so that a row is computed alike in every batch.
    """
    if length > limit:
        raise ValueError(f"a row of {length} ids is longer than {limit}")
    step = WIDTH_STEP if length <= 16 * WIDTH_STEP else 2 * WIDTH_STEP
    return min(-(-length // step) * step, limit)


def batch_alike(widths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Yield the places of `widths`, only those of one width together, at most `budget` in sum but at least one.

    The widest come first: cores that take one batch after another then end at about one time.
    """
    places: dict[int, list[int]] = {}
    for place, width in enumerate(widths):
        places.setdefault(width, []).append(place)
    for width, alike in sorted(places.items(), reverse=True):
        rows = max(budget // width, 1)
        yield from (alike[first : first + rows] for first in range(0, len(alike), rows))
