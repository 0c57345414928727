"""Stretches of texts that are worked on at once, and the groups that share the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from thaigov_events.models.tokenizer import Tokens
from thaigov_events.models.windows import Window

# Sections are worked on in groups of at least so many tokens: enough that windows of like length fill batches.
GROUP = 8192


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a text's tokens that is worked on at once."""

    name: str
    text: str
    tokens: Tokens
    window: Window

    @property
    def part(self) -> Tokens:
        """The section's own tokens."""
        part = slice(self.window.start, self.window.end)
        return Tokens(self.tokens.ids[part], self.tokens.starts[part], self.tokens.ends[part])

    @property
    def is_last(self) -> bool:
        """Whether no other section of the text follows."""
        return self.window.end == len(self.tokens)


def gather_sections(sections: Iterable[Section]) -> Iterator[list[Section]]:
    """Gather sections until they have `GROUP` tokens; a section without any counts as one."""
    group: list[Section] = []
    size = 0
    for section in sections:
        group.append(section)
        size += max(len(section.window), 1)
        if size >= GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group
