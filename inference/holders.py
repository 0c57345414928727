"""Find whose office a position that stands alone is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.inference.positions import is_numbered, is_shared
from thaigov_events.inference.record_parts import Office

# Words around a position that make it a class, or somebody else's office.
_BEFORE = re.compile(
    r"(?:ทุก|เหล่า|บรรดา|อดีต|ว่าที่|แทน|ผู้แทน|ตัวแทน|ที่ปรึกษา|เลขานุการ|คณะทำงาน|ภริยา|ภรรยา|คู่สมรส|ตำแหน่ง|เป็น|คณะ|อำนาจ(?:ของ)?)\s*$"
)
_AFTER = re.compile(
    r"\s*(?:ทุก|ทั้ง|แต่ละ|ต่าง|หลาย|[0-9๐-๙]|(?:คน|ท่าน)(?:ใหม่|เก่า|ก่อน|ต่อ|อื่น)|ในพื้นที่|ของ(?:จังหวัด|แต่ละ|ประเทศ)|ต้อง|ควร)"
)
_TOUCHES = re.compile(r"[\s(]*(?:คือ|ได้แก่)?\s*")
_LIST = re.compile(r"\s*(?:,|/|และ|รวมทั้ง|ตลอดจน)?\s*")
_REACH = 20
# How offices are written without their body or area: not by words that are as often a class (รัฐมนตรี, นายอำเภอ).
_ALONE = re.compile(r"ผู้ว่า.*|พ่อเมือง|ผวจ\.|รม[วชต]\.|อธิบดี(?:กรม)? ?ฯ?|(?:รัฐมนตรี\S*|ปลัดกระทรวง) ?ฯ|ปลัดกระทรวง")


def find_holders(document: Document, *, persons: Mapping[str, str], offices: Mapping[str, Office]) -> dict[str, str]:
    """Return for each POSITION mention that stands alone the mention of the person whose office it is.

    `persons` has the person of each PERSON mention, `offices` what positions say. The office must be linked to
    a person before, nobody else in the document may hold it, and the text must not speak of a class of
    holders, nor give both a part in one event.
    """
    entities = document.by_id()
    held: dict[Office, dict[str, Entity]] = defaultdict(dict)
    named: dict[str, set[Office]] = defaultdict(set)
    for office in offices.values():
        named[office.grade].add(office)
    linked: set[str] = set()
    parts: dict[str, set[str]] = defaultdict(set)
    for link in sorted(document.relations, key=lambda link: entities[link.head].start):
        parts[link.head].add(link.tail)
        if link.head in persons:
            parts[f"person {persons[link.head]}"].add(link.tail)
        if link.label == "holds_position" and link.tail in offices:
            linked.add(link.tail)
            held[offices[link.tail]].setdefault(persons[link.head], entities[link.head])
    holders: dict[str, str] = {}
    for at, mention in enumerate(document.entities):
        if mention.id not in offices or mention.id in linked or is_shared(offices[mention.id]):
            continue
        office = offices[mention.id]
        text = document.text_of(mention)
        if is_numbered(office, text) or (_is_bare(office) and not _ALONE.fullmatch(text)):
            continue
        people = _find_people(office, held=held, named=named)
        if len(people) != 1:
            continue
        ((person, first),) = people.items()
        apart = parts[mention.id].isdisjoint(parts[f"person {person}"])
        if first.start < mention.start and apart and _stands_alone(document, at, linked=linked, bare=_is_bare(office)):
            holders[mention.id] = first.id
    return holders


def _is_bare(office: Office) -> bool:
    return not (office.body or office.area or office.district) and not office.grade.endswith("prime minister")


def _find_people(
    office: Office, *, held: Mapping[Office, dict[str, Entity]], named: Mapping[str, set[Office]]
) -> dict[str, Entity]:
    """The persons of the document who hold an office, each with the first mention that says so."""
    if not _is_bare(office):
        return held.get(office, {})
    grades = named[office.grade]
    if sum(not _is_bare(each) for each in grades) > 1:
        return {}
    return {person: first for each in grades for person, first in held.get(each, {}).items()}


def _stands_alone(document: Document, at: int, *, linked: Set[str], bare: bool) -> bool:
    """Whether a position is no class, is beside no name, and, if it is `bare`, is in no list of classes."""
    mention = document.entities[at]
    text = document.text
    if _BEFORE.search(text, max(0, mention.start - _REACH), mention.start) or _AFTER.match(text, mention.end):
        return False
    for beside in (at - 1, at + 1):
        if 0 <= beside < len(document.entities):
            other = document.entities[beside]
            gap = text[min(mention.end, other.end) : max(mention.start, other.start)]
            if other.label == "PERSON" and _TOUCHES.fullmatch(gap):
                return False
            if bare and other.label == "POSITION" and other.id not in linked and _LIST.fullmatch(gap):
                return False
    return True
