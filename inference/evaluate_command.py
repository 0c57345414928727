"""`thaigov-events evaluate`: measure the model on an annotated corpus."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from thaigov_events.annotations.columns import load_corpus
from thaigov_events.annotations.files import read_lines, write_safely
from thaigov_events.inference.command_options import add_engine_options, is_quiet, name_engine
from thaigov_events.inference.evaluation import evaluate
from thaigov_events.inference.evaluation_page import write_report
from thaigov_events.inference.extractor import Extractor


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser("evaluate", help="measure the model on an annotated corpus")
    parser.add_argument("gold", type=Path, metavar="GOLD", help=".jsonl, CoNLL columns, or a saved dataset's folder")
    parser.add_argument("--separator", default="", help="what stands between the words of columns (default: nothing)")
    parser.add_argument(
        "-o", "--output", type=Path, help="folder for metrics.md and metrics.json (default: out/evaluation)"
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="folder for report.html and its data")
    parser.add_argument(
        "--learning-curve", type=Path, metavar="FILE.jsonl", help="points for the report, from `make learning-curve`"
    )
    parser.set_defaults(run=run_evaluate)
    add_engine_options(parser)


def run_evaluate(options: argparse.Namespace) -> int:
    """Measure as the options say; return the exit status."""
    predictor = Extractor.load(options.model, threads=options.threads, **name_engine(options)).predictor
    schema = predictor.settings.schema
    gold = load_corpus(options.gold, schema, separator=options.separator)
    curve = read_lines(options.learning_curve) if options.learning_curve else ()
    result = evaluate(predictor, gold, progress=lambda stream: tqdm(stream, unit=" articles", disable=is_quiet()))
    output = options.output or Path("out/evaluation")
    values = json.dumps(result.describe(), ensure_ascii=False, indent=1) + "\n"
    write_safely(output / "metrics.md", lambda path: path.write_text(result.format(), encoding="utf-8"))
    write_safely(output / "metrics.json", lambda path: path.write_text(values, encoding="utf-8"))
    if options.report:
        write_report(options.report, result, schema, curve=curve)
    print(result.format())
    return 0
