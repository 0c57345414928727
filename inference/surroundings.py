"""Settle which areas a document's places are by what the document says around them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.inference.places import Place, find_provinces, read_place
from thaigov_events.inference.values import Unparsed, Value

# From what lies in a village upwards: village, sub-district, district, province.
_MOST_STEPS = 4
_VILLAGE = 4
_DIRECTLY_AFTER = re.compile("[ \xa0\u200b]*[(]?")


def settle_places(document: Document, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of a document's mentions, those of its places read anew beside each other.

    What stands beside a place are the areas that its `located_in` links lead to, or where it has none the area
    written directly after it, and what stands beside those. A place that is left without a province is tried in
    the only province that the document names.
    """
    settled = dict(values)
    areas = [entity for entity in document.entities if entity.label == "LOCATION"]
    steps = _list_steps(document, areas, values)
    beside = {area.id: _list_beside(document, area, steps) for area in areas if area.id in steps}
    for area in areas:
        if area.id in beside and not isinstance(values.get(area.id), Unparsed):
            _keep(settled, area, read_place(document.text_of(area), beside=beside[area.id]))
    unsure = [area for area in areas if isinstance(value := settled.get(area.id), Place) and value.province is None]
    if unsure and (province := _find_only_province(document, settled)):
        for area in unsure:
            found = read_place(document.text_of(area), beside=(*beside.get(area.id, ()), province))
            if found is not None and found.dopa_code:
                settled[area.id] = replace(found, province_inferred=True)
    return settled


def _keep(values: dict[str, Value], area: Entity, place: Place | None) -> None:
    if place is not None:
        values[area.id] = place
    else:
        values.pop(area.id, None)


def _find_only_province(document: Document, values: Mapping[str, Value]) -> str | None:
    named = {place.province for place in values.values() if isinstance(place, Place) and place.province}
    named |= {province.thai for province in find_provinces(document.text)}
    return named.pop() if len(named) == 1 else None


def _list_steps(document: Document, areas: Sequence[Entity], values: Mapping[str, Value]) -> dict[str, list[Entity]]:
    """For each area below a province the ones one step further up."""
    lower = {area.id: area for area in areas if _rank(values.get(area.id)) > 1}
    known = {area.id: area for area in areas}
    steps: dict[str, list[Entity]] = defaultdict(list)
    for relation in document.relations:
        if relation.label == "located_in" and relation.head in lower and relation.tail in known:
            steps[relation.head].append(known[relation.tail])
    for area, following in pairwise(areas):
        value = values.get(following.id)
        if (
            area.id not in steps
            and isinstance(value, Place)
            and value.depth < _rank(values.get(area.id))
            and _DIRECTLY_AFTER.fullmatch(document.text, area.end, following.start)
        ):
            steps[area.id].append(following)
    return dict(steps)


def _rank(value: Value | None) -> int:
    """The depth of a place; what has no value is a village or the like, below all others."""
    return value.depth if isinstance(value, Place) else _VILLAGE


def _list_beside(document: Document, area: Entity, steps: Mapping[str, Sequence[Entity]]) -> tuple[str, ...]:
    """The texts of the areas around one, nearest first."""
    reached = {area.id: area}
    step = [area]
    for _ in range(_MOST_STEPS):
        step = [onward for lower in step for onward in steps.get(lower.id, ()) if onward.id not in reached]
        reached |= {onward.id: onward for onward in step}
    return tuple(document.text_of(each) for each in list(reached.values())[1:])
