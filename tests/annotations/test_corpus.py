"""Corpus files: every bad line is told, nothing is lost on the way to disk and back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import (
    CorpusError,
    Document,
    Entity,
    Relation,
    Schema,
    read_corpus,
    write_corpus,
)
from thaigov_events.annotations.corpus import count_labels, describe_corpus, iterate_corpus, text_hash

ANNOTATIONS = Path(__file__).parents[2] / "annotations"
SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"


def meeting(name: str = "d1") -> Document:
    text = "นายสมมุติ ใจดี เป็นประธานการประชุม\nครั้งที่ 1/2570"
    entities = (
        Entity("T1", "PERSON", 0, 14),
        Entity("T2", "EVENT", 25, 34),
        Entity("T3", "SESSION_NUMBER", 35, 50),
    )
    return Document(
        name, text, entities, (Relation("chairs", "T1", "T2"), Relation("has_session", "T2", "T3")), "a/1.txt"
    )


def line(**changes: Any) -> str:
    return json.dumps({**meeting().to_dict(), **changes}, ensure_ascii=False) + "\n"


def test_documents_are_written_and_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    documents = [meeting("d2"), meeting("d1"), Document("ว่าง", "")]
    write_corpus(path, documents)
    assert path.read_text("utf-8").count("\n") == 3
    assert "นายสมมุติ" in path.read_text("utf-8")  # readable, not escaped
    again = read_corpus(path, Schema.load())
    assert again == documents
    assert [d.source for d in again] == ["a/1.txt", "a/1.txt", ""]


def test_a_failed_write_leaves_the_old_corpus(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    write_corpus(path, [meeting()])

    def documents():  # type: ignore[no-untyped-def]
        yield meeting("d2")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_corpus(path, documents())
    assert read_corpus(path) == [meeting()]
    assert list(tmp_path.iterdir()) == [path]


def test_empty_lines_and_a_leading_byte_order_mark_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + (line() + "\n \r\n" + line(id="d2")).encode())
    assert [d.id for d in read_corpus(path)] == ["d1", "d2"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "Expecting property name"),
        ('["d7"]\n', "must hold one JSON object"),
        ("\ufeff" + line(), "BOM"),
        (line(id=None), "document None"),
        (
            line(id="d7", entities=[{"id": "T1", "label": "SHIP", "start": 0, "end": 3}], relations=[]),
            "d7: .*'SHIP'",
        ),
        (line(id="d7", relations=[{"label": "chairs", "head": "T2", "tail": "T1"}]), "d7: chairs may not go"),
        (
            line(id="d7", relations=[{"label": "chairs", "head": "T1", "tail": "T4"}]),
            "d7: .*T4, which does not exist",
        ),
        (line(id="d7", sha256=text_hash("another text")), "d7: the text does not have the recorded sha256"),
        (line(), "d1: stands already in line 1"),
        (json.dumps({"id": "d7", "text": "\ud83c"}) + "\n", "surrogates not allowed"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_read(tmp_path: Path, bad: str, told: str) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(line() + "\n" + bad.rstrip("\n") + "\n" + line(id="d9"), "utf-8")
    good, error, other = iterate_corpus(path, Schema.load())
    assert isinstance(good, Document) and good.id == "d1"
    assert isinstance(other, Document) and other.id == "d9"
    assert isinstance(error, CorpusError)
    with pytest.raises(CorpusError, match=told):
        raise error
    assert str(error).startswith(f"{path}:3: ")


def test_bytes_that_are_no_utf8_are_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(line().encode() + '{"id": "d2", "text": "ไทย"}\n'.encode("cp874"))
    with pytest.raises(CorpusError, match=r"corpus.jsonl:2: .*utf-8"):
        read_corpus(path)


def test_read_corpus_tells_all_bad_lines_at_once(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(line() + "{\n" + line(id="d2") + line(id="d3", text=""), "utf-8")
    with pytest.raises(CorpusError) as caught:
        read_corpus(path)
    assert [part.split(": ")[0] for part in str(caught.value).splitlines()] == [f"{path}:2", f"{path}:4"]


def test_without_a_schema_any_label_is_read(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(line(entities=[{"id": "T1", "label": "SHIP", "start": 0, "end": 3}], relations=[]), "utf-8")
    assert read_corpus(path)[0].entities[0].label == "SHIP"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.jsonl: no such corpus file"):
        read_corpus(tmp_path / "nowhere.jsonl")


def test_a_recorded_hash_that_fits_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(line(sha256=text_hash(meeting().text)), "utf-8")
    assert read_corpus(path) == [meeting()]


def test_the_hash_is_of_the_utf8_form() -> None:
    assert text_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert text_hash("ก") != text_hash("ข")


def test_labels_are_counted() -> None:
    entities, relations = count_labels([meeting("d1"), meeting("d2")])
    assert entities == {"PERSON": 2, "EVENT": 2, "SESSION_NUMBER": 2}
    assert relations == {"chairs": 2, "has_session": 2}


def test_the_table_has_every_label_of_the_schema() -> None:
    schema = Schema.load()
    table = describe_corpus([meeting("d1"), meeting("d2")], schema)
    assert table.startswith("2 documents, 100 characters\n")
    assert "| PERSON | 2 |\n| POSITION | 0 |" in table
    assert "| **entities** | **6** |" in table
    assert table.endswith("| **relations** | **4** |")
    assert all(f"| {name} |" in table for name in (*schema.entity_names, *schema.relation_names))


@given(st.lists(st.text('กำ้ า1.\n\r\u2028\u200b🎉"\\', max_size=20), max_size=5))
def test_any_text_survives_the_file(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    write_corpus(path, documents)
    assert read_corpus(path) == documents


@pytest.mark.parametrize("name", ["authored.jsonl", "samples.jsonl"])
def test_the_authored_corpora_are_sound(name: str) -> None:
    assert read_corpus(ANNOTATIONS / name, Schema.load())


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/corpus is not here")
@pytest.mark.parametrize("name", ["train.jsonl", "dev.jsonl", "seeds.jsonl"])
def test_the_shared_corpora_are_sound(name: str) -> None:
    assert read_corpus(SHARED / name, Schema.load())
