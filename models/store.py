"""Released weights: their checksums, and the folder that downloaded ones are kept in."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from urllib.parse import quote

from thaigov_events.annotations.files import replace_safely
from thaigov_events.models.version import SUMS

TIMEOUT = 60
# No folder, and nothing that hides or leaves the folder.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][\w.+-]*", re.ASCII)
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class Check:
    """What became of a model folder's files beside its checksums: names of those changed, missing, and not listed."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every listed file is there as it was released."""
        return not (self.changed or self.missing)


def models_folder() -> Path:
    """Return where downloaded models are kept: `$THAIGOV_EVENTS_MODELS`, or a folder of the user's cache."""
    own = os.environ.get("THAIGOV_EVENTS_MODELS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) if own else Path(cache) / "thaigov-events" / "models"


def release_address() -> str:
    """Return the address below which each release has its files: GitHub's, of the repository that the package names.

    Raises:
        ValueError: when the package names none.
    """
    try:
        entries = metadata("thaigov-events").get_all("Project-URL") or []
    except PackageNotFoundError:
        entries = []
    for entry in entries:
        label, _, address = str(entry).partition(", ")
        if label == "Repository":
            return address.rstrip("/") + "/releases/download"
    raise ValueError("this package names no repository whose releases hold weights; give their address by --url")


def read_sums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a `SHA256SUMS` lists.

    Raises:
        FileNotFoundError: when there is none.
        ValueError: naming the line that is none, or that names a file elsewhere.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no checksums here; name the folder of a released or exported model")
    sums: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        found = _LINE.fullmatch(line)
        if not found or not _PLAIN_NAME.fullmatch(found[2]) or found[2] in (*sums, SUMS):
            raise ValueError(f"{path}:{number}: {line[:120]!r} is not a checksum and the plain name of one more file")
        sums[found[2]] = found[1]
    if not sums:
        raise ValueError(f"{path}: lists no file; fetch it again")
    return sums


def verify_model(folder: Path) -> Check:
    """Compare the files of a model folder with its checksums.

    Raises:
        FileNotFoundError, ValueError: as `read_sums`.
    """
    sums = read_sums(folder / SUMS)
    there = {path.name for path in folder.iterdir()} - {SUMS}
    changed = [name for name in sums if name in there and hash_file(folder / name) != sums[name]]
    return Check(tuple(changed), tuple(sorted(sums.keys() - there)), tuple(sorted(there - sums.keys())))


def download_model(
    name: str, *, address: str, folder: Path, report: Callable[[str], object] = lambda _: None
) -> tuple[Path, int]:
    """Fetch the files of a release into `folder / name`; return that folder, and how many files were fetched.

    A file is checked before it takes its name, and the checksums come last, so a folder that has them is whole. Files
    that are there already are not fetched again.

    Args:
        name: of the release.
        address: below which `name/SHA256SUMS` and the files that it lists are found.
        folder: where models are kept.
        report: is told each file's name before it is fetched.

    Raises:
        ValueError: when the name or the address is none, or a file is not what its checksum says.
        OSError: when something cannot be fetched.
    """
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name!r}: not the name of a release; letters, digits, '.', '-', '_' and '+' make one")
    if not address.startswith(("https://", "http://")):
        raise ValueError(f"{address}: give an address that begins with https://")
    target, base = folder / name, f"{address.rstrip('/')}/{name}/"
    fetched = 0
    with replace_safely(target / SUMS) as sums_path:
        _fetch(base + SUMS, sums_path)
        for file, expected in read_sums(sums_path).items():
            if (target / file).is_file() and hash_file(target / file) == expected:
                continue
            report(file)
            with replace_safely(target / file) as path:
                _fetch(base + quote(file), path)
                found = hash_file(path)
                if found != expected:
                    raise ValueError(f"{base}{file}: its SHA-256 is {found}, not {expected}; fetch it again later")
            fetched += 1
    return target, fetched


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(address: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
            expected = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        raise FileNotFoundError(f"{address}: {error.code} {error.reason}; see whether the release has it") from error
    except urllib.error.URLError as error:
        raise OSError(f"{address}: cannot be reached ({error.reason}); see the network, or give --url") from error
    if expected is not None and path.stat().st_size != int(expected):
        raise OSError(f"{address}: broke off after {path.stat().st_size} of {expected} bytes; call again")
