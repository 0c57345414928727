"""The areas of Thailand by their names: provinces, districts and sub-districts with their official codes.

The codes are those of the Department of Provincial Administration (DOPA), as text: 2 digits for a province, 4 for a
district, 6 for a sub-district, each beginning with the code of the area around it. Bangkok's เขต count as districts
and its แขวง as sub-districts. Tables are read when they are first needed.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from thaigov_events.inference.spelling import fold_name

_IGNORED = str.maketrans("", "", "-.ฯ")


@dataclass(frozen=True, slots=True)
class Province:
    """One of the 77 provinces: Thai and English name, ISO 3166-2 code, which ends in the DOPA code."""

    thai: str
    english: str
    code: str

    @property
    def dopa_code(self) -> str:
        """The two digits of the DOPA code."""
        return self.code.removeprefix("TH-")

    @property
    def is_bangkok(self) -> bool:
        """Whether the districts are เขต and the sub-districts แขวง."""
        return self.dopa_code == "10"


@dataclass(frozen=True, slots=True)
class Area:
    """A province, a district or a sub-district, with the names of the areas around it, without their heads."""

    code: str
    province: Province
    district: str | None = None
    subdistrict: str | None = None


@dataclass(frozen=True, slots=True)
class ProvinceNames:
    """The provinces by every way of writing them, and the pattern that finds them in longer names.

    A name in `headed`, and a district's in `headed_districts`, is also a word or another thing's name.
    """

    names: Mapping[str, Province]
    abbreviations: Mapping[str, Province]
    headed: frozenset[str]
    headed_districts: frozenset[str]
    pattern: re.Pattern[str]


@cache
def load_province_names() -> ProvinceNames:
    """Return the names of the provinces, read once."""
    import geothai

    table = tomllib.loads((files(__package__) / "provinces.toml").read_text("utf-8"))
    english = {area.code: area.name_en for area in geothai.provinces()}
    names: dict[str, Province] = {}
    abbreviations: dict[str, Province] = {}
    headed: set[str] = set()
    for row in table["provinces"]:
        province = Province(row["thai"], english[row["code"].removeprefix("TH-")], row["code"])
        abbreviations[row["abbreviation"]] = province
        for name in (row["thai"], *row.get("aliases", ()), *row.get("headed_aliases", ())):
            names[name] = province
        headed.update(row.get("headed_aliases", ()))
        if row.get("needs_head"):
            headed.add(row["thai"])
    # A vowel or tone mark right after a name belongs to its last syllable, which is then another one.
    pattern = re.compile(f"(?:{_join_names((*names, *table['longer_names']))})(?![ะ-ฺ็-๎])")
    return ProvinceNames(
        names=MappingProxyType(names),
        abbreviations=MappingProxyType(abbreviations),
        headed=frozenset(headed),
        headed_districts=frozenset(table["headed_districts"]),
        pattern=pattern,
    )


def _join_names(names: Iterable[str]) -> str:
    """A pattern of all names, at each place the longest: those of one first letter together, as most fail there."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names, key=len, reverse=True):
        by_letter[name[0]].append(re.escape(name[1:]))
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())


def list_provinces() -> tuple[Province, ...]:
    """Return the 77 provinces in the order of their codes."""
    return tuple(sorted(set(load_province_names().names.values()), key=lambda province: province.code))


def find_districts(name: str) -> tuple[Area, ...]:
    """Return the districts of a name.

    `เมือง` is the first district of each province but Bangkok, whether or not its full name begins so.
    """
    return _load_districts().get(_fold(name), ())


def find_subdistricts(name: str) -> tuple[Area, ...]:
    """Return the sub-districts of a name."""
    return _load_subdistricts().get(_fold(name), ())


def _fold(name: str) -> str:
    return fold_name(name).translate(_IGNORED)


@cache
def _load_districts() -> Mapping[str, tuple[Area, ...]]:
    import geothai

    districts: dict[str, list[Area]] = defaultdict(list)
    capitals: dict[Province, Area] = {}
    for province in list_provinces():
        for row in geothai.districts(province.dopa_code):
            # Only those of Bangkok stand with their head.
            name = row.name_th.removeprefix("เขต") if province.is_bangkok else row.name_th
            area = Area(row.code, province, name)
            districts[_fold(name)].append(area)
            if row.code.endswith("01") and not province.is_bangkok:
                capitals[province] = area
    districts["เมือง"] = list(capitals.values())
    for name, province in load_province_names().names.items():
        if province in capitals:
            districts[_fold(f"เมือง{name}")] = [capitals[province]]
    return MappingProxyType({name: tuple(areas) for name, areas in districts.items()})


@cache
def _load_subdistricts() -> Mapping[str, tuple[Area, ...]]:
    import geothai

    districts = {area.code: area for areas in _load_districts().values() for area in areas}
    rows = [(district, row) for district in districts.values() for row in geothai.subdistricts(district.code)]
    subdistricts: dict[str, list[Area]] = defaultdict(list)
    # Folding them one by one takes longer than all the rest.
    names = _fold("|".join(row.name_th for _, row in rows)).split("|")
    for name, (district, row) in zip(names, rows, strict=True):
        # Some stand with another spelling in brackets.
        area = Area(row.code, district.province, district.district, row.name_th.partition(" (")[0])
        for spelling in name.removesuffix(")").split("("):
            subdistricts[spelling].append(area)
    return MappingProxyType({name: tuple(areas) for name, areas in subdistricts.items()})
