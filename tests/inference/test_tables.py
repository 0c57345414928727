"""Tables hold what the records say, their keys join, and they appear whole or not at all."""

from __future__ import annotations

import csv
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, read_corpus
from thaigov_events.inference import Extractor
from thaigov_events.inference.cli import main
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.table_columns import (
    ROWS,
    AmountRow,
    AppointmentRow,
    EventRow,
    PersonRow,
    PositionRow,
    ProjectRow,
    list_columns,
)
from thaigov_events.inference.table_rows import list_rows
from thaigov_events.inference.tables import TABLE_FORMATS, TableFormat, write_tables

duckdb = pytest.importorskip("duckdb")

ROOT = Path(__file__).parents[2]
CORPORA = [ROOT / "annotations" / name for name in ("samples.jsonl", "authored.jsonl")]
TABLES = {row.table for row in ROWS}


def understand(document: Document) -> Extraction:
    return Extraction.tell(document)


@pytest.fixture(scope="module")
def gold() -> list[Extraction]:
    return [understand(document) for document in read_corpus(CORPORA[0])]


@pytest.fixture(scope="module")
def ask(gold: list[Extraction], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[Any]]]:
    """Answers to SQL over the gold records of the samples."""
    path = tmp_path_factory.mktemp("tables") / "gold.duckdb"
    write_tables(path, gold, kind="duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        yield lambda question: connection.sql(question).fetchall()


def extraction(
    text: str = "ประชุม", *, records: Sequence[dict[str, Any]] = (), people: Sequence[dict[str, Any]] = (), id: str = "a"
) -> Extraction:
    return Extraction(Document(id, text), {}, [*records], [*people])


def event(**parts: Any) -> dict[str, Any]:
    base = {"kind": "event", "id": "a:E1", "document": "a", "type": "meeting", "trigger": "ประชุม", "mentions": ["E1"]}
    return base | parts


def fact(text: str, **value: Any) -> dict[str, Any]:
    return {"text": text, "mentions": ["F1"]} | value


def day(start: str, end: str = "", **more: Any) -> dict[str, Any]:
    precision = "day" if len(start) == 10 else "month"
    return fact(start, type="date", start=start, end=end or start, precision=precision, **more)


def event_row(**parts: Any) -> EventRow:
    (row,) = (row for row in list_rows(extraction(records=[event(**parts)])) if isinstance(row, EventRow))
    return row


def amount_rows(**parts: Any) -> list[AmountRow]:
    return [row for row in list_rows(extraction(records=[event(**parts)])) if isinstance(row, AmountRow)]


# The questions of the README; the answers are worked out by reading the sample articles.


def test_who_chaired_most_meetings(ask: Callable[[str], list[Any]]) -> None:
    first, *others = ask(
        "SELECT chair_name, count(*) AS meetings FROM events"
        " WHERE type = 'meeting' AND chair_name IS NOT NULL GROUP BY chair_name ORDER BY meetings DESC"
    )
    assert first == ("นายเมธัส วงศ์ธาราศิลป์", 3)  # samples 1, 2 and 3
    assert {count for _, count in others} == {1}
    assert {name for name, _ in others} >= {
        "นายฮาริส หลงสมันสกุล", "นายสุเมธี ทองพันชั่งเกียรติ", "นางกัลยรัตน์ อัมพวานิชย์", "นายภูมิรพี ศรีโคตรวงศ์",
        "นางสาวธัญชนก เรณูธรรม",
    }  # fmt: skip


def test_money_by_project_and_fiscal_year(ask: Callable[[str], list[Any]]) -> None:
    found = ask(
        "SELECT p.name, coalesce(a.fiscal_year_be, p.fiscal_year_be) AS fiscal_year, max(coalesce(a.maximum, a.minimum))"
        " FROM projects AS p JOIN amounts AS a ON a.owner = p.id"
        " WHERE a.type = 'amount' AND a.unit = 'THB' AND fiscal_year IS NOT NULL GROUP BY ALL"
    )
    stated = {
        ("แผนปฏิบัติการฟื้นฟูลุ่มน้ำน่านตอนบน", 2566, "21876500"), ("แผนปฏิบัติการฟื้นฟูลุ่มน้ำน่านตอนบน", 2567, "38250000"),
        ("โครงการธนาคารต้นกล้าชุมชนลุ่มน้ำน่านตอนบน", 2568, "3200000"),
        ("แผนปฏิบัติราชการประจำปีของกลุ่มจังหวัด", 2568, "246800000"),
        ("โครงการปรับปรุงระบบแสงสว่างและทางเดินถ้ำเลสเตโกดอน", 2566, "6800000"),
        ("โครงการตรวจรับรองแปลงอินทรีย์แบบมีส่วนร่วม (PGS)", 2567, "2450000"),
        ("โครงการโรงสีข้าวอินทรีย์ชุมชน", 2567, "5600000"), ("งาน “ดมข้าวใหม่ วันอินทรีย์ยโสธร”", 2567, "900000"),
        ("โครงการก่อสร้างประตูระบายน้ำคลองบางสะแก", 2568, "42500000"),
        ("โครงการติดตั้งสถานีวัดความเค็มอัตโนมัติ (Real-time Salinity Monitoring)", 2569, "9800000"),
        ("โครงการระบบสูบน้ำพลังงานแสงอาทิตย์เพื่อชุมชนลุ่มน้ำทา", 2567, "11200000"),
        ("โครงการพัฒนาแหล่งน้ำสำรองชุมชนเพื่อรองรับภาวะฝนทิ้งช่วง", 2568, "492000000"),
        ("โครงการพัฒนาแหล่งน้ำสำรองชุมชนเพื่อรองรับภาวะฝนทิ้งช่วง", 2569, "984000000"),
        ("โครงการพัฒนาแหล่งน้ำสำรองชุมชนเพื่อรองรับภาวะฝนทิ้งช่วง", 2570, "984000000"),
        ("โครงการถนนคนเดินสามแผ่นดิน", 2566, "3400000"), ("โครงการเรือชมพระอาทิตย์ตกสองฝั่งโขง", 2566, "1850000"),
        ("โครงการโฮมสเตย์ไทญ้อ-ผู้ไท", 2566, "2700000"), ("โครงการป้ายบอกทาง 3 ภาษา (ไทย-ลาว-เวียดนาม)", 2566, "4025000"),
        ("โครงการยกระดับผ้าทอลุ่มน้ำก่ำสู่ตลาดคนรุ่นใหม่", 2565, "480000"),
    }  # fmt: skip
    # stated less directly: of a name cut short by ฯ, and of งบประมาณปี 2568 with the mention ปี 2568
    implied = {
        ("โครงการพัฒนาทักษะการตลาดดิจิทัลผู้ประกอบการ OTOP จังหวัดชุมพร", 2566, "98400"),
        ("โครงการก่อสร้างคันป้องกันน้ำท่วมชุมชนคอนสวรรค์", 2568, "64500000"),
    }
    rows = {(name, year, str(baht.normalize().quantize(1))) for name, year, baht in found}
    assert stated <= rows <= stated | implied


def test_which_committees_met_where(ask: Callable[[str], list[Any]]) -> None:
    found = ask(
        "SELECT coalesce(committee_code, committee_name), province, venue FROM events WHERE type = 'meeting'"
        " AND coalesce(committee_code, committee_name) IS NOT NULL AND venue IS NOT NULL AND province IS NOT NULL"
    )
    assert {row for row in found if row[0] != "คณะรัฐมนตรี"} == {
        ("คลน.", "น่าน", "ห้องประชุมเวียงภูเพียง ชั้น 3 ศาลากลางจังหวัดน่าน"), ("คลน.", "น่าน", "หอประชุมอำเภอปัว"),
        ("ก.บ.ก.", "พะเยา", "หอประชุมพญางำเมือง มหาวิทยาลัยพะเยา"), ("กธช.", "สตูล", "ห้องประชุมพญาบังสา ศาลากลางจังหวัดสตูล"),
        ("D2", "ยโสธร", "ห้องประชุมวิมานพญาแถน ชั้น 4 ศาลากลางจังหวัดยโสธร"),
        ("กรอ.จังหวัดสมุทรสงคราม", "สมุทรสงคราม", "ห้องประชุมหลวงพ่อบ้านแหลม ชั้น 2 ศาลากลางจังหวัดสมุทรสงคราม"),
        ("ก.ช.ภ.จ.", "ชัยภูมิ", "ห้องประชุมภักดีชุมพล ศาลากลางจังหวัดชัยภูมิ (หลังใหม่)"),
        ("คณะทำงานเร่งรัดติดตามการใช้จ่ายภาครัฐจังหวัดอุทัยธานี", "อุทัยธานี", "ห้องประชุมพระชนกจักรี ศาลากลางจังหวัดอุทัยธานี"),
        ("ขทข.", "นครพนม", "ห้องประชุมศรีโคตรบูร ชั้น 3 ศาลากลางจังหวัดนครพนม"), ("ขทข.", "นครพนม", "Google Meet"),
        ("คณะอนุกรรมการมาตรฐานความปลอดภัยทางน้ำ", "นครพนม", "สำนักงานเจ้าท่าภูมิภาค สาขานครพนม"),
    }  # fmt: skip


def test_who_governs_which_province(ask: Callable[[str], list[Any]]) -> None:
    found = ask(
        "SELECT DISTINCT o.office_area, p.name_key FROM people AS p JOIN positions AS o ON o.person = p.id"
        " WHERE o.office_grade = 'governor' AND o.office_area IS NOT NULL"
    )
    assert len({area for area, _ in found}) == len(found)  # the samples give a province one governor
    assert {("TH-55", "เมธัสวงศ์ธาราศิลป์")} <= set(found)


def test_an_office_outside_events_has_its_row() -> None:
    office = {"grade": "district chief", "area": "TH-23", "area_inferred": True, "district": "แหลมงอบ"}
    posts = [
        {"position": "นายอำเภอแหลมงอบ", "office": office, "mentions": ["P1", "O1"], "confidence": 0.5},
        {"position": "ประธานกองทุน", "mentions": ["P1", "O2"]},
    ]
    seat = {"code": "คปส.", "mentions": ["K1"]}
    named = {
        "id": "a:P1",
        "document": "a",
        "name": "นายสมมุติ ใจ ดี",
        "title": "นาย",
        "given_name": "สมมุติ",
        "surname": "ใจ ดี",
    }
    monk = {"id": "a:P2", "document": "a", "name": "พระครูสมมุติวรคุณ", "mentions": ["P2"]}
    people = [named | {"positions": posts, "member_of": [seat], "mentions": ["P1", "P3"]}, monk]
    rows = list_rows(extraction(people=people))
    persons = [row for row in rows if isinstance(row, PersonRow)]
    assert [(row.id, row.name_key, row.member_of) for row in persons] == [
        ("a:P1", "สมมุติใจดี", ("คปส.",)), ("a:P2", "พระครูสมมุติวรคุณ", ()),
    ]  # fmt: skip
    assert (persons[0].title, persons[0].rank, persons[0].mentions) == ("นาย", None, ("P1", "P3"))
    held = [row for row in rows if isinstance(row, PositionRow)]
    assert [(row.person, row.number, row.position, row.office_grade, row.confidence) for row in held] == [
        ("a:P1", 1, "นายอำเภอแหลมงอบ", "district chief", 0.5), ("a:P1", 2, "ประธานกองทุน", None, None),
    ]  # fmt: skip
    assert [(row.office_area, row.office_area_inferred, row.office_district) for row in held] == [
        ("TH-23", True, "แหลมงอบ"), (None, None, None),
    ]  # fmt: skip


def test_a_meeting_is_one_row(ask: Callable[[str], list[Any]]) -> None:
    ((row, dated, record),) = ask(
        "SELECT (type, committee_code, session_number, session_year_be, session_year_ce, start_time, iso_3166_2,"
        " chair_position), (first_date, last_date, date_precision, year_inferred), record->>'$.chair.name'"
        " FROM events WHERE article = 'sample-01' AND session_number = '1'"
    )
    assert row == ("meeting", "คลน.", "1", 2567, 2024, time(9, 30), "TH-55", "ผู้ว่าราชการจังหวัดน่าน")
    assert dated == (date(2024, 1, 18), date(2024, 1, 18), "day", False)
    assert record == "นายเมธัส วงศ์ธาราศิลป์"
    ((people,),) = ask("SELECT count(*) FROM participants WHERE record = 'sample-01:T3' AND role = 'participant'")
    assert people == 8


def test_an_appointment_tells_the_office_given() -> None:
    office = {"grade": "district chief", "area": "TH-23", "area_inferred": True, "district": "แหลมงอบ"}
    given = {"kind": "appointment", "id": "a:P1-O1", "document": "a", "position": "นายอำเภอแหลมงอบ", "office": office}
    holder = {"name": "นายสมมุติ ใจดี", "person": "a:P1", "mentions": ["P1"]}
    record = given | {"holder": holder, "mentions": ["P1", "O1"]}
    (row,) = (row for row in list_rows(extraction(records=[record])) if isinstance(row, AppointmentRow))
    told = (row.office_grade, row.office_body, row.office_area, row.office_district)
    assert told == ("district chief", None, "TH-23", "แหลมงอบ") and row.office_area_inferred
    assert row.person == "a:P1"


def test_an_article_counts_its_rows(ask: Callable[[str], list[Any]]) -> None:
    ((article,),) = ask("SELECT articles FROM articles WHERE id = 'sample-06'")
    assert article["title"].startswith("เอกชนแม่กลองขอ “ทางลัด”")
    assert article["first_date"] == date(2025, 3, 27)  # the earlier of two meetings
    assert (article["event_count"], article["project_count"], article["source"]) == (2, 3, "authored")
    for column, table in (
        ("mention_count", "mentions"), ("event_count", "events"), ("project_count", "projects"),
        ("appointment_count", "appointments"), ("person_count", "people"),
    ):  # fmt: skip
        assert ask(f"SELECT sum({column}) FROM articles") == ask(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.stem)
def test_keys_join_and_nothing_is_lost(corpus: Path, tmp_path: Path) -> None:
    extractions = [understand(document) for document in read_corpus(corpus)]
    write_tables(tmp_path / "x.duckdb", extractions, kind="duckdb")
    with duckdb.connect(tmp_path / "x.duckdb") as connection:

        def column(of: str) -> list[Any]:
            table, _, name = of.partition(".")
            return [cell for (cell,) in connection.sql(f"SELECT {name} FROM {table}").fetchall()]

        for key in ("articles.id", "events.id", "projects.id", "appointments.id", "people.id"):
            assert len(set(column(key))) == len(column(key)), key
        articles = {e.document.id for e in extractions}
        assert set(column("articles.id")) == articles
        for table in TABLES - {"articles"}:
            assert set(column(f"{table}.article")) <= articles
        records = set(column("events.id")) | set(column("projects.id"))
        assert set(column("participants.record")) <= records
        assert set(column("positions.person")) <= set(column("people.id"))
        for table in ("participants", "appointments"):
            told_of = connection.sql(f"SELECT person, name FROM {table}").fetchall()
            assert {person for person, name in told_of if name} <= set(column("people.id")) and told_of
            assert all((person is None) == (name is None) for person, name in told_of)
        assert {event for event in column("projects.event") if event} <= set(column("events.id"))
        assert set(column("topics.event")) <= set(column("events.id"))
        for type_, table in (("project", "projects"), ("policy", "projects"), ("event", "events")):
            subjects = connection.sql(f"SELECT subject FROM topics WHERE type = '{type_}'").fetchall()
            assert {subject for (subject,) in subjects} <= set(column(f"{table}.id"))
        owners = connection.sql("SELECT owner, owner_kind FROM amounts").fetchall()
        assert {o for o, kind in owners if kind in ("event", "project", "policy")} <= records
        # what a record rests on is among the mentions of its article
        for table in TABLES - {"articles", "mentions"}:
            missing = f"SELECT article, unnest(mentions) FROM {table} EXCEPT SELECT article, id FROM mentions"
            assert connection.sql(missing).fetchall() == [], table
        told = [record for e in extractions for record in e.events]
        assert len(column("events.id")) == sum(record["kind"] == "event" for record in told)
        assert len(column("appointments.id")) == sum(record["kind"] == "appointment" for record in told)
        told_people = [person for e in extractions for person in e.people]
        assert len(column("people.id")) == len(told_people) > 0
        assert len(column("positions.person")) == sum(len(person.get("positions", ())) for person in told_people)
        assert len(column("topics.name")) == sum(len(record.get("topics", ())) for record in told)
        assert len(column("mentions.id")) == sum(len(e.document.entities) for e in extractions)
        # every figure of every record, once a thing, however many events tell of it
        things = {
            (e.document.id, part["type"] if part is not record else record["id"], part.get("name")): part
            for e in extractions
            for record in e.events
            if record["kind"] != "appointment"
            for part in (record, *record.get("topics", ()))
        }
        figures = sum(len(part.get("amounts", ())) + len(part.get("counts", ())) for part in things.values())
        assert len(column("amounts.text")) == figures > 0


def test_a_project_of_two_events_has_one_row_and_its_money_once() -> None:
    project = {
        "type": "project", "name": "โครงการตลาดดี", "mentions": ["J1"],
        "amounts": [fact("5 บาท", type="amount", minimum="5", maximum="5", unit="THB")],
        "organizers": [{"organization": "จังหวัดตราด", "mentions": ["G1"]}],
    }  # fmt: skip
    second = event(id="a:E2", topics=[project | {"mentions": ["J2"]}])
    rows = list_rows(extraction(records=[event(topics=[project]), second]))
    tables = [row.table for row in rows]
    assert [tables.count(name) for name in ("projects", "amounts", "participants", "topics")] == [1, 1, 1, 2]
    cells = [row.to_dict() for row in rows]
    assert {cell["id"] for cell in cells if "name_key" in cell} == {"a:J1"}
    assert {cell["subject"] for cell in cells if "subject" in cell} == {"a:J1"}
    assert {cell["event"] for cell in cells if "name_key" in cell} == {"a:E1"}


def test_months_are_their_days_and_several_dates_a_span() -> None:
    month = event_row(dates=[day("2024-02")])
    assert (month.first_date, month.last_date, month.date_precision) == (date(2024, 2, 1), date(2024, 2, 29), "month")
    row = event_row(dates=[day("2023-03-05", "2023-03-07", year_inferred=True), day("2023-03-01")])
    assert (row.first_date, row.last_date, row.year_inferred) == (date(2023, 3, 1), date(2023, 3, 7), True)
    unread = event_row(dates=[fact("31 ก.พ. 2566", type="unparsed", reason="no such day")])
    assert (unread.first_date, unread.last_date, unread.year_inferred) == (None, None, None)
    assert unread.date_text == "31 ก.พ. 2566"


def test_times_are_of_the_first_that_can_be_read() -> None:
    unread, read = (
        fact("เช้า", type="unparsed", reason="no time"),
        fact("18-24 น.", type="time", start="18:00", end="24:00"),
    )
    row = event_row(times=[unread, read])
    assert (row.start_time, row.end_time, row.time_text) == (time(18), time(0), "เช้า; 18-24 น.")
    about = fact("ราว 9 โมง", type="time", start="09:00", approximate=True)
    rows = [event_row(times=times) for times in ([read], [about], [unread], [])]
    assert [row.time_approximate for row in rows] == [False, True, None, None]


def test_amounts_are_exact_with_their_own_period_and_never_another() -> None:
    year = {"type": "period", "start": "2023-10-01", "end": "2024-09-30", "kind": "fiscal_year", "fiscal_year_be": 2567}
    later = year | {"start": "2024-10-01", "end": "2025-09-30", "fiscal_year_be": 2568}
    bound = fact("กว่า 0.1 บาท", type="amount", minimum="0.1", unit="THB", periods=[fact("ปีงบ 67", **year)])
    both = bound | {"periods": [fact("ปีงบ 67", **year), fact("ปีงบ 68", **later)]}
    bare = fact("ราว 2 บาทต่อปี", type="amount", minimum="2", maximum="2", unit="THB", approximate=True, per="year")
    unread = fact("หลายล้านบาท", type="unparsed", reason="an indefinite number")
    share = fact("ร้อยละ 5", type="count", minimum="5", maximum="5", unit="%")
    rows = amount_rows(amounts=[bound, both, bare, unread], counts=[share], periods=[fact("ปี 2567", **year)])
    assert [(row.minimum, row.maximum, row.fiscal_year_be) for row in rows[:3]] == [
        (Decimal("0.1"), None, 2567), (Decimal("0.1"), None, None), (Decimal(2), Decimal(2), None),
    ]  # fmt: skip
    assert (rows[1].period_start, rows[1].period_end) == (date(2023, 10, 1), date(2025, 9, 30))
    assert (rows[2].approximate, rows[2].per, rows[2].period_start) == (True, "year", None)
    assert (rows[3].type, rows[3].minimum, rows[3].unit, rows[3].approximate) == ("amount", None, None, None)
    assert (rows[4].type, rows[4].unit, rows[4].owner_kind) == ("count", "%", "event")


def test_bounds_tell_whether_they_are_left_out() -> None:
    below = fact("ไม่ถึง 100 คน", type="count", maximum="100", unit="คน", exclusive=True)
    most = fact("ไม่เกิน 100 คน", type="count", maximum="100", unit="คน")
    unread = fact("หลายคน", type="unparsed", reason="an indefinite number")
    rows = amount_rows(counts=[below, most, unread])
    assert [(row.minimum, row.maximum, row.exclusive) for row in rows] == [
        (None, Decimal(100), True), (None, Decimal(100), False), (None, None, None),
    ]  # fmt: skip


def test_several_fiscal_years_have_a_first_and_a_last() -> None:
    years = {"type": "period", "start": "2022-10-01", "end": "2027-09-30", "kind": "fiscal_year_range",
             "first_fiscal_year_be": 2566, "last_fiscal_year_be": 2570}  # fmt: skip
    one = {"type": "period", "start": "2020-10-01", "end": "2021-09-30", "kind": "fiscal_year", "fiscal_year_be": 2564}
    plan, single = fact("ปีงบประมาณ 2566-2570", **years), fact("ปีงบประมาณ 2564", **one)
    money = [
        fact(text, type="amount", minimum="5", maximum="5", unit="THB", periods=periods)
        for text, periods in (("ก", [plan]), ("ข", [single]), ("ค", [single, plan]), ("ง", []))
    ]
    project = {"type": "project", "name": "แผนก", "mentions": ["J1"], "periods": [plan], "amounts": money}
    found = list_rows(extraction(records=[event(topics=[project], periods=[single])]))
    told = [
        (row.fiscal_year_be, row.first_fiscal_year_be, row.last_fiscal_year_be)
        for row in found
        if isinstance(row, EventRow | ProjectRow | AmountRow)
    ]
    one_year, several = (2564, 2564, 2564), (None, 2566, 2570)
    assert told == [one_year, several, several, one_year, (None, 2564, 2570), (None, None, None)]
    (row,) = (row for row in found if isinstance(row, EventRow))
    assert (row.period_text, row.period_start, row.period_end) == (
        "ปีงบประมาณ 2564",
        date(2020, 10, 1),
        date(2021, 9, 30),
    )


def test_figure_without_an_owner_has_its_row() -> None:
    money = fact("5 บาท", type="amount", minimum="5", maximum="5", unit="THB")
    record = {
        "kind": "figures",
        "type": "unowned",
        "id": "a:M1",
        "document": "a",
        "amounts": [money],
        "mentions": ["M1"],
    }
    (row,) = (row for row in list_rows(extraction(records=[record])) if isinstance(row, AmountRow))
    assert (row.owner, row.owner_kind, row.owner_name, row.minimum) == ("a:M1", "unowned", None, Decimal(5))


def test_all_chairs_stand_in_order_with_their_role() -> None:
    chairs = [{"name": "นายสมมุติ ใจดี", "given_name": "สมมุติ", "surname": "ใจดี", "person": "a:P1", "mentions": ["P1"]},
              {"position": "ผู้ว่าฯ", "mentions": ["O1"]}]  # fmt: skip
    member = {"organization": "กรมสมมุติ", "mentions": ["G1"], "member_of": [{"code": "คสม.", "mentions": ["K1"]}]}
    rows = list_rows(extraction(records=[event(chair=chairs[0], other_chairs=chairs[1:], participants=[member])]))
    cells = [row.to_dict() for row in rows if row.table == "participants"]
    assert [(c["role"], c["number"], c["person"], c["name"], c["position"]) for c in cells] == [
        ("chair", 1, "a:P1", "นายสมมุติ ใจดี", None), ("chair", 2, None, None, "ผู้ว่าฯ"), ("participant", 1, None, None, None),
    ]  # fmt: skip
    assert (cells[0]["given_name"], cells[0]["surname"], cells[2]["member_of"]) == ("สมมุติ", "ใจดี", ("คสม.",))


def test_rows_that_contradict_themselves_are_refused() -> None:
    row = event_row(dates=[day("2024-02-01")])
    for wrong in ({"last_date": date(2024, 1, 1)}, {"last_date": None}):
        with pytest.raises(ValueError, match="a:E1"):
            replace(row, **wrong)


def test_types_are_real_and_the_same_everywhere(gold: list[Extraction], tmp_path: Path) -> None:
    write_tables(tmp_path / "x.duckdb", gold, kind="duckdb")
    write_tables(tmp_path / "parquet", gold, kind="parquet")
    with duckdb.connect(tmp_path / "x.duckdb") as connection:
        for row in ROWS:
            expected = [(column.name, column.sql_type) for column in list_columns(row)]
            for source in (row.table, f"'{tmp_path}/parquet/{row.table}.parquet'"):
                described = connection.sql(f"DESCRIBE FROM {source}").fetchall()
                assert [(name, sql_type) for name, sql_type, *_ in described] == expected, source
            same = f"FROM {row.table} EXCEPT FROM '{tmp_path}/parquet/{row.table}.parquet'"
            assert connection.sql(same).fetchall() == []
        ((comments,),) = connection.sql("SELECT count(*) FROM duckdb_tables() WHERE comment LIKE '%.'").fetchall()
        assert comments == len(ROWS)
        meanings = dict(
            connection.sql("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'mentions'").fetchall()
        )
        assert "mentions.end" in meanings["end"]
    assert ("minimum", "DECIMAL(38,4)") in [(c.name, c.sql_type) for c in list_columns(AmountRow)]


def test_parquet_is_read_by_others(gold: list[Extraction], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_tables(tmp_path, gold, kind="parquet")
    amounts = parquet.read_table(tmp_path / "amounts.parquet").to_pylist()
    assert Decimal("94512000000.0000") in [row["minimum"] for row in amounts]
    assert date(2021, 10, 1) in [row["period_start"] for row in amounts]


def test_csv_opens_in_spreadsheets(gold: list[Extraction], tmp_path: Path) -> None:
    write_tables(tmp_path / "out" / "csv", gold, kind="csv")
    folder = tmp_path / "out" / "csv"
    assert {file.name for file in folder.iterdir()} == {f"{table}.csv" for table in TABLES}
    for row in ROWS:
        data = (folder / f"{row.table}.csv").read_bytes()
        assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\xef\xbb\xbf") == 1
        first, *lines = csv.reader(data.decode("utf-8-sig").splitlines(keepends=True), strict=True)
        assert first == [column.name for column in list_columns(row)]
        assert {len(line) for line in lines} == {len(first)}
    with (folder / "amounts.csv").open(encoding="utf-8-sig", newline="") as file:
        money = {line["text"]: line for line in csv.DictReader(file)}
    assert money["94,512 ล้านบาท"]["minimum"] == "94512000000.0000"
    assert money["94,512 ล้านบาท"]["period_start"] == "2021-10-01"
    assert money["94,512 ล้านบาท"]["confidence"] == ""


STARTS = st.sampled_from(
    [
        "",
        "=",
        "+",
        "-",
        "@",
        "\t=",
        " =",
        "\u200b+",
        "\u3000@",
        "＝",
        "'",
        "''=",
        '"',
        ",",
        "\r",
        "\n",
        "\u3000",
        "\ufeff",
    ]
)
WORDS = st.builds("".join, st.tuples(STARTS, st.text(st.characters(codec="utf-8"), max_size=8)))


@settings(max_examples=10, deadline=None)
@given(st.lists(WORDS, max_size=30))
def test_csv_holds_any_text_and_no_formula(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    folder = tmp_path_factory.mktemp("csv") / "x"
    records = [event(id=f"a:{place}", trigger=word) for place, word in enumerate(words)]
    write_tables(folder, [extraction(records=records)], kind="csv")
    with (folder / "events.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [line["trigger"] for line in csv.DictReader(file, strict=True)]
    # spreadsheets differ in what they pass over before a formula: nothing unseen may hide one
    unseen = "\t\n\r\x0b \x00\x85\xa0\u2003\u2028\u3000\u200b\u200e\u2060\ufeff"
    assert not [cell for cell in cells if cell[:1] in {*"\t\r\n"} or cell.lstrip(unseen)[:1] in {*"=+-@＝＋－＠"}]
    assert [cell[1:] if cell.startswith("'") else cell for cell in cells] == words


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(WORDS, st.decimals(0, 10**18 - 1, places=4)), max_size=30))
def test_any_text_and_decimal_come_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, Decimal]]
) -> None:
    path = tmp_path_factory.mktemp("duckdb") / "x.duckdb"
    facts = [fact(text, type="amount", minimum=format(n, "f"), maximum=format(n, "f")) for text, n in cells]
    write_tables(path, [extraction(records=[event(amounts=facts)])], kind="duckdb")
    with duckdb.connect(path) as connection:
        assert connection.sql("SELECT text, minimum FROM amounts").fetchall() == cells


