"""Read articles from files, folders and standard input. What cannot be read is said, and does not stop the rest."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

SUFFIXES = (".txt", ".jsonl")
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Article:
    """A text to read, under the id that its record will have; `path` is its file's, without ending, if it fills one."""

    id: str
    text: str
    path: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """An input, or a line of one, that could not be read: where, and why with the mend."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


def read_articles(inputs: Iterable[str], *, leave_out: Path | None = None) -> Iterator[Article | Failure]:
    """Yield the articles of all inputs in order, with a failure in the place of each that cannot be read.

    An input is a `.txt` file (one article, its id the file's stem), a `.jsonl` file (an object with `text` and
    perhaps `id` a line), a folder (all such files below it, by name), or `-` (standard input: JSON lines if it
    begins with `{`, else one article). Where a stem stood before, the file's path without its ending is the id;
    where a line's id did, that is a failure. In folders the file `leave_out`, the run's own output, is passed over.
    """
    seen: set[str] = set()
    for item in _read_all(inputs, leave_out):
        if isinstance(item, Failure):
            yield item
            continue
        name = item.id if item.id not in seen else item.path
        if name in seen or not name:
            yield Failure(item.path or item.id, f"an article with the id {item.id!r} was read before; ids must differ")
        else:
            seen.add(name)
            yield replace(item, id=name)


def _read_all(inputs: Iterable[str], leave_out: Path | None) -> Iterator[Article | Failure]:
    for name in inputs:
        path = Path(name)
        try:
            if name == STANDARD_INPUT:
                yield from _read_stream(sys.stdin.buffer)
            elif path.is_dir():
                yield from _read_folder(path, leave_out)
            elif path.exists():
                yield from _read_file(path)
            else:
                yield Failure(name, "no such file or folder")
        except OSError as error:
            yield Failure(name if len(name) < 100 else name[:100] + "…", error.strerror or str(error))


def _read_folder(folder: Path, leave_out: Path | None) -> Iterator[Article | Failure]:
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    files = [file for file in files if leave_out is None or file.resolve() != leave_out.resolve()]
    if not files:
        yield Failure(str(folder), f"no {' or '.join(SUFFIXES)} file in this folder or below")
    for file in files:
        try:
            yield from _read_file(file)
        except OSError as error:
            yield Failure(str(file), error.strerror or str(error))


def _read_file(path: Path) -> Iterator[Article | Failure]:
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        with path.open("rb") as file:
            yield from _read_lines(file, str(path), path.stem)
    elif suffix in SUFFIXES or not path.is_file():  # a pipe has no ending
        item = _decode(path.read_bytes(), str(path), path.stem)
        yield replace(item, path=path.with_suffix("").as_posix()) if isinstance(item, Article) else item
    else:
        yield Failure(str(path), f"ending {path.suffix!r} is not known; rename it to {' or '.join(SUFFIXES)}")


def _read_stream(stream: BinaryIO) -> Iterator[Article | Failure]:
    data = stream.read()
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        yield from _read_lines(data.splitlines(), "standard input", "stdin")
    else:
        yield _decode(data, "standard input", "stdin")


def _decode(data: bytes, where: str, name: str) -> Article | Failure:
    if b"\0" in data:
        return Failure(where, f"a binary file (zero byte at {data.index(0)}); an article is UTF-8 text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Failure(
            where,
            f"not UTF-8: byte 0x{data[error.start]:02x} at {error.start}; "
            "convert it, for old Thai files by `iconv -f TIS-620 -t UTF-8`",
        )
    if not text.strip():
        return Failure(where, "empty: there is no text in it")
    return Article(name, text)


def _read_lines(lines: Iterable[bytes], where: str, stem: str) -> Iterator[Article | Failure]:
    empty = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        empty = False
        place = f"{where}:{number}"
        try:
            record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            yield Failure(place, f"not UTF-8: byte 0x{line[error.start]:02x} at {error.start} of the line")
            continue
        except (ValueError, RecursionError) as error:
            yield Failure(place, f"not JSON: {error}")
            continue
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            yield Failure(place, "a line must be an object with a string field 'text'")
        elif not record["text"].strip():
            yield Failure(place, "the field 'text' is empty")
        elif not isinstance(record.get("id", ""), str | int):
            yield Failure(place, f"id {record['id']!r}: must be a string or a number")
        elif _has_half_character(record["text"]) or _has_half_character(str(record.get("id", ""))):
            yield Failure(place, "holds half of a surrogate pair, which is no character; write the whole one")
        else:
            yield Article(str(record.get("id", f"{stem}-{number}")), record["text"])
    if empty:
        yield Failure(where, "empty: there is no line in it")


def _has_half_character(text: str) -> bool:
    """Say whether `text` holds half of a surrogate pair, which JSON can name but UTF-8 cannot write."""
    return any("\ud800" <= character <= "\udfff" for character in text)
