"""Which of a document's mentions name the same thing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TypeAlias

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.inference.bodies import identify_bodies, identify_topics, write_body, write_topic
from thaigov_events.inference.people import write_person
from thaigov_events.inference.places import Place
from thaigov_events.inference.positions import identify_office
from thaigov_events.inference.record_parts import Office
from thaigov_events.inference.sessions import Session
from thaigov_events.inference.spelling import fold_name
from thaigov_events.inference.values import Value

Identity: TypeAlias = tuple[str, str]

# A village is more than the sub-district that stands behind it.
_VILLAGE = re.compile(r"บ้าน|หมู่|ม\.")


def identify_mentions(
    document: Document, *, persons: Mapping[str, str], offices: Mapping[str, Office], values: Mapping[str, Value]
) -> dict[str, Identity]:
    """Return for each mention the label and the name of its thing, the same for all mentions of one thing."""
    bodies = identify_bodies(document)
    topics = identify_topics(document)
    events = _join_events(document, bodies=bodies, values=values)
    identities: dict[str, Identity] = {}
    for entity in document.entities:
        if entity.label == "PERSON":
            identities[entity.id] = ("PERSON", persons[entity.id])
        elif entity.label == "EVENT":
            identities[entity.id] = ("EVENT", events[entity.id])
        elif entity.id in bodies:
            identities[entity.id] = (entity.label, bodies[entity.id])
        elif entity.id in topics:
            identities[entity.id] = ("PROJECT", topics[entity.id])
        else:
            identities[entity.id] = write_identity(document, entity, offices=offices, values=values)
    return identities


def write_identity(
    document: Document, entity: Entity, *, offices: Mapping[str, Office], values: Mapping[str, Value]
) -> Identity:
    """What a mention by itself says that it names."""
    text = document.text_of(entity)
    match entity.label:
        case "PERSON":
            return "PERSON", write_person(text)
        case "ORGANIZATION" | "COMMITTEE" | "COMMITTEE_CODE":
            return entity.label, write_body(entity.label, text)
        case "PROJECT" | "POLICY":
            return "PROJECT", write_topic(text)
        case "POSITION":
            office = offices.get(entity.id)
            return "POSITION", identify_office(office, text) if office else fold_name(text)
        case "LOCATION":
            place = values.get(entity.id)
            code = place.dopa_code if isinstance(place, Place) and not _VILLAGE.match(text) else None
            return "LOCATION", code or fold_name(text)
        case _:
            return entity.label, fold_name(text)


def rate_fullness(
    document: Document,
    mention: Entity,
    identity: Identity,
    *,
    offices: Mapping[str, Office],
    values: Mapping[str, Value],
) -> tuple[bool, int]:
    """Return how well a mention writes the name of its thing: whether rightly, then how fully."""
    rightly = write_identity(document, mention, offices=offices, values=values) == identity
    return rightly, len(fold_name(document.text_of(mention)))


def _join_events(document: Document, *, bodies: Mapping[str, str], values: Mapping[str, Value]) -> dict[str, str]:
    """For each EVENT mention one that stands for its happening, the same for all that links join.

    The surest links come first. One that would join meetings of different sessions or committees joins nothing.
    """
    parents = {entity.id: entity.id for entity in document.entities if entity.label == "EVENT"}
    sessions: dict[str, set[Session]] = defaultdict(set)
    for link in document.relations:
        value = values.get(link.tail)
        if link.label == "has_session" and isinstance(value, Session):
            sessions[link.head].add(value)
    committees = _find_committees(document, bodies)

    def find(mention: str) -> str:
        while parents[mention] != mention:
            parents[mention] = parents[parents[mention]]
            mention = parents[mention]
        return mention

    links = [link for link in document.relations if link.label == "same_event"]
    for link in sorted(links, key=lambda link: 1.0 if link.score is None else link.score, reverse=True):
        if link.head not in parents or link.tail not in parents:
            continue
        joined, kept = find(link.head), find(link.tail)
        apart = _contradict_sessions(sessions[joined], sessions[kept])
        if joined == kept or apart or _contradict_committees(committees[joined], committees[kept]):
            continue
        parents[joined] = kept
        sessions[kept] |= sessions[joined]
        committees[kept] |= committees[joined]
    return {mention: find(mention) for mention in parents}


def _find_committees(document: Document, bodies: Mapping[str, str]) -> dict[str, set[Identity]]:
    """The committees whose meeting each mention is said to be, a code as the one committee that it belongs to."""
    entities = document.by_id()
    owners: dict[str, set[str]] = defaultdict(set)
    for link in document.relations:
        if link.label == "has_code" and entities[link.head].label == "COMMITTEE":
            owners[bodies[link.tail]].add(bodies[link.head])
    committees: dict[str, set[Identity]] = defaultdict(set)
    for link in document.relations:
        if link.label != "meeting_of" or link.tail not in bodies:
            continue
        label, name = entities[link.tail].label, bodies[link.tail]
        if label == "COMMITTEE_CODE" and len(owners[name]) == 1:
            label, name = "COMMITTEE", *owners[name]
        # Of a code with and without dots it is not known that they are two committees.
        committees[link.head].add((label, name.replace(".", "") if label == "COMMITTEE_CODE" else name))
    return committees


def _contradict_sessions(ones: set[Session], others: set[Session]) -> bool:
    """Whether both state sessions and none can be the same; a number without its year can be of any year."""

    def settle(sessions: set[Session]) -> list[tuple[str, int | None]]:
        dated = {each.number for each in sessions if each.year_be}
        pairs = [(each, each.number.split(",")) for each in sessions if each.year_be or each.number not in dated]
        return [(number, each.year_be) for each, numbers in pairs for number in numbers]

    one, other = settle(ones), settle(others)
    agree = any(n == m and (y == z or not y or not z) for n, y in one for m, z in other)
    return bool(one and other) and not agree


def _contradict_committees(ones: set[Identity], others: set[Identity]) -> bool:
    """Whether both name committees and none can be the same: a name may be the beginning of the full one.

    A code whose committee is not named may be of any committee.
    """
    agree = any(
        label != kind or name.startswith(known) or known.startswith(name)
        for label, name in ones
        for kind, known in others
    )
    return bool(ones and others) and not agree
