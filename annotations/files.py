"""Write files so that a half-written one is never mistaken for a whole one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_safely(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well, sync that file and rename it to `path`.

    The block must have closed the file. If it fails, `path` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("r+b") as file:  # Windows syncs only what is open for writing
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_safely(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file that then becomes `path`, whole or not at all."""
    with replace_safely(path) as temporary:
        write(temporary)
