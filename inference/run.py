"""A run that can be killed at any moment, and gone on with.

Records and errors grow in files beside those that they will become, and a journal vouches for what of them is on
the disk. Whatever a kill leaves beyond that is cut off, and the inputs are read on from there.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from thaigov_events.inference.articles import Failure
from thaigov_events.inference.chunks import Chunk
from thaigov_events.inference.run_state import FORMAT, Commit, Extent, Journal, RunFiles
from thaigov_events.inference.workers import Result

# How many seconds of work a kill may cost; each commit waits for the disk.
COMMIT_SECONDS = 1.0

_BLOCK = 2**20


@contextmanager
def open_run(files: RunFiles, *, settings: Mapping[str, Any], resume: bool) -> Iterator[Run]:
    """Begin a run, or go on with one that was broken off, if `resume` is true and there is one.

    When the block ends, a run that is published, or has nothing that is committed, leaves none of its own files.

    Raises:
        FileExistsError: when there is an unfinished run that is not to be resumed, or one that is still under way, or
            a file that no journal tells of.
        ValueError: when the unfinished run had other settings, or its files were changed.
    """
    for path in (files.output, files.errors):
        path.parent.mkdir(parents=True, exist_ok=True)
    if files.records.exists() and not files.journal.exists():
        raise FileExistsError(f"{files.records}: no journal tells what it is; delete or rename it")
    run = None
    try:
        with files.journal.open("a+b") as journal:
            _lock(journal, files)
            commit = _find_start(journal, files, settings={"format": FORMAT, **settings}, resume=resume)
            with closing(Run(files, journal, commit)) as run:
                yield run
    finally:
        if run and (run.is_published or not run.commit.items):
            for path in (files.records, files.partial_errors, files.journal):
                path.unlink(missing_ok=True)


class Run:
    """What a run has done; see `open_run`.

    Attributes:
        files: where it is.
        commit: the last commit of the journal; if it is finished, nothing can be added.
        counts: of all that was added, also of what is not committed yet.
        is_published: whether the output is in its place.
    """

    def __init__(self, files: RunFiles, journal: BinaryIO, commit: Commit) -> None:
        """Go on after `commit`, the last line of the open `journal`."""
        self.files, self.commit, self.counts, self.is_published = files, commit, commit.counts, False
        self._journal = journal
        self._place, self._time = (commit.items, commit.digest), time.monotonic()
        # those of a finished run may be in their last place already
        self._growing: tuple[_GrowingFile, ...] = () if commit.finished else (
            _GrowingFile(files.records, commit.records), _GrowingFile(files.partial_errors, commit.errors),
        )  # fmt: skip

    def add(self, chunk: Chunk, results: Sequence[Result]) -> None:
        """Write what became of the items of the next chunk."""
        records, errors = self._growing
        for result in results:
            if isinstance(result, Failure):
                errors.write(json.dumps(result.to_dict(), ensure_ascii=False))
            else:
                records.write(result.line)
        self.counts = self.counts.add(results)
        self._place = chunk.end, chunk.digest
        if time.monotonic() - self._time >= COMMIT_SECONDS:
            self._write_commit()

    def finish(self) -> None:
        """Say that the inputs have ended."""
        self._write_commit(finished=True)

    def publish(self, write_output: Callable[[Path], object]) -> None:
        """Let `write_output` make the output of the file of records, if there are any; put the errors beside it."""
        self.close()
        files, counts = self.files, self.counts
        if counts.done and files.records.exists():
            write_output(files.records)
        files.records.unlink(missing_ok=True)
        if not counts.failed and not files.keep_errors:
            files.errors.unlink(missing_ok=True)  # an earlier run's
        elif files.partial_errors.exists():
            files.partial_errors.replace(files.errors)
        self.is_published = True

    def close(self) -> None:
        """Close the files of records and errors."""
        for file in self._growing:
            file.close()

    def _write_commit(self, *, finished: bool = False) -> None:
        records, errors = self._growing
        records.sync()
        errors.sync()
        items, digest = self._place
        self.commit = Commit(items, digest, records.extent, errors.extent, self.counts, finished)
        _append(self._journal, self.commit.to_dict())
        self._time = time.monotonic()


class _GrowingFile:
    """A file that is written at its end only."""

    def __init__(self, path: Path, extent: Extent) -> None:
        """Open a file and cut it to `extent`, whose checksum its beginning must have."""
        self.extent = extent
        self._file = path.open("r+b" if path.exists() else "w+b")
        left, checksum = extent.size, 0
        while left and (block := self._file.read(min(left, _BLOCK))):
            left, checksum = left - len(block), zlib.crc32(block, checksum)
        if left or checksum != extent.checksum:
            self._file.close()
            raise ValueError(f"{path}: was changed since its run wrote it; delete it and the journal to start again")
        self._file.truncate(extent.size)

    def write(self, line: str) -> None:
        # a path may hold bytes that are no UTF-8, which an escape of JSON stands for
        data = (line + "\n").encode("utf-8", "backslashreplace")
        self._file.write(data)
        self.extent = self.extent.add(data)

    def sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def _find_start(journal: BinaryIO, files: RunFiles, *, settings: Mapping[str, Any], resume: bool) -> Commit:
    """Return the commit to go on from, and cut the journal behind it; a new journal gets its settings."""
    journal.seek(0)
    found = Journal.read(journal)
    commit, end = found.find_commit(files)
    if commit.items and not resume:
        if files.records.exists():
            raise FileExistsError(
                f"{files.records}: holds {commit.items} items of an unfinished run; go on with --resume, or delete it "
                f"and {files.journal.name} to start again"
            )
        commit = Commit()  # all is in its place, only the journal was left
    if commit.items and found.settings != settings:
        other = found.settings or {}
        names = [name for name in {**other, **settings} if other.get(name) != settings.get(name)]
        raise ValueError(
            f"{files.journal}: the unfinished run had another {' and '.join(names)}; run as then, or delete it and "
            f"{files.records.name} to start again"
        )
    journal.truncate(end if commit.items else 0)
    if not commit.items:
        _append(journal, settings)
    return commit


def _append(journal: BinaryIO, values: Mapping[str, Any]) -> None:
    journal.write(json.dumps(values, ensure_ascii=False).encode("utf-8") + b"\n")
    journal.flush()
    os.fsync(journal.fileno())


def _lock(journal: BinaryIO, files: RunFiles) -> None:
    """Keep other runs from writing to the same files, where the system has such locks; a kill undoes it."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FileExistsError(f"{files.output}: another run is writing it; wait until it ends") from error
