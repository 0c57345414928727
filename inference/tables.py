"""Write extractions as flat tables: a folder of CSV or Parquet files, or one DuckDB file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from thaigov_events.annotations.files import replace_safely
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.table_columns import ROWS, Column, Row, list_columns
from thaigov_events.inference.table_rows import list_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TableFormat: TypeAlias = Literal["csv", "parquet", "duckdb"]
TABLE_FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)

_BATCH = 1000
# What does not fit DuckDB puts into a folder beside its file; a statement and a group of Parquet's rows must fit.
_MEMORY = "512MB"
_MARK = "\ufeff"  # by which Excel knows UTF-8
# What spreadsheets take for a formula, also in full width, and the apostrophe that guards against it.
_GUARD = "'"
_FORMULA = rf"^[\s\p{{Z}}\p{{C}}]*[=+\-@＝＋－＠{_GUARD}]|^[\t\r\n]"


def write_tables(path: Path, extractions: Iterable[Extraction], *, kind: TableFormat) -> None:
    """Write tables to `path`, whole or not at all: a DuckDB file, or a folder with one file a table.

    What stands there is replaced only when all is written, and only if it holds nothing but such tables. The
    extractions are taken one after another and kept on disk, so that memory does not grow with their number.

    CSV is UTF-8 with a byte order mark, a header, empty cells for missing values, and lists as JSON. A text that
    a spreadsheet could take for a formula (`=`, `+`, `-`, `@` first, perhaps after what is not seen; a tab or a
    line break first) gets an apostrophe before it, and so does one that begins so with an apostrophe: to get
    the texts as they were, cut one apostrophe from each cell that begins with it.

    Raises:
        FileExistsError: when `path` holds anything else than tables of this format.
        ModuleNotFoundError: when DuckDB is not installed.
        OSError: when the files cannot be written.
    """
    duckdb = _import_duckdb()
    path = path.resolve()
    check_place(path, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as name:
        scratch = Path(name)
        database, folder = scratch / "tables.duckdb", scratch / "tables"
        try:
            with closing(_open_database(database)) as connection:
                _fill(connection, extractions)
                if kind != "duckdb":
                    _export(connection, folder, kind)
        except duckdb.Error as error:
            raise OSError(f"{path}: DuckDB cannot write the tables: {error}") from error
        check_place(path, kind)
        if kind == "duckdb":
            with replace_safely(path) as temporary:
                database.rename(temporary)
        else:
            _replace_folder(path, folder, aside=scratch / "replaced")


def _import_duckdb() -> ModuleType:
    try:
        import duckdb
    except ImportError as error:
        raise ModuleNotFoundError("tables need DuckDB: pip install 'thaigov-events[tables]'") from error
    return duckdb


def check_place(path: Path, kind: TableFormat) -> None:
    """Refuse to replace what is not tables of an earlier run; `write_tables` does so itself.

    Raises:
        FileExistsError: when `path` holds anything else than tables of this format.
        ModuleNotFoundError: when DuckDB is not installed.
    """
    _import_duckdb()
    if kind == "duckdb":
        if path.is_dir():
            raise IsADirectoryError(f"{path}: is a folder; name a file to write")
        _check_database(path)
    elif path.is_dir():
        found, expected = {entry.name for entry in path.iterdir()}, {f"{row.table}.{kind}" for row in ROWS}
        if found and found != expected:
            what = f"holds {min(found - expected)}" if found - expected else f"lacks {min(expected - found)}"
            raise FileExistsError(f"{path}: is no folder of these {kind} tables, it {what}; name another, or empty it")
    elif path.exists():
        raise FileExistsError(f"{path}: is a file; --format {kind} writes a folder, so name another")


def _check_database(path: Path) -> None:
    import duckdb

    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        raise FileExistsError(f"{log}: belongs to a database that is open or was not closed; close it first")
    if not path.exists():
        return
    try:
        with duckdb.connect(path, read_only=True) as connection:
            found = connection.sql("SELECT table_name FROM information_schema.tables").fetchall()
    except duckdb.Error as error:
        raise FileExistsError(f"{path}: is no DuckDB file that can be read ({error}); name another") from error
    if others := {table for (table,) in found} - {row.table for row in ROWS}:
        raise FileExistsError(f"{path}: also holds {min(others)}, which would be lost; name another file")


def _open_database(path: Path) -> DuckDBPyConnection:
    import duckdb

    # one thread needs less memory, and reading articles takes far longer than writing; nothing is fetched
    connection = duckdb.connect(
        path, config={"threads": 1, "memory_limit": _MEMORY, "autoinstall_known_extensions": False}
    )
    connection.begin()  # else each of the many comments is synced to the disk
    for row in ROWS:
        columns = list_columns(row)
        cells = ", ".join(f"{_quote_name(column.name)} {column.sql_type}" for column in columns)
        connection.execute(f"CREATE TABLE {row.table} ({cells})")
        meaning, _, _ = (row.__doc__ or "").partition("\n")
        connection.execute(f"COMMENT ON TABLE {row.table} IS {_quote(meaning)}")
        for column in columns:
            if column.meaning:
                place = f"{row.table}.{_quote_name(column.name)}"
                connection.execute(f"COMMENT ON COLUMN {place} IS {_quote(column.meaning)}")
    connection.commit()
    return connection


def _fill(connection: DuckDBPyConnection, extractions: Iterable[Extraction]) -> None:
    waiting: dict[type[Row], list[Row]] = {row: [] for row in ROWS}
    for extraction in extractions:
        for row in list_rows(extraction):
            waiting[type(row)].append(row)
        for table, rows in waiting.items():
            if len(rows) >= _BATCH:
                _append(connection, table, rows)
                rows.clear()
    for table, rows in waiting.items():
        _append(connection, table, rows)


def _append(connection: DuckDBPyConnection, table: type[Row], rows: Sequence[Row]) -> None:
    # many rows in one parameter: taken one by one they cost DuckDB fifty times as long
    form = json.dumps([{column.name: column.sql_type for column in list_columns(table)}])
    values = "SELECT each.* FROM (SELECT unnest(from_json_strict($lines, $form)) AS each)"
    for first in range(0, len(rows), _BATCH):  # a long article may have more
        lines = json.dumps([row.to_dict() for row in rows[first : first + _BATCH]], ensure_ascii=False, default=str)
        connection.execute(f"INSERT INTO {table.table} {values}", {"lines": lines, "form": form})


def _export(connection: DuckDBPyConnection, folder: Path, kind: TableFormat) -> None:
    folder.mkdir()
    for row in ROWS:
        # a group of rows is held in memory until it is full, and whole records make long rows
        source, options = row.table, "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480"
        if kind == "csv":
            columns = list_columns(row)
            heads = [_MARK + columns[0].name, *(column.name for column in columns[1:])]
            cells = [f"{_write_cell(c)} AS {_quote_name(head)}" for c, head in zip(columns, heads, strict=True)]
            source, options = f"(SELECT {', '.join(cells)} FROM {row.table})", "FORMAT csv, HEADER"
        file = folder / f"{row.table}.{kind}"
        connection.execute(f"COPY {source} TO {_quote(str(file))} ({options})")


def _write_cell(column: Column) -> str:
    """The expression that gives a column's cells for CSV."""
    name = _quote_name(column.name)
    if column.sql_type == "VARCHAR":
        return f"if(regexp_matches({name}, {_quote(_FORMULA)}), {_quote(_GUARD)} || {name}, {name})"
    return f"to_json({name})" if column.sql_type in ("VARCHAR[]", "JSON") else name


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quote_name(name: str) -> str:
    return '"' + name + '"'


def _replace_folder(path: Path, new: Path, *, aside: Path) -> None:
    """Put the folder `new` in the place of `path`; what stood there goes `aside`, or stays if that fails."""
    for file in new.iterdir():
        with file.open("r+b") as written:
            os.fsync(written.fileno())
    if not path.exists():
        new.rename(path)
        return
    path.rename(aside)
    try:
        new.rename(path)
    except OSError:
        aside.rename(path)
        raise
