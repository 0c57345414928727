"""How well event records are told: the fields of predicted records against those of gold ones.

A document's predicted and gold events are first paired one to one, those with most facts and EVENT mentions in
common first. A fact is then right if the paired gold event has the same field with the same value; events left over
have all their facts wrong or missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import Item, Score, pair_things, score_items
from thaigov_events.inference.assembly import assemble
from thaigov_events.inference.events import EventRecord
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.parts import key_fact
from thaigov_events.inference.record_parts import Actor, Fact
from thaigov_events.inference.spelling import fold_name

FactKey = tuple[str, object]


def compare_events(gold: Sequence[Document], found: Sequence[Document], *, resamples: int = 1000) -> Score:
    """Return the score of the event fields that are assembled from `found` against those from `gold`.

    The documents of the two stand in the same order. `by_label` holds the fields.
    """
    return score_items([_pair_items(a, b) for a, b in zip(gold, found, strict=True)], resamples=resamples)


def list_facts(event: EventRecord) -> frozenset[FactKey]:
    """Return what an event record states, as (field, value); names are folded, dates and figures are values."""
    return frozenset(_facts(event))


def _facts(event: EventRecord) -> Iterator[FactKey]:
    yield "type", event.type
    for committee in (event.committee, *event.other_committees):
        if committee:
            yield "committee", fold_name(committee.name or committee.code)
            if committee.name and committee.code:
                yield "committee_code", (fold_name(committee.name), fold_name(committee.code))
    sessions = tuple(session for session in (event.session, *event.other_sessions) if session)
    yield from _values("session", sessions)
    yield from _values("date", event.dates)
    yield from _values("time", event.times)
    yield from _values("period", event.periods)
    for venue in (event.venue, *event.other_venues):
        if venue:
            yield "venue", fold_name(venue.name)
    for place in (event.place, *event.other_places):
        if place:
            yield "place", (place.province, place.district, place.subdistrict, *place.areas)
    for chair in (event.chair, *event.other_chairs):
        if chair:
            yield "chair", _who(chair)
            if chair.name and chair.position:
                yield "chair_position", (fold_name(chair.name), fold_name(chair.position))
    for actor in event.participants:
        yield "participant", _who(actor)
    for actor in event.organizers:
        yield "organizer", _who(actor)
    for topic in event.topics:
        name = fold_name(topic.name)
        yield "topic", name
        for fact in (*topic.amounts, *topic.counts, *topic.periods):
            yield "topic_value", (name, key_fact(fact))
    yield from _values("value", (*event.amounts, *event.counts))


def _values(field: str, facts: Iterable[Fact]) -> Iterator[FactKey]:
    return ((field, key_fact(fact)) for fact in facts)


def _who(actor: Actor) -> str:
    return fold_name(actor.name or actor.position or actor.organization or actor.committee or actor.location)


def _pair_items(gold: Document, found: Document) -> tuple[list[Item], list[Item]]:
    gold_events, found_events = _read_events(gold), _read_events(found)
    partners = pair_things(
        (len(facts & others) + len(spans & other_spans), i, k)
        for i, (facts, spans) in enumerate(gold_events)
        for k, (others, other_spans) in enumerate(found_events)
        if spans & other_spans or len(facts & others) > 1  # more than the type alone
    )
    gold_items: list[Item] = [(f, (i, f, value)) for i, (facts, _) in enumerate(gold_events) for f, value in facts]
    found_items: list[Item] = [
        (f, (partners.get(k, -1 - k), f, value)) for k, (facts, _) in enumerate(found_events) for f, value in facts
    ]  # fmt: skip
    return gold_items, found_items


def _read_events(document: Document) -> list[tuple[frozenset[FactKey], frozenset[tuple[int, int]]]]:
    """Return the facts of each event record, and the spans of its EVENT mentions."""
    spans = {entity.id: (entity.start, entity.end) for entity in document.entities if entity.label == "EVENT"}
    return [
        (list_facts(record), frozenset(spans[m] for m in record.evidence.mentions if m in spans))
        for record in assemble(Graph.build(document))
        if isinstance(record, EventRecord)
    ]
