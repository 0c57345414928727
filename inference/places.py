"""Read the texts of LOCATION mentions, and find the provinces that longer names hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import ClassVar

from thaigov_events.inference.reading import Reading, UnreadableError, write_plainly

# What makes a province of a name that is also a common word.
_HEADS = (
    *("จังหวัด", "จ.", "จว.", "ผวจ.", "ผู้ว่าฯ", "อำเภอเมือง", "อ.เมือง", "สภ.เมือง"),
    *("เทศบาลเมือง", "เทศบาลนคร", "เมืองเก่า", "ท่าอากาศยาน", "โรงพยาบาล", "รพ.", "สถานีรถไฟ"),
    *("ราชภัฏ", "มรภ.", "พัฒนาชุมชน", "พช.", "รักสามัคคี"),
)
# What makes something else of a province's name: a street, a river, a surname.
_OTHER_HEADS = (
    *("ถนน", "ถ.", "ถ. ", "ซอย", "ซ.", "ซ. ", "แม่น้ำ", "เกาะ"),
    *("ตำบล", "ต.", "ต. ", "แขวง", "บ้าน", "วัง", " ณ "),
)
_LIST_GAP = re.compile(r"(?: ?(?:,|และ|กับ|-|/) ?| )")
_REGION = re.compile("ชายแดน|ภาค|ใน|ต่าง|อื่น|ทุก|ที่|ท่องเที่ยว|เป้าหมาย|ใกล้เคียง|[0-9]")
_SEVERAL = re.compile("และ|,|/|อำเภอ|ตำบล|จังหวัด")

_ADDRESS = re.compile(
    r"(?:(?:บ้าน\S+ )?(?:หมู่(?:บ้าน|ที่)?|ม\.) ?[0-9]+,? )?"
    r"(?:(?:ต\. ?ตำบล|ตำบล|ต\.) ?(?P<subdistrict>\S+?))? ?(?:(?:(?:อ\. ?|กิ่ง)?อำเภอ|อ\.) ?(?P<district>\S+?))?"
    r" ?(?:(?:(?:จ\. ?)?จังหวัด|จว?\.) ?(?P<province>[^\s0-9].*?))?"
)
_BANGKOK_ADDRESS = re.compile(
    r"(?:แขวง ?(?P<subdistrict>\S+?))? ?(?:เขต ?(?P<district>\S+?))?"
    r" ?(?:กรุงเทพมหานคร|กรุงเทพฯ|กทม\.?|กรุงเทพ)?"
)
_TOWN = re.compile("(?:เทศบาล(?:นคร|เมือง)|เมือง(?:เก่า)?) ?(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Province:
    """One of the 77 provinces: Thai and English name, ISO 3166-2 code."""

    thai: str
    english: str
    code: str


@dataclass(frozen=True, slots=True)
class Place(Reading):
    """An administrative area; `district` and `subdistrict` are names without their heads (`คลองหลวง`)."""

    type_name: ClassVar[str] = "place"
    province: str | None = None
    iso_3166_2: str | None = None
    district: str | None = None
    subdistrict: str | None = None

    def __post_init__(self) -> None:
        if not (self.province or self.district or self.subdistrict) or bool(self.province) != bool(self.iso_3166_2):
            raise ValueError("a place needs an area, and a province its ISO 3166-2 code")


@dataclass(frozen=True, slots=True)
class _Gazetteer:
    """The provinces by every way of writing them, and the pattern that finds them in longer names."""

    names: Mapping[str, Province]
    abbreviations: Mapping[str, Province]
    headed: frozenset[str]
    pattern: re.Pattern[str]
    bangkok: Province
    bangkok_districts: frozenset[str]
    lao_provinces: frozenset[str]


@cache
def _load_gazetteer() -> _Gazetteer:
    table = tomllib.loads((files(__package__) / "provinces.toml").read_text("utf-8"))
    names: dict[str, Province] = {}
    abbreviations: dict[str, Province] = {}
    headed: set[str] = set()
    for row in table["provinces"]:
        province = Province(row["thai"], row["english"], row["code"])
        abbreviations[row["abbreviation"]] = province
        for name in (row["thai"], *row.get("aliases", ()), *row.get("headed_aliases", ())):
            names[name] = province
        headed.update(row.get("headed_aliases", ()))
        if row.get("needs_head"):
            headed.add(row["thai"])
    longest_first = sorted((*names, *table["longer_names"]), key=len, reverse=True)
    # A vowel or tone mark right after a name belongs to its last syllable, which is then another one.
    pattern = re.compile(f"(?:{'|'.join(map(re.escape, longest_first))})(?![ะ-ฺ็-๎])")
    return _Gazetteer(
        names=MappingProxyType(names),
        abbreviations=MappingProxyType(abbreviations),
        headed=frozenset(headed),
        pattern=pattern,
        bangkok=names["กรุงเทพมหานคร"],
        bangkok_districts=frozenset(table["bangkok_districts"]),
        lao_provinces=frozenset(table["lao_provinces"]),
    )


def list_provinces() -> tuple[Province, ...]:
    """Return the 77 provinces in the order of their codes."""
    return tuple(sorted(set(_load_gazetteer().names.values()), key=lambda province: province.code))


def find_provinces(text: str) -> tuple[Province, ...]:
    """Return the provinces named inside a longer name, each once, in the order of the text.

    Names that are common words too (ตาก, เลย, น่าน) count after a head such as จังหวัด or จ., or in a list after
    another province; where names overlap the longest counts.
    """
    gazetteer = _load_gazetteer()
    text = write_plainly(text)
    found: dict[Province, None] = {}
    position, listed_from = 0, -1
    while match := gazetteer.pattern.search(text, position):
        position = match.end()
        province = gazetteer.names.get(match[0])
        if province is None:
            continue
        before = text[: match.start()]
        in_list = listed_from >= 0 and _LIST_GAP.fullmatch(text, listed_from, match.start()) is not None
        other = match[0] in gazetteer.headed or before.endswith(_OTHER_HEADS)
        if in_list or not other or before.rstrip().endswith(_HEADS):
            found[province] = None
            listed_from = match.end()
        else:
            # Another name may begin inside the one that was refused.
            position = match.start() + 1
    return tuple(found)


def read_place(text: str) -> Place | None:
    """Read an administrative area; None for villages, regions, roads, rivers, countries.

    Raises:
        UnreadableError: `unknown province`, or `more than one place`.
    """
    gazetteer = _load_gazetteer()
    text = write_plainly(text)
    province = gazetteer.names.get(text) or gazetteer.abbreviations.get(text)
    town = _TOWN.fullmatch(text)
    if province is None and town is not None:
        province = gazetteer.names.get(town["name"])
    if province is not None:
        return _place(province)
    if address := _BANGKOK_ADDRESS.fullmatch(text):
        return _place_in_bangkok(address["district"], address["subdistrict"], gazetteer)
    address = _ADDRESS.fullmatch(text)
    if address is None or not any(address.groups()):
        return None
    subdistrict, district, written = address.groups()
    if written is not None:
        province = gazetteer.names.get(written) or gazetteer.abbreviations.get(written)
        if province is None and district is None and _REGION.match(written):
            return None
    elif district is not None:
        province = gazetteer.names.get(district.removeprefix("เมือง"))
    if _SEVERAL.search(f"{subdistrict} {district}") or (province is None and len(find_provinces(text)) > 1):
        raise UnreadableError("more than one place")
    if written is not None and province is None:
        raise UnreadableError("unknown province")
    return _place(province, district, subdistrict)


def _place_in_bangkok(district: str | None, subdistrict: str | None, gazetteer: _Gazetteer) -> Place | None:
    if district is not None:
        known = district in gazetteer.bangkok_districts
    else:
        known = subdistrict not in (None, *gazetteer.lao_provinces) and not str(subdistrict).startswith("ทางหลวง")
    return _place(gazetteer.bangkok, district, subdistrict) if known else None


def _place(province: Province | None, district: str | None = None, subdistrict: str | None = None) -> Place:
    if province is None:
        return Place(None, None, district, subdistrict)
    return Place(province.thai, province.code, district, subdistrict)
