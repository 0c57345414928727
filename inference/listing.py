"""Records and people as plain text, for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.markup import name_controls
from thaigov_events.inference.summary import summarise

Item = dict[str, Any]


def format_events(extraction: Extraction) -> str:
    """Return an article's records, and its people with an office or a seat, as indented lines under one with its id."""
    document = extraction.document
    head = f"── {document.id}: {len(document.entities)} mentions, {len(document.relations)} relations, "
    head += f"{len(extraction.events)} records"
    lines = [head, *(line for record in extraction.events for line in _format_record(record))]
    lines += _format_people(extraction.people)
    return "".join(name_controls(" ".join(line.splitlines())) + "\n" for line in lines)


def _format_record(record: Item) -> list[str]:
    kind = f"{record['kind']} · {record['type']}" if "type" in record else record["kind"]
    title = record.get("trigger") or record.get("name") or _actor(record.get("holder", {}))
    sure = f"  ({record['confidence']:.2f})" if "confidence" in record else ""
    return [f"  {_join((kind, title), ': ')}{sure}", *(f"      {name:<13}{text}" for name, text in _rows(record))]


def _format_people(people: list[Item]) -> list[str]:
    """Return those who have an office or a seat, a line each, under a line that tells how many of all they are."""
    known = [person for person in people if "positions" in person or "member_of" in person]
    head = f"  people: {len(known)} of {len(people)} with an office or a seat"
    return [head, *(f"      {_person(person)}" for person in known)] if known else []


def _rows(record: Item) -> list[tuple[str, str]]:
    """Return the rows of a record that have something to say."""
    single: dict[str, Callable[[Item], str]] = {
        "committee": _committee, "session": _fact, "venue": _name, "place": _place, "chair": _actor,
    }  # fmt: skip
    many: dict[str, Callable[[Item], str]] = {
        "dates": _fact, "times": _fact, "periods": _fact, "venues": _name, "places": _place, "chairs": _actor,
        "participants": _actor, "organizers": _actor, "amounts": _fact, "counts": _fact, "topics": _topic,
    }  # fmt: skip
    rows = [(name, show(record[name])) for name, show in single.items() if name in record]
    if record["kind"] == "appointment" and "position" in record:
        rows.append(("position", record["position"]))
    for name, show in many.items():
        rows += [(name if place == 0 else "", show(item)) for place, item in enumerate(record.get(name, ()))]
    return [(name, text) for name, text in rows if text]


def _fact(fact: Item) -> str:
    written, plain = str(fact["text"]), summarise(fact)
    read = f" = {plain}" if plain and plain != written else ""
    periods = _join((_fact(period) for period in fact.get("periods", ())), ", ")
    return written + read + (f" in {periods}" if periods else "")


def _name(item: Item) -> str:
    return str(item["name"])


def _committee(item: Item) -> str:
    return _join((item.get("name"), item.get("code")), " · ")


def _actor(item: Item) -> str:
    names = ("name", "position", "organization", "committee", "location")
    return _join((item.get(name) for name in names), ", ")


def _person(item: Item) -> str:
    positions = (post["position"] for post in item.get("positions", ()))
    seats = (f"member of {_committee(seat)}" for seat in item.get("member_of", ()))
    return _join((item["name"], *positions, *seats), ", ")


def _place(item: Item) -> str:
    levels = (item.get("subdistrict"), item.get("district"), item.get("province"))
    named = _join(levels, ", ") or _join(item.get("areas", ()), ", ")
    return named + (f" ({item['iso_3166_2']})" if "iso_3166_2" in item else "")


def _topic(item: Item) -> str:
    facts = [_fact(fact) for name in ("amounts", "counts", "periods") for fact in item.get(name, ())]
    return str(item["name"]) + (f" [{'; '.join(facts)}]" if facts else "")


def _join(parts: Iterable[Any], separator: str) -> str:
    return separator.join(str(part) for part in parts if part)
