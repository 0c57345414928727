"""Documents survive Label Studio's JSON, and what the editor may spoil is named or told."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, Relation, Schema, read_corpus
from thaigov_events.annotations.label_studio import Annotated, read_predictions, read_task, to_task
from thaigov_events.annotations.labelling_result import LabelStudioError

SCHEMA = Schema.load()
TEXT = "🎉 นายสมมุติ ใจดี  ผู้ว่าราชการจังหวัดตราด\u200b ประชุม\n\nน้ำท่วม วันที่ 3 มกราคม 2567"
SPANS = {"p": ("PERSON", "นายสมมุติ ใจดี"), "o": ("POSITION", "ผู้ว่าราชการจังหวัดตราด"),
         "e": ("EVENT", "ประชุม\n\nน้ำท่วม"), "d": ("DATE", "3 มกราคม 2567")}  # fmt: skip


def region(name: str, **changes: Any) -> dict[str, Any]:
    label, words = SPANS[name]
    start = TEXT.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label], **changes}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value, "origin": "manual"}


def arrow(head: str, tail: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": direction, "labels": list(labels)}


def export(*result: dict[str, Any], **changes: Any) -> dict[str, Any]:
    entry = {"id": 7, "completed_by": 3, "was_cancelled": False, "updated_at": "2024-01-03T09:00:00Z",
             "result": list(result), **changes}  # fmt: skip
    return {"id": 5, "data": {"text": TEXT, "id": "made", "source": "by hand"}, "annotations": [entry], "drafts": []}


def read_one(*result: dict[str, Any]) -> Annotated:
    (annotated,) = read_task(export(*result), SCHEMA)
    return annotated


def links(document: Document) -> set[Relation]:
    return set(document.relations)


def test_an_export_gives_the_document_and_where_it_comes_from() -> None:
    annotated = read_one(region("p"), region("e"), arrow("p", "e", "chairs", "organizes"))
    document = annotated.document
    assert (document.id, document.source, document.text) == ("made", "by hand", TEXT)
    assert [(e.id, e.label, document.text_of(e)) for e in document.entities] == [
        ("p", *SPANS["p"]),
        ("e", *SPANS["e"]),
    ]
    assert links(document) == {Relation("chairs", "p", "e"), Relation("organizes", "p", "e")}
    assert (annotated.task, annotated.annotation, annotated.annotator) == (5, 7, 3)
    assert annotated.updated == "2024-01-03T09:00:00Z"
    assert (annotated.skipped, annotated.draft, annotated.notes) == (False, False, ())


def test_annotators_skipped_work_and_drafts_are_kept_apart() -> None:
    task = export(region("p"))
    task["annotations"] += [
        {"id": 8, "completed_by": {"id": 4, "email": "a@b.invalid"}, "result": [region("e")]},
        {"id": 9, "completed_by": 3, "was_cancelled": True, "result": None},
    ]
    task["drafts"] = [{"id": 1, "annotation": 7, "user": "a@b.invalid", "result": [region("p"), region("d")]}]
    found = [
        (a.annotation, a.annotator, a.skipped, a.draft, [e.id for e in a.document.entities])
        for a in read_task(task, SCHEMA)
    ]
    assert found == [
        (7, 3, False, False, ["p"]),
        (8, 4, False, False, ["e"]),
        (9, 3, True, False, []),
        (7, None, False, True, ["p", "d"]),
    ]
    task["drafts"][0]["user"] = "6"
    assert read_task(task, SCHEMA)[-1].annotator == 6
    assert "b.invalid" not in repr(read_task(task, SCHEMA))
    assert read_task(task | {"annotations": [], "drafts": []}, SCHEMA) == []


def test_offsets_may_be_digits_and_line_breaks_as_the_editor_writes_them() -> None:
    plain = region("e")
    start, end = plain["value"]["start"], plain["value"]["end"]
    odd = region("e", start=str(start), end=str(end), text="ประชุม\\n\\nน้ำท่วม")
    assert read_one(odd) == read_one(plain)


def test_a_score_that_a_prediction_left_behind_is_not_kept() -> None:
    assert read_one(region("p") | {"score": 0.9, "origin": "prediction"}).document.entities[0].score is None


def test_white_space_at_a_border_is_trimmed_and_told() -> None:
    start, words = TEXT.index("ใจดี"), "  ใจดี  "[1:]
    annotated = read_one(region("p", start=start - 1, end=start + 6, text=words))
    assert annotated.document.text_of(annotated.document.entities[0]) == "ใจดี"
    assert annotated.notes == (
        f"task 5, annotation 7, region p: white space at the border trimmed, {start - 1}:{start + 6} became {start}:{start + 4}",
    )


def test_the_direction_left_is_turned() -> None:
    assert read_one(region("p"), region("e"), arrow("e", "p", "chairs", direction="left")).document.relations == (
        Relation("chairs", "p", "e"),
    )


def test_an_arrow_without_label_takes_the_only_one_that_is_allowed() -> None:
    bare = arrow("p", "o")
    del bare["labels"]
    annotated = read_one(region("p"), region("o"), bare)
    assert annotated.document.relations == (Relation("holds_position", "p", "o"),)
    assert "relation p → o: had no label, holds_position is the only one" in annotated.notes[0]


def test_an_arrow_drawn_twice_counts_once_and_is_told() -> None:
    both = (arrow("p", "e", "chairs"), arrow("e", "p", "chairs", direction="left"))
    annotated = read_one(region("p"), region("e"), *both)
    assert annotated.document.relations == (Relation("chairs", "p", "e"),)
    assert "drawn twice" in annotated.notes[0]


BAD_RESULTS: list[tuple[list[dict[str, Any]], str]] = [
    ([region("p", start=3)], "region p: says 'นายสมมุติ ใจดี', but at 3:16 stands"),
    ([region("p", text=None)], "region p: says None"),
    ([region("p", start="/div[1]")], "region p: start is '/div"),
    ([region("p", start=True)], "region p: start is True"),
    ([region("p", end=-1)], "region p: end is -1"),
    ([region("p", end=9999)], "region p: .* is no span of a text of"),
    ([region("p", start=16, end=18, text="  ")], "region p: marks white space only"),
    ([region("p", labels=["PERSON", "EVENT"])], r"region p: has the labels \['PERSON', 'EVENT'\]; give it exactly one"),
    ([region("p", labels=[])], r"region p: has the labels \[\]"),
    ([region("p", labels=["SHIP"])], "entity p has the unknown label 'SHIP'"),
    ([region("p") | {"from_name": "other"}], "region p: comes from .'other', 'text'"),
    ([region("p") | {"type": "choices"}], "region p: the type 'choices'"),
    ([region("p"), region("p")], "entity id p stands twice"),
    ([region("p"), region("p") | {"id": "q"}], "entities p and q overlap at 2"),
    ([region("p"), region("e") | {"id": "p"}], "entity id p stands twice"),
    ([arrow("p", "e", "chairs")], "relation p → e: there is no region 'p'"),
    ([region("p"), region("e"), arrow("p", "e", "chairs", direction="bi")], "p → e: has the direction 'bi'"),
    ([region("p"), region("e"), arrow("p", "e")], "p → e: has no label, from PERSON to EVENT; choose one of chairs, part"),
    ([region("p"), region("e"), arrow("e", "p")], "e → p: has no label, from EVENT to PERSON; turn or delete it"),
    ([region("p"), region("e"), arrow("e", "p", "chairs")], "chairs may not go from e"),
    ([region("p"), region("e"), arrow("p", "e", "sails")], "unknown relation 'sails'"),
    ([region("p"), arrow("p", "p", "chairs")], "p is linked to itself"),
]  # fmt: skip


@pytest.mark.parametrize(("result", "told"), BAD_RESULTS)
def test_bad_results_name_task_annotation_and_region(result: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(LabelStudioError, match=rf"task 5, annotation 7.*({told})"):
        read_one(*result)


def test_every_bad_annotation_of_a_task_is_listed() -> None:
    task = export(region("p", text="x"))
    task["annotations"] += [{"id": 8, "result": [region("e")]}, {"id": 9}]
    with pytest.raises(
        LabelStudioError, match=r"(?s)annotation 7, region p.*\n.*annotation 9: its result should be"
    ) as caught:
        read_task(task, SCHEMA)
    assert "annotation 8" not in str(caught.value)


@pytest.mark.parametrize("task", [{}, {"id": 5, "text": TEXT}, {"id": 5, "data": {"id": "made"}},
                                  {"id": 5, "data": {"id": "made", "text": "x"}, "annotations": [7, 8]}])  # fmt: skip
def test_what_is_no_export_is_refused(task: dict[str, Any]) -> None:
    with pytest.raises(LabelStudioError, match=r"^task (5|None)"):
        read_task(task, SCHEMA)


def test_json_min_holds_entities_alone() -> None:
    values = [region("p")["value"], region("e")["value"]]
    record = {"id": 5, "text": TEXT, "source": "by hand", "label": values, "annotator": 3, "annotation_id": 7,
              "created_at": "x", "updated_at": "2024-01-03T09:00:00Z", "lead_time": 1.0}  # fmt: skip
    (annotated,) = read_task(record, SCHEMA)
    assert [(e.id, e.label) for e in annotated.document.entities] == [("T1", "PERSON"), ("T2", "EVENT")]
    assert (annotated.task, annotated.annotation, annotated.annotator, annotated.document.id) == (5, 7, 3, "5")
    del record["label"]
    assert read_task(record, SCHEMA)[0].document == Document("5", TEXT)
    with pytest.raises(LabelStudioError, match="annotation 7, region T1: says"):
        read_task(record | {"label": [region("p", text="นาย")["value"]]}, SCHEMA)
    with pytest.raises(LabelStudioError, match="annotation 7: 'label' should be a list"):
        read_task(record | {"label": "[]"}, SCHEMA)


def test_the_shape_of_a_task_is_label_studios() -> None:
    entities = (Entity("T1", "PERSON", 2, 16, 0.8), Entity("T2", "POSITION", 18, 41, 0.6))
    document = Document("made", TEXT, entities, (Relation("holds_position", "T1", "T2", 0.7),), "by hand")
    names = {"from_name": "label", "to_name": "text", "type": "labels"}
    expected = [
        {"id": "T1", **names, "value": {"start": 2, "end": 16, "text": TEXT[2:16], "labels": ["PERSON"]}, "score": 0.8},
        {"id": "T2", **names, "value": {"start": 18, "end": 41, "text": TEXT[18:41], "labels": ["POSITION"]}, "score": 0.6},
        {"type": "relation", "from_id": "T1", "to_id": "T2", "direction": "right", "labels": ["holds_position"], "score": 0.7},
    ]  # fmt: skip
    task = to_task(document, model_version="v1")
    assert task == {
        "data": {"text": TEXT, "id": "made", "source": "by hand"},
        "predictions": [{"model_version": "v1", "score": pytest.approx(0.7), "result": expected}],
    }
    with pytest.raises(LabelStudioError, match="by_hand allows neither"):
        to_task(document, by_hand=True)


def test_two_relations_of_a_pair_share_an_arrow_and_keep_their_scores() -> None:
    entities = (Entity("p", "PERSON", 2, 16, 0.9), Entity("e", "EVENT", 43, 58, 0.9))
    relations = (Relation("chairs", "p", "e", 0.7), Relation("organizes", "p", "e", 0.2))
    task = to_task(Document("made", TEXT, entities, relations))
    arrows = [item for item in task["predictions"][0]["result"] if item["type"] == "relation"]
    assert [(item["labels"], item["scores"]) for item in arrows] == [(["chairs", "organizes"], [0.7, 0.2])]
    assert read_predictions(task, SCHEMA)[0].document.relations == relations
    (annotated,) = read_task(
        task | {"id": 5, "annotations": [{"id": 7, "result": [*task["predictions"][0]["result"]]}]}, SCHEMA
    )
    assert [relation.score for relation in annotated.document.relations] == [None, None]
    arrows[0]["scores"].pop()
    with pytest.raises(LabelStudioError, match="p → e: has 2 labels, but the scores"):
        read_predictions(task, SCHEMA)


def test_an_article_without_marks_is_a_bare_task_and_ids_with_a_hash_are_refused() -> None:
    assert to_task(Document("made", TEXT)) == {"data": {"text": TEXT, "id": "made", "source": ""}}
    with pytest.raises(LabelStudioError, match="'a#b'"):
        to_task(Document("made", TEXT, (Entity("a#b", "PERSON", 2, 16),)))


def test_the_samples_survive() -> None:
    for document in read_corpus(Path("annotations/samples.jsonl"), SCHEMA):
        (annotated,) = read_task(json.loads(json.dumps(to_task(document, by_hand=True))), SCHEMA)
        assert annotated.document.entities == document.entities
        assert links(annotated.document) == links(document)
        assert (annotated.document.source, annotated.notes) == (document.source, ())


PIECES = [
    "🎉",
    "👩‍👩‍👧",
    "é",
    "น้ำ",
    "ำ",
    "\u200b",
    "  ",
    "\n",
    "\r\n",
    "\u00a0",
    "\ufeff",
    "\\n",
    "<b>",
    "&amp;",
    "๑๒",
    "กก",
    '"',
]
SCORES = st.none() | st.floats(0, 1)


@st.composite
def documents(draw: st.DrawFn, *, scores: st.SearchStrategy[float | None]) -> Document:
    text, entities = "", []
    for words, label in draw(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
                st.none() | st.sampled_from(SCHEMA.entity_names),
            ),
            max_size=10,
        )
    ):
        if label and words.strip() == words:
            entities.append(Entity(f"r{len(entities)}", label, len(text), len(text) + len(words), draw(scores)))
        text += words
    possible = [
        (name, head.id, tail.id)
        for head in entities
        for tail in entities
        if head is not tail
        for name in SCHEMA.allowed(head.label, tail.label)
    ]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True, max_size=8)) if possible else []
    return Document("made", text, tuple(entities), tuple(Relation(*link, draw(scores)) for link in chosen), "s")


@given(documents(scores=st.none()))
def test_work_by_hand_survives_the_round_trip(document: Document) -> None:
    (annotated,) = read_task(json.loads(json.dumps(to_task(document, by_hand=True))), SCHEMA)
    read = annotated.document
    assert (read.id, read.text, read.source, read.entities) == ("made", document.text, "s", document.entities)
    assert links(read) == links(document)
    assert annotated.notes == ()


@given(documents(scores=SCORES))
def test_predictions_survive_the_round_trip_with_their_scores(document: Document) -> None:
    task = json.loads(json.dumps(to_task(document, model_version="v1")))
    (predicted,) = read_predictions(task, SCHEMA)
    assert (predicted.document.entities, links(predicted.document)) == (document.entities, links(document))
    assert (predicted.model_version, predicted.notes) == ("v1", ())
    pairs = [
        (item["from_id"], item["to_id"]) for item in task["predictions"][0]["result"] if item["type"] == "relation"
    ]
    assert len(pairs) == len(set(pairs))  # the editor keeps one arrow for a pair


@given(documents(scores=st.none()), st.integers(-2, 2), st.data())
def test_no_span_shifts_unseen(document: Document, shift: int, data: st.DataObject) -> None:
    """Shifted offsets are refused, or they say the same words."""
    task = deepcopy(to_task(document, by_hand=True))
    regions = [item for item in task["annotations"][0]["result"] if item["type"] == "labels"]
    if not regions:
        return
    value = data.draw(st.sampled_from(regions))["value"]
    told, value["start"], value["end"] = value["text"], value["start"] + shift, value["end"] + shift
    try:
        (annotated,) = read_task(task, SCHEMA)
    except LabelStudioError:
        return
    assert told in {annotated.document.text_of(entity) for entity in annotated.document.entities}
