"""How far a run has come, and the journal that says so.

The journal's first line holds the run's settings. Each other line is a commit: how many items of the input are done,
and how far the files of records and of errors reach on the disk with what became of them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from thaigov_events.inference.articles import Failure
from thaigov_events.inference.workers import Result

# Of the journal and what it tells of: a number more when an older run could no longer be gone on with.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of articles: read, failed; windows of the network; articles that were not read to the end."""

    done: int = 0
    failed: int = 0
    windows: int = 0
    truncated: int = 0

    def add(self, results: Iterable[Result]) -> Counts:
        """Return the counts with those of more articles."""
        done, failed, windows, truncated = self.done, self.failed, self.windows, self.truncated
        for result in results:
            if isinstance(result, Failure):
                failed += 1
            else:
                done, windows, truncated = done + 1, windows + result.windows, truncated + (result.unread > 0)
        return Counts(done, failed, windows, truncated)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a file reaches that only grows: its bytes, and their CRC-32."""

    size: int = 0
    checksum: int = 0

    def add(self, data: bytes) -> Extent:
        """Return the extent with more bytes at the end."""
        return Extent(self.size + len(data), zlib.crc32(data, self.checksum))


@dataclass(frozen=True, slots=True)
class Commit:
    """A line of the journal: the items of the input that are done, their digest, and what is on the disk of them.

    A commit that is `finished` is of the whole input.
    """

    items: int = 0
    digest: str = ""
    records: Extent = Extent()
    errors: Extent = Extent()
    counts: Counts = Counts()
    finished: bool = False

    def __post_init__(self) -> None:
        if self.items != self.counts.done + self.counts.failed:
            raise ValueError(f"a commit of {self.items} items cannot count {self.counts}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Commit:
        """Build a commit from its line of the journal."""
        parts = {
            "records": Extent(**values["records"]),
            "errors": Extent(**values["errors"]),
            "counts": Counts(**values["counts"]),
        }
        return cls(**{**values, **parts})

    def to_dict(self) -> dict[str, Any]:
        """Return its line of the journal."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The files of a run: those that it is to write, and those that it has until then.

    Attributes:
        output: what is asked for: a file, or a folder of tables.
        errors: failures, as JSON lines.
        keep_errors: whether `errors` is written also if nothing failed.
    """

    output: Path
    errors: Path
    keep_errors: bool = False

    @property
    def records(self) -> Path:
        """Records, as JSON lines whatever the output's form."""
        return self.output.with_name(f"{self.output.name}.partial")

    @property
    def partial_errors(self) -> Path:
        """Failures, as JSON lines."""
        return self.errors.with_name(f"{self.errors.name}.partial")

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.output.with_name(f"{self.output.name}.journal")

    def list(self) -> list[Path]:
        """Return them all."""
        return [self.output, self.errors, self.records, self.partial_errors, self.journal]


@dataclass(frozen=True, slots=True)
class Journal:
    """What stands in a journal: settings, None if not even they are whole, and commits with where their lines end."""

    settings: dict[str, Any] | None
    commits: tuple[tuple[Commit, int], ...] = ()

    @classmethod
    def read(cls, file: IO[bytes]) -> Journal:
        """Read a journal as far as its lines are whole."""
        settings: dict[str, Any] | None = None
        commits: list[tuple[Commit, int]] = []
        end = 0
        for line in file:
            end += len(line)
            try:
                values = json.loads(line) if line.endswith(b"\n") else None
                if not isinstance(values, dict):
                    break
                if settings is None:
                    settings = values
                    commits.append((Commit(), end))
                else:
                    commits.append((Commit.from_dict(values), end))
            except (ValueError, KeyError, TypeError):
                break
        return cls(settings, tuple(commits))

    def find_commit(self, files: RunFiles) -> tuple[Commit, int]:
        """Return the last commit whose records and errors are all on the disk, and where its line ends."""
        records, errors = _measure(files.records), _measure(files.partial_errors)
        for commit, end in reversed(self.commits):
            published = commit.finished and not files.records.exists() and files.output.exists()
            if published or (commit.records.size <= records and commit.errors.size <= errors):
                return commit, end
        return Commit(), 0


def _measure(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
