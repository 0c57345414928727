"""Find the articles in files, folders and standard input. What cannot be read is said, and does not stop the rest."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path

from thaigov_events.inference.articles import Article, Columns, Failure
from thaigov_events.inference.columnar import is_dataset, list_parts, read_dataset, weigh
from thaigov_events.inference.progress import Meter
from thaigov_events.inference.readers import KINDS, is_known, read_file, read_stream

__all__ = ["Article", "Failure", "read_articles"]

STANDARD_INPUT = "-"


def read_articles(
    inputs: Iterable[str],
    *,
    columns: Columns | None = None,
    leave_out: Collection[Path] = (),
    meter: Meter | None = None,
) -> Iterator[Article | Failure]:
    """Yield the articles of all inputs in order, with a failure in the place of each that cannot be read.

    An input is a file (see `readers.read_file`), a folder (all such files below it, by name, and each saved
    Hugging Face dataset), a pattern such as `news/**/*.txt`, or `-` (standard input: JSON lines if it begins
    with `{`, else one article). Nothing is held in memory but the article at hand.

    Ids differ: where an id made from a file's name stood before, the file's path is put before it; where one
    that was given did, that is a failure. In folders and by patterns the files and folders `leave_out`, the
    run's own output, are passed over. A `meter` of what `weigh_inputs` returns tells how much has been read.
    """
    columns, own = columns or Columns(), _resolve(leave_out)
    with closing(_KnownIds()) as known:
        for name in inputs:
            for item in _read_input(name, columns, own, meter or Meter(0)):
                yield _name_apart(item, known) if isinstance(item, Article) else item


def weigh_inputs(inputs: Iterable[str], *, leave_out: Collection[Path] = ()) -> int:
    """Return the bytes of all files to read; 0 if for one that cannot be known, as for standard input or a pipe."""
    size, own = 0, _resolve(leave_out)
    for name in inputs:
        if name == STANDARD_INPUT:
            return 0
        with suppress(OSError):  # whoever reads it tells of it
            for source in _list_sources(name, own):
                if isinstance(source, Failure):
                    continue
                if source.exists() and not (source.is_file() or source.is_dir()):
                    return 0
                size += weigh(source)
    return size


class _KnownIds:
    """The ids so far, on disk where they are many: a set of ten million would fill a gigabyte of memory."""

    def __init__(self) -> None:
        # without a name the database is a temporary file of its own, written only beyond the cache
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;"
            "CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID; BEGIN"
        )

    def add(self, name: str) -> bool:
        """Add an id; return whether it is new."""
        return self._database.execute("INSERT OR IGNORE INTO ids VALUES (?)", (name,)).rowcount == 1

    def close(self) -> None:
        self._database.close()


def _name_apart(article: Article, known: _KnownIds) -> Article | Failure:
    for name in (article.id, article.full_id):
        if name and known.add(name):
            return replace(article, id=name)
    return Failure(article.where, f"an article with the id {article.id!r} was read before; ids must differ")


def _resolve(leave_out: Collection[Path]) -> frozenset[Path]:
    return frozenset(path.resolve() for path in leave_out)


def _read_input(name: str, columns: Columns, own: frozenset[Path], meter: Meter) -> Iterator[Article | Failure]:
    try:
        if name == STANDARD_INPUT:
            yield from read_stream(sys.stdin.buffer, columns)
            return
        for source in _list_sources(name, own):
            if isinstance(source, Failure):
                yield source
                continue
            report = meter.begin(weigh(source))
            read = read_dataset if source.is_dir() else read_file
            yield from read(source, columns, report)
            report(1.0)  # also of what could not be read to its end
    except OSError as error:
        yield Failure(name if len(name) < 100 else name[:100] + "…", error.strerror or str(error))


def _list_sources(name: str, own: frozenset[Path]) -> Iterator[Path | Failure]:
    """Yield the files and the datasets that an input leads to, or a failure if there is none."""
    path, missing = Path(name), "no such file or folder"
    sources: Iterator[Path | Failure] = iter(())
    if path.is_dir():
        sources, missing = _walk(path, own), f"no {', '.join(KINDS[:-1])} or {KINDS[-1]} file in this folder or below"
    elif path.exists():
        sources = iter([path])
    elif has_magic(name):
        sources, missing = _match(name, own), "no file is of this pattern"
    yield next(sources, Failure(name, missing))
    yield from sources


def _match(pattern: str, own: frozenset[Path]) -> Iterator[Path | Failure]:
    """Yield the files of a pattern, and the datasets that it leads to, by name."""
    for path in map(Path, sorted(glob(pattern, recursive=True))):  # noqa: PTH207 - Path.glob takes no absolute ones
        if not _is_own(path, own) and (path.is_file() or is_dataset(path)):
            yield from [path] if path.is_file() else list_parts(path)


def _walk(folder: Path, own: frozenset[Path]) -> Iterator[Path | Failure]:
    """Yield the files that can be read and the folders of datasets, by name, a folder's in the place of its name."""
    if is_dataset(folder):
        yield from list_parts(folder)
        return
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Failure(str(folder), error.strerror or str(error))
        return
    for entry in ordered:
        path = Path(entry.path)
        if _is_own(path, own):
            continue
        if entry.is_dir(follow_symlinks=False):  # a link could lead back to where it stands
            yield from _walk(path, own)
        elif is_known(path) and entry.is_file():
            yield path


def _is_own(path: Path, own: frozenset[Path]) -> bool:
    """Tell whether a path is one of the run's own, or in a folder that is."""
    return bool(own) and not own.isdisjoint([path.resolve(), *path.resolve().parents])
