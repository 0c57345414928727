"""What push and pull send, ask and leave out, against a server that is played in memory; test_labelling_loop has a real one."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import CorpusError, Document, Entity, Relation, Schema, read_corpus
from thaigov_events.annotations.labelling_files import write_pulled
from thaigov_events.annotations.labelling_project import DEFAULT_TITLE, Project, set_up, write_instruction
from thaigov_events.annotations.labelling_result import LabelStudioError, write_result
from thaigov_events.annotations.labelling_server import ServerError
from thaigov_events.annotations.labelling_sync import (
    PullCounts,
    list_outdated,
    list_pushed,
    pull_tasks,
    push_documents,
    push_predictions,
)

SCHEMA = Schema.load()
TEXT = "🎉 นายสมมุติ ใจดี เป็นประธานการประชุม ณ ห้องประชุมใหญ่"
DOCUMENT = Document(
    "a",
    TEXT,
    (Entity("p", "PERSON", 2, 16), Entity("e", "EVENT", TEXT.index("การประชุม"), TEXT.index("การประชุม") + 9)),
    (Relation("chairs", "p", "e"),),
)


class PlayedServer:
    """Keeps projects and tasks as Label Studio does, and may break off after some requests."""

    url = "http://127.0.0.1:1/"

    def __init__(self) -> None:
        self.projects: dict[int, dict[str, Any]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.requests = 0
        self.last_request = 10**9
        self.keeps_last = False

    def find_project(self, name: str) -> dict[str, Any] | None:
        found = [p for p in self.projects.values() if p["title"] == name or str(p["id"]) == name]
        return found[0] | {"task_number": len(self.tasks)} if found else None

    def create_project(self, **settings: Any) -> int:
        number = len(self.projects) + 1
        settings["label_config"] = settings["label_config"].strip()
        self.projects[number] = {"id": number, "model_version": "", **settings}
        return number

    def update_project(self, project: int, **settings: Any) -> None:
        self.projects[project] |= settings

    def import_tasks(self, project: int, tasks: list[dict[str, Any]]) -> None:
        self.requests += 1
        broken = self.requests > self.last_request
        if not broken or self.keeps_last:
            for task in json.loads(json.dumps(tasks)):
                number = len(self.tasks) + 1
                self.tasks.append({"id": number, "annotations": [], "draft_exists": False} | task)
        if broken:
            raise ServerError("broken off")

    def import_predictions(self, project: int, predictions: list[dict[str, Any]]) -> None:
        for prediction in predictions:
            self.tasks[prediction["task"] - 1].setdefault("predictions", []).append(prediction)

    def iterate_tasks(self, project: int, *, annotated: bool = False) -> Any:
        for task in deepcopy(self.tasks):
            versions = ",".join(
                prediction.get("model_version", "undefined") for prediction in task.get("predictions", ())
            )
            yield task | {"predictions_model_versions": versions}

    def annotate(self, task: int, document: Document, *, annotator: int = 3, **values: Any) -> None:
        entries = self.tasks[task - 1]["annotations"]
        entry = {
            "id": 100 * task + len(entries),
            "completed_by": annotator,
            "updated_at": f"2024-01-0{len(entries) + 1}",
        }
        entries.append(
            entry | {"created_username": "tester@example.invalid", "result": write_result(document)} | values
        )


@pytest.fixture
def server() -> Any:
    return PlayedServer()


@pytest.fixture
def project(server: Any) -> Project:
    return set_up(server, DEFAULT_TITLE, schema=SCHEMA)[0]


def pull(server: Any, project: Project) -> tuple[list[Any], PullCounts]:
    counts = PullCounts()
    return list(pull_tasks(server, project, SCHEMA, counts)), counts


def name_documents(count: int) -> list[Document]:
    return [replace(DOCUMENT, id=f"n{number}") for number in range(count)]


def test_setup_makes_once_and_then_follows_the_schema(server: Any) -> None:
    project, change = set_up(server, "made", schema=SCHEMA, annotators=2)
    assert (change, project.annotators, len(server.projects)) == ("created", 2, 1)
    assert server.projects[1]["show_collab_predictions"] and "<table>" in server.projects[1]["expert_instruction"]
    server.projects[1]["show_instruction"] = False
    assert set_up(server, "made", schema=SCHEMA)[1] == "unchanged"
    less = replace(SCHEMA, relations=())
    assert set_up(server, "1", schema=less)[1] == "updated"
    assert "Relation" not in server.projects[1]["label_config"] and not server.projects[1]["show_instruction"]
    with pytest.raises(ServerError, match="no project has the number 7"):
        set_up(server, "7", schema=SCHEMA)
    with pytest.raises(ServerError, match=r"no project 'other'.*setup"):
        Project.get(server, "other")


def test_setup_refuses_to_lose_labels_in_use(server: Any, project: Project) -> None:
    push_documents(server, project, [DOCUMENT])
    server.annotate(1, DOCUMENT)
    config = server.projects[1]["label_config"]
    with pytest.raises(ServerError, match=r"chairs \(relation\) stands 1 times, so in task 1"):
        set_up(server, DEFAULT_TITLE, schema=replace(SCHEMA, relations=()))
    server.tasks[0]["annotations"][0]["result"][0]["from_name"] = "other"
    with pytest.raises(ServerError, match=r"PERSON \(labels of other\)"):
        set_up(server, DEFAULT_TITLE, schema=replace(SCHEMA, relations=()))
    assert server.projects[1]["label_config"] == config


def test_instructions_are_the_guidelines() -> None:
    text = write_instruction()
    assert text.startswith("<h1>") and "holds_position" in text and "<script" not in text


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(1, 5), st.integers(0, 4), st.booleans())
def test_a_push_that_breaks_off_goes_on(count: int, batch: int, requests: int, keeps_last: bool) -> None:
    """However it breaks off, and whether or not the last batch got in: in the end each is there once, in order."""
    server: Any = PlayedServer()
    project = Project(1, "made", config="", instruction="", annotators=1, model_version="", tasks=0)
    documents = name_documents(count)
    server.last_request, server.keeps_last = requests, keeps_last
    try:
        push_documents(server, project, documents, batch=batch)
    except ServerError:
        server.last_request = 10**9
        push_documents(server, project, documents, batch=batch)
    assert list(list_pushed(server, project)) == [document.id for document in documents]
    assert len(server.tasks) == count
    assert push_documents(server, project, documents, batch=batch) == 0


def test_push_reports_batches_and_refuses_changed_texts(server: Any, project: Project) -> None:
    sizes: list[int] = []
    assert push_documents(server, project, name_documents(5), batch=2, report=sizes.append) == 5
    assert sizes == [2, 2, 1]
    with pytest.raises(ServerError, match=r"1 articles are on the server with another text: n1 \(task 2\)"):
        push_documents(server, project, [Document("new", "x"), Document("n1", "x")])
    assert len(server.tasks) == 5, "nothing is pushed then"
    with pytest.raises(ServerError, match="stands twice"):
        push_documents(server, project, [Document("x", "x"), Document("x", "y")])
    server.tasks.append(server.tasks[0] | {"id": 6})
    with pytest.raises(ServerError, match="the tasks 1 and 6 both have the article id 'n0'"):
        push_documents(server, project, [])


def test_tasks_that_others_imported_are_passed_over(server: Any, project: Project) -> None:
    server.import_tasks(1, [{"data": {"text": "x"}}, {"data": {"text": "y", "id": 7}}])
    pushed = list_pushed(server, project)
    assert list(pushed) == ["7"] and push_documents(server, project, [Document("7", "y")]) == 0
    assert pull(server, project)[1] == PullCounts(tasks=2, untouched=1, foreign=1)


def test_pull_keeps_annotators_apart_and_the_latest_work_of_each(server: Any, project: Project) -> None:
    push_documents(server, project, name_documents(3))
    server.annotate(1, DOCUMENT)
    server.annotate(1, replace(DOCUMENT, relations=()), annotator=2)
    server.annotate(1, replace(DOCUMENT, entities=DOCUMENT.entities[:1], relations=()))
    server.annotate(2, Document("n1", TEXT), was_cancelled=True)
    server.tasks[1]["annotations"][0]["result"] = None
    server.annotate(3, Document("n2", TEXT))
    server.tasks[2]["draft_exists"] = True
    pulled, counts = pull(server, project)
    assert counts == PullCounts(tasks=3, annotations=3, empty=1, skipped=1, superseded=1, tasks_with_drafts=1)
    assert [(one.id, one.task, [w.annotator for w in one.work]) for one in pulled] == [
        ("n0", 1, [2, 3]),
        ("n2", 3, [3]),
    ]
    assert [len(work.document.entities) for work in pulled[0].work] == [2, 1]


def test_skipped_work_that_cannot_be_read_stops_nothing(server: Any, project: Project) -> None:
    push_documents(server, project, [DOCUMENT])
    half_done = [{"type": "relation", "from_id": "x", "to_id": "y", "direction": "right"}]
    server.annotate(1, DOCUMENT, result=half_done, was_cancelled=True)
    assert pull(server, project)[1].skipped == 1


def test_every_bad_task_is_named_and_nothing_is_written(server: Any, project: Project, tmp_path: Path) -> None:
    push_documents(server, project, name_documents(4))
    for task in (1, 2, 4):
        server.annotate(task, DOCUMENT)
    server.tasks[0]["annotations"][0]["result"][0]["value"]["start"] += 1
    server.tasks[1]["data"]["text"] += " "
    server.tasks.append(server.tasks[3] | {"id": 5})
    with pytest.raises(LabelStudioError) as caught:
        write_pulled(tmp_path / "out", pull_tasks(server, project, SCHEMA, PullCounts()), PullCounts())
    first, second, third = str(caught.value).splitlines()
    assert first.startswith("task 1, annotation 100, region p: says")
    assert second.startswith("task 2: the text of 'n1' was changed")
    assert third.startswith("task 5: has the article 'n3', as task 4 has")
    assert list(tmp_path.iterdir()) == []


def test_a_pull_writes_corpora_agreement_and_conflicts(server: Any, project: Project, tmp_path: Path) -> None:
    push_documents(server, project, name_documents(2))
    server.annotate(1, DOCUMENT)
    server.annotate(1, replace(DOCUMENT, relations=()), annotator=2)
    server.annotate(2, DOCUMENT)
    unlabelled = server.tasks[1]["annotations"][0]["result"]
    unlabelled[0]["value"] |= {"end": 17, "text": TEXT[2:17]}
    folder = tmp_path / "out"
    for _ in range(2):  # the second time in the place of the first
        counts = PullCounts()
        lines = write_pulled(folder, pull_tasks(server, project, SCHEMA, counts), counts)
    assert lines == {"annotator-3.jsonl": 2, "annotator-2.jsonl": 1, "conflicts.jsonl": 1, "notes.txt": 1}
    documents = read_corpus(folder / "annotator-3.jsonl", SCHEMA)
    assert documents == [replace(DOCUMENT, id="n0"), replace(DOCUMENT, id="n1")]
    record = json.loads((folder / "annotator-2.jsonl").read_text("utf-8"))
    assert record["annotation"] == {"task": 1, "annotation": 101, "annotator": 2, "updated": "2024-01-02"}
    assert "white space at the border trimmed" in (folder / "notes.txt").read_text("utf-8")
    assert "| annotator-2 and annotator-3 | 1 | 1.000" in (folder / "agreement.md").read_text("utf-8")
    conflict = json.loads((folder / "conflicts.jsonl").read_text("utf-8"))
    assert (conflict["id"], conflict["label"], conflict["marked_by"], conflict["not_by"]) == ("n0", "chairs", [3], [2])
    assert json.loads((folder / "counts.json").read_text("utf-8"))["annotations"] == 3
    assert "example.invalid" not in "".join(path.read_text("utf-8") for path in folder.iterdir())
    (folder / "mine.txt").write_text("x")
    with pytest.raises(CorpusError, match=r"holds other things, such as 'mine\.txt'"):
        write_pulled(folder, [], PullCounts())


def test_a_new_model_proposes_only_for_what_nobody_touched(server: Any, project: Project) -> None:
    documents = [
        replace(d, entities=tuple(replace(e, score=0.5) for e in d.entities), relations=()) for d in name_documents(4)
    ]
    push_documents(server, project, documents, model_version="v1")
    server.annotate(1, DOCUMENT)
    server.tasks[1]["draft_exists"] = True
    outdated = list(list_outdated(server, project, model_version="v2"))
    assert [(number, document.id, document.entities) for number, document in outdated] == [(3, "n2", ()), (4, "n3", ())]
    assert push_predictions(server, project, [(3, documents[2])], model_version="v2", batch=1) == 1
    assert [number for number, _ in list_outdated(server, project, model_version="v2")] == [4]
