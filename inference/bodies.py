"""Find which mentions of organisations, committees, committee codes and topics name the same thing."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.inference.agencies import find_agency
from thaigov_events.inference.places import find_provinces
from thaigov_events.inference.spelling import fold_name, pair_misspelt

_ABBREVIATION = re.compile(r"(?:[ก-ฮ]\.?){2,8}|[A-Z][A-Z.&-]+|(?:[ก-ฮ]{1,4}\.){1,5}")
_BRACKETED = re.compile(r"(?P<name>.*[^ (]) ?\((?P<short>[^()]+)\)")
_OPENING = re.compile(r"\s*(?:หรือ|เรียกโดยย่อว่า|ย่อว่า)?\s*\(\s*(?:หรือ|ย่อว่า)?\s*[\"“]?")
_CLOSING = re.compile(r"\s*[\"”]?\s*\)")
_UNIT = re.compile(r"(?P<unit>(?:กรม|สำนัก|กอง|ศูนย์|สถาบัน|กลุ่ม)\S+) +(?P<parent>(?:กระทรวง|กรม|สำนักงานปลัด)\S.*)")
# A name that goes on after the end of a shorter one with such words is another body, of a lower or higher level.
_LEVEL = re.compile(
    "จังหวัด|อำเภอ|ตำบล|ระดับ|ประจำ|แห่งชาติ|แห่งประเทศ|กลาง|ภาค|คณะที่|ชุด|หมู่บ้าน|บ้าน|ด้าน|เฉพาะ|ส่วนหน้า|สาขา|เขต|กลุ่ม|[0-9]|และ|แบบ"
)
_SEAT = re.compile("คณะ(?:อนุ)?กรรมการ(?:บริหาร|อำนวยการ|ขับเคลื่อน)?|คณะทำงาน(?:ขับเคลื่อน)?")
# From such a word on a name tells places or parts apart, which may differ by a letter.
_PLACE = re.compile(r"จังหวัด|จ\.|อำเภอ|อ\.|ตำบล|ต\.|บ้าน|เขต|ภาค|เทศบาล|วัด|โรงเรียน|คณะที่|ชุดที่|กลุ่มที่")
# What `ฯ` at the end of a name is not trusted to stand for: one of many places or of numbered parts.
_NAMED_PLACE = re.compile("(?:จังหวัด|อำเภอ|ตำบล|บ้าน|วัด|โรงเรียน)[ก-ฮเ-ไ]|(?:คณะ|ชุด|กลุ่ม)ที่")
_PLACE_END = re.compile("(?:จังหวัด|อำเภอ|ตำบล|บ้าน)$")
# A word in brackets inside a committee's name may be left out.
_OPTIONAL = re.compile(r"\((?P<word>[ก-๙]+)\)(?=[ก-๙])")
_LIST = re.compile(r"\s*(?:,|/|และ|กับ|หรือ|-)?\s*")
_FEWEST_LETTERS = 8
_FEWEST_CUT_LETTERS = 4
_FEWEST_CODE_LETTERS = 4
_MOST_COMPARED = 64


def identify_bodies(document: Document) -> dict[str, str]:
    """Return for each mention of a body the name of its body, the same for all mentions of one.

    An abbreviation is the body behind whose name it stands in brackets, or else the agency that it commonly
    means; a name with its parent is the name alone; a name cut off by `ฯ` is the only longer one that fits, a
    committee's also without `ฯ` after the longer one; a committee's name with a word in brackets inside is the only one
    with or without that word; a code that ends in `จังหวัด` is the only one that goes
    on with a province. Names of committees and their codes may have one slip of the keyboard. What fits several
    bodies is none of them.
    """
    by_label: dict[str, list[Entity]] = defaultdict(list)
    for entity in document.entities:
        by_label[entity.label].append(entity)
    bodies = _identify_agencies(document, by_label["ORGANIZATION"])
    bodies |= _identify_committees(document, by_label["COMMITTEE"])
    bodies |= _identify_codes(document, by_label["COMMITTEE_CODE"], committees=bodies)
    return bodies


@lru_cache(maxsize=1024)  # one article after another names the same bodies
def write_body(label: str, text: str) -> str:
    """Return the name of a body as it is compared, from one mention alone."""
    if label == "COMMITTEE_CODE":
        return fold_name(text).rstrip(".")
    name, short = _split_brackets(text)
    name = name if short else text
    if label == "COMMITTEE":
        return fold_name(name).replace("คกก.", "คณะกรรมการ")
    return fold_name(find_agency(name) or name)


def identify_topics(document: Document) -> dict[str, str]:
    """Return for each mention of a project or policy the name of its topic, the same for all mentions of one.

    A name cut off by `ฯ` is the only longer one before it that fits.
    """
    names = {
        entity.id: write_topic(document.text_of(entity))
        for entity in document.entities
        if entity.label in ("PROJECT", "POLICY")
    }
    return _complete(names, only_marked=True)


def write_topic(text: str) -> str:
    """Return the name of a project or policy as it is compared, without `โครงการ` before it."""
    name = fold_name(text)
    return name.removeprefix("โครงการ") or name


def _split_brackets(text: str) -> tuple[str, str]:
    """A name and the abbreviation in brackets at its end, if there is one."""
    found = _BRACKETED.fullmatch(text.strip())
    return (found["name"], found["short"]) if found and _ABBREVIATION.fullmatch(found["short"].strip()) else (text, "")


def _identify_agencies(document: Document, mentions: list[Entity]) -> dict[str, str]:
    texts = {mention.id: document.text_of(mention) for mention in mentions}
    names = {mention: write_body("ORGANIZATION", text) for mention, text in texts.items()}
    defined = _find_abbreviations(document, mentions, names=names)
    units = _find_units(texts.values())
    for mention, text in texts.items():
        short = fold_name(text).replace(".", "")
        names[mention] = defined.get(short) or units.get(fold_name(text), names[mention])
    return _complete(names, only_marked=True)


def _find_abbreviations(document: Document, mentions: list[Entity], *, names: Mapping[str, str]) -> dict[str, str]:
    """What the text itself says that abbreviations mean; nothing for those with two meanings."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        _, short = _split_brackets(document.text_of(mention))
        if short:
            meanings[fold_name(short).replace(".", "")].add(names[mention.id])
    for one, other in pairwise(mentions):
        opens = _OPENING.fullmatch(document.text, one.end, other.start)
        if opens is None or not _CLOSING.match(document.text, other.end):
            continue
        for long, short_mention in ((one, other), (other, one)):
            short = document.text_of(short_mention)
            name = document.text_of(long)
            if _ABBREVIATION.fullmatch(short) and not _ABBREVIATION.fullmatch(name) and _abbreviates(short, name):
                meanings[fold_name(short).replace(".", "")].add(names[long.id])
    return {short: next(iter(long)) for short, long in meanings.items() if len(long) == 1}


