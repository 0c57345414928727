"""The page in a real browser: what lights, what is drawn, what filters hide, and that a text runs nothing."""

from __future__ import annotations

import json
import shutil
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.annotations import Document, Entity, Relation, Schema, read_corpus
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.html import render_page

pytest.importorskip("playwright.sync_api", reason="playwright is not here: pip install 'thaigov-events[browser]'")
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="neither chromium, chromium-browser nor google-chrome is here")

SCHEMA = Schema.load()
SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"
EVIL = (
    "ก </style></textarea><script>alert(1);document.title='run'</script> & \"ข\" 'ค' <img src=x onerror=alert(1)>"
    " <iframe src=https://example.org/></iframe> <svg onload=alert(1)> \u202eกลับ\u202c <!-- ]]> &lt;b&gt; \x00\ud800 จบ"
)
WATCH = """
window.violations = []; window.finds = 0;
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
addEventListener("found", () => finds++, true);
"""
ARCS = """() => [...document.querySelectorAll("g.arc")].map((arc) => {
  const boxes = (id) => [...document.getElementById(id).getClientRects()].map((b) => [b.left, b.top, b.right, b.bottom]);
  const at = (path, length) => {
    const point = path.getPointAtLength(length).matrixTransform(path.getScreenCTM());
    return [point.x, point.y];
  };
  const line = arc.querySelector(".line");
  const { head, tail } = arc.dataset;
  const length = line.getTotalLength();
  return { head, tail, start: at(line, 0), end: at(line, length), tip: at(arc.querySelector(".tip"), 0),
           left: at(line, 3), reached: at(line, length - 3), heads: boxes(head), tails: boxes(tail) };
})"""
SETTLE = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
LIT = "() => [...document.querySelectorAll('mark.lit')].map((mark) => mark.id).sort()"


class Visit:
    """A page that a browser shows, with all that it asked for and said."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.words: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.words.append(message.text))
        page.on("pageerror", lambda error: self.words.append(str(error)))
        page.on("dialog", lambda dialog: (self.words.append(dialog.message), dialog.dismiss()))
        page.add_init_script(WATCH)
        page.goto(path.as_uri())

    def settle(self) -> None:
        self.page.evaluate(SETTLE)

    def arcs(self) -> list[dict[str, Any]]:
        self.settle()
        return self.page.evaluate(ARCS)

    def lit(self) -> list[str]:
        return self.page.evaluate(LIT)

    def filter(self, act: Callable[[], object]) -> None:
        before = self.page.evaluate("finds")
        act()
        for _ in range(2400):  # a minute, on a busy machine
            if self.page.evaluate("finds") > before:
                return
            self.page.wait_for_timeout(25)
        raise AssertionError("the filters did nothing")

    def shown(self) -> dict[str, list[int]]:
        """Return the numbers of the cards that are shown, under the ids of the articles that are."""
        return self.page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll("article")].filter((a) => a.checkVisibility())
            .map((a) => [a.id, [...a.querySelectorAll(".record")].flatMap((c, at) => (c.checkVisibility() ? [at] : []))]))"""
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def told() -> list[Extraction]:
    return [Extraction.tell(document) for document in read_corpus(SAMPLES, SCHEMA)]


@pytest.fixture(scope="module")
def pairs(told: list[Extraction]) -> list[tuple[Document, list[dict[str, Any]]]]:
    return [(extraction.document, extraction.events) for extraction in told]


