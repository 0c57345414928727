"""Read the texts of POSITION mentions: which office it is, of which body, for which area."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from thaigov_events.annotations.document import Document
from thaigov_events.inference.agencies import find_agency, find_ministry
from thaigov_events.inference.places import find_local_area, find_provinces, holds_local_area
from thaigov_events.inference.reading import write_plainly
from thaigov_events.inference.record_parts import Office
from thaigov_events.inference.spelling import fold_name

_PREFIXES = (
    ("former", re.compile("อดีต ?")),
    (
        "acting",
        re.compile(r"(?:(?:ผู้)?รักษา(?:ราชการแทน|การ(?:แทน|ในตำแหน่ง)?) ?(?:ตำแหน่ง ?)?|รรท\. ?|(?:ผู้)?ปฏิบัติหน้าที่(?:แทน)? ?)"),
    ),
    ("deputy", re.compile(r"รอง\.? ?(?!ฯ)")),
    ("assistant", re.compile(r"(?:ผู้ช่วย|ผช\.) ?")),
)
# What makes a body of what follows an office; anything else is a field of work or a class of people.
_BODY = re.compile(
    r"กระทรวง|กรม|กอง|สำนัก|คณะ(?!ที่)|กลุ่ม|ศูนย์|สถาบัน|สภา|สมาคม|ชมรม|มูลนิธิ|เครือข่าย|สหกรณ์|ธนาคาร|บริษัท|บรรษัท"
    r"|องค์การ|การ(?=[ก-ฮเ-ไ])|โรงพยาบาล|โรงเรียน|วิทยาลัย|มหาวิทยาลัย|วัด|ท่าอากาศยาน|หอการค้า|สโมสร|เทศบาล|พิพิธภัณฑ์"
    r"|รัฐบาล|รพ\.|รร\.|ชุมชน|ตำบล|หมู่บ้าน|บ้าน|พรรค|แม่บ้าน|เขต|โครงการ|สถานี|นิคม|ด่าน|แขวง|อุทยาน|เรือนจำ|[ก-ฮ]{1,4}\."
)
_NO_BODY = re.compile(
    r"กระทรวง ?ฯ?(?: *สำนักงานปลัดกระทรวง)?|กรม ?ฯ?|กลุ่มงาน ?ฯ?|กอง ?ฯ?|สำนัก(?:งาน)? ?ฯ?|คณะ(?:อนุ)?กรรมการ ?ฯ?|สถาน\S*"
)
# The part of a body that someone sees to; deputies of one body are told apart by it, and it is no part of the name.
_SIDE = re.compile(r" *\((?:(?:ฝ่าย|ด้าน)[^)]*|[ก-ฮ]\.?)\)$| +ฝ่าย\S*$")
_SEATED = re.compile("(?P<sub>อนุ)?กรรมการ *(?P<rest>.*)")
_NO_COMMITTEE = re.compile("ผู้|บริหาร|ภาค|ที่|และ")
_OWN_UNIT = re.compile(" *สำนักงานปลัดกระทรวง *(?P<ministry>.*)")
_DISTRICT = re.compile(r"(?P<name>(?!ประจำ|ทุก|ทั้ง|ใน|ฝ่าย|หัวหน้า|ผู้|และ|ต่าง)[ก-๙]+?)(?: ?(?:จังหวัด|จ\.).*| .*)?")
_IN_DISTRICT = re.compile(r"(?:อำเภอ|อ\.) ?(?P<named>.*)")
_NOT_LOCAL = re.compile("ประจำ|ผู้ช่วย|คดี|คุ้มครองสิทธิ")
_COUNTRY = re.compile("(?!และ|ฝ่าย|คน|อบ)[ก-๙]+(?: [ก-๙]+)*")
_BRANCH_OF = r"(?P<level>จังหวัด|จ\.|อำเภอ|อ\.) ?(?P<area>[^\s(]*)"
_NUMBER = re.compile(r"[0-9๐-๙]|ฝ่าย|\([ก-ฮ]\.?\)")
_LEVEL_GRADES = MappingProxyType({"จ": "provincial head", "อ": "district head"})
_LEVEL_NAMES = MappingProxyType({"จ": "จังหวัด", "อ": "อำเภอ"})


@dataclass(frozen=True, slots=True)
class _Kind:
    grade: str
    of: str
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class _Offices:
    """Kinds of offices by what they begin with, and the patterns of these beginnings."""

    kinds: Mapping[str, _Kind]
    pattern: re.Pattern[str]
    branches: Mapping[str, str]
    branch_pattern: re.Pattern[str]
    shared: frozenset[str]
    governing: frozenset[str]


@cache
def _load_offices() -> _Offices:
    table = tomllib.loads((files(__package__) / "offices.toml").read_text("utf-8"))
    kinds: dict[str, _Kind] = {}
    for row in table["offices"]:
        kind = _Kind(row["grade"], row.get("of", ""), head=row.get("head", ""), body=row.get("body", ""))
        kinds |= dict.fromkeys(row["forms"], kind)
    longest_first = sorted(kinds, key=len, reverse=True)
    branches = sorted(table["branches"], key=len, reverse=True)
    return _Offices(
        kinds=MappingProxyType({_strip_form(form): kind for form, kind in kinds.items()}),
        pattern=re.compile("|".join(map(_loosen, longest_first))),
        branches=MappingProxyType(table["branches"]),
        branch_pattern=re.compile(
            rf"(?P<branch>{'|'.join(branches)})(?P<level>จังหวัด|จ\.|อำเภอ|อ\.) ?(?P<area>[^\s(]*)"
        ),
        shared=frozenset(row["grade"] for row in table["offices"] if row.get("shared")),
        governing=frozenset(row["grade"] for row in table["offices"] if row.get("of") in ("province", "district")),
    )


def _loosen(form: str) -> str:
    return re.escape(form).replace(r"\.", r"(?:\. ?| |$)").replace(r"\ ", " ?").replace("ฯ", " ?ฯ")


def _strip_form(form: str) -> str:
    return re.sub("[. ]", "", form)


@lru_cache(maxsize=1024)  # one article after another names the same offices
def read_office(text: str) -> Office | None:
    """Read a position: `รองปลัดกระทรวงมหาดไทย` is the deputy permanent secretary of กระทรวงมหาดไทย.

    None for positions that are not in the table, and where the body, area or several offices in one text
    cannot be read surely. Without body, area and district the text names none (`ผู้ว่าฯ`).
    """
    rest = " ".join(write_plainly(text, keep_case=True).split())
    levels = ""
    for level, pattern in _PREFIXES:
        if prefix := pattern.match(rest):
            levels, rest = f"{levels}{level} ", rest[prefix.end() :]
    offices = _load_offices()
    area = _find_area(rest)
    if branch := offices.branch_pattern.fullmatch(rest):
        level = branch["level"][0]
        body = f"{offices.branches[branch['branch']]}{_LEVEL_NAMES[level]}{branch['area']}"
        district = branch["area"] if level == "อ" else ""
        return Office(levels + _LEVEL_GRADES[level], body if branch["area"] else "", area=area, district=district)
    form = offices.pattern.match(rest)
    if form is None:
        return None
    kind = offices.kinds[_strip_form(form[0])]
    rest = rest[form.end() :].strip(" ,")
    found = _read_rest(kind, "" if rest == "ฯ" else rest, area=area)
    return None if found is None else Office(levels + kind.grade, found[0], area=found[1], district=found[2])


def read_offices(document: Document, *, find_province: Callable[[], str | None]) -> dict[str, Office]:
    """Return what the positions of a document say, under the ids of their mentions, where it can be read.

    `find_province` gives the only one that the document names: there lies a district or sub-district that is told
    without its province, if there is one of that name.
    """
    offices: dict[str, Office] = {}
    for entity in document.entities:
        if entity.label == "POSITION" and (office := read_office(text := document.text_of(entity))):
            offices[entity.id] = office if office.area else _settle_area(office, text, find_province)
    return offices


def _settle_area(office: Office, text: str, find_province: Callable[[], str | None]) -> Office:
    if not holds_local_area(text):
        return office
    place = stated = find_local_area(text)
    if place is None and (province := find_province()):
        place = find_local_area(text, beside=(province,))
    if place is None:
        return office
    district = (place.district or "") if office.district else ""
    return replace(office, area=place.iso_3166_2 or "", district=district, area_inferred=stated is None)


def identify_office(office: Office, text: str) -> str:
    """Return the name under which an office is compared: what it says, or the text where that is not all.

    `รมว.ทส.` and the name in full are one. Offices without body or area, or that people share, and the numbered
    deputies of one minister (`มท.2`) are only the same where they are written the same.
    """
    placed = office.body or office.area or office.district
    if not placed or is_shared(office) or is_numbered(office, text):
        return fold_name(text)
    return "/".join((office.grade, office.body, office.area, office.district))


def is_shared(office: Office) -> bool:
    """Whether people commonly share such an office in one body, as advisers and inspectors do.

    So do those of whom only the area is told and who do not govern it: one province has many directors.
    """
    grade = office.grade
    for level, _ in _PREFIXES:
        grade = grade.removeprefix(f"{level} ")
    known = _load_offices()
    placed_by_area = not office.body and (office.area or office.district)
    return grade in known.shared or (bool(placed_by_area) and grade not in known.governing)


def is_numbered(office: Office, text: str) -> bool:
    """Whether a text names one of several deputies, by number (`มท.2`) or field, whom `office` does not tell apart."""
    return office.grade.startswith("deputy ") and _NUMBER.search(text) is not None


def _read_rest(kind: _Kind, rest: str, *, area: str) -> tuple[str, str, str] | None:
    """Return the body, area and district that follow an office; None where they cannot be read."""
    if kind.body:
        return kind.body, area, ""
    match kind.of:
        case "ministry" | "named ministry":
            body = _read_ministry(rest)
            return None if body is None or (not body and kind.of == "named ministry") else (body, "", "")
        case "country":
            return (rest, "", "") if not rest or _COUNTRY.fullmatch(rest) else None
        case "department":
            rest = _SIDE.sub("", rest)
            known = find_agency(rest, in_office=True) or (rest if re.match(r"กรม[ก-ฮเ-ไ]|[ก-ฮ]{1,4}\.", rest) else "")
            return (known, "", "") if known or not rest or _NO_BODY.fullmatch(rest) else None
        case "province":
            return ("", area, "") if area or rest in ("", "จังหวัด", "จังหวัดฯ") else None
        case "district":
            named = _DISTRICT.fullmatch(rest)
            return ("", area, named["name"] if named else "") if named or not rest else None
        case "community":
            within = _IN_DISTRICT.search(rest)
            named = _DISTRICT.fullmatch(within["named"]) if within else None
            return "", area, named["name"] if named else ""
        case "local":
            if _NOT_LOCAL.match(rest):
                return None
            # The form may have taken the space before ฝ่าย.
            rest = _SIDE.sub("", f" {rest}").strip()
            body = kind.head + rest if rest else ""
            return body, _find_area(body) or area, ""
        case "enterprise":
            return ("การ" + rest if rest and not _BODY.match(rest) else rest, area, "")
        case "office":
            inner = read_office(rest)
            return (inner.body, inner.area, inner.district) if inner else (_read_body(rest), area, "")
        case _:
            return _read_body(rest), area, ""


def _find_area(text: str) -> str:
    provinces = find_provinces(text)
    return provinces[0].code if len(provinces) == 1 else ""


def _read_ministry(rest: str) -> str | None:
    rest = _SIDE.sub("", rest)
    if unit := _OWN_UNIT.fullmatch(rest):
        rest = unit["ministry"]
    if not rest or _NO_BODY.fullmatch(rest):
        return ""
    if name := find_ministry(rest):
        return name
    return rest if rest.startswith("กระทรวง") else None


def _read_body(rest: str) -> str:
    rest = re.sub("^(?:ประจำ|ของ) ?", "", _SIDE.sub("", rest))
    if seated := _SEATED.fullmatch(rest):
        if _BODY.match(seated["rest"]):
            return seated["rest"]
        rest = "" if not seated["rest"] or _NO_COMMITTEE.match(seated["rest"]) else f"คณะ{rest}"
    if name := find_agency(rest, in_office=True):
        return name
    return rest if _BODY.match(rest) and not _NO_BODY.fullmatch(rest) else ""
