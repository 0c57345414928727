"""Agreement and conflicts of several annotators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from thaigov_events.annotations import Document, Entity, Relation
from thaigov_events.annotations.adjudication import Agreement, format_agreement, list_conflicts
from thaigov_events.annotations.label_studio import Annotated
from thaigov_events.annotations.metrics import compare

FULL = Document(
    "made",
    "นายสมมุติ เป็นประธานการประชุม จังหวัดตราด",
    (Entity("a", "PERSON", 0, 9), Entity("b", "EVENT", 20, 29), Entity("c", "LOCATION", 30, 41)),
    (Relation("chairs", "a", "b"), Relation("held_at", "b", "c")),
)
OTHER_IDS = Document(
    "made",
    FULL.text,
    (Entity("x", "PERSON", 0, 9), Entity("y", "EVENT", 20, 29), Entity("z", "VENUE", 30, 41)),
    (Relation("held_at", "y", "z"),),
)


def work(document: Document, annotator: int | None) -> Annotated:
    return Annotated(document, task=5, annotation=7, annotator=annotator)


def test_conflicts_name_what_some_marked_and_others_did_not() -> None:
    found = list_conflicts([work(FULL, 1), work(OTHER_IDS, 2), work(FULL, None)])
    assert [(c["kind"], c["label"], c["marked_by"], c["not_by"]) for c in found] == [
        ("entity", "LOCATION", [1, None], [2]),
        ("entity", "VENUE", [2], [1, None]),
        ("relation", "chairs", [1, None], [2]),  # held_at waits until its end is settled
    ]
    assert (found[0]["task"], found[0]["start"], found[0]["end"], found[0]["text"]) == (5, 30, 41, "จังหวัดตราด")
    assert (found[2]["head"]["text"], found[2]["tail"]["text"]) == ("นายสมมุติ", "การประชุม")


def test_other_ids_and_orders_are_no_conflict() -> None:
    same = Document("made", FULL.text, tuple(replace(e, id=e.id * 2) for e in FULL.entities),
                    tuple(replace(r, head=r.head * 2, tail=r.tail * 2) for r in reversed(FULL.relations)))  # fmt: skip
    assert list_conflicts([work(FULL, 1), work(same, 2)]) == []
    assert list_conflicts([work(FULL, 1)]) == [] == list_conflicts([])


def test_each_two_annotators_are_compared_over_the_tasks_of_both() -> None:
    agreement = Agreement()
    agreement.add([work(FULL, 1), work(OTHER_IDS, 2)])
    agreement.add([work(replace(FULL, id="next"), 1), work(replace(FULL, id="next"), 3)])
    agreement.add([work(replace(FULL, id="alone"), 1)])
    found = agreement.compare(resamples=10)
    assert {pair: (c.documents, round(c.entities.total.f1, 3), c.relations.total.f1) for pair, c in found.items()} == {
        (1, 2): (1, pytest.approx(0.667), 0.0),
        (1, 3): (1, 1.0, 1.0),
    }
    assert found[1, 2] == compare([FULL], [OTHER_IDS], resamples=10)
    table = format_agreement(found)
    assert "| annotator-1 and annotator-2 | 1 | 0.667 [0.667, 0.667] | 0.000" in table and "| LOCATION |" in table
    assert format_agreement({}) == "No task was done by two annotators.\n"
