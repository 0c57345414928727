"""Fiscal and calendar years, quarters, ranges and terms, with days worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.inference.periods import Period, find_fiscal_years, follows_budget, read_period
from thaigov_events.inference.reading import UnreadableError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ปีงบประมาณ พ.ศ.2567", Period("2023-10-01", "2024-09-30", "fiscal_year", 2567)),
        ("ปีงบประมาณ ๒๕๖๔", Period("2020-10-01", "2021-09-30", "fiscal_year", 2564)),
        ("ปีงบประมาณพ.ศ. 2565", Period("2021-10-01", "2022-09-30", "fiscal_year", 2565)),
        (
            "ปีงบประมาณ\nพ.ศ.๒๕๖๐-๒๕๖๑",
            Period(
                "2016-10-01", "2018-09-30", "fiscal_year_range", first_fiscal_year_be=2560, last_fiscal_year_be=2561
            ),
        ),
        ("ประจำปีงบประมาณ 2566", Period("2022-10-01", "2023-09-30", "fiscal_year", 2566)),
        ("ปีงบฯ 67", Period("2023-10-01", "2024-09-30", "fiscal_year", 2567)),
        ("งบประมาณประจำปี 2566", Period("2022-10-01", "2023-09-30", "fiscal_year", 2566)),
        (
            "ปีงบประมาณ 2562 และ 2563",
            Period(
                "2018-10-01", "2020-09-30", "fiscal_year_range", first_fiscal_year_be=2562, last_fiscal_year_be=2563
            ),
        ),
        ("ปีงบประมาณ 2564 (ไตรมาส 1-2)", Period("2020-10-01", "2021-03-31", "quarter", 2564, (1, 2))),
        ("ปีงบประมาณ พ.ศ.2566 ไตรมาสที่ 3", Period("2023-04-01", "2023-06-30", "quarter", 2566, (3,))),
        ("ไตรมาส 1/2566", Period("2023-01-01", "2023-03-31", "quarter", None, (1,))),
        ("ไตรมาสที่ ๔/๖๖", Period("2023-10-01", "2023-12-31", "quarter", None, (4,))),
        ("ไตรมาส 2 ปี 2566", Period("2023-04-01", "2023-06-30", "quarter", None, (2,))),
        ("ไตรมาส 3 และ 4 ของปีงบประมาณ 2566", Period("2023-04-01", "2023-09-30", "quarter", 2566, (3, 4))),
        ("ไตรมาสแรกของปีงบประมาณ 2566", Period("2022-10-01", "2022-12-31", "quarter", 2566, (1,))),
        ("6 เดือนแรกของปีงบประมาณ 2566", Period("2022-10-01", "2023-03-31", "months", 2566)),
        ("9 เดือนแรก ปี 2566", Period("2023-01-01", "2023-09-30", "months")),
        ("ปี 2564 (ช่วงครึ่งปีหลัง)", Period("2021-07-01", "2021-12-31", "half_year")),
        ("ครึ่งปีแรก 2566", Period("2023-01-01", "2023-06-30", "half_year")),
        ("ครึ่งปีหลังของปีงบประมาณ 2566", Period("2023-04-01", "2023-09-30", "half_year", 2566)),
        ("ปี 2566", Period("2023-01-01", "2023-12-31", "calendar_year")),
        ("ปี 68", Period("2025-01-01", "2025-12-31", "calendar_year")),
        ("ปี พ.ศ.๒๕๖๖", Period("2023-01-01", "2023-12-31", "calendar_year")),
        ("ปีพุทธศักราช 2567", Period("2024-01-01", "2024-12-31", "calendar_year")),
        ("ปี ค.ศ. 2050", Period("2050-01-01", "2050-12-31", "calendar_year")),
        ("2565", Period("2022-01-01", "2022-12-31", "calendar_year")),
        ("ปี พ.ศ. 2560 -2566", Period("2017-01-01", "2023-12-31", "year_range")),
        ("พ.ศ. 2566 – 2570", Period("2023-01-01", "2027-12-31", "year_range")),
        ("พ.ศ. 2566 – พ.ศ. 2570", Period("2023-01-01", "2027-12-31", "year_range")),
        ("ปี 2560 ถึงปี 2565", Period("2017-01-01", "2022-12-31", "year_range")),
        ("ระหว่างปี 2560 - 2565", Period("2017-01-01", "2022-12-31", "year_range")),
        ("ค.ศ.2021 – 2025", Period("2021-01-01", "2025-12-31", "year_range")),
        ("2565/2566", Period("2022-01-01", "2023-12-31", "year_range")),
        ("ปี 2565/66", Period("2022-01-01", "2023-12-31", "year_range")),
        ("ปี 2016/2017", Period("2016-01-01", "2017-12-31", "year_range")),
        ("ปีบัญชี 2564", Period(None, None, "accounting_year", year_be=2564)),
        ("ปีการศึกษา 2566", Period(None, None, "academic_year", year_be=2566)),
        ("ปีการผลิต 2565/66", Period(None, None, "crop_year", year_be=2565)),
        ("ภาคเรียนที่ 1/2560", Period(None, None, "term", year_be=2560, term=1)),
        ("ภาคเรียนที่ 2 ปีการศึกษา 2566", Period(None, None, "term", year_be=2566, term=2)),
        ("ต.ค. 65 - ก.ย. 66", Period("2022-10-01", "2023-09-30", "months")),
        ("กุมภาพันธ์ 2567", Period("2024-02-01", "2024-02-29", "months")),
        ("1 ตุลาคม 2565 - 15 มีนาคม 2566", Period("2022-10-01", "2023-03-15", "days")),
    ],
)
def test_periods(text: str, expected: Period) -> None:
    assert read_period(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ครึ่งปีแรก", Period("2023-01-01", "2023-06-30", "half_year", year_inferred=True)),
        ("ภาคเรียนที่ 1", Period(None, None, "term", year_be=2566, term=1, year_inferred=True)),
        ("มกราคม - มีนาคม", Period("2023-01-01", "2023-03-31", "months", year_inferred=True)),
    ],
)
def test_a_missing_year_is_the_callers(text: str, expected: Period) -> None:
    assert read_period(text, year=2023, fiscal_year=2020) == expected
    for missing in ({}, {"fiscal_year": 2020}):
        with pytest.raises(UnreadableError, match=r"^no year$"):
            read_period(text, **missing)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ไตรมาสที่ 3", Period("2023-04-01", "2023-06-30", "quarter", 2566, (3,), year_inferred=True)),
        ("ไตรมาส 1-2", Period("2022-10-01", "2023-03-31", "quarter", 2566, (1, 2), year_inferred=True)),
        ("6 เดือนหลังของปีงบประมาณ", Period("2023-04-01", "2023-09-30", "months", 2566, year_inferred=True)),
    ],
)
def test_the_missing_year_of_a_part_of_a_fiscal_year_is_no_calendar_year(text: str, expected: Period) -> None:
    assert read_period(text, year=2020, fiscal_year=2023) == expected
    with pytest.raises(UnreadableError, match=r"^no year$"):
        read_period(text, year=2023)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("งบประมาณรายจ่ายประจำปีงบประมาณ พ.ศ. ๒๕๖๗ และปีงบประมาณ 2567", {2567}),
        ("ปีงบประมาณ พ.ศ. 2566 - 2570", {2566, 2570}),
        ("ปีงบประมาณ 2566 และปี 2567", {2566, 2567}),
        ("งบประมาณ 2,566 บาท ในปี 2566 ปีงบประมาณ 25678", set()),
    ],
)
def test_fiscal_years_are_found_in_a_text(text: str, years: set[int]) -> None:
    assert find_fiscal_years(text) == years


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ปีงบประมาณ", "no year"),
        ("ระยะ 5 ปี", "not a period"),
        ("62/63", "two digits alone"),
        ("ปี 2566-2560", "the range runs backwards"),
        ("ปี 2560 และ 2565", "years apart"),
        ("ไตรมาส 3-1/2566", "the quarters run backwards"),
        ("ไตรมาส 1 ปี 2565-2566", "a part of several years"),
        ("ปีการศึกษา 2565-2567", "several years of kind academic_year"),
        ("ปี 1234", "year out of range"),
    ],
)
def test_what_is_no_period_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_period(text)
    assert str(refusal.value) == reason


@given(st.sampled_from(["ปีงบประมาณ", "ปี"]), st.integers(2500, 2599), st.integers(1, 4))
def test_the_quarters_of_a_year_fill_it_without_a_gap(head: str, year: int, quarter: int) -> None:
    whole = read_period(f"{head} {year}")
    parts = [read_period(f"ไตรมาส {number} {head} {year}") for number in (1, 2, 3, 4)]
    assert (parts[0].start, parts[-1].end) == (whole.start, whole.end)
    joined = read_period(f"{head} {year} (ไตรมาส 1-{quarter})")
    assert (joined.start, joined.end) == (parts[0].start, parts[quarter - 1].end)


def test_inconsistent_periods_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="no days"):
        Period("2023-01-01", None, "calendar_year")
    with pytest.raises(ValueError, match="year_be"):
        Period(None, None, "term")
    with pytest.raises(ValueError, match="give both"):
        Period("2016-10-01", "2018-09-30", "fiscal_year_range", first_fiscal_year_be=2560)


@given(st.integers(2500, 2590), st.integers(1, 9), st.sampled_from(["-", " - ", " ถึง "]))
def test_a_range_of_fiscal_years_is_that_of_its_ends(first: int, more: int, join: str) -> None:
    whole = read_period(f"ปีงบประมาณ {first}{join}{first + more}")
    ends = [read_period(f"ปีงบประมาณ {year}") for year in (first, first + more)]
    assert (whole.start, whole.end) == (ends[0].start, ends[1].end)
    assert (whole.first_fiscal_year_be, whole.last_fiscal_year_be) == (first, first + more)


@pytest.mark.parametrize(
    ("before", "follows"),
    [
        ("เสนองบประมาณ", True),
        ("เสนองบประมาณ ประจำ ", True),
        ("ใช้งบฯ\u00a0", True),
        ("ใช้งบ ", True),
        ("งบประมาณรายจ่ายประจำปี ", True),
        ("ความสงบ ", False),
        ("งบประมาณ\n", False),
        ("งบประมาณโครงการ ", False),
        ("", False),
    ],
)
def test_only_a_budget_directly_before_makes_a_year_fiscal(before: str, follows: bool) -> None:
    assert follows_budget(before) is follows
