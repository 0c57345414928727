"""The forms that extractions are written in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from thaigov_events.annotations.files import replace_safely
from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.html import write_page
from thaigov_events.inference.listing import format_events
from thaigov_events.inference.tables import TABLE_FORMATS, check_place, write_tables

ENDINGS = {".txt": "events", ".jsonl": "jsonl", ".html": "html", ".duckdb": "duckdb"}
FORMATS = tuple(dict.fromkeys((*ENDINGS.values(), *TABLE_FORMATS)))


def choose_format(output: Path | None, wanted: str | None) -> str:
    """Return the format that is wanted, else the one that the output's ending tells, if it can be written there.

    Raises:
        ValueError: when the ending tells none, or tables were to go to standard output.
        OSError: when something else stands there.
        ModuleNotFoundError: when the format needs what is not installed.
    """
    kind = wanted or ("events" if output is None else ENDINGS.get(output.suffix))
    if kind is None:
        raise ValueError(f"{output}: say --format {'|'.join(FORMATS)}, or end the name in {', '.join(ENDINGS)}")
    if kind in TABLE_FORMATS:
        if output is None:
            raise ValueError("tables do not go to standard output; name what to write by -o")
        check_place(output.resolve(), kind)
    elif output and output.is_dir():
        raise IsADirectoryError(f"{output}: is a folder; name a file to write")
    return kind


def publish_records(records: Path, output: Path, *, kind: str, schema: Schema) -> None:
    """Make the output of a file of records, whole or not at all; as JSON lines, `records` itself becomes it."""
    if kind == "jsonl":
        records.replace(output)
    elif kind in TABLE_FORMATS:
        write_tables(output, read_records(records), kind=kind)
    else:
        with replace_safely(output) as temporary, temporary.open("w", encoding="utf-8") as file:
            write_stream(file, read_records(records), kind=kind, schema=schema)


def read_records(path: Path) -> Iterator[Extraction]:
    """Yield the extractions of a file of JSON lines, one after another."""
    with path.open("rb") as file:
        for line in file:
            yield Extraction.from_dict(json.loads(line))


def write_stream(file: TextIO, extractions: Iterable[Extraction], *, kind: str, schema: Schema) -> None:
    """Write extractions as `events`, `jsonl` or `html` to an open file, one after another."""
    if kind == "html":
        write_page(file, extractions, schema)
        return
    for extraction in extractions:
        if kind == "jsonl":
            file.write(json.dumps(extraction.to_dict(), ensure_ascii=False) + "\n")
        else:
            file.write(format_events(extraction) + "\n")


@contextmanager
def open_stream(path: Path | None) -> Iterator[TextIO]:
    """Open standard output, or what is no file, such as a pipe."""
    if path is not None:
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # whatever the system's code page is
    yield sys.stdout
    sys.stdout.flush()
