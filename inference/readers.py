"""Read the articles of one file or stream, plain or compressed, one after another."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias, cast

from thaigov_events.inference.articles import (
    LONGEST,
    Article,
    Columns,
    Failure,
    Origin,
    check_record,
    find_bad_character,
)
from thaigov_events.inference.columnar import import_pyarrow, read_csv, read_parquet
from thaigov_events.inference.progress import Report, ignore

KINDS = (".txt", ".jsonl", ".csv", ".parquet")
PACKINGS = (".gz", ".xz", ".zst")

_MARK = b"\xef\xbb\xbf"
_TOO_LONG = f"longer than {LONGEST // 2**20} MiB; an article is shorter, cut it up"

Items: TypeAlias = Iterator[Article | Failure]


def is_known(path: Path) -> bool:
    """Tell by a file's ending whether `read_file` reads it."""
    _, kind, packing = split_name(path)
    return kind in KINDS and not (packing and kind == ".parquet")


def split_name(path: Path) -> tuple[str, str, str]:
    """Return a file's stem, the ending that tells its kind, and that of its compression or ""."""
    packing = path.suffix.lower() if path.suffix.lower() in PACKINGS else ""
    inner = Path(path.stem) if packing else path
    return inner.stem, inner.suffix.lower(), packing


def read_file(path: Path, columns: Columns, report: Report = ignore) -> Items:
    """Yield the articles of a file, and a failure for each that cannot be read.

    `.txt` is one article under the file's stem; `.jsonl`, `.csv` with a header, and `.parquet` hold one a line or
    row. All but the last may be compressed (`.gz`, `.xz`, `.zst`). A pipe, which has no ending, is one article.
    """
    stem, kind, packing = split_name(path)
    full_stem = (path.parent / stem).as_posix()
    origin = Origin(str(path), stem, "" if find_bad_character(full_stem) else full_stem)
    if path.is_file() and not is_known(path):
        known = f"{', '.join(KINDS)}, all but the last perhaps with {', '.join(PACKINGS)} after it"
        yield Failure(str(path), f"ending {''.join(path.suffixes[-2:])!r} is not known; rename it to {known}")
        return
    try:
        if kind == ".parquet":
            yield from read_parquet(path, origin, columns, report)
        else:
            with path.open("rb") as packed, unpack(packed, packing) as file:
                size = os.fstat(packed.fileno()).st_size  # 0 of a pipe, which has no place to tell
                for item in read_unpacked(file, kind, origin, columns):
                    if size:
                        report(packed.tell() / size)
                    yield item
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        told = error.strerror if isinstance(error, OSError) else None
        yield Failure(str(path), told or f"cannot be read to its end, for it is damaged: {error}")
    except ModuleNotFoundError as error:
        yield Failure(str(path), str(error))


def read_unpacked(file: IO[bytes], kind: str, origin: Origin, columns: Columns) -> Items:
    """Yield the articles of an open file of lines, rows or one text; `kind` is the ending of its name."""
    if kind == ".jsonl":
        yield from read_json_lines(iterate_lines(file), origin, columns)
    elif kind == ".csv":
        yield from read_csv(iterate_lines(file), origin, columns)
    else:
        yield decode_article(file.read(LONGEST + 1), origin)


def read_stream(stream: BinaryIO, columns: Columns) -> Items:
    """Yield the articles of standard input: JSON lines if it begins with `{`, else one article."""
    origin = Origin("standard input", "stdin")
    lines = iterate_lines(stream)
    start: list[bytes | None] = []
    for line in lines:
        start.append(line)
        if line is None or line.strip():
            break
    if start and (start[-1] or b"").lstrip().startswith(b"{"):
        yield from read_json_lines(chain(start, lines), origin, columns)
        return
    data = b"".join(line or b"" for line in start)
    yield Failure(origin.path, _TOO_LONG) if None in start else decode_article(data + stream.read(LONGEST), origin)


def iterate_lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Yield the lines of a file with their ends, the first without byte order mark; None for one that is too long."""
    mark = _MARK
    while line := file.readline(LONGEST):
        if len(line) < LONGEST or line.endswith(b"\n"):
            yield line.removeprefix(mark)
        else:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST)
            yield None
        mark = b""


def decode_article(data: bytes, origin: Origin) -> Article | Failure:
    """Return the text that is a whole file as an article, or what is wrong with it."""
    if len(data) > LONGEST:
        return Failure(origin.path, _TOO_LONG)
    if b"\0" in data:
        return Failure(origin.path, f"a binary file (zero byte at {data.index(0)}); an article is UTF-8 text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Failure(
            origin.path,
            f"not UTF-8: byte 0x{data[error.start]:02x} at {error.start}; "
            "convert it, for old Thai files by `iconv -f TIS-620 -t UTF-8`",
        )
    if not text.strip():
        return Failure(origin.path, "empty: there is no text in it")
    if fault := find_bad_character(origin.stem):  # on Linux a file's name may be any bytes
        return Failure(origin.path, f"its name is {fault}; rename it")
    return Article(origin.stem, text, origin.path, origin.full_stem)


def read_json_lines(lines: Iterable[bytes | None], origin: Origin, columns: Columns) -> Items:
    """Yield the articles of JSON lines, and a failure for each line that is not one."""
    empty = True
    for number, line in enumerate(lines, 1):
        place = f"{origin.path}:{number}"
        if line is None:
            yield Failure(place, _TOO_LONG)
        elif line.strip():
            try:
                record = json.loads(line.decode("utf-8"))
            except UnicodeDecodeError as error:
                yield Failure(place, f"not UTF-8: byte 0x{line[error.start]:02x} at {error.start} of the line")
            except (ValueError, RecursionError) as error:
                yield Failure(place, f"not JSON: {error}")
            else:
                if isinstance(record, dict):
                    yield check_record(record, number=number, origin=origin, columns=columns)
                else:
                    yield Failure(place, f"must be an object with a string field {columns.text!r}")
        else:
            continue
        empty = False
    if empty:
        yield Failure(origin.path, "empty: there is no line in it")


def unpack(packed: IO[bytes], packing: str) -> IO[bytes]:
    """Open what an open file holds in a packing, or in none."""
    if packing == ".gz":
        return cast(IO[bytes], gzip.open(packed, "rb"))
    if packing == ".xz":
        return lzma.open(packed, "rb")
    if packing == ".zst":
        return BufferedReader(import_pyarrow(packing).input_stream(packed, compression="zstd"))
    return packed
