"""Read the texts of SESSION_NUMBER mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from thaigov_events.inference.dates import BUDDHIST_OFFSET, ERA, JOIN, to_gregorian
from thaigov_events.inference.reading import Reading, UnreadableError, write_plainly

_SESSION = re.compile(
    r"(?:(?:ใน)?(?:การประชุม)?(?:นัด|วาระ)?(?:ครั้ง)?(?P<special>พิเศษ)? ?(?:ครั้ง)?(?:ที่)?) ?"
    rf"(?P<number>[0-9]{{1,4}}(?:{JOIN}[0-9]{{1,3}}(?![0-9]))?)"
    r"(?:(?: ?/{1,2} ?| ?(?:ของ|ประจำ)? ?(?=ปี))(?:ปี(?:งบประมาณ)? ?)?"
    rf"(?P<era>{ERA})? ?(?P<year>[0-9]{{4}}|[0-9]{{2}}))?"
)
_LIST_JOIN = re.compile(r" ?(?:และ|กับ|,|&|\band\b) ?")
_RANGE_JOIN = re.compile(r" ?(?:-|จนถึง|ถึง) ?")
_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b")


@dataclass(frozen=True, slots=True)
class Session(Reading):
    """A meeting's running number (`4`, `3-1`, `44,45` for two in one, `พิเศษ 1`), its year in both eras."""

    type_name: ClassVar[str] = "session"
    number: str
    year_be: int | None = None
    year_ce: int | None = None

    def __post_init__(self) -> None:
        if not self.number or (self.year_be or BUDDHIST_OFFSET) - BUDDHIST_OFFSET != (self.year_ce or 0):
            raise ValueError(f"session {self.number!r} of {self.year_be} ({self.year_ce}): years must differ by 543")


def read_session(text: str) -> Session:
    """Read the running number of a meeting: `ครั้งที่ 4/2562`, `ครั้งที่ 3-1/2567`, `2/65`, `ครั้งที่ 12`.

    Raises:
        UnreadableError: when there is no running number, or more than one with its year.
    """
    found = _SESSION.fullmatch(_ORDINAL.sub("", write_plainly(text).strip(" .,()")))
    if found is None:
        raise UnreadableError("not a session number")
    number = _LIST_JOIN.sub(",", _RANGE_JOIN.sub("-", found["number"]))
    if found["special"]:
        number = f"พิเศษ {number}"
    if not found["year"]:
        return Session(number)
    year = to_gregorian(found["year"], found["era"])
    return Session(number, year + BUDDHIST_OFFSET, year)
