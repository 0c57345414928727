"""Read articles on many machines with Ray Data. Needs the extra `ray`."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from functools import partial
from typing import Any

import pyarrow
import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext, Datasink
from ray.data.block import Block, BlockAccessor
from ray.data.datasource import WriteResult
from ray.exceptions import RayError
from ray.util.annotations import RayDeprecationWarning

from thaigov_events.inference.articles import Article, Columns, Failure
from thaigov_events.inference.run_state import Counts
from thaigov_events.inference.url_files import (
    PartKind,
    list_files,
    mark_complete,
    name_new_folder,
    read_url,
    write_part,
)
from thaigov_events.inference.workers import OpenExtractor, Reading, Result, read_together

# How large the pieces are that go from stage to stage: what a worker that dies has to do again is one of them.
_BLOCK = 2**20
# Bytes of records to write as one part at least.
_PART = 32 * 2**20
# Articles that the engine is given at a time.
_BATCH = 64
# How often a piece is tried again whose worker dies. Without an end, an article that kills workers would hold all up.
_RETRIES = 3
# Tasks that files are dealt out to for reading.
_MOST_READERS = 4096
# Of a Ray that is started for one run; it holds only what is on its way.
_OBJECT_STORE = 200 * 2**20
# What becomes of an article: the fields of a reading or of a failure.
_ROW = pyarrow.schema(
    {
        "line": pyarrow.string(),
        "windows": pyarrow.int64(),
        "unread": pyarrow.int64(),
        "where": pyarrow.string(),
        "reason": pyarrow.string(),
    }
)
# Reading and writing wait more than they compute.
_SIDE_CPUS = 0.5


@dataclass(frozen=True, slots=True)
class Pool:
    """The workers: at most `workers` (None: as many as there is room for), each with so many cores and GPUs."""

    workers: int | None = None
    cpus: int = 1
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if (self.workers is not None and self.workers < 1) or self.cpus < 1 or self.gpus < 0:
            raise ValueError(
                f"{self.workers} workers of {self.cpus} cores and {self.gpus} GPUs: must be at least 1, 1, 0"
            )


def extract_with_ray(
    inputs: Iterable[str],
    output: str,
    *,
    load: OpenExtractor,
    kind: PartKind = "jsonl",
    columns: Columns | None = None,
    pool: Pool | None = None,
    address: str | None = None,
    progress: bool = False,
) -> Counts:
    """Read the articles of all inputs and write their records as a folder of parts, in no order.

    Args:
        inputs: files, folders and patterns as fsspec understands them, which all machines reach in the same way.
        output: URL of a new folder; see `url_files.write_part`. It is whole when it holds `_SUCCESS`.
        load: opens the engine, once a worker.
        kind: JSON lines, or the flat tables as Parquet.
        columns: where the text and the id stand in the inputs.
        pool: how many workers, and how large.
        address: of a Ray cluster; by default one is started on this machine for the run. If this process is
            connected to one already, that is used.
        progress: whether to show how far it is.

    Raises:
        FileExistsError: when there is something at `output`.
        FileNotFoundError, ValueError: when an input leads to no article.
        OSError: when Ray gives up, as it does if workers die on the same articles time and again.
    """
    pool = pool or Pool()
    files = list_files(inputs)
    parts = _Parts(name_new_folder(output), kind)
    with _connect(address, pool), DataContext.current(_make_context(progress)), warnings.catch_warnings():
        # `max_task_retries` has no other way in, and this version of Ray is the one that is required
        warnings.simplefilter("ignore", RayDeprecationWarning)
        articles = ray.data.from_items(files, override_num_blocks=min(len(files), _MOST_READERS)).flat_map(
            partial(_read_rows, columns=columns or Columns()), num_cpus=_SIDE_CPUS
        )
        records = articles.map_batches(
            _Worker,
            fn_constructor_args=(load,),
            batch_size=_BATCH,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(min_size=1, max_size=pool.workers),
            num_cpus=pool.cpus,
            num_gpus=pool.gpus or None,
            max_task_retries=_RETRIES,
        )
        try:
            records.write_datasink(parts, ray_remote_args={"num_cpus": _SIDE_CPUS})
        except RayError as error:
            raise OSError(f"{parts.folder}: not whole, for Ray gave up: {error}") from error
    if not parts.counts.done:
        raise ValueError(f"no article could be read; the reasons are in {output}/_errors")
    mark_complete(parts.folder, parts.counts)
    return parts.counts


class _Worker:
    """One engine; reads rows of `_read_rows` and makes those that `_Parts` writes."""

    def __init__(self, load: OpenExtractor) -> None:
        self._extractor = load()

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        rows = batch.to_pylist()
        articles = [Article(row["id"], row["text"], row["where"]) for row in rows if not row["reason"]]
        results = iter(read_together(self._extractor, articles))
        items = [Failure(row["where"], row["reason"]) if row["reason"] else next(results) for row in rows]
        return pyarrow.Table.from_pylist([_to_row(item) for item in items], schema=_ROW)


class _Parts(Datasink[Counts]):  # type: ignore[misc]
    """The folder of parts; `counts` is known when all are written."""

    def __init__(self, folder: str, kind: PartKind) -> None:
        self.counts = Counts()
        self.folder, self._kind = folder, kind

    def write(self, blocks: Iterable[Block], ctx: Any) -> Counts:
        """Write a part."""
        rows = (row for block in blocks for row in BlockAccessor.for_block(block).to_arrow().to_pylist())
        return write_part(self.folder, ctx.task_idx, map(_from_row, rows), kind=self._kind)

    def on_write_complete(self, write_result: WriteResult[Counts]) -> None:
        """Add up the counts of the parts."""
        parts = [Counts(), *write_result.write_returns]
        self.counts = Counts(*(sum(column) for column in zip(*map(astuple, parts), strict=True)))

    @property
    def min_bytes_per_write(self) -> int:
        """How much a part holds at least, the last aside."""
        return _PART


def _read_rows(row: dict[str, Any], *, columns: Columns) -> Iterator[dict[str, str]]:
    for item in read_url(row["item"], columns):
        if isinstance(item, Failure):
            yield {"id": "", "text": "", **item.to_dict()}
        else:
            yield {"id": item.id, "text": item.text, "where": item.where, "reason": ""}


def _to_row(result: Result) -> dict[str, Any]:
    return result.to_dict() if isinstance(result, Failure) else asdict(result)


def _from_row(row: dict[str, Any]) -> Result:
    if row["line"] is None:
        return Failure(row["where"], row["reason"])
    return Reading(row["line"], row["windows"], row["unread"])


def _make_context(progress: bool) -> DataContext:
    context = DataContext.get_current().copy()
    context.target_max_block_size = _BLOCK
    context.enable_progress_bars = context.print_on_execution_start = progress
    return context


@contextmanager
def _connect(address: str | None, pool: Pool) -> Iterator[None]:
    """Use the Ray that this process is connected to, or connect to one or start one for as long as it is needed."""
    if ray.is_initialized():
        yield
        return
    if address:
        ray.init(address=address)
    else:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # which would be sent elsewhere
        cores = pool.workers * pool.cpus if pool.workers else os.cpu_count() or 1
        ray.init(
            num_cpus=cores + 1,
            object_store_memory=_OBJECT_STORE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.WARNING,
        )  # a core more than the workers have, for reading and writing
    try:
        yield
    finally:
        ray.shutdown()
