"""From a document's graph of mentions to records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from thaigov_events.annotations.document import Entity, Relation
from thaigov_events.inference.appointments import find_appointments
from thaigov_events.inference.events import (
    EventRecord,
    FiguresRecord,
    LooseFigureRecord,
    ProjectRecord,
    Record,
    Subject,
    SubjectKind,
    classify_trigger,
)
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.identities import Identity
from thaigov_events.inference.parts import (
    read_actors,
    read_committees,
    read_fact,
    read_facts,
    read_sessions,
)
from thaigov_events.inference.whereabouts import infer_place, read_places, read_venues

_KINDS: Mapping[str, SubjectKind] = MappingProxyType(
    {
        "PROJECT": "project",
        "POLICY": "policy",
        "ORGANIZATION": "organization",
        "COMMITTEE": "committee",
        "LOCATION": "location",
    }
)


def attach_values(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return the normalised values of a document's mentions as JSON-able dicts, under the mentions' ids."""
    return {mention: value.to_dict() for mention, value in graph.values.items()}


def assemble(graph: Graph) -> list[Record]:
    """Return a document's records: events, appointments, projects, figures, each in the order of the text.

    Figures of bodies and areas come first, then those with a period of which no owner is told.

    EVENT mentions that `same_event` joins are one event; a fact that one of them lacks is taken from another
    of them and from nowhere else. A lone meeting mention without any link is no record. What is stated of a
    name (a project's budget, a committee's code, a person's office) holds at each mention of that name.
    """
    document = graph.document
    events = [i for i in graph.mentions if i[0] == "EVENT" and _is_told(graph, graph.mentions[i])]
    topics = {graph.identities[link.tail] for link in document.relations if link.label == "concerns"}
    figured = {identity for label, identity in graph.bearers if label in ("has_value", "in_period", "held_on")}
    told = [i for i in graph.mentions if i[0] == "PROJECT" or (i[0] in _KINDS and (i in topics or i in figured))]
    subjects = {identity: _read_subject(graph, identity) for identity in told}
    records: list[Record] = [_assemble_event(graph, identity, subjects=subjects) for identity in events]
    records.extend(find_appointments(graph))
    rest = [(identity, subject) for identity, subject in subjects.items() if identity not in topics]
    for identity, subject in rest:
        if identity[0] == "PROJECT" and subject.has_facts:
            records.append(ProjectRecord(id=graph.name_record(identity), document=document.id, subject=subject))
    for identity, subject in rest:
        if identity[0] != "PROJECT" and subject.has_figures:
            records.append(FiguresRecord(id=graph.name_record(identity), document=document.id, subject=subject))
    records.extend(_find_loose_figures(graph))
    return records


def _find_loose_figures(graph: Graph) -> Iterator[LooseFigureRecord]:
    """Yield the figures that have a period and no owner."""
    for mention in graph.document.entities:
        if mention.label not in ("MONEY", "QUANTITY") or graph.links_to("has_value", mention.id):
            continue
        fact = read_fact(graph, mention.id)
        if fact.periods:
            yield LooseFigureRecord(
                id=f"{graph.document.id}:{mention.id}",
                document=graph.document.id,
                evidence=fact.evidence,
                amounts=(fact,) if mention.label == "MONEY" else (),
                counts=(fact,) if mention.label == "QUANTITY" else (),
            )


def _is_told(graph: Graph, members: Sequence[Entity]) -> bool:
    """Whether mentions of an event make a record: links, or a trigger that says more than that people met."""
    return members[0].id in graph.weights or classify_trigger(graph.text(members[0].id)) != "meeting"


def _assemble_event(graph: Graph, identity: Identity, *, subjects: Mapping[Identity, Subject]) -> EventRecord:
    members = graph.mentions[identity]
    anchor = max(members, key=lambda member: graph.weights.get(member.id, (0, 0)))
    events = [anchor.id, *(member.id for member in members if member is not anchor)]
    types = [classify_trigger(graph.text(event)) for event in events]
    committees = read_committees(graph, events)
    sessions = read_sessions(graph, events)
    venues = read_venues(graph, events)
    chairs = tuple(sorted(read_actors(graph, events, "chairs"), key=lambda chair: not chair.name))
    places = read_places(graph, events)
    places = infer_place(graph, places, venues=venues, committees=committees, chairs=chairs)
    return EventRecord(
        id=graph.name_record(identity),
        document=graph.document.id,
        type=next((each for each in types if each != "other"), "other"),
        trigger=graph.text(anchor.id),
        evidence=graph.cite(member.id for member in members),
        committee=committees[0] if committees else None,
        session=sessions[0] if sessions else None,
        dates=read_facts(graph, events, relations=("held_on",), tails=("DATE",)),
        times=read_facts(graph, events, relations=("held_on",), tails=("TIME",)),
        periods=read_facts(graph, events, relations=("held_on", "in_period"), tails=("PERIOD",)),
        venue=venues[0] if venues else None,
        place=places[0] if places else None,
        chair=chairs[0] if chairs else None,
        participants=read_actors(graph, events, "participates"),
        organizers=read_actors(graph, events, "organizes"),
        topics=_read_topics(graph, events, subjects=subjects),
        amounts=read_facts(graph, events, relations=("has_value",), tails=("MONEY",)),
        counts=read_facts(graph, events, relations=("has_value",), tails=("QUANTITY",)),
        other_committees=committees[1:],
        other_sessions=sessions[1:],
        other_venues=venues[1:],
        other_places=places[1:],
        other_chairs=chairs[1:],
    )


def _read_topics(graph: Graph, events: Sequence[str], *, subjects: Mapping[Identity, Subject]) -> tuple[Subject, ...]:
    stated: dict[Identity, list[Relation]] = {}
    for link in (link for event in events for link in graph.links_from("concerns", event)):
        identity = graph.identities[link.tail]
        if identity != graph.identities[link.head]:
            stated.setdefault(identity, []).append(link)
    topics = []
    for identity, links in stated.items():
        evidence = graph.join(graph.support([link.tail], [link]) for link in links)
        if identity in subjects:
            topics.append(replace(subjects[identity], evidence=evidence))
        elif identity[0] == "EVENT":
            name, record = graph.text(links[0].tail), graph.name_record(identity)
            topics.append(Subject(type="event", name=name, evidence=evidence, record=record))
    return tuple(topics)


def _read_subject(graph: Graph, identity: Identity) -> Subject:
    members = graph.mentions[identity]
    mentions = [member.id for member in members]
    return Subject(
        type=_KINDS[members[0].label],
        name=graph.text(graph.choose_writing(members[0].id)),
        evidence=graph.cite(mentions),
        amounts=read_facts(graph, mentions, relations=("has_value",), tails=("MONEY",)),
        counts=read_facts(graph, mentions, relations=("has_value",), tails=("QUANTITY",)),
        periods=read_facts(graph, mentions, relations=("in_period", "held_on"), tails=("PERIOD",)),
        dates=read_facts(graph, mentions, relations=("held_on",), tails=("DATE",)),
        times=read_facts(graph, mentions, relations=("held_on",), tails=("TIME",)),
        venues=read_venues(graph, mentions),
        places=read_places(graph, mentions),
        chairs=read_actors(graph, mentions, "chairs"),
        participants=read_actors(graph, mentions, "participates"),
        organizers=read_actors(graph, mentions, "organizes"),
    )
