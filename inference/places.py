"""Read the texts of LOCATION mentions, and find the provinces that longer names hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from thaigov_events.inference.gazetteer import (
    Area,
    Province,
    find_districts,
    find_subdistricts,
    load_province_names,
)
from thaigov_events.inference.reading import Reading, UnreadableError, write_plainly

# What makes a province of a name that is also a common word.
_HEADS = (
    *("จังหวัด", "จ.", "จว.", "ผวจ.", "ผู้ว่าฯ", "อำเภอเมือง", "อ.เมือง", "สภ.เมือง"),
    *("เทศบาลเมือง", "เทศบาลนคร", "เมืองเก่า", "ท่าอากาศยาน", "โรงพยาบาล", "รพ.", "สถานีรถไฟ"),
    *("ราชภัฏ", "มรภ.", "พัฒนาชุมชน", "พช.", "รักสามัคคี"),
)
# What does so where the name ends there, or a number or level follows: หอการค้าตากสิน is of no province.
_BODY_HEADS = (
    *("แขวงทางหลวงชนบท", "แขวงทางหลวง", "แขวงการทาง", "ตำรวจภูธร", "ภ.จว.", "เรือนจำกลาง", "เรือนจำ"),
    *("วิทยาลัยเทคนิค", "วิทยาลัยอาชีวศึกษา", "วิทยาลัยสารพัดช่าง", "วิทยาลัยการอาชีพ", "วิทยาลัยชุมชน"),
    *("วิทยาลัยเกษตรและเทคโนโลยี", "วิทยาลัยพยาบาลบรมราชชนนี", "ศาลแขวง", "ศาลเยาวชนและครอบครัว", "อัยการ", "หอการค้า"),
    *("สภาอุตสาหกรรม", "โครงการชลประทาน", "การไฟฟ้าส่วนภูมิภาค", "กฟภ.", "การประปาส่วนภูมิภาคสาขา", "กปภ.สาขา"),
    *("ธนารักษ์พื้นที่", "สรรพากรพื้นที่", "สรรพสามิตพื้นที่", "สถานีอุตุนิยมวิทยา", "สถานีพัฒนาที่ดิน", "ด่านศุลกากร"),
    *("ศูนย์พัฒนาฝีมือแรงงาน", "สนามบิน", "สพป.", "สพม.", "กศน.", "สกร.", "สวท."),
)
_BODY_END = re.compile("(?![ก-๎])|ที่|เขต|และ|สาขา|จังหวัด")
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
# อบต.ภูคา is the administration of ต.ภูคา; a dot before parts off ranks such as พ.ต.อ.
_LOCAL_AREA = re.compile(
    r"(?:ตำบล|อบต\.|(?<!\.)(?<!อบ)ต\.|อำเภอ|(?<!\.)อ\.|(?<=สำนักงาน)เขต) ?[^\s(),]+"
    r"(?: (?:อำเภอ|อ\.|เขต|จังหวัด|จ\.|กรุงเทพ) ?[^\s(),]*)*"
)
_BANGKOK_ADDRESS = re.compile(
    r"(?:แขวง ?(?P<subdistrict>\S+?))? ?(?:เขต ?(?P<district>\S+?))?"
    r" ?(?P<city>กรุงเทพมหานคร|กรุงเทพฯ|กทม\.?|กรุงเทพ)?"
)
_TOWN = re.compile("(?:เทศบาล(?:นคร|เมือง)|เมือง(?:เก่า)?) ?(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Place(Reading):
    """An administrative area; `district` and `subdistrict` are names without their heads (`คลองหลวง`).

    `dopa_code` is the official code of the deepest level that is given: 2 digits for a province, 4 for a
    district, 6 for a sub-district. A place with a code has all levels above it and their official names. One
    without a code has what is written: the name is none that is known, it is one of several areas, or the
    areas named with it contradict it. `province_inferred` tells that the province is stated elsewhere in the
    document, and nowhere beside the place.

    Raises:
        ValueError: when the levels and codes do not fit together.
    """

    type_name: ClassVar[str] = "place"
    province: str | None = None
    iso_3166_2: str | None = None
    district: str | None = None
    subdistrict: str | None = None
    dopa_code: str | None = None
    province_inferred: bool = False

    def __post_init__(self) -> None:
        if not (self.province or self.district or self.subdistrict) or bool(self.province) != bool(self.iso_3166_2):
            raise ValueError("a place needs an area, and a province its ISO 3166-2 code")
        if self.province_inferred and not self.province:
            raise ValueError("a place needs a province for one to be inferred")
        if self.dopa_code is not None and not self._fits(self.dopa_code):
            raise ValueError(f"DOPA code {self.dopa_code!r}: give that of the deepest level, below all levels above it")

    def _fits(self, code: str) -> bool:
        levels = (self.province, self.district, self.subdistrict)
        depth = len(code) // 2
        return (
            re.fullmatch("[0-9]{2}|[0-9]{4}|[0-9]{6}", code) is not None
            and self.iso_3166_2 == f"TH-{code[:2]}"
            and all(levels[:depth])
            and not any(levels[depth:])
        )

    @property
    def depth(self) -> int:
        """The deepest level that is given: 1 for a province, 2 for a district, 3 for a sub-district."""
        return 3 if self.subdistrict else 2 if self.district else 1


def find_provinces(text: str) -> tuple[Province, ...]:
    """Return the provinces named inside a longer name, each once, in the order of the text, as `iterate_provinces`."""
    return tuple(dict.fromkeys(iterate_provinces(text)))


def iterate_provinces(text: str) -> Iterator[Province]:
    """Yield the provinces named inside a longer name or a whole text, as often as they stand there.

    Names that are common words too (ตาก, เลย, น่าน) count after a head such as จังหวัด or จ., as the end of a body's
    name (แขวงทางหลวงตาก), or in a list after another province; where names overlap the longest counts.
    """
    known = load_province_names()
    text = write_plainly(text)
    position, listed_from = 0, -1
    while match := known.pattern.search(text, position):
        position = match.end()
        province = known.names.get(match[0])
        if province is None:
            continue
        before = text[: match.start()]
        in_list = listed_from >= 0 and _LIST_GAP.fullmatch(text, listed_from, match.start()) is not None
        other = match[0] in known.headed or before.endswith(_OTHER_HEADS)
        before = before.rstrip()
        headed = before.endswith(_HEADS) or (before.endswith(_BODY_HEADS) and _BODY_END.match(text, match.end()))
        if in_list or not other or headed:
            yield province
            listed_from = match.end()
        else:
            # Another name may begin inside the one that was refused.
            position = match.start() + 1


def read_place(text: str, *, beside: Iterable[str] = ()) -> Place | None:
    """Read an administrative area; None for villages, regions, roads, rivers, countries.

    A name that only one area has brings the areas around it with it. Which area an ambiguous one is (`อ.เมือง`,
    `ต.ในเมือง`) is settled by what the text itself states above it, else by `beside`, the texts of areas around it.
    A district's name without a head counts where nothing else has it, or beside its province; a sub-district's
    only beside its district.

    Raises:
        UnreadableError: `unknown province`, or `more than one place`.
    """
    text = write_plainly(text)
    written = _parse(text)
    around = _read_around([write_plainly(each) for each in beside])
    return _read_bare(text, around) if written is None else settle_place(written, around)


def holds_local_area(text: str) -> bool:
    """Whether a longer name holds a district or sub-district, sure or not."""
    return _LOCAL_AREA.search(write_plainly(text)) is not None


def find_local_area(text: str, *, beside: Iterable[str] = ()) -> Place | None:
    """Return the district or sub-district inside a longer name (`ที่ว่าการอำเภอปัว`), if it is sure which one it is.

    `beside` are texts of areas around it, as for `read_place`.
    """
    found = _LOCAL_AREA.search(write_plainly(text))
    try:
        place = read_place(found[0].removeprefix("อบ"), beside=beside) if found else None
    except UnreadableError:
        return None
    return place if place and place.dopa_code and place.depth > 1 else None


def _read_around(texts: Sequence[str]) -> list[Place]:
    """The places of texts that stand together, those without a head read beside the others; doubtful ones left out."""
    places = {text: _parse_sure(text) for text in texts}
    stated = [place for place in places.values() if place is not None]
    bare = [_read_bare(text, stated) for text, place in places.items() if place is None]
    return stated + [place for place in bare if place is not None]


def _parse_sure(text: str) -> Place | None:
    try:
        return _parse(text)
    except UnreadableError:
        return None


def settle_place(written: Place, around: Sequence[Place] = ()) -> Place:
    """Return the only area that fits what is written and what is stated around it, else what is written.

    Above its deepest level a place's own words count, and the areas around it where it says nothing.
    """
    if written.depth == 1:
        return replace(written, dopa_code=(written.iso_3166_2 or "").removeprefix("TH-"))
    provinces = {place.iso_3166_2 for place in ([written] if written.province else around) if place.province}
    if written.subdistrict:
        found = find_subdistricts(written.subdistrict)
        if districts := [place.district for place in ([written] if written.district else around) if place.district]:
            found = _keep_within(found, districts)
    else:
        found = find_districts(written.district or "")
    # A head of the provinces, which is all that is written then, excludes Bangkok.
    fitting = [a for a in found if (a.province.code in provinces if provinces else not a.province.is_bangkok)]
    return _place(fitting[0]) if len(fitting) == 1 else written


def _keep_within(areas: Iterable[Area], districts: Iterable[str]) -> tuple[Area, ...]:
    codes = {district.code for name in districts for district in find_districts(name)}
    return tuple(area for area in areas if area.code[:4] in codes)


def _read_bare(name: str, around: Sequence[Place]) -> Place | None:
    """Read a name without its head; one that begins with บ้าน is a village's, `เมืองแม่สอด` the town in its district."""
    if not find_districts(name):
        name = name.removeprefix("เมือง")
    stated = [place.district for place in around if place.district]
    provinces = {place.iso_3166_2 for place in around if place.province}
    districts = find_districts(name)
    if name.startswith("บ้าน") or not (districts or stated):
        return None
    seats = {district.code for district in districts}
    found = (*districts, *(area for area in find_subdistricts(name) if area.code[:4] not in seats))
    found = tuple(area for area in found if not provinces or area.province.code in provinces)
    if stated:
        found = _keep_within(found, stated)
    if len(found) != 1:
        return None
    needed = stated if found[0].subdistrict else provinces or name not in load_province_names().headed_districts
    return _place(found[0]) if needed else None


