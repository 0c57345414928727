"""What tells a model folder from all others."""

from __future__ import annotations

import hashlib
from pathlib import Path

SUMS = "SHA256SUMS"


def name_version(folder: Path) -> str:
    """Return a short name of a model folder's contents, such as `thaigov-events-1f2e3d4c`.

    Raises:
        FileNotFoundError: when it is not the folder of an exported model.
    """
    path = folder / SUMS
    if not path.is_file():
        raise FileNotFoundError(f"{folder}: not a model folder, it has no {SUMS}; write one by `make export`")
    return f"thaigov-events-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
