"""Check that no part of a text is lost on its way through the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.tokenizer import Tokens, character_classes
from thaigov_events.models.windows import Window, cut_windows

_SPACE = 2  # of `character_classes`


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many windows of the network a text takes, and how many of its characters, spaces aside, no window keeps."""

    windows: int
    unread: int

    def __post_init__(self) -> None:
        if self.windows < 0 or self.unread < 0:
            raise ValueError(f"{self.windows} windows, {self.unread} characters unread: neither is below 0")


def measure_coverage(text: str, tokens: Tokens, sections: Sequence[Window], settings: ModelSettings) -> Coverage:
    """Return how much of a text its tokens and the sections that they were read in hold."""
    count, kept = 0, np.zeros(len(tokens), dtype=bool)
    for section in sections:
        count += len(cut_windows(len(section), size=settings.window, overlap=settings.overlap))
        kept[section.keep_start : section.keep_end] = True  # its windows keep all of it
    # +1 where a kept piece begins and -1 where it ends: what sums to more than 0 is covered
    steps = np.zeros(len(text) + 1, dtype=np.int64)
    np.add.at(steps, tokens.starts[kept], 1)
    np.add.at(steps, tokens.ends[kept], -1)
    unread = (np.cumsum(steps)[:-1] == 0) & (character_classes(text) != _SPACE)
    return Coverage(count, int(unread.sum()))
