"""The page shows every character, runs nothing but its own script, and binds cards and links to marks."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_text import read_marked

from thaigov_events.annotations import Document, Entity, Relation, Schema, read_corpus
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.facets import Facets, read_facets
from thaigov_events.inference.html import render_page, write_page
from thaigov_events.inference.markup import fit_spans

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
SCHEMA = Schema.load()
VOID = ("meta", "input")
EVIL = "ก </style><script>alert(1)</script> & \"ข\" 'ค' <img src=x onerror=alert(1)> \u202eกลับ\u202c <!-- ]]> &lt; \r\x00\ud800 จบ"


class Page(HTMLParser):
    """What a browser would make of a page: tags with attributes in order, and the text of parts by class."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()
        assert self.open == [], "a tag is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if tag not in VOID:
            self.open.append((tag, values.get("class", "")))
            if tag in ("article", "section", "mark", "style", "script", "nav"):
                self.texts.setdefault(tag, []).append("")
            if values.get("class") in ("text", "links", "people"):
                self.texts.setdefault(values["class"], []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        for tag, kind in self.open:
            for name in {tag, kind} & set(self.texts):
                self.texts[name][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [values for name, values in self.tags if name == tag]


def meeting(text: str = "นายก ข เปิดการประชุม ณ วัดก", *, id: str = "d1") -> Document:
    entities = (
        Entity("T1", "PERSON", 0, 6, 0.91),
        Entity("T2", "EVENT", 11, 20),
        Entity("T3", "VENUE", 23, 27),
    )
    return Document(id, text, entities, (Relation("chairs", "T1", "T2", 0.5), Relation("held_at", "T2", "T3")))


def tell(
    document: Document, records: Sequence[dict[str, Any]] = (), people: Sequence[dict[str, Any]] = ()
) -> Extraction:
    return Extraction(document, {}, [*records], [*people])


def render(*documents: Document) -> Page:
    return Page(render_page(map(Extraction.tell, documents), SCHEMA))


def visible(text: str) -> str:
    """What the page shows in place of characters that would disturb it."""
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]",
        lambda found: f"⟨U+{ord(found[0]):04X}⟩",
        text,
    )


def test_article_stands_whole_with_its_mentions_marked() -> None:
    document = meeting()
    page = render(document)
    assert page.texts["text"] == [document.text]
    assert page.texts["mark"][-3:] == ["นายก ข", "การประชุม", "วัดก"]
    person = next(mark for mark in page.all("mark") if mark.get("id") == "m1-0")
    assert "บุคคล" in person["title"] and "person" in person["title"] and "T1" in person["title"]
    assert "91%" in person["title"]


def test_colours_come_from_the_schema_and_the_legend_names_every_label() -> None:
    page = render(meeting())
    (style,) = page.texts["style"]
    for at, entity in enumerate(SCHEMA.entities):
        assert f".e{at} {{ --colour: {entity.colour}; }}" in style
    assert page.texts["mark"][: len(SCHEMA.entities)] == [entity.thai for entity in SCHEMA.entities]


def test_colour_that_is_none_is_refused() -> None:
    first, *rest = SCHEMA.entities
    broken = Schema((replace(first, colour="red;} body{display:none"), *rest), SCHEMA.relations)
    with pytest.raises(ValueError, match=r"PERSON has the colour .*#rrggbb"):
        render_page([tell(meeting())], broken)


def test_cards_and_links_name_marks_that_exist() -> None:
    page = render(meeting(), meeting(id="d2"))
    marks = {mark["id"] for mark in page.all("mark") if "id" in mark}
    bound = [values["data-mentions"].split() for _, values in page.tags if "data-mentions" in values]
    assert marks == {f"m{document}-{at}" for document in (1, 2) for at in range(3)}
    assert bound and {name for names in bound for name in names} == marks
    assert page.all("h3")[0]["data-mentions"].split() == ["m1-1", "m1-2", "m1-0"]
    assert "วัดก" in page.texts["section"][0] and "นายก ข" in page.texts["section"][0]


