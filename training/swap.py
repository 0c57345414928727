"""Put a new model folder in the place of an old one, which is kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from thaigov_events.models.version import name_version


def swap_folder(new: Path, target: Path, *, old: str, mark: str) -> Path:
    """Copy the model folder `new` to `target` by renaming a finished copy, and return where the old one is kept.

    Between two renames there is no `target`; whoever has the old model open goes on with it. If it breaks off at any
    moment, the same call finishes it.

    Args:
        new: A model folder; it stays.
        target: The folder of the model in use.
        old: The version that `target` should have.
        mark: What the name of the kept folder ends in; none may bear it yet.

    Raises:
        ValueError: when `target` has another version than the old and the new one.
    """
    target = target.resolve()  # a link stays a link
    kept, copy = (target.with_name(name) for name in (f"{target.name}-before-{mark}", f".{target.name}-{mark}.tmp"))
    wanted = name_version(new)
    if target.exists():
        found = name_version(target)
        if found == wanted:
            return kept
        if found != old:
            raise ValueError(f"{target}: is {found}, not {old} any more; delete this round's folder to begin it anew")
        if kept.exists():
            raise ValueError(f"{kept}: stands there already; move it away")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(new, copy)
    for path in copy.iterdir():
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    if target.exists():
        target.rename(kept)
    copy.rename(target)
    return kept
