"""Read the texts of DATE and TIME mentions.

Years of four digits are Buddhist (Gregorian + 543) from 2300 on and Gregorian up to 2200; years of two digits
are Buddhist of the century 2500 unless ค.ศ. stands before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import ClassVar

from thaigov_events.inference.reading import Reading, UnreadableError, write_plainly

BUDDHIST_OFFSET = 543

# Full names first, then what is often typed in their place, abbreviations without their dots, English names.
_MONTH_NAMES = (
    "มกราคม มกราคน มกราค มกราม มกรคม มการาคม มกรา มค january jan",
    "กุมภาพันธ์ กุมภาพันธุ์ กุมภาพันธิ์ กุมพาพันธ์ กุมกาพันธ์ กุมภาพนธ์ กุมภาพัน กุมภา กพ february feb",
    "มีนาคม มีนาค มีนาม มีนา มีค march mar",
    "เมษายน เมษายม เมษยน เมษา เมย april apr",
    "พฤษภาคม พฤกษภาคม พฤศภาคม พฤษาภาคม พฤษภาค พฤษภา พค may",
    "มิถุนายน มิถุนายม มิถุนาย มิถุนยน มิถุนา มิย june jun",
    "กรกฎาคม กรกฏาคม กรกฎาค กรกฎคม กรกฏคม กรฎาคม กรกาคม กรกฎา กค july jul",
    "สิงหาคม สิงหาค สิงหาม สิงหา สค august aug",
    "กันยายน กันยายม กันยาน กันยา กย september sept sep",
    "ตุลาคม ตุลาค ตุลาม ตุลา ตค october oct",
    "พฤศจิกายน พฤษจิกายน พฤศจิกยน พฤศิจกายน พฤศจิกยายน พฤจิกายน พฤศจิกาย พฤศจิกา พย november nov",
    "ธันวาคม ธันนวาคม ธันวาค ธันวาม ธันวา ธค december dec",
)
_MONTH_OF: Mapping[str, int] = MappingProxyType(
    {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
)
_ENGLISH_MONTH = "|".join(sorted((name for name in _MONTH_OF if name.isascii()), key=len, reverse=True))
_MONTH = (
    "|".join(sorted((name for name in _MONTH_OF if len(name) > 3 and not name.isascii()), key=len, reverse=True))
    + r"|(?:มี|มิ|เม|[มกพสตธ])(?: ?\. ?| )?[คพย](?: ?\.|(?![ก-๎]))"
    + rf"|(?:{_ENGLISH_MONTH})(?![a-z])\.?"
)
JOIN = r" ?(?:-|จนถึง|ถึง|และ|กับ|,|&|\bto\b|\band\b) ?"
ERA = r"(?:พ\.? ?ศ\.?|พุทธศักราช|ค\.? ?ศ\.?|คริสต์?ศักราช)"
_WEEKDAY = "(?:จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัสฯ?|ศุกร์|เสาร์|อาทิตย์)"
_WEEKDAYS = rf"{_WEEKDAY}(?: ?(?:-|ถึง|และ) ?(?:วัน)?{_WEEKDAY})?"
_BEFORE = rf"(?:ระหว่าง|ตั้งแต่|เมื่อ)?(?:(?:วัน)?(?:{_WEEKDAYS})? ?ที่ ?|วัน{_WEEKDAYS} ?|เดือน ?)?"
_POINT = re.compile(
    rf"{_BEFORE}(?:(?P<days>[0-9]{{1,2}}(?:{JOIN}(?:วันที่ ?)?[0-9]{{1,2}})*)(?:st|nd|rd|th)? ?(?:เดือน ?|of )?)?"
    rf"(?P<month>{_MONTH})"
    rf"(?:,? ?(?:ปี ?)?(?P<era>{ERA})? ?(?P<year>[0-9]{{4}}|[0-9]{{2}})(?![0-9]))?"
)
_ENGLISH_ORDER = re.compile(
    rf"({_ENGLISH_MONTH})\.? ([0-9]{{1,2}}(?: ?- ?[0-9]{{1,2}})?)(?:st|nd|rd|th)?,? ([0-9]{{4}})"
)
_JOIN = re.compile(JOIN)
_DIGITS = re.compile(r"[0-9]+")
_FIGURES = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<mark>[/.-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|(?<!-)[0-9]{2})"
    r"|(?P<iso_year>[0-9]{4})-(?P<iso_month>[0-9]{2})-(?P<iso_day>[0-9]{2})"
)
_FIGURE_JOIN = re.compile(r" - | ?(?:จนถึง|ถึง)(?:วันที่)? ?|(?<=[0-9])-(?=[0-9]{1,2}/)")

_RANGE_JOIN = re.compile(r" ?(?:-|จนถึง|ถึง) ?")
_HOUR_WORDS = ("หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า", "สิบ", "สิบเอ็ด")
_HOUR = rf"[0-9]{{1,2}}|สิบเอ็ด|{'|'.join(_HOUR_WORDS[:-1])}"
# ช่วง before one time says about when; before two it says no more than that they are the ends of a span.
_ABOUT = re.compile(r"(?:เวลา ?)?(?:ใน)?(?P<during>ช่วง ?)?(?:เวลา ?)?(?P<about>(?:ประมาณ|ราว) ?(?:ๆ ?)?)?")
_CLOCK = re.compile(
    r"(?:เวลา ?)?(?:(?P<hour>[0-9]{1,2}) ?(?:\.\.?|[:,])? ?(?P<minute>[0-9]{2})(?![0-9]) ?(?:นาฬิกา|น ?\.?)?"
    r"|(?P<full>[0-9]{1,2}) ?(?:น ?\.|นาฬิกา)(?: ?(?P<past>[0-9]{1,2}) ?นาที)?"
    rf"|(?P<spoken>เที่ยงคืน|เที่ยง(?:วัน|ตรง)?|ตี ?(?P<night>{_HOUR})|บ่าย ?(?:(?P<afternoon>{_HOUR})(?: ?โมง)?|โมง)"
    rf"|(?P<oclock>{_HOUR}) ?โมง(?P<part>เช้า|เย็น)?|(?P<evening>{_HOUR}) ?ทุ่ม)(?P<half> ?ครึ่ง)?)"
)


@dataclass(frozen=True, slots=True)
class DateSpan(Reading):
    """Days or months from `start` to `end`, both included, in ISO 8601 (`2019-09-10`; months `2021-08`).

    A list of days (`1 และ 3 มีนาคม 2566`) is the span from its first to its last. `year_inferred` says that
    the text names no year, so that the caller's was taken.
    """

    type_name: ClassVar[str] = "date"
    start: str
    end: str
    precision: str = "day"
    year_inferred: bool = False

    def __post_init__(self) -> None:
        length = {"day": 10, "month": 7}.get(self.precision)
        if length is None or len(self.start) != length or len(self.end) != length or self.start > self.end:
            raise ValueError(f"{self.start}/{self.end} is no span of {self.precision}s; give ISO dates in order")


@dataclass(frozen=True, slots=True)
class TimeSpan(Reading):
    """A clock time `HH:MM`, or the time from `start` to `end`; an end before the start is on the next day.

    `approximate` says that the text gives it as about then (`ประมาณ 10.30 น.`).
    """

    type_name: ClassVar[str] = "time"
    start: str
    end: str | None = None
    approximate: bool = False

    def __post_init__(self) -> None:
        if not "00:00" <= self.start <= "23:59" or not "00:00" <= (self.end or self.start) <= "24:00":
            raise ValueError(f"{self.start}/{self.end} is no span of times; give HH:MM up to 23:59, an end up to 24:00")


def to_gregorian(digits: str, era: str | None) -> int:
    """Return the Gregorian year that two or four digits name, with what stands before them as their era.

    Raises:
        UnreadableError: when the year is not near our own time in its era.
    """
    number = int(digits)
    christian = (era or "").startswith("ค")
    if len(digits) == 2:
        return 2000 + number if christian else 2500 + number - BUDDHIST_OFFSET
    if 2300 <= number <= 2700 and not christian:
        return number - BUDDHIST_OFFSET
    if 1700 <= number <= 2200 and (christian or not era):
        return number
    raise UnreadableError("year out of range")


def read_date(text: str, *, year: int | None = None) -> DateSpan:
    """Read a day, a month, or a span or list of either; `year` (Gregorian) serves where the text has none.

    Raises:
        UnreadableError: `no year`, `no such day`, or another reason.
    """
    text = write_plainly(text).strip(" ,()")
    if _FIGURES.match(text):
        return _read_figures(text)
    if "ค่ำ" in text:
        raise UnreadableError("lunar date")
    points = _split_points(_ENGLISH_ORDER.sub(lambda found: f"{found[2]} {found[1]} {found[3]}", text))
    months = [_month_number(point["month"]) for point in points]
    years = _spread_years(points, months, year)
    kinds = {point["days"] is not None for point in points}
    if len(kinds) == 2:
        raise UnreadableError("days and months mixed")
    moments: list[str] = []
    for point, month, of_year in zip(points, months, years, strict=True):
        if point["days"] is None:
            moments.append(f"{of_year:04}-{month:02}")
        else:
            moments += [_iso_day(of_year, month, int(day)) for day in _DIGITS.findall(point["days"])]
    inferred = all(point["year"] is None for point in points)
    return _span(moments, precision="day" if True in kinds else "month", year_inferred=inferred)


def _month_number(written: str) -> int:
    number = _MONTH_OF.get(written.replace(".", "").replace(" ", ""))
    if number is None:
        raise UnreadableError("no such month")
    return number


def _split_points(text: str) -> list[re.Match[str]]:
    points = []
    position = 0
    while True:
        point = _POINT.match(text, position)
        if point is None:
            raise UnreadableError("not a date")
        points.append(point)
        join = _JOIN.match(text, point.end())
        if join is None:
            break
        position = join.end()
    if text[point.end() :].strip(" .") not in ("", "นี้", "ศกนี้", "ที่ผ่านมา"):
        raise UnreadableError("more than a date")
    return points


def _spread_years(points: list[re.Match[str]], months: list[int], year: int | None) -> list[int]:
    """Give each point its year: its own, else the next point's, else that of the one before."""
    years: list[int | None] = []
    for point in points:
        if point["year"] and len(point["year"]) == 2 and not point["era"] and point["month"][0].isascii():
            raise UnreadableError("two-digit year after an English month")
        years.append(to_gregorian(point["year"], point["era"]) if point["year"] else None)
    if not any(years):
        # Over New Year it is open which of the two years the caller's is.
        if year is None or months != sorted(months):
            raise UnreadableError("no year")
        return [year] * len(points)
    for index in range(len(points) - 2, -1, -1):
        after = years[index + 1]
        if years[index] is None and after is not None:
            years[index] = after - (months[index] > months[index + 1])
    filled: list[int] = []
    for of_year, month in zip(years, months, strict=True):
        filled.append(of_year if of_year is not None else filled[-1] + (month < months[len(filled) - 1]))
    return filled


