"""`thaigov-events extract`: read articles and write what they say."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from thaigov_events.annotations.files import replace_safely
from thaigov_events.inference.command_options import add_engine_options, is_quiet
from thaigov_events.inference.extractor import Extraction, Extractor
from thaigov_events.inference.html import write_page
from thaigov_events.inference.inputs import Article, Failure, read_articles
from thaigov_events.inference.listing import format_events
from thaigov_events.inference.tables import TABLE_FORMATS, write_tables

ENDINGS = {".txt": "events", ".jsonl": "jsonl", ".html": "html", ".duckdb": "duckdb"}
FORMATS = tuple(dict.fromkeys((*ENDINGS.values(), *TABLE_FORMATS)))


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser("extract", help="read articles and write what they say")
    parser.add_argument(
        "inputs", nargs="+", metavar="INPUT", help=".txt or .jsonl file, folder, or - for standard input"
    )
    parser.add_argument(
        "-o", "--output", type=Path, help="file to write, for csv and parquet a folder (default: standard output)"
    )
    parser.add_argument("--format", choices=FORMATS, help="default: by the ending of --output, else events")
    parser.set_defaults(run=run_extract)
    add_engine_options(parser)


def run_extract(options: argparse.Namespace) -> int:
    """Read what the options name; return the exit status."""
    kind = options.format or _guess_format(options.output)
    if options.output is None and kind in TABLE_FORMATS:
        raise ValueError("tables do not go to standard output; name what to write by -o")
    if options.output and options.output.is_dir() and kind not in ("csv", "parquet"):
        raise IsADirectoryError(f"{options.output}: is a folder; name a file to write")
    extractor = Extractor.load(options.model, threads=options.threads)
    failures: list[Failure] = []
    done = 0

    def report(failure: Failure) -> None:
        failures.append(failure)
        tqdm.write(f"thaigov-events: {failure}", file=sys.stderr)

    def extractions() -> Iterator[Extraction]:
        nonlocal done
        articles = _articles(options.inputs, options.output, report)
        for extraction in tqdm(extractor.extract(articles), unit=" articles", disable=is_quiet()):
            done += 1
            yield extraction
        if not done:
            raise ValueError("no article could be read, so nothing is written")

    if kind in TABLE_FORMATS:
        write_tables(options.output, extractions(), kind=kind)
    else:
        with _open_output(options.output) as file:
            if kind == "html":
                write_page(file, ((e.document, e.events) for e in extractions()), extractor.predictor.settings.schema)
            else:
                write: Callable[[Extraction], str] = _json_line if kind == "jsonl" else format_events
                for extraction in extractions():
                    file.write(write(extraction) + "\n")
    place = f" to {options.output}" if options.output else ""
    print(f"{done} articles read{place}, {len(failures)} inputs failed", file=sys.stderr)
    return 1 if failures else 0


def _articles(inputs: Iterable[str], output: Path | None, report: Callable[[Failure], None]) -> Iterator[Article]:
    for item in read_articles(inputs, leave_out=output):
        if isinstance(item, Failure):
            report(item)
        else:
            yield item


def _guess_format(output: Path | None) -> str:
    if output is None:
        return "events"
    if output.suffix not in ENDINGS:
        raise ValueError(f"{output}: say --format {'|'.join(FORMATS)}, or end the name in {', '.join(ENDINGS)}")
    return ENDINGS[output.suffix]


def _json_line(extraction: Extraction) -> str:
    return json.dumps(extraction.to_dict(), ensure_ascii=False)


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO]:
    """Open standard output, a pipe, or a temporary file that takes its name only when all is written."""
    if path is None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the system's code page is
        yield sys.stdout
        sys.stdout.flush()
    elif path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as file:
            yield file
    else:
        with replace_safely(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            yield file
