"""One page for the browser: articles with coloured mentions, beside them their records, people and links.

The script lights what belongs together, draws links as arcs over the text, and finds articles among many.

The page needs no network, and its own policy lets nothing run or load but its own style and script.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from tempfile import SpooledTemporaryFile
from typing import TextIO

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.schema import EntityType, Schema
from thaigov_events.inference.cards import list_mentions, render_people, render_record
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.facets import read_facets
from thaigov_events.inference.markup import find_break, fit_spans, quote_text, show_score, show_text
from thaigov_events.inference.page_index import IndexEntry, render_index

_COLOUR = re.compile("#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_SCRIPTS = ("view.js", "arcs.js", "timeline.js", "filters.js")  # a listener stands before what it listens to
_SPOOLED_BYTES = 32 * 2**20
_TITLE_CHARACTERS = 100


def render_page(extractions: Iterable[Extraction], schema: Schema) -> str:
    """Return the page of articles; see `write_page`."""
    page = io.StringIO()
    write_page(page, extractions, schema)
    return page.getvalue()


def write_page(file: TextIO, extractions: Iterable[Extraction], schema: Schema) -> None:
    """Write the page of articles with their records and people; they are taken one at a time and not kept.

    Several articles get an index with filters and a timeline at the top. Characters that would reorder or
    break the page, and lone surrogates, are shown as ⟨U+202E⟩; all else of an article stands as it is. A mark
    whose border lies between a letter and its vowel or tone mark is drawn around both.

    Raises:
        ValueError: when a colour of the schema is not of the form #rrggbb, or a record or person names a mention
            that its document does not have.
    """
    labels = {entity.name: (f"e{at}", entity) for at, entity in enumerate(schema.entities)}
    style = _read_style(schema)
    script = "".join((files(__package__) / name).read_text("utf-8") for name in _SCRIPTS)
    entries: list[IndexEntry] = []
    with SpooledTemporaryFile(_SPOOLED_BYTES, "w+", encoding="utf-8", newline="") as articles:
        for number, extraction in enumerate(extractions, 1):
            articles.writelines(_render_article(extraction, number=number, labels=labels, schema=schema))
            entries.append(IndexEntry(_title(extraction.document), tuple(map(read_facets, extraction.events))))
        file.write(_render_head(style, script, schema))
        if len(entries) > 1:
            file.writelines(render_index(entries))
        file.write("<main>\n")
        articles.seek(0)
        shutil.copyfileobj(articles, file)
        file.write(f"</main>\n<script>{script}</script>\n</body>\n</html>\n")


def _read_style(schema: Schema) -> str:
    rules = [(files(__package__) / "view.css").read_text("utf-8")]
    for at, entity in enumerate(schema.entities):
        if not _COLOUR.fullmatch(entity.colour):
            raise ValueError(f"schema: {entity.name} has the colour {entity.colour!r}; write it as #rrggbb")
        rules.append(f".e{at} {{ --colour: {entity.colour}; }}\n")
    return "".join(rules)


def _render_head(style: str, script: str, schema: Schema) -> str:
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    legend = "".join(
        f'<li><mark class="e{at}" title="{quote_text(entity.definition)}">'
        f"{show_text(entity.thai or entity.name)}</mark> {show_text(entity.english)}</li>"
        for at, entity in enumerate(schema.entities)
    )
    return (
        '<!DOCTYPE html>\n<html lang="th">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}; form-action \'none\'">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>thaigov-events</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>thaigov-events</h1>\n"
        f'<ul class="legend">{legend}</ul>\n'
        '<p class="options"><label><input type="checkbox" id="names"> แสดงชื่อป้าย · show labels</label>\n'
        '<label hidden><input type="checkbox" id="arcs" autocomplete="off">'
        " แสดงเส้นความสัมพันธ์ทั้งหมด · show all arcs</label></p>\n"
    )


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _title(document: Document) -> str:
    first = next((line.strip() for line in document.text.splitlines() if line.strip()), "")
    end = find_break(first, _TITLE_CHARACTERS, limit=len(first))
    return f"{document.id}: {first[:end]}{'…' if len(first) > end else ''}"


def _render_article(
    extraction: Extraction, *, number: int, labels: Mapping[str, tuple[str, EntityType]], schema: Schema
) -> Iterator[str]:
    document = extraction.document
    marks = {entity.id: f"m{number}-{at}" for at, entity in enumerate(document.entities)}
    title = show_text(_title(document))
    yield f'<article id="d{number}">\n<h2>{title}</h2>\n<div class="columns">\n<div class="text">'
    position = 0
    spans = fit_spans(document.text, ((entity.start, entity.end) for entity in document.entities))
    for entity, (start, end) in zip(document.entities, spans, strict=True):
        colour, kind = labels.get(entity.label, ("", EntityType(entity.label)))
        name = kind.thai or kind.name
        hint = f"{name} · {kind.english or kind.name} · {entity.id}{show_score(entity.score)}"
        yield show_text(document.text[position:start])
        yield (
            f'<mark class="{colour}" id="{marks[entity.id]}" data-name="{quote_text(name)}"'
            f' title="{quote_text(hint)}">{show_text(document.text[start:end])}</mark>'
        )
        position = end
    yield f'{show_text(document.text[position:])}</div>\n<aside class="records">\n'
    for record in (*extraction.events, *extraction.people):
        missing = [mention for mention in list_mentions(record) if mention not in marks]
        if missing:
            raise ValueError(
                f"document {document.id}: record {record.get('id')} names mention {missing[0]}, which it has"
                " not; give the records of this very document"
            )
    for record in extraction.events:
        yield render_record(record, marks)
    yield render_people(extraction.people, marks)
    yield from _render_links(document, marks, schema)
    yield '</aside>\n<svg class="arcs" aria-hidden="true"></svg>\n</div>\n</article>\n'


def _render_links(document: Document, marks: Mapping[str, str], schema: Schema) -> Iterator[str]:
    if not document.relations:
        return
    names = {relation.name: relation for relation in schema.relations}
    texts = {entity.id: show_text(document.text_of(entity)) for entity in document.entities}
    count = len(document.relations)
    yield f'<details class="links"><summary>ความสัมพันธ์ · relations ({count})</summary>\n<ol>\n'
    for link in document.relations:
        known = names.get(link.label)
        name, english = (known.thai or known.name, known.english or known.name) if known else (link.label, "")
        label = f"{name} · {english}" if english else name
        yield (
            f'<li data-mentions="{marks[link.head]} {marks[link.tail]}" data-name="{quote_text(name)}" tabindex="0">'
            f"{texts[link.head]}"
            f" <b>—{show_text(label)}{show_score(link.score)}→</b> {texts[link.tail]}</li>\n"
        )
    yield "</ol></details>\n"
