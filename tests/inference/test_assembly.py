"""What an article states lands in the right record, with its evidence, and nothing is guessed."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_text import read_marked

from thaigov_events.annotations import Document, Entity, Relation, Schema, read_corpus
from thaigov_events.inference.assembly import assemble, attach_values
from thaigov_events.inference.cards import list_mentions
from thaigov_events.inference.events import LooseFigureRecord, classify_trigger
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.record_parts import Actor, Committee, Evidence, Office

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
SCHEMA = Schema.load()
MEETING = """[L1 จังหวัดตราด]จัด[E1 ประชุม][K1 คปส.] [N1 ครั้งที่ 1/2570]
เมื่อวันที่ [D1 10 กันยายน 2569] เวลา [T1 09.30 น.] [P1 นายสมมุติ ใจดี] [O1 ผู้ว่าราชการจังหวัดตราด] นั่งหัวโต๊ะ[E2 การประชุม][C1 คณะกรรมการสานพลังจังหวัดตราด] ([K2 คปส.]) ณ [V1 ห้องประชุมพลอย ศาลากลางจังหวัดตราด] โดยมี [P2 นางวิไล ทองแท้] [O2 พัฒนาการจังหวัดตราด] และ[O3 นายอำเภอ] ร่วม[E3 ประชุม] พิจารณา[J1 โครงการ “ตลาดดี”] [R1 ปีงบประมาณ 2570] งบ [M1 1.5 ล้านบาท] [Q1 6 กลุ่ม]
[P3 นายสมมุติ] กล่าวว่า [J2 โครงการตลาดดี] มี [Q2 6 กลุ่ม]"""
MEETING_LINKS = (
    "organizes L1 E1, meeting_of E1 K1, has_session E1 N1, held_on E2 D1, held_on E2 T1, holds_position P1 O1, chairs P1 E2,"
    " meeting_of E2 C1, has_code C1 K2, held_at E2 V1, holds_position P2 O2, participates P2 E3, participates O3 E3,"
    " concerns E3 J1, in_period J1 R1, has_value J1 M1, has_value J1 Q1, has_value J2 Q2, same_event E2 E1, same_event E3 E2"
)


def read(marked: str, links: str = "", **more: Any) -> Document:
    return read_marked(marked, links, **more).check(SCHEMA)


def records(marked: str, links: str = "", kind: str = "", **more: Any) -> list[dict[str, Any]]:
    """The records of a marked text as dicts that have been JSON, of one kind or of all."""
    found = [json.loads(json.dumps(record.to_dict())) for record in assemble(Graph.build(read(marked, links, **more)))]
    return [record for record in found if kind in ("", record["kind"])]


def only(marked: str, links: str, kind: str = "event", **more: Any) -> dict[str, Any]:
    (record,) = records(marked, links, kind, **more)
    return record


def pick(part: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: part[key] for key in keys if key in part}


def test_meeting_is_one_record_over_all_its_mentions() -> None:
    record = only(MEETING, MEETING_LINKS, "")
    assert pick(record, "kind", "id", "document", "type", "trigger", "mentions") == {
        "kind": "event", "id": "d1:E1", "document": "d1", "type": "meeting", "trigger": "การประชุม", "mentions": ["E1", "E2", "E3"],
    }  # fmt: skip
    assert record["committee"] == {"name": "คณะกรรมการสานพลังจังหวัดตราด", "code": "คปส.", "mentions": ["K1", "C1", "K2"]}
    assert record["session"] == {
        "text": "ครั้งที่ 1/2570", "type": "session", "number": record["session"]["number"],
        "year_be": 2570, "year_ce": 2027, "mentions": ["N1"],
    }  # fmt: skip
    assert [pick(date, "start", "end", "mentions") for date in record["dates"]] == [
        {"start": "2026-09-10", "end": "2026-09-10", "mentions": ["D1"]}
    ]
    assert [pick(each, "start", "mentions") for each in record["times"]] == [{"start": "09:30", "mentions": ["T1"]}]
    assert record["venue"] == {"name": "ห้องประชุมพลอย ศาลากลางจังหวัดตราด", "mentions": ["V1"]}
    assert record["place"] == {
        "basis": "venue", "province": "ตราด", "iso_3166_2": "TH-23", "dopa_code": "23", "mentions": ["V1"],
    }  # fmt: skip
    assert record["chair"] == {
        "name": "นายสมมุติ ใจดี", "title": "นาย", "given_name": "สมมุติ", "surname": "ใจดี", "person": "d1:P1",
        "position": "ผู้ว่าราชการจังหวัดตราด", "office": {"grade": "governor", "area": "TH-23"}, "mentions": ["P1", "O1"],
    }  # fmt: skip
    assert [pick(each, "name", "position", "office", "mentions") for each in record["participants"]] == [
        {"name": "นางวิไล ทองแท้", "position": "พัฒนาการจังหวัดตราด", "mentions": ["P2", "O2"],
         "office": {"grade": "provincial head", "body": "สำนักงานพัฒนาชุมชนจังหวัดตราด", "area": "TH-23"}},
        {"position": "นายอำเภอ", "office": {"grade": "district chief"}, "mentions": ["O3"]},
    ]  # fmt: skip
    assert record["organizers"] == [{"location": "จังหวัดตราด", "mentions": ["L1"]}]
    assert set(record) == {
        "kind", "id", "document", "type", "trigger", "committee", "session", "dates", "times", "venue", "place", "chair",
        "participants", "organizers", "topics", "mentions",
    }  # fmt: skip


def test_topic_has_its_own_values_from_every_mention_of_its_name() -> None:
    (topic,) = only(MEETING, MEETING_LINKS, "")["topics"]
    assert pick(topic, "type", "name", "mentions") == {"type": "project", "name": "โครงการ “ตลาดดี”", "mentions": ["J1"]}
    assert [pick(each, "minimum", "unit", "mentions") for each in topic["amounts"]] == [
        {"minimum": "1500000", "unit": "THB", "mentions": ["M1"]}
    ]
    assert [pick(each, "minimum", "unit", "mentions") for each in topic["counts"]] == [
        {"minimum": "6", "unit": "กลุ่ม", "mentions": ["Q1", "Q2"]}
    ]
    assert [pick(each, "start", "end", "fiscal_year_be") for each in topic["periods"]] == [
        {"start": "2026-10-01", "end": "2027-09-30", "fiscal_year_be": 2570}
    ]


def test_equal_values_of_one_mention_are_two_facts_and_periods_tell_values_apart() -> None:
    marked = (
        "[J1 โครงการก] ชาย [Q1 50 คน] หญิง [Q2 50 คน] [R1 ปี 2569] ขอ [M1 5 บาท] [R2 ปี 2570] [J2 โครงการก] ขอ [M2 5 บาท]"
    )
    links = "has_value J1 Q1, has_value J1 Q2, has_value J1 M1, has_value J2 M2, in_period M1 R1, in_period M2 R2"
    record = only(marked, links, "project")
    assert [count["mentions"] for count in record["counts"]] == [["Q1"], ["Q2"]]
    assert [(each["mentions"], each["periods"][0]["mentions"]) for each in record["amounts"]] == [
        (["M1"], ["R1"]),
        (["M2"], ["R2"]),
    ]


@pytest.mark.parametrize(
    ("before", "year", "expected"),
    [
        ("ใช้งบประมาณ", "ปี 2568", {"start": "2024-10-01", "end": "2025-09-30", "kind": "fiscal_year"}),
        ("ใช้งบประมาณ ประจำ", "ปี 2568", {"start": "2024-10-01", "end": "2025-09-30", "kind": "fiscal_year"}),
        ("ใช้งบฯ ", "2568", {"start": "2024-10-01", "end": "2025-09-30", "kind": "fiscal_year"}),
        ("ใช้งบ ", "ปี ๒๕๖๘", {"start": "2024-10-01", "end": "2025-09-30", "kind": "fiscal_year"}),
        ("ใช้งบประมาณ", "ปีภาษี 2568", {"start": "2025-01-01", "end": "2025-12-31", "kind": "calendar_year"}),
        ("ใช้งบของ", "ปี 2568", {"start": "2025-01-01", "end": "2025-12-31", "kind": "calendar_year"}),
        ("ความสงบ ", "ปี 2568", {"start": "2025-01-01", "end": "2025-12-31", "kind": "calendar_year"}),
    ],
)
def test_a_year_directly_after_a_budget_is_fiscal(before: str, year: str, expected: dict[str, str]) -> None:
    (period,) = only(f"[J1 โครงการก] {before}[R1 {year}]", "in_period J1 R1", "project")["periods"]
    assert pick(period, "start", "end", "kind") == expected
    assert pick(period, "text", "mentions") == {"text": year, "mentions": ["R1"]}


def test_facts_come_only_through_same_event() -> None:
    marked = "[D1 1 มกราคม 2570] [P1 นายก ข] เปิด[E1 การประชุม] ณ [V1 วัดก] แล้ว[E2 ลงพื้นที่][L1 บ้านก]"
    links = "held_on E1 D1, chairs P1 E1, held_at E1 V1, held_at E2 L1"
    meeting, visit = records(marked, links, "event")
    assert "chair" in meeting and set(visit) == {"kind", "id", "document", "type", "trigger", "place", "mentions"}
    (joined,) = records(marked, links + ", same_event E2 E1", "event")
    assert joined["mentions"] == ["E1", "E2"] and joined["place"]["areas"] == ["บ้านก"] and "chair" in joined


def test_same_event_is_transitive_in_any_order() -> None:
    marked = "[E1 ประชุม] [E2 ประชุม] [E3 ประชุม] [E4 ประชุม] [D1 1 มกราคม 2570]"
    record = only(marked, "same_event E4 E3, same_event E2 E1, same_event E3 E2, held_on E4 D1")
    assert record["mentions"] == ["E1", "E2", "E3", "E4"] and record["id"] == "d1:E1"
    fork = only(marked, "same_event E3 E1, same_event E3 E2, same_event E4 E3, held_on E4 D1")
    assert fork["mentions"] == ["E1", "E2", "E3", "E4"]
    circle = only(marked, "same_event E2 E1, same_event E1 E2, held_on E2 D1, same_event E3 E2, same_event E4 E1")
    assert circle["mentions"] == ["E1", "E2", "E3", "E4"]


@pytest.mark.parametrize(
    ("marked", "links", "groups"),
    [
        # Sessions of other numbers or years, also over a mention between them; the surer link holds.
        (
            "[E1 ประชุม] [N1 ครั้งที่ 4/2569] [E2 ประชุม] [N2 4/2570]",
            "has_session E1 N1, has_session E2 N2",
            [["E1"], ["E2"]],
        ),
        (
            "[E1 ประชุม] [N1 ครั้งที่ 4] [E2 ประชุม] [E3 ประชุม] [N3 ครั้งที่ 5]",
            "has_session E1 N1, has_session E3 N3",
            [["E1"], ["E2", "E3"]],
        ),
        (
            "[E1 ประชุม] [N1 ครั้งที่ 4/2569] [E2 ประชุม] [N2 ครั้งที่ 4] [E3 ประชุม] [N3 ครั้งที่ 4/2570]",
            "has_session E1 N1, has_session E2 N2, has_session E3 N3",
            [["E1"], ["E2", "E3"]],
        ),
        # What is written otherwise, for two in one or not at all does not contradict.
        ("[E1 ประชุม] [N1 ครั้งที่ ๔] [E2 ประชุม] [N2 4/2569]", "has_session E1 N1, has_session E2 N2", [["E1", "E2"]]),
        ("[E1 ประชุม] [N1 44,45/2569] [E2 ประชุม] [N2 45/2569]", "has_session E1 N1, has_session E2 N2", [["E1", "E2"]]),
        ("[E1 ประชุม] [N1 ครั้งใหม่] [E2 ประชุม] [N2 4/2569]", "has_session E1 N1, has_session E2 N2", [["E1", "E2"]]),
        # Committees, by their names or codes.
        (
            "[E1 ประชุม][C1 คณะกรรมการน้ำ] [E2 ประชุม][C2 คณะกรรมการป่า]",
            "meeting_of E1 C1, meeting_of E2 C2",
            [["E1"], ["E2"]],
        ),
        (
            "[E1 ประชุม][C1 คณะกรรมการน้ำ] [E2 ประชุม][K1 กนน.] [C2 คณะกรรมการป่า] ([K2 กนน.])",
            "meeting_of E1 C1, meeting_of E2 K1, has_code C2 K2",
            [["E1"], ["E2"]],
        ),
        ("[E1 ประชุม][K1 กปช.] [E2 ประชุม][K2 สมพ.]", "meeting_of E1 K1, meeting_of E2 K2", [["E1"], ["E2"]]),
        ("[E1 ประชุม][K1 กปช.] [E2 ประชุม][C1 คณะกรรมการน้ำ]", "meeting_of E1 K1, meeting_of E2 C1", [["E1", "E2"]]),
        ("[E1 ประชุม][C1 คณะกรรมการน้ำ] [E2 ประชุม][C2 คณะกรรมการ]", "meeting_of E1 C1, meeting_of E2 C2", [["E1", "E2"]]),
    ],
)
def test_same_event_joins_no_meetings_of_different_sessions_or_committees(
    marked: str, links: str, groups: list[list[str]]
) -> None:
    chain = "same_event E2 E1" + (", same_event E3 E2" if "[E3" in marked else "")
    scores = {"same_event E2 E1": 0.6, "same_event E3 E2": 0.9}
    graph = Graph.build(read(marked, f"{chain}, {links}", scores=scores))
    found = [[each.id for each in same] for (label, _), same in graph.mentions.items() if label == "EVENT"]
    assert found == groups


def test_project_cut_off_is_the_one_longer_name_before_it() -> None:
    marked = "[J1 โครงการพัฒนาแหล่งน้ำสำรองชุมชนอย่างยั่งยืน] แล้ว [J2 โครงการพัฒนาแหล่งน้ำสำรองชุมชนฯ] ใช้ [M1 5 บาท]"
    record = only(marked, "has_value J2 M1", "project")
    assert record["name"] == "โครงการพัฒนาแหล่งน้ำสำรองชุมชนอย่างยั่งยืน" and record["amounts"][0]["mentions"] == ["M1"]
    several = "[J3 โครงการพัฒนาแหล่งน้ำสำรองชุมชนเมือง] " + marked
    assert only(several, "has_value J2 M1", "project")["name"] == "โครงการพัฒนาแหล่งน้ำสำรองชุมชนฯ"


def test_mentions_of_one_person_are_one_participant_with_the_full_name() -> None:
    marked = "[O1 รองปลัด] [P1 ไกรสร] ร่วม[E1 ประชุม]\n[P2 นายไกรสร กองดี] [O2 รองปลัดกระทรวง] ร่วม[E2 ประชุม] กับ [P3 ดร.ไกรสร กองดี] และ [P4 นายมานะ อื่น]"
    links = "holds_position P1 O1, participates P1 E1, holds_position P2 O2, participates P2 E2, participates P3 E2, participates P4 E2, same_event E2 E1"
    assert [pick(each, "name", "position", "other_positions", "mentions") for each in only(marked, links)["participants"]] == [
        {"name": "นายไกรสร กองดี", "position": "รองปลัดกระทรวง", "other_positions": ["รองปลัด"], "mentions": ["O1", "P1", "P2", "O2", "P3"]},
        {"name": "นายมานะ อื่น", "mentions": ["P4"]},
    ]  # fmt: skip


def test_full_office_beside_the_full_name_comes_before_the_short_one_of_the_title() -> None:
    marked = "[O1 รมช.][P1 ไกรสร] เปิด[E1 การประชุม] [N1 ครั้งที่ 1/2570] ณ [V1 วัดก]\n[P2 นายไกรสร กองดี] [O2 รัฐมนตรีช่วย] เปิด[E2 การประชุม]"
    links = "holds_position P1 O1, chairs P1 E1, has_session E1 N1, held_at E1 V1, holds_position P2 O2, chairs P2 E2, same_event E2 E1"
    assert pick(only(marked, links)["chair"], "position", "other_positions") == {
        "position": "รัฐมนตรีช่วย", "other_positions": ["รมช."],
    }  # fmt: skip


def test_position_comes_from_the_nearest_mention_that_has_one() -> None:
    marked = "[P1 นายก ข] [O1 ปลัดจังหวัด]\nต่อมา [P2 นายก ข] [O2 นายอำเภอเมือง] พบ\n[P3 นายก] เป็นประธาน[E1 พิธีเปิด]"
    chair = only(marked, "holds_position P1 O1, holds_position P2 O2, chairs P3 E1")["chair"]
    assert pick(chair, "name", "position", "mentions") == {
        "name": "นายก ข", "position": "นายอำเภอเมือง", "mentions": ["P1", "P2", "O2", "P3"],
    }  # fmt: skip


def test_office_in_the_title_is_the_person_of_the_text_but_a_class_beside_a_person_is_not() -> None:
    marked = "[O1 ปลัดจังหวัด] ร่วม[E1 ประชุม]\n[P1 นายก ข] [O2 ปลัดจังหวัด] [P2 นายค ง] [O3 นายอำเภอ] และ[O4 นายอำเภอ] ร่วม[E2 ประชุม]"
    links = (
        "participates O1 E1, participates P1 E2, holds_position P1 O2, participates P2 E2, holds_position P2 O3,"
        " participates O4 E2, same_event E2 E1"
    )
    assert [pick(each, "name", "position", "mentions") for each in only(marked, links)["participants"]] == [
        {"name": "นายก ข", "position": "ปลัดจังหวัด", "mentions": ["O1", "P1", "O2"]},
        {"name": "นายค ง", "position": "นายอำเภอ", "mentions": ["P2", "O3"]},
        {"position": "นายอำเภอ", "mentions": ["O4"]},
    ]


def test_named_chair_comes_first_and_the_rest_is_kept() -> None:
    marked = (
        "[O1 มท.1] เปิด[E1 ประชุม] [K1 กก.] ที่ [V1 ระบบ VCS] [D1 1 มกราคม 2570] [P1 นายก ข] เปิด[E2 ประชุม] ที่ [V2 หอประชุม]"
    )
    links = (
        "chairs O1 E1, meeting_of E1 K1, held_at E1 V1, held_on E1 D1, chairs P1 E2, held_at E2 V2, same_event E2 E1"
    )
    record = only(marked, links)
    assert record["chair"]["name"] == "นายก ข" and [
        pick(each, "position", "mentions") for each in record["other_chairs"]
    ] == [{"position": "มท.1", "mentions": ["O1"]}]
    assert record["venue"]["name"] == "ระบบ VCS"
    assert [venue["name"] for venue in record["other_venues"]] == ["หอประชุม"]


def test_code_is_found_at_any_mention_and_never_between_two_bodies() -> None:
    marked = "[E1 ประชุม][C1 คณะกรรมการก] ครั้งใหม่\n[C2 คณะกรรมการ ก] ([K1 กก.])\n[E2 ประชุม][K2 กก.]"
    first, second = records(marked, "meeting_of E1 C1, has_code C2 K1, meeting_of E2 K2", "event")
    assert first["committee"] == {"name": "คณะกรรมการก", "code": "กก.", "mentions": ["C1", "C2", "K1"]}
    assert second["committee"] == {"name": "คณะกรรมการ ก", "code": "กก.", "mentions": ["C2", "K1", "K2"]}
    shared = marked + " [C3 คณะทำงานข] ([K3 กก.])"
    _, second = records(shared, "meeting_of E1 C1, has_code C2 K1, meeting_of E2 K2, has_code C3 K3", "event")
    assert second["committee"] == {"code": "กก.", "mentions": ["K2"]}


def test_office_alone_is_its_holder_with_the_evidence_of_both() -> None:
    marked = "[P1 นายสมมุติ ใจดี] [O1 ผู้ว่าราชการจังหวัดตราด] เปิด[E1 พิธีเปิด]\nจากนั้น [O2 ผู้ว่าฯ] ได้[E2 ลงพื้นที่] พร้อม [O3 นายอำเภอ]"
    links = "holds_position P1 O1, chairs P1 E1, chairs O2 E2, participates O3 E2"
    _, visit = records(marked, links, "event")
    assert pick(visit["chair"], "name", "position", "office", "mentions") == {
        "name": "นายสมมุติ ใจดี", "position": "ผู้ว่าราชการจังหวัดตราด", "mentions": ["P1", "O1", "O2"],
        "office": {"grade": "governor", "area": "TH-23"},
    }  # fmt: skip
    assert visit["participants"] == [
        {"position": "นายอำเภอ", "office": {"grade": "district chief"}, "mentions": ["O3"]}
    ]


def test_person_and_the_same_office_alone_are_one_participant() -> None:
    marked = "[P1 พ.ต.อ.สมมุติ ใจดี (ต้น)] [O1 รมว.ทส.] ร่วม[E1 ประชุม]\nแล้ว [O2 รัฐมนตรีว่าการกระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม] เข้า[E2 การประชุม]"
    links = "holds_position P1 O1, participates P1 E1, participates O2 E2, same_event E2 E1"
    assert only(marked, links)["participants"] == [
        {
            "name": "พ.ต.อ.สมมุติ ใจดี (ต้น)", "rank": "พ.ต.อ.", "given_name": "สมมุติ", "surname": "ใจดี", "alias": "ต้น",
            "person": "d1:P1", "position": "รมว.ทส.", "mentions": ["P1", "O1", "O2"],
            "office": {"grade": "minister", "body": "กระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม"},
        }
    ]  # fmt: skip


def test_deputy_who_stands_in_for_the_governor_does_not_hold_that_office() -> None:
    marked = (
        "[P1 นายสมมุติ ใจดี] [O1 รองผู้ว่าราชการจังหวัดตราด] แทน[O2 ผู้ว่าราชการจังหวัดตราด] และ[O3 ผู้ว่าราชการจังหวัดเลย] เปิด[E1 ประชุม]"
    )
    links = "chairs P1 E1, holds_position P1 O1, holds_position P1 O2, holds_position P1 O3"
    assert pick(only(marked, links)["chair"], "position", "other_positions", "mentions") == {
        "position": "รองผู้ว่าราชการจังหวัดตราด", "other_positions": ["ผู้ว่าราชการจังหวัดเลย"], "mentions": ["P1", "O1", "O3"],
    }  # fmt: skip


def test_new_post_says_which_office_it_is_also_where_a_deputy_is_promoted() -> None:
    marked = "แต่งตั้ง [P1 นายสมมุติ ใจดี] [O1 รองผู้ว่าราชการจังหวัดตราด] ดำรงตำแหน่ง[O2 ผู้ว่าราชการจังหวัดตราด]"
    record = only(marked, "holds_position P1 O1, holds_position P1 O2", "appointment")
    assert (record["position"], record["office"]) == (
        "ผู้ว่าราชการจังหวัดตราด", {"grade": "governor", "area": "TH-23"},
    )  # fmt: skip
    assert record["holder"]["office"] == {"grade": "deputy governor", "area": "TH-23"}


def test_agency_and_its_abbreviation_are_one_organiser_by_its_full_name() -> None:
    marked = "[G1 พช.] จัด[E1 อบรม]\n[G2 กรมการพัฒนาชุมชน] ([G3 พช.]) และ [G4 กรมก] จัด[E2 อบรม]"
    organizers = only(marked, "organizes G1 E1, organizes G2 E2, organizes G4 E2, same_event E2 E1")["organizers"]
    assert organizers == [
        {"organization": "กรมการพัฒนาชุมชน", "mentions": ["G1", "G2"]},
        {"organization": "กรมก", "mentions": ["G4"]},
    ]


def test_misspelt_code_and_short_name_are_the_committee() -> None:
    marked = (
        "[E1 ประชุม][C1 คณะกรรมการสานพลังชุมชนเข้มแข็ง] ([K1 คสป.])\n[E2 ประชุม][K2 คปส.]\n[E3 ประชุม][C2 คณะกรรมการสานพลังฯ]"
    )
    links = "meeting_of E1 C1, has_code C1 K1, meeting_of E2 K2, meeting_of E3 C2"
    assert [record["committee"] for record in records(marked, links, "event")] == [
        {"name": "คณะกรรมการสานพลังชุมชนเข้มแข็ง", "code": "คสป.", "mentions": mentions}
        for mentions in (["C1", "K1"], ["C1", "K1", "K2"], ["C1", "K1", "C2"])
    ]


def test_session_without_year_is_the_one_with_it() -> None:
    marked = "[E1 ประชุม] [N1 ครั้งที่ 4]\n[E2 ประชุม] [N2 ครั้งที่ 4/2569] ต่อจาก [E3 ประชุม] [N3 ครั้งที่ 3]"
    links = "has_session E1 N1, has_session E2 N2, same_event E2 E1, has_session E3 N3"
    joined, other = records(marked, links, "event")
    assert joined["session"]["mentions"] == ["N1", "N2"] and joined["session"]["year_be"] == 2569
    assert "other_sessions" not in joined and other["session"]["mentions"] == ["N3"]


def test_place_follows_areas_upwards() -> None:
    marked = "[E1 พิธีเปิด] ณ [V1 วัดก] [L1 ต.คลองสี่] [L2 อ.คลองหลวง] [L3 จ.ปทุมธานี]"
    links = "held_at E1 V1, located_in V1 L1, located_in L1 L2, located_in L2 L3"
    assert only(marked, links)["place"] == {
        "basis": "stated", "areas": ["ต.คลองสี่", "อ.คลองหลวง", "จ.ปทุมธานี"], "province": "ปทุมธานี", "iso_3166_2": "TH-13",
        "district": "คลองหลวง", "subdistrict": "คลองสี่", "dopa_code": "130204", "mentions": ["V1", "L1", "L2", "L3"],
    }  # fmt: skip


def test_circle_of_areas_ends() -> None:
    marked = "[E1 พิธีเปิด] ณ [L1 บ้านก] [L2 บ้านข]"
    assert only(marked, "held_at E1 L1, located_in L1 L2, located_in L2 L1")["place"]["areas"] == ["บ้านก", "บ้านข"]


def test_an_area_written_in_two_ways_is_one() -> None:
    marked = "[E1 ประชุม]ที่ [L1 จ.น่าน] [L2 หมู่ 3 ต.ภูคา] [L3 ต.ภูคา] [L4 อ.ปัว] [L5 จังหวัดน่าน] [M1 5 ล้านบาท] [M2 9 ล้านบาท]"
    links = (
        "held_at E1 L1, held_at E1 L2, held_at E1 L3, located_in L2 L3, located_in L3 L4, located_in L4 L5, "
        "has_value L1 M1, has_value L5 M2"
    )
    assert only(marked, links)["place"]["areas"] == ["จังหวัดน่าน", "หมู่ 3 ต.ภูคา", "ต.ภูคา", "อ.ปัว"]
    (figures,) = records(marked, links, "figures")
    assert figures["name"] == "จังหวัดน่าน" and len(figures["amounts"]) == 2


def test_areas_of_different_provinces_stay_apart() -> None:
    marked = "[E1 ลงพื้นที่][L1 จังหวัดชุมพร] [L2 จังหวัดระนอง] และ [V1 ศาลา] [L3 อำเภอเกาะสมุย] [L4 จังหวัดสุราษฎร์ธานี] [L5 ตำบลก]"
    links = "held_at E1 L1, held_at E1 L2, held_at E1 V1, located_in V1 L3, located_in L3 L4, held_at E1 L5"
    record = only(marked, links)
    assert [
        pick(place, "province", "district", "subdistrict") for place in (record["place"], *record["other_places"])
    ] == [
        {"province": "ชุมพร"},
        {"province": "ระนอง"},
        {"province": "สุราษฎร์ธานี", "district": "เกาะสมุย"},
        {"subdistrict": "ก"},
    ]


def test_area_that_could_lie_in_two_provinces_joins_neither() -> None:
    marked = "[E1 ลงพื้นที่][L1 ตำบลก] [L2 จังหวัดชุมพร] [L3 จังหวัดระนอง] ณ [V1 ศาลากลางจังหวัดเลย]"
    record = only(marked, "held_at E1 L1, held_at E1 L2, held_at E1 L3, held_at E1 V1")
    assert [place["areas"] for place in (record["place"], *record["other_places"])] == [
        ["จังหวัดชุมพร"],
        ["จังหวัดระนอง"],
        ["ตำบลก"],
    ]
    districts = only(
        "[E1 ลงพื้นที่][L1 อำเภอก] [L2 อำเภอข] ณ [V1 ศาลากลางจังหวัดเลย]", "held_at E1 L1, held_at E1 L2, held_at E1 V1"
    )
    assert [pick(place, "district", "province") for place in (districts["place"], *districts["other_places"])] == [
        {"district": "ก"},
        {"district": "ข"},
    ]


@pytest.mark.parametrize(
    ("venue", "committee", "office", "basis", "province"),
    [
        ("ศาลากลางจังหวัดตราด", "คณะกรรมการจังหวัดระยอง", "ผู้ว่าราชการจังหวัดภูเก็ต", "venue", "ตราด"),
        ("หอประชุม", "คณะกรรมการจังหวัดระยอง", "ผู้ว่าราชการจังหวัดภูเก็ต", "committee", "ระยอง"),
        ("หอประชุม", "คณะกรรมการกลาง", "ผู้ว่าราชการจังหวัดภูเก็ต", "chair", "ภูเก็ต"),
        ("สำนักงานจังหวัดตราด จังหวัดระยอง", "คณะกรรมการกลาง", "รัฐมนตรี", None, None),
    ],
)
def test_province_is_read_within_names_in_order(
    venue: str, committee: str, office: str, basis: str | None, province: str | None
) -> None:
    marked = f"[P1 นายก ข] [O1 {office}] [E1 ประชุม][C1 {committee}] ณ [V1 {venue}]"
    record = only(marked, "chairs P1 E1, holds_position P1 O1, meeting_of E1 C1, held_at E1 V1")
    place = record.get("place", {})
    assert (place.get("basis"), place.get("province")) == (basis, province)


@pytest.mark.parametrize(
    "online",
    [
        "Zoom", "ระบบ Zoom Cloud Meetings", "ผ่านระบบ Video Conference", "ระบบวีดิทัศน์ทางไกล (VCS)", "Google Meet", "ระบบออนไลน์",
        "สื่ออิเล็กทรอนิกส์", "Microsoft Teams",
    ],
)  # fmt: skip
def test_hall_of_an_online_meeting_does_not_tell_its_province(online: str) -> None:
    marked = (
        f"[P1 นายก ข] [O1 ปลัดกระทรวง] [E1 ประชุม] ณ [V1 ศาลากลางจังหวัดตราด] และ [V2 {online}] [C1 คณะกรรมการจังหวัดระยอง]"
    )
    links = "chairs P1 E1, holds_position P1 O1, held_at E1 V1, held_at E1 V2"
    record = only(marked, links)
    assert "place" not in record
    assert [record["venue"]["name"], record["other_venues"][0]["name"]] == ["ศาลากลางจังหวัดตราด", online]
    place = only(marked, f"{links}, meeting_of E1 C1")["place"]
    assert pick(place, "basis", "province", "mentions") == {
        "basis": "committee",
        "province": "ระยอง",
        "mentions": ["C1"],
    }


@pytest.mark.parametrize("hall", ["ห้องประชุมเวิลด์เทคศาลากลางจังหวัดตราด", "ศาลากลางจังหวัดตราด อาคารทีมชาติ"])
def test_hall_with_another_name_is_no_online_meeting(hall: str) -> None:
    assert only(f"[E1 ประชุม] ณ [V1 {hall}]", "held_at E1 V1")["place"]["province"] == "ตราด"


@pytest.mark.parametrize(
    ("venue", "elsewhere", "place"),
    [
        ("ที่ว่าการอำเภอเขาสมิง", "", {"basis": "venue", "district": "เขาสมิง", "dopa_code": "2303"}),
        ("ที่ว่าการอำเภอเมือง", "จังหวัดตราด", {"basis": "document", "district": "เมืองตราด", "dopa_code": "2301"}),
        ("หอประชุม อ.เมือง จ.ตราด", "จังหวัดระยอง", {"basis": "venue", "district": "เมืองตราด", "dopa_code": "2301"}),
        ("องค์การบริหารส่วนตำบลวังกระแจะ", "จังหวัดตราด",
         {"basis": "document", "district": "เมืองตราด", "subdistrict": "วังกระแจะ", "dopa_code": "230107"}),
        ("อบต.วังกระแจะ", "จังหวัดตราด",
         {"basis": "document", "district": "เมืองตราด", "subdistrict": "วังกระแจะ", "dopa_code": "230107"}),
        # None in the one province, several provinces, no known name, and nothing that is local.
        ("องค์การบริหารส่วนตำบลวังกระแจะ", "จังหวัดระยอง", None),
        ("ที่ว่าการอำเภอเมือง", "จังหวัดตราดและจังหวัดระยอง", None),
        ("ที่ว่าการอำเภอลางเคอ", "จังหวัดตราด", None),
        ("หอประชุมอำเภอ ชั้น 2", "จังหวัดตราด", None),
        ("หอประชุม", "จังหวัดตราด", None),
    ],
)  # fmt: skip
def test_office_of_a_district_lies_in_its_province(venue: str, elsewhere: str, place: dict[str, str] | None) -> None:
    record = only(f"{elsewhere} [E1 ประชุม] ณ [V1 {venue}]", "held_at E1 V1")
    assert pick(record.get("place", {}), "basis", "district", "subdistrict", "dopa_code", "province", "mentions") == (
        place | {"province": "ตราด", "mentions": ["V1"]} if place else {}
    )


def test_district_of_the_hall_is_kept_where_the_committee_tells_the_province() -> None:
    marked = "[E1 ประชุม][C1 คณะกรรมการจังหวัดตราด] ณ [V1 ที่ว่าการอำเภอเมือง] [V2 ที่ว่าการอำเภอเขาสมิง]"
    one = only(marked, "held_at E1 V1, meeting_of E1 C1")["place"]
    assert pick(one, "basis", "district", "dopa_code") == {
        "basis": "committee", "district": "เมืองตราด", "dopa_code": "2301",
    }  # fmt: skip
    two = only(marked, "held_at E1 V1, held_at E1 V2, meeting_of E1 C1")["place"]
    assert "district" not in two and two["dopa_code"] == "23"


def offices(marked: str) -> dict[str, dict[str, Any]]:
    return {mention: office.to_dict() for mention, office in Graph.build(read(marked)).offices.items()}


def test_office_of_a_district_takes_the_only_province_of_the_document() -> None:
    local = "[O1 นายอำเภอเมือง] [O2 นายก อบต.วังกระแจะ] [O3 นายอำเภอเขาสมิง] [O4 นายอำเภอ] [O5 นายอำเภอลางเคอ]"
    assert offices(f"จังหวัดตราด {local}") == {
        "O1": {"grade": "district chief", "area": "TH-23", "district": "เมืองตราด", "area_inferred": True},
        "O2": {"grade": "subdistrict administration president", "body": "องค์การบริหารส่วนตำบลวังกระแจะ", "area": "TH-23",
               "area_inferred": True},
        "O3": {"grade": "district chief", "area": "TH-23", "district": "เขาสมิง"},
        "O4": {"grade": "district chief"},
        "O5": {"grade": "district chief", "district": "ลางเคอ"},
    }  # fmt: skip
    for elsewhere in ("", "จังหวัดตราดและจังหวัดระยอง ", "จังหวัดภูเก็ต "):
        found = offices(elsewhere + local)
        assert "area" not in found["O2"] and found["O3"]["area"] == "TH-23"


def test_short_and_full_name_of_one_district_chief_are_one_office() -> None:
    marked = "จังหวัดตราด [P1 นายก ข] [O1 นายอำเภอเมืองตราด] เปิด[E1 ประชุม]\nจากนั้น [O2 นายอำเภอเมือง] เปิด[E2 พิธีเปิด]"
    _, second = records(marked, "holds_position P1 O1, chairs P1 E1, chairs O2 E2", "event")
    assert second["chair"]["name"] == "นายก ข"


def test_figure_with_a_period_and_no_owner_is_a_record_of_its_own() -> None:
    marked = "[R1 ปีงบประมาณ 2570] ได้ [M1 5 ล้านบาท] [Q1 6 กลุ่ม] [Q2 7 คน] ของ[J1 โครงการก] [Q3 8 คน]"
    links = "in_period M1 R1, in_period Q1 R1, in_period Q2 R1, has_value J1 Q2"
    money, count = records(marked, links, "figures")
    assert pick(money, "kind", "id", "document", "type", "mentions") == {
        "kind": "figures", "id": "d1:M1", "document": "d1", "type": "unowned", "mentions": ["M1"],
    }  # fmt: skip
    assert money["amounts"][0]["minimum"] == "5000000" and money["amounts"][0]["periods"][0]["fiscal_year_be"] == 2570
    assert set(count) == {"kind", "id", "document", "type", "counts", "mentions"} and count["mentions"] == ["Q1"]


def test_one_amount_written_in_two_ways_is_one_fact() -> None:
    marked = "[J1 โครงการก] ใช้ [M1 1.7 ล้านบาท] และ[J2 โครงการก] [M2 1,700,000 บาท] [J3 โครงการก] [M3 กว่า 1.7 ล้านบาท]"
    record = only(marked, "has_value J1 M1, has_value J2 M2, has_value J3 M3", "project")
    assert [amount["mentions"] for amount in record["amounts"]] == [["M1", "M2"], ["M3"]]


def test_stated_district_is_kept_when_its_province_is_read_elsewhere() -> None:
    for elsewhere in ("", "จังหวัดตรัง "):
        marked = elsewhere + "[E1 ลงพื้นที่][L1 อ.เมือง] ณ [V1 ที่ว่าการ จังหวัดตราด]"
        place = only(marked, "held_at E1 L1, held_at E1 V1")["place"]
        assert pick(place, "basis", "district", "province", "dopa_code", "mentions") == {
            "basis": "venue", "district": "เมืองตราด", "province": "ตราด", "dopa_code": "2301", "mentions": ["L1", "V1"],
        }  # fmt: skip


def test_district_of_one_province_needs_no_other_mention() -> None:
    place = only("[E1 ลงพื้นที่][L1 อำเภอแหลมงอบ] ณ [V1 ที่ว่าการ จังหวัดตราด]", "held_at E1 L1, held_at E1 V1")["place"]
    assert pick(place, "basis", "district", "province", "dopa_code", "mentions") == {
        "basis": "stated", "district": "แหลมงอบ", "province": "ตราด", "dopa_code": "2305", "mentions": ["L1"],
    }  # fmt: skip


def codes(marked: str, links: str = "") -> dict[str, str | None]:
    """The codes of the mentions that have values."""
    return {
        mention: value.get("dopa_code") for mention, value in attach_values(Graph.build(read(marked, links))).items()
    }


def test_ambiguous_area_is_settled_by_the_area_that_a_link_leads_to() -> None:
    marked = "[L1 จังหวัดตรัง]และ[L2 จังหวัดตราด] ได้แก่ [L3 อ.เมือง] ที่ [L4 ต.หนองโสน] [L5 อ.เมือง] จ.ตรัง"
    links = "located_in L3 L2, located_in L4 L3"
    assert codes(marked, links) == {"L1": "92", "L2": "23", "L3": "2301", "L4": "230103", "L5": None}


def test_ambiguous_area_is_settled_by_the_areas_written_directly_after_it() -> None:
    marked = "[L1 ต.ในเมือง] [L2 อ.เมือง] [L3 จ.ขอนแก่น] และ [L4 อ.เมือง]([L5 ตราด]) กับ [L6 อ.เมือง]\n[L7 จ.ตรัง]"
    assert codes(marked) == {
        "L1": "400101", "L2": "4001", "L3": "40", "L4": "2301", "L5": "23", "L6": None, "L7": "92",
    }  # fmt: skip


def test_a_link_comes_before_what_is_written_after() -> None:
    marked = "[L1 จังหวัดตราด] มี[L2 อ.เมือง] [L3 จ.ตรัง]"
    assert codes(marked) == {"L1": "23", "L2": "9201", "L3": "92"}
    assert codes(marked, "located_in L2 L1") == {"L1": "23", "L2": "2301", "L3": "92"}


def test_ambiguous_area_is_settled_by_the_only_province_of_the_document() -> None:
    marked = "ผู้ว่าราชการจังหวัดตราดเยี่ยม[L1 อ.เมือง] และ[L2 ตำบลลางเคอ] ใน[L3 บ้านก]"
    assert attach_values(Graph.build(read(marked))) == {
        "L1": {
            "type": "place", "province": "ตราด", "iso_3166_2": "TH-23", "district": "เมืองตราด", "dopa_code": "2301",
            "province_inferred": True,
        },
        "L2": {"type": "place", "subdistrict": "ลางเคอ"},
    }  # fmt: skip
    place = only("จังหวัดตราด [E1 ลงพื้นที่][L1 อ.เมือง]", "held_at E1 L1")["place"]
    assert (place["basis"], place["province"], place["dopa_code"]) == ("document", "ตราด", "2301")
    assert codes(marked + "\nข่าวจากจังหวัดระยอง") == {"L1": None, "L2": None}
    assert codes("[L1 อ.เมือง] กับ [L2 อ.คลองหลวง]") == {"L1": "1301", "L2": "1302"}
    assert codes("[L1 อ.เมือง]") == {"L1": None}


def test_contradicting_areas_have_no_code() -> None:
    marked = "[E1 ลงพื้นที่][L1 ต.คลองสอง] [L2 อ.คลองหลวง] [L3 จ.ตราด]"
    assert attach_values(Graph.build(read(marked))) == {
        "L1": {"type": "place", "subdistrict": "คลองสอง"},
        "L2": {"type": "place", "district": "คลองหลวง"},
        "L3": {"type": "place", "province": "ตราด", "iso_3166_2": "TH-23", "dopa_code": "23"},
    }
    links = "held_at E1 L1, located_in L1 L2, located_in L2 L3"
    assert codes(marked, links) == {"L1": None, "L2": None, "L3": "23"}
    assert pick(only(marked, links)["place"], "province", "district", "subdistrict", "dopa_code") == {
        "province": "ตราด", "district": "คลองหลวง", "subdistrict": "คลองสอง",
    }  # fmt: skip


def test_name_without_a_head_is_no_area_where_it_contradicts_what_stands_beside_it() -> None:
    assert codes("ชาว[L1 แม่สอด]") == {"L1": "6306"}
    assert codes("ชาว[L1 แม่สอด] [L2 จ.ตราด]") == {"L2": "23"}
    assert codes("[L1 สุวรรณภูมิ] กับ [L2 สุวรรณภูมิ] [L3 จ.ร้อยเอ็ด]") == {"L2": "4511", "L3": "45"}


def test_areas_in_a_circle_of_links_are_settled_or_left() -> None:
    marked = "[L1 จังหวัดตราด]และ[L2 จังหวัดตรัง] มี[L3 อ.เมือง]และ[L4 ต.หนองโสน]"
    links = "located_in L3 L4, located_in L4 L3, located_in L3 L1, located_in L1 L2"
    assert codes(marked, links) == {"L1": "23", "L2": "92", "L3": "2301", "L4": "230103"}


def test_date_without_year_takes_the_nearest_dated_one() -> None:
    marked = "[D1 1 มกราคม 2560] ข่าว\n" + "ก" * 80 + "[D2 30 ตุลาคม] และ [D3 3 พ.ย. 2562] [E1 งานแถลงข่าว]"
    (date,) = only(marked, "held_on E1 D2")["dates"]
    assert (date["start"], date["year_inferred"]) == ("2019-10-30", True)
    assert attach_values(Graph.build(read(marked)))["D2"]["start"] == "2019-10-30"
    assert attach_values(Graph.build(read("[D1 30 ตุลาคม]")))["D1"]["type"] == "unparsed"


def test_part_of_a_fiscal_year_takes_the_only_fiscal_year_of_the_document() -> None:
    def find(marked: str) -> dict[str, Any]:
        return pick(attach_values(Graph.build(read(marked)))["R1"], "start", "end", "year_inferred", "reason")

    inferred = {"start": "2023-10-01", "end": "2024-03-31", "year_inferred": True}
    assert find("[D1 3 ตุลาคม 2566] ตาม[R2 ปีงบประมาณ 2567] ใน[R1 ไตรมาส 1-2]") == inferred
    assert find("งบประมาณรายจ่ายประจำปีงบประมาณ พ.ศ. 2567 [R1 ไตรมาส 1-2]") == inferred
    for several in ("[R2 ปีงบประมาณ 2566]และ[R3 ปีงบประมาณ 2567]", "ปีงบประมาณ 2566 และ[R2 ปีงบประมาณ 2567]",
                    "[R2 ปีงบประมาณ 2566-2567]", "[D1 3 ตุลาคม 2566]", "[R2 ปี 2567]"):  # fmt: skip
        assert find(f"{several} [R1 ไตรมาส 1-2]") == {"reason": "no year"}
    assert find("[D1 3 ตุลาคม 2566] [R2 ปีงบประมาณ 2567] [R1 ครึ่งปีหลัง]")["start"] == "2023-07-01"


def test_unreadable_value_keeps_its_text() -> None:
    (date,) = only("[E1 ประชุม] [D1 31 กุมภาพันธ์ 2569]", "held_on E1 D1")["dates"]
    assert date["text"] == "31 กุมภาพันธ์ 2569" and date["type"] == "unparsed" and date["reason"]


def test_event_about_an_event_names_its_record() -> None:
    marked = "[E1 แถลงข่าว] [E2 พิธีเปิด] [J1 งานก]"
    first, second = records(marked, "concerns E1 E2, concerns E2 J1", "event")
    assert first["topics"] == [{"type": "event", "name": "พิธีเปิด", "record": second["id"], "mentions": ["E2"]}]


def test_lone_meeting_word_is_no_record_but_a_named_ceremony_is() -> None:
    assert [record["trigger"] for record in records("[E1 การประชุม] ก่อน [E2 พิธีเจริญพระพุทธมนต์]")] == ["พิธีเจริญพระพุทธมนต์"]


def test_projects_without_events_and_figures_of_bodies_are_records() -> None:
    marked = "[G1 กรมก] ทำ[J1 โครงการก] [M1 5 บาท] [J2 โครงการข] [Y1 นโยบายค] [R1 ปี 2569] [L1 จังหวัดเลย] มี [Q1 17 กลุ่ม] [E1 เปิด][J3 โครงการง] [M2 9 บาท]"
    links = "organizes G1 J1, has_value J1 M1, in_period Y1 R1, has_value L1 Q1, concerns E1 J3, has_value J3 M2"
    found = records(marked, links)
    assert [(record["kind"], record["type"], record.get("name")) for record in found] == [
        ("event", "ceremony", None),
        ("project", "project", "โครงการก"),
        ("project", "policy", "นโยบายค"),
        ("figures", "location", "จังหวัดเลย"),
    ]
    assert found[1]["organizers"] == [{"organization": "กรมก", "mentions": ["G1"]}]
    assert found[3]["places"][0]["iso_3166_2"] == "TH-42"


@pytest.mark.parametrize(
    ("marked", "links", "expected"),
    [
        ("1. [P1 นายก ข] [O1 ผู้ว่าราชการจังหวัดก] ดำรงตำแหน่ง [O2 รองปลัดกระทรวง]", "O1 O2", [("นายก ข", "ผู้ว่าราชการจังหวัดก", "รองปลัดกระทรวง", "ดำรงตำแหน่ง")]),
        ("แต่งตั้ง [P1 นายก ข] [O1 เลขาธิการ] เป็น [O2 โฆษก]", "O1 O2", [("นายก ข", "เลขาธิการ", "โฆษก", "แต่งตั้ง")]),
        ("ย้าย[P1 นายก ข] ไปเป็น[O1 ปลัด] และ[O2 โฆษก]", "O1 O2", [("นายก ข", None, "ปลัด", "ย้าย"), ("นายก ข", None, "โฆษก", "ย้าย")]),
        ("[P1 นายก ข] เคยดำรงตำแหน่ง [O1 ปลัด] [O2 อธิบดี]", "O1 O2", []),
        ("[P1 นายก ข] [O1 ปลัดจังหวัด] เป็นประธาน", "O1", []),
        ("[P1 นายก ข] นับตั้งแต่เข้ารับตำแหน่ง[O1 รัฐมนตรี]", "O1", []),
        ("แต่งตั้งคณะ\n[P1 นายก ข] เป็น[O1 ปลัด]", "O1", []),
    ],
)  # fmt: skip
def test_new_offices_need_a_word_of_appointing(marked: str, links: str, expected: list[tuple[str | None, ...]]) -> None:
    found = records(marked, ", ".join(f"holds_position P1 {office}" for office in links.split()), "appointment")
    assert [
        (each["holder"]["name"], each["holder"].get("position"), each["position"], each["cue"]) for each in found
    ] == expected


def test_seat_is_an_appointment_without_an_event_or_with_a_word_of_appointing() -> None:
    marked = "[P1 นายก ข] [O1 ปลัด] ใน[C1 คณะกรรมการก] ([K1 กก.])\n[P2 นายค ง] กรรมการใน[C2 คณะกรรมการก] ร่วม[E1 ประชุม]\nแต่งตั้ง [P3 นายจ ฉ] เป็นกรรมการใน[C3 คณะทำงานข] ร่วม[E2 พิธีเปิด]"
    links = (
        "holds_position P1 O1, member_of P1 C1, has_code C1 K1, member_of P2 C2, participates P2 E1, member_of P3 C3,"
        " participates P3 E2"
    )
    found = records(marked, links, "appointment")
    assert [(each["holder"]["name"], each["committee"]["name"], each.get("cue")) for each in found] == [
        ("นายก ข", "คณะกรรมการก", None),
        ("นายจ ฉ", "คณะทำงานข", "แต่งตั้ง"),
    ]
    assert found[0]["holder"]["position"] == "ปลัด" and found[0]["committee"]["code"] == "กก."
    meeting = records(marked, links, "event")[0]
    assert meeting["participants"][0]["member_of"][0]["name"] == "คณะกรรมการก"


def test_confidence_is_the_weakest_of_one_statement_and_the_best_of_several() -> None:
    scores = {"E1": 0.9, "E2": 0.8, "P1": 0.95, "O1": 0.6, "P2": 0.99, "D1": 0.9, "chairs P1 E1": 0.7, "chairs P2 E2": 0.97,
              "holds_position P1 O1": 0.99, "held_on E1 D1": 0.5}  # fmt: skip
    marked = "[D1 1 มกราคม 2570] [P1 นายก ข] [O1 ปลัด] เปิด[E1 การประชุม] [P2 นายค ง] เปิด[E2 ประชุม]"
    links = "held_on E1 D1, chairs P1 E1, holds_position P1 O1, chairs P2 E2, same_event E2 E1"
    record = only(marked, links, scores=scores)
    assert record["confidence"] == 0.9
    assert record["dates"][0]["confidence"] == 0.5
    assert record["chair"]["confidence"] == 0.6
    assert record["other_chairs"][0]["confidence"] == 0.97
    assert "confidence" not in json.dumps(records(marked, links))


@pytest.mark.parametrize(
    ("trigger", "kind"),
    [
        ("การประชุมเชิงปฏิบัติการ", "meeting"), ("ประชุม", "meeting"), ("มอบนโยบาย", "meeting"), ("พิธีเปิด", "ceremony"),
        ("เปิด", "ceremony"), ("พิธีลงนามถวายพระพร", "ceremony"), ("ลงนาม", "signing"), ("พิธีมอบรางวัล", "handover"),
        ("รับมอบ", "handover"), ("การฝึกอบรม", "training"), ("สัมนา", "training"), ("งานแถลงข่าว", "press"),
        ("ลงพื้นที่", "visit"), ("ตรวจเยี่ยม", "visit"), ("Kick Off", "ceremony"), ("ปลูก", "other"),
    ],
)  # fmt: skip
def test_trigger_words_give_the_type(trigger: str, kind: str) -> None:
    assert classify_trigger(trigger) == kind


@pytest.mark.parametrize(
    "build",
    [
        lambda: Evidence(()),
        lambda: Evidence(("T1", "T1")),
        lambda: Evidence(("T1",), 1.2),
        lambda: Committee(Evidence(("T1",))),
        lambda: Actor(Evidence(("T1",))),
        lambda: Actor(Evidence(("T1",)), position="ปลัด", surname="ใจดี"),
        lambda: Actor(Evidence(("T1",)), position="ปลัด", person="d1:T2"),
        lambda: Actor(Evidence(("T1",)), name="นายก ข", office=Office("governor")),
        lambda: LooseFigureRecord(id="d1:T1", document="d1", evidence=Evidence(("T1",))),
    ],
)
def test_empty_parts_cannot_be_built(build: Any) -> None:
    with pytest.raises(ValueError, match=r"T1|evidence"):
        build()


WORDS = {
    "PERSON": ["นายก ข", "นายก", "ดร.ก ค"], "POSITION": ["นายอำเภอ", "ผู้ว่าราชการจังหวัดตราด"], "ORGANIZATION": ["กรมก"],
    "COMMITTEE": ["คณะกรรมการก", "คณะทำงานข"], "COMMITTEE_CODE": ["กก."], "EVENT": ["ประชุม", "พิธีเปิด"],
    "SESSION_NUMBER": ["ครั้งที่ 1/2566", "ครั้งที่ 1"], "DATE": ["1 มกราคม 2566", "2 มกราคม"], "TIME": ["09.00 น."],
    "PERIOD": ["ปี 2566", "ไตรมาสที่ 3"], "VENUE": ["ศาลากลางจังหวัดเลย"], "LOCATION": ["จังหวัดตราด", "อำเภอแหลมงอบ", "บ้านก", "อ.เมือง", "ต.หนองโสน", "แม่สอด"],
    "PROJECT": ["โครงการก"], "POLICY": ["นโยบายข"], "MONEY": ["5 บาท"], "QUANTITY": ["5 คน"],
}  # fmt: skip


@st.composite
def any_document(draw: st.DrawFn) -> Document:
    """A text of mentions in any order, with any links that the schema allows."""
    labels = draw(st.lists(st.sampled_from(SCHEMA.entity_names), min_size=1, max_size=25))
    text, entities = "", []
    for number, label in enumerate(labels):
        words = draw(st.sampled_from(WORDS[label]))
        entities.append(
            Entity(f"T{number}", label, len(text), len(text) + len(words), draw(st.none() | st.floats(0, 1)))
        )
        text += words + draw(st.sampled_from([" ", "\n", " เป็น ", " ดำรงตำแหน่ง ", "แต่งตั้ง"]))
    pairs = [
        (name, head.id, tail.id)
        for head in entities
        for tail in entities
        if head is not tail
        for name in SCHEMA.allowed(head.label, tail.label)
    ]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else []
    return Document("any", text, tuple(entities), tuple(Relation(*pair) for pair in chosen)).check(SCHEMA)


def check_records(document: Document) -> None:
    """What must hold of every document's records."""
    found = [record.to_dict() for record in assemble(Graph.build(document))]
    ids = {entity.id for entity in document.entities}
    assert json.loads(json.dumps(found)) == found
    for record in found:
        assert set(list_mentions(record)) <= ids, record["id"]
        assert record["document"] == document.id and record["mentions"]
        for part in walk(record):
            assert all(value not in (None, "", [], {}) for value in part.values()), part
            if code := part.get("dopa_code"):
                levels = [level for level in ("province", "district", "subdistrict") if level in part]
                assert len(code) == 2 * len(levels) and part["iso_3166_2"] == f"TH-{code[:2]}", part
    linked = {end for relation in document.relations for end in (relation.head, relation.tail)}
    told = Counter(mention for record in found if record["kind"] == "event" for mention in record["mentions"])
    for entity in document.entities:
        if entity.label == "EVENT" and entity.id in linked:
            assert told[entity.id] == 1, (document.id, entity.id)
    assert max(told.values(), default=1) == 1
    assert len({record["id"] for record in found}) == len(found)
    values = {relation.tail for relation in document.relations if relation.label == "has_value"}
    known = document.by_id()
    values |= {r.head for r in document.relations if known[r.head].label in ("MONEY", "QUANTITY")}
    assert values <= {mention for record in found for mention in list_mentions(record)}


