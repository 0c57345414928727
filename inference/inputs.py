"""Find the articles in files, folders and standard input. What cannot be read is said, and does not stop the rest."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path

from thaigov_events.inference.articles import Article, Columns, Failure
from thaigov_events.inference.columnar import is_dataset, read_dataset
from thaigov_events.inference.readers import KINDS, is_known, read_file, read_stream, split_name

__all__ = ["Article", "Failure", "read_articles"]

STANDARD_INPUT = "-"


def read_articles(
    inputs: Iterable[str], *, columns: Columns | None = None, leave_out: Collection[Path] = ()
) -> Iterator[Article | Failure]:
    """Yield the articles of all inputs in order, with a failure in the place of each that cannot be read.

    An input is a file (see `readers.read_file`), a folder (all such files below it, by name, and each saved
    Hugging Face dataset), a pattern such as `news/**/*.txt`, or `-` (standard input: JSON lines if it begins
    with `{`, else one article). Nothing is held in memory but the article at hand.

    Ids differ: where an id made from a file's name stood before, the file's path is put before it; where one
    that was given did, that is a failure. In folders and by patterns the files and folders `leave_out`, the
    run's own output, are passed over.
    """
    columns = columns or Columns()
    own = frozenset(path.resolve() for path in leave_out)
    with closing(_KnownIds()) as known:
        for name in inputs:
            for item in _read_input(name, columns, own):
                yield _name_apart(item, known) if isinstance(item, Article) else item


def count_articles(inputs: Iterable[str]) -> int | None:
    """Return how many articles the inputs hold if that can be told without reading them, else None."""
    total = 0
    for name in inputs:
        path = Path(name)
        if not path.exists() or is_dataset(path):
            return None
        for file in _walk(path, frozenset()) if path.is_dir() else [path]:
            if isinstance(file, Failure) or file.is_dir() or split_name(file)[1] != ".txt":
                return None
            total += 1
    return total


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


def _read_input(name: str, columns: Columns, own: frozenset[Path]) -> Iterator[Article | Failure]:
    path = Path(name)
    try:
        if name == STANDARD_INPUT:
            yield from read_stream(sys.stdin.buffer, columns)
        elif path.exists():
            yield from _read_path(path, columns, own)
        elif has_magic(name):
            empty = True
            for file in map(Path, sorted(glob(name, recursive=True))):  # noqa: PTH207 - Path.glob takes no absolute ones
                if not _is_own(file, own) and (file.is_file() or is_dataset(file)):
                    empty = False
                    yield from _read_path(file, columns, own)
            if empty:
                yield Failure(name, "no file is of this pattern")
        else:
            yield Failure(name, "no such file or folder")
    except OSError as error:
        yield Failure(name if len(name) < 100 else name[:100] + "…", error.strerror or str(error))


def _read_path(path: Path, columns: Columns, own: frozenset[Path]) -> Iterator[Article | Failure]:
    if not path.is_dir():
        yield from read_file(path, columns)
        return
    empty = True
    for file in _walk(path, own):
        empty = False
        if isinstance(file, Failure):
            yield file
        else:
            yield from read_dataset(file, columns) if file.is_dir() else read_file(file, columns)
    if empty:
        yield Failure(str(path), f"no {', '.join(KINDS[:-1])} or {KINDS[-1]} file in this folder or below")


def _walk(folder: Path, own: frozenset[Path]) -> Iterator[Path | Failure]:
    """Yield the files that can be read and the folders of datasets, by name, a folder's in the place of its name."""
    if is_dataset(folder):
        yield folder
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