@pytest.fixture(scope="module")
def samples(told: list[Extraction], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "samples.html"
    path.write_text(render_page(told, SCHEMA), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser: Browser, samples: Path) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    visit = Visit(page, samples)
    yield visit
    assert visit.words == [] and page.evaluate("violations") == []
    assert visit.requests == [samples.as_uri()], "a request left the page"
    page.close()


def links_of(document: Document, *mentions: str) -> set[tuple[str, str]]:
    """The arcs of the first article that have an end in one of the mentions."""
    numbers = {entity.id: f"m1-{at}" for at, entity in enumerate(document.entities)}
    return {(numbers[r.head], numbers[r.tail]) for r in document.relations if {r.head, r.tail} & set(mentions)}


def check_ends(arcs: list[dict[str, Any]]) -> None:
    def touches(point: list[float], boxes: list[list[float]]) -> bool:
        x, y = point
        return any(left <= x <= right and min(abs(y - top), abs(y - low)) < 1.5 for left, top, right, low in boxes)

    def is_within(point: list[float], boxes: list[list[float]]) -> bool:
        return any(left < point[0] < right and top < point[1] < low for left, top, right, low in boxes)

    for arc in arcs:
        assert touches(arc["start"], arc["heads"]), arc
        assert touches(arc["end"], arc["tails"]), arc
        assert not is_within(arc["left"], arc["heads"]) and not is_within(arc["reached"], arc["tails"]), arc
        assert arc["tip"] == pytest.approx(arc["end"], abs=0.5), "the tip is not at the tail"


def hub_of(document: Document) -> int:
    """The place of the mention with most links."""
    counts = Counter(end for relation in document.relations for end in (relation.head, relation.tail))
    return max(range(len(document.entities)), key=lambda at: counts[document.entities[at].id])


def test_click_on_a_card_lights_exactly_its_mentions(visit: Visit) -> None:
    cards = visit.page.locator("#d1 .record, #d2 .record")
    assert cards.count() > 5
    for at in range(cards.count()):
        head = cards.nth(at).locator("h3")
        expected = sorted((head.get_attribute("data-mentions") or "").split())
        head.click()
        visit.page.mouse.move(2, 2)
        assert visit.lit() == expected, "held although the pointer is elsewhere"
        head.click()
        visit.page.mouse.move(2, 2)
        assert visit.lit() == []


def test_card_is_hit_at_its_edge_and_let_go_by_escape(visit: Visit) -> None:
    card = visit.page.locator("#d1 .record").first
    expected = sorted((card.locator("h3").get_attribute("data-mentions") or "").split())
    card.click(position={"x": 8, "y": 4})
    visit.page.mouse.move(2, 2)
    assert visit.lit() == expected
    visit.page.keyboard.press("Escape")
    assert visit.lit() == []


def test_row_and_mark_light_each_other(visit: Visit) -> None:
    row = visit.page.locator("#d1 dd div[data-mentions]").first
    names = (row.get_attribute("data-mentions") or "").split()
    row.hover()
    assert visit.lit() == sorted(names)
    visit.page.locator(f"#{names[0]}").hover()
    assert visit.lit() == [names[0]]
    rows = visit.page.evaluate(
        "() => [...document.querySelectorAll('[data-mentions].lit')].map((e) => e.dataset.mentions)"
    )
    assert rows and all(names[0] in each.split() for each in rows)


def test_keyboard_holds_a_row(visit: Visit) -> None:
    row = visit.page.locator("#d1 dd div[data-mentions]").first
    row.focus()
    row.press("Enter")
    visit.page.locator("#d1 dd div[data-mentions]").nth(3).focus()
    assert visit.lit() == sorted((row.get_attribute("data-mentions") or "").split())


def test_hover_on_a_mark_draws_its_arcs_from_head_to_tail(visit: Visit, pairs: Any) -> None:
    document = pairs[0][0]
    hub = hub_of(document)
    expected = links_of(document, document.entities[hub].id)
    assert len(expected) > 3 and visit.arcs() == []
    visit.page.locator(f"#m1-{hub}").hover()
    arcs = visit.arcs()
    assert {(arc["head"], arc["tail"]) for arc in arcs} == expected and len(arcs) == len(expected)
    check_ends(arcs)
    known = {relation.name: relation.thai for relation in SCHEMA.relations}
    names = [known[r.label] for r in document.relations if document.entities[hub].id in (r.head, r.tail)]
    assert sorted(visit.page.locator("g.name text").all_text_contents()) == sorted(names)
    visit.page.mouse.move(2, 2)
    assert visit.arcs() == []


def test_arcs_follow_scroll_resize_and_labels(visit: Visit, pairs: Any) -> None:
    document = pairs[0][0]
    hub = hub_of(document)
    visit.page.locator(f"#m1-{hub}").click()
    before = visit.arcs()
    check_ends(before)
    for change in (
        lambda: visit.page.mouse.wheel(0, 120),
        lambda: visit.page.set_viewport_size({"width": 700, "height": 800}),
        lambda: visit.page.set_viewport_size({"width": 1100, "height": 800}),
        lambda: visit.page.evaluate("document.getElementById('names').click()"),
    ):
        change()
        arcs = visit.arcs()
        check_ends(arcs)
        assert len(arcs) == len(before) and [arc["start"] for arc in arcs] != [arc["start"] for arc in before]
        before = arcs


def test_names_of_arcs_stand_in_the_column_and_apart(visit: Visit, pairs: Any) -> None:
    document = pairs[0][0]
    hub = hub_of(document)
    visit.page.locator(f"#m1-{hub}").hover()
    visit.settle()
    boxes = visit.page.evaluate(
        "() => [...document.querySelectorAll('g.name rect')].map((r) => r.getBoundingClientRect().toJSON())"
    )
    column = visit.page.locator("#d1 .text").bounding_box()
    assert column and boxes
    for box in boxes:
        assert box["left"] >= column["x"] - 1 and box["right"] <= column["x"] + column["width"] + 1
    crossing = sum(
        a["left"] < b["right"] and b["left"] < a["right"] and a["top"] < b["bottom"] - 1 and b["top"] < a["bottom"] - 1
        for at, a in enumerate(boxes)
        for b in boxes[:at]
    )
    assert crossing <= len(boxes) // 4


def test_card_draws_the_arcs_of_its_own_mentions_and_a_row_its_own(visit: Visit, pairs: Any) -> None:
    document, records = pairs[0]
    head = visit.page.locator("#d1 h3").first
    card = set((head.get_attribute("data-mentions") or "").split())
    head.hover()
    arcs = {(arc["head"], arc["tail"]) for arc in visit.arcs()}
    assert arcs == {link for link in links_of(document, *records[0]["mentions"]) if set(link) <= card} and arcs
    chair = visit.page.locator("#d1 dd div[data-mentions]", has_text=records[0]["chair"]["name"]).first
    chair.hover()
    arcs = {(arc["head"], arc["tail"]) for arc in visit.arcs()}
    assert arcs == {link for link in links_of(document, *records[0]["chair"]["mentions"]) if set(link) <= card} and arcs


def test_link_in_the_list_draws_its_one_arc(visit: Visit) -> None:
    visit.page.locator("#d1 .links summary").click()
    item = visit.page.locator("#d1 .links li").nth(2)
    item.hover()
    assert [f"{arc['head']} {arc['tail']}" for arc in visit.arcs()] == [item.get_attribute("data-mentions")]


def test_switch_draws_all_arcs_of_what_is_in_view(visit: Visit, pairs: Any) -> None:
    visit.page.locator("#d1").scroll_into_view_if_needed()
    visit.page.locator("#m1-0").evaluate("(mark) => mark.scrollIntoView({ block: 'center' })")
    visit.page.evaluate("document.getElementById('arcs').click()")
    visit.page.wait_for_selector("#d1 g.arc")
    arcs = visit.arcs()
    check_ends(arcs)
    drawn = Counter(arc["head"].split("-")[0] for arc in arcs)
    assert drawn["m1"] == len(pairs[0][0].relations) and drawn["m15"] == 0
    visit.page.evaluate("document.getElementById('arcs').click()")
    assert visit.arcs() == []


def days_of(record: dict[str, Any]) -> list[tuple[str, str]]:
    """First and last days of a record's dates, or of its periods where it has no dates."""
    found = [v for v in record.get("dates", ()) if "start" in v] or [
        v for v in record.get("periods", ()) if "start" in v
    ]
    full = []
    for value in found:
        start, end = value["start"], value["end"]
        if len(start) == 7:
            start, end = f"{start}-01", f"{end}-{monthrange(int(end[:4]), int(end[5:]))[1]}"
        full.append((start, end))
    return full


def expect(pairs: Any, keep: Callable[[dict[str, Any]], bool]) -> dict[str, list[int]]:
    """The cards and articles that a filter of records leaves."""
    kept = {f"d{n}": [at for at, r in enumerate(records) if keep(r)] for n, (_, records) in enumerate(pairs, 1)}
    return {name: cards for name, cards in kept.items() if cards}


def test_without_a_filter_all_is_shown_and_counted(visit: Visit, pairs: Any) -> None:
    total = sum(len(records) for _, records in pairs)
    assert visit.shown() == {f"d{n}": list(range(len(records))) for n, (_, records) in enumerate(pairs, 1)}
    assert f"{len(pairs)}/{len(pairs)} " in visit.page.inner_text(".found")
    assert f" {total}/{total} " in visit.page.inner_text(".found")


def test_filter_by_type(visit: Visit, pairs: Any) -> None:
    box = visit.page.locator(".types label[data-type=visit]")
    visit.filter(lambda: box.click())
    visits = expect(pairs, lambda r: r["kind"] == "event" and r["type"] == "visit")
    assert visit.shown() == visits and 0 < len(visits) < len(pairs)
    assert box.locator("span").inner_text() == str(sum(map(len, visits.values())))
    entries = visit.page.evaluate("() => [...document.querySelectorAll('.index li')].map((e) => e.checkVisibility())")
    assert [f"d{n}" for n, shown in enumerate(entries, 1) if shown] == list(visits)
    visit.filter(lambda: visit.page.locator(".types label[data-type=project]").click())
    both = expect(pairs, lambda r: (r["kind"], r.get("type")) in {("event", "visit"), ("project", "project")})
    assert visit.shown() == both and both != visits


def test_filter_by_province(visit: Visit, pairs: Any) -> None:
    visit.filter(lambda: visit.page.select_option("#province", "TH-55"))
    kept = expect(pairs, lambda r: '"iso_3166_2": "TH-55"' in json.dumps(r))
    assert visit.shown() == kept and 0 < len(kept) < len(pairs)
    assert visit.page.inner_text("#province option:checked") == f"น่าน ({sum(map(len, kept.values()))})"


@pytest.mark.parametrize(("start", "end"), [("2024-01-18", ""), ("", "2023-06-30"), ("2023-03-01", "2024-01-18")])
def test_filter_by_days(visit: Visit, pairs: Any, start: str, end: str) -> None:
    for name, day in (("from", start), ("to", end)):
        if day:
            visit.filter(lambda name=name, day=day: visit.page.fill(f"#{name}", day))
    kept = expect(
        pairs, lambda r: any((not end or first <= end) and (not start or last >= start) for first, last in days_of(r))
    )
    assert visit.shown() == kept and 0 < len(kept) < len(pairs)


def test_filter_by_words_keeps_the_cards_that_hold_them(visit: Visit, pairs: Any) -> None:
    records = pairs[0][1]
    name = records[0]["chair"]["name"]
    visit.filter(lambda: visit.page.fill("#words", name))
    shown = visit.shown()
    holds = [at for at, record in enumerate(records) if name in json.dumps(record, ensure_ascii=False)]
    assert shown["d1"] == holds and len(holds) < len(records)
    assert list(shown) == [f"d{n}" for n, (document, _) in enumerate(pairs, 1) if name in document.text]


def people_shown(visit: Visit, article: str) -> list[str]:
    return visit.page.evaluate(
        """(id) => [...document.querySelectorAll(`#${id} .person`)].filter((item) => item.checkVisibility())
        .map((item) => item.querySelector("[data-own]").firstChild.textContent)""",
        article,
    )


def test_name_in_the_list_of_people_lights_the_person_with_the_offices(visit: Visit, told: list[Extraction]) -> None:
    at, person = next((at, each) for at, each in enumerate(told[0].people) if "positions" in each)
    numbers = {entity.id: f"m1-{at}" for at, entity in enumerate(told[0].document.entities)}
    own = {*person["mentions"]}
    named = own | {mention for post in person["positions"] for mention in post["mentions"]}
    item = visit.page.locator("#d1 .person").nth(at)
    item.locator("[data-own]").click()
    assert visit.lit() == sorted(numbers[mention] for mention in named)
    arcs = {(arc["head"], arc["tail"]) for arc in visit.arcs()}
    links = [
        link for link in told[0].document.relations if {link.head, link.tail} <= named and {link.head, link.tail} & own
    ]
    assert arcs == {(numbers[link.head], numbers[link.tail]) for link in links} and arcs
    item.locator("dd div[data-mentions]").first.hover()
    assert visit.lit() == sorted(numbers[mention] for mention in named), "held although the pointer is elsewhere"


def test_filter_by_words_keeps_the_people_that_hold_them(visit: Visit, told: list[Extraction]) -> None:
    names = [person["name"] for person in told[0].people]
    assert people_shown(visit, "d1") == names and len(names) > 2
    visit.filter(lambda: visit.page.fill("#words", names[1]))
    assert people_shown(visit, "d1") == [names[1]]
    holds = [person for person in told[0].people if '"grade": "governor"' in json.dumps(person.get("positions"))]
    visit.filter(lambda: visit.page.fill("#words", f"{holds[0]['name']} governor"))
    assert people_shown(visit, "d1") == [holds[0]["name"]], "what an office says is found although no text has it"
    first_line = told[0].document.text.splitlines()[0]
    visit.filter(lambda: visit.page.fill("#words", first_line))
    assert people_shown(visit, "d1") == names


def test_words_only_in_the_running_text_keep_all_cards_and_digits_are_one(visit: Visit) -> None:
    text = visit.page.locator("#d2 .text").text_content() or ""
    assert "๑๓.๓๐" in text
    visit.filter(lambda: visit.page.fill("#words", "ได้มีการ 13.30"))
    shown = visit.shown()
    assert list(shown) == ["d2"] and len(shown["d2"]) == visit.page.locator("#d2 .record").count()
    visit.filter(lambda: visit.page.fill("#words", "ไม่มีคำนี้แน่นอน"))
    assert visit.shown() == {} and visit.page.inner_text(".found").startswith("0/15 ")


def test_filters_join_and_are_cleared(visit: Visit, pairs: Any) -> None:
    everything = visit.shown()
    visit.filter(lambda: visit.page.select_option("#province", "TH-55"))
    visit.filter(lambda: visit.page.locator(".types label[data-type=meeting]").click())
    kept = expect(pairs, lambda r: r.get("type") == "meeting" and '"iso_3166_2": "TH-55"' in json.dumps(r))
    assert visit.shown() == kept and kept
    visit.filter(lambda: visit.page.click("#clear"))
    assert visit.shown() == everything
    assert visit.page.locator(".types input:checked").count() == 0


def test_filtered_card_lets_its_light_go(visit: Visit) -> None:
    visit.page.locator("#d1 h3").first.click()
    assert visit.lit()
    visit.filter(lambda: visit.page.fill("#words", "ไม่มีคำนี้แน่นอน"))
    assert visit.lit() == [] and visit.arcs() == []


def months_of(pairs: Any) -> Counter[str]:
    """Events by each month that their dates touch."""
    months: Counter[str] = Counter()
    for record in (r for _, records in pairs for r in records if r["kind"] == "event" and r.get("dates")):
        touched = set()
        for first, last in days_of(record):
            year, month = int(first[:4]), int(first[5:7])
            while f"{year:04}-{month:02}" <= last[:7]:
                touched.add(f"{year:04}-{month:02}")
                year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        months.update(touched)
    return months


def test_timeline_has_a_bar_a_month_with_its_number_of_events(visit: Visit, pairs: Any) -> None:
    bars = visit.page.evaluate(
        "() => [...document.querySelectorAll('.month')].map((m) => [m.dataset.month, +m.querySelector('.count').textContent])"
    )
    assert [tuple(bar) for bar in bars] == sorted(months_of(pairs).items()) and len(bars) > 3
    heights = visit.page.evaluate(
        """() => [...document.querySelectorAll(".month")].map((m) =>
        [...m.querySelectorAll(".stack rect")].reduce((sum, rect) => sum + +rect.getAttribute("height"), 0))"""
    )
    most = max(count for _, count in bars)
    assert [height / max(heights) for height in heights] == pytest.approx([count / most for _, count in bars])
    events = [r for _, records in pairs for r in records if r["kind"] == "event"]
    undated = sum(not r.get("dates") or not days_of(r) for r in events)
    assert visit.page.inner_text(".undated").endswith(f": {undated}")


def test_month_is_chosen_by_click_and_by_keyboard(visit: Visit, pairs: Any) -> None:
    everything = visit.shown()
    months = sorted(months_of(pairs))
    visit.filter(lambda: visit.page.locator(".month").first.click())
    days = [visit.page.input_value(f"#{name}") for name in ("from", "to")]
    last = monthrange(int(months[0][:4]), int(months[0][5:]))[1]
    assert days == [f"{months[0]}-01", f"{months[0]}-{last}"]
    kept = expect(pairs, lambda r: any(start <= days[1] and end >= days[0] for start, end in days_of(r)))
    assert visit.shown() == kept
    assert visit.page.locator(".month[aria-pressed=true]").count() == 1
    visit.filter(lambda: visit.page.locator(".month").first.press("Enter"))
    assert visit.shown() == everything
    visit.page.locator(".month").first.focus()
    visit.page.keyboard.press("ArrowRight")
    visit.filter(lambda: visit.page.keyboard.press(" "))
    assert visit.page.input_value("#from") == f"{months[1]}-01"
    assert visit.page.locator(".month[tabindex='0']").count() == 1


def test_timeline_counts_what_the_other_filters_leave(visit: Visit, pairs: Any) -> None:
    visit.filter(lambda: visit.page.locator(".types label[data-type=visit]").click())
    visits = [(d, [r for r in records if r.get("type") == "visit"]) for d, records in pairs]
    bars = visit.page.evaluate(
        "() => [...document.querySelectorAll('.month')].map((m) => [m.dataset.month, m.querySelector('.count').textContent])"
    )
    assert {month: int(count) for month, count in bars if count} == months_of(visits)


def test_hostile_article_shows_as_text_and_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    entities = (Entity("T1", "EVENT", 2, 12), Entity("T2", "PERSON", len(EVIL) - 2, len(EVIL)))
    document = Document(EVIL, EVIL, entities, (Relation("chairs", "T2", "T1"), Relation(EVIL, "T1", "T2")))
    record = {
        "kind": "event", "type": EVIL, "id": EVIL, "trigger": EVIL, EVIL: EVIL, "mentions": ["T1"],
        "place": {"province": EVIL, "iso_3166_2": EVIL, "areas": [EVIL], "basis": "stated", "mentions": ["T2"]},
    }  # fmt: skip
    path = tmp_path / "evil.html"
    person = {"id": EVIL, "name": EVIL, "positions": [{"position": EVIL, "mentions": ["T2"]}], "mentions": ["T2"]}
    articles = [Extraction(document, {}, [record], [person]), Extraction(replace(document, id="d2"), {}, [], [])]
    path.write_text(render_page(articles, SCHEMA), encoding="utf-8")
    page = browser.new_page()
    visit = Visit(page, path)
    page.locator("#m1-0").hover()
    assert len(visit.arcs()) == 2
    assert any("<script>" in name for name in page.locator("g.name text").all_text_contents())
    visit.filter(lambda: page.fill("#words", "<script>alert(1)"))
    assert list(visit.shown()) == ["d1", "d2"]
    visit.filter(lambda: page.locator(".types input").click())
    assert visit.shown() == {"d1": [0]}
    seen = EVIL
    for character in "\u202e\u202c\x00\ud800":
        seen = seen.replace(character, f"⟨U+{ord(character):04X}⟩")
    assert page.locator("#d1 .text").text_content() == seen
    assert page.locator("main script, main img, main iframe, nav script, nav img").count() == 0
    assert page.title() == "thaigov-events"
    assert visit.words == [] and page.evaluate("violations") == [] and visit.requests == [path.as_uri()]
    page.close()


def test_policy_refuses_what_is_brought_in_and_the_watch_would_see_it(browser: Browser, samples: Path) -> None:
    page = browser.new_page()
    visit = Visit(page, samples)
    page.evaluate(
        """() => { const script = document.createElement("script"); script.textContent = "document.title = 'run'";
        document.body.append(script); document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='alert(1)'>"); }"""
    )
    visit.settle()
    refused = page.evaluate("violations")
    assert any(name.startswith("script-src") for name in refused) and "img-src" in refused
    assert visit.words and page.title() == "thaigov-events"
    page.close()


@pytest.mark.parametrize("width", [390, 320])
def test_narrow_screen_needs_no_sideways_scroll(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 844})
    visit.page.evaluate("document.getElementById('names').click()")
    visit.page.locator("#d15").scroll_into_view_if_needed()
    visit.page.locator("#d1 h3").first.click()
    visit.settle()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    wide = visit.page.evaluate(
        """() => [...document.querySelectorAll("main *, .fields *, .types *")]
        .filter((e) => !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


def test_without_script_texts_marks_and_cards_are_readable(browser: Browser, samples: Path, pairs: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(samples.as_uri())
    document, records = pairs[0]
    assert page.locator("#d1 .text").text_content() == document.text
    assert page.locator("#d1 .text mark").count() == len(document.entities)
    assert page.locator("#d1 .record").count() == len(records) and page.locator("#d1 .record").first.is_visible()
    assert page.locator(".index a").count() == len(pairs) and page.locator(".index a").first.is_visible()
    assert not page.locator(".finder").is_visible() and not page.locator("#arcs").is_visible()
    context.close()


def test_print_leaves_out_filters_and_arcs(visit: Visit) -> None:
    visit.page.locator("#d1 h3").first.click()
    assert visit.arcs()
    visit.page.emulate_media(media="print")
    shown = {
        name: visit.page.evaluate("(name) => document.querySelector(name).checkVisibility()", name)
        for name in (".finder", ".index", ".options", "g.arc", "#d1 .text", "#d15 .text", "#d15 .record")
    }
    assert [name for name, visible in shown.items() if visible] == ["#d1 .text", "#d15 .text", "#d15 .record"]
    assert visit.page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(visit: Visit, scheme: Any) -> None:
    """WCAG's contrast of text, small text, and text on a lit mark, measured on the colours that Chromium resolves."""
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.locator("#d1 h3").first.click()
    colours = visit.page.evaluate(
        """() => { const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        const rgb = (css) => { probe.fillStyle = css; probe.fillRect(0, 0, 1, 1); return [...probe.getImageData(0, 0, 1, 1).data]; };
        const style = (selector) => getComputedStyle(document.querySelector(selector));
        const paper = style("body").backgroundColor;
        return [["ink", style("body").color, paper, 7], ["faint", style("dt").color, style(".record").backgroundColor, 4.5],
                ["lit", style("mark.lit").color, style("mark.lit").backgroundColor, 4.5]]
          .map(([name, text, ground, least]) => [name, rgb(text), rgb(ground), least]); }"""
    )

    def luminance(rgb: list[int]) -> float:
        red, green, blue = (c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb[:3])
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for name, text, ground, least in colours:
        low, high = sorted((luminance(text), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= least, name
    assert (luminance(colours[0][2]) < 0.2) == (scheme == "dark")


MOST_SECONDS_TO_OPEN = 60
MOST_SECONDS_TO_FILTER = 5


@pytest.mark.slow
def test_thousand_articles_are_filtered_without_a_wait(
    browser: Browser, told: list[Extraction], tmp_path: Path
) -> None:
    many = [
        replace(extraction, document=replace(extraction.document, id=f"x{at}"))
        for at in range(1000)
        for extraction in [told[at % len(told)]]
    ]
    path = tmp_path / "many.html"
    path.write_text(render_page(many, SCHEMA), encoding="utf-8")
    page = browser.new_page()
    page.set_default_timeout(1000 * MOST_SECONDS_TO_OPEN)
    visit = Visit(page, path)
    assert visit.page.inner_text(".found").startswith("1000/1000 ")
    for act in (
        "document.getElementById('province').value = 'TH-55'",
        "document.getElementById('from').value = '2024-01-01'",
        "document.getElementById('words').value = 'ประชุม'",
    ):
        milliseconds = page.evaluate(
            f"""async () => {{ const start = performance.now();
            const found = new Promise((done) => document.addEventListener("found", done, {{ once: true }}));
            {act}; document.getElementById("words").dispatchEvent(new Event("input", {{ bubbles: true }}));
            await found; await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            return performance.now() - start; }}"""
        )
        assert milliseconds < 1000 * MOST_SECONDS_TO_FILTER
    kept = expect(
        [(extraction.document, extraction.events) for extraction in many],
        lambda record: (
            '"iso_3166_2": "TH-55"' in json.dumps(record) and any(end >= "2024-01-01" for _, end in days_of(record))
        ),
    )
    assert 0 < len(visit.shown()) < 1000 and set(visit.shown()) <= set(kept)
    page.close()
