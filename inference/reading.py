"""What the readers of mention texts share: plain writing, values that become records, and refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        **{thai: str(digit) for digit, thai in enumerate("๐๑๒๓๔๕๖๗๘๙")},
        **dict.fromkeys("‐‑‒–—―−－", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", ""),
        "／": "/",
        "：": ":",
    }
)
# str.translate looks each character up, and few are in the table.
_NOT_PLAIN = re.compile(f"[{''.join(_PLAIN)}]")
_SPLIT_AM = re.compile("ํ([่-๋]?)า")
# A vowel above or below stands before the tone mark or the mark of silence, in whichever order they were typed.
_MARKS = re.compile("([่-์])([ัิ-ู])")


class UnreadableError(ValueError):
    """A text states no value that can be read without guessing; the message is the reason, for a record."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Base of the values that are read from mentions: frozen dataclasses that know their record."""

    type_name: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able record: `type`, then the fields that are neither None nor False."""
        record: dict[str, Any] = {"type": self.type_name}
        for name in field_names(type(self)):  # type: ignore[arg-type]  # mypy asks instances for their hash
            value = getattr(self, name)
            if value is not None and value is not False:
                record[name] = list(value) if isinstance(value, tuple) else value
        return record


@cache
def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, in order."""
    return tuple(field.name for field in fields(kind))


# a mention is written plainly by each of several readers
@lru_cache(maxsize=4096)
def write_plainly(text: str, *, keep_case: bool = False) -> str:
    """Return a text in lower case, with Arabic digits, plain dashes, single spaces and mended vowels."""
    text = " ".join(_NOT_PLAIN.sub(lambda found: _PLAIN[found[0]], text).split())
    if "ํ" in text:
        text = _SPLIT_AM.sub(r"\1ำ", text)
    # a function swaps them, for a template is read anew at each call
    text = _MARKS.sub(lambda marks: marks[2] + marks[1], text.replace("เเ", "แ"))
    return text if keep_case else text.lower()
