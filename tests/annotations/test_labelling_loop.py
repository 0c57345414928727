"""The annotation loop against a real Label Studio server: what is pushed, corrected and pulled, through all its layers."""

from __future__ import annotations

import json
import shutil
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.annotations import Document, Entity, Relation, Schema, read_corpus
from thaigov_events.annotations.label_studio import read_predictions, to_task
from thaigov_events.annotations.labelling_files import write_pulled
from thaigov_events.annotations.labelling_project import Project, set_up
from thaigov_events.annotations.labelling_result import LabelStudioError, write_result
from thaigov_events.annotations.labelling_server import Connection, Server, ServerError
from thaigov_events.annotations.labelling_sync import (
    PullCounts,
    list_outdated,
    list_pushed,
    pull_tasks,
    push_documents,
    push_predictions,
    show_version,
)

pytestmark = pytest.mark.slow  # starting the server takes a third of a minute, on a busy machine a whole one

SCHEMA = Schema.load()
ROOM = Path(__file__).parents[2] / "annotations"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TEXT = (
    "🎉🎊 นายสมมุติ ใจดี  ผู้ว่าราชการจังหวัดตราด\u200b เป็นประธานการประชุม\n\nน้ำท่วม 👩‍👩‍👧 e\u0301 ก ำ"
    " 🎉 วันที่ 3 มกราคม 2567\r\nณ ห้องประชุมใหญ่  จังหวัดตราด\u00a0\ufeffจบ"
)
PLACES = {
    "T1": ("PERSON", "นายสมมุติ ใจดี"), "T2": ("POSITION", "ผู้ว่าราชการจังหวัดตราด\u200b"),
    "T3": ("EVENT", "การประชุม\n\nน้ำท่วม 👩‍👩‍👧 e\u0301"), "T4": ("VENUE", "ห้องประชุมใหญ่  จังหวัดตราด"),
}  # fmt: skip
ARROWS = ".relations-overlay > g"
# a range of the words in the text as it is shown, from its first to its last character
BOX = """(words) => {
  const walker = document.createTreeWalker(document.querySelector(".lsf-htx-richtext"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    const box = range.getBoundingClientRect();
    return [box.left, box.right, (box.top + box.bottom) / 2];
  }
}"""


def hard_document(name: str = "hard") -> Document:
    entities = [
        Entity(i, label, TEXT.index(words), TEXT.index(words) + len(words), 0.9) for i, (label, words) in PLACES.items()
    ]
    relations = (
        Relation("holds_position", "T1", "T2", 0.8),
        Relation("chairs", "T1", "T3", 0.7),
        Relation("organizes", "T1", "T3", 0.3),
    )
    return Document(name, TEXT, tuple(entities), relations, "by hand")


def propose(document: Document) -> Document:
    """Give labels by hand the confidences of a model."""
    return replace(
        document,
        entities=tuple(replace(entity, score=0.5) for entity in document.entities),
        relations=tuple(replace(relation, score=0.25) for relation in document.relations),
    )


def by_hand(document: Document) -> Document:
    return replace(
        document,
        entities=tuple(replace(entity, score=None) for entity in document.entities),
        relations=tuple(replace(relation, score=None) for relation in document.relations),
    )


@pytest.fixture(scope="module")
def server(label_studio: Any) -> Server:
    return Server(Connection(label_studio.url, label_studio.token))


@pytest.fixture
def project(server: Server, request: pytest.FixtureRequest) -> Project:
    found, change = set_up(server, request.node.name[:50], schema=SCHEMA)
    assert change == "created"
    return found


@pytest.fixture
def annotate(label_studio: Any) -> Callable[..., int]:
    """Submit work through the client, as the user of the token."""
    from label_studio_sdk import LabelStudio

    client = LabelStudio(base_url=label_studio.url, api_key=label_studio.token)

    def submit(task: int, document: Document, **values: Any) -> int:
        return client.annotations.create(task, result=write_result(document), **values).id

    return submit


def pull(server: Server, project: Project) -> tuple[dict[str, Document], PullCounts]:
    counts = PullCounts()
    work = {pulled.id: pulled.work[0].document for pulled in pull_tasks(server, project, SCHEMA, counts)}
    return work, counts


