"""Read the texts of MONEY and QUANTITY mentions. Numbers are exact: decimals, given as decimal strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar

from thaigov_events.inference.numerals import NUMBER, add_up, is_open, share_multiplier, write_decimal
from thaigov_events.inference.reading import Reading, UnreadableError, write_plainly
from thaigov_events.inference.units import name_unit, take_per

# What a number is to the value, by what stands before it; ~ marks approximation, <~ both. กว่า is said of what was
# rounded down, so that the number itself may be meant.
_QUALIFIERS: Mapping[str, str] = MappingProxyType(
    {
        word: sign
        for sign, words in (
            ("", "จำนวน รวม รวมทั้งสิ้น รวมเป็นเงิน เป็นเงิน วงเงิน เงิน มูลค่า งบประมาณ ทั้งสิ้น ทั้งหมด ทั้ง"),
            (">", "มากกว่า เกิน เกินกว่า สูงกว่า"),
            (">=", "กว่า มากว่า ไม่น้อยกว่า ไม่ต่ำกว่า อย่างน้อย อย่างต่ำ ขั้นต่ำ ต่ำสุด ตั้งแต่ นับ"),
            ("<", "น้อยกว่า ต่ำกว่า ไม่ถึง"),
            ("<=", "ไม่เกิน ไม่เกินกว่า ไม่มากกว่า ไม่สูงกว่า สูงสุด อย่างมาก ขั้นสูง"),
            ("~", "ประมาณ ประมาณการ ราว ราวๆ ร่วม เฉลี่ย โดยเฉลี่ย คาดว่า"),
            ("<~", "เกือบ"),
        )
        for word in words.split()
    }
)
_QUALIFIER = re.compile(rf" ?({'|'.join(sorted(_QUALIFIERS, key=len, reverse=True))})(?: ?ๆ)? ?")
_PERCENT = re.compile(r"ร้อยล่?ะ ?")
_EACH = re.compile(r"(?!.*ร้อยละ)(?P<per>[ก-๎.]{2,20}?)ละ ?(?=[0-9]|ไม่|กว่า|ประมาณ|หนึ่ง|สอง|สาม)")
_RANGE = re.compile(r"(?P<unit>[^0-9]*?) ?(?:-|จนถึง|ถึง) ?(?:ร้อยล่?ะ ?)?")
_TAIL = re.compile(r" ?(เศษ|กว่า|ขึ้นไป|โดยประมาณ|ถ้วน|ลงมา)$")
_BRACKET = re.compile(r" ?\(([^()]*)\)")

# Dollars without a country come last, or they would swallow those of Singapore.
_CURRENCY = re.compile(
    r" ?(?:(?P<THB>บาท|บ\.|฿|thb\b|baht\b)|(?P<SGD>(?:ดอลลาร์|เหรียญ)สิงคโปร์)|(?P<AUD>(?:ดอลลาร์|เหรียญ)ออสเตรเลีย)"
    r"|(?P<HKD>(?:ดอลลาร์|เหรียญ)ฮ่องกง)|(?P<EUR>ยูโร|eur\b)|(?P<GBP>ปอนด์)|(?P<JPY>เยน)|(?P<CNY>หยวน)|(?P<KRW>วอน)"
    r"|(?P<INR>รูปี)|(?P<MYR>ริงกิต)|(?P<LAK>กีบ)|(?P<MMK>จ๊า[ดต])|(?P<VND>ดอง)"
    r"|(?P<USD>(?:ดอลล่?าร์|เหรียญ) ?(?:สหรัฐ|สรอ)(?:อเมริกา|ฯ|\.)*|ดอลล่?าร์|usd\b)) ?",
    re.IGNORECASE,
)
_MILLION_BAHT = re.compile(r"(?<=[0-9]) ?ลบ\.(?! ?ม)")
_PRICE_DASH = re.compile(r"(?<=[0-9])\.-")
_SIGN = re.compile(r"((?:US)?\$|€|฿) ?")
_CURRENCY_SIGNS: Mapping[str, str] = MappingProxyType({"€": "EUR", "฿": "THB"})
_SATANG = re.compile(r"(?:(?P<baht>[0-9][0-9,]{0,17}) ?บาท ?)?(?P<satang>[0-9]{1,2}) ?สตางค์")
_LAND = re.compile(r"(?P<rai>[0-9][0-9,]*)-(?P<ngan>[0-9])-(?P<wah>[0-9]{1,2}(?:\.[0-9]+)?) ?ไร่")
_LAND_WORDS = re.compile(
    r"(?P<rai>[0-9][0-9,]*) ?ไร่(?: ?(?P<ngan>[0-9]) ?งาน)?"
    r"(?: ?(?P<wah>[0-9]{1,2}(?:\.[0-9]+)?) ?(?:ตารางวา|ตร\. ?ว\.?|วา))?"
)
_SECOND_NUMBER = re.compile(r"(?<!CO)(?<![0-9])[0-9]| หนึ่ง|^ใน(?:สอง|สาม|สี่|ห้า|สิบ)")
_CHANGE = re.compile("(?:เพิ่ม|ลด|สูง)(?:ขึ้น|ลง)")
_INDEFINITE = re.compile("หลาย|หลัก(?:สิบ|ร้อย|พัน|หมื่น|แสน|ล้าน)")
_PERCENT_SIGN = re.compile(r"%|เปอร์เซ็?นต?์?")


@dataclass(frozen=True, slots=True)
class Amount(Reading):
    """Money between `minimum` and `maximum`, decimal strings in whole units of `unit`; None is an open side.

    Both are included, unless `exclusive` says that the only one is not (`น้อยกว่า 300 บาท`). `unit` is an ISO 4217
    code, `per` what the amount is for each of (`year`, `month`, or as written: `ไร่`), `text_number` the number as it
    stands in the text, in Arabic digits (`1.7 ล้าน`).
    """

    type_name: ClassVar[str] = "amount"
    minimum: str | None
    maximum: str | None
    unit: str = "THB"
    approximate: bool = False
    per: str | None = None
    text_number: str | None = field(default=None, compare=False)
    exclusive: bool = False

    def __post_init__(self) -> None:
        _check_bounds(self.minimum, self.maximum, exclusive=self.exclusive)


@dataclass(frozen=True, slots=True)
class Count(Reading):
    """A number of things or a measure, as `Amount`.

    `unit` is the unit's usual name (`กิโลกรัม`), `%` for percentages, or None; `text_unit` is the unit as it
    stands in the text (`กก.`), where that differs.
    """

    type_name: ClassVar[str] = "count"
    minimum: str | None
    maximum: str | None
    unit: str | None = None
    approximate: bool = False
    per: str | None = None
    text_unit: str | None = field(default=None, compare=False)
    exclusive: bool = False

    def __post_init__(self) -> None:
        _check_bounds(self.minimum, self.maximum, exclusive=self.exclusive)


def _check_bounds(minimum: str | None, maximum: str | None, *, exclusive: bool) -> None:
    if minimum is None and maximum is None:
        raise ValueError("a value needs a minimum or a maximum")
    if minimum is not None and maximum is not None and Decimal(minimum) > Decimal(maximum):
        raise ValueError(f"the minimum {minimum} exceeds the maximum {maximum}")
    if exclusive and minimum is not None and maximum is not None:
        raise ValueError(f"a range from {minimum} to {maximum} has both its ends; only a bound alone is exclusive")


@dataclass(frozen=True, slots=True)
class _Measure:
    """A number or range with what qualifies it; `rest` is the text after it."""

    low: Decimal
    high: Decimal
    bound: str
    approximate: bool
    per: str | None
    percent: bool
    written: str
    rest: str

    def bounds(self) -> tuple[str | None, str | None]:
        """Return minimum and maximum as decimal strings."""
        low, high = write_decimal(self.low), write_decimal(self.high)
        if self.is_bound:
            return (low, None) if self.bound in (">", ">=") else (None, high)
        return low, high

    @property
    def is_bound(self) -> bool:
        """Whether a side is open; a range has two ends, whatever stands before it."""
        return self.low == self.high and bool(self.bound)

    @property
    def is_exclusive(self) -> bool:
        """Whether the number is left out: above or below it, not from it on or up to it."""
        return self.is_bound and self.bound in ("<", ">")


def read_money(text: str) -> Amount:
    """Read an amount of money.

    Raises:
        UnreadableError: when there is no number, or something beside one amount.
    """
    text = _MILLION_BAHT.sub(" ล้านบาท", _PRICE_DASH.sub("", write_plainly(text, keep_case=True)))
    if satang := _SATANG.fullmatch(text):
        value = Decimal((satang["baht"] or "0").replace(",", "")) + Decimal(satang["satang"]) / 100
        return Amount(write_decimal(value), write_decimal(value), text_number=text)
    if sign := _SIGN.match(text):
        text = f"{text[sign.end() :]} {_CURRENCY_SIGNS.get(sign[1], 'USD')}"
    measure = _read_measure(text)
    currency = _CURRENCY.match(measure.rest)
    unit = currency.lastgroup if currency else "THB"
    rest, measure = _take_tail(measure.rest[currency.end() :] if currency else measure.rest, measure)
    rest, per = take_per(rest, measure.per)
    if rest or measure.percent:
        raise UnreadableError("more than an amount")
    return Amount(
        *measure.bounds(),
        unit or "THB",
        measure.approximate,
        per,
        text_number=measure.written,
        exclusive=measure.is_exclusive,
    )


def read_quantity(text: str) -> Count:
    """Read a counted or measured number with its unit.

    Land in rai, ngan and square wah (`22 ไร่ 1 งาน 32 ตารางวา`, `22-1-32 ไร่`) is given in rai.

    Raises:
        UnreadableError: when there is no number, or more than one.
    """
    measure = _read_measure(write_plainly(text, keep_case=True))
    rest, measure = _take_tail(measure.rest, measure)
    unit, per = take_per(rest, measure.per)
    sign = _PERCENT_SIGN.match(unit)
    if measure.percent or sign:
        unit = f"% {unit[sign.end() if sign else 0 :].strip()}".strip()
    if _SECOND_NUMBER.search(unit):
        raise UnreadableError("more than one number")
    name = name_unit(unit)
    return Count(
        *measure.bounds(),
        name or None,
        measure.approximate,
        per,
        text_unit=unit if unit != name else None,
        exclusive=measure.is_exclusive,
    )


def _read_measure(text: str) -> _Measure:
    """Read the number or range of a text, and check it against a bracket that repeats it in words."""
    text, in_words = _take_bracket(text)
    measure = _split_measure(text)
    if in_words is not None and not measure.low == measure.high == in_words:
        raise UnreadableError("figures and words differ")
    return measure


def _split_measure(text: str) -> _Measure:
    bound, approximate, percent, per, position = "", False, False, None, 0
    while not percent:
        if qualifier := _QUALIFIER.match(text, position):
            meaning = _QUALIFIERS[qualifier[1]]
            approximate = approximate or "~" in meaning
            bound = meaning.rstrip("~") or bound
            position = qualifier.end()
        elif found := _PERCENT.match(text, position):
            percent, position = True, found.end()
        elif per is None and (found := _EACH.match(text, position)):
            per, position = found["per"], found.end()
        else:
            break
    land = _LAND.match(text, position) or _LAND_WORDS.match(text, position)
    if land and (land["ngan"] or land["wah"]):
        rai = _to_rai(land)
        return _Measure(rai, rai, bound, approximate, per, percent, land[0], "ไร่" + text[land.end() :])
    first = NUMBER.match(text, position)
    if first is None:
        change = "a change and no number" if _CHANGE.match(text, position) else "no number"
        raise UnreadableError("an indefinite number" if _INDEFINITE.search(text) else change)
    low = high = add_up(first[0])
    end = first.end()
    if is_open(first[0]):
        bound = ">="
    if (join := _RANGE.match(text, end)) and (second := NUMBER.match(text, join.end())):
        between = join["unit"].strip()
        if text[second.end() :].strip().startswith(between):
            if is_open(second[0]):
                raise UnreadableError("a range without an end")
            high, end = add_up(second[0]), second.end()
            low = share_multiplier(first[0], second[0]) if not between else low
    if low > high:
        raise UnreadableError("the range runs backwards")
    return _Measure(low, high, bound, approximate, per, percent, text[first.start() : end].strip(), text[end:].strip())


def _to_rai(land: re.Match[str]) -> Decimal:
    rai, ngan, wah = land["rai"].replace(",", ""), int(land["ngan"] or 0), Decimal(land["wah"] or 0)
    if len(rai) > 12 or len(str(wah)) > 12 or ngan > 3:
        raise UnreadableError("no such area: a rai has 4 ngan, a ngan 100 square wah")
    return Decimal(rai) + Decimal(ngan) / 4 + wah / 400


def _take_bracket(text: str) -> tuple[str, Decimal | None]:
    """Cut out a bracket that begins with a number, and return that number."""
    bracket = _BRACKET.search(text)
    words = NUMBER.match(bracket[1]) if bracket else None
    if bracket is None or words is None:
        return text, None
    return text[: bracket.start()] + text[bracket.end() :], add_up(words[0])


def _take_tail(rest: str, measure: _Measure) -> tuple[str, _Measure]:
    """Cut off a word of approximation that follows the unit (`24 ล้านบาทเศษ`, `7 คนขึ้นไป`)."""
    tail = _TAIL.search(rest)
    if tail is None:
        return rest, measure
    bound = {"ถ้วน": measure.bound, "โดยประมาณ": measure.bound, "ลงมา": "<="}.get(tail[1], ">=")
    approximate = measure.approximate or tail[1] == "โดยประมาณ"
    return rest[: tail.start()].strip(), replace(measure, bound=bound, approximate=approximate)
