"""Read chunks of articles by one engine, or by several in processes of their own that may die."""

from __future__ import annotations

import json
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TypeAlias

from thaigov_events.inference.articles import Article, Failure
from thaigov_events.inference.batcher import extract_apart
from thaigov_events.inference.chunks import Chunk
from thaigov_events.inference.extractor import Extraction, Extractor

# An engine that is ready, and what makes one; the latter goes to another process, so it must be picklable.
OpenExtractor: TypeAlias = Callable[[], Extractor]


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of an article: its record as a line of JSON without end, its windows, its characters unread."""

    line: str
    windows: int
    unread: int

    @classmethod
    def tell(cls, extraction: Extraction) -> Reading:
        """Write down an extraction."""
        line = json.dumps(extraction.to_dict(), ensure_ascii=False)
        coverage = extraction.coverage
        return cls(line, coverage.windows if coverage else 0, coverage.unread if coverage else 0)

    def extraction(self) -> Extraction:
        """Return the extraction that was written down."""
        return Extraction.from_dict(json.loads(self.line))


Result: TypeAlias = Reading | Failure
Read: TypeAlias = Callable[[Sequence[Article]], list[Result]]


def read_together(extractor: Extractor, articles: Sequence[Article]) -> list[Result]:
    """Return what became of each article, a failure where the engine failed on it."""
    results = extract_apart(extractor, articles)
    return [Reading.tell(result) if isinstance(result, Extraction) else result for result in results]


def share_cores(jobs: int, *, threads: int | None) -> int:
    """Return how many of `threads` cores, by default of all, each of `jobs` engines may use; at least one."""
    if jobs < 1:
        raise ValueError(f"--jobs {jobs}: at least one engine must read")
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, (threads or mine) // jobs)


@contextmanager
def open_engines(open_extractor: OpenExtractor, *, jobs: int) -> Iterator[Read]:
    """Give a function that reads articles together, and that `jobs` threads may call at a time.

    One engine runs in this process. Several run in processes of their own; if one dies, its articles are each
    read once more, alone, and one that it dies of again is a failure.

    Raises:
        OSError, ValueError, ModuleNotFoundError: when an engine cannot be opened.
    """
    if jobs == 1:
        yield partial(read_together, open_extractor())
        return
    with ExitStack() as stack:
        workers = [Worker(open_extractor) for _ in range(jobs)]
        free: SimpleQueue[Worker] = SimpleQueue()
        for worker in workers:
            stack.callback(worker.stop)
        for worker in workers:
            worker.wait()
            free.put(worker)

        def read(articles: Sequence[Article]) -> list[Result]:
            worker = free.get()
            try:
                return worker.read(articles)
            finally:
                free.put(worker)

        yield read


def read_in_order(chunks: Iterable[Chunk], read: Read, *, jobs: int) -> Generator[tuple[Chunk, list[Result]]]:
    """Yield chunks with what became of their items, in order, `jobs` of them read at a time.

    While engines work, the caller writes and the next chunks are taken, at most as many again as are worked on.
    """
    threads = ThreadPoolExecutor(jobs, thread_name_prefix="engine")
    waiting: deque[tuple[Chunk, Future[list[Result]]]] = deque()
    try:
        for chunk in chunks:
            waiting.append((chunk, threads.submit(_read_chunk, chunk, read)))
            if len(waiting) == 2 * jobs:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()
    finally:
        threads.shutdown(cancel_futures=True)


def _read_chunk(chunk: Chunk, read: Read) -> list[Result]:
    articles = chunk.articles
    results = iter(read(articles) if articles else [])
    return [item if isinstance(item, Failure) else next(results) for item in chunk.items]


class Worker:
    """An engine in a process of its own, which is started anew if it dies."""

    def __init__(self, open_extractor: OpenExtractor) -> None:
        """Start the process; `wait` until its engine is open before it reads."""
        self._open = open_extractor
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")  # a fork would copy locks that threads of this process hold
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._open), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the connection

    def wait(self) -> None:
        """Wait until the engine is open; raise what it raised if it could not be."""
        try:
            error = self._connection.recv()
        except (EOFError, OSError) as died:
            raise OSError(f"an engine died while it was opened ({self._tell_end()}); is there memory for it?") from died
        if error is not None:
            raise error

    def read(self, articles: Sequence[Article]) -> list[Result]:
        """Return what became of each article; what the process dies of is read once more, alone."""
        try:
            return self._ask(articles)
        except (EOFError, OSError):
            self._restart()
        return [self._retry(article) for article in articles]

    def stop(self) -> None:
        """End the process, also in the middle of an article."""
        self._connection.close()
        self._process.join(timeout=1)  # one that waits for articles sees that none will come
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _ask(self, articles: Sequence[Article]) -> list[Result]:
        self._connection.send(articles)
        results: list[Result] = self._connection.recv()
        return results

    def _retry(self, article: Article) -> Result:
        try:
            (result,) = self._ask([article])
        except (EOFError, OSError):
            end = self._tell_end()
            self._restart()
            return Failure(
                article.where or article.id,
                f"the engine's process died of this article, twice ({end}); is it very long?",
            )
        return result

    def _restart(self) -> None:
        self.stop()
        self._start()
        self.wait()

    def _tell_end(self) -> str:
        self._process.join(timeout=10)
        code = self._process.exitcode
        return f"exit status {code}" if code is None or code >= 0 else f"signal {-code}"


def _work(connection: Connection, open_extractor: OpenExtractor) -> None:
    """Answer lists of articles, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent ends this process
    try:
        extractor = open_extractor()
    except Exception as error:
        connection.send(error)
        return
    try:
        connection.send(None)
        while True:
            connection.send(read_together(extractor, connection.recv()))
    except (EOFError, OSError):  # the parent has what it wanted, or is dead
        return
