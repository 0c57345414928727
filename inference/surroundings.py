"""Read the values of a document's mentions by what the document says around them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.inference.dates import BUDDHIST_OFFSET, DateSpan
from thaigov_events.inference.periods import Period, find_fiscal_years, follows_budget
from thaigov_events.inference.places import Place, iterate_provinces, read_place
from thaigov_events.inference.values import Unparsed, Value, normalise

# From what lies in a village upwards: village, sub-district, district, province.
_MOST_STEPS = 4
_VILLAGE = 4
_DIRECTLY_AFTER = re.compile("[ \xa0\u200b]*[(]?")


def read_values(document: Document) -> dict[str, Value]:
    """Return the normalised values of the mentions that have one, under their ids.

    A date or period without a year is read with the year of the nearest date that has one, a part of a fiscal year
    with the only fiscal year of the document, a calendar year directly after a budget as the fiscal year, a place
    with the areas around it.
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
    return settle_places(document, values | _settle_years(document, values))


def _settle_years(document: Document, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the dates and periods that could not be read, read anew with the years around them."""
    unread = [
        entity
        for entity in document.entities
        if entity.label in ("DATE", "PERIOD") and isinstance(values.get(entity.id), Unparsed)
    ]
    if not unread:
        return {}
    dated = [entity for entity in document.entities if isinstance(values.get(entity.id), DateSpan)]
    fiscal_year = _find_only_fiscal_year(document, values) if any(e.label == "PERIOD" for e in unread) else None
    settled: dict[str, Value] = {}
    for entity in unread:
        near = find_nearest(dated, entity.start)
        date = values[near.id] if near else None
        year = int(date.start[:4]) if isinstance(date, DateSpan) else None
        value = normalise(entity.label, document.text_of(entity), year=year, fiscal_year=fiscal_year)
        if value is not None:
            settled[entity.id] = value
    return settled


def _find_only_fiscal_year(document: Document, values: Mapping[str, Value]) -> int | None:
    """The Gregorian number of the one fiscal year that a document names; that of a date is none that it names."""
    periods = [value for value in values.values() if isinstance(value, Period)]
    years = {
        year for p in periods for year in (p.fiscal_year_be, p.first_fiscal_year_be, p.last_fiscal_year_be) if year
    }
    years |= find_fiscal_years(document.text)
    return years.pop() - BUDDHIST_OFFSET if len(years) == 1 else None


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
    if unsure and (province := find_only_province(document, settled)):
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


def find_only_province(document: Document, values: Mapping[str, Value]) -> str | None:
    """Return the Thai name of the province if a document names only one, in its areas and anywhere in its text."""
    named = {place.province for place in values.values() if isinstance(place, Place) and place.province}
    found = iterate_provinces(document.text)
    while len(named) < 2 and (province := next(found, None)):  # searching the text takes long
        named.add(province.thai)
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


def find_nearest(mentions: Sequence[Entity], start: int) -> Entity | None:
    """Return the mention that begins nearest to `start`, of two as near the earlier; None of none."""
    if not mentions:
        return None
    at = bisect_left(mentions, start, key=lambda mention: mention.start)
    return min(mentions[max(at - 1, 0) : at + 1], key=lambda mention: abs(mention.start - start))