def test_mentions_hold_offsets_and_values(ask: Callable[[str], list[Any]], gold: list[Extraction]) -> None:
    rows = ask("SELECT article, id, m.start, m.end, text FROM mentions AS m")
    texts = {e.document.id: e.document.text for e in gold}
    assert all(texts[article][start:end] == text for article, _, start, end, text in rows)
    years = ask("SELECT value->>'fiscal_year_be' FROM mentions WHERE article = 'sample-10' AND label = 'PERIOD'")
    assert [year for (year,) in years if year] == ["2568", "2569", "2570"]


def failing() -> Iterator[Extraction]:
    yield extraction()
    raise RuntimeError("power cut")


def target(folder: Path, kind: TableFormat) -> Path:
    return folder / ("x.duckdb" if kind == "duckdb" else "x")


def contents(path: Path) -> dict[str, bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_a_failed_run_leaves_what_was_there(tmp_path: Path, kind: TableFormat) -> None:
    path = target(tmp_path, kind)
    with pytest.raises(RuntimeError):
        write_tables(path, failing(), kind=kind)
    assert list(tmp_path.iterdir()) == []
    write_tables(path, [extraction(id="old")], kind=kind)
    before = contents(path)
    with pytest.raises(RuntimeError):
        write_tables(path, failing(), kind=kind)
    assert list(tmp_path.iterdir()) == [path]
    assert contents(path) == before


@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_a_new_run_replaces_the_old(tmp_path: Path, kind: TableFormat) -> None:
    path = target(tmp_path, kind)
    for id in ("old", "new"):
        write_tables(path, [extraction(id=id)], kind=kind)
    source = {"duckdb": "articles", "csv": f"'{path}/articles.csv'", "parquet": f"'{path}/articles.parquet'"}[kind]
    with duckdb.connect(path if kind == "duckdb" else ":memory:") as connection:
        assert connection.sql(f"SELECT id FROM {source}").fetchall() == [("new",)]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_take_its_name_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    write_tables(path, [extraction(id="old")], kind="csv")
    before, rename = contents(path), Path.rename

    def refuse(self: Path, to: Path) -> Path:
        if self.name == "tables":
            raise PermissionError(f"{to}: in use")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        write_tables(path, [extraction(id="new")], kind="csv")
    assert list(tmp_path.iterdir()) == [path]
    assert contents(path) == before


def test_what_is_not_our_tables_is_not_replaced(tmp_path: Path) -> None:
    taken = tmp_path / "x"
    write_tables(taken, [extraction()], kind="csv")
    never = iter([1 // 1])  # no extraction: it must not even be asked for one

    def refuse(path: Path, kind: TableFormat, *words: str) -> None:
        before = contents(path)
        with pytest.raises(OSError) as caught:
            write_tables(path, never, kind=kind)  # type: ignore[arg-type]
        assert all(word in str(caught.value) for word in (str(path), *words))
        assert contents(path) == before

    refuse(taken, "parquet", "holds", ".csv")
    (taken / "notes.txt").write_text("mine")
    refuse(taken, "csv", "holds notes.txt")
    (taken / "notes.txt").unlink()
    (taken / "events.csv").unlink()
    refuse(taken, "csv", "lacks events.csv")
    refuse(taken, "duckdb", "is a folder")

    file = tmp_path / "x.duckdb"
    file.write_text("my diary")
    refuse(file, "csv", "is a file")
    refuse(file, "duckdb", "no DuckDB file")
    file.unlink()
    write_tables(file, [extraction()], kind="duckdb")
    with duckdb.connect(file) as connection:
        connection.execute("CREATE VIEW notes AS FROM events")
    refuse(file, "duckdb", "notes")
    with duckdb.connect(file) as connection:
        connection.execute("DROP VIEW notes")
    log = tmp_path / "x.duckdb.wal"
    log.write_bytes(b"")
    with pytest.raises(FileExistsError, match="close it"):
        write_tables(file, never, kind="duckdb")  # type: ignore[arg-type]
    assert next(never) == 1


def test_without_duckdb_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ModuleNotFoundError, match=r"thaigov-events\[tables\]"):
        write_tables(tmp_path / "x", [], kind="csv")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thaigov_events.inference.tables._BATCH", 10)

    def peak(number: int) -> int:
        articles = (extraction(records=[event(id=str(n), trigger=f"{n}" + "ก" * 20_000)]) for n in range(number))
        tracemalloc.start()
        write_tables(tmp_path / f"{number}.duckdb", articles, kind="duckdb")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(300) < 1.5 * peak(30)


def test_an_article_of_many_rows_fits_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thaigov_events.inference.tables._MEMORY", "64MB")
    monkeypatch.setattr("thaigov_events.inference.tables._BATCH", 10)
    records = [event(id=str(n), trigger=f"{n}" + "x" * 50_000) for n in range(400)]  # 40 MB of rows
    write_tables(tmp_path / "x.duckdb", [extraction(records=records)], kind="duckdb")
    assert list(tmp_path.iterdir()) == [tmp_path / "x.duckdb"]
    with duckdb.connect(tmp_path / "x.duckdb") as connection:
        found = connection.sql("SELECT id, len(trigger) FROM events").fetchall()
    assert found == [(record["id"], len(record["trigger"])) for record in records]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that finds nothing, and needs no model."""

    def extract(articles: Any) -> Iterator[Extraction]:
        for article in articles:
            entity = Entity("T1", "EVENT", 0, len(article.text.strip()), 0.5)
            yield understand(Document(article.id, article.text, (entity,)))

    monkeypatch.setattr(Extractor, "load", lambda *args, **kwargs: SimpleNamespace(extract=extract))


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_the_command_writes_tables(tmp_path: Path, kind: TableFormat, capsys: pytest.CaptureFixture[str]) -> None:
    news = tmp_path / "news"
    news.mkdir()
    for name in ("a", "b"):
        (news / f"{name}.txt").write_text("พิธีเปิดตลาด", encoding="utf-8")
    path = target(tmp_path, kind)
    by_format = [] if kind == "duckdb" else ["--format", kind]
    for _ in range(2):
        assert main(["extract", str(news), "-o", str(path), *by_format]) == 0
    assert f"2 articles read to {path}" in capsys.readouterr().err
    source = {"duckdb": "events", "csv": f"'{path}/events.csv'", "parquet": f"'{path}/events.parquet'"}[kind]
    with duckdb.connect(path if kind == "duckdb" else ":memory:") as connection:
        assert connection.sql(f"SELECT article, type, confidence FROM {source}").fetchall() == [
            ("a", "ceremony", 0.5), ("b", "ceremony", 0.5),
        ]  # fmt: skip


@pytest.mark.usefixtures("reader")
def test_the_command_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    article = tmp_path / "a.txt"
    article.write_text("พิธีเปิดตลาด", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    for arguments, message in (
        (["--format", "csv"], "name what to write by -o"),
        (["--format", "duckdb"], "name what to write by -o"),
        (["-o", str(tmp_path / "tables")], "--format"),
        (["-o", str(tmp_path / "full"), "--format", "parquet"], "holds notes.txt"),
        (["-o", str(tmp_path / "full"), "--format", "duckdb"], "is a folder"),
        (["-o", str(article), "--format", "csv"], "is a file"),
    ):
        assert main(["extract", str(article), *arguments]) == 1
        assert message in capsys.readouterr().err
    assert main(["extract", str(tmp_path / "none.txt"), "-o", str(tmp_path / "x.duckdb")]) == 1
    assert "no article could be read" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "full", "x.duckdb.errors.jsonl"}
