"""What a record is found by on a page of many: its type, its provinces, its days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SPAN = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}/[0-9]{4}(?:-[0-9]{2}){0,2}")


@dataclass(frozen=True, slots=True)
class Facets:
    """The facets of one record.

    `type` is that of an event or of a project, else the same as `kind`. `provinces` has names under their
    ISO 3166-2 codes, of the record and of all its parts. `spans` are intervals of ISO 8601 (`2024-01-18/2024-01-19`,
    months `2024-04/2024-04`), both ends included: its dates, or its periods where it has no date.

    Raises:
        ValueError: when a span is no such interval.
    """

    kind: str
    type: str
    provinces: Mapping[str, str]
    spans: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = next((span for span in self.spans if not _SPAN.fullmatch(span)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no interval of days or months; write it as 2024-01-18/2024-01-19")


def read_facets(record: Mapping[str, Any]) -> Facets:
    """Return the facets of a record, as `Record.to_dict` gives it."""
    kind = str(record["kind"])
    spans = tuple(_list_spans(record, "dates")) or tuple(_list_spans(record, "periods"))
    return Facets(
        kind=kind,
        type=str(record.get("type", kind)) if kind in ("event", "project") else kind,
        provinces=dict(_list_provinces(record)),
        spans=tuple(dict.fromkeys(spans)),
    )


def _list_provinces(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict) and "iso_3166_2" in part and "province" in part:
        yield part["iso_3166_2"], part["province"]
    for each in part.values() if isinstance(part, dict) else part:
        if isinstance(each, dict | list):
            yield from _list_provinces(each)


def _list_spans(record: Mapping[str, Any], field: str) -> Iterator[str]:
    """Yield the spans of a field; what could not be read, and periods whose days are not known, have none."""
    for value in record.get(field, ()):
        if "start" in value:
            yield f"{value['start']}/{value.get('end', value['start'])}"
