"""Documents as tasks of Label Studio and back, in its JSON: imports, raw exports and `JSON_MIN`.

Offsets are code points of the text, half open, as the editor stores them for `<Text granularity="symbol">`. A span
that comes back is checked against the text that came with it, so that none shifts unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.annotations.labelling_config import LABELS, TEXT
from thaigov_events.annotations.labelling_result import LabelStudioError, read_result, write_result
from thaigov_events.annotations.schema import Schema


@dataclass(frozen=True, slots=True)
class Annotated:
    """One annotator's work on one task.

    The numbers are the server's, None where the JSON does not give them (a file to import has none, a draft may
    name its user by address). `updated` is the time as the server wrote it. `skipped` work was cancelled by the
    annotator, a `draft` was never submitted. `notes` say what was mended in reading.
    """

    document: Document
    task: int | None = None
    annotation: int | None = None
    annotator: int | None = None
    updated: str = ""
    skipped: bool = False
    draft: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(entity.score is not None for entity in self.document.entities):
            raise LabelStudioError(f"task {self.task}, annotation {self.annotation}: work by hand has no scores")


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a model proposed for a task, with its scores."""

    document: Document
    model_version: str | None = None
    notes: tuple[str, ...] = ()


def to_task(document: Document, *, model_version: str | None = None, by_hand: bool = False) -> dict[str, Any]:
    """Return a document as a task to import: a prediction that annotators start from, or with `by_hand` an annotation.

    A document without entities and without model version becomes a bare task. A prediction's score is the mean of
    its entities' and relations' scores.

    Raises:
        LabelStudioError: when scores or a model version contradict `by_hand`, or an id would not survive the editor.
    """
    marks: tuple[Entity | Relation, ...] = (*document.entities, *document.relations)
    scores = [mark.score for mark in marks if mark.score is not None]
    if by_hand and (scores or model_version is not None):
        raise LabelStudioError(f"document {document.id}: has scores or a model version; by_hand allows neither")
    for entity in document.entities:
        if not entity.id or "#" in entity.id:
            raise LabelStudioError(f"document {document.id}: the editor cuts the id {entity.id!r} at '#'; rename it")
    task: dict[str, Any] = {"data": {TEXT: document.text, "id": document.id, "source": document.source}}
    result = write_result(document)
    if by_hand:
        return task | {"annotations": [{"result": result}]}
    if not result and model_version is None:
        return task
    prediction: dict[str, Any] = {} if model_version is None else {"model_version": model_version}
    if scores:
        prediction["score"] = fmean(scores)
    return task | {"predictions": [prediction | {"result": result}]}


def read_task(task: dict[str, Any], schema: Schema) -> list[Annotated]:
    """Return the annotations and drafts of an exported task, each annotator's apart; none for an untouched task.

    Raw exports and `JSON_MIN` are told apart by their keys. `JSON_MIN` holds no relations, and puts the task's number
    in the place of the document's id. What was annotated is by hand and bears no score, even if a model proposed it.
    White space at a border is trimmed, an arrow without label takes the only one that the schema allows there, and an
    arrow drawn twice counts once: `notes` tell each.

    Raises:
        LabelStudioError: listing every annotation that cannot be read, with its region and the mend.
    """
    if "data" not in task:
        return [_read_minimal(task, schema)]
    number, bare = _read_data(task)
    done: list[Annotated] = []
    errors: list[str] = []
    entries = [(entry, False) for entry in _read_entries(task, "annotations")]
    entries += [(entry, True) for entry in _read_entries(task, "drafts")]
    for entry, draft in entries:
        where = f"task {number}, {'draft' if draft else 'annotation'} {entry.get('id')}"
        try:
            document, notes = read_result(
                entry.get("result", "nothing"), bare, schema=schema, where=where, scored=False
            )
        except LabelStudioError as error:
            errors.append(str(error))
            continue
        done.append(
            Annotated(
                document,
                task=number,
                annotation=_number(entry.get("annotation" if draft else "id")),
                annotator=_number(entry.get("user" if draft else "completed_by")),
                updated=str(entry.get("updated_at") or ""),
                skipped=bool(entry.get("was_cancelled")),
                draft=draft,
                notes=notes,
            )
        )
    if errors:
        raise LabelStudioError("\n".join(errors))
    return done


def read_predictions(task: dict[str, Any], schema: Schema) -> list[Predicted]:
    """Return the predictions of a task with their scores.

    Raises:
        LabelStudioError: at the first prediction that cannot be read.
    """
    number, bare = _read_data(task)
    predicted = []
    for entry in _read_entries(task, "predictions"):
        version = entry.get("model_version")
        where = f"task {number}, prediction {entry.get('id')} of model {version}"
        document, notes = read_result(entry.get("result", "nothing"), bare, schema=schema, where=where, scored=True)
        predicted.append(Predicted(document, None if version is None else str(version), notes))
    return predicted


def _read_data(task: dict[str, Any]) -> tuple[int | None, Document]:
    number, data = _number(task.get("id")), task.get("data")
    values = data if isinstance(data, dict) else {}
    name, text = values.get("id", number), values.get(TEXT)
    if not isinstance(text, str) or name is None:
        raise LabelStudioError(f"task {number}: its data need a string {TEXT!r} and an 'id'; import the task so")
    return number, Document(str(name), text, source=str(values.get("source") or ""))


def _read_entries(task: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = task.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise LabelStudioError(
            f"task {task.get('id')}: {key!r} should be a list of objects; export it as JSON, in full"
        )
    return entries


def _read_minimal(task: dict[str, Any], schema: Schema) -> Annotated:
    number, annotation, text = _number(task.get("id")), _number(task.get("annotation_id")), task.get(TEXT)
    if number is None or annotation is None or not isinstance(text, str):
        raise LabelStudioError(
            f"task {task.get('id')}: neither a raw export ('data', 'annotations') nor JSON_MIN "
            f"('id', 'annotation_id', {TEXT!r}); export it as JSON"
        )
    where = f"task {number}, annotation {annotation}"
    values = task.get(LABELS, [])
    if not isinstance(values, list):
        raise LabelStudioError(f"{where}: {LABELS!r} should be a list of regions; export it as JSON, not CSV")
    names = {"from_name": LABELS, "to_name": TEXT, "type": "labels"}
    result = [{"id": f"T{count}", **names, "value": value} for count, value in enumerate(values, 1)]
    bare = Document(str(number), text, source=str(task.get("source") or ""))
    document, notes = read_result(result, bare, schema=schema, where=where, scored=False)
    return Annotated(
        document,
        task=number,
        annotation=annotation,
        annotator=_number(task.get("annotator")),
        updated=str(task.get("updated_at") or ""),
        notes=notes,
    )


def _number(value: object) -> int | None:
    """Return a number as the server gives it: plain, as digits, or as the id of an expanded user."""
    if isinstance(value, dict):
        value = value.get("id")
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
