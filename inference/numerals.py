"""Read numbers in figures, in words and with the multipliers พัน หมื่น แสน ล้าน. All values are exact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from thaigov_events.inference.reading import UnreadableError, write_plainly

_DIGIT_WORDS: Mapping[str, Decimal] = MappingProxyType(
    {
        word: Decimal(value)
        for word, value in (
            *(("ศูนย์", 0), ("หนึ่ง", 1), ("เอ็ด", 1), ("สอง", 2), ("ยี่", 2), ("สาม", 3)),
            *(("สี่", 4), ("ห้า", 5), ("หก", 6), ("เจ็ด", 7), ("แปด", 8), ("เก้า", 9)),
        )
    }
)
_MULTIPLIERS: Mapping[str, Decimal] = MappingProxyType(
    {word: Decimal(10) ** power for power, word in enumerate(("สิบ", "ร้อย", "พัน", "หมื่น", "แสน", "ล้าน"), 1)}
)
_MILLION = _MULTIPLIERS["ล้าน"]
_LIMIT = Decimal(10) ** 18

# Multipliers and digit words that begin another word (พันธกิจ, ร้อยละ, เก้าอี้, ห้าง) are no numbers.
_TIMES = "(?:ร้อย(?!ละ|ล่ะ|ตรี|โท|เอก)|พัน(?!ธ)|หมื่น|แสน|ล้าน(?!นา))"
_WORD = rf"(?:(?:{'|'.join(_DIGIT_WORDS)})(?!อี้|[ะ-ฺ็-๎])|สิบ|{_TIMES})"
_FIGURE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)(?![0-9]|[,.][0-9])"
NUMBER = re.compile(
    rf"(?:{_FIGURE}(?: ?{_TIMES})*(?: {_FIGURE}(?: ?{_TIMES})+)*|ครึ่ง(?={_TIMES}){_TIMES}+|{_WORD}+)"
    rf"(?:ครึ่ง| ?กว่า ?{_TIMES}*| ?ๆ)?"
)
_TOKEN = re.compile(rf"{_FIGURE}|{'|'.join((*_DIGIT_WORDS, *_MULTIPLIERS))}|ครึ่ง|กว่า")


def read_number(text: str) -> Decimal:
    """Read a number in figures, words or both: `1,250`, `๑.๗ ล้าน`, `หนึ่งร้อยล้าน`, `2 ล้าน 5 แสน`.

    Raises:
        UnreadableError: when the text is anything else.
    """
    found = NUMBER.fullmatch(write_plainly(text))
    if found is None or is_open(found[0]):
        raise UnreadableError("not a number")
    return add_up(found[0])


def is_open(written: str) -> bool:
    """Whether what `NUMBER` matched is only a lower end: `40,000 กว่า`, `หมื่น ๆ`."""
    return "กว่า" in written or "ๆ" in written


def add_up(written: str) -> Decimal:
    """Return the value of what `NUMBER` matched; a กว่า or ๆ in it is passed over.

    Raises:
        UnreadableError: when digits and multipliers do not make a number.
    """
    return _add_up(_TOKEN.findall(written))


def _add_up(tokens: list[str]) -> Decimal:
    total = section = Decimal(0)
    pending: Decimal | None = None
    last: Decimal | None = None
    ceiling = _MILLION
    for token in tokens:
        if token == "กว่า":
            continue
        if token == "ครึ่ง":
            if pending is not None:
                raise UnreadableError("a half of what is not named")
            if last is None:
                pending = Decimal("0.5")
            else:
                section += last / 2
        elif token == "ล้าน":
            total += section + (pending or 0)
            total = (total or Decimal(pending is None)) * _MILLION
            section, pending, last, ceiling = Decimal(0), None, _MILLION, _MILLION
        elif token in _MULTIPLIERS:
            last = _MULTIPLIERS[token]
            if last >= ceiling:
                raise UnreadableError("multipliers out of order")
            section += (1 if pending is None else pending) * last
            pending, ceiling = None, last
        elif pending is not None:
            raise UnreadableError("digits without a multiplier between them")
        else:
            digits = token.replace(",", "")
            pending = _DIGIT_WORDS[token] if token in _DIGIT_WORDS else Decimal(digits)
            if len(digits) > 18:
                raise UnreadableError("number too long")
    if pending and last and last >= _MULTIPLIERS["พัน"] and len(tokens) == 2:
        # In speech แสนห้า is 150,000; by the rules of writing it is 100,005.
        raise UnreadableError("an ambiguous number")
    total += section + (pending or 0)
    if total >= _LIMIT:
        raise UnreadableError("number too large")
    return total


def share_multiplier(first: str, second: str) -> Decimal:
    """Return the lower end of a range: `5 - 10 ล้าน` begins at five million, `900 - 1 พัน` at nine hundred."""
    tokens, others = _TOKEN.findall(first), _TOKEN.findall(second)
    low = _add_up(tokens)
    alone = len(tokens) == 1 and tokens[0][0].isdigit() and others[0][0].isdigit()
    if alone and low <= _add_up(others[:1]):
        return _add_up([*tokens, *others[1:]])
    return low


def write_decimal(value: Decimal) -> str:
    """Return a number as a decimal string without exponent or needless zeros."""
    return format(value.normalize(), "f")
