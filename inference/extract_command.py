"""`thaigov-events extract`: read articles and write what they say."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Collection, Generator, Iterator
from contextlib import closing, nullcontext
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from thaigov_events.annotations.files import replace_safely
from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.articles import Columns, Failure
from thaigov_events.inference.chunks import Chunk, cut_chunks, skip_chunks
from thaigov_events.inference.command_options import add_engine_options, is_quiet, name_engine
from thaigov_events.inference.extractor import SCHEMA_VERSION, Extraction, Extractor, find_model
from thaigov_events.inference.inputs import read_articles, weigh_inputs
from thaigov_events.inference.outputs import (
    FORMATS,
    choose_format,
    open_stream,
    publish_records,
    write_stream,
)
from thaigov_events.inference.progress import Meter, open_bar
from thaigov_events.inference.ray_command import add_ray_options, extract_on_ray, read_place
from thaigov_events.inference.run import open_run
from thaigov_events.inference.run_state import Commit, Counts, RunFiles
from thaigov_events.inference.workers import Result, open_engines, read_in_order, share_cores
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.runtime import choose_backend

_INTERRUPTED = 130  # the exit status by which shells know a Ctrl-C


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser("extract", help="read articles and write what they say")
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help=".txt, .jsonl, .csv (each perhaps .gz, .xz or .zst) or .parquet file, folder, saved Hugging Face dataset, "
        "quoted pattern, or - for standard input",
    )
    parser.add_argument("--text-column", default="text", metavar="NAME", help="where records hold the text")
    parser.add_argument("--id-column", metavar="NAME", help="where records hold the id (default: id, if there is one)")
    parser.add_argument(
        "-o",
        "--output",
        type=read_place,
        help="file to write, for csv and parquet a folder (default: standard output)",
    )
    parser.add_argument("--format", choices=FORMATS, help="default: by the ending of --output, else events")
    parser.add_argument(
        "--errors", type=Path, metavar="FILE", help="JSON lines of what failed, and why (default: OUTPUT.errors.jsonl)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run to this output that was broken off")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="engines that share the cores, each a process (default: 1)"
    )
    parser.set_defaults(run=run_extract)
    add_engine_options(parser)
    add_ray_options(parser)


def run_extract(options: argparse.Namespace) -> int:
    """Read what the options name; return the exit status."""
    if options.engine == "ray":
        return extract_on_ray(options)
    if isinstance(options.output, str):
        raise ValueError(f"{options.output}: only --engine ray writes to a URL; name a file")
    kind = choose_format(options.output, options.format)
    folder = find_model(options.model)
    schema = ModelSettings.load(folder).schema
    output: Path | None = options.output
    is_stream = output is None or (output.exists() and not output.is_file() and not output.is_dir())
    if is_stream and options.resume:
        raise ValueError("--resume goes on with a file; name the one that was to be written by -o")
    try:
        if output is None or is_stream:
            return _extract_to_stream(options, kind=kind, schema=schema)
        return _extract_to_file(options, output, kind=kind, schema=schema, model=folder)
    except KeyboardInterrupt:
        hint = "" if is_stream else "; what is done is kept, go on with --resume"
        print(f"thaigov-events: interrupted{hint}", file=sys.stderr)
        return _INTERRUPTED


def _extract_to_file(options: argparse.Namespace, output: Path, *, kind: str, schema: Schema, model: Path) -> int:
    began = time.perf_counter()
    errors = options.errors or output.with_name(f"{output.name}.errors.jsonl")
    files = RunFiles(output, errors, keep_errors=options.errors is not None)
    settings = {
        "model": _digest_files(model),
        "version": f"{version('thaigov-events')}, records {SCHEMA_VERSION}",
        "engine": {**name_engine(options), "auto": choose_backend()},
        "errors file": os.path.relpath(errors, output.parent),
    }
    with open_run(files, settings=settings, resume=options.resume) as run:
        before = run.counts
        if not run.commit.finished:
            with closing(_read_chunks(options, leave_out=files.list(), start=run.commit)) as chunks:
                for chunk, results in chunks:
                    run.add(chunk, results)
            run.finish()
        run.publish(partial(publish_records, output=output, kind=kind, schema=schema))
    if not run.counts.done:
        raise ValueError(f"no article could be read, so nothing is written; the reasons are in {errors}")
    _summarise(run.counts, before, seconds=time.perf_counter() - began, output=output)
    if run.counts.failed:
        print(f"what failed is in {errors}", file=sys.stderr)
    return _choose_status(run.counts)


def _extract_to_stream(options: argparse.Namespace, *, kind: str, schema: Schema) -> int:
    began, counts = time.perf_counter(), Counts()

    def extractions() -> Iterator[Extraction]:
        nonlocal counts
        with closing(_read_chunks(options, leave_out=[options.errors] if options.errors else [])) as chunks:
            for _, results in chunks:
                counts = counts.add(results)
                for result in results:
                    if isinstance(result, Failure):
                        errors.write(json.dumps(result.to_dict(), ensure_ascii=False) + "\n")
                    else:
                        yield result.extraction()

    place = replace_safely(options.errors) if options.errors else nullcontext(Path(os.devnull))
    with (
        place as path,
        path.open("w", encoding="utf-8", errors="backslashreplace") as errors,
        open_stream(options.output) as file,
    ):
        write_stream(file, extractions(), kind=kind, schema=schema)
    if not counts.done:
        raise ValueError("no article could be read, so nothing is written")
    _summarise(counts, Counts(), seconds=time.perf_counter() - began, output=options.output)
    return _choose_status(counts)


def _read_chunks(
    options: argparse.Namespace, *, leave_out: Collection[Path], start: Commit | None = None
) -> Generator[tuple[Chunk, list[Result]]]:
    """Yield the chunks of the inputs after `start` with what became of their items; say what failed."""
    start = start or Commit()
    columns = Columns(options.text_column, options.id_column)
    quiet = is_quiet()
    meter = Meter(0 if quiet else weigh_inputs(options.inputs, leave_out=leave_out))
    chunks = cut_chunks(read_articles(options.inputs, columns=columns, leave_out=leave_out, meter=meter), meter)
    chunks = skip_chunks(chunks, items=start.items, digest=start.digest)
    threads = share_cores(options.jobs, threads=options.threads) if options.jobs != 1 else options.threads
    load = partial(Extractor.load, options.model, threads=threads, **name_engine(options))
    with (
        open_engines(load, jobs=options.jobs) as read,
        open_bar(items=start.items, share=meter.share, quiet=quiet) as show,
        closing(read_in_order(chunks, read, jobs=options.jobs)) as done,
    ):
        for chunk, results in done:
            for failure in (result for result in results if isinstance(result, Failure)):
                tqdm.write(f"thaigov-events: {failure}", file=sys.stderr)
            show(chunk.end, chunk.share)
            yield chunk, results


def _digest_files(folder: Path) -> str:
    """Return a hash of a folder's files and their names."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        with path.open("rb") as file:
            digest.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()} {path.name}\n".encode())
    return digest.hexdigest()


def _summarise(counts: Counts, before: Counts, *, seconds: float, output: Path | None) -> None:
    place = f" to {output}" if output else ""
    print(
        f"{counts.done} articles read{place}, {counts.failed} inputs failed, {counts.windows} windows, "
        f"{counts.truncated} truncated, {seconds:.1f} s, {(counts.done - before.done) / seconds:.1f} articles/s",
        file=sys.stderr,
    )


def _choose_status(counts: Counts) -> int:
    return 1 if counts.failed or counts.truncated else 0
