"""The part of `thaigov-events extract` that runs on Ray."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from thaigov_events.inference.articles import Columns
from thaigov_events.inference.command_options import is_quiet, name_engine
from thaigov_events.inference.extractor import Extractor, find_model
from thaigov_events.inference.workers import share_cores
from thaigov_events.models.bundle import ModelSettings


def add_ray_options(parser: argparse.ArgumentParser) -> None:
    """Add what chooses Ray and what it takes."""
    group = parser.add_argument_group("on many machines, or on one, with Ray (pip install 'thaigov-events[ray]')")
    group.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray reads and writes fsspec URLs; OUTPUT is a folder",
    )
    group.add_argument("--address", help="of a Ray cluster, such as auto (default: start Ray on this machine)")
    group.add_argument("--gpus", type=float, default=0.0, metavar="N", help="GPUs of each engine, such as 0.25")


def read_place(value: str) -> Path | str:
    """Return where to write: a path, or a URL as it is given."""
    return value if "://" in value else Path(value)


def extract_on_ray(options: argparse.Namespace) -> int:
    """Read what the options name on Ray; return the exit status."""
    if options.output is None or options.format not in (None, "jsonl", "parquet"):
        raise ValueError("--engine ray writes a folder of jsonl or parquet parts: name it by -o, the form by --format")
    if options.resume or options.errors:
        raise ValueError("--engine ray has no --resume, and writes what failed into _errors of its folder")
    ModelSettings.load(find_model(options.model))  # so that a wrong one is told before Ray is started
    try:
        from thaigov_events.inference.ray_engine import Pool, extract_with_ray
    except ImportError as error:
        raise ModuleNotFoundError(f"the Ray engine lacks {error.name}: pip install 'thaigov-events[ray]'") from error
    began = time.perf_counter()
    model = options.model and options.model.resolve()  # workers stand in a folder of their own
    # the cores of this machine are shared out; of a cluster's an engine has one if nothing else is said
    threads = (options.threads or 1) if options.address else share_cores(options.jobs, threads=options.threads)
    counts = extract_with_ray(
        options.inputs,
        str(options.output),
        load=partial(Extractor.load, model, threads=threads, **name_engine(options)),
        kind=options.format or "jsonl",
        columns=Columns(options.text_column, options.id_column),
        pool=Pool(options.jobs, threads, options.gpus),
        address=options.address,
        progress=not is_quiet(),
    )
    seconds = time.perf_counter() - began
    print(
        f"{counts.done} articles read to {options.output}, {counts.failed} inputs failed, {counts.windows} windows, "
        f"{counts.truncated} truncated, {seconds:.1f} s, {counts.done / seconds:.1f} articles/s",
        file=sys.stderr,
    )
    if counts.failed:
        print(f"what failed is in {options.output}/_errors", file=sys.stderr)
    return 1 if counts.failed or counts.truncated else 0
