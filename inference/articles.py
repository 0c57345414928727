"""An article that was read, or the reason why it was not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A file of more is no article and a line of more is no record: held in memory they would fill it.
LONGEST = 64 * 2**20

_ABSENT = object()
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Article:
    """A text to read, under the id that its record will have.

    Attributes:
        id: what it is called in all that is written.
        text: the text as it was given.
        where: the file, or the file and its line or row, that it was read from.
        full_id: the id that it gets if another article has `id`; empty if `id` was given, not made from a file's name.
    """

    id: str
    text: str
    where: str = field(default="", compare=False)
    full_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """An article, an input or a line of one, that could not be read: where, and why with the mend."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """Return the line of a file of errors."""
        return {"where": self.where, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Columns:
    """Under which names a record holds its text and its id; without a name for it, the id is `id` if there is one."""

    text: str = "text"
    id: str | None = None

    def __post_init__(self) -> None:
        if not self.text or self.id == "":
            raise ValueError("a column without a name: name the one that holds the text, or the id")

    def pick_from(self, names: list[str]) -> list[str]:
        """Return those of the columns `names` that an article is made from; the text's may be missing."""
        return [name for name in dict.fromkeys((self.text, self.id or "id")) if name in names]


@dataclass(frozen=True, slots=True)
class Origin:
    """A file of records, with the name and the full name that those without an id are called by."""

    path: str
    stem: str
    full_stem: str = ""


def check_record(record: Mapping[str, Any], *, number: int, origin: Origin, columns: Columns) -> Article | Failure:
    """Return the article of the record in line or row `number` of a file, or what is wrong with it."""
    where = f"{origin.path}:{number}"
    text, name = record.get(columns.text), record.get(columns.id or "id", _ABSENT)
    if not isinstance(text, str):
        return Failure(where, f"has no string field {columns.text!r}; name that of the text by --text-column")
    if not text.strip():
        return Failure(where, f"the field {columns.text!r} is empty")
    if name is _ABSENT and columns.id:
        return Failure(where, f"has no field {columns.id!r}, which --id-column names")
    full_id = ""
    if name is _ABSENT:
        name = f"{origin.stem}-{number}"
        full_id = f"{origin.full_stem}-{number}" if origin.full_stem else ""
    if not isinstance(name, str | int) or isinstance(name, bool):
        return Failure(where, f"id {name!r}: must be a string or a number")
    if not str(name).strip():
        return Failure(where, f"id {name!r} is empty; give it one, or leave the field out of all records")
    for value in (text, str(name)):
        if (fault := find_bad_character(value)) is not None:
            return Failure(where, fault)
    return Article(str(name), text, where, full_id)


def find_bad_character(text: str) -> str | None:
    """Say which character of `text` UTF-8 cannot write: half of a surrogate pair, or a byte that was not decoded."""
    found = _SURROGATE.search(text)
    if not found:
        return None
    point, place = ord(found[0]), found.start()
    if 0xDC80 <= point <= 0xDCFF:  # what `surrogateescape` makes of a byte
        return f"not UTF-8: byte 0x{point - 0xDC00:02x} after {text[max(0, place - 20) : place]!r}"
    return "holds half of a surrogate pair, which is no character; write the whole one"
