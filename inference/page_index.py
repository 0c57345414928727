"""The head of a page of several articles: filters, the place of the timeline, and the list of articles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from thaigov_events.inference.cards import show_name
from thaigov_events.inference.facets import Facets
from thaigov_events.inference.markup import quote_text, show_text

_LEADING_VOWEL = re.compile("([เแโใไ])(.)")


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """An article in the index: its title, and the facets of its records."""

    title: str
    records: tuple[Facets, ...] = ()


def render_index(entries: Sequence[IndexEntry]) -> Iterator[str]:
    """Yield the index; the n-th entry leads to the element `d{n}`.

    The filters are hidden until the page's script shows them, since without it they do nothing.
    """
    yield '<nav class="index" aria-label="สารบัญ · index">\n<div class="finder" role="search" hidden>\n'
    yield from _render_filters([facets for entry in entries for facets in entry.records])
    yield (
        '<div class="timeline"><svg role="group" aria-label="เหตุการณ์ตามเดือน · events by month"></svg></div>\n'
        '<p class="undated"></p>\n<p><output class="found"></output></p>\n</div>\n<ol>\n'
    )
    for number, entry in enumerate(entries, 1):
        yield f'<li><a href="#d{number}">{show_text(entry.title)} <span>{len(entry.records)}</span></a></li>\n'
    yield "</ol>\n</nav>\n"


def _render_filters(records: Sequence[Facets]) -> Iterator[str]:
    provinces = {code: name for facets in records for code, name in facets.provinces.items()}
    options = "".join(
        f'<option value="{quote_text(code)}">{show_text(name)}</option>'
        for code, name in sorted(provinces.items(), key=lambda item: _collate(item[1]))
    )
    yield (
        '<div class="fields">\n'
        '<label>คำค้น · words<input type="search" id="words" autocomplete="off"></label>\n'
        '<label>จังหวัด · province<select id="province"><option value="">ทุกจังหวัด · all</option>'
        f"{options}</select></label>\n"
        '<label>ตั้งแต่ · from<input type="date" id="from"></label>\n'
        '<label>ถึง · to<input type="date" id="to"></label>\n'
        '<button type="button" id="clear">ล้างตัวกรอง · clear</button>\n</div>\n'
    )
    events = {facets.type for facets in records if facets.kind == "event"}
    counts = Counter(facets.type for facets in records)
    types = sorted(counts.items(), key=lambda item: (item[0] not in events, -item[1]))
    boxes = "".join(
        f'<label data-type="{quote_text(name)}"><input type="checkbox" value="{quote_text(name)}">'
        f"{show_name(name)} <span>{count}</span></label>\n"
        for name, count in types
    )
    yield f'<fieldset class="types"><legend>ประเภท · type</legend>\n{boxes}</fieldset>\n' if boxes else ""


def _collate(name: str) -> str:
    """Return a key that sorts Thai names as dictionaries do: by the consonant that a leading vowel is read after."""
    return _LEADING_VOWEL.sub(r"\2\1", name)