def test_relations_are_listed_with_both_names_and_score() -> None:
    page = render(meeting())
    (links,) = page.texts["links"]
    assert "นายก ข —เป็นประธาน · chairs 50%→ การประชุม" in links
    assert [item["data-mentions"] for item in page.all("li") if "data-mentions" in item] == ["m1-0 m1-1", "m1-1 m1-2"]


def test_card_shows_every_part_of_a_record() -> None:
    record: dict[str, Any] = {
        "kind": "event", "id": "d1:T2", "document": "d1", "type": "meeting", "trigger": "การประชุม", "mentions": ["T2"], "confidence": 0.77,
        "committee": {"name": "คณะก", "code": "กก.", "mentions": ["T1"]},
        "session": {"text": "ครั้งที่ ๑", "type": "session", "number": 1, "year_be": 2570, "mentions": ["T1"]},
        "dates": [{"text": "วันดี", "type": "date", "start": "2026-09-10", "end": "2026-09-11", "mentions": ["T1"]}],
        "place": {"basis": "venue", "province": "ตราด", "iso_3166_2": "TH-23", "dopa_code": "23", "mentions": ["T3"]},
        "chair": {"name": "นายฉ ช", "title": "นาย", "given_name": "ฉ", "surname": "ช", "position": "ผู้ว่าฯ",
                  "office": {"grade": "governor", "area": "TH-23", "area_inferred": True}, "mentions": ["T1"]},
        "other_places": [{"basis": "stated", "areas": ["จ.น่าน", "อ.เมือง"], "province": "น่าน", "iso_3166_2": "TH-55",
                          "district": "เมืองน่าน", "dopa_code": "5501", "mentions": ["T3"]}],
        "times": [{"text": "ราวสิบโมง", "type": "time", "start": "10:00", "approximate": True, "mentions": ["T1"]}],
        "counts": [{"text": "6 กลุ่ม", "type": "count", "minimum": "6", "maximum": "6", "unit": "กลุ่ม", "mentions": ["T1"]},
                   {"text": "ไม่ถึงสิบ", "type": "count", "maximum": "10", "exclusive": True, "mentions": ["T1"]}],
        "participants": [{"name": "นายค ง", "position": "ปลัด", "other_positions": ["โฆษก"], "mentions": ["T1"]}],
        "topics": [{"type": "project", "name": "โครงการจ", "mentions": ["T3"], "amounts": [
            {"text": "กว่าล้าน", "type": "amount", "minimum": "1000000", "unit": "THB", "approximate": True, "mentions": ["T3"],
             "periods": [{"text": "ปีหน้า", "type": "unparsed", "reason": "no year", "mentions": ["T2"]}]}]}],
        "unheard_of": "ยังไม่รู้จัก",
    }  # fmt: skip
    (card,) = Page(render_page([tell(meeting(), [record])], SCHEMA)).texts["section"]
    for words in (
        "ประชุม · meeting", "การประชุม 77%", "คณะก กก.", "ครั้งที่ ๑ 1/2570", "วันดี 2026-09-10 – 2026-09-11", "ตราด ISO 3166-2 TH-23 · DOPA 23 · ตามสถานที่ · by the venue",
        "นายฉ ช ผู้ว่าฯ · governor · ISO 3166-2 TH-23 · ตามบทความ · by the article", "พื้นที่อื่น · other places", "จ.น่าน อ.เมือง เมืองน่าน · ISO 3166-2 TH-55 · DOPA 5501",
        "นายค ง ปลัด", "โฆษก", "โครงการจ", "กว่าล้าน ≈ ≥ 1,000,000 THB", "ปีหน้า ? no year", "unheard_of", "ยังไม่รู้จัก",
    ):  # fmt: skip
        assert words in card, words
    for words in ("ราวสิบโมง ≈ 10:00", "ไม่ถึงสิบ < 10"):
        assert words in card, words
    assert "given_name" not in card and card.count("น่าน") == 2 and card.count("6 กลุ่ม") == 1


