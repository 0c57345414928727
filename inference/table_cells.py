"""From the values and places of a record to cells of the flat tables."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeAlias

Item: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DaySpan:
    """From the first to the last day and fiscal year of several dates or periods, and what is written of them."""

    first: date | None
    last: date | None
    fiscal_year_be: int | None
    first_fiscal_year_be: int | None
    last_fiscal_year_be: int | None
    text: str | None


def span_days(facts: Sequence[Item]) -> DaySpan:
    """Return the span of dates or periods; those that could not be read count only as texts."""
    dated = [fact for fact in facts if fact.get("type") in ("date", "period") and "start" in fact]
    years = {fact.get("fiscal_year_be") for fact in facts}
    keys = ("fiscal_year_be", "first_fiscal_year_be", "last_fiscal_year_be")
    named = [fact[key] for fact in facts for key in keys if key in fact]
    return DaySpan(
        first=min((_first_day(fact["start"]) for fact in dated), default=None),
        last=max((_last_day(fact["end"]) for fact in dated), default=None),
        fiscal_year_be=years.pop() if len(years) == 1 else None,
        first_fiscal_year_be=min(named, default=None),
        last_fiscal_year_be=max(named, default=None),
        text=join_texts(facts),
    )


def read_periods(item: Item) -> dict[str, Any]:
    """Return the cells of an item's periods."""
    span = span_days(item.get("periods", ()))
    return {
        "period_text": span.text,
        "period_start": span.first,
        "period_end": span.last,
        "fiscal_year_be": span.fiscal_year_be,
        "first_fiscal_year_be": span.first_fiscal_year_be,
        "last_fiscal_year_be": span.last_fiscal_year_be,
    }


def read_precision(dates: Sequence[Item]) -> str | None:
    """Return the coarsest precision among dates."""
    told = {fact["precision"] for fact in dates if "precision" in fact}
    return "month" if "month" in told else "day" if told else None


def _first_day(day: str) -> date:
    return date.fromisoformat(day if len(day) > len("2021-08") else f"{day}-01")


def _last_day(day: str) -> date:
    first = _first_day(day)
    return first if len(day) > len("2021-08") else first.replace(day=monthrange(first.year, first.month)[1])


def read_clock(clock: str | None) -> time | None:
    """Return the time of day that `HH:MM` tells."""
    # the end of a day is the start of the next, which a time of day can say
    return time.fromisoformat("00:00" if clock == "24:00" else clock) if clock else None


def read_levels(place: Item) -> dict[str, Any]:
    """Return the cells of a place."""
    return {level: place.get(level) for level in ("province", "iso_3166_2", "district", "subdistrict")}


def split_office(item: Item) -> dict[str, Any]:
    """Return the cells of what an item's position says."""
    office = item.get("office", {})
    inferred = office.get("area_inferred", False) if "area" in office else None
    told = {f"office_{part}": office.get(part) for part in ("grade", "body", "area", "district")}
    return told | {"office_area_inferred": inferred}


def join_texts(facts: Iterable[Item]) -> str | None:
    """Return what is written of facts in one cell."""
    return "; ".join(fact["text"] for fact in facts) or None
