"""A record as a card: what it is in the head, below a row for each part, bound to the marks it came from.

People are a list, in which each has offices and seats as such rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from thaigov_events.inference.facets import read_facets
from thaigov_events.inference.markup import quote_text, show_score, show_text
from thaigov_events.inference.summary import summarise

_NAMES = MappingProxyType(
    {
        "event": ("เหตุการณ์", "event"),
        "project": ("โครงการ", "project"),
        "appointment": ("การแต่งตั้ง", "appointment"),
        "figures": ("ตัวเลข", "figures"),
        "meeting": ("ประชุม", "meeting"),
        "ceremony": ("พิธี", "ceremony"),
        "visit": ("ลงพื้นที่", "visit"),
        "training": ("อบรม", "training"),
        "handover": ("มอบ", "handover"),
        "signing": ("ลงนาม", "signing"),
        "press": ("แถลงข่าว", "press"),
        "other": ("อื่น ๆ", "other"),
        "policy": ("นโยบาย", "policy"),
        "organization": ("หน่วยงาน", "organisation"),
        "committee": ("คณะกรรมการ", "committee"),
        "location": ("พื้นที่", "area"),
        "session": ("ครั้งที่", "session"),
        "dates": ("วันที่", "date"),
        "times": ("เวลา", "time"),
        "periods": ("ช่วงเวลา", "period"),
        "venue": ("สถานที่", "venue"),
        "venues": ("สถานที่", "venue"),
        "place": ("พื้นที่", "place"),
        "places": ("พื้นที่", "place"),
        "chair": ("ประธาน", "chair"),
        "chairs": ("ประธาน", "chair"),
        "participants": ("ผู้เข้าร่วม", "participants"),
        "organizers": ("ผู้จัด", "organisers"),
        "topics": ("เรื่อง", "topics"),
        "amounts": ("จำนวนเงิน", "amounts"),
        "counts": ("จำนวน", "counts"),
        "holder": ("ผู้ได้รับแต่งตั้ง", "holder"),
        "position": ("ตำแหน่ง", "position"),
        "positions": ("ตำแหน่ง", "position"),
        "member_of": ("กรรมการใน", "member of"),
        "cue": ("คำบ่งชี้", "cue"),
        "other_committees": ("คณะกรรมการอื่น", "other committees"),
        "other_sessions": ("ครั้งที่อื่น", "other sessions"),
        "other_venues": ("สถานที่อื่น", "other venues"),
        "other_places": ("พื้นที่อื่น", "other places"),
        "other_chairs": ("ประธานอื่น", "other chairs"),
        "other_positions": ("ตำแหน่งอื่น", "other positions"),
    }
)
_HIDDEN = frozenset({"kind", "type", "id", "document", "record", "person", "basis", "mentions", "confidence"})
_NAME_PARTS = frozenset({"title", "rank", "given_name", "surname", "alias"})  # they stand in the name
_CARD_HEAD = frozenset({"name", "trigger"})
_LINE = ("name", "position", "organization", "committee", "location")
_LEVELS = ("subdistrict", "district", "province")
_ISO, _DOPA = "ISO 3166-2", "DOPA"
_BASES = MappingProxyType(
    {
        "venue": "ตามสถานที่ · by the venue",
        "committee": "ตามคณะกรรมการ · by the committee",
        "chair": "ตามประธาน · by the chair",
        "document": "ตามบทความ · by the article",
    }
)


def show_name(key: str) -> str:
    """Return the Thai and English name of a record's type or field as HTML; a key without names as it is."""
    return show_text(" · ".join(_NAMES.get(key, (key,))))


def list_mentions(part: Any) -> Iterator[str]:
    """Yield the mentions of a record and of all its parts, with repeats."""
    if isinstance(part, dict):
        yield from part.get("mentions", ())
    for each in part.values() if isinstance(part, dict) else part:
        if isinstance(each, dict | list):
            yield from list_mentions(each)


def render_record(record: dict[str, Any], marks: Mapping[str, str]) -> str:
    """Return a record's card; `marks` has the page's name for each mention.

    What the page's filters need stands in its attributes, as `Facets` has it, in lists parted by spaces. The
    headline is bound to all mentions of the record, `data-own` tells which are of the record itself.
    """
    facets = read_facets(record)
    data = {
        "kind": facets.kind,
        "type": facets.type,
        "provinces": " ".join(facets.provinces),
        "spans": " ".join(facets.spans),
    }
    attributes = "".join(f' data-{name}="{quote_text(value)}"' for name, value in data.items() if value)
    headline = show_text(record.get("trigger") or record.get("name") or "")
    return (
        f'<section class="record"{attributes}><h3{_bind_head(record, marks)}>'
        f'<span class="kind">{show_name(facets.type)}</span>{headline}{_note_score(record)}</h3>\n'
        f"{_render_rows(record, marks, without=_CARD_HEAD)}</section>\n"
    )


