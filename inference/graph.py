"""A document as a graph: its links by label and end, and which of its mentions name the same thing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.inference.bodies import identify_bodies, identify_topics, write_body, write_topic
from thaigov_events.inference.dates import DateSpan
from thaigov_events.inference.events import Evidence, Office
from thaigov_events.inference.holders import find_holders
from thaigov_events.inference.people import identify_persons, write_person
from thaigov_events.inference.periods import Period, follows_budget
from thaigov_events.inference.positions import identify_office, read_offices
from thaigov_events.inference.sessions import Session
from thaigov_events.inference.spelling import fold_name
from thaigov_events.inference.surroundings import settle_places
from thaigov_events.inference.values import Unparsed, Value, normalise

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Graph:
    """An index over a document. Lists of mentions and of links are in the order of the text.

    `identities` gives each mention's thing: an event by its `same_event` links, as far as sessions and
    committees allow, a person by name without titles, a body whether it is written out or shortened, an office
    by what it says, anything else by name; a project and a policy of one name are one, `โครงการ` before it or
    not, and cut off by `ฯ` or not.
    `bearers` are the mentions of a thing where links of a label start, `owners` the things from which links
    of a label go to a thing, `fullest` is the mention that writes a thing's name rightly and most fully,
    `weights` has each linked mention's number of kinds of links and of links, `offices` what positions say,
    `holders` for a position that stands alone a mention of the person whose it is.
    """

    document: Document
    entities: dict[str, Entity]
    identities: dict[str, Identity]
    mentions: dict[Identity, list[Entity]]
    outgoing: dict[tuple[str, str], list[Relation]]
    incoming: dict[tuple[str, str], list[Relation]]
    bearers: dict[tuple[str, Identity], list[Entity]]
    owners: dict[tuple[str, Identity], set[Identity]]
    fullest: dict[Identity, str]
    weights: dict[str, tuple[int, int]]
    values: dict[str, Value]
    offices: dict[str, Office]
    holders: dict[str, str]

    @classmethod
    def build(cls, document: Document) -> Graph:
        """Index a document and normalise its mentions."""
        entities = document.by_id()
        persons = identify_persons(document)
        offices = read_offices(document)
        values = normalise_mentions(document)
        identities = _identify(document, persons=persons, offices=offices, values=values)
        mentions: dict[Identity, list[Entity]] = defaultdict(list)
        for entity in document.entities:
            mentions[identities[entity.id]].append(entity)
        outgoing: dict[tuple[str, str], list[Relation]] = defaultdict(list)
        incoming: dict[tuple[str, str], list[Relation]] = defaultdict(list)
        bearers: dict[tuple[str, Identity], list[Entity]] = defaultdict(list)
        owners: dict[tuple[str, Identity], set[Identity]] = defaultdict(set)
        for relation in sorted(document.relations, key=lambda r: entities[r.tail].start):
            outgoing[relation.label, relation.head].append(relation)
        for relation in sorted(document.relations, key=lambda r: entities[r.head].start):
            incoming[relation.label, relation.tail].append(relation)
            bearing = bearers[relation.label, identities[relation.head]]
            if not bearing or bearing[-1].id != relation.head:
                bearing.append(entities[relation.head])
            owners[relation.label, identities[relation.tail]].add(identities[relation.head])
        fullest = {
            identity: max(same, key=lambda mention: _rate_fullness(document, mention, identity, offices=offices)).id
            for identity, same in mentions.items()
        }
        ends = Counter(end for link in document.relations for end in (link.head, link.tail))
        kinds = Counter(mention for _, mention in (*outgoing, *incoming))
        return cls(
            document,
            entities,
            identities,
            mentions=dict(mentions),
            outgoing=dict(outgoing),
            incoming=dict(incoming),
            bearers=dict(bearers),
            owners=dict(owners),
            fullest=fullest,
            weights={mention: (kinds[mention], ends[mention]) for mention in ends},
            values=values,
            offices=offices,
            holders=find_holders(document, persons=persons, offices=offices),
        )

    def links_from(self, label: str, mention: str) -> Sequence[Relation]:
        """Return the links of a label that start at a mention."""
        return self.outgoing.get((label, mention), ())

    def links_to(self, label: str, mention: str) -> Sequence[Relation]:
        """Return the links of a label that end at a mention."""
        return self.incoming.get((label, mention), ())

    def label(self, mention: str) -> str:
        """Return the label of a mention."""
        return self.entities[mention].label

    def text(self, mention: str) -> str:
        """Return the characters of a mention."""
        return self.document.text_of(self.entities[mention])

    def find_bearer(self, label: str, mention: str) -> str | None:
        """Return the mention itself if a link of `label` starts there, else the nearest of the same thing."""
        if self.links_from(label, mention):
            return mention
        bearing = self.bearers.get((label, self.identities[mention]), ())
        found = find_nearest(bearing, self.entities[mention].start)
        return found.id if found else None

    def find_person(self, mention: str) -> str:
        """Return a mention of the person whose office a mention is, if it stands alone; else the mention itself."""
        return self.holders.get(mention, mention)

    def choose_writing(self, mention: str) -> str:
        """Return the mention that writes the name of the same thing fully: itself, unless another is fuller."""
        fullest = self.fullest[self.identities[mention]]
        return mention if fold_name(self.text(mention)) == fold_name(self.text(fullest)) else fullest

    def support(self, mentions: Iterable[str], links: Iterable[Relation] = ()) -> Evidence:
        """Return the evidence of one statement: its mentions, and the least score of them and its links."""
        ids = self._order(mentions)
        scores = [self.entities[mention].score for mention in ids] + [link.score for link in links]
        return Evidence(ids, min((score for score in scores if score is not None), default=None))

    def join(self, statements: Iterable[Evidence]) -> Evidence:
        """Return the evidence of a fact that is stated several times: all mentions, the best confidence."""
        stated = list(statements)
        known = [each.confidence for each in stated if each.confidence is not None]
        return Evidence(self._order(m for each in stated for m in each.mentions), max(known, default=None))

    def _order(self, mentions: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(mentions), key=lambda mention: self.entities[mention].start))


def normalise_mentions(document: Document) -> dict[str, Value]:
    """Return the normalised values of the mentions that have one, under their ids.

    A date or period without a year is read with the year of the nearest date that has one, a calendar year directly
    after a budget as the fiscal year, a place with the areas around it.
    """
    values: dict[str, Value] = {}
    for entity in document.entities:
        text = document.text_of(entity)
        value = normalise(entity.label, text)
        calendar = isinstance(value, Period) and value.kind == "calendar_year"
        if calendar and follows_budget(document.text[: entity.start]):
            fiscal = normalise(entity.label, f"งบประมาณ{text}")
            # A year that says what it is (ปีภาษี 2566) cannot be read so, and stays.
            value = fiscal if isinstance(fiscal, Period) else value
        if value is not None:
            values[entity.id] = value
    dated = [entity for entity in document.entities if isinstance(values.get(entity.id), DateSpan)]
    for entity in document.entities:
        if entity.label in ("DATE", "PERIOD") and isinstance(values.get(entity.id), Unparsed):
            near = find_nearest(dated, entity.start)
            date = values[near.id] if near else None
            year = int(date.start[:4]) if isinstance(date, DateSpan) else None
            value = normalise(entity.label, document.text_of(entity), year=year)
            if value is not None:
                values[entity.id] = value
    return settle_places(document, values)


def find_nearest(mentions: Sequence[Entity], start: int) -> Entity | None:
    """Return the mention that begins nearest to `start`, of two as near the earlier; None of none."""
    at = bisect_left(mentions, start, key=lambda mention: mention.start)
    return min(mentions[max(at - 1, 0) : at + 1], key=lambda mention: abs(mention.start - start), default=None)


def _identify(
    document: Document, *, persons: Mapping[str, str], offices: Mapping[str, Office], values: Mapping[str, Value]
) -> dict[str, Identity]:
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
            identities[entity.id] = _write_identity(document, entity, offices=offices)
    return identities


def _write_identity(document: Document, entity: Entity, *, offices: Mapping[str, Office]) -> Identity:
    """What a mention by itself says that it names."""
    text = document.text_of(entity)
    name = fold_name(text)
    match entity.label:
        case "PERSON":
            return "PERSON", write_person(text)
        case "ORGANIZATION" | "COMMITTEE" | "COMMITTEE_CODE":
            return entity.label, write_body(entity.label, text)
        case "PROJECT" | "POLICY":
            return "PROJECT", write_topic(text)
        case "POSITION":
            office = offices.get(entity.id)
            return "POSITION", identify_office(office, text) if office else name
        case _:
            return entity.label, name


def _rate_fullness(
    document: Document, mention: Entity, identity: Identity, *, offices: Mapping[str, Office]
) -> tuple[bool, int]:
    rightly = _write_identity(document, mention, offices=offices) == identity
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
