"""The command `thaigov-events`."""

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

from thaigov_events.annotations.columns import load_corpus
from thaigov_events.annotations.files import read_lines, replace_safely, write_safely
from thaigov_events.inference.evaluation import evaluate
from thaigov_events.inference.evaluation_page import write_report
from thaigov_events.inference.extractor import Extraction, Extractor
from thaigov_events.inference.html import write_page
from thaigov_events.inference.inputs import Article, Failure, read_articles
from thaigov_events.inference.listing import format_events
from thaigov_events.inference.tables import TABLE_FORMATS, write_tables

ENDINGS = {".txt": "events", ".jsonl": "jsonl", ".html": "html", ".duckdb": "duckdb"}
FORMATS = tuple(dict.fromkeys((*ENDINGS.values(), *TABLE_FORMATS)))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 where an input failed, 2 on a wrong call."""
    options = _parse(arguments)
    try:
        status: int = options.run(options)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
        return 1
    except (OSError, ValueError, ModuleNotFoundError) as error:
        print(f"thaigov-events: {error}", file=sys.stderr)
        return 1
    return status


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="thaigov-events", description="Structured events from Thai government news.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    extract = commands.add_parser("extract", help="read articles and write what they say")
    extract.add_argument(
        "inputs", nargs="+", metavar="INPUT", help=".txt or .jsonl file, folder, or - for standard input"
    )
    extract.add_argument(
        "-o", "--output", type=Path, help="file to write, for csv and parquet a folder (default: standard output)"
    )
    extract.add_argument("--format", choices=FORMATS, help="default: by the ending of --output, else events")
    extract.set_defaults(run=_extract)
    measure = commands.add_parser("evaluate", help="measure the model on an annotated corpus")
    measure.add_argument("gold", type=Path, metavar="GOLD", help=".jsonl, CoNLL columns, or a saved dataset's folder")
    measure.add_argument("--separator", default="", help="what stands between the words of columns (default: nothing)")
    measure.add_argument(
        "-o", "--output", type=Path, help="folder for metrics.md and metrics.json (default: out/evaluation)"
    )
    measure.add_argument("--report", type=Path, metavar="DIR", help="folder for report.html and its data")
    measure.add_argument(
        "--learning-curve", type=Path, metavar="FILE.jsonl", help="points for the report, from `make learning-curve`"
    )
    measure.set_defaults(run=_evaluate)
    for command in (extract, measure):
        command.add_argument("--model", type=Path, help="model folder (default: the released weights)")
        command.add_argument("--threads", type=int, help="cores to use (default: all)")
    return parser.parse_args(arguments)


def _extract(options: argparse.Namespace) -> int:
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
        for extraction in tqdm(extractor.extract(articles), unit=" articles", disable=_is_quiet()):
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


def _evaluate(options: argparse.Namespace) -> int:
    predictor = Extractor.load(options.model, threads=options.threads).predictor
    schema = predictor.settings.schema
    gold = load_corpus(options.gold, schema, separator=options.separator)
    curve = read_lines(options.learning_curve) if options.learning_curve else ()
    result = evaluate(predictor, gold, progress=lambda stream: tqdm(stream, unit=" articles", disable=_is_quiet()))
    output = options.output or Path("out/evaluation")
    values = json.dumps(result.describe(), ensure_ascii=False, indent=1) + "\n"
    write_safely(output / "metrics.md", lambda path: path.write_text(result.format(), encoding="utf-8"))
    write_safely(output / "metrics.json", lambda path: path.write_text(values, encoding="utf-8"))
    if options.report:
        write_report(options.report, result, schema, curve=curve)
    print(result.format())
    return 0


def _is_quiet() -> bool:
    return not sys.stderr.isatty()


if __name__ == "__main__":
    sys.exit(main())
