"""A document as a graph: its links by label and end, and which of its mentions name the same thing."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.inference.dates import DateSpan
from thaigov_events.inference.events import Evidence
from thaigov_events.inference.reading import write_plainly
from thaigov_events.inference.values import Unparsed, Value, normalise

Identity = tuple[str, str]

_RANK = "(?:เอก|โท|ตรี|จัตวา)"
_TITLE = re.compile(
    r"(?:(?:[ก-ฮ]{1,4}\.\s*)+|\((?:พิเศษ|หญิง)\)|หญิง|ว่าที่|นางสาว|นาง|นาย(?:สัตว)?แพทย์|นาย|แพทย์หญิง|ดาบตำรวจ"
    rf"|(?:พล|พัน|ร้อย|สิบ|จ่าสิบ|นาวา|เรือ)(?:เรือ|อากาศ|ตำรวจ|จ่า)?{_RANK}"
    "|(?:รอง|ผู้ช่วย)?ศาสตราจารย์(?:พิเศษ|กิตติคุณ|เกียรติคุณ)?|หม่อม(?:หลวง|ราชวงศ์|เจ้า)|คุณหญิง|คุณ|ท่าน)"
    r"\s*(?=[ก-ฮเ-ไ(A-Z])"
)
_IGNORED = re.compile("[ \"'“”‘’]")


def fold_name(text: str) -> str:
    """Return a form in which spellings of one name agree: no spaces and quotes, Arabic digits, lower case.

    `ฎ` and `ฏ` count as one letter, since each is often typed for the other.
    """
    return _IGNORED.sub("", write_plainly(text)).replace("ฎ", "ฏ")


def split_person(text: str) -> tuple[str, str]:
    """Return a person's given name and surname without titles; the surname is empty where none is written."""
    rest = text
    while title := _TITLE.match(rest):
        rest = rest[title.end() :]
    words = re.sub(r"\([^)]*\)|ฯ", " ", rest).split() or [rest]
    return fold_name(words[0]), fold_name("".join(words[1:]))


@dataclass(frozen=True, slots=True)
class Graph:
    """An index over a document. Lists of mentions and of links are in the order of the text.

    `identities` gives each mention's thing: an event by its `same_event` links, a person by name without
    titles, anything else by name; a project and a policy of one name are one, `โครงการ` before it or not.
    `bearers` are the mentions of a thing where links of a label start, `owners` the things from which links
    of a label go to a thing, `fullest` is the mention that writes a thing's name most fully, `weights` has
    each linked mention's number of kinds of links and of links.
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

    @classmethod
    def build(cls, document: Document) -> Graph:
        """Index a document and normalise its mentions."""
        entities = document.by_id()
        identities = _identify(document)
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
            identity: max(same, key=lambda mention: len(fold_name(document.text_of(mention)))).id
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
            values=normalise_mentions(document),
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

    A date or period without a year is read with the year of the nearest date that has one.
    """
    values: dict[str, Value] = {}
    for entity in document.entities:
        value = normalise(entity.label, document.text_of(entity))
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
    return values


def find_nearest(mentions: Sequence[Entity], start: int) -> Entity | None:
    """Return the mention that begins nearest to `start`, of two as near the earlier; None of none."""
    at = bisect_left(mentions, start, key=lambda mention: mention.start)
    return min(mentions[max(at - 1, 0) : at + 1], key=lambda mention: abs(mention.start - start), default=None)


def _identify(document: Document) -> dict[str, Identity]:
    persons = _identify_persons(document)
    events = _join_events(document)
    identities: dict[str, Identity] = {}
    for entity in document.entities:
        if entity.label == "PERSON":
            identities[entity.id] = ("PERSON", persons[entity.id])
        elif entity.label == "EVENT":
            identities[entity.id] = ("EVENT", events[entity.id])
        elif entity.label in ("PROJECT", "POLICY"):
            name = fold_name(document.text_of(entity))
            identities[entity.id] = ("PROJECT", name.removeprefix("โครงการ") or name)
        else:
            name = fold_name(document.text_of(entity)).replace("คกก.", "คณะกรรมการ")
            identities[entity.id] = (entity.label, name)
    return identities


def _identify_persons(document: Document) -> dict[str, str]:
    """A given name alone is the only full name with it, or where several have it the last one before."""
    names = {e.id: split_person(document.text_of(e)) for e in document.entities if e.label == "PERSON"}
    surnames: dict[str, dict[str, None]] = defaultdict(dict)
    for given, surname in names.values():
        if surname:
            surnames[given][surname] = None
    last: dict[str, str] = {}
    persons: dict[str, str] = {}
    for mention, (given, surname) in names.items():
        if surname:
            last[given] = surname
        else:
            surname = last.get(given) or next(iter(surnames[given]), "")
        persons[mention] = f"{given} {surname}".rstrip()
    return persons


def _join_events(document: Document) -> dict[str, str]:
    """For each EVENT mention one that stands for its happening, the same for all that links join."""
    parents = {entity.id: entity.id for entity in document.entities if entity.label == "EVENT"}

    def find(mention: str) -> str:
        while parents[mention] != mention:
            parents[mention] = parents[parents[mention]]
            mention = parents[mention]
        return mention

    for relation in document.relations:
        if relation.label == "same_event" and relation.head in parents and relation.tail in parents:
            parents[find(relation.head)] = find(relation.tail)
    return {mention: find(mention) for mention in parents}
