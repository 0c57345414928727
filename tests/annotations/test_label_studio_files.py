"""Exports of Label Studio become documents, and what they hold beside is counted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import CorpusError, Document, Entity, EntityType, Relation, RelationType, Schema
from thaigov_events.annotations.label_studio import to_task
from thaigov_events.annotations.label_studio_files import read_label_studio, write_json_min, write_label_studio
from thaigov_events.annotations.labelling_result import write_result

SCHEMA = Schema.load()
TEXT = "🎉 นายสมมุติ ใจดี เป็นประธานการประชุม"
DOCUMENT = Document(
    "made", TEXT, (Entity("p", "PERSON", 2, 16), Entity("e", "EVENT", 27, 36)), (Relation("chairs", "p", "e"),)
)
LABELS = ("PERSON", "DATE_TIME", "ชื่อ", "A-B")  # of the corpora that conftest makes
FREE = Schema(tuple(map(EntityType, LABELS)), tuple(RelationType(name, LABELS, LABELS) for name in ("chairs", "เป็น")))


def write(path: Path, *tasks: dict[str, Any]) -> Path:
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def annotation(number: int, document: Document = DOCUMENT, **values: Any) -> dict[str, Any]:
    return {"id": number, "completed_by": number, "result": write_result(document)} | values


def task(*annotations: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"id": 5, "data": {"id": "made", "text": TEXT}, "annotations": list(annotations)} | values


def test_annotators_are_kept_apart_and_the_rest_is_counted(tmp_path: Path) -> None:
    less = replace(DOCUMENT, relations=())
    path = write(
        tmp_path / "export.json",
        task(annotation(1, less, updated_at="2024-01-01"), annotation(9, updated_at="2024-01-02", completed_by=1),
             annotation(2, less), annotation(3, was_cancelled=True), drafts=[{"id": 1, "result": []}]),
        task(data={"id": "alone", "text": TEXT}, annotations=[annotation(4)]),
        task(data={"id": "untouched", "text": TEXT}),
    )  # fmt: skip
    documents, left_out = read_label_studio(path, SCHEMA)
    assert {document.id: len(document.relations) for document in documents} == {
        "made@annotator-1": 1, "made@annotator-2": 0, "alone": 1
    }  # fmt: skip
    assert left_out == {
        "drafts": 1, "skipped annotations": 1, "earlier annotations of the same annotator": 1, "tasks without annotation": 1
    }  # fmt: skip


def test_predictions_stand_in_where_nobody_has_worked(tmp_path: Path) -> None:
    scored = replace(DOCUMENT, entities=tuple(replace(e, score=0.5) for e in DOCUMENT.entities))
    write_label_studio(tmp_path / "a.json", [scored])
    assert read_label_studio(tmp_path / "a.json", SCHEMA) == ([scored], {})
    twice = to_task(scored)
    twice["predictions"].insert(0, {"result": []})
    assert read_label_studio(write(tmp_path / "b.json", twice), SCHEMA) == ([scored], {"earlier predictions": 1})
    assert write_json_min(tmp_path / "c.min.json", [scored]) == {
        "document ids": 1, "relations": 1, "scores of entities": 2
    }  # fmt: skip


def test_all_that_is_wrong_is_told_with_the_file(tmp_path: Path) -> None:
    shifted = task(annotation(1))
    shifted["annotations"][0]["result"][0]["value"]["start"] = 3
    path = write(tmp_path / "a.json", shifted, {"id": 6}, to_task(DOCUMENT, by_hand=True), task(annotation(1)))
    with pytest.raises(CorpusError) as caught:
        read_label_studio(path, SCHEMA)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"{path}: task 5, annotation 1, region p: says")
    assert lines[1].startswith(f"{path}: task 6: neither a raw export")
    assert lines[2] == f"{path}: the id 'made' stands twice; leave one of the tasks out"
    for text, told in (("{}", "should be a list of tasks"), ("[", "not JSON"), ("[1]", "should be a list of tasks")):
        path.write_text(text)
        with pytest.raises(CorpusError, match=told):
            read_label_studio(path, SCHEMA)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(data=st.data())
def test_hard_corpora_survive(data: st.DataObject, hard_corpora: Any, tmp_path: Path) -> None:
    documents = data.draw(hard_corpora)
    write_label_studio(tmp_path / "a.json", documents)
    again, left_out = read_label_studio(tmp_path / "a.json", FREE)
    assert not left_out and [(d.id, d.text, d.entities, set(d.relations)) for d in again] == [
        (d.id, d.text, d.entities, set(d.relations)) for d in documents
    ]
    write_json_min(tmp_path / "a.min.json", documents)
    again, _ = read_label_studio(tmp_path / "a.min.json", FREE)
    marks = [[(d.text, e.label, e.start, e.end) for e in d.entities] for d in again]
    assert marks == [[(d.text, e.label, e.start, e.end) for e in d.entities] for d in documents]
