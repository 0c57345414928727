"""Label Studio's export files: JSON, which holds everything, and JSON_MIN, which holds entities alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from thaigov_events.annotations.corpus import CorpusError
from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.label_studio import Annotated, read_predictions, read_task, to_task
from thaigov_events.annotations.labelling_config import LABELS, TEXT
from thaigov_events.annotations.labelling_result import LabelStudioError, write_result
from thaigov_events.annotations.schema import Schema


def read_label_studio(path: Path, schema: Schema) -> tuple[list[Document], Counter[str]]:
    """Return the documents of an export, JSON or JSON_MIN, and how much was left out, by kind.

    A task gives the document that was submitted for it. If several annotators did, each one's is a document of its own,
    `ID@annotator-N`. A task that nobody has worked on gives what the last model proposed, with its scores.

    Raises:
        CorpusError: with everything in the file that cannot be read, or when two documents have one id.
    """
    try:
        tasks = json.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise CorpusError(f"{path}: not JSON: {error}; for JSON lines name another format") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise CorpusError(f"{path}: should be a list of tasks; export the project as JSON or JSON_MIN")
    documents: list[Document] = []
    left_out: Counter[str] = Counter()
    errors: list[str] = []
    for task in tasks:
        try:
            documents += _read_documents(task, schema, left_out)
        except LabelStudioError as error:
            errors.append(f"{path}: {error}")
    twice = [name for name, count in Counter(document.id for document in documents).items() if count > 1]
    errors += [f"{path}: the id {name!r} stands twice; leave one of the tasks out" for name in twice]
    if errors:
        raise CorpusError("\n".join(errors))
    return documents, +left_out


def _read_documents(task: dict[str, Any], schema: Schema, left_out: Counter[str]) -> list[Document]:
    work = read_task(task, schema)
    submitted = [one for one in work if not one.draft and not one.skipped]
    left_out["drafts"] += sum(one.draft for one in work)
    left_out["skipped annotations"] += sum(one.skipped and not one.draft for one in work)
    if not work and "data" in task:
        predicted = read_predictions(task, schema)
        left_out["tasks without annotation"] += not predicted
        left_out["earlier predictions"] += len(predicted[:-1])
        return [one.document for one in predicted[-1:]]
    latest: dict[int | None, Annotated] = {}
    for one in sorted(submitted, key=lambda one: one.updated):
        left_out["earlier annotations of the same annotator"] += one.annotator in latest
        latest[one.annotator] = one
    if len(latest) < 2:
        return [one.document for one in latest.values()]
    return [replace(one.document, id=f"{one.document.id}@annotator-{who}") for who, one in latest.items()]


def write_label_studio(path: Path, documents: Sequence[Document]) -> None:
    """Write documents as tasks to import, whole or not at all: as annotations, or with scores as predictions."""
    tasks = []
    for document in documents:
        marks: tuple[Entity | Relation, ...] = (*document.entities, *document.relations)
        scored = any(mark.score is not None for mark in marks)
        tasks.append(to_task(document, by_hand=not scored))
    _write(path, tasks)


def write_json_min(path: Path, documents: Sequence[Document]) -> Counter[str]:
    """Write documents in the form of JSON_MIN, numbered from 1; return how much it cannot hold, by kind."""
    records = []
    for number, document in enumerate(documents, 1):
        values = [item["value"] for item in write_result(document) if item["type"] == "labels"]
        record = {TEXT: document.text, "id": number, "source": document.source, LABELS: values}
        records.append(record | {"annotator": 1, "annotation_id": number})
    _write(path, records)
    lost = Counter({"document ids": len(documents)})
    lost["relations"] = sum(len(document.relations) for document in documents)
    lost["scores of entities"] = sum(e.score is not None for document in documents for e in document.entities)
    return +lost


def _write(path: Path, values: list[dict[str, Any]]) -> None:
    text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    write_safely(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