def _parse(text: str) -> Place | None:
    """The place as it is written, without a code."""
    known = load_province_names()
    province = known.names.get(text) or known.abbreviations.get(text)
    town = _TOWN.fullmatch(text)
    if province is None and town is not None:
        province = known.names.get(town["name"])
    if province is not None:
        return _write(province)
    if address := _BANGKOK_ADDRESS.fullmatch(text):
        return _parse_in_bangkok(address["district"], address["subdistrict"], stated=address["city"] is not None)
    address = _ADDRESS.fullmatch(text)
    if address is None or not any(address.groups()):
        return None
    subdistrict, district, written = address.groups()
    if written is not None:
        province = known.names.get(written) or known.abbreviations.get(written)
        if province is None and district is None and _REGION.match(written):
            return None
    several = (subdistrict and _SEVERAL.search(subdistrict) and not find_subdistricts(subdistrict)) or (
        district and _SEVERAL.search(district) and not find_districts(district)
    )
    if several or (province is None and len(find_provinces(text)) > 1):
        raise UnreadableError("more than one place")
    if written is not None and province is None:
        raise UnreadableError("unknown province")
    return _write(province, district, subdistrict)


def _parse_in_bangkok(district: str | None, subdistrict: str | None, *, stated: bool) -> Place | None:
    """The levels of Bangkok; None for what else is called เขต or แขวง, such as parts of Laos."""
    areas = find_districts(district or subdistrict or "")
    if district is None and subdistrict is not None:
        # A แขวง that has been divided had the name of its เขต.
        areas += find_subdistricts(subdistrict)
    if any(area.province.is_bangkok for area in areas) or (stated and district is None):
        return _write(load_province_names().names["กรุงเทพมหานคร"], district, subdistrict)
    return None


def _write(province: Province | None, district: str | None = None, subdistrict: str | None = None) -> Place:
    if province is None:
        return Place(None, None, district, subdistrict)
    return Place(province.thai, province.code, district, subdistrict)


def _place(area: Area) -> Place:
    return Place(area.province.thai, area.province.code, area.district, area.subdistrict, area.code)
