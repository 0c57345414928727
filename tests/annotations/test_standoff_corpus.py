"""The stand-off form holds no text, and with the text it gives the very document back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import (
    CorpusError,
    Document,
    DocumentError,
    Entity,
    Relation,
    Schema,
    read_corpus,
)
from thaigov_events.annotations import standoff_corpus as standoff
from thaigov_events.annotations.corpus import text_hash, write_corpus
from thaigov_events.annotations.standoff_corpus import Standoff, join_text, read_standoff, strip_text

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"
TEXT = "นายสมมุติ ใจดี เป็นประธานการประชุม ครั้งที่ 1/2570"


def meeting(*, ids: tuple[str, str, str] = ("T1", "T2", "T3"), score: float | None = None) -> Document:
    person, event, session = ids
    entities = (
        Entity(person, "PERSON", 0, 14, score),
        Entity(event, "EVENT", 25, 34),
        Entity(session, "SESSION_NUMBER", 35, 50),
    )
    relations = (Relation("has_session", event, session), Relation("chairs", person, event))
    return Document("d1", TEXT, entities, relations, "thaigov:a/1.txt")


def test_the_line_holds_labels_and_a_hash_and_no_text() -> None:
    assert strip_text(meeting()).to_dict() == {
        "id": "d1",
        "source": "thaigov:a/1.txt",
        "sha256": text_hash(TEXT),
        "characters": 50,
        "entities": [["PERSON", 0, 14], ["EVENT", 25, 34], ["SESSION_NUMBER", 35, 50]],
        "relations": [["has_session", 1, 2], ["chairs", 0, 1]],
    }


@pytest.mark.parametrize("ids", [("T1", "T2", "T3"), ("T3", "T1", "T2"), ("a", "b", "c")])
def test_ids_and_the_order_of_relations_come_back(ids: tuple[str, str, str]) -> None:
    document = meeting(ids=ids)
    line = strip_text(document).to_dict()
    assert ("ids" in line) == (ids != ("T1", "T2", "T3"))
    again = join_text(Standoff.from_dict(json.loads(json.dumps(line))), TEXT)
    assert again.to_dict() == document.to_dict()


@pytest.mark.parametrize("text", ["", TEXT + " ", TEXT.replace("สมมุติ", "สมมติ"), TEXT.replace("1/2570", "2/2570")])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(DocumentError, match=r"document d1: the text of thaigov:a/1.txt .* is not the one"):
        join_text(strip_text(meeting()), text)


def test_scores_cannot_be_held() -> None:
    with pytest.raises(DocumentError, match="document d1: has scores"):
        strip_text(meeting(score=0.5))


def test_labels_beyond_the_text_are_refused() -> None:
    with pytest.raises(DocumentError, match="document d1: T1 ends at 3, the text at 2"):
        Standoff("d1", "a", text_hash("กข"), 2, (Entity("T1", "A", 0, 3),))


def changed(**changes: Any) -> dict[str, Any]:
    return {**strip_text(meeting()).to_dict(), **changes}


@pytest.mark.parametrize(
    ("record", "told"),
    [
        *[({n: v for n, v in changed().items() if n != name}, f"'{name}'") for name in changed()],
        (changed(entities=[["PERSON", 0]], relations=[]), "not enough values"),
        (changed(entities=[["PERSON", 3, 0]], relations=[]), "is no span"),
        (changed(entities=[["PERSON", "0", 3]], relations=[]), "TypeError"),
        (changed(ids=["T1"]), "longer"),
        (changed(characters="many"), "TypeError"),
        (changed(relations=[["chairs", 0, 3]]), "KeyError"),
        (changed(relations=[["chairs", -1, 1]]), "KeyError"),
        (changed(relations=[["chairs", 1, 1]]), "linked to itself"),
        ([], "must hold one JSON object"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, record: Any, told: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(changed()) + "\n" + json.dumps(record) + "\n", "utf-8")
    with pytest.raises(CorpusError, match=f"bad.jsonl:2: .*{told}"):
        standoff.read_standoff_file(path)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": ', "utf-8")
    with pytest.raises(CorpusError, match=r"bad.jsonl:1: "):
        standoff.read_standoff_file(path)


def test_the_command_writes_what_joins_to_the_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, output = tmp_path / "corpus.jsonl", tmp_path / "standoff.jsonl"
    write_corpus(corpus, [meeting()])
    assert standoff.main([str(corpus), str(output)]) == 0
    assert "1 documents" in capsys.readouterr().out
    assert "สมมุติ" not in output.read_text("utf-8")
    (document,) = standoff.read_standoff_file(output)
    assert join_text(document, TEXT) == meeting()


def test_the_command_refuses_a_bad_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, output = tmp_path / "corpus.jsonl", tmp_path / "standoff.jsonl"
    write_corpus(corpus, [meeting(score=0.5)])
    assert standoff.main([str(corpus), str(output)]) == 1
    assert "has scores" in capsys.readouterr().err
    assert standoff.main([str(tmp_path / "nowhere.jsonl"), str(output)]) == 1
    assert "no such corpus file" in capsys.readouterr().err
    assert not output.exists()


def test_the_packaged_corpora_fit_the_schema_and_hold_no_text() -> None:
    schema = Schema.load()
    for split, count in (("train", 485), ("dev", 48)):
        documents = read_standoff(split)
        assert len(documents) == len({d.id for d in documents}) == len({d.source for d in documents}) == count
        for document in documents:
            labels = {entity.id: entity.label for entity in document.entities}
            assert set(labels.values()) <= set(schema.entity_names)
            assert all(r.label in schema.allowed(labels[r.head], labels[r.tail]) for r in document.relations)
            assert set(document.to_dict()) <= {
                "id",
                "source",
                "sha256",
                "characters",
                "ids",
                "entities",
                "relations",
            }


def test_what_trains_and_dev_share_no_document() -> None:
    train, dev = [*read_standoff("train"), *read_standoff("added")], read_standoff("dev")
    for field in ("id", "source", "sha256"):
        assert not {getattr(d, field) for d in train} & {getattr(d, field) for d in dev}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/corpus is not here")
@pytest.mark.parametrize("split", ["train", "dev"])
def test_the_packaged_corpora_with_their_texts_are_the_annotated_ones(tmp_path: Path, split: str) -> None:
    texts = {document.id: document.text for document in read_corpus(SHARED / f"{split}.jsonl")}
    write_corpus(tmp_path / "again.jsonl", [join_text(d, texts[d.id]) for d in read_standoff(split)])
    assert (tmp_path / "again.jsonl").read_bytes() == (SHARED / f"{split}.jsonl").read_bytes()


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.text("กำ้า1.\n\u200b🎉", max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if text[a:b] == text[a:b].strip()]
    names = draw(st.permutations([f"T{n}" for n in range(1, len(spans) + 1)]))
    entities = tuple(Entity(i, draw(st.sampled_from("AB")), *span) for i, span in zip(names, spans, strict=True))
    ends = [(one, other) for one in names for other in names if one != other]
    links = draw(st.lists(st.sampled_from(ends), unique=True, max_size=4)) if ends else []
    return Document("d", text, entities, tuple(Relation("r", *link) for link in links), draw(st.text(max_size=3)))


@given(documents())
def test_stripping_and_joining_give_the_document_back(document: Document) -> None:
    stripped = strip_text(document)
    assert Standoff.from_dict(json.loads(json.dumps(stripped.to_dict()))) == stripped
    assert join_text(stripped, document.text).to_dict() == document.to_dict()
