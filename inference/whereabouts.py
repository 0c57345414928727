"""Read from a graph where things are held or lie.

Like `parts`, all take the mentions whose links count, the most telling one first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

from thaigov_events.annotations.document import Relation
from thaigov_events.inference.gazetteer import Province
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.identities import Identity
from thaigov_events.inference.places import Place, find_local_area, find_provinces, holds_local_area, settle_place
from thaigov_events.inference.record_parts import Actor, Committee, Evidence, Name, PlaceBasis, Spot

# Where people meet who sit in many places.
_ONLINE = re.compile(
    r"ผ่านระบบ|ระบบ(?:การ)?ประชุม|ทางไกล|ออนไลน์|ถ่ายทอด|อิเล็กทรอนิกส์|วีดิทัศน์|คอนเฟอ|zoom|webex|google ?meet|\bteams\b|online"
    r"|conferen|ระบบ ?(?:v|line)|\b(?:vcs|vtc|vdo)\b|facebook|youtube",
    re.IGNORECASE,
)
# From a venue: village, sub-district, district, province, region, country. What is longer is no address.
_MOST_LEVELS = 6
_COMPARED = 64
_LEVELS = ("province", "iso_3166_2", "district", "subdistrict")


def read_venues(graph: Graph, mentions: Iterable[str]) -> tuple[Name, ...]:
    """Return the venues where mentions are held."""
    stated: dict[Identity, list[Relation]] = defaultdict(list)
    for mention in mentions:
        for link in graph.links_from("held_at", mention):
            if graph.label(link.tail) == "VENUE":
                stated[graph.identities[link.tail]].append(link)
    return tuple(
        Name(graph.text(links[0].tail), graph.join(graph.support([link.tail], [link]) for link in links))
        for links in stated.values()
    )


def read_places(graph: Graph, mentions: Iterable[str]) -> tuple[Spot, ...]:
    """Return where mentions are held or lie, by following areas into the areas that they lie in.

    Statements that do not contradict each other are one place.
    """
    places: list[Spot] = []
    for mention in mentions:
        if graph.label(mention) == "LOCATION":
            places.append(_describe_area(graph, mention, graph.support([mention])))
        for link in (*graph.links_from("held_at", mention), *graph.links_from("located_in", mention)):
            areas, links = _follow_areas(graph, link)
            evidence = graph.support([link.tail, *areas], links)
            places.extend(_join_spots(graph, [_describe_area(graph, area, evidence) for area in areas]))
    return tuple(_join_spots(graph, places))


def _follow_areas(graph: Graph, link: Relation) -> tuple[list[str], list[Relation]]:
    """The areas that a link leads to, nearest first, and the links on the way."""
    links = [link]
    reached = {link.head, link.tail}
    step = [link]
    for _ in range(_MOST_LEVELS):
        step = [onward for way in step for onward in graph.links_from("located_in", way.tail)]
        step = list({onward.tail: onward for onward in step if onward.tail not in reached}.values())
        if not step:
            break
        reached.update(onward.tail for onward in step)
        links += step
    return [way.tail for way in links if graph.label(way.tail) == "LOCATION"], links


def _describe_area(graph: Graph, area: str, evidence: Evidence) -> Spot:
    value, name = graph.values.get(area), graph.text(graph.choose_writing(area))
    if not isinstance(value, Place):
        return Spot(evidence, areas=(name,))
    basis: PlaceBasis = "document" if value.province_inferred else "stated"
    return Spot(evidence, basis, (name,), **_tell_levels(value))


def _tell_levels(place: Place) -> dict[str, str]:
    return {level: getattr(place, level) or "" for level in (*_LEVELS, "dopa_code")}


def _settle_levels(levels: Mapping[str, str]) -> dict[str, str]:
    """The levels of a place with their code, as far as a province makes it sure which area they are."""
    if not levels["province"]:
        return dict(levels)
    province, code, district, subdistrict = (levels[level] or None for level in _LEVELS)
    return _tell_levels(settle_place(Place(province, code, district, subdistrict)))


def _join_spots(graph: Graph, spots: Sequence[Spot]) -> list[Spot]:
    """Put together what does not contradict itself; what could belong to several provinces stays alone.

    Beyond `_COMPARED` places only equal ones are put together, so that a list of a thousand costs no million.
    """
    joined: list[tuple[dict[str, Any], list[int]]] = []
    equal: dict[tuple[str, ...], list[int]] = {}
    for at in sorted(range(len(spots)), key=lambda at: not spots[at].province):
        told = {level: getattr(spots[at], level) for level in _LEVELS}
        if (same := equal.get(tuple(told.values()))) is None:
            fitting = [(known, same) for known, same in joined[:_COMPARED] if _agree(known, told)]
            if len(fitting) == 1 or (fitting and told["province"]):
                known, same = fitting[0]
                known |= {level: known[level] or told[level] for level in _LEVELS}
            else:
                same = []
                joined.append((dict(told), same))
            equal[tuple(told.values())] = same
        same.append(at)
    return [_merge_spots(graph, [spots[at] for at in sorted(same)], levels) for levels, same in joined]


def _agree(known: dict[str, Any], told: dict[str, Any]) -> bool:
    return all(not known[level] or not told[level] or known[level] == told[level] for level in _LEVELS)


def _merge_spots(graph: Graph, same: Sequence[Spot], levels: Mapping[str, str]) -> Spot:
    if len(same) == 1 and same[0].dopa_code:
        return same[0]
    areas = tuple(dict.fromkeys(area for spot in same for area in spot.areas))
    inferred = {spot.basis for spot in same if spot.province} == {"document"}
    basis: PlaceBasis = "document" if inferred else "stated"
    return Spot(graph.join(spot.evidence for spot in same), basis, areas, **_settle_levels(levels))


def infer_place(
    graph: Graph,
    spots: tuple[Spot, ...],
    *,
    venues: Sequence[Name],
    committees: Sequence[Committee],
    chairs: Sequence[Actor],
) -> tuple[Spot, ...]:
    """Return the places of an event; where none states a province, with the one that its parties name.

    The venue is asked first, then the committee, then the chair's offices, and only an answer of exactly one
    province is taken; at last the only province of the document, if a district or sub-district of the venue lies
    there. Where people meet online no venue is asked, as it is but one of the places where they sit. Several places
    stay as they are: the answer could be of any of them. A province that is only inferred from the document gains
    evidence so.
    """
    if len(spots) > 1 or any(spot.province and spot.basis != "document" for spot in spots):
        return spots
    halls = () if any(_ONLINE.search(venue.name) for venue in venues) else venues
    for basis, names in chain(_list_names(halls, committees, chairs), _list_inferred(graph, halls)):
        found = {province for province, _ in names}
        if len(found) == 1 and all(spot.province in ("", each.thai) for spot in spots for each in found):
            evidence = [source for _, source in names]
            spot = spots[0] if spots else Spot(evidence[0])
            levels = _add_local_area(spot, found.pop(), halls)
            return (Spot(graph.join([spot.evidence, *evidence]), basis, spot.areas, **_settle_levels(levels)),)
    return spots


def _add_local_area(spot: Spot, province: Province, halls: Sequence[Name]) -> dict[str, str]:
    """The levels of a spot in a province, with those of the district that its hall names."""
    levels = {level: getattr(spot, level) for level in _LEVELS}
    levels |= {"province": province.thai, "iso_3166_2": province.code}
    areas = {area for hall in halls if (area := find_local_area(hall.name, beside=(province.thai,)))}
    if len(areas) == 1:
        told = {level: getattr(area, level) or "" for area in areas for level in _LEVELS}
        if _agree(levels, told):
            levels |= {level: levels[level] or told[level] for level in _LEVELS}
    return levels


_Named: TypeAlias = tuple[PlaceBasis, list[tuple[Province, Evidence]]]


def _list_names(venues: Sequence[Name], committees: Sequence[Committee], chairs: Sequence[Actor]) -> Iterator[_Named]:
    """The provinces that the parties of an event name, by what names them."""
    texts: list[tuple[PlaceBasis, list[tuple[str, Evidence]]]] = [
        ("venue", [(venue.name, venue.evidence) for venue in venues]),
        ("committee", [(committee.name, committee.evidence) for committee in committees]),
        ("chair", [(o, chair.evidence) for chair in chairs for o in (chair.position, *chair.other_positions) if o]),
    ]
    for basis, named in texts:
        yield basis, [(province, source) for text, source in named for province in _read_provinces(text)]


def _list_inferred(graph: Graph, venues: Sequence[Name]) -> Iterator[_Named]:
    """The only province of the document, from the venues that name a district or sub-district of it."""
    local = [venue for venue in venues if holds_local_area(venue.name)]
    if not local or (name := graph.find_province()) is None:
        return
    (province,) = find_provinces(f"จังหวัด{name}")
    yield "document", [(province, venue.evidence) for venue in local if find_local_area(venue.name, beside=(name,))]


def _read_provinces(text: str) -> tuple[Province, ...]:
    """The provinces that a name holds; if none, that of the district or sub-district that it holds."""
    if provinces := find_provinces(text):
        return provinces
    area = find_local_area(text)
    return find_provinces(f"จังหวัด{area.province}") if area else ()