def _abbreviates(short: str, name: str) -> bool:
    """Whether the letters of a Thai abbreviation stand in a name in their order; a Latin one may be any."""
    letters = iter(name)
    return short.isascii() or all(letter in letters for letter in short if letter != ".")


def _find_units(texts: Iterable[str]) -> dict[str, str]:
    """For names with their parent behind them the name alone, where no other parent has a unit of that name."""
    parents: dict[str, dict[str, str]] = defaultdict(dict)
    for text in texts:
        if found := _UNIT.fullmatch(text):
            parents[fold_name(found["unit"])][fold_name(text)] = fold_name(found["parent"])
    return {
        long: unit for unit, known in parents.items() if len(set(known.values())) == 1 for long in known if long != unit
    }


def _identify_committees(document: Document, mentions: list[Entity]) -> dict[str, str]:
    names = {mention.id: write_body("COMMITTEE", document.text_of(mention)) for mention in mentions}
    groups: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for name in names.values():
        place = _PLACE.search(name)
        tail = name[place.start() :] if place else ""
        if len(name) - len(tail) >= _FEWEST_LETTERS + len("คณะกรรมการ"):
            groups[tail, "".join(filter(str.isdigit, name))][name] += 1
    misspelt: dict[str, str] = {}
    for counts in groups.values():
        if len(counts) > 1:
            misspelt |= pair_misspelt(counts)
    names = {mention: misspelt.get(name, name) for mention, name in names.items()}
    return _complete(_choose_spellings(names), only_marked=False)


def _choose_spellings(names: Mapping[str, str]) -> dict[str, str]:
    """Give names with a word in brackets inside them the one name that stands without the brackets, if one does."""
    known = set(names.values())
    spellings = {name: {_OPTIONAL.sub(r"\g<word>", name), _OPTIONAL.sub("", name)} & known - {name} for name in known}
    return {mention: min(spellings[name]) if len(spellings[name]) == 1 else name for mention, name in names.items()}