def links(document: Document) -> set[Relation]:
    return set(document.relations)


def test_setup_is_idempotent_and_takes_no_label_that_is_in_use(
    server: Server, project: Project, annotate: Callable[..., int]
) -> None:
    assert set_up(server, project.title, schema=SCHEMA)[1] == "unchanged"
    changed, change = set_up(server, str(project.number), schema=SCHEMA, annotators=2)
    assert (change, changed.annotators, changed.number) == ("updated", 2, project.number)
    push_documents(server, project, [hard_document()])
    annotate(list_pushed(server, project)["hard"].number, by_hand(hard_document()))
    without_venue = Schema(
        tuple(entity for entity in SCHEMA.entities if entity.name not in ("VENUE", "POLICY")),
        tuple(
            replace(r, heads=tuple(h for h in r.heads if h not in ("VENUE", "POLICY")),
                    tails=tuple(t for t in r.tails if t not in ("VENUE", "POLICY")) or ("LOCATION",))
            for r in SCHEMA.relations if r.name != "organizes"
        ),
    )  # fmt: skip
    with pytest.raises(
        ServerError, match=r"VENUE \(labels\) stands 1 times.*organizes \(relation\) stands 1 times"
    ) as caught:
        set_up(server, project.title, schema=without_venue)
    assert "POLICY" not in str(caught.value), "a label that nobody used may go"
    assert pull(server, project)[1].annotations == 1
    assert server.find_project("no such") is None and server.find_project("987654") is None


def test_hard_text_and_scores_survive_push_and_the_client(
    server: Server, project: Project, annotate: Callable[..., int]
) -> None:
    document = hard_document()
    assert push_documents(server, project, [document], model_version="v1") == 1
    number = list_pushed(server, project)["hard"].number
    (task,) = server._get("api/tasks/", project=project.number, fields="all", resolve_uri=False)["tasks"]
    (predicted,) = read_predictions(task, SCHEMA)
    assert (predicted.document.text, predicted.document.entities) == (TEXT, document.entities)
    assert links(predicted.document) == links(document), "scores of arrows with one and with several labels"
    annotate(number, by_hand(document))
    work, _ = pull(server, project)
    assert work["hard"] == by_hand(document) and work["hard"].text == TEXT


def test_a_shifted_span_and_a_changed_text_are_errors_that_name_the_task(
    server: Server, project: Project, label_studio: Any, tmp_path: Path
) -> None:
    from label_studio_sdk import LabelStudio

    push_documents(server, project, [hard_document(), hard_document("other")])
    pushed = list_pushed(server, project)
    client = LabelStudio(base_url=label_studio.url, api_key=label_studio.token)
    shifted = write_result(by_hand(hard_document()))
    shifted[0]["value"]["start"] += 1
    client.annotations.create(pushed["hard"].number, result=shifted)
    client.annotations.create(pushed["other"].number, result=write_result(by_hand(hard_document())))
    client.tasks.update(str(pushed["other"].number), data={"text": f"x{TEXT}", "id": "other"})
    with pytest.raises(LabelStudioError) as caught:
        write_pulled(tmp_path / "pulled", pull_tasks(server, project, SCHEMA, PullCounts()), PullCounts())
    assert f"task {pushed['hard'].number}, annotation" in str(caught.value)
    assert f"task {pushed['other'].number}: the text of 'other' was changed" in str(caught.value)
    assert not (tmp_path / "pulled").exists(), "whole or not at all"


