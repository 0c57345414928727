"""The records and people of the five seed articles, from their gold mentions, are those that were read beside the articles.

The golden files hold no text of the articles: where a record quotes one, `[start, end]` tells where it stands among the
mentions that the part of the record came from, and a prefix of its SHA-256 stands for words that do not stand there as
they are. `python tests/inference/test_golden_records.py` writes the files anew: read each change beside its article before
you keep it. `faults` names mentions whose value is known to be wrong, and says why: their values are not held.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.annotations import Document, read_corpus
from thaigov_events.annotations.corpus import text_hash
from thaigov_events.annotations.files import write_safely
from thaigov_events.inference.assembly import assemble
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.roster import list_people

GOLDEN = Path(__file__).parent / "golden"
SEEDS = Path(__file__).parents[2].parent / "shared" / "corpus" / "seeds.jsonl"
NAMES = tuple(f"seed-{number}" for number in range(5))

# Read, not quoted; where one of them is no ASCII (`กลุ่ม`) it is quoted all the same.
NORMALISED = frozenset(
    (
        *("id", "document", "record", "person", "kind", "type", "basis", "grade", "reason"),
        *("start", "end", "precision", "minimum", "maximum", "unit", "per", "number"),
        *("iso_3166_2", "dopa_code", "area", "mentions"),
    )
)
HELD = re.compile(
    r"seed[0-9]:T[0-9]+(-T[0-9]+)?|seed[0-9]|T[0-9]+|[a-z][a-z_ ]*|[A-Z]{3}|%|TH-[0-9]{2}|[0-9:./,-]+|sha256:[0-9a-f]{12}"
)


def strip_article(item: Any, document: Document, *, mentions: tuple[str, ...] = (), key: str = "") -> Any:
    """Return a part of a record with offsets or hashes for the words of its article."""
    if isinstance(item, dict):
        mentions = tuple(item.get("mentions", mentions))
        return {name: strip_article(part, document, mentions=mentions, key=name) for name, part in item.items()}
    if isinstance(item, list):
        return [strip_article(part, document, mentions=mentions, key=key) for part in item]
    if not isinstance(item, str) or (key in NORMALISED and item.isascii()):
        return item
    return find_words(item, document, mentions)


def find_words(words: str, document: Document, mentions: tuple[str, ...]) -> list[int] | str:
    """Where words stand in the first of the mentions that has them: as the whole of it, or within it."""
    known = document.by_id()
    spans = [(known[mention].start, known[mention].end) for mention in mentions]
    whole = [[start, end] for start, end in spans if document.text[start:end] == words]
    within = [
        start + document.text[start:end].index(words) for start, end in spans if words in document.text[start:end]
    ]
    if whole or within:
        return whole[0] if whole else [within[0], within[0] + len(words)]
    return f"sha256:{hashlib.sha256(words.encode('utf-8')).hexdigest()[:12]}"


def leave_out_faults(item: Any, faults: dict[str, str]) -> Any:
    """Return a part of a record without the values of the facts that rest on mentions with faults alone."""
    if isinstance(item, list):
        return [leave_out_faults(part, faults) for part in item]
    if not isinstance(item, dict):
        return item
    if "text" in item and set(item["mentions"]) <= set(faults):
        return {"text": item["text"], "mentions": item["mentions"]}
    return {name: leave_out_faults(part, faults) for name, part in item.items()}


def describe(document: Document, faults: dict[str, str]) -> dict[str, Any]:
    """Return what the golden file of a document holds."""
    graph = Graph.build(document)
    records = [strip_article(record.to_dict(), document) for record in assemble(graph)]
    people = [strip_article(person.to_dict(), document) for person in list_people(graph)]
    held = {"document": document.id, "sha256": text_hash(document.text), "faults": faults}
    return {**held, "records": leave_out_faults(records, faults), "people": people}


def render(golden: dict[str, Any]) -> str:
    """Return the text of a golden file, with lists of ids and offsets in one line."""
    text = json.dumps(golden, indent=2)
    return re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def read_golden(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))  # type: ignore[no-any-return]


def read_seeds() -> dict[str, Document]:
    return {document.id.replace("seed", "seed-"): document for document in read_corpus(SEEDS)}


@pytest.mark.parametrize("name", NAMES)
def test_records_are_those_that_were_read(name: str) -> None:
    if not SEEDS.is_file():
        pytest.skip(f"{SEEDS} is not there: it holds the text of press releases")
    document, golden = read_seeds()[name], read_golden(name)
    assert text_hash(document.text) == golden["sha256"], "another text than the one that was read"
    found, held = render(describe(document, golden["faults"])), render(golden)
    changes = "\n".join(difflib.unified_diff(held.splitlines(), found.splitlines(), "held", "found", n=9, lineterm=""))
    assert not changes, (
        f"{changes}\nread the article beside what is new; if that is right, run `python tests/inference/{Path(__file__).name}`"
    )


def list_strings(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict | list):
        for part in item.values() if isinstance(item, dict) else item:
            yield from list_strings(part)


@pytest.mark.parametrize("name", NAMES)
def test_golden_files_hold_no_text_of_articles(name: str) -> None:
    golden = read_golden(name)
    assert golden["records"] and render(golden) == (GOLDEN / f"{name}.json").read_text("utf-8")
    assert not [text for text in list_strings([golden["records"], golden["people"]]) if not HELD.fullmatch(text)]


def test_words_become_offsets_or_hashes() -> None:
    marked = Document.from_dict(
        {
            "id": "d1",
            "text": "นายก ข นายอำเภอ Kick Off",
            "entities": [
                {"id": "T1", "label": "PERSON", "start": 0, "end": 6},
                {"id": "T2", "label": "POSITION", "start": 7, "end": 15},
                {"id": "T3", "label": "EVENT", "start": 16, "end": 24},
            ],
        }
    )
    record = {"kind": "event", "trigger": "Kick Off", "unit": "คน", "quarters": [1, 2], "mentions": ["T3"],
              "chair": {"name": "นายก ข", "given_name": "ก", "other": ["นายอำเภอ", "ปลัด"], "mentions": ["T1", "T2"]}}  # fmt: skip
    stripped = strip_article(record, marked)
    assert stripped["trigger"] == [16, 24] and stripped["unit"].startswith("sha256:")
    assert stripped["kind"] == "event" and stripped["quarters"] == [1, 2] and stripped["mentions"] == ["T3"]
    assert stripped["chair"]["name"] == [0, 6] and stripped["chair"]["given_name"] == [3, 4]
    assert stripped["chair"]["other"][0] == [7, 15] and stripped["chair"]["other"][1].startswith("sha256:")


def write_golden() -> None:
    """Write the golden files anew, with the faults that they name."""
    GOLDEN.mkdir(exist_ok=True)
    for name, document in read_seeds().items():
        path = GOLDEN / f"{name}.json"
        text = render(describe(document, read_golden(name)["faults"] if path.is_file() else {}))
        write_safely(path, lambda temporary, text=text: temporary.write_text(text, "utf-8"))  # type: ignore[misc]


if __name__ == "__main__":
    write_golden()
