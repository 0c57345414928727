"""Dates and clock times: what officials write, worked out by hand, and what must be refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.inference.dates import DateSpan, TimeSpan, read_date, read_time
from thaigov_events.inference.reading import UnreadableError

MONTHS, SHORT = (
    names.split()
    for names in (
        "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
        "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.",
    )
)
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("10 กันยายน 2562", "2019-09-10"),
        ("19 พ.ค.65", "2022-05-19"),
        ("๑๔ ตุลาคม ๒๕๖๖", "2023-10-14"),
        ("28 พฤศจิกายน พ.ศ. 2565", "2022-11-28"),
        ("3 กุมภาพันธ์ พ.ศ.2507", "1964-02-03"),
        ("5/9/2565", "2022-09-05"),
        ("5/9/65", "2022-09-05"),
        ("20/07/2560", "2017-07-20"),
        ("10.09.2562", "2019-09-10"),
        ("1-3-2566", "2023-03-01"),
        ("2022-09-05", "2022-09-05"),
        ("๑ ม.ค. ๖๖", "2023-01-01"),
        ("18 ก.ย 65", "2022-09-18"),
        ("18 กย.65", "2022-09-18"),
        ("18กย65", "2022-09-18"),
        ("18 ก.ย.65", "2022-09-18"),
        ("18 ก. ย. 65", "2022-09-18"),
        ("3 ธค. 67", "2024-12-03"),
        ("๘ ตค.๖๓", "2020-10-08"),
        ("4 มิย. 2563", "2020-06-04"),
        ("4 เมย. 2563", "2020-04-04"),
        ("29พ.ย.66", "2023-11-29"),
        ("11สิงหาคม 2568", "2025-08-11"),
        ("11สิงหาคม2568", "2025-08-11"),
        ("11\u00a0สิงหาคม\n2568", "2025-08-11"),
        ("28 กรกฏาคม 2565", "2022-07-28"),
        ("1 กุมภาพันธุ์ 2565", "2022-02-01"),
        ("9 มกราม 2562", "2019-01-09"),
        ("9 พฤษจิกายน 2562", "2019-11-09"),
        ("29 กุมภาพันธ์ 2567", "2024-02-29"),
        ("วันเสาร์ที่ 14 ตุลาคม 2566", "2023-10-14"),
        ("วันที่ 14 เดือนตุลาคม พ.ศ. 2566", "2023-10-14"),
        ("เมื่อวันที่ 14 ตุลาคม 2566", "2023-10-14"),
        ("(5 ก.ย. 65)", "2022-09-05"),
        ("3 ธันวาคม 2022", "2022-12-03"),
        ("3 ธันวาคม ค.ศ. 2022", "2022-12-03"),
        ("3 ธ.ค. ค.ศ. 22", "2022-12-03"),
        ("3 December 2022", "2022-12-03"),
        ("3rd Dec. 2022", "2022-12-03"),
        ("December 3, 2022", "2022-12-03"),
        ("14 ตุลาคม พุทธศักราช 2566", "2023-10-14"),
    ],
)
def test_one_day(text: str, day: str) -> None:
    assert read_date(text) == DateSpan(day, day)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("26-28 กรกฎาคม 2564", "2021-07-26", "2021-07-28"),
        ("12– 24 พ.ย.2567", "2024-11-12", "2024-11-24"),
        ("30 พ.ย. – 2 ธ.ค. 65", "2022-11-30", "2022-12-02"),
        ("30 พ.ย.-2 ธ.ค.65", "2022-11-30", "2022-12-02"),
        ("28 ธันวาคม 2564 - 3 มกราคม 2565", "2021-12-28", "2022-01-03"),
        ("28 ธันวาคม - 3 มกราคม 2565", "2021-12-28", "2022-01-03"),
        ("28 ธันวาคม 2564 - 3 มกราคม", "2021-12-28", "2022-01-03"),
        ("17 มิ.ย. 2564 - 16 ก.ค.", "2021-06-17", "2021-07-16"),
        ("1 และ 3 มีนาคม 2566", "2023-03-01", "2023-03-03"),
        ("1, 3 และ 5 มีนาคม 2566", "2023-03-01", "2023-03-05"),
        ("1 มีนาคม และ 5 เมษายน 2566", "2023-03-01", "2023-04-05"),
        ("1 ถึง 7 พฤษภาคม 2566", "2023-05-01", "2023-05-07"),
        ("5 กรกฎาคม ถึง วันที่ 15 สิงหาคม 2560", "2017-07-05", "2017-08-15"),
        ("๑ ตุลาคม ๒๕๖๕ ถึงวันที่ ๘ กันยายน ๒๕๖๖", "2022-10-01", "2023-09-08"),
        ("ตั้งแต่วันที่ 7 - 9 มี.ค. 68", "2025-03-07", "2025-03-09"),
        ("ระหว่างวันที่ 7 - 9 มีนาคม พ.ศ. 2568", "2025-03-07", "2025-03-09"),
        ("5/9/2565 - 7/9/2565", "2022-09-05", "2022-09-07"),
        ("5/9/2565 ถึง 7/9/2565", "2022-09-05", "2022-09-07"),
        ("December 3-5, 2022", "2022-12-03", "2022-12-05"),
        ("3 - 5 December 2022", "2022-12-03", "2022-12-05"),
    ],
)
def test_spans_and_lists_of_days(text: str, start: str, end: str) -> None:
    assert read_date(text) == DateSpan(start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("สิงหาคม 2564", "2021-08", "2021-08"),
        ("เดือนสิงหาคม 2564", "2021-08", "2021-08"),
        ("มกราคม พ.ศ. ๒๕๖๒", "2019-01", "2019-01"),
        ("พ.ค.64", "2021-05", "2021-05"),
        ("พ.ค. – มิ.ย.61", "2018-05", "2018-06"),
        ("ม.ค.-มี.ค.2565", "2022-01", "2022-03"),
        ("ตุลาคม – กุมภาพันธ์ 2561", "2017-10", "2018-02"),
        ("ตุลาคม ๒๕๕๙ – กรกฎาคม ๒๕๖๐", "2016-10", "2017-07"),
        ("กรกฎาคมและเดือนตุลาคม 2563", "2020-07", "2020-10"),
        ("May 2022", "2022-05", "2022-05"),
    ],
)
def test_months(text: str, start: str, end: str) -> None:
    assert read_date(text) == DateSpan(start, end, "month")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("8 พฤศจิกายน", "2023-11-08", "2023-11-08"),
        ("10-30 พ.ย.", "2023-11-10", "2023-11-30"),
        ("29 เมษายน - 5 พฤษภาคม", "2023-04-29", "2023-05-05"),
    ],
)
def test_a_missing_year_is_the_callers(text: str, start: str, end: str) -> None:
    assert read_date(text, year=2023) == DateSpan(start, end, year_inferred=True)
    with pytest.raises(UnreadableError, match=r"^no year$"):
        read_date(text)


def test_a_stated_year_is_never_overridden() -> None:
    assert read_date("8 พฤศจิกายน 2560", year=2023) == DateSpan("2017-11-08", "2017-11-08")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("31 กุมภาพันธ์ 2566", "no such day"),
        ("29 กุมภาพันธ์ 2566", "no such day"),
        ("31 กันยายน 2565", "no such day"),
        ("0 กันยายน 2565", "no such day"),
        ("5/13/2565", "no such day"),
        ("28-26 กรกฎาคม 2564", "the span runs backwards"),
        ("3 มกราคม 2565 - 28 ธันวาคม 2564", "the span runs backwards"),
        ("10 กันยายน 1562", "year out of range"),
        ("10 กันยายน พ.ศ. 2022", "year out of range"),
        ("10 กันยายน ค.ศ. 2565", "year out of range"),
        ("แรม 2 ค่ำ เดือน 11", "lunar date"),
        ("1 ส.ย. 65", "no such month"),
        ("1 Jun 22", "two-digit year after an English month"),
        ("1 ตุลาคม - ธันวาคม 2565", "days and months mixed"),
        ("10 กันยายน 2562 ที่บ้าน", "more than a date"),
        ("10 กันยายน 25622", "more than a date"),
        ("14 พุทธศักราช 2566", "not a date"),
        ("วันนี้", "not a date"),
        ("ปี 2566", "not a date"),
        ("2566", "not a date"),
        ("", "not a date"),
    ],
)
def test_what_is_no_date_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_date(text)
    assert str(refusal.value) == reason


def test_the_callers_year_may_lack_the_day_or_stand_on_either_side_of_new_year() -> None:
    with pytest.raises(UnreadableError, match="no such day"):
        read_date("29 กุมภาพันธ์", year=2023)
    with pytest.raises(UnreadableError, match="no year"):
        read_date("28 ธ.ค. - 3 ม.ค.", year=2023)


@given(st.dates(date(1960, 1, 1), date(2099, 12, 31)), st.integers(0, 6), st.booleans())
def test_a_date_in_any_format_is_read_back(day: date, form: int, thai: bool) -> None:
    be, month = day.year + 543, day.month - 1
    text = [
        f"{day.day} {MONTHS[month]} {be}",
        f"{day.day} {SHORT[month]} {be}",
        f"{day.day}{SHORT[month]}{be}",
        f"วันที่ {day.day} {MONTHS[month]} พ.ศ. {be}",
        f"{day.day}/{day.month}/{be}",
        f"{day.day} {SHORT[month].replace('.', '')} {be}",
        f"{day.day} {MONTHS[month]} ค.ศ. {day.year}",
    ][form]
    assert read_date(text.translate(THAI_DIGITS) if thai else text) == DateSpan(day.isoformat(), day.isoformat())


@given(st.dates(date(1960, 1, 1), date(2040, 1, 1)), st.integers(1, 300), st.booleans())
def test_a_span_is_read_back_with_years_at_both_ends_or_at_the_last(first: date, days: int, short: bool) -> None:
    last = first + timedelta(days=days)
    names = SHORT if short else MONTHS
    end = f"{last.day} {names[last.month - 1]} {last.year + 543}"
    start = f"{first.day} {names[first.month - 1]}"
    expected = DateSpan(first.isoformat(), last.isoformat())
    assert read_date(f"{start} {first.year + 543} - {end}") == expected
    if (first.month, first.day) != (last.month, last.day) and (first.year == last.year or first.month > last.month):
        assert read_date(f"{start} – {end}") == expected


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09.30 น.", "09:30", None),
        ("9.30 น.", "09:30", None),
        ("๑๐.๐๐ น.", "10:00", None),
        ("08:30 น.", "08:30", None),
        ("10.00 น .", "10:00", None),
        ("10.30 น", "10:30", None),
        ("14.00น.", "14:00", None),
        ("12.30", "12:30", None),
        ("1000", "10:00", None),
        ("เวลา 13.30 น.", "13:30", None),
        ("00.00 น.", "00:00", None),
        ("10 น.", "10:00", None),
        ("10 นาฬิกา 30 นาที", "10:30", None),
        ("09.00 น. เป็นต้นไป", "09:00", None),
        ("13.00-16.00 น.", "13:00", "16:00"),
        ("08.30 – 15.00 น.", "08:30", "15:00"),
        ("06:00-23:00 น", "06:00", "23:00"),
        ("22.00 น. ถึง 04.00 น.", "22:00", "04:00"),
        ("18.00 - 24.00 น.", "18:00", "24:00"),
        ("9 โมง", "09:00", None),
        ("8 โมงเช้า", "08:00", None),
        ("9 โมงครึ่ง", "09:30", None),
        ("5 โมงเย็น", "17:00", None),
        ("บ่าย 2 โมง", "14:00", None),
        ("บ่ายสามโมง", "15:00", None),
        ("บ่ายโมงครึ่ง", "13:30", None),
        ("2 ทุ่ม", "20:00", None),
        ("ตี 4", "04:00", None),
        ("เที่ยง", "12:00", None),
        ("เที่ยงวัน", "12:00", None),
        ("เที่ยงคืน", "00:00", None),
    ],
)
def test_clock_times(text: str, start: str, end: str | None) -> None:
    assert read_time(text) == TimeSpan(start, end)


@pytest.mark.parametrize("hedge", ["ประมาณ ", "ประมาณ", "ราว ", "ราว ๆ ", "ช่วง ", "เวลาประมาณ ", "ในช่วงเวลาประมาณ "])
def test_a_time_about_then_is_approximate(hedge: str) -> None:
    assert read_time(f"{hedge}10.30 น.") == TimeSpan("10:30", approximate=True)


def test_a_span_within_two_times_is_approximate_only_if_it_says_so() -> None:
    assert read_time("ช่วง 09.00-12.00 น.") == TimeSpan("09:00", "12:00")
    assert read_time("ช่วงประมาณ 09.00-12.00 น.") == TimeSpan("09:00", "12:00", approximate=True)


@pytest.mark.parametrize(
    "text",
    [
        "25.00 น.",
        "ช่วงเช้า",
        "24.00 น.",
        "24.30 น.",
        "09.60 น.",
        "18.00 - 24.30 น.",
        "2 โมง",
        "บ่าย 7 โมง",
        "ตี 9",
        "บ่าย",
        "เช้า",
        "",
        "10.30 นาที",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_time(text)


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from([".", ":"]), st.booleans())
def test_a_time_is_read_back(hour: int, minute: int, mark: str, thai: bool) -> None:
    text = f"{hour:02}{mark}{minute:02} น."
    assert read_time(text.translate(THAI_DIGITS) if thai else text) == TimeSpan(f"{hour:02}:{minute:02}")


@pytest.mark.parametrize(
    "values",
    [
        ("2022-02-02", "2022-01-01"),
        ("2022-02", "2022-02"),
        ("2022-02-02", "2022-02-02", "month"),
        ("2022", "2022", "year"),
    ],
)
def test_inconsistent_spans_cannot_be_built(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no span"):
        DateSpan(*values)


@pytest.mark.parametrize("values", [("24:00",), ("25:00",), ("10:00", "24:01")])
def test_inconsistent_times_cannot_be_built(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no span"):
        TimeSpan(*values)
