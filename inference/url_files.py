"""Read and write files by URL, wherever fsspec reaches: local ones, object stores. Needs the extra `ray`."""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from glob import has_magic
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

import fsspec

from thaigov_events.inference.articles import Article, Columns, Failure, Origin
from thaigov_events.inference.columnar import read_parquet
from thaigov_events.inference.readers import (
    KINDS,
    is_known,
    read_unpacked,
    split_name,
    unpack,
)
from thaigov_events.inference.run_state import Counts
from thaigov_events.inference.tables import write_tables
from thaigov_events.inference.workers import Reading, Result

PartKind: TypeAlias = Literal["jsonl", "parquet"]


def list_files(inputs: Iterable[str]) -> list[str]:
    """Return the files to read, each once: those named, those in folders named, those of patterns.

    Raises:
        FileNotFoundError: when an input leads to no file.
        ValueError: when a file named is of no kind that is known.
    """
    files: dict[str, None] = {}
    for name in inputs:
        system, path = fsspec.core.url_to_fs(name)
        if has_magic(path):
            found = [each for each in sorted(system.glob(path)) if is_known(Path(each))]
        elif system.isdir(path):
            found = [each for each in sorted(system.find(path)) if is_known(Path(each))]
        elif not system.exists(path):
            raise FileNotFoundError(f"{name}: no such file or folder")
        elif not is_known(Path(path)):
            raise ValueError(f"{name}: its ending is not known; rename it to {', '.join(KINDS)}")
        else:
            found = [path]
        if not found:
            raise FileNotFoundError(f"{name}: no file there ends in {', '.join(KINDS)}")
        files.update(dict.fromkeys(system.unstrip_protocol(each) for each in found))
    return list(files)


def read_url(url: str, columns: Columns) -> Iterator[Article | Failure]:
    """Yield the articles of a file of `list_files`, and a failure for each that cannot be read."""
    stem, kind, packing = split_name(Path(PurePosixPath(url).name))
    origin = Origin(url, stem)
    try:
        with fsspec.open(url, "rb") as packed, unpack(packed, packing) as file:
            if kind == ".parquet":
                yield from read_parquet(file, origin, columns)
            else:
                yield from read_unpacked(file, kind, origin, columns)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        yield Failure(url, f"cannot be read to its end, for it is damaged: {error}")


def name_new_folder(url: str) -> str:
    """Return the full URL of a folder to write to, which means the same on every machine.

    Raises:
        FileExistsError: when there is something in it.
    """
    system, path = fsspec.core.url_to_fs(url)
    if system.exists(path) and (not system.isdir(path) or system.ls(path, detail=False)):
        raise FileExistsError(f"{url}: there is something already; name a new folder")
    name: str = system.unstrip_protocol(path)
    return name


def write_part(url: str, number: int, results: Iterable[Result], *, kind: PartKind) -> Counts:
    """Write part `number` of a run into a folder, in place of one that an earlier try wrote; return what is in it.

    Records are `part-….jsonl`, or for Parquet `TABLE/part-….parquet` of all tables; failures are
    `_errors/part-….jsonl`.
    """
    system, folder = fsspec.core.url_to_fs(url)
    name = f"part-{number:06}"
    readings: list[Reading] = []
    failures: list[Failure] = []
    for result in results:
        (failures if isinstance(result, Failure) else readings).append(result)  # type: ignore[arg-type]
    if readings and kind == "jsonl":
        _write_lines(system, f"{folder}/{name}.jsonl", (reading.line for reading in readings))
    elif readings:
        with TemporaryDirectory() as scratch:
            tables = Path(scratch) / "tables"
            write_tables(tables, (reading.extraction() for reading in readings), kind="parquet")
            for table in sorted(tables.iterdir()):
                system.makedirs(f"{folder}/{table.stem}", exist_ok=True)
                system.put_file(str(table), f"{folder}/{table.stem}/{name}.parquet")
    if failures:
        lines = (json.dumps(failure.to_dict(), ensure_ascii=False) for failure in failures)
        _write_lines(system, f"{folder}/_errors/{name}.jsonl", lines)
    return Counts().add([*readings, *failures])


def mark_complete(url: str, counts: Counts) -> None:
    """Write `_SUCCESS`, without which a folder of parts is not whole, with the counts in it."""
    system, folder = fsspec.core.url_to_fs(url)
    _write_lines(system, f"{folder}/_SUCCESS", [json.dumps(asdict(counts))])


def _write_lines(system: Any, path: str, lines: Iterable[str]) -> None:
    system.makedirs(path.rpartition("/")[0], exist_ok=True)
    with system.open(path, "wb") as file:
        file.writelines(line.encode() + b"\n" for line in lines)
