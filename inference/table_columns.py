"""The flat tables: a class is a table, a field a column, its type the column's type.

Columns that other tables refer to: `articles.id`, by `article` everywhere; `events.id` and `projects.id`, by
`participants.record`, `amounts.owner` and `topics.subject`; `people.id`, by `positions.person`, `participants.person`
and `appointments.person`. `mentions` lists the ids of the mentions that a row came from, `mentions.id` of the same
article.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, ClassVar, TypeAlias, get_args, get_origin, get_type_hints

Texts: TypeAlias = tuple[str, ...]
Json: TypeAlias = dict[str, Any]
# Columns of several tables.
FiscalYear: TypeAlias = Annotated[int | None, "the Buddhist year of the one fiscal year that its periods lie in"]
FirstFiscalYear: TypeAlias = Annotated[int | None, "the first fiscal year that its periods name"]
LastFiscalYear: TypeAlias = Annotated[int | None, "the last one; the same where they name only one"]
OfficeGrade: TypeAlias = Annotated[str | None, "its grade in English; empty where the position cannot be read"]
OfficeArea: TypeAlias = Annotated[str | None, "the ISO 3166-2 code of its province"]
IsInferred: TypeAlias = Annotated[bool | None, "whether it is merely the only province that the article names"]
PersonId: TypeAlias = Annotated[str | None, "people.id; empty where nobody is named"]
PersonText: TypeAlias = Annotated[str | None, "a person's name as written, with title"]
Seats: TypeAlias = Annotated[Texts, "committees with a seat, by name or else code"]

_SQL_TYPES: MappingProxyType[Any, str] = MappingProxyType(
    {
        str: "VARCHAR",
        int: "INTEGER",
        float: "DOUBLE",
        bool: "BOOLEAN",
        date: "DATE",
        time: "TIME",
        Decimal: "DECIMAL(38,4)",
        Texts: "VARCHAR[]",
        Json: "JSON",
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its SQL type and what it holds where the name does not tell."""

    name: str
    sql_type: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table `table`. None is an empty cell; there are no empty texts."""

    table: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the cells by column, in the order of the columns."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow(Row):
    """Articles, also those that say nothing."""

    table: ClassVar[str] = "articles"
    id: str
    source: str | None
    title: Annotated[str | None, "the first line"]
    first_date: Annotated[date | None, "the first dated day of its events"]
    characters: int
    mention_count: int
    relation_count: int
    event_count: int
    project_count: int
    appointment_count: int
    person_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow(Row):
    """What happened. Of several committees, sessions, places, chairs the one told best; `record` has all."""

    table: ClassVar[str] = "events"
    id: str
    article: str
    type: Annotated[str, "meeting, ceremony, visit, training, handover, signing, press or other"]
    trigger: Annotated[str, "the words that name the happening"]
    committee_name: str | None
    committee_code: Annotated[str | None, "the committee's abbreviation"]
    session_text: str | None
    session_number: Annotated[str | None, "a meeting's running number; a text, since there are 3-1 and 44,45"]
    session_year_be: int | None
    session_year_ce: int | None
    first_date: date | None
    last_date: date | None
    date_precision: Annotated[str | None, "day, or month where a date names no day: then the month's first and last"]
    year_inferred: Annotated[bool | None, "whether a date has its year from another date of the article"]
    date_text: str | None
    start_time: time | None
    end_time: Annotated[time | None, "one before start_time is on the next day"]
    time_approximate: Annotated[bool | None, "whether the text gives it as about then"]
    time_text: str | None
    period_text: str | None
    period_start: date | None
    period_end: date | None
    fiscal_year_be: FiscalYear
    first_fiscal_year_be: FirstFiscalYear
    last_fiscal_year_be: LastFiscalYear
    venue: str | None
    province: str | None
    iso_3166_2: str | None
    district: str | None
    subdistrict: str | None
    place_basis: Annotated[str | None, "where the province was read: stated, venue, committee, chair, or document"]
    chair_name: str | None
    chair_position: str | None
    mentions: Texts
    confidence: float | None
    record: Annotated[Json, "the whole record as in the JSON lines"]

    def __post_init__(self) -> None:
        _check_days(self.id, self.first_date, self.last_date)
        _check_days(self.id, self.period_start, self.period_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow(Row):
    """What an event is about, a row a topic; one project may be a topic of several events."""

    table: ClassVar[str] = "topics"
    event: Annotated[str, "events.id"]
    article: str
    type: Annotated[str, "project, policy, organization, committee, location or event"]
    name: str
    subject: Annotated[str, "projects.id of a project or policy, events.id of an event; amounts.owner of all"]
    mentions: Texts
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow(Row):
    """Projects and policies, once an article, with the first event that is about them."""

    table: ClassVar[str] = "projects"
    id: str
    article: str
    event: Annotated[str | None, "events.id; empty where no event is about it"]
    type: Annotated[str, "project or policy"]
    name: str
    name_key: Annotated[str, "the same for spellings of one name: no spaces and quotes, Arabic digits"]
    period_text: str | None
    period_start: date | None
    period_end: date | None
    fiscal_year_be: FiscalYear
    first_fiscal_year_be: FirstFiscalYear
    last_fiscal_year_be: LastFiscalYear
    first_date: date | None
    last_date: date | None
    venue: str | None
    province: str | None
    iso_3166_2: str | None
    district: str | None
    subdistrict: str | None
    mentions: Texts
    confidence: float | None
    record: Annotated[Json, "all that is stated of it, as in the JSON lines"]

    def __post_init__(self) -> None:
        _check_days(self.id, self.period_start, self.period_end)
        _check_days(self.id, self.first_date, self.last_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRow(Row):
    """Who chaired, took part in or organised an event or a project."""

    table: ClassVar[str] = "participants"
    record: Annotated[str, "events.id or projects.id"]
    article: str
    role: Annotated[str, "chair, participant or organizer"]
    number: Annotated[int, "the place among those of the role, from 1; the first chair is the one in events"]
    person: PersonId
    name: PersonText
    given_name: str | None
    surname: str | None
    position: str | None
    other_positions: Texts
    organization: Annotated[str | None, "a body that acts itself"]
    committee: Annotated[str | None, "a committee that acts itself"]
    location: Annotated[str | None, "an area that acts itself"]
    member_of: Seats
    mentions: Texts
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRow(Row):
    """Amounts of money, and counts of anything else, with what they belong to."""

    table: ClassVar[str] = "amounts"
    article: str
    owner: Annotated[str, "events.id or projects.id; for bodies and areas an id of the same form, as topics.subject"]
    owner_kind: Annotated[str, "event, project, policy, organization, committee, location; unowned where none is told"]
    owner_name: Annotated[str | None, "its name, of an event its trigger"]
    type: Annotated[str, "amount (money) or count"]
    text: str
    unit: Annotated[str | None, "of money the ISO 4217 code, of counts as written or %"]
    minimum: Annotated[Decimal | None, "in whole units, rounded to four places; empty if open or unreadable"]
    maximum: Annotated[Decimal | None, "equal to minimum unless a range or bound is stated"]
    approximate: bool | None
    exclusive: Annotated[bool | None, "whether the one bound is itself left out: less or more, not at most or at least"]
    per: Annotated[str | None, "what it is for each of: year, month, or as written"]
    period_text: str | None
    period_start: Annotated[date | None, "of the period stated of this amount; its project's is in projects"]
    period_end: date | None
    fiscal_year_be: FiscalYear
    first_fiscal_year_be: FirstFiscalYear
    last_fiscal_year_be: LastFiscalYear
    mentions: Texts
    confidence: float | None

    def __post_init__(self) -> None:
        _check_days(self.owner, self.period_start, self.period_end)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{self.owner}: {self.text!r} was read with the minimum {self.minimum} > {self.maximum}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow(Row):
    """Who was given a position or a seat."""

    table: ClassVar[str] = "appointments"
    id: str
    article: str
    person: PersonId
    name: PersonText
    given_name: str | None
    surname: str | None
    held_position: Annotated[str | None, "the position held besides"]
    organization: Annotated[str | None, "a body that is given the seat"]
    position: Annotated[str | None, "the position given"]
    office_grade: OfficeGrade
    office_body: Annotated[str | None, "the agency of the position given"]
    office_area: OfficeArea
    office_area_inferred: IsInferred
    office_district: str | None
    committee_name: Annotated[str | None, "the committee of the seat"]
    committee_code: str | None
    cue: Annotated[str | None, "the word of appointing; empty where only a seat is stated"]
    mentions: Texts
    confidence: float | None
    record: Annotated[Json, "the whole record as in the JSON lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow(Row):
    """Who is named, once an article, whether or not they act in an event."""

    table: ClassVar[str] = "people"
    id: str
    article: str
    name: Annotated[str, "as written, with title"]
    name_key: Annotated[str, "the same for spellings of one name: no title, rank, spaces and quotes"]
    title: str | None
    rank: Annotated[str | None, "military, police or academic"]
    given_name: str | None
    surname: str | None
    alias: str | None
    member_of: Seats
    mentions: Texts
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow(Row):
    """Who holds which position, a row a person and position."""

    table: ClassVar[str] = "positions"
    person: Annotated[str, "people.id"]
    article: str
    number: Annotated[int, "the place among those of the person, from 1"]
    position: Annotated[str, "as written"]
    office_grade: OfficeGrade
    office_body: Annotated[str | None, "the agency of the position"]
    office_area: OfficeArea
    office_area_inferred: IsInferred
    office_district: str | None
    mentions: Texts
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionRow(Row):
    """The marked spans of the text, with the values that were read from them."""

    table: ClassVar[str] = "mentions"
    article: str
    id: Annotated[str, "unique in its article"]
    label: str
    start: Annotated[int, "offset in code points of the text"]
    end: Annotated[int, "offset after the last character; in SQL write mentions.end, the bare word is a keyword"]
    text: str
    score: float | None
    value: Annotated[Json | None, "the value with its type, as in the JSON lines"]


ROWS: tuple[type[Row], ...] = (
    ArticleRow,
    EventRow,
    TopicRow,
    ProjectRow,
    ParticipantRow,
    AmountRow,
    AppointmentRow,
    PersonRow,
    PositionRow,
    MentionRow,
)


def list_columns(row: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a table, in order."""
    hints = get_type_hints(row, include_extras=True)
    return tuple(_describe_column(each.name, hints[each.name]) for each in fields(row))


def _describe_column(name: str, hint: Any) -> Column:
    plain, meaning = get_args(hint) if get_origin(hint) is Annotated else (hint, "")
    options = get_args(plain) if get_origin(plain) is UnionType else (plain,)
    (kind,) = (option for option in options if option is not NoneType)
    return Column(name, _SQL_TYPES[kind], meaning)


def _check_days(name: str, first: date | None, last: date | None) -> None:
    if (first is None) != (last is None) or (first is not None and last is not None and first > last):
        raise ValueError(f"{name}: {first}/{last} is no span of days; give both, in order, or neither")
