"""Read articles of many askers together: a bounded queue, and one thread that runs the engine on what waits."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

from thaigov_events.inference.articles import Article, Failure
from thaigov_events.inference.extractor import Extraction, Extractor

Result: TypeAlias = Extraction | Failure

# How much the newest batch counts in the mean time of an article.
_NEWEST = 0.3


class OverloadError(Exception):
    """There is no room for more articles now; `seconds` is when there should be."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"as many articles wait as may; ask again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    article: Article
    result: Future[Result] = field(default_factory=Future)


class Batcher:
    """The queue and its thread, which runs inside `with`; leaving it answers all that waits.

    While the engine is busy, articles gather, and it takes them together when it is free. Nothing is waited for
    to fill a batch, so an article that comes alone is read at once.
    """

    def __init__(
        self, extractor: Extractor, *, capacity: int, batch: int, observe: Callable[[int], None] = lambda count: None
    ) -> None:
        """At most `capacity` articles wait; at most `batch` are read together, and `observe` is told how many."""
        if not 1 <= batch <= capacity:
            raise ValueError(f"batch = {batch}, capacity = {capacity}: must be 1 <= batch <= capacity")
        self._extractor, self._capacity, self._batch, self._observe = extractor, capacity, batch, observe
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._pace = 0.1  # seconds an article
        self._thread = threading.Thread(target=self._run, name="engine")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    @property
    def waiting(self) -> int:
        """How many articles wait."""
        return len(self._jobs)

    @property
    def running(self) -> bool:
        """Whether what is submitted will be read."""
        return self._thread.is_alive() and not self._closing

    def estimate(self) -> int:
        """Return in how many seconds what waits should be read."""
        return max(1, math.ceil(self.waiting * self._pace))

    def submit(self, articles: Sequence[Article]) -> list[Future[Result]]:
        """Queue articles, all or none; a future that is cancelled before its turn is not read.

        Raises:
            OverloadError: when there is no room for all of them.
            RuntimeError: when the thread does not run.
        """
        jobs = [_Job(article) for article in articles]
        with self._changed:
            if not self.running:
                raise RuntimeError("the engine's thread does not run")
            if len(self._jobs) + len(jobs) > self._capacity:
                raise OverloadError(self.estimate())
            self._jobs.extend(jobs)
            self._changed.notify()
        return [job.result for job in jobs]

    def _run(self) -> None:
        while jobs := self._take():
            began = time.perf_counter()
            results = extract_apart(self._extractor, [job.article for job in jobs])
            self._pace += _NEWEST * ((time.perf_counter() - began) / len(jobs) - self._pace)
            self._observe(len(jobs))
            for job, result in zip(jobs, results, strict=True):
                job.result.set_result(result)

    def _take(self) -> list[_Job]:
        """Wait for jobs and return some of them; none when the end has come."""
        taken: list[_Job] = []
        with self._changed:
            while not taken and (self._jobs or not self._closing):
                self._changed.wait_for(lambda: self._jobs or self._closing)
                while self._jobs and len(taken) < self._batch:
                    job = self._jobs.popleft()
                    if job.result.set_running_or_notify_cancel():
                        taken.append(job)
        return taken


def extract_apart(extractor: Extractor, articles: Sequence[Article]) -> list[Result]:
    """Read articles together; if the engine fails, one by one, with a failure for each that it fails on."""
    try:
        return list(extractor.extract(articles))
    except Exception as error:
        if len(articles) == 1:
            (article,) = articles
            reason = f"the engine failed on this article: {type(error).__name__}: {error}"
            return [Failure(article.where or article.id, reason)]
    return [result for article in articles for result in extract_apart(extractor, [article])]