def _complete(names: Mapping[str, str], *, only_marked: bool) -> dict[str, str]:
    """Give names that are cut off, in the order of the text, the one longer name that they can stand for.

    `ฯ` marks where a name is cut. Without it the longer name must stand before and not go on to another level.
    With `only_marked` it must always stand before, and only marked names are taken.
    """
    whole = sorted({name for name in names.values() if "ฯ" not in name})
    seen: set[str] = set()
    completed: dict[str, str] = {}
    for mention, name in names.items():
        marked = "ฯ" in name
        longer = _find_longer(name, whole) if marked or not only_marked else ""
        fits = longer in seen or (marked and not only_marked)
        completed[mention] = longer if longer and fits else name
        seen.add(name)
    return completed


def _find_longer(name: str, whole: Sequence[str]) -> str:
    """The only one of the sorted names that begins like a name and, after `ฯ`, ends like it."""
    start, mark, end = name.partition("ฯ")
    if len(_SEAT.sub("", start, count=1)) < (_FEWEST_CUT_LETTERS if mark else _FEWEST_LETTERS):
        return ""
    first = bisect_left(whole, start)
    near = whole[first : first + _MOST_COMPARED]
    if near and near[-1].startswith(start) and len(near) == _MOST_COMPARED:
        return ""
    fitting = [each for each in near if each.startswith(start) and each.endswith(end) and len(each) > len(start + end)]
    if len(fitting) != 1:
        return ""
    cut = fitting[0][len(start) :]
    if mark:
        apart = not end and (_NAMED_PLACE.search(cut) or find_provinces(cut) or _PLACE_END.search(start))
    else:
        apart = _LEVEL.search(cut) or _PLACE_END.search(start)
    return "" if apart else fitting[0]


def _identify_codes(document: Document, mentions: list[Entity], *, committees: Mapping[str, str]) -> dict[str, str]:
    names = {mention.id: write_body("COMMITTEE_CODE", document.text_of(mention)) for mention in mentions}
    owners: dict[str, set[str]] = defaultdict(set)
    for link in document.relations:
        if link.label == "has_code" and link.tail in names and link.head in committees:
            owners[names[link.tail]].add(committees[link.head])
    listed = {
        frozenset((names[one.id], names[other.id]))
        for one, other in pairwise(mentions)
        if _LIST.fullmatch(document.text, one.end, other.start)
    }
    counts = Counter(names.values())
    for name in counts:
        counts[name] += len(mentions) * bool(owners[name])  # What stands behind a committee's name is right.
    misspelt = {
        wrong: right
        for wrong, right in pair_misspelt(counts).items()
        if _is_code_slip(wrong, right)
        and frozenset((wrong, right)) not in listed
        and (not owners[wrong] or owners[wrong] == owners[right])
    }
    names = {mention: misspelt.get(name, name) for mention, name in names.items()}
    provincial = _find_provincial(set(names.values()))
    provincial = {
        short: long
        for short, long in provincial.items()
        if frozenset((short, long)) not in listed and (not owners[short] or owners[short] == owners[long])
    }
    return {mention: provincial.get(name, name) for mention, name in names.items()}


def _find_provincial(codes: set[str]) -> dict[str, str]:
    """For codes that end in `จังหวัด` the only one that goes on with a province."""
    found: dict[str, str] = {}
    for short in codes:
        if short.endswith("จังหวัด"):
            longer = [code for code in codes if code.startswith(short) and find_provinces(f"จังหวัด{code[len(short) :]}")]
            if len(longer) == 1:
                found[short] = longer[0]
    return found


def _is_code_slip(wrong: str, right: str) -> bool:
    """Whether letters are exchanged, or one inside is wrong: the first and the last tell levels of bodies apart."""
    one, other = wrong.replace(".", ""), right.replace(".", "")
    if len(one) < 3 or one == other or [*filter(str.isdigit, one)] != [*filter(str.isdigit, other)]:
        return False
    if sorted(one) == sorted(other):
        return True
    return min(len(one), len(other)) >= _FEWEST_CODE_LETTERS and one[0] == other[0] and one[-1] == other[-1]