def test_nothing_in_a_text_becomes_markup() -> None:
    document = Document(EVIL, EVIL, (Entity('T"<1>', "EVENT", 2, len(EVIL)),))
    record = {"kind": EVIL, "id": EVIL, "trigger": EVIL, EVIL: EVIL, "mentions": ['T"<1>'], "venue": {"name": EVIL}}
    person = {"id": EVIL, "name": EVIL, EVIL: EVIL, "mentions": ['T"<1>'], "positions": [{"position": EVIL}]}
    source = render_page([tell(document, [record], [person]), tell(document)], SCHEMA)
    source.encode("utf-8")
    page = Page(source)
    assert page.texts["text"] == [visible(EVIL)] * 2
    assert "⟨U+202E⟩กลับ⟨U+202C⟩" in page.texts["nav"][0] and "\u202e" not in source
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert not page.all("img")
    # Kind, trigger, a key, its value and a name, each with the words twice.
    assert page.texts["section"][0].count("alert(1)") == 5 * 2
    assert page.texts["people"][0].count("alert(1)") == 4 * 2


def test_page_needs_nothing_from_outside_and_allows_only_its_own_script() -> None:
    source = render_page([tell(meeting())], SCHEMA)
    page = Page(source)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", source)
    for tag, values in page.tags:
        assert not {"src", "style", "onclick"} & set(values) and not any(name.startswith("on") for name in values), tag
        assert values.get("href", "#").startswith("#")
    (policy,) = [values["content"] for values in page.all("meta") if "http-equiv" in values]
    assert policy.startswith("default-src 'none'; ")
    for name in ("style", "script"):
        (content,) = page.texts[name]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_index_only_of_several_documents() -> None:
    assert not render(meeting()).all("nav")
    page = render(meeting(), meeting(id="d2"))
    assert [link["href"] for link in page.all("a")] == ["#d1", "#d2"] == [f"#{a['id']}" for a in page.all("article")]
    assert "d2: นายก ข" in page.texts["nav"][0]
    order = [tag for tag, _ in page.tags]
    assert order.index("nav") < order.index("article")


def test_index_lists_types_and_provinces_to_filter_by() -> None:
    places = [("TH-21", "ระยอง"), ("TH-37", "อำนาจเจริญ"), ("TH-50", "เชียงใหม่"), ("TH-86", "ชุมพร"), ("TH-57", "เชียงราย")]
    records = [
        {"kind": "event", "type": "visit", "id": f"r{n}", "place": {"province": name, "iso_3166_2": code}}
        for n, (code, name) in enumerate(places)
    ]
    records.append({"kind": "figures", "type": "location", "id": "f"})
    page = Page(render_page([tell(meeting(), records), tell(meeting(id="d2"), records)], SCHEMA))
    assert [option["value"] for option in page.all("option")] == ["", "TH-86", "TH-57", "TH-50", "TH-21", "TH-37"]
    assert [box["value"] for box in page.all("input") if "value" in box] == ["visit", "figures"]
    assert "ลงพื้นที่ · visit 10" in page.texts["nav"][0]
    (finder,) = [values for _, values in page.tags if values.get("class") == "finder"]
    assert "hidden" in finder, "without the script the filters would do nothing"


