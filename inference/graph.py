"""A document as a graph: its links by label and end, and which of its mentions name the same thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.inference.holders import find_holders
from thaigov_events.inference.identities import Identity, identify_mentions, rate_fullness
from thaigov_events.inference.people import identify_persons
from thaigov_events.inference.positions import read_offices
from thaigov_events.inference.record_parts import Evidence, Office
from thaigov_events.inference.spelling import fold_name
from thaigov_events.inference.surroundings import find_nearest, find_only_province, read_values
from thaigov_events.inference.values import Value


@dataclass(frozen=True, slots=True)
class Graph:
    """An index over a document. Lists of mentions and of links are in the order of the text.

    `identities` gives each mention's thing: an event by its `same_event` links, as far as sessions and
    committees allow, a person by name without titles, a body whether it is written out or shortened, an office
    by what it says, anything else by name; a project and a policy of one name are one, `โครงการ` before it or
    not, and cut off by `ฯ` or not.
    `bearers` are the mentions of a thing where links of a label start, `owners` the bodies whose code a code is,
    `fullest` is the mention that writes a thing's name rightly and most fully, `weights` has each linked mention's
    number of kinds of links and of links, `offices` what positions say, `holders` for a position that stands alone a
    mention of the person whose it is. `find_province` gives the only one that the document names; it searches the text
    when it is first asked.
    """

    document: Document
    entities: dict[str, Entity]
    identities: dict[str, Identity]
    mentions: dict[Identity, list[Entity]]
    outgoing: dict[tuple[str, str], list[Relation]]
    incoming: dict[tuple[str, str], list[Relation]]
    bearers: dict[tuple[str, Identity], list[Entity]]
    owners: dict[Identity, set[Identity]]
    fullest: dict[Identity, str]
    weights: dict[str, tuple[int, int]]
    values: dict[str, Value]
    offices: dict[str, Office]
    holders: dict[str, str]
    find_province: Callable[[], str | None]

    @classmethod
    def build(cls, document: Document) -> Graph:
        """Index a document and normalise its mentions."""
        entities = document.by_id()
        persons = identify_persons(document)
        values = read_values(document)
        find_province = cache(partial(find_only_province, document, values))
        offices = read_offices(document, find_province=find_province)
        identities = identify_mentions(document, persons=persons, offices=offices, values=values)
        mentions: dict[Identity, list[Entity]] = defaultdict(list)
        for entity in document.entities:
            mentions[identities[entity.id]].append(entity)
        outgoing: dict[tuple[str, str], list[Relation]] = defaultdict(list)
        incoming: dict[tuple[str, str], list[Relation]] = defaultdict(list)
        bearers: dict[tuple[str, Identity], list[Entity]] = defaultdict(list)
        owners: dict[Identity, set[Identity]] = defaultdict(set)
        for relation in sorted(document.relations, key=lambda r: entities[r.tail].start):
            outgoing[relation.label, relation.head].append(relation)
        for relation in sorted(document.relations, key=lambda r: entities[r.head].start):
            incoming[relation.label, relation.tail].append(relation)
            bearing = bearers[relation.label, identities[relation.head]]
            if not bearing or bearing[-1].id != relation.head:
                bearing.append(entities[relation.head])
            if relation.label == "has_code":
                owners[identities[relation.tail]].add(identities[relation.head])
        rate = partial(rate_fullness, document, offices=offices, values=values)
        fullest = {
            identity: same[0].id if len(same) == 1 else max(same, key=lambda mention: rate(mention, identity)).id
            for identity, same in mentions.items()
        }
        counts: dict[str, list[int]] = defaultdict(list)
        for (_, mention), links in (*outgoing.items(), *incoming.items()):
            counts[mention].append(len(links))
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
            weights={mention: (len(kinds), sum(kinds)) for mention, kinds in counts.items()},
            values=values,
            offices=offices,
            holders=find_holders(document, persons=persons, offices=offices),
            find_province=find_province,
        )

    def links_from(self, label: str, mention: str) -> Sequence[Relation]:
        """Return the links of a label that start at a mention."""
        return self.outgoing.get((label, mention), ())

    def links_to(self, label: str, mention: str) -> Sequence[Relation]:
        """Return the links of a label that end at a mention."""
        return self.incoming.get((label, mention), ())

    def name_record(self, identity: Identity) -> str:
        """Return the id of the record of a thing: the document's, and that of the first mention of the thing."""
        return f"{self.document.id}:{self.mentions[identity][0].id}"

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
        same = mention == fullest or fold_name(self.text(mention)) == fold_name(self.text(fullest))
        return mention if same else fullest

    def support(self, mentions: Iterable[str], links: Iterable[Relation] = ()) -> Evidence:
        """Return the evidence of one statement: its mentions, and the least score of them and its links."""
        ids = self._order(mentions)
        scores = [self.entities[mention].score for mention in ids] + [link.score for link in links]
        return Evidence(ids, min([score for score in scores if score is not None], default=None))

    def cite(self, mentions: Iterable[str]) -> Evidence:
        """Return the evidence of a name that each of several mentions states: all of them, the best score."""
        ids = self._order(mentions)
        scores = [self.entities[mention].score for mention in ids]
        return Evidence(ids, max([score for score in scores if score is not None], default=None))

    def join(self, statements: Iterable[Evidence]) -> Evidence:
        """Return the evidence of a fact that is stated several times: all mentions, the best confidence."""
        stated = list(statements)
        if len(stated) == 1:
            return stated[0]
        known = [each.confidence for each in stated if each.confidence is not None]
        return Evidence(self._order(m for each in stated for m in each.mentions), max(known, default=None))

    def _order(self, mentions: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(mentions), key=lambda mention: self.entities[mention].start))