def render_people(people: Sequence[dict[str, Any]], marks: Mapping[str, str]) -> str:
    """Return the list of the people of an article, names bound as the headlines of cards are; nothing of nobody."""
    items = "".join(
        f'<li class="person"><div{_bind_head(person, marks)}>{show_text(person["name"])}{_note_score(person)}</div>\n'
        f"{_render_rows(person, marks, without=(*_CARD_HEAD, *_NAME_PARTS))}</li>\n"
        for person in people
    )
    summary = f"<summary>บุคคล · people ({len(people)})</summary>"
    return f'<details class="people" open>{summary}\n<ol>\n{items}</ol></details>\n' if items else ""


def _bind_head(record: Mapping[str, Any], marks: Mapping[str, str]) -> str:
    own = " ".join(marks[mention] for mention in record.get("mentions", ()))
    return f'{_bind(list_mentions(record), marks)} data-own="{own}"'


def _note_score(part: Mapping[str, Any]) -> str:
    return _note(show_score(part.get("confidence")).strip())


def _bind(mentions: Iterable[str], marks: Mapping[str, str]) -> str:
    names = " ".join(marks[mention] for mention in dict.fromkeys(mentions))
    return f' data-mentions="{names}" tabindex="0"' if names else ""


def _render_rows(part: Mapping[str, Any], marks: Mapping[str, str], *, without: Collection[str] = ()) -> str:
    rows = "".join(
        f"<dt>{show_name(key)}</dt><dd>{_render_value(value, marks)}</dd>\n"
        for key, value in part.items()
        if key not in _HIDDEN and key not in without
    )
    return f"<dl>\n{rows}</dl>\n" if rows else ""


def _render_value(value: Any, marks: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return f"<ul>{''.join(f'<li>{_render_value(each, marks)}</li>' for each in value)}</ul>"
    return _render_part(value, marks) if isinstance(value, dict) else show_text(str(value))


def _render_part(part: dict[str, Any], marks: Mapping[str, str]) -> str:
    """A part of a record: what names it as one line, and what else it holds as rows below."""
    inner = ""
    if "text" in part:
        line, more = part["text"], summarise(part)
        more = "" if more == line else more
        inner = _render_rows({"periods": part["periods"]}, marks) if "periods" in part else ""
    elif "basis" in part:
        line, more = _show_place(part)
    else:
        names = [part[key] for key in _LINE if isinstance(part.get(key), str)]
        said = _show_office(part.get("office", {}))
        line, more = next(iter(names), ""), " · ".join(filter(None, (*names[1:], part.get("code"), said)))
        told = (key for key in _LINE if isinstance(part.get(key), str))
        inner = _render_rows(part, marks, without=("code", "office", *_NAME_PARTS, *told))
    more = f"{more.strip(' ·')}{show_score(part.get('confidence'))}".strip()
    return f"<div{_bind(part.get('mentions', ()), marks)}>{show_text(line)}{_note(more)}</div>{inner}"


def _show_place(place: Mapping[str, Any]) -> tuple[str, str]:
    """A place as it is written, and what that does not tell: official names, codes, and where they were read."""
    levels = [place[level] for level in _LEVELS if level in place]
    line = " ".join(place.get("areas", levels))
    told = [level for level in levels if level not in line]
    codes = [f"{name} {place[key]}" for key, name in (("iso_3166_2", _ISO), ("dopa_code", _DOPA)) if key in place]
    basis = _BASES.get(place["basis"], "") if codes else ""
    return line, " · ".join(filter(None, (" ".join(told), *codes, basis)))


def _show_office(office: Mapping[str, Any]) -> str:
    """What a position says beside the body, which stands in the position."""
    area = f"{_ISO} {office['area']}" if "area" in office else ""
    basis = _BASES["document"] if office.get("area_inferred") else ""
    return " · ".join(filter(None, (office.get("grade"), office.get("district"), area, basis)))


def _note(text: str) -> str:
    return f" <small>{show_text(text)}</small>" if text else ""
