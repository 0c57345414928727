"""The listing tells an article's records, and below them who has an office or a seat."""

from __future__ import annotations

from marked_text import read_marked

from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.listing import format_events


def list_lines(marked: str, links: str = "", **scores: float) -> list[str]:
    return format_events(Extraction.tell(read_marked(marked, links, scores=scores))).splitlines()


def test_event_is_told_in_rows() -> None:
    marked = "[P1 นายสมมุติ ใจดี] [O1 ผู้ว่าราชการจังหวัดตราด] เปิด[E1 งาน] ณ [V1 วัดก] มี [G1 กรมประมง] และ [G2 กรมป่าไม้] ร่วม"
    links = "chairs P1 E1, holds_position P1 O1, held_at E1 V1, participates G1 E1, participates G2 E1"
    assert list_lines(marked, links, E1=0.875) == [
        "── d1: 6 mentions, 5 relations, 1 records",
        "  event · other: งาน  (0.88)",
        "      venue        วัดก",
        "      place        ตราด (TH-23)",
        "      chair        นายสมมุติ ใจดี, ผู้ว่าราชการจังหวัดตราด",
        "      participants กรมประมง",
        "                   กรมป่าไม้",
        "  people: 1 of 1 with an office or a seat",
        "      นายสมมุติ ใจดี, ผู้ว่าราชการจังหวัดตราด",
    ]


def test_people_have_a_line_each_with_all_offices_and_seats() -> None:
    marked = (
        "[P1 นายสมมุติ ใจดี] [O1 ปลัดอำเภอ] และ[O2 ประธานกองทุน] กับ [P2 นายค ง] และ [P3 นางวิไล ทองแท้] กรรมการ "
        "[C1 คณะกรรมการน้ำ] ([K1 คกน.])"
    )
    links = "holds_position P1 O1, holds_position P1 O2, member_of P3 C1, has_code C1 K1"
    assert list_lines(marked, links)[-3:] == [
        "  people: 2 of 3 with an office or a seat",
        "      นายสมมุติ ใจดี, ปลัดอำเภอ, ประธานกองทุน",
        "      นางวิไล ทองแท้, member of คณะกรรมการน้ำ · คกน.",
    ]


def test_people_without_office_and_seat_have_no_block() -> None:
    assert list_lines("[P1 นายค ง] กล่าว") == ["── d1: 1 mentions, 0 relations, 0 records"]
