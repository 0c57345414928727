"""spaCy's JSON lines and DocBin hold a corpus without loss; bad records are named."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import CorpusError, Document, Entity, Relation, read_corpus
from thaigov_events.annotations.spacy_format import read_docbin, read_spacy_json, write_docbin, write_spacy_json

SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"
SCORED = Document(
    "a/1",
    "😀 นายสมมุติ ประชุม",
    (Entity("e9", "PERSON", 2, 11, 0.5), Entity("e2", "EVENT", 12, 18)),
    (Relation("chairs", "e9", "e2", 0.25),),
    "page",
)


@pytest.fixture(scope="module")
def spacy() -> Any:
    return pytest.importorskip("spacy", reason="needs spaCy (pip install spacy)")


def put(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    return path


def test_a_line_is_what_spacy_reads(tmp_path: Path) -> None:
    path = tmp_path / "news.spacy.jsonl"
    write_spacy_json(path, [SCORED])
    assert json.loads(path.read_text("utf-8")) == {
        "id": "a/1",
        "source": "page",
        "text": SCORED.text,
        "ents": [
            {"id": "e9", "label": "PERSON", "start": 2, "end": 11, "score": 0.5},
            {"id": "e2", "label": "EVENT", "start": 12, "end": 18},
        ],
        "relations": [{"label": "chairs", "head": "e9", "tail": "e2", "score": 0.25}],
    }
    (again,), left_out = read_spacy_json(path)
    assert (again, again.source, left_out) == (SCORED, "page", {})


@settings(deadline=None)
@given(data=st.data())
def test_nothing_is_lost_in_json_lines(data: st.DataObject, hard_corpora: st.SearchStrategy[list[Document]]) -> None:
    documents = data.draw(hard_corpora)
    with TemporaryDirectory() as folder:
        write_spacy_json(Path(folder) / "a.jsonl", documents)
        assert read_spacy_json(Path(folder) / "a.jsonl") == (documents, {})


def test_plain_lines_are_numbered_and_other_fields_counted(tmp_path: Path) -> None:
    ents = [{"start": 0, "end": 3, "label": "A", "kb_id": ""}, {"start": 3, "end": 4, "label": "B"}]
    path = put(tmp_path / "x.jsonl", {"text": "นาย1", "ents": ents, "tokens": []}, {"text": ""})
    path.write_bytes(b"\xef\xbb\xbf\n" + path.read_bytes())
    documents, left_out = read_spacy_json(path)
    assert documents == [
        Document("x-1", "นาย1", (Entity("T1", "A", 0, 3), Entity("T2", "B", 3, 4))),
        Document("x-2", ""),
    ]
    assert left_out == {"field 'tokens'": 1, "field 'kb_id' of 'ents'": 1}


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"ents": []}, "needs a string 'id' and a string 'text'"),
        ({"text": "ก", "ents": [{"start": 0, "end": 2, "label": "A"}]}, "ends at 2, the text at 1"),
        ({"text": "ก", "ents": [{"start": 0, "end": 1}]}, "'label'"),
        ({"text": "ก", "ents": [[0, 1, "A"]]}, "'ents' should be a list of objects"),
        ({"text": "ก ", "ents": [{"start": 0, "end": 2, "label": "A"}]}, "white space at a border"),
        ({"text": "ก", "relations": [{"head": 0, "child": 1, "label": "A"}]}, "'tail'"),
    ],
)
def test_a_bad_record_is_named(tmp_path: Path, bad: dict[str, Any], told: str) -> None:
    path = put(tmp_path / "x.jsonl", {"text": "ดี"}, bad)
    with pytest.raises(CorpusError, match=r"x\.jsonl:2: ") as error:
        read_spacy_json(path)
    assert told in str(error.value)


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff"])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"text": ""}\n\n' + line)
    with pytest.raises(CorpusError, match=r"x\.jsonl:3: "):
        read_spacy_json(path)


def test_double_documents_and_missing_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="document a stands twice"):
        read_spacy_json(put(tmp_path / "x.jsonl", {"id": "a", "text": ""}, {"id": "a", "text": ""}))
    with pytest.raises(CorpusError, match="no such file"):
        read_spacy_json(tmp_path / "none.jsonl")


def test_without_spacy_a_docbin_names_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(CorpusError, match="pip install spacy"):
        write_docbin(tmp_path / "x.spacy", [SCORED])
    with pytest.raises(CorpusError, match="pip install spacy"):
        read_docbin(tmp_path / "x.spacy")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("spacy")
@settings(deadline=None)
@given(data=st.data())
def test_nothing_is_lost_in_a_docbin(data: st.DataObject, hard_corpora: st.SearchStrategy[list[Document]]) -> None:
    documents = [SCORED, *data.draw(hard_corpora)]
    with TemporaryDirectory() as folder:
        write_docbin(Path(folder) / "a.spacy", documents)
        again, left_out = read_docbin(Path(folder) / "a.spacy")
    assert (again, again[0].source, left_out) == (documents, "page", {})


@pytest.mark.usefixtures("spacy")
def test_the_samples_come_back_from_a_docbin(tmp_path: Path) -> None:
    samples = read_corpus(SAMPLES)
    write_docbin(tmp_path / "a.spacy", samples)
    assert read_docbin(tmp_path / "a.spacy")[0] == samples


def test_a_docbin_of_others_is_read_and_a_broken_one_named(tmp_path: Path, spacy: Any) -> None:
    doc = spacy.blank("xx")("Mr Example met\n them")
    doc.ents = [spacy.tokens.Span(doc, 0, 2, label="PERSON")]
    doc.user_data["mood"] = "good"
    path = tmp_path / "news.spacy"
    spacy.tokens.DocBin(docs=[doc], store_user_data=True).to_disk(path)
    expected = Document("news-1", "Mr Example met\n them", (Entity("T1", "PERSON", 0, 10),))
    assert read_docbin(path) == ([expected], {"user_data 'mood'": 1})
    for broken in (b"nothing", path.read_bytes()[:-9]):
        path.write_bytes(broken)
        with pytest.raises(CorpusError, match=r"news\.spacy: no DocBin"):
            read_docbin(path)
