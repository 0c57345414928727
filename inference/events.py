"""Records: what an article says happened, who held it, where, when and about what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from thaigov_events.inference.record_parts import Actor, Committee, Evidence, Fact, Name, Office, Part, Post, Spot

EventType = Literal["meeting", "ceremony", "visit", "training", "handover", "signing", "press", "other"]
SubjectKind = Literal["project", "policy", "organization", "committee", "location", "event"]

# The first that matches counts. Good wishes are signed at a ceremony, policy is handed over in a meeting.
_TRIGGERS: tuple[tuple[re.Pattern[str], EventType], ...] = (
    (re.compile("ลงนาม(?!ถวาย)|บันทึกข้อตกลง|ทำสัญญา|MOU", re.IGNORECASE), "signing"),
    (re.compile("แถลง"), "press"),
    (re.compile("มอบ(?!นโยบาย)"), "handover"),
    (re.compile("พิธี"), "ceremony"),
    (re.compile("อบรม|สัมม?นา|การฝึก|ฝึก"), "training"),
    (re.compile("ประชุม|หารือ|เสวนา|อภิปราย|เวที|รับฟัง|ถก|มอบนโยบาย|บรรยาย|คอนเฟอเรนซ์"), "meeting"),
    (
        re.compile(
            "^(การ|งาน)?เปิด|ศิลาฤกษ์|สักการะ|ถวาย|รับเสด็จ|เฝ้าทูล|บวงสรวง|เวียนเทียน|ตักบาตร|สมโภช|ขบวน|kick ?off",
            re.IGNORECASE,
        ),
        "ceremony",
    ),
    (re.compile("ลงพื้นที่|เยี่ยม|ตรวจ|พบ|เยือน|ชม|ติดตาม|ดูงาน|ลุย|สำรวจ"), "visit"),
)


def classify_trigger(text: str) -> EventType:
    """Return the type of happening that the words of an EVENT mention name."""
    return next((kind for pattern, kind in _TRIGGERS if pattern.search(text)), "other")


@dataclass(frozen=True, slots=True)
class Subject(Part):
    """Something that an event is about or that figures belong to, and all that is stated of its name.

    `record` is the id of the record of a subject that is itself an event.
    """

    type: SubjectKind
    name: str
    evidence: Evidence
    record: str = ""
    amounts: tuple[Fact, ...] = ()
    counts: tuple[Fact, ...] = ()
    periods: tuple[Fact, ...] = ()
    dates: tuple[Fact, ...] = ()
    times: tuple[Fact, ...] = ()
    venues: tuple[Name, ...] = ()
    places: tuple[Spot, ...] = ()
    chairs: tuple[Actor, ...] = ()
    participants: tuple[Actor, ...] = ()
    organizers: tuple[Actor, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether amounts, counts or periods are stated."""
        return bool(self.amounts or self.counts or self.periods)

    @property
    def has_facts(self) -> bool:
        """Whether anything beyond the name is stated."""
        return self.has_figures or any(
            (
                self.dates,
                self.times,
                self.venues,
                self.places,
                self.chairs,
                self.participants,
                self.organizers,
            )
        )


@dataclass(frozen=True, slots=True)
class EventRecord(Part):
    """A happening. `evidence` holds its EVENT mentions, which no other event record holds.

    Where an article gives several committees, sessions, venues, places or chairs, the one stated by the
    mention with most kinds of links stands in the field and the rest in `other_…`; a chair with a name comes
    before an office.
    """

    kind: Literal["event"] = field(default="event", init=False)
    id: str
    document: str
    type: EventType
    trigger: str
    evidence: Evidence
    committee: Committee | None = None
    session: Fact | None = None
    dates: tuple[Fact, ...] = ()
    times: tuple[Fact, ...] = ()
    periods: tuple[Fact, ...] = ()
    venue: Name | None = None
    place: Spot | None = None
    chair: Actor | None = None
    participants: tuple[Actor, ...] = ()
    organizers: tuple[Actor, ...] = ()
    topics: tuple[Subject, ...] = ()
    amounts: tuple[Fact, ...] = ()
    counts: tuple[Fact, ...] = ()
    other_committees: tuple[Committee, ...] = ()
    other_sessions: tuple[Fact, ...] = ()
    other_venues: tuple[Name, ...] = ()
    other_places: tuple[Spot, ...] = ()
    other_chairs: tuple[Actor, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectRecord(Part):
    """A project or policy that no event is about, and what is stated of it."""

    kind: Literal["project"] = field(default="project", init=False)
    id: str
    document: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class FiguresRecord(Part):
    """Amounts, counts or periods of a body or an area that no event is about."""

    kind: Literal["figures"] = field(default="figures", init=False)
    id: str
    document: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class LooseFigureRecord(Part):
    """An amount or a count for a period, of which the article does not tell what it belongs to.

    Raises:
        ValueError: unless it holds one figure.
    """

    kind: Literal["figures"] = field(default="figures", init=False)
    id: str
    document: str
    type: Literal["unowned"] = field(default="unowned", init=False)
    evidence: Evidence
    amounts: tuple[Fact, ...] = ()
    counts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        if len(self.amounts) + len(self.counts) != 1:
            raise ValueError(f"figure {self.id}: needs one amount or one count")


@dataclass(frozen=True, slots=True)
class AppointmentRecord(Part):
    """Someone given a position or a seat.

    `holder` has the position held besides; `cue` is the word of appointing, and is empty where the text only
    states a seat. `office` is what the given `position` says.

    Raises:
        ValueError: when neither a position nor a committee is given, or an office stands without its position.
    """

    kind: Literal["appointment"] = field(default="appointment", init=False)
    id: str
    document: str
    holder: Actor
    evidence: Evidence
    position: str = ""
    office: Office | None = None
    committee: Committee | None = None
    cue: str = ""

    def __post_init__(self) -> None:
        if not self.position and self.committee is None:
            raise ValueError(f"appointment {self.id}: needs a position or a committee")
        if self.office and not self.position:
            raise ValueError(f"appointment {self.id}: has an office, but no position")


@dataclass(frozen=True, slots=True)
class PersonRecord(Part):
    """A person whom the article names, whether or not they act in an event.

    `title`, `rank`, `given_name`, `surname` and `alias` are the parts of the name as written, `positions` the offices
    that the article gives the person anywhere, one that is newly given among them, `member_of` the seats.

    Raises:
        ValueError: without a name.
    """

    id: str
    document: str
    name: str
    evidence: Evidence
    title: str = ""
    rank: str = ""
    given_name: str = ""
    surname: str = ""
    alias: str = ""
    positions: tuple[Post, ...] = ()
    member_of: tuple[Committee, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError(f"person {self.id}: needs a name")


Record = EventRecord | ProjectRecord | AppointmentRecord | FiguresRecord | LooseFigureRecord
