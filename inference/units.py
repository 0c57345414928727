"""What is counted or measured: the usual names of units, and what an amount is for each of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_PER = re.compile(
    r" ?/ ?(?=ปี|เดือน|สัปดาห์|วัน|ชั่วโมง|ชม\.|นาที|ครั้ง|รอบ|คน|ราย|ครัวเรือน|ครอบครัว|หลัง|แห่ง|จุด|แปลง|พื้นที่|ไร่"
    r"|ตัว|ต้น|ตัน|กก\.|กิโลกรัม|ลิตร|หน่วย|กลุ่ม|ศูนย์|ตร|ตาราง|ลบ|คัน)| ?(?<!ติด)ต่อ(?!เนื่อง|สู้|ต้าน|เติม|ยอด) ?(?=.)"
)
_PER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{"ปี": "year", "เดือน": "month", "สัปดาห์": "week", "วัน": "day"},
        **{"ชั่วโมง": "hour", "นาที": "minute", "วินาที": "second"},
    }
)
_MEASURES, _THINGS = (
    MappingProxyType({spelling: names.split()[0] for names in units for spelling in names.split()})
    for units in (
        (
            *("กิโลกรัม กก kg", "กรัม", "มิลลิกรัม มก mg", "ไมโครกรัม มคก", "ตัน", "ลิตร ล", "ซีซี cc"),
            *("กิโลเมตร กม km", "เมตร ม", "เซนติเมตร เซ็นติเมตร ซม cm", "มิลลิเมตร มม mm"),
            *("ตารางกิโลเมตร ตรกม ตรกิโลเมตร", "ตารางเมตร ตรม ตรเมตร", "ตารางวา ตรว ตรวา"),
            "ลูกบาศก์เมตร ลบม ลบเมตร ลูกบากศ์เมตร ลูกบาศ์กเมตร ลูกบาศ์เมตร",
        ),
        ("จังหวัด จว จ", "อำเภอ อ", "ตำบล ต", "ชั่วโมง ชม", "โดส โด๊ส", "บูธ บูท", "มาตรการ มาตราการ"),
    )
)


def take_per(rest: str, each: str | None) -> tuple[str, str | None]:
    """Split `คนต่อวัน` into the unit and what it is for each of; `each` is what stood before (`คนละ`)."""
    unit, *pers = _PER.split(rest)
    measure, _, of = unit.partition("/")
    # After a measure each slash divides; between things it may mean or (รูป/ท่าน).
    if of and _fold_unit(measure) in _MEASURES:
        unit, pers = measure, [of, *pers]
    per = "/".join(name_unit(part.strip()) for part in (each or "", *pers) if part)
    return unit.strip(), _PER_NAMES.get(per, per) or None


def name_unit(written: str) -> str:
    """Return the usual name of a unit that is abbreviated or misspelt, of any other the text itself."""
    folded = _fold_unit(written)
    return _MEASURES.get(folded) or _THINGS.get(folded, written)


def _fold_unit(written: str) -> str:
    return written.lower().replace(".", "").replace(" ", "")
