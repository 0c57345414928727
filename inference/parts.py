"""Read the parts of records from a graph: facts, committees, actors.

All take the mentions whose links count, the most telling one first, and keep that order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from thaigov_events.annotations.document import Relation
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.identities import Identity
from thaigov_events.inference.people import read_person
from thaigov_events.inference.record_parts import Actor, Committee, Fact
from thaigov_events.inference.sessions import Session
from thaigov_events.inference.spelling import fold_name
from thaigov_events.inference.values import Unparsed

_ACTORS = ("PERSON", "POSITION", "ORGANIZATION", "COMMITTEE", "COMMITTEE_CODE", "LOCATION")


def read_facts(
    graph: Graph, mentions: Iterable[str], *, relations: Sequence[str], tails: Sequence[str]
) -> tuple[Fact, ...]:
    """Return the values that links of `relations` give to mentions, equal ones of different mentions as one.

    Equal values that one mention has twice are two facts: fifty men and fifty women.
    """
    stated: dict[object, list[Fact]] = defaultdict(list)
    seen: dict[object, int] = defaultdict(int)
    for link in [link for mention in mentions for label in relations for link in graph.links_from(label, mention)]:
        if graph.label(link.tail) in tails:
            fact = read_fact(graph, link.tail, [link])
            key = key_fact(fact), tuple(key_fact(period) for period in fact.periods)
            seen[link.head, key] += 1
            stated[key, seen[link.head, key]].append(fact)
    return tuple(_join_facts(graph, same) for same in stated.values())


def _join_facts(graph: Graph, same: Sequence[Fact]) -> Fact:
    return same[0] if len(same) == 1 else replace(same[0], evidence=graph.join(fact.evidence for fact in same))


def read_fact(graph: Graph, mention: str, links: Sequence[Relation] = ()) -> Fact:
    """Return the value of a mention that `links` give to something; a figure has the periods that it belongs to."""
    periods: tuple[Fact, ...] = ()
    if graph.label(mention) in ("MONEY", "QUANTITY"):
        periods = read_facts(graph, [mention], relations=("in_period",), tails=("PERIOD",))
    return Fact(
        text=graph.text(mention),
        evidence=graph.support([mention], links),
        value=graph.values.get(mention),
        periods=periods,
    )


def key_fact(fact: Fact) -> object:
    """Return what makes two facts the same: the value, or the folded text where none can be read."""
    return fold_name(fact.text) if fact.value is None or isinstance(fact.value, Unparsed) else fact.value


def read_sessions(graph: Graph, mentions: Iterable[str]) -> tuple[Fact, ...]:
    """Return the running numbers of a meeting; one without a year is the same as one with it."""
    facts = read_facts(graph, mentions, relations=("has_session",), tails=("SESSION_NUMBER",))
    dated: dict[object, Fact] = {}
    for fact in facts:
        if isinstance(fact.value, Session) and fact.value.year_ce is not None:
            dated.setdefault(fact.value.number, fact)
    stated: dict[object, list[Fact]] = {key_fact(fact): [fact] for fact in dated.values()}
    for fact in facts:
        same = fact
        if isinstance(fact.value, Session) and fact.value.year_ce is None:
            same = dated.get(fact.value.number, fact)
        stated.setdefault(key_fact(same), [same]).append(fact)
    return tuple(_join_facts(graph, same) for same in stated.values())


def describe_committee(graph: Graph, mention: str, link: Relation) -> Committee:
    """Return the body that a mention names or codes, its other half from wherever the article gives it."""
    named = graph.label(mention) == "COMMITTEE"
    bearer = graph.find_bearer("has_code", mention if named else graph.fullest[_find_body(graph, mention)])
    codes = graph.links_from("has_code", bearer)[:1] if bearer else ()
    named_by = mention if named else codes[0].head if codes else ""
    coded_by = mention if not named else codes[0].tail if codes else ""
    name, short = (graph.choose_writing(each) if each else "" for each in (named_by, coded_by))
    sources = [each for code in codes for each in (code.head, code.tail)] + [each for each in (name, short) if each]
    return Committee(
        graph.support([mention, *sources], [link, *codes]),
        name=graph.text(name) if name else "",
        code=graph.text(short) if short else "",
    )


def _find_body(graph: Graph, mention: str) -> Identity:
    """What a name or a code stands for; a code that the article gives to several bodies stands for none."""
    owners = graph.owners.get(graph.identities[mention], set())
    return next(iter(owners)) if len(owners) == 1 else graph.identities[mention]


def read_committees(graph: Graph, mentions: Iterable[str]) -> tuple[Committee, ...]:
    """Return the bodies whose meeting the mentions of an event are, those with a name first.

    Where one mention of the meeting gives a name, another a code, and no more are given, the body is one.
    """
    links = [link for mention in mentions for link in graph.links_from("meeting_of", mention)]
    bodies = join_committees(
        graph, [link for link in links if graph.label(link.tail) in ("COMMITTEE", "COMMITTEE_CODE")]
    )
    named = [body for body in bodies if body.name]
    coded = [body for body in bodies if not body.name]
    if len(named) == len(coded) == 1 and _fold_code(named[0].code) in ("", _fold_code(coded[0].code)):
        return (_join_halves(graph, [*named, *coded]),)
    return (*named, *coded)


def join_committees(graph: Graph, links: Iterable[Relation]) -> list[Committee]:
    """Return the bodies that links lead to, each once."""
    stated: dict[Identity, list[Committee]] = defaultdict(list)
    for link in links:
        stated[_find_body(graph, link.tail)].append(describe_committee(graph, link.tail, link))
    return [_join_halves(graph, same) for same in stated.values()]


def _join_halves(graph: Graph, same: Sequence[Committee]) -> Committee:
    return Committee(
        graph.join(body.evidence for body in same),
        name=max((body.name for body in same), key=len),
        code=next((body.code for body in same if body.code), ""),
    )


def _fold_code(code: str) -> str:
    return fold_name(code).replace(".", "")


def read_actors(graph: Graph, mentions: Iterable[str], relation: str) -> tuple[Actor, ...]:
    """Return those who are linked to mentions by `relation`, each once."""
    stated: dict[Identity, list[Relation]] = defaultdict(list)
    for mention in mentions:
        for link in graph.links_to(relation, mention):
            if graph.label(link.head) in _ACTORS:
                stated[graph.identities[graph.find_person(link.head)]].append(link)
    _join_offices(graph, stated)
    return tuple(describe_actor(graph, links) for links in stated.values())


def _join_offices(graph: Graph, stated: dict[Identity, list[Relation]]) -> None:
    """Give an office's links to its holder, where one mention of an event has the office, another the person.

    Two of one mention are two people: a list names the governor, and again governors as a class.
    """
    if len(stated) < 2:
        return
    holders: dict[Identity, set[Identity]] = defaultdict(set)
    for identity, links in stated.items():
        if identity[0] == "PERSON":
            for office in _find_offices(graph, [link.head for link in links]):
                holders[graph.identities[office.tail]].add(identity)
    for office_identity in [identity for identity in stated if len(holders.get(identity, ())) == 1]:
        (person,) = holders[office_identity]
        events = {link.tail for link in stated[person]}
        if events.isdisjoint(link.tail for link in stated[office_identity]):
            stated[person].extend(stated.pop(office_identity))


def _find_offices(graph: Graph, persons: Iterable[str]) -> list[Relation]:
    """The offices stated at mentions of a person; if none, those at the nearest mention that has one."""
    heads = list(dict.fromkeys(persons))
    stated = [link for head in heads for link in graph.links_from("holds_position", head)]
    if not stated and (bearer := graph.find_bearer("holds_position", heads[0])):
        stated = list(graph.links_from("holds_position", bearer))
    return [links[0] for links in group_offices(graph, stated)]


def group_offices(graph: Graph, links: Iterable[Relation]) -> list[list[Relation]]:
    """Return the links that lead to one office together, without offices that the person is only the deputy for."""
    offices: dict[Identity, list[Relation]] = defaultdict(list)
    for link in links:
        if not any(_is_stood_in_for(graph, link.tail, deputy[0].tail) for deputy in offices.values()):
            offices[graph.identities[link.tail]].append(link)
    return list(offices.values())


def _is_stood_in_for(graph: Graph, position: str, held: str) -> bool:
    """Whether a position is the one that the holder of `held` is the deputy of: a deputy governor for the governor."""
    office, deputy = graph.offices.get(position), graph.offices.get(held)
    if office is None or deputy is None or deputy.grade != f"deputy {office.grade}":
        return False
    return replace(office, grade=deputy.grade) == deputy


def describe_actor(graph: Graph, links: Sequence[Relation], *, without: frozenset[str] = frozenset()) -> Actor:
    """Return the one who is the head of `links`, without the offices of the mentions `without`."""
    heads = list(dict.fromkeys(link.head for link in links))
    persons = [person for head in heads if graph.label(person := graph.find_person(head)) == "PERSON"]
    # Beside a full name stands the full office.
    persons.sort(key=lambda person: not read_person(graph.text(person)).surname)
    offices = [o for o in _find_offices(graph, persons) if o.tail not in without] if persons else []
    named = graph.fullest[graph.identities[persons[0]]] if persons else _choose_name(graph, heads[0])
    support = [named, *(end for office in offices for end in (office.head, office.tail))]
    evidence = graph.join(graph.support([link.head, *support], [link, *offices]) for link in links)
    seats = {graph.identities[seat.tail]: seat for head in heads for seat in _find_seats(graph, head)}
    member_of = tuple(describe_committee(graph, seat.tail, seat) for seat in seats.values())
    if persons:
        positions = tuple(graph.text(office.tail) for office in offices)
        return Actor(
            evidence,
            **tell_name(graph.text(named)),
            person=graph.name_record(graph.identities[named]),
            position=positions[0] if positions else "",
            office=graph.offices.get(offices[0].tail) if offices else None,
            other_positions=positions[1:],
            member_of=member_of,
        )
    label = graph.label(named)
    return Actor(
        evidence,
        position=graph.text(named) if label == "POSITION" else "",
        office=graph.offices.get(named),
        organization=graph.text(named) if label == "ORGANIZATION" else "",
        committee=graph.text(named) if label in ("COMMITTEE", "COMMITTEE_CODE") else "",
        location=graph.text(named) if label == "LOCATION" else "",
        member_of=member_of,
    )


def tell_name(text: str) -> dict[str, str]:
    """Return a person's name and its parts as the fields of a record."""
    name = read_person(text)
    return {
        "name": text,
        "title": name.title,
        "rank": name.rank,
        "given_name": name.given_name,
        "surname": name.surname,
        "alias": name.alias,
    }


def _choose_name(graph: Graph, mention: str) -> str:
    """The mention that writes a body most fully; an office or an area is as its own mention says."""
    return mention if graph.label(mention) in ("POSITION", "LOCATION") else graph.choose_writing(mention)


def _find_seats(graph: Graph, mention: str) -> Sequence[Relation]:
    bearer = graph.find_bearer("member_of", mention) if graph.label(mention) == "PERSON" else mention
    return graph.links_from("member_of", bearer) if bearer else ()
