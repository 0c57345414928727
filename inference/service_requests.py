"""Read what a request to the service asks, within limits. Needs the extra `serve`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from thaigov_events.inference.articles import Article, find_bad_character


@dataclass(frozen=True, slots=True)
class Limits:
    """What the service takes on.

    Attributes:
        body: bytes of a request.
        articles: articles of a request.
        waiting: articles that wait for the engine, of all requests.
        batch: articles that the engine reads together.
        sending: seconds that a request may take to arrive.
        seconds: seconds after which a request that has arrived is given up.
    """

    body: int = 1_000_000
    articles: int = 100
    waiting: int = 256
    batch: int = 8
    sending: float = 10.0
    seconds: float = 60.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"limit {name} = {getattr(self, name)}: must be above 0")
        if not max(self.articles, self.batch) <= self.waiting:
            raise ValueError(
                f"limit waiting = {self.waiting}: must be at least articles = {self.articles} and batch = {self.batch}"
            )


def _check_characters(value: str) -> str:
    if fault := find_bad_character(value):
        raise ValueError(fault)
    if not value.strip():
        raise ValueError("is empty")
    return value


Words = Annotated[str, AfterValidator(_check_characters)]


class ArticleRequest(BaseModel):
    """A press release or other article; fields that are not known are passed over."""

    model_config = ConfigDict(strict=True)

    id: Words = Field(description="The id that the record will have.")
    text: Words = Field(description="The article, as plain text. Offsets in the record count its code points.")


_BATCH = TypeAdapter(list[ArticleRequest])


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks: the records of one article, or of several as a list."""

    articles: tuple[Article, ...]
    single: bool


async def read_question(request: Request, limits: Limits) -> Question:
    """Read a request's body: one article, or a list of them.

    Raises:
        HTTPException: 408 when it is too slow, 413 when it is too large, 415 when it is said to be no JSON.
        RequestValidationError: when an article is not as it must be, with its index and field.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"content type {kind!r}: send JSON, with 'Content-Type: application/json'")
    try:
        body = await asyncio.wait_for(_read_body(request, limits.body), limits.sending)
    except TimeoutError:
        raise HTTPException(
            408, f"the request did not arrive within {limits.sending:g} s", headers={"Connection": "close"}
        ) from None
    return _parse(body, limits)


async def _read_body(request: Request, limit: int) -> bytes:
    refusal = HTTPException(
        413, f"a request may have {limit} bytes; send the articles in several", headers={"Connection": "close"}
    )
    if int(request.headers.get("content-length", "0")) > limit:
        raise refusal
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise refusal
    return bytes(body)


def _parse(body: bytes, limits: Limits) -> Question:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refuse((), "json_invalid", f"not JSON: {error}") from None
    single = isinstance(value, dict)
    try:
        asked = [ArticleRequest.model_validate(value)] if single else _BATCH.validate_python(value)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in errors]) from None
    if len(asked) > limits.articles:
        raise HTTPException(413, f"{len(asked)} articles: a request may have {limits.articles}; send them in several")
    places: dict[str, int] = {}
    for place, each in enumerate(asked):
        if places.setdefault(each.id, place) != place:
            raise _refuse((place, "id"), "value_error", f"is also that of item {places[each.id]}; ids must differ")
    return Question(tuple(Article(each.id, each.text) for each in asked), single)


def _refuse(place: tuple[int | str, ...], kind: str, reason: str) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": ("body", *place), "msg": reason}])