def _read_figures(text: str) -> DateSpan:
    moments = []
    for part in _FIGURE_JOIN.split(text):
        found = _FIGURES.fullmatch(part.strip())
        if found is None:
            raise UnreadableError("not a date")
        kind = "iso_" if found["iso_year"] else ""
        of_year = to_gregorian(found[kind + "year"], None)
        moments.append(_iso_day(of_year, int(found[kind + "month"]), int(found[kind + "day"])))
    return _span(moments, precision="day", year_inferred=False)


def _iso_day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise UnreadableError("no such day") from None


def _span(moments: list[str], *, precision: str, year_inferred: bool) -> DateSpan:
    if moments != sorted(moments):
        raise UnreadableError("the span runs backwards")
    return DateSpan(moments[0], moments[-1], precision, year_inferred)


def read_time(text: str) -> TimeSpan:
    """Read a clock time or a span of two, in figures (`09.30 น.`) or spoken (`บ่ายสองโมง`, `2 ทุ่ม`, `เที่ยง`).

    Raises:
        UnreadableError: `no such time`, or another reason.
    """
    text = write_plainly(text).strip(" ,()")
    times: list[int] = []
    hedge = _ABOUT.match(text)
    position = hedge.end() if hedge else 0
    while len(times) < 2:
        clock = _CLOCK.match(text, position)
        if clock is None:
            raise UnreadableError("not a time")
        times.append(_minutes(clock))
        position = clock.end()
        join = _RANGE_JOIN.match(text, position)
        if join is None:
            break
        position = join.end()
    if text[position:].strip(" .") not in ("", "เป็นต้นไป", "ตรง"):
        raise UnreadableError("more than a time")
    if times[0] >= 24 * 60:
        raise UnreadableError("no such time")
    start, *end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in times)
    about = hedge is not None and bool(hedge["about"] or (hedge["during"] and not end))
    return TimeSpan(start, end[0] if end else None, about)


