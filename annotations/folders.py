"""Write folders so that a half-written one is never mistaken for a whole one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from thaigov_events.annotations.corpus import CorpusError


@contextmanager
def replace_folder(folder: Path, *, is_own: Callable[[Path], bool]) -> Iterator[Path]:
    """Give an empty temporary folder beside `folder`; when the block ends well, rename it to `folder`.

    A folder that stands there already is replaced if `is_own` is true of all that it holds. If the block fails,
    `folder` stays as it was.

    Raises:
        CorpusError: when `folder` is a file, or holds anything else.
    """
    _refuse_strangers(folder, is_own)
    target = folder.resolve()  # a link stays a link, and `.` has a name
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        _refuse_strangers(folder, is_own)
        _swap(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    """Rename `new` to `target`, and only then remove what stood there."""
    if not target.exists():
        new.rename(target)
        return
    old = new.with_suffix(".old")
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _refuse_strangers(folder: Path, is_own: Callable[[Path], bool]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise CorpusError(f"{folder}: is a file; name a folder to write")
    strangers = sorted(path.name for path in folder.iterdir() if not is_own(path))
    if strangers:
        raise CorpusError(f"{folder}: holds other things, such as {strangers[0]!r}; name a new folder")