def test_skipped_empty_and_repeated_work_and_drafts_are_counted(
    server: Server, project: Project, annotate: Callable[..., int], label_studio: Any
) -> None:
    from label_studio_sdk import LabelStudio

    names = ["skipped", "empty", "twice", "draft", "untouched"]
    push_documents(server, project, [hard_document(name) for name in names], model_version="v1")
    pushed = {name: task.number for name, task in list_pushed(server, project).items()}
    annotate(pushed["skipped"], Document("skipped", TEXT), was_cancelled=True)
    annotate(pushed["empty"], Document("empty", TEXT))
    annotate(pushed["twice"], by_hand(hard_document("twice")))
    annotate(pushed["twice"], replace(by_hand(hard_document("twice")), relations=()))
    client = LabelStudio(base_url=label_studio.url, api_key=label_studio.token)
    http = client._client_wrapper.httpx_client
    half_done = {"result": [{"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}], "lead_time": 1.0}
    assert http.request(f"api/tasks/{pushed['draft']}/drafts", method="POST", json=half_done).is_success
    work, counts = pull(server, project)
    assert set(work) == {"empty", "twice"} and work["twice"].relations == ()
    expected = PullCounts(
        tasks=5, untouched=2, annotations=2, empty=1, skipped=1, superseded=1, tasks_with_drafts=1, foreign=0
    )
    assert counts == expected
    # a new model proposes for what nobody has touched, once
    outdated = list(list_outdated(server, project, model_version="v2"))
    assert [(number, document.id, document.text) for number, document in outdated] == [
        (pushed["untouched"], "untouched", TEXT)
    ]
    assert push_predictions(server, project, [(outdated[0][0], hard_document())], model_version="v2") == 1
    assert list(list_outdated(server, project, model_version="v2")) == []
    show_version(server, project, "v2")
    assert Project.get(server, project.title).model_version == "v2"


def test_a_server_that_stops_midway_loses_nothing_and_doubles_nothing(
    label_studio: Any, server: Server, project: Project
) -> None:
    documents = [replace(hard_document(f"n{number}"), text=TEXT) for number in range(12)]
    done = 0

    def stop_after_two(count: int) -> None:
        nonlocal done
        done += 1
        if done == 2:
            label_studio.stop()

    try:
        with pytest.raises(ServerError, match="is the server running there"):
            push_documents(server, project, documents, model_version="v1", batch=3, report=stop_after_two)
    finally:
        label_studio.start()
    assert len(list_pushed(server, project)) == 6
    assert push_documents(server, project, documents, model_version="v1", batch=3) == 6
    assert push_documents(server, project, documents, model_version="v1", batch=3) == 0
    assert list(list_pushed(server, project)) == [document.id for document in documents], "in their order, each once"
    with pytest.raises(ServerError, match="n3 \\(task"):
        push_documents(server, project, [Document("n3", "another text")])


def test_errors_of_the_server_are_told_without_the_token(label_studio: Any) -> None:
    wrong = "0123456789" * 4
    for url in (label_studio.url, f"{label_studio.url}/nothing/here", "http://127.0.0.1:9"):
        with pytest.raises(ServerError) as caught:
            Server(Connection(url, wrong)).find_project("x")
        assert wrong not in "".join(traceback.format_exception(caught.value))


def test_personal_access_tokens_are_swapped_and_not_told(label_studio: Any) -> None:
    from label_studio_sdk import LabelStudio

    token = LabelStudio(base_url=label_studio.url, api_key=label_studio.token).tokens.create().token
    assert Server(Connection(label_studio.url, token)).find_project("no such") is None
    with pytest.raises(ServerError, match="401") as caught:
        Server(Connection(label_studio.url, f"{token[:-4]}AAAA")).find_project("no such")
    assert token[:-4] not in "".join(traceback.format_exception(caught.value))


def test_corrections_through_the_client_and_the_browser_come_back_exactly(
    label_studio: Any, server: Server, project: Project, annotate: Callable[..., int], tmp_path: Path
) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium here")
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser: pip install 'thaigov-events[browser]'")
    corpus = [*read_corpus(ROOM / "samples.jsonl", SCHEMA), *read_corpus(ROOM / "authored.jsonl", SCHEMA)[:4]]
    documents = [hard_document(), *map(propose, corpus)]
    assert len(documents) == 20 == push_documents(server, project, documents, model_version="v1", batch=7)
    numbers = {name: task.number for name, task in list_pushed(server, project).items()}
    first, second = by_hand(corpus[0]), by_hand(corpus[1])
    gone = first.entities[3].id
    first = replace(
        first,
        entities=tuple(entity for entity in first.entities if entity.id != gone),
        relations=tuple(relation for relation in first.relations if gone not in (relation.head, relation.tail)),
    )
    second = replace(second, relations=second.relations[1:])
    for document in (first, second):
        annotate(numbers[document.id], document)
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(f"{label_studio.url}/user/login/")
        page.fill("input[name=email]", label_studio.user)
        page.fill("input[name=password]", label_studio.password)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        page.goto(f"{label_studio.url}/projects/{project.number}/data?task={numbers['hard']}")

        def region(label: str) -> Any:
            return page.locator(".lsf-tree__node", has_text=label)

        def find(words: str) -> list[float]:
            box, before = page.evaluate(BOX, words), None
            while box != before:  # until the page has settled
                page.wait_for_timeout(300)
                box, before = page.evaluate(BOX, words), box
            return box

        def repeat(act: Callable[[], object], is_done: Callable[[], bool]) -> None:
            """Act until it is done: on a busy machine the editor may draw itself anew meanwhile."""
            for _ in range(6):
                act()
                for _ in range(50):
                    if is_done():
                        page.wait_for_timeout(500)
                        if is_done():  # still, so that it was not only being drawn
                            return
                    page.wait_for_timeout(100)
                page.keyboard.press("Escape")
            raise AssertionError("the editor did nothing")

        def delete() -> None:
            region("VENUE").click()
            page.keyboard.press("Backspace")

        def mark() -> None:
            page.keyboard.press("d")
            page.locator(".lsf-label_selected", has_text="DATE").wait_for()
            left, right, middle = find("3 มกราคม 2567")
            page.mouse.move(left + 0.5, middle)
            page.mouse.down()
            page.mouse.move((left + right) / 2, middle, steps=5)
            page.mouse.move(right - 0.5, middle, steps=5)
            page.mouse.up()

        def relate() -> None:
            region("EVENT").click()
            page.wait_for_timeout(500)
            page.keyboard.press("Alt+r")
            left, right, middle = find("3 มกราคม 2567")
            page.mouse.click((left + right) / 2, middle)

        page.get_by_label("Submit current annotation").wait_for()
        page.wait_for_load_state("networkidle")
        repeat(delete, lambda: region("VENUE").count() == 0)
        repeat(mark, lambda: region("DATE").count() == 1)
        page.keyboard.press("Escape")
        arrows = page.locator(ARROWS)
        before = arrows.count()
        repeat(relate, lambda: arrows.count() > before)
        with page.expect_response(
            lambda answer: answer.request.method == "POST" and "/annotations" in answer.url
        ) as sent:
            page.get_by_label("Submit current annotation").click()
        assert sent.value.ok
        browser.close()
    counts = PullCounts()
    lines = write_pulled(tmp_path / "pulled", pull_tasks(server, project, SCHEMA, counts), counts)
    (name,) = (name for name in lines if name.startswith("annotator-"))
    pulled = {document.id: document for document in read_corpus(tmp_path / "pulled" / name, SCHEMA)}
    assert set(pulled) == {"hard", first.id, second.id} and counts.untouched == 17
    assert (pulled[first.id], pulled[second.id]) == (first, second)
    hard = pulled["hard"]
    added = [entity for entity in hard.entities if entity.id not in PLACES]
    assert [(entity.label, hard.text_of(entity)) for entity in added] == [("DATE", "3 มกราคม 2567")]
    before = by_hand(hard_document())
    assert set(hard.entities) - set(added) == {entity for entity in before.entities if entity.label != "VENUE"}
    assert links(hard) == links(before) | {Relation("held_on", "T3", added[0].id)}
    records = [json.loads(line) for line in (tmp_path / "pulled" / name).read_text("utf-8").splitlines()]
    assert {record["annotation"]["task"] for record in records} == {numbers[record["id"]] for record in records}
    assert all(record["annotation"]["annotator"] and record["annotation"]["updated"] for record in records)
    assert label_studio.user not in (tmp_path / "pulled" / name).read_text("utf-8")


def test_to_task_makes_what_the_server_takes(server: Server, project: Project) -> None:
    """A task with work by hand, as `convert` writes it, is imported with its annotation."""
    server.import_tasks(project.number, [to_task(by_hand(hard_document()), by_hand=True)])
    work, _ = pull(server, project)
    assert work["hard"] == by_hand(hard_document())
