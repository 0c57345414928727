"""Label Studio's machine-learning backend interface, served from the engine. Needs FastAPI, the extra `serve`.

Label Studio calls GET `/health`, POST `/setup`, `/predict` and `/webhook`. All of them want HTTP basic authentication:
it is the one kind that Label Studio has for backends, and a webhook can be given the same header. Whatever is wrong
with a request is told as `{"detail": [{"field", "message"}]}`, without what was sent, since that may hold tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from secrets import compare_digest
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.label_studio import to_task
from thaigov_events.annotations.labelling_check import check_config
from thaigov_events.annotations.labelling_connection import authorisation
from thaigov_events.annotations.labelling_count import Submitted
from thaigov_events.annotations.labelling_result import LabelStudioError
from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.extractor import Extractor
from thaigov_events.inference.labelling_payloads import PredictRequest, SetupRequest, WebhookRequest
from thaigov_events.models.version import name_version

LARGEST = 32 * 2**20
"""Bytes of a request's body. Label Studio writes a Thai letter as six, and sends earlier predictions along."""


class Engine:
    """The model of a folder, opened anew when another was put in its place."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder, self.threads = folder, threads
        self._lock = Lock()
        self._version, self._extractor = self._open()

    def _open(self) -> tuple[str, Extractor]:
        while True:
            version = name_version(self.folder)
            extractor = Extractor.load(self.folder, threads=self.threads)
            if version == name_version(self.folder):  # not swapped in between
                return version, extractor

    def _refresh(self) -> None:
        try:
            if name_version(self.folder) != self._version:
                self._version, self._extractor = self._open()
        except FileNotFoundError:
            pass  # the moment between two renames of a swap: the model that is open still serves

    def describe(self) -> tuple[str, Schema]:
        """Return the version of the model in use and its schema."""
        with self._lock:
            self._refresh()
            return self._version, self._extractor.predictor.settings.schema

    def predict(self, texts: Iterable[tuple[str, str]]) -> tuple[str, list[Document]]:
        """Return the version of the model in use, and a document for each (id, text); one call at a time."""
        with self._lock:
            self._refresh()
            return self._version, list(self._extractor.predictor.predict(texts))


class Counter:
    """Counts submitted annotations in a file, and tells once when enough for a round of training are in."""

    def __init__(self, path: Path, *, needed: int, tell: Callable[[str], object]) -> None:
        self.path, self.needed, self.tell = path, needed, tell
        self._lock = Lock()
        self._told = False

    def describe(self) -> dict[str, Any]:
        """Return how many annotations are new, how many a round needs, and whether one is due."""
        new = len(Submitted.load(self.path))
        return {"new": new, "needed": self.needed, "due": new >= self.needed}

    def update(self, *, added: Iterable[int] = (), removed: Iterable[int] = ()) -> dict[str, Any]:
        """Count annotations by their numbers; return what `describe` does."""
        with self._lock:
            before = Submitted.load(self.path)
            after = before.add(added).remove(removed)
            if after != before:
                after.save(self.path)
            state = self.describe()
            if state["due"] and not self._told:
                self.tell(f"{state['new']} new annotations are in: run `make annotation-round`")
            self._told = state["due"]
            return state


class Guard:
    """Refuses requests without the right user and password, without a length, or larger than `largest` bytes."""

    def __init__(self, app: ASGIApp, *, user: str, password: str, largest: int = LARGEST) -> None:
        self.app, self.largest = app, largest
        self.expected = authorisation(user, password).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request; pass on any other."""
        refusal = self._refuse(Headers(scope=scope), scope["method"]) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refuse(self, headers: Headers, method: str) -> JSONResponse | None:
        if not compare_digest(headers.get("authorization", "").encode(), self.expected):
            challenge = {"WWW-Authenticate": 'Basic realm="thaigov-events"'}
            return _refusal(401, "authorization", "wrong or no user and password; set both in Label Studio", challenge)
        length = headers.get("content-length", "")
        if method != "GET" and ("transfer-encoding" in headers or not (length.isascii() and length.isdecimal())):
            return _refusal(411, "content-length", "send the body in one piece, with its length")
        if length and int(length) > self.largest:
            return _refusal(413, "content-length", f"{length} bytes, at most {self.largest}; choose fewer tasks")
        return None


def build_application(
    engine: Engine, counter: Counter, *, user: str, password: str, largest: int = LARGEST
) -> FastAPI:  # fmt: skip
    """Return the application with the four routes."""
    application = FastAPI(title="thaigov-events", openapi_url=None)
    application.add_middleware(Guard, user=user, password=password, largest=largest)

    @application.exception_handler(RequestValidationError)
    def refuse_payload(_: Request, error: RequestValidationError) -> JSONResponse:
        details = [
            {"field": ".".join(str(part) for part in item["loc"][1:]) or "body", "message": item["msg"]}
            for item in error.errors()
        ]
        return JSONResponse({"detail": details}, 422)

    @application.exception_handler(LabelStudioError)
    def refuse_config(request: Request, error: LabelStudioError) -> JSONResponse:
        counter.tell(f"{request.url.path}: {error}")  # Label Studio shows the status alone
        return _refusal(422, "schema" if request.url.path == "/setup" else "label_config", str(error))

    @application.exception_handler(ValueError)
    def refuse_for_now(request: Request, error: ValueError) -> JSONResponse:
        """Tell that a file of ours is damaged: a new model's, or the count."""
        counter.tell(f"{request.url.path}: {error}")
        return _refusal(503, "", str(error))

    @application.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "UP", "model_version": engine.describe()[0]}

    @application.post("/setup")
    def setup(payload: SetupRequest) -> dict[str, Any]:
        version, schema = engine.describe()
        check_config(payload.label_config, schema)
        return {"model_version": version}

    @application.post("/predict")
    def predict(payload: PredictRequest) -> dict[str, Any]:
        check_config(payload.label_config, engine.describe()[1])
        version, documents = engine.predict((str(task.id), task.data.text) for task in payload.tasks)
        return {"results": [to_task(document, model_version=version)["predictions"][0] for document in documents]}

    @application.post("/webhook")
    def webhook(payload: WebhookRequest) -> dict[str, Any]:
        return _count(payload, counter)

    return application


def _count(payload: WebhookRequest, counter: Counter) -> dict[str, Any]:
    if payload.action == "ANNOTATIONS_DELETED":
        if payload.annotations is None:
            raise _missing("annotations")
        return counter.update(removed=[item.id for item in payload.annotations])
    if payload.action in ("ANNOTATION_CREATED", "ANNOTATIONS_CREATED", "ANNOTATION_UPDATED"):
        if payload.annotation is None:
            raise _missing("annotation")
        given = payload.annotation if isinstance(payload.annotation, list) else [payload.annotation]
        return counter.update(
            added=[item.id for item in given if not item.was_cancelled],
            removed=[item.id for item in given if item.was_cancelled],
        )
    return counter.describe()


def _missing(field: str) -> RequestValidationError:
    message = "is missing; let the webhook send its payload"
    return RequestValidationError([{"loc": ("body", field), "msg": message, "type": "missing"}])


def _refusal(status: int, field: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": [{"field": field, "message": message}]}, status, headers)


def serve(application: FastAPI, *, host: str, port: int) -> None:
    """Serve until the process is interrupted."""
    import uvicorn

    uvicorn.run(application, host=host, port=port, access_log=False, log_level="warning", server_header=False)


def tell(message: str) -> None:
    """Say something to whoever watches the backend."""
    print(f"thaigov-events: {message}", file=sys.stderr, flush=True)
