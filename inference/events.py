"""Records: what an article says happened, who held it, where, when and about what.

Each part of a record carries the ids of the mentions that it came from. Its `confidence` is the least score
among the mentions and links of one statement, since one wrong link spoils the whole chain and the scores of
one model are too alike to be multiplied; of several statements of one fact the best counts. It is None where
nothing is scored, as in documents labelled by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from thaigov_events.inference.values import Value

EventType = Literal["meeting", "ceremony", "visit", "training", "handover", "signing", "press", "other"]
SubjectKind = Literal["project", "policy", "organization", "committee", "location", "event"]
PlaceBasis = Literal["stated", "venue", "committee", "chair", "document"]

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
class Part:
    """A piece of a record that can be written as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are not empty; values stand among them, and evidence after them."""
        plain: dict[str, Any] = {}
        evidence: dict[str, Any] = {}
        for part in fields(self):
            item = getattr(self, part.name)
            if item is None or item == "" or item == ():
                continue
            if part.name == "evidence":
                evidence = item.to_dict()
            elif part.name in ("value", "subject"):
                plain |= item.to_dict()
            else:
                plain[part.name] = _to_plain(item)
        return plain | evidence


def _to_plain(item: Any) -> Any:
    if isinstance(item, Part):
        return item.to_dict()
    return [_to_plain(each) for each in item] if isinstance(item, tuple) else item


@dataclass(frozen=True, slots=True)
class Evidence(Part):
    """The mentions that a part of a record came from, in the order of the text, and how sure they are."""

    mentions: tuple[str, ...]
    confidence: float | None = None

    def __post_init__(self) -> None:
        if not self.mentions or len(set(self.mentions)) < len(self.mentions):
            raise ValueError(f"evidence {self.mentions}: give at least one mention, and each once")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError(f"evidence {self.mentions}: confidence {self.confidence} is no probability")


@dataclass(frozen=True, slots=True)
class Name(Part):
    """A name as the text writes it."""

    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Fact(Part):
    """A date, time, period, session, amount or count: as written, as read, and the periods it belongs to."""

    text: str
    evidence: Evidence
    value: Value | None = None
    periods: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Committee(Part):
    """A body that meets or has seats; one of name and code may be missing.

    Raises:
        ValueError: when both are.
    """

    evidence: Evidence
    name: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        if not self.name and not self.code:
            raise ValueError(f"committee of {self.evidence.mentions}: needs a name or a code")


@dataclass(frozen=True, slots=True)
class Office(Part):
    """What a position says, in terms that can be compared.

    `grade` is English, as `inference/offices.toml` calls it (`governor`), after `former`, `acting`, `deputy` or
    `assistant` where the text says so. `body` is the official Thai name of the agency where it is known, else
    as written, `area` the ISO 3166-2 code of a province, `district` a name without its head.

    Raises:
        ValueError: without a grade.
    """

    grade: str
    body: str = ""
    area: str = ""
    district: str = ""

    def __post_init__(self) -> None:
        if not self.grade:
            raise ValueError(f"office of {self.body or self.area or self.district!r}: needs a grade")


@dataclass(frozen=True, slots=True)
class Actor(Part):
    """One who chairs, takes part or organises.

    A person has a name and perhaps positions, the one stated nearest first; an office without a person has
    only a position; a body or an area that acts has only its own field. `title`, `rank`, `given_name`,
    `surname` and `alias` are the parts of a person's name as written, `office` is what `position` says.

    Raises:
        ValueError: when nothing says who it is, or parts of a name or an office stand without it.
    """

    evidence: Evidence
    name: str = ""
    title: str = ""
    rank: str = ""
    given_name: str = ""
    surname: str = ""
    alias: str = ""
    position: str = ""
    office: Office | None = None
    other_positions: tuple[str, ...] = ()
    organization: str = ""
    committee: str = ""
    location: str = ""
    member_of: tuple[Committee, ...] = ()

    def __post_init__(self) -> None:
        if not (self.name or self.position or self.organization or self.committee or self.location):
            raise ValueError(f"actor of {self.evidence.mentions}: needs a name, position, body or area")
        if not self.name and (self.title or self.rank or self.given_name or self.surname or self.alias):
            raise ValueError(f"actor of {self.evidence.mentions}: has parts of a name, but no name")
        if self.office and not self.position:
            raise ValueError(f"actor of {self.evidence.mentions}: has an office, but no position")


@dataclass(frozen=True, slots=True)
class Spot(Part):
    """Where it is, by administrative level, from the areas named one within the other.

    `basis` tells where the province was read: stated as an area, or named within the venue, the committee's
    name or the chair's position, or merely the only one that the document names. `dopa_code` is the official
    code of the deepest level, empty where that is not sure.
    """

    evidence: Evidence
    basis: PlaceBasis = "stated"
    areas: tuple[str, ...] = ()
    province: str = ""
    iso_3166_2: str = ""
    district: str = ""
    subdistrict: str = ""
    dopa_code: str = ""


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


Record = EventRecord | ProjectRecord | AppointmentRecord | FiguresRecord
