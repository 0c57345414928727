"""The entry point: every label to its reader, records, and no text that raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.values import Unparsed, normalise

LABELS = ("DATE", "TIME", "PERIOD", "SESSION_NUMBER", "MONEY", "QUANTITY", "LOCATION")
DEV = Path(__file__).parents[2].parent / "shared" / "corpus" / "dev.jsonl"
# Pieces of which mentions are made, so that random texts come near real ones.
PIECES = (
    "0 1 25 2566 ๑๒ 31 1,234 12.50 , . - – / : ( ) ม.ค. กุมภาพันธ์ พ.ศ. ค.ศ. ปี ปีงบประมาณ ไตรมาส ครึ่งปีหลัง ภาคเรียนที่ ครั้งที่ น. โมง ทุ่ม "
    "บ่าย เที่ยง ถึง และ กว่า ไม่เกิน ประมาณ ร้อยละ % บาท สตางค์ ล้าน แสน พัน ร้อย สิบ หนึ่ง เอ็ด ครึ่ง เศษ ต่อ ละ คน ไร่ งาน ตารางวา จังหวัด จ. "
    "อำเภอ ต. เขต แขวง เมือง ตาก เชียงใหม่ กรุงเทพฯ ณ ฯ ๆ ํ า ่ ² ١ 〇 ½"
)


@pytest.mark.parametrize(
    ("label", "text", "record"),
    [
        (
            "DATE",
            "10 กันยายน 2562",
            {"type": "date", "start": "2019-09-10", "end": "2019-09-10", "precision": "day"},
        ),
        ("DATE", "31 กุมภาพันธ์ 2562", {"type": "unparsed", "reason": "no such day"}),
        ("DATE", "10 กันยายน", {"type": "unparsed", "reason": "no year"}),
        ("TIME", "09.30 น.", {"type": "time", "start": "09:30"}),
        ("TIME", "25.00 น.", {"type": "unparsed", "reason": "no such time"}),
        (
            "PERIOD",
            "ปีงบประมาณ 2564 (ไตรมาส 1-2)",
            {
                "type": "period",
                "start": "2020-10-01",
                "end": "2021-03-31",
                "kind": "quarter",
                "fiscal_year_be": 2564,
                "quarters": [1, 2],
            },
        ),
        ("PERIOD", "ภาคเรียนที่ 1/2560", {"type": "period", "kind": "term", "year_be": 2560, "term": 1}),
        (
            "SESSION_NUMBER",
            "ครั้งที่ 4/2562",
            {"type": "session", "number": "4", "year_be": 2562, "year_ce": 2019},
        ),
        ("SESSION_NUMBER", "ครั้งที่ 2", {"type": "session", "number": "2"}),
        (
            "MONEY",
            "กว่า 1.7 ล้านบาท",
            {"type": "amount", "minimum": "1700000", "unit": "THB", "text_number": "1.7 ล้าน"},
        ),
        ("QUANTITY", "0 คน", {"type": "count", "minimum": "0", "maximum": "0", "unit": "คน"}),
        (
            "LOCATION",
            "จ.ตราด",
            {"type": "place", "province": "ตราด", "iso_3166_2": "TH-23", "dopa_code": "23"},
        ),
    ],
)
def test_records(label: str, text: str, record: dict[str, Any]) -> None:
    value = normalise(label, text)
    assert value is not None
    assert value.to_dict() == record
    assert json.loads(json.dumps(record)) == value.to_dict()


def test_the_callers_year_reaches_dates_and_periods() -> None:
    date = normalise("DATE", "10 กันยายน", year=2019)
    period = normalise("PERIOD", "ไตรมาสที่ 3", fiscal_year=2019)
    assert date is not None and date.to_dict()["year_inferred"] is True
    assert period is not None and period.to_dict()["start"] == "2019-04-01"


def test_other_labels_and_places_that_are_no_area_have_no_value() -> None:
    others = [name for name in Schema.load().entity_names if name not in LABELS]
    assert len(others) == len(Schema.load().entity_names) - len(LABELS)
    assert all(normalise(name, "10 กันยายน 2562") is None for name in others)
    assert normalise("LOCATION", "ประเทศไทย") is None


@given(st.sampled_from(LABELS), st.text(max_size=40), st.none() | st.integers(1900, 2100))
@example("QUANTITY", "9" * 400 + " ล้านล้าน คน", None)
@example("DATE", "1 ม.ค. 9999", None)
def test_no_text_raises(label: str, text: str, year: int | None) -> None:
    value = normalise(label, text, year=year)
    assert value is None or json.dumps(value.to_dict())


@given(st.sampled_from(LABELS), st.lists(st.sampled_from(PIECES.split()), max_size=8), st.sampled_from(["", " "]))
def test_no_near_mention_raises(label: str, pieces: list[str], gap: str) -> None:
    for year in (None, 2023):
        value = normalise(label, gap.join(pieces), year=year)
        assert value is None or json.dumps(value.to_dict())


@pytest.mark.skipif(not DEV.exists(), reason="needs the annotated corpus in ../shared")
@pytest.mark.parametrize("label", LABELS)
def test_nearly_all_mentions_of_the_development_set_are_read(label: str) -> None:
    texts = [
        entity["text"]
        for line in DEV.read_text("utf-8").splitlines()
        for entity in json.loads(line)["entities"]
        if entity["label"] == label
    ]
    values = [value for text in texts if (value := normalise(label, text, year=2024, fiscal_year=2024)) is not None]
    unread = sum(isinstance(value, Unparsed) for value in values)
    assert values and unread <= 0.03 * len(values)
