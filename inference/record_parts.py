"""What records are made of: names, facts, bodies, people and places, each with its evidence.

Each part of a record carries the ids of the mentions that it came from. Its `confidence` is the least score
among the mentions and links of one statement, since one wrong link spoils the whole chain and the scores of
one model are too alike to be multiplied; of several statements of one fact the best counts. It is None where
nothing is scored, as in documents labelled by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from thaigov_events.inference.reading import field_names
from thaigov_events.inference.values import Value

PlaceBasis = Literal["stated", "venue", "committee", "chair", "document"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a record that can be written as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are neither empty nor False; values stand among them, and evidence after them."""
        plain: dict[str, Any] = {}
        evidence: dict[str, Any] = {}
        for name in field_names(type(self)):  # type: ignore[arg-type]  # mypy asks instances for their hash
            item = getattr(self, name)
            if not item:
                continue
            if name == "evidence":
                evidence = item.to_dict()
            elif name in ("value", "subject"):
                plain |= item.to_dict()
            else:
                plain[name] = _to_plain(item)
        return plain | evidence


def _to_plain(item: Any) -> Any:
    if isinstance(item, tuple):
        return [each.to_dict() if isinstance(each, Part) else each for each in item]
    return item.to_dict() if isinstance(item, Part) else item


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

    def to_dict(self) -> dict[str, Any]:
        """Return the mentions, and the confidence where there is one; 0 is one."""
        known = {} if self.confidence is None else {"confidence": self.confidence}
        return {"mentions": list(self.mentions), **known}


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
    as written, `area` the ISO 3166-2 code of a province, `district` a name without its head. `area_inferred` tells
    that the province is stated elsewhere in the document, and not in the position.

    Raises:
        ValueError: without a grade, or for an area that is inferred and not given.
    """

    grade: str
    body: str = ""
    area: str = ""
    district: str = ""
    area_inferred: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if not self.grade:
            raise ValueError(f"office of {self.body or self.area or self.district!r}: needs a grade")
        if self.area_inferred and not self.area:
            raise ValueError(f"office {self.grade!r}: needs an area for one to be inferred")


@dataclass(frozen=True, slots=True)
class Actor(Part):
    """One who chairs, takes part or organises.

    A person has a name and perhaps positions, the one stated nearest first; an office without a person has
    only a position; a body or an area that acts has only its own field. `title`, `rank`, `given_name`,
    `surname` and `alias` are the parts of a person's name as written, `person` is the id of the person's record among
    the `people` of the article, `office` is what `position` says.

    Raises:
        ValueError: when nothing says who it is, or parts of a name, a person's id or an office stand without it.
    """

    evidence: Evidence
    name: str = ""
    title: str = ""
    rank: str = ""
    given_name: str = ""
    surname: str = ""
    alias: str = ""
    person: str = ""
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
        if self.person and not self.name:
            raise ValueError(f"actor of {self.evidence.mentions}: is the person {self.person!r}, but has no name")
        if self.office and not self.position:
            raise ValueError(f"actor of {self.evidence.mentions}: has an office, but no position")


@dataclass(frozen=True, slots=True)
class Post(Part):
    """A position that someone holds, as written, and what it says."""

    evidence: Evidence
    position: str
    office: Office | None = None

    def __post_init__(self) -> None:
        if not self.position:
            raise ValueError(f"post of {self.evidence.mentions}: needs a position")


@dataclass(frozen=True, slots=True)
class Spot(Part):
    """Where it is, by administrative level, from the areas named one within the other.

    `areas` are the names that it is read from, each area's as the article writes it most fully. `basis` tells where
    the province was read: stated as an area, or named within the venue, the committee's name or the chair's
    position, or merely the only one that the document names. `dopa_code` is the official code of the deepest level,
    empty where that is not sure.
    """

    evidence: Evidence
    basis: PlaceBasis = "stated"
    areas: tuple[str, ...] = ()
    province: str = ""
    iso_3166_2: str = ""
    district: str = ""
    subdistrict: str = ""
    dopa_code: str = ""
