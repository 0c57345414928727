"""How much of the inputs has been read, and the bar that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from tqdm import tqdm

# What a reader calls with the share of its file, in [0, 1], that is read with the item that it yields next.
Report: TypeAlias = Callable[[float], object]


def ignore(share: float) -> None:
    """Report to nobody."""


class Meter:
    """The share of the inputs that has been read, where each file counts by its bytes on the disk.

    Packed bytes hold more articles than others; whoever works out the time left must follow the speed of late.
    """

    def __init__(self, size: int) -> None:
        """Begin with inputs of `size` bytes in all; 0 if that is not known."""
        self._size, self._read = size, 0.0

    @property
    def share(self) -> float | None:
        """The share in [0, 1]; None if it cannot be known."""
        return min(self._read / self._size, 1.0) if self._size else None  # a file may have grown meanwhile

    def begin(self, size: int) -> Report:
        """Begin the next file, of `size` bytes; return what its reader reports to."""
        before = self._read

        def report(share: float) -> None:
            self._read = before + size * share

        return report


@contextmanager
def open_bar(*, items: int, share: float | None, quiet: bool) -> Iterator[Callable[[int, float | None], None]]:
    """Show a bar that begins where `items` items and a `share` of the inputs are done, or none if `quiet`.

    Give what takes the items and the share that are done by now. Time left comes from the share, for long articles take
    longer than short ones; without a share only the number of articles and the speed are shown.
    """
    layout = "{elapsed}{postfix}" if share is None else "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
    total = None if share is None else 1.0
    with tqdm(total=total, initial=share or 0.0, bar_format=layout, smoothing=0.05, disable=quiet) as bar:

        def show(items_done: int, share_done: float | None) -> None:
            if quiet:
                return
            speed = (items_done - items) / max(bar.format_dict["elapsed"], 0.001)
            bar.set_postfix_str(f"{items_done} articles, {speed:.1f} articles/s", refresh=False)
            if share_done is not None and share_done > bar.n:
                bar.update(share_done - bar.n)
            else:  # packed bytes are read in blocks, and tqdm does not draw an update by nothing
                bar.refresh()

        yield show
