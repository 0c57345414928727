"""Cut a stream of articles into chunks that are read together; the same stream always gives the same chunks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from thaigov_events.inference.articles import Article, Failure
from thaigov_events.inference.progress import Meter

# So many articles, or so many characters, are enough to fill batches, and little to do again after a kill.
ARTICLES, CHARACTERS = 32, 2**17


@dataclass(frozen=True, slots=True)
class Chunk:
    """Items that follow one another in the input.

    Attributes:
        items: articles, and failures in the place of those that could not be read.
        end: how many items the stream has up to the end of this chunk.
        digest: hash of all those items, by which another run knows that it sees the same.
        share: how much of the inputs is read up to the end of this chunk, in [0, 1]; None if that cannot be known.
    """

    items: tuple[Article | Failure, ...]
    end: int
    digest: str
    share: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.items) <= self.end:
            raise ValueError(f"a chunk of {len(self.items)} items cannot end at {self.end}")

    @property
    def articles(self) -> list[Article]:
        """The articles among the items."""
        return [item for item in self.items if isinstance(item, Article)]


def cut_chunks(items: Iterable[Article | Failure], meter: Meter | None = None) -> Iterator[Chunk]:
    """Yield the stream in chunks of at most `ARTICLES` items; one with `CHARACTERS` characters is full, too.

    The `meter` is that of whoever reads the items.
    """
    meter, digest = meter or Meter(0), hashlib.sha256()
    waiting: list[Article | Failure] = []
    end = characters = 0
    for end, item in enumerate(items, 1):
        waiting.append(item)
        digest.update(_serialise(item))
        characters += len(item.text) if isinstance(item, Article) else 0
        if len(waiting) == ARTICLES or characters >= CHARACTERS:
            yield Chunk(tuple(waiting), end, digest.hexdigest(), meter.share)
            waiting.clear()
            characters = 0
    if waiting:
        yield Chunk(tuple(waiting), end, digest.hexdigest(), meter.share)


def skip_chunks(chunks: Iterator[Chunk], *, items: int, digest: str) -> Iterator[Chunk]:
    """Return the chunks after the first `items` items, whose digest must be `digest`.

    Raises:
        ValueError: when these items are not the ones that the digest was taken of.
    """
    if items:
        for chunk in chunks:
            if chunk.end >= items:
                break
        else:
            raise ValueError(f"the inputs end before the {items} items that the unfinished run has read")
        if (chunk.end, chunk.digest) != (items, digest):
            raise ValueError(
                f"the first {items} items of the inputs are not those of the unfinished run; give the same inputs, "
                "spelt and ordered as they were"
            )
    return chunks


def _serialise(item: Article | Failure) -> bytes:
    kind = [item.id, item.text, item.where] if isinstance(item, Article) else [item.where, item.reason]
    return json.dumps(kind).encode("ascii") + b"\n"