def test_card_carries_what_it_is_found_by() -> None:
    record = {
        "kind": "event", "type": "visit", "id": "r", "mentions": ["T2"],
        "dates": [{"type": "date", "start": "2024-01", "end": "2024-02"}, {"type": "unparsed", "reason": "no year"}],
        "periods": [{"type": "period", "start": "2023-10-01", "end": "2024-09-30"}],
        "place": {"province": "ตราด", "iso_3166_2": "TH-23", "mentions": ["T3"]},
        "topics": [{"name": "ก", "places": [{"province": "น่าน", "iso_3166_2": "TH-55"}, {"district": "ปัว"}]}],
    }  # fmt: skip
    page = Page(render_page([tell(meeting(), [record])], SCHEMA))
    (card,) = page.all("section")
    assert {name: value for name, value in card.items() if name != "class"} == {
        "data-kind": "event", "data-type": "visit", "data-provinces": "TH-23 TH-55", "data-spans": "2024-01/2024-02",
    }  # fmt: skip
    (head,) = page.all("h3")
    assert head["data-own"] == "m1-1" and head["data-mentions"].split() == ["m1-1", "m1-2"]


def test_facets_take_periods_where_no_date_is_read() -> None:
    record = {
        "kind": "figures", "type": "location", "dates": [{"type": "unparsed", "reason": "no year"}],
        "periods": [{"start": "2023-10-01", "end": "2024-09-30"}, {"year_be": 2567}],
    }  # fmt: skip
    assert read_facets(record) == Facets("figures", "figures", {}, ("2023-10-01/2024-09-30",))
    with pytest.raises(ValueError, match=r"'2567' is no interval .*2024-01-18/2024-01-19"):
        Facets("event", "visit", {}, ("2567",))


@pytest.mark.parametrize(
    ("text", "spans", "drawn"),
    [
        ("กำแพง", [(0, 1)], ["กำ"]),  # the vowel after the consonant
        ("ที่ประชุม", [(2, 9)], ["ที่ประชุม"]),  # a tone mark before
        ("ที่", [(0, 1), (1, 3)], ["ท", "ี่"]),  # a border of two mentions cannot move
        ("กี่ ข", [(0, 1), (4, 5)], ["กี่", "ข"]),
        ("ก้า", [(0, 2)], ["ก้"]),  # a vowel that stands for itself
        ("👩\u200d🌾 ก", [(0, 1)], ["👩\u200d🌾"]),
    ],
)
def test_mark_is_drawn_around_whole_characters(text: str, spans: list[tuple[int, int]], drawn: list[str]) -> None:
    entities = tuple(Entity(f"T{at}", "EVENT", *span) for at, span in enumerate(spans))
    page = render(Document("d", text, entities))
    assert page.texts["mark"][-len(spans) :] == drawn and page.texts["text"] == [text]


@given(st.text("กทำีิ่้เา \u200d", max_size=12), st.data())
def test_fitted_spans_hold_the_given_ones_in_order(text: str, data: st.DataObject) -> None:
    borders = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = list(zip(borders[::2], borders[1::2], strict=False))
    fitted = list(fit_spans(text, spans))
    assert len(fitted) == len(spans)
    assert all(new[0] <= old[0] < old[1] <= new[1] for old, new in zip(spans, fitted, strict=True))
    assert all(one[1] <= two[0] for one, two in pairwise(fitted))
    for start, end in fitted:
        for at in (start, end):
            inside = 0 < at < len(text) and (text[at] in "ำีิ่้\u200d" or text[at - 1] == "\u200d")
            touching = sum(at in span for span in fitted) > 1
            assert not inside or touching, (text, at)


def test_articles_are_taken_one_at_a_time_and_none_gives_a_page() -> None:
    taken: list[int] = []

    def articles() -> Iterator[Extraction]:
        for number in range(3):
            taken.append(number)
            yield tell(meeting(id=str(number)))

    file = io.StringIO()
    write_page(file, articles(), SCHEMA)
    assert taken == [0, 1, 2] and len(Page(file.getvalue()).all("article")) == 3
    assert Page(render_page([], SCHEMA)).all("article") == []


def test_record_of_another_document_is_refused() -> None:
    record = {"kind": "event", "id": "d9:T9", "mentions": ["T2"], "venue": {"name": "ก", "mentions": ["T9"]}}
    with pytest.raises(ValueError, match=r"document d1: record d9:T9 names mention T9"):
        render_page([tell(meeting(), [record])], SCHEMA)


