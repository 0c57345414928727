"""Each person of an article is listed once, with all offices and seats that the article gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marked_text import read_marked

from thaigov_events.annotations import Schema, read_corpus
from thaigov_events.inference.assembly import assemble
from thaigov_events.inference.events import PersonRecord
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.record_parts import Evidence, Post
from thaigov_events.inference.roster import list_people

ROOT = Path(__file__).parents[2]


def read(marked: str, links: str = "", **more: Any) -> Extraction:
    """What a marked text says."""
    return Extraction.tell(read_marked(marked, links, **more).check(Schema.load()))


def find_actors(part: Any) -> Iterator[dict[str, Any]]:
    """Those who chair, take part, organise or are appointed in records or their parts."""
    if isinstance(part, list):
        for each in part:
            yield from find_actors(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("chair", "holder"):
                yield value
            elif key in ("chairs", "other_chairs", "participants", "organizers"):
                yield from value
            else:
                yield from find_actors(value)


def only(marked: str, links: str = "", **more: Any) -> dict[str, Any]:
    (person,) = read(marked, links, **more).people
    return person


def test_person_in_no_event_is_listed_with_the_office() -> None:
    said = read("[P1 พ.ต.อ.สมมุติ ใจดี (ต้น)] [O1 นายอำเภอคลองใหญ่] กล่าวถึงฝน", "holds_position P1 O1")
    assert said.events == []
    assert said.people == [
        {
            "id": "d1:P1", "document": "d1", "name": "พ.ต.อ.สมมุติ ใจดี (ต้น)", "rank": "พ.ต.อ.", "given_name": "สมมุติ",
            "surname": "ใจดี", "alias": "ต้น", "mentions": ["P1"],
            "positions": [
                {"position": "นายอำเภอคลองใหญ่", "mentions": ["P1", "O1"],
                 "office": {"grade": "district chief", "area": "TH-23", "district": "คลองใหญ่"}}
            ],
        }
    ]  # fmt: skip


def test_person_without_an_office_is_listed() -> None:
    assert only("[P1 นายสมมุติ ใจดี] เปิดงาน") == {
        "id": "d1:P1", "document": "d1", "name": "นายสมมุติ ใจดี", "title": "นาย", "given_name": "สมมุติ", "surname": "ใจดี",
        "mentions": ["P1"],
    }  # fmt: skip
    assert read("ไม่มีใคร").people == []


def test_mentions_of_one_person_are_one_with_the_office_that_stands_alone() -> None:
    person = only(
        "[P1 นายสมมุติ] [O1 ผวจ.ตราด] เปิดงาน\n[P2 นายสมมุติ ใจดี] [O2 ผู้ว่าราชการจังหวัดตราด] กล่าว\nจากนั้น [O3 ผู้ว่าฯ] ลงพื้นที่",
        "holds_position P1 O1, holds_position P2 O2",
    )
    assert (person["name"], person["mentions"]) == ("นายสมมุติ ใจดี", ["P1", "P2", "O3"])
    (post,) = person["positions"]
    assert post == {
        "position": "ผู้ว่าราชการจังหวัดตราด", "office": {"grade": "governor", "area": "TH-23"},
        "mentions": ["P1", "O1", "P2", "O2"],
    }  # fmt: skip


def test_actors_name_their_person_also_by_an_office_that_stands_alone() -> None:
    said = read(
        "[P1 นายสมมุติ] [O1 ผวจ.ตราด] เปิด[E1 งาน]\n[P2 นายสมมุติ ใจดี] ลงพื้นที่[E2 ตรวจน้ำ] กับ [G1 กรมชลประทาน]\n"
        "จากนั้น [O2 ผู้ว่าฯ] เป็นประธาน[E3 การประชุม] มี [O3 นายอำเภอ] ร่วม",
        "chairs P1 E1, holds_position P1 O1, chairs P2 E2, participates G1 E2, chairs O2 E3, participates O3 E3",
    )
    (person,) = said.people
    assert [event["chair"]["person"] for event in said.events] == [person["id"]] * 3
    assert not any("person" in actor for event in said.events for actor in event.get("participants", ()))


def test_all_offices_stand_in_order_with_their_own_confidence() -> None:
    scores = {"P1": 0.9, "P2": 0.8, "O1": 0.7, "O2": 0.95, "holds_position P1 O1": 1.0, "holds_position P2 O2": 0.6}
    person = only(
        "[P1 นางวิไล ทองแท้] [O1 พัฒนาการจังหวัดตราด] กล่าว\n[P2 นางวิไล] ได้รับแต่งตั้งเป็น[O2 ประธานกองทุน]",
        "holds_position P1 O1, holds_position P2 O2",
        scores=scores,
    )
    assert [(post["position"], post["confidence"]) for post in person["positions"]] == [
        ("พัฒนาการจังหวัดตราด", 0.7), ("ประธานกองทุน", 0.6),
    ]  # fmt: skip
    assert person["confidence"] == 0.9


def test_deputy_does_not_hold_the_office_that_they_stand_in_for() -> None:
    person = only(
        "[P1 นายสมมุติ ใจดี] [O1 รองผู้ว่าราชการจังหวัดตราด] แทน [O2 ผู้ว่าราชการจังหวัดตราด]",
        "holds_position P1 O1, holds_position P1 O2",
    )
    assert [post["position"] for post in person["positions"]] == ["รองผู้ว่าราชการจังหวัดตราด"]


def test_seats_by_name_and_by_code_are_one() -> None:
    person = only(
        "[P1 นายสมมุติ ใจดี] กรรมการ [C1 คณะกรรมการสานพลังจังหวัดตราด] ([K1 คปส.])\n[P2 นายสมมุติ] ในนาม [K2 คปส.]",
        "member_of P1 C1, has_code C1 K1, member_of P2 K2",
    )
    assert person["member_of"] == [
        {"name": "คณะกรรมการสานพลังจังหวัดตราด", "code": "คปส.", "mentions": ["C1", "K1", "K2"]}
    ]


@pytest.mark.parametrize("corpus", ["samples", "authored"])
def test_every_mention_is_of_one_person_and_no_office_is_lost(corpus: str) -> None:
    for document in read_corpus(ROOT / "annotations" / f"{corpus}.jsonl"):
        graph = Graph.build(document)
        people = list(list_people(graph))
        labels = {entity.id: entity.label for entity in document.entities}
        told = Counter(mention for person in people for mention in person.evidence.mentions)
        assert {m for m, label in labels.items() if label == "PERSON"} == {m for m in told if labels[m] == "PERSON"}
        assert set(told.values()) <= {1} and len({person.id for person in people}) == len(people)
        actors = list(find_actors([record.to_dict() for record in assemble(graph)]))
        assert {actor["person"] for actor in actors if "name" in actor} <= {person.id for person in people}
        assert all(("person" in actor) == ("name" in actor) for actor in actors)
        bearers = {mention: person for person in people for mention in person.evidence.mentions}
        for link in document.relations:
            if link.label == "holds_position":
                held = bearers[link.head].positions
                # an office is left out only where the person is the deputy of its holder
                deputies = [post for post in held if post.office and post.office.grade.startswith("deputy ")]
                assert deputies or any(link.tail in post.evidence.mentions for post in held), (document.id, link)


def test_records_without_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match="d1:P1: needs a name"):
        PersonRecord("d1:P1", "d1", "", Evidence(("P1",)))
    with pytest.raises(ValueError, match="needs a position"):
        Post(Evidence(("O1",)), "")
