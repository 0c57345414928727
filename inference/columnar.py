"""Read articles from tables: CSV, Parquet, and Hugging Face datasets that were saved on disk."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeAlias

from thaigov_events.inference.articles import LONGEST, Article, Columns, Failure, Origin, check_record
from thaigov_events.inference.progress import Report, ignore

# A batch of Arrow's, and the share of its source, in [0, 1], that ends with it.
_Batches: TypeAlias = Iterable[tuple[Any, float]]

# Rows that are turned into Python's strings at a time, and bytes of a column that Parquet reads ahead.
_ROWS, _READ_AHEAD = 256, 2**20
_STATE, _INFO, _PARTS = "state.json", "dataset_info.json", "dataset_dict.json"
# What reading a damaged dataset raises; ValueError also of JSON and of Arrow.
_DAMAGES = (KeyError, TypeError, ValueError)


def read_csv(lines: Iterable[bytes | None], origin: Origin, columns: Columns) -> Iterator[Article | Failure]:
    """Yield the articles of a CSV file with a header, given its lines with their ends (None: one too long).

    A row that is no article is told and the others are read. Behind a broken quotation mark no row can be trusted,
    so that the rest of the file is told as one failure.
    """
    csv.field_size_limit(LONGEST)  # the whole process's: it would be 131,072 characters, fewer than some articles have
    rows = csv.reader(_decode(lines), strict=True)
    last = 0
    try:
        header = next(rows, [])
        if columns.text not in header:
            yield Failure(origin.path, _tell_missing(columns.text, header))
            return
        last = rows.line_num
        for row in rows:
            number, last = last + 1, rows.line_num
            if len(row) == len(header):
                record = dict(zip(header, row, strict=True))
                yield check_record(record, number=number, origin=origin, columns=columns)
            elif row:  # else an empty line
                yield Failure(f"{origin.path}:{number}", f"{len(row)} cells, but the header has {len(header)}")
    except csv.Error as error:
        yield Failure(f"{origin.path}:{last + 1}", f"not read from here on: {error}; mend the quotation marks there")


def read_parquet(
    source: Path | IO[bytes], origin: Origin, columns: Columns, report: Report = ignore
) -> Iterator[Article | Failure]:
    """Yield the articles of a Parquet file, one a row; of its columns only text and id are read."""
    pyarrow, parquet = import_pyarrow(".parquet"), import_pyarrow(".parquet", "parquet")
    try:
        with parquet.ParquetFile(source, pre_buffer=False, buffer_size=_READ_AHEAD) as file:
            names = file.schema_arrow.names
            if columns.text not in names:
                yield Failure(origin.path, _tell_missing(columns.text, names))
                return
            batches = file.iter_batches(batch_size=_ROWS, columns=columns.pick_from(names))
            yield from _read_batches(_share_rows(batches, file.metadata.num_rows), origin, columns, report)
    except pyarrow.ArrowException as error:
        yield Failure(origin.path, _tell_damage(error))


def is_dataset(folder: Path) -> bool:
    """Tell whether a folder is a Hugging Face dataset, or a dictionary of its parts, as `save_to_disk` writes it."""
    return any((folder / name).is_file() for name in (_STATE, _INFO, _PARTS))


def list_parts(folder: Path) -> Iterator[Path | Failure]:
    """Yield the datasets of a dictionary of them, in its order; of a folder that is one itself, only that."""
    if not (folder / _PARTS).is_file():
        yield folder
        return
    try:
        yield from [folder / part for part in json.loads((folder / _PARTS).read_text("utf-8"))["splits"]]
    except _DAMAGES as error:
        yield Failure(str(folder), _tell_damage(error))


def read_dataset(folder: Path, columns: Columns, report: Report = ignore) -> Iterator[Article | Failure]:
    """Yield the articles of a saved dataset, which is no dictionary of several, one a row, in the order of its rows."""
    origin = Origin(str(folder), folder.name, folder.as_posix())
    try:
        batches = _read_tables(_list_tables(folder), columns)
        yield from _read_batches(batches, origin, columns, report)
    except _DAMAGES as error:
        yield Failure(origin.path, _tell_damage(error))


def weigh(source: Path) -> int:
    """Return the bytes of a file, or of a saved dataset's Arrow files; 0 of what cannot be read."""
    if not source.is_dir():
        return source.stat().st_size if source.is_file() else 0
    try:
        return sum(map(weigh, _list_tables(source)))
    except _DAMAGES:
        return 0


def import_pyarrow(ending: str, part: str = "") -> Any:
    """Return pyarrow or a module of it, which files of this ending need.

    Raises:
        ModuleNotFoundError: when it is not installed; it names the extra that brings it.
    """
    try:
        return import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ImportError as error:
        raise ModuleNotFoundError(f"{ending} needs pyarrow: pip install 'thaigov-events[files]'") from error


def _decode(lines: Iterable[bytes | None]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if line is None:
            raise csv.Error(f"line {number} is longer than {LONGEST // 2**20} MiB")
        yield line.decode("utf-8", "surrogateescape")


def _list_tables(folder: Path) -> list[Path]:
    """Return the Arrow files of a dataset in their order."""
    if not (folder / _STATE).is_file():
        return sorted(folder.glob("*.arrow"))
    state = json.loads((folder / _STATE).read_text("utf-8"))
    if state.get("_indices_data_files"):
        raise ValueError("its rows are chosen by a file of indices; save it again after flatten_indices()")
    return [folder / file["filename"] for file in state["_data_files"]]


def _share_rows(batches: Iterable[Any], rows: int) -> _Batches:
    """Yield the batches of a source that has so many rows."""
    done = 0
    for batch in batches:
        done += batch.num_rows
        yield batch, done / rows


def _read_tables(paths: Sequence[Path], columns: Columns) -> _Batches:
    """Yield batches of the columns of Arrow files, which are of the stream's or of the file's form."""
    pyarrow, ipc = import_pyarrow("a dataset"), import_pyarrow("a dataset", "ipc")
    total, before = sum(map(weigh, paths)), 0
    for path in paths:
        with pyarrow.OSFile(str(path)) as file:
            is_file = file.read(6) == b"ARROW1"
            file.seek(0)
            reader = ipc.open_file(file) if is_file else ipc.open_stream(file)
            if columns.text not in reader.schema.names:
                raise ValueError(_tell_missing(columns.text, reader.schema.names))
            size, count = file.size(), reader.num_record_batches if is_file else 0
            batches = map(reader.get_batch, range(count)) if is_file else reader
            for number, batch in enumerate(batches, 1):
                read = size * number / count if is_file else file.tell()
                yield batch.select(columns.pick_from(batch.schema.names)), (before + read) / total
        before += size


def _read_batches(batches: _Batches, origin: Origin, columns: Columns, report: Report) -> Iterator[Article | Failure]:
    number, before = 0, 0.0
    for batch, share in batches:
        for first in range(0, batch.num_rows, _ROWS):
            for row, record in enumerate(batch.slice(first, _ROWS).to_pylist(), first + 1):
                number += 1
                report(before + (share - before) * row / batch.num_rows)
                yield check_record(record, number=number, origin=origin, columns=columns)
        before = share
    if not number:
        yield Failure(origin.path, "empty: there is no row in it")


def _tell_missing(name: str, names: Sequence[str]) -> str:
    return f"no column {name!r}, only {', '.join(map(repr, names)) or 'an empty header'}; name it by --text-column"


def _tell_damage(error: Exception) -> str:
    return f"cannot be read to its end: {type(error).__name__}: {error}"
