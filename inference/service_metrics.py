"""Count what the service does, for Prometheus. Needs the extra `serve`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thaigov_events.inference.articles import Failure
from thaigov_events.inference.batcher import Result

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_COUNTS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The numbers of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "thaigov_events_requests", "Requests answered.", ("path", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "thaigov_events_request_seconds", "Time to answer a request.", ("path",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._articles = Counter(
            "thaigov_events_articles", "Articles answered, done or failed.", ("outcome",), registry=self.registry
        )
        self._characters = Counter(
            "thaigov_events_characters", "Code points of the articles that are done.", registry=self.registry
        )
        self._batches = Histogram(
            "thaigov_events_batch_articles", "Articles that the engine read together.",
            buckets=_COUNTS, registry=self.registry,
        )  # fmt: skip
        self._waiting = Gauge("thaigov_events_waiting_articles", "Articles that wait.", registry=self.registry)
        for outcome in ("done", "failed"):
            self._articles.labels(outcome)  # shown as 0 before the first

    def watch(self, waiting: Callable[[], int]) -> None:
        """Let `waiting` tell how many articles wait."""
        self._waiting.set_function(waiting)

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_batch(self, articles: int) -> None:
        """Count a run of the engine."""
        self._batches.observe(articles)

    def count_results(self, results: Sequence[Result]) -> None:
        """Count the articles of an answer."""
        for result in results:
            if isinstance(result, Failure):
                self._articles.labels("failed").inc()
            else:
                self._articles.labels("done").inc()
                self._characters.inc(len(result.document.text))

    def render(self) -> bytes:
        """Return the numbers in Prometheus's text form."""
        return generate_latest(self.registry)


class CountRequests:
    """ASGI middleware that counts answers by route; all paths that lead nowhere are one."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            self._metrics.count_request(path, status, time.perf_counter() - began)
