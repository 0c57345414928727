"""Describe the service in OpenAPI: requests and records with examples. Needs the extra `serve`."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

from thaigov_events.inference.service_requests import ArticleRequest

_TEXT = "วันที่ 10 กันยายน 2562 นายสมชาย ใจงาม ผู้ว่าราชการจังหวัดตราด เป็นประธานการประชุมคณะกรมการจังหวัด ครั้งที่ 9/2562"
_SCHEMAS = "#/components/schemas/"
_FAILED = {
    "type": "object",
    "description": "An article that the engine failed on.",
    "properties": {"id": {"type": "string"}, "error": {"type": "string"}},
    "required": ["id", "error"],
    "additionalProperties": False,
}
_PROBLEMS = {
    401: "The bearer token is missing or wrong.",
    408: "The request did not arrive in time.",
    413: "The request is too large, or has too many articles.",
    415: "The request is said not to be JSON.",
    422: "The request is not JSON, or an article in it is not as it must be; `loc` has its index and field.",
    500: "The engine failed on the one article of the request.",
    503: "Too many articles wait, or the answer took too long; `Retry-After` says in how many seconds to ask again.",
}


def describe_request() -> dict[str, Any]:
    """Return the `requestBody` of `/extract`."""
    one = {"$ref": f"{_SCHEMAS}ArticleRequest"}
    examples = {
        "one": {"summary": "One article", "value": {"id": "1", "text": _TEXT}},
        "several": {"summary": "Several articles", "value": [{"id": "1", "text": _TEXT}, {"id": "2", "text": _TEXT}]},
    }
    schema = {"oneOf": [one, {"type": "array", "items": one}]}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}
    }


def describe_answers() -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of `/extract`."""
    record, failed = {"$ref": f"{_SCHEMAS}Record"}, {"$ref": f"{_SCHEMAS}FailedArticle"}
    answer = {"oneOf": [record, {"type": "array", "items": {"oneOf": [record, failed]}}]}
    told = "A record for one article; for a list, a list with a record or an error in the place of each."
    problems: dict[int | str, dict[str, Any]] = {status: {"description": text} for status, text in _PROBLEMS.items()}
    return {200: {"description": told, "content": {"application/json": {"schema": answer}}}, **problems}


def complete(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what stands in for `app.openapi`: the same with the schemas that `/extract` names."""
    describe = app.openapi

    def describe_all() -> dict[str, Any]:
        description = describe()
        schemas = description.setdefault("components", {}).setdefault("schemas", {})
        if "Record" not in schemas:
            schemas |= {
                "ArticleRequest": ArticleRequest.model_json_schema(),
                "FailedArticle": _FAILED,
                **_read_records(),
            }
        return description

    return describe_all


def _read_records() -> dict[str, Any]:
    """The schema of a record and of its parts, as components that refer to each other."""
    text = files("thaigov_events.inference").joinpath("records.schema.json").read_text("utf-8")
    record = json.loads(text.replace('"#/$defs/', f'"{_SCHEMAS}'))
    parts: dict[str, Any] = record.pop("$defs")
    return {"Record": {name: value for name, value in record.items() if name not in ("$schema", "$id")}, **parts}
