"""Read the texts of PERIOD mentions: fiscal and calendar years, their quarters and halves, ranges, terms.

A fiscal year runs from 1 October of the year before to 30 September of the year whose number it bears.
Quarters, halves, first and last months are the calendar year's unless ปีงบประมาณ is written; only a quarter without
any year is the fiscal year's, as in the papers of provincial offices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar

from thaigov_events.inference.dates import BUDDHIST_OFFSET, ERA, JOIN, read_date, to_gregorian
from thaigov_events.inference.reading import Reading, UnreadableError, write_plainly

# What stands before a year, with the kind of period that it makes of it.
_HEADS: Mapping[str, str] = MappingProxyType(
    {
        "fiscal_year": "(?:งบประมาณรายจ่าย ?(?:ประจำ)?)?ปี ?งบประมาณ(?:รายจ่าย)?|ปีงบฯ?"
        "|งบ(?:ฯ|ประมาณ(?:รายจ่าย)?)?(?: ?ประจำ)?(?: ?ปี)?",
        "accounting_year": "(?:ปี)?บัญชี",
        "academic_year": "ปีการศึกษา",
        "crop_year": "ปี(?:การ)?(?:ผลิต|เพาะปลูก)|ฤดู(?:กาล|การ)(?:ผลิต|เพาะปลูก)?(?: ?ปี)?",
        "calendar_year": "ปี(?:ปฏิทิน|ภาษี)?",
    }
)
_HEAD = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _HEADS.items())
_YEARS = re.compile(
    rf"(?:{_HEAD})? ?(?P<era>{ERA})? ?['’‘]?"
    rf"(?:(?P<first>[0-9]{{4}}|[0-9]{{2}})"
    rf"(?P<join>{JOIN}| ?/ ?)?(?(join)(?:ปี(?:งบประมาณ)? ?)?(?:{ERA})? ?(?P<last>[0-9]{{4}}|[0-9]{{2}})))?"
)
_QUARTER_WORDS: Mapping[str, int] = MappingProxyType({"แรก": 1, "หนึ่ง": 1, "สอง": 2, "สาม": 3, "สี่": 4, "สุดท้าย": 4})
_PART = re.compile(
    rf"ไตรมา[สศ] ?(?:ที่)? ?(?P<quarter>[1-4](?![0-9])|{'|'.join(_QUARTER_WORDS)})"
    rf"(?:(?P<join>{JOIN})(?:ไตรมา[สศ] ?)?(?:ที่ ?)?(?P<last_quarter>[1-4])(?![0-9]))?"
    r"|ครึ่ง(?:ปี)?(?P<half>แรก|หลัง)"
    r"|(?P<months>1[0-2]|[1-9]) ?เดือน(?P<end>แรก|หลัง)"
    r"|(?:ภาคเรียน|ภาคการศึกษา|เทอม) ?(?:ที่)? ?(?P<term>[1-3])(?![0-9])"
)
_FILLER = re.compile(
    r"^(?:(?:ระยะ(?:เวลา)? ?)?[0-9]{1,2} ปี(?= ?\()|ประจำ|ช่วง|ระหว่าง|ใน|รอบ|ของ|ตลอด|[ (),/])+|(?:ช่วง|ใน|รอบ|[ (),/])+$"
)
_OPEN = re.compile("(?:ถึง|-) ?(?:ปัจจุบัน|บัดนี้)$|เป็นต้นไป$")
# What a mention that ends too late takes along; figures in it could narrow the period.
_STRAY_TAIL = re.compile(r" ?\([^)0-9]*$")
# สงบ is a word of its own.
_BUDGET = re.compile(rf"(?<!ส)(?:{_HEADS['fiscal_year']})$")
_FISCAL_YEAR = re.compile(
    rf"(?:{_HEADS['fiscal_year']})[ (]*(?:{ERA})? ?(?P<first>2[45][0-9]{{2}})(?![0-9])"
    rf"(?:{JOIN}(?:ปี ?(?:งบประมาณ)? ?)?(?:{ERA})? ?(?P<last>2[45][0-9]{{2}})(?![0-9]))?"
)
_CONSECUTIVE = re.compile("และ|กับ|,|&")
_WITHOUT_DAYS = ("accounting_year", "academic_year", "crop_year", "term")


@dataclass(frozen=True, slots=True)
class Period(Reading):
    """A stretch of time from the day `start` to the day `end`, both included, in ISO 8601.

    `kind`: fiscal_year, calendar_year, fiscal_year_range, year_range, quarter, half_year, months, days, or one whose
    days differ from body to body and are therefore not given: accounting_year, academic_year, crop_year, term. Those
    bear `year_be`. `fiscal_year_be` is given when the period is one fiscal year or stated as a part of one,
    `first_fiscal_year_be` and `last_fiscal_year_be` when it is several, `year_inferred` when the text names no year, so
    that the caller's was taken.
    """

    type_name: ClassVar[str] = "period"
    start: str | None
    end: str | None
    kind: str
    fiscal_year_be: int | None = None
    quarters: tuple[int, ...] | None = None
    year_be: int | None = None
    term: int | None = None
    year_inferred: bool = False
    first_fiscal_year_be: int | None = None
    last_fiscal_year_be: int | None = None

    def __post_init__(self) -> None:
        if self.kind in _WITHOUT_DAYS:
            if self.start or self.end or not self.year_be:
                raise ValueError(f"a period of kind {self.kind} has a year_be and no days")
        elif not self.start or not self.end or self.start > self.end:
            raise ValueError(f"{self.start}/{self.end} are no days of a {self.kind}; give ISO days in order")
        if self.kind == "fiscal_year_range" and not (self.first_fiscal_year_be and self.last_fiscal_year_be):
            raise ValueError("a fiscal_year_range has a first and a last fiscal year; give both")


def follows_budget(before: str) -> bool:
    """Whether the text `before` a year ends in a budget on the same line, which makes the year a fiscal one."""
    return _BUDGET.search(write_plainly(before.rpartition("\n")[2])) is not None


def find_fiscal_years(text: str) -> frozenset[int]:
    """Return the Buddhist fiscal years that a text writes with four digits, of ranges the first and the last."""
    found = _FISCAL_YEAR.finditer(write_plainly(text))
    return frozenset(int(year) for match in found for year in match.group("first", "last") if year)


def read_period(text: str, *, year: int | None = None, fiscal_year: int | None = None) -> Period:
    """Read a period; where the text has no year, `year` serves for calendar years, `fiscal_year` for fiscal ones.

    Both are Gregorian: the fiscal year 2567 is 2024.

    Raises:
        UnreadableError: `no year`, or another reason.
    """
    text = write_plainly(text)
    part = _PART.search(text)
    pieces = (text,) if part is None else (text[: part.start()], text[part.end() :])
    years = _YEARS.fullmatch(" ".join(_FILLER.sub("", piece) for piece in pieces).strip())
    if years is None:
        if _OPEN.search(text):
            raise UnreadableError("no end")
        tail = _STRAY_TAIL.search(text)
        if tail is not None and not _PART.search(tail[0]):
            return read_period(text[: tail.start()], year=year, fiscal_year=fiscal_year)
        return _read_as_date(text, year)
    head = next((kind for kind in _HEADS if years[kind]), None)
    kind = head or "calendar_year"
    inferred = years["first"] is None
    fiscal = kind == "fiscal_year" or bool(part and part["quarter"] and inferred and head is None)
    given = fiscal_year if fiscal else year
    if not inferred:
        if len(years["first"]) == 2 and not (years["era"] or head or part):
            raise UnreadableError("two digits alone")
        first, last = _read_years(years)
    elif given is not None and part is not None:
        first = last = given
    else:
        raise UnreadableError("no year")
    if part is not None and part["term"]:
        year_be, term = first + BUDDHIST_OFFSET, int(part["term"])
        return Period(None, None, "term", year_be=year_be, term=term, year_inferred=inferred)
    if part is not None:
        if last != first:
            raise UnreadableError("a part of several years")
        return _read_part(part, first, fiscal=fiscal, inferred=inferred)
    if kind in _WITHOUT_DAYS:
        if last != first and kind != "crop_year":
            raise UnreadableError(f"several years of kind {kind}")
        return Period(None, None, kind, year_be=first + BUDDHIST_OFFSET)
    count = 12 * (last - first + 1)
    start, end = _months(first - 1, 10, count) if fiscal else _months(first, 1, count)
    if last != first:
        if fiscal:
            return Period(
                start,
                end,
                "fiscal_year_range",
                first_fiscal_year_be=first + BUDDHIST_OFFSET,
                last_fiscal_year_be=last + BUDDHIST_OFFSET,
            )
        return Period(start, end, "year_range")
    return Period(start, end, kind, fiscal_year_be=first + BUDDHIST_OFFSET if fiscal else None)


def _read_years(years: re.Match[str]) -> tuple[int, int]:
    """Return the first and the last Gregorian year of a match of `_YEARS` that names one."""
    first = to_gregorian(years["first"], years["era"])
    if years["last"] is None:
        return first, first
    shortened = len(years["last"]) < len(years["first"])
    last = to_gregorian(years["first"][:2] + years["last"] if shortened else years["last"], years["era"])
    if last < first:
        raise UnreadableError("the range runs backwards")
    if _CONSECUTIVE.search(years["join"]) and last != first + 1:
        raise UnreadableError("years apart")
    return first, last


def _read_part(part: re.Match[str], year: int, *, fiscal: bool, inferred: bool) -> Period:
    """Return the quarter, half, first or last months of a year."""
    fiscal_year_be = year + BUDDHIST_OFFSET if fiscal else None
    before, month = (year - 1, 10) if fiscal else (year, 1)
    if part["quarter"]:
        first = _QUARTER_WORDS.get(part["quarter"]) or int(part["quarter"])
        quarters = tuple(range(first, int(part["last_quarter"] or first) + 1))
        if not quarters:
            raise UnreadableError("the quarters run backwards")
        if len(quarters) > 2 and _CONSECUTIVE.search(part["join"]):
            raise UnreadableError("quarters apart")
        start, end = _months(before, month + 3 * (quarters[0] - 1), 3 * len(quarters))
        return Period(start, end, "quarter", fiscal_year_be, quarters, year_inferred=inferred)
    length = int(part["months"] or 6)
    skipped = 12 - length if "หลัง" in (part["half"], part["end"]) else 0
    start, end = _months(before, month + skipped, length)
    kind = "half_year" if part["half"] else "months"
    return Period(start, end, kind, fiscal_year_be, year_inferred=inferred)


def _read_as_date(text: str, year: int | None) -> Period:
    """Read a period that is written as days or months (`ตุลาคม 2565 - กันยายน 2566`)."""
    try:
        span = read_date(text, year=year)
    except UnreadableError as error:
        raise UnreadableError(str(error).replace("a date", "a period")) from None
    if span.precision == "day":
        return Period(span.start, span.end, "days", year_inferred=span.year_inferred)
    (first_year, first_month), (last_year, last_month) = (
        map(int, moment.split("-")) for moment in (span.start, span.end)
    )
    count = 12 * (last_year - first_year) + last_month - first_month + 1
    return Period(*_months(first_year, first_month, count), "months", year_inferred=span.year_inferred)


def _months(year: int, month: int, count: int) -> tuple[str, str]:
    """Return the first and last day of `count` months; a `month` above 12 counts on into the next year."""
    first = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    after = date(year + (month + count - 1) // 12, (month + count - 1) % 12 + 1, 1)
    return first.isoformat(), (after - timedelta(days=1)).isoformat()