def test_person_of_another_document_is_refused() -> None:
    person = {
        "id": "d9:T1",
        "name": "นายก ข",
        "mentions": ["T1"],
        "positions": [{"position": "ปลัด", "mentions": ["T9"]}],
    }
    with pytest.raises(ValueError, match=r"document d1: record d9:T1 names mention T9"):
        render_page([tell(meeting(), [], [person])], SCHEMA)


def test_people_stand_with_offices_and_seats_in_an_event_or_not() -> None:
    text = (
        "[P1 นายสมมุติ ใจดี] [O1 ผู้ว่าราชการจังหวัดตราด] และ [O2 ประธานกองทุน] เปิด[E1 งาน]\n"
        "[P2 นางวิไล ทองแท้] กรรมการ [C1 คณะกรรมการน้ำ] ([K1 คกน.]) และ [P3 นายค ง]"
    )
    links = "chairs P1 E1, holds_position P1 O1, holds_position P1 O2, member_of P2 C1, has_code C1 K1"
    page = render(read_marked(text, links, scores={"P1": 0.91}))
    (people,) = page.texts["people"]
    assert people.split("\n", 1)[0] == "บุคคล · people (3)"
    assert "นายสมมุติ ใจดี 91%" in people and "ผู้ว่าราชการจังหวัดตราด governor · ISO 3166-2 TH-23" in people
    assert "กรรมการใน · member ofคณะกรรมการน้ำ คกน." in people and "นายค ง" in people
    order = [
        people.index(words) for words in ("นายสมมุติ", "ตำแหน่ง · position", "ผู้ว่า", "ประธานกองทุน", "นางวิไล", "นายค ง")
    ]
    assert order == sorted(order)
    marks = {mark["title"].split(" · ")[2].split()[0]: mark["id"] for mark in page.all("mark") if "id" in mark}
    heads = [values for tag, values in page.tags if tag == "div" and "data-own" in values]
    assert [values["data-own"] for values in heads] == [marks[name] for name in ("P1", "P2", "P3")]
    assert [values["data-mentions"].split() for values in heads] == [
        [marks[name] for name in names] for names in (("P1", "O1", "O2"), ("P2", "C1", "K1"), ("P3",))
    ]


def test_no_list_of_people_where_nobody_is_named() -> None:
    assert "people" not in render(Document("d", "ก ข", (Entity("T1", "EVENT", 0, 1),))).texts


def test_label_outside_the_schema_is_still_marked() -> None:
    page = render(Document("d", "ก ข", (Entity("T1", "ANIMAL", 0, 1),)))
    assert page.texts["mark"][-1] == "ก" and "ANIMAL" in page.all("mark")[-1]["title"]


@given(st.text(st.characters(), min_size=1, max_size=60), st.data())
@settings(max_examples=150, deadline=None)
def test_any_text_is_shown_whole(text: str, data: st.DataObject) -> None:
    words = [found.span() for found in re.finditer(r"\S+", text)]
    spans = data.draw(st.lists(st.sampled_from(words), unique=True, max_size=4)) if words else []
    entities = tuple(
        Entity(f"T{start}", data.draw(st.sampled_from(SCHEMA.entity_names)), start, end)
        for start, end in spans
        if text[start:end] == text[start:end].strip()
    )
    page = render(Document("d", text, entities))
    assert page.texts["text"] == [visible(text)]


@pytest.mark.parametrize("name", ["dev", "seeds"])
def test_annotated_articles_are_shown_whole(name: str) -> None:
    path = CORPUS / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    documents = read_corpus(path, SCHEMA)
    page = render(*documents)
    assert page.texts["text"] == [visible(document.text) for document in documents]
    assert len(page.texts["section"]) == sum(len(Extraction.tell(document).events) for document in documents)