def _minutes(clock: re.Match[str]) -> int:
    """Return the minutes after midnight that a match of `_CLOCK` names."""
    if clock["spoken"]:
        hour, minute = _spoken_hour(clock), 30 if clock["half"] else 0
    else:
        hour, minute = int(clock["hour"] or clock["full"]), int(clock["minute"] or clock["past"] or 0)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise UnreadableError("no such time")
    return hour * 60 + minute


def _spoken_hour(clock: re.Match[str]) -> int:
    def count(group: str, low: int, high: int) -> int | None:
        word = clock[group]
        if word is None:
            return None
        hour = int(word) if word.isdigit() else _HOUR_WORDS.index(word) + 1
        if not low <= hour <= high:
            raise UnreadableError("no such time")
        return hour

    if clock["spoken"].startswith("เที่ยง"):
        return 0 if clock["spoken"] == "เที่ยงคืน" else 12
    if hour := count("night", 1, 5):
        return hour
    if clock["spoken"].startswith("บ่าย"):
        return 12 + (count("afternoon", 1, 5) or 1)
    if hour := count("evening", 1, 5):
        return 18 + hour
    if clock["part"] == "เย็น":
        return 12 + (count("oclock", 3, 6) or 0)
    hour = count("oclock", 1, 11) or 0
    if hour < 6:
        raise UnreadableError("morning or afternoon not stated")
    return hour
