"""The engine as an HTTP service. Needs the extra `serve`."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST

from thaigov_events.inference import service_schema
from thaigov_events.inference.articles import Article, Failure
from thaigov_events.inference.batcher import Batcher, OverloadError, Result
from thaigov_events.inference.extractor import SCHEMA_VERSION, Extractor
from thaigov_events.inference.service_metrics import CountRequests, Metrics
from thaigov_events.inference.service_requests import Limits, read_question

# What a request whose asker has gone is counted as; nobody sees it.
_CLIENT_CLOSED_REQUEST = 499


def create_app(extractor: Extractor, *, limits: Limits | None = None, token: str | None = None) -> FastAPI:
    """Return the ASGI application.

    `POST /extract` takes `{"id", "text"}` or a list of such and answers with a record of `records.schema.json` or a
    list of such; `GET /health`, `GET /metrics`, `GET /docs` and `GET /openapi.json` tell about the service. With a
    `token`, `/extract` and `/metrics` ask for it.

    Raises:
        ValueError: when the token holds anything else than visible ASCII characters.
    """
    limits = limits or Limits()
    metrics = Metrics()
    batcher = Batcher(extractor, capacity=limits.waiting, batch=limits.batch, observe=metrics.count_batch)
    metrics.watch(lambda: batcher.waiting)

    @asynccontextmanager
    async def run_engine(app: FastAPI) -> AsyncIterator[None]:
        with batcher:
            yield

    app = FastAPIOffline(
        title="thaigov-events",
        description="Structured events from Thai government news.",
        version=f"{SCHEMA_VERSION}",
        redoc_url=None,
        lifespan=run_engine,
    )
    app.add_middleware(CountRequests, metrics=metrics)
    guard = [Depends(_make_guard(token))] if token is not None else []

    @app.post(
        "/extract",
        dependencies=guard,
        response_class=Response,
        responses=service_schema.describe_answers(),
        openapi_extra=service_schema.describe_request(),
    )
    async def extract(request: Request) -> Response:
        """Read one article, or a list of them in one go, and tell what they say."""
        question = await read_question(request, limits)
        try:
            futures = batcher.submit(question.articles)
        except OverloadError as error:
            raise _refuse_busy(str(error), error.seconds) from None
        try:
            results = await _await_results(request, futures, limits.seconds)
        except TimeoutError:
            raise _refuse_busy(f"no answer within {limits.seconds:g} s", batcher.estimate()) from None
        if results is None:
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        metrics.count_results(results)
        answers = [_describe(*pair) for pair in zip(question.articles, results, strict=True)]
        if question.single and isinstance(results[0], Failure):
            raise HTTPException(500, results[0].reason)
        return _answer_json(answers[0] if question.single else answers)

    @app.get("/health")
    async def health() -> Response:
        """Tell whether articles are read, and how many wait."""
        status = "ok" if batcher.running else "stopping"
        return _answer_json({"status": status, "waiting": batcher.waiting}, 200 if batcher.running else 503)

    @app.get("/metrics", dependencies=guard)
    async def show_metrics() -> Response:
        """Return the counts in Prometheus's text form."""
        return Response(metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.openapi = service_schema.complete(app)  # type: ignore[method-assign]
    return app


async def _await_results(request: Request, futures: Sequence[Future[Result]], seconds: float) -> list[Result] | None:
    """Wait for the results; None if the asker goes away before. What then still waits is not read.

    Raises:
        TimeoutError: when `seconds` are over before.
    """
    results = asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
    gone = asyncio.ensure_future(request.receive())  # after the body, only the end of the connection can come
    try:
        done, _ = await asyncio.wait((results, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        finished = results.done()
        results.cancel()
    if not done:
        raise TimeoutError
    return results.result() if finished else None


def _make_guard(token: str) -> Any:
    if not token or not all("!" <= character <= "~" for character in token):
        raise ValueError("the token must be visible ASCII characters without spaces")

    def check(
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> None:
        given = credentials.credentials if credentials else ""
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise HTTPException(401, "the bearer token is missing or wrong", headers={"WWW-Authenticate": "Bearer"})

    return check


def _refuse_busy(reason: str, seconds: int) -> HTTPException:
    return HTTPException(503, reason, headers={"Retry-After": str(seconds)})


def _describe(article: Article, result: Result) -> dict[str, Any]:
    if isinstance(result, Failure):
        logging.getLogger("uvicorn.error").error("article %r: %s", article.id, result.reason)
        return {"id": article.id, "error": result.reason}
    return result.to_dict()


def _answer_json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status_code=status, media_type="application/json")
