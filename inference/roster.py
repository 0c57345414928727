"""List the people of a document, each with the offices and seats that it gives them anywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from thaigov_events.annotations.document import Relation
from thaigov_events.inference.events import PersonRecord
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.identities import Identity
from thaigov_events.inference.parts import group_offices, join_committees, tell_name
from thaigov_events.inference.record_parts import Post


def list_people(graph: Graph) -> Iterator[PersonRecord]:
    """Yield the people that a document names, in the order of the text, whether or not they act in an event.

    Positions that stand alone for a person are among the mentions of that person.
    """
    alone: dict[Identity, list[str]] = defaultdict(list)
    for position, person in graph.holders.items():
        alone[graph.identities[person]].append(position)
    for identity in graph.mentions:
        if identity[0] == "PERSON":
            yield _describe_person(graph, identity, alone=alone.get(identity, ()))


def _describe_person(graph: Graph, identity: Identity, *, alone: Sequence[str]) -> PersonRecord:
    names = [member.id for member in graph.mentions[identity]]
    held = [link for name in names for link in graph.links_from("holds_position", name)]
    seats = [link for name in names for link in graph.links_from("member_of", name)]
    return PersonRecord(
        id=graph.name_record(identity),
        document=graph.document.id,
        **tell_name(graph.text(graph.choose_writing(names[0]))),
        evidence=graph.cite((*names, *alone)),
        positions=tuple(_describe_post(graph, links) for links in group_offices(graph, held)),
        member_of=tuple(join_committees(graph, seats)),
    )


def _describe_post(graph: Graph, links: Sequence[Relation]) -> Post:
    """The office that links from a person lead to, as it is written most fully."""
    written = graph.choose_writing(links[0].tail)
    return Post(
        graph.join(graph.support([link.head, link.tail, written], [link]) for link in links),
        position=graph.text(written),
        office=graph.offices.get(written),
    )
