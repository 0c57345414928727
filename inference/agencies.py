"""Official names of ministries and common agencies, and what they are shortened to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from thaigov_events.inference.reading import write_plainly

_MINISTRY = re.compile(r"^กระทรวง|^ก\.(?=[ก-ฮเ-ไ][ก-๙]{2})")
_HEAD = re.compile("กระทรวง|กรม|สำนักงาน|ธนาคาร|กองทุน|สถาบัน|ศูนย์")
_UNMARKED = re.compile(r"[ .ฯ]")


@dataclass(frozen=True, slots=True)
class _Directory:
    """Official names by what bodies are called: anywhere, and after an office or `กระทรวง`."""

    anywhere: Mapping[str, str]
    ministries: Mapping[str, str]
    in_offices: Mapping[str, str]


@cache
def _load_directory() -> _Directory:
    table: dict[str, list[dict[str, Any]]] = tomllib.loads((files(__package__) / "agencies.toml").read_text("utf-8"))
    anywhere: dict[str, str] = {}
    ministries: dict[str, str] = {}
    in_offices: dict[str, str] = {}
    for rows, own in ((table["ministries"], ministries), (table["agencies"], in_offices)):
        for row in rows:
            name = row["name"]
            written = (name, *row.get("abbreviations", ()))
            anywhere |= {_UNMARKED.sub("", each): name for each in written}
            words = (name.removeprefix("กระทรวง"), *written, *row.get("short", ()), *row.get("in_office_only", ()))
            own |= {_UNMARKED.sub("", each): name for each in words}
    return _Directory(*(MappingProxyType(each) for each in (anywhere, ministries, in_offices)))


def find_ministry(text: str) -> str:
    """Return the official name of the ministry that stands after an office (`เกษตรฯ`, `ทส.`); empty if none does."""
    text = write_plainly(text, keep_case=True)
    known = _load_directory().ministries
    return known.get(_strip(_MINISTRY.sub("", text)), known.get(_strip(text), ""))


def find_agency(text: str, *, in_office: bool = False) -> str:
    """Return the official name of the ministry or agency that a text names in full or for short; else empty.

    `in_office` says that the text is the end of an office, where short names mean more (`อธิบดี พช.`).
    """
    text = write_plainly(text, keep_case=True)
    directory = _load_directory()
    if _MINISTRY.match(text) and (ministry := find_ministry(text)):
        return ministry
    known = (directory.anywhere, directory.in_offices) if in_office else (directory.anywhere,)
    for names in known:
        if name := names.get(_strip(text), ""):
            return name
        head = _HEAD.match(text)
        if head and (name := names.get(_strip(text[head.end() :]), "")).startswith(head[0]):
            return name
    return ""


def _strip(text: str) -> str:
    return _UNMARKED.sub("", text)
