"""Find who is newly given an office or a seat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.inference.events import AppointmentRecord
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.identities import Identity
from thaigov_events.inference.parts import describe_actor, describe_committee

# `ดำรงตำแหน่ง` before an office says that it is new; `เป็น` does where a word of appointing stands before the
# person. An office that someone had, or has had for a time, is not new.
_TAKES = re.compile("ดำรงตำแหน่ง|รับตำแหน่ง")
_APPOINTS = re.compile("แต่งตั้ง|โยกย้าย|ย้าย|เลื่อนตำแหน่ง|เลือกตั้ง|สรรหา|ดำรงตำแหน่ง|รับตำแหน่ง")
_NOT_NEW = re.compile("เคย|อดีต|ตั้งแต่|ก่อน|ขณะ|ระหว่าง|ครบวาระ|พ้น|ซึ่ง|ปัจจุบัน")
_REACH = 60


def find_appointments(graph: Graph) -> Iterator[AppointmentRecord]:
    """Yield the offices that persons newly take, and the seats of those who are in no event or are appointed.

    Each pair of holder and office or body comes once, from where it is first stated.
    """
    entities = graph.document.entities
    before = {entity.id: entities[at] for at, entity in enumerate(entities[1:])}
    seen: set[tuple[Identity, Identity]] = set()
    for holder in entities:
        links = [*graph.links_from("holds_position", holder.id), *graph.links_from("member_of", holder.id)]
        offices = _find_new_offices(graph, holder, before=before) if links else {}
        for link in links:
            is_seat = link.label == "member_of"
            pair = graph.identities[holder.id], graph.identities[link.tail]
            cue = _find_seat_cue(graph, holder, link.tail) if is_seat else offices.get(link.tail, "")
            told = cue or (is_seat and not _acts(graph, holder.id))
            if not told or pair in seen:
                continue
            seen.add(pair)
            actor = describe_actor(graph, [link], without=frozenset(offices))
            yield AppointmentRecord(
                id=f"{graph.document.id}:{holder.id}-{link.tail}",
                document=graph.document.id,
                holder=replace(actor, member_of=()),
                evidence=graph.support([holder.id, link.tail], [link]),
                position="" if is_seat else graph.text(link.tail),
                office=None if is_seat else graph.offices.get(link.tail),
                committee=describe_committee(graph, link.tail, link) if is_seat else None,
                cue=cue,
            )


def _find_new_offices(graph: Graph, person: Entity, *, before: dict[str, Entity]) -> dict[str, str]:
    """The mentions of offices that a person newly takes, each with the words that say so."""
    text = graph.document.text
    offices: dict[str, str] = {}
    for link in graph.links_from("holds_position", person.id):
        office = graph.entities[link.tail]
        if office.start < person.end:
            continue
        last = before[office.id]
        gap = text[last.end : office.start]
        if len(gap) > _REACH or _NOT_NEW.search(gap):
            continue
        if taking := _TAKES.search(gap):
            offices[office.id] = taking.group()
        elif gap.rstrip().endswith("เป็น") and (appointing := _APPOINTS.search(_lead(graph.document, person))):
            offices[office.id] = appointing.group()
        elif gap.strip() in ("และ", ",") and last.id in offices:
            offices[office.id] = offices[last.id]
    return offices


def _find_seat_cue(graph: Graph, holder: Entity, committee: str) -> str:
    leads = (_lead(graph.document, holder), _lead(graph.document, graph.entities[committee]))
    found = next((cue for lead in leads if (cue := _APPOINTS.search(lead))), None)
    return found.group() if found else ""


def _lead(document: Document, entity: Entity) -> str:
    """What stands in the line shortly before a mention."""
    return document.text[max(0, entity.start - _REACH) : entity.start].rpartition("\n")[2]


def _acts(graph: Graph, mention: str) -> bool:
    """Whether a person, at any mention, or an office or body, at this one, acts in an event or project."""
    labels = ("chairs", "participates", "organizes")
    if graph.label(mention) == "PERSON":
        return any((label, graph.identities[mention]) in graph.bearers for label in labels)
    return any(graph.links_from(label, mention) for label in labels)