def walk(part: Any) -> Any:
    if isinstance(part, dict):
        yield part
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from walk(each)


@given(any_document())
@settings(max_examples=150, deadline=None)
def test_any_document_gives_sound_records(document: Document) -> None:
    check_records(document)


@pytest.mark.parametrize("name", ["dev", "seeds"])
def test_annotated_articles_give_sound_records(name: str) -> None:
    path = CORPUS / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    for document in read_corpus(path, SCHEMA):
        check_records(document)


def test_seed_meetings_show_what_their_articles_state() -> None:
    path = CORPUS / "seeds.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    rows = []
    for document in read_corpus(path, SCHEMA):
        events = [record.to_dict() for record in assemble(Graph.build(document)) if record.kind == "event"]
        main = max(events, key=len)
        date = main["dates"][0]["start"] if "dates" in main else None
        rows.append(
            (
                main["type"],
                main.get("committee", {}).get("code"),
                main.get("session", {}).get("text"),
                date,
                main["place"]["iso_3166_2"],
            )
        )
        assert main["chair"]["name"] and main["chair"]["position"] and main["venue"]["name"]
    assert rows == [
        ("meeting", "คปส.", "ครั้งที่ 1/2566", None, "TH-23"),
        ("meeting", "คสป.", "ครั้งที่ 4/2562", "2019-09-10", "TH-83"),
        ("meeting", None, "ครั้งที่ 4/2564", "2021-04-29", "TH-14"),
        ("meeting", "คสป.", "ครั้งที่ 1/2565", "2022-11-22", "TH-45"),
        ("meeting", None, None, "2022-05-19", "TH-22"),
    ]


def test_time_grows_with_the_text_and_not_with_its_square() -> None:
    small = read(MEETING, MEETING_LINKS)

    def repeat(times: int) -> Document:
        size = len(small.text) + 1
        return Document(
            "big",
            (small.text + "\n") * times,
            tuple(
                Entity(f"{n}.{e.id}", e.label, e.start + n * size, e.end + n * size) for n in range(times) for e in small.entities
            ),
            tuple(Relation(r.label, f"{n}.{r.head}", f"{n}.{r.tail}") for n in range(times) for r in small.relations),
        )  # fmt: skip

    def measure(times: int) -> float:
        document = repeat(times)
        start = time.process_time()
        assemble(Graph.build(document))
        return time.process_time() - start

    few = min(measure(150) for _ in range(3))
    assert min(measure(1200) for _ in range(2)) < 8 * few * 3
