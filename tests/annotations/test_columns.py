"""Corpora of words with tags become documents whose spans are those of the tags."""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from thaigov_events.annotations.columns import (
    collect_schema,
    load_corpus,
    read_conll,
    read_dataset,
    write_conll,
    write_dataset,
)
from thaigov_events.annotations.corpus import CorpusError, read_corpus
from thaigov_events.annotations.document import Document, DocumentError, Entity, Relation
from thaigov_events.annotations.schema import Schema
from thaigov_events.annotations.tagging import INVISIBLE, join_words

WORDS = ["ที", "เอ็ม", " ", "28", " ", "มิ.ย."]
TAGS = ["B-ORG", "I-ORG", "O", "B-DATE", "I-DATE", "I-DATE"]


def spans(document: Document) -> list[tuple[str, str]]:
    return [(entity.label, document.text_of(entity)) for entity in document.entities]


def write(path: Path, *sentences: tuple[list[str], list[str]]) -> Path:
    blocks = ["".join(f"{word}\t{tag}\n" for word, tag in zip(*sentence, strict=True)) for sentence in sentences]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def test_a_conll_file_gives_a_document_for_each_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / "news.conll", (WORDS, TAGS), (["ไป", "เลย"], ["O", "B-PLACE"]))
    documents = load_corpus(path)
    assert [d.id for d in documents] == ["news-1", "news-2"]
    assert [d.text for d in documents] == ["ทีเอ็ม 28 มิ.ย.", "ไปเลย"]
    assert [spans(d) for d in documents] == [[("ORG", "ทีเอ็ม"), ("DATE", "28 มิ.ย.")], [("PLACE", "เลย")]]
    assert collect_schema(documents).entity_names == ("DATE", "ORG", "PLACE")


def test_columns_may_be_parted_by_spaces_and_words_joined_by_them(tmp_path: Path) -> None:
    path = tmp_path / "english.conll"
    path.write_text("-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ O O\nGerman JJ O S-MISC\n", "utf-8")
    (document,) = load_corpus(path, separator=" ")
    assert document.text == "EU rejects German"
    assert spans(document) == [("ORG", "EU"), ("MISC", "German")]


def test_a_saved_dataset_gives_the_same_documents(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    names = ["O", *sorted(set(TAGS) - {"O"})]
    tags = datasets.Sequence(datasets.ClassLabel(names=names))
    features = datasets.Features({"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": tags})
    rows = {"tokens": [WORDS], "ner_tags": [[names.index(tag) for tag in TAGS]]}
    both = datasets.DatasetDict({"train": datasets.Dataset.from_dict(rows, features=features)})
    both.save_to_disk(str(tmp_path / "saved"))
    documents = load_corpus(tmp_path / "saved" / "train")
    assert [spans(d) for d in documents] == [[("ORG", "ทีเอ็ม"), ("DATE", "28 มิ.ย.")]]
    with pytest.raises(CorpusError, match="several splits"):
        load_corpus(tmp_path / "saved")


def test_what_cannot_be_seen_borders_no_span() -> None:
    document = join_words("made", ["นาย", "ก\ufeff", " ", "ไป"], ["B-PERSON", "I-PERSON", "I-PERSON", "O"])
    assert spans(document) == [("PERSON", "นายก")]
    with pytest.raises(DocumentError, match="no visible character"):
        join_words("made", [" "], ["B-PERSON"])


@pytest.mark.parametrize("line", ["คำ", "คำ\tPERSON", "คำ\tB-", "\tO"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.conll"
    path.write_text(f"ดี\tO\n\n{line}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"bad\.conll:3"):
        load_corpus(path)


def test_an_unknown_label_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="unknown label 'ORG'"):
        load_corpus(write(tmp_path / "news.conll", (WORDS, TAGS)), Schema.load())
    with pytest.raises(CorpusError, match="no such corpus"):
        load_corpus(tmp_path / "none.conll")
    with pytest.raises(CorpusError, match="no labels to learn"):
        collect_schema([Document("made", "ไป")])


TAG = st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "I-A", "I-B"])


@given(st.lists(st.tuples(st.sampled_from(["กก", "a", "น้ำ", "7", "ๆ"]), TAG), max_size=12))
def test_spans_are_those_that_seqeval_sees(rows: list[tuple[str, str]]) -> None:
    words, tags = [word for word, _ in rows], [tag for _, tag in rows]
    borders = [0]
    for word in words:
        borders.append(borders[-1] + len(word))
    expected = [(label, borders[first], borders[last + 1]) for label, first, last in get_entities(tags)]
    document = join_words("made", words, tags)
    assert [(e.label, e.start, e.end) for e in document.entities] == expected


SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"
MET = Document(
    "a/1",
    "นายสมมุติ ใจดีประชุม 😀\n",
    (Entity("p", "PERSON", 0, 14, 0.5), Entity("T2", "EVENT", 14, 20)),
    (Relation("chairs", "p", "T2"),),
    "page",
)


def visible_spans(document: Document) -> list[tuple[str, int, int]]:
    """Return the spans that tags can hold: without zero-width characters at their borders."""
    spans = []
    for entity in document.entities:
        piece = document.text_of(entity)
        blank = rf"[\s{INVISIBLE}]*"
        first, last = re.match(blank, piece).end(), re.search(rf"{blank}\Z", piece).start()  # type: ignore[union-attr]
        if first < last:
            spans.append((entity.label, entity.start + first, entity.start + last))
    return spans


def places(document: Document) -> list[tuple[str, int, int]]:
    return [(entity.label, entity.start, entity.end) for entity in document.entities]


def test_columns_are_runs_between_borders_and_white_space(tmp_path: Path) -> None:
    path = tmp_path / "news.conll"
    assert write_conll(path, [MET, Document("empty", "")]) == {
        "relations": 1,
        "entity ids": 1,
        "scores": 1,
        "sources": 1,
        "document ids": 1,
        "line breaks and tabs": 1,
        "documents without text": 1,
    }
    assert path.read_bytes().decode() == (
        "นายสมมุติ\tB-PERSON\n \tI-PERSON\nใจดี\tI-PERSON\nประชุม\tB-EVENT\n \tO\n😀\tO\n \tO\n"
    )
    (again,) = read_conll(path)
    assert again == Document("news-1", MET.text.replace("\n", " "), (Entity("T1", "PERSON", 0, 14), MET.entities[1]))


def test_a_tokeniser_gives_the_words_but_cuts_no_span(tmp_path: Path) -> None:
    path = tmp_path / "news.conll"
    write_conll(path, [MET], tokenise=lambda text: [text[:3], text[3:17], text[17:]])
    assert [line.split("\t")[0] for line in path.read_text("utf-8").splitlines()] == [
        "นาย",
        "สมมุติ ใจดี",
        "ประ",
        "ชุม",
        " 😀 ",
    ]
    assert places(read_conll(path)[0]) == places(MET)
    with pytest.raises(CorpusError, match="document a/1: its words do not join"):
        write_conll(path, [MET], tokenise=str.split)
    with pytest.raises(CorpusError, match=r"no tag can hold the label 'A\\tB'"):
        write_conll(path, [Document("d", "ก", (Entity("T1", "A\tB", 0, 1),))])
    assert places(read_conll(path)[0]) == places(MET)


def test_what_would_be_read_as_something_else_survives(tmp_path: Path) -> None:
    path = tmp_path / "news.conll"
    texts = ["\ufeffไป", "-DOCSTART- -DOCSTART-", "\r", "\u2028\x85"]
    write_conll(path, [Document(f"news-{number}", text) for number, text in enumerate(texts, 1)])
    assert [document.text for document in read_conll(path)] == texts


def test_entities_that_cannot_be_seen_are_counted(tmp_path: Path) -> None:
    document = Document("news-1", "\u200bก\u200b\u200b", (Entity("T1", "A", 0, 3), Entity("T2", "A", 3, 4)))
    lost = write_conll(tmp_path / "news.conll", [document])
    assert lost == {"entities without a visible character": 1, "zero-width characters at entities' borders": 3}
    assert places(read_conll(tmp_path / "news.conll")[0]) == [("A", 1, 2)]


@given(data=st.data())
def test_entities_survive_columns(data: st.DataObject, hard_corpora: st.SearchStrategy[list[Document]]) -> None:
    documents = data.draw(hard_corpora)
    with TemporaryDirectory() as folder:
        lost = write_conll(Path(folder) / "a.conll", documents)
        again = read_conll(Path(folder) / "a.conll")
    with_text = [document for document in documents if document.text]
    assert [d.text for d in again] == [d.text.replace("\n", " ").replace("\t", " ") for d in with_text]
    assert [places(d) for d in again] == [visible_spans(d) for d in with_text]
    assert lost["relations"] == sum(len(d.relations) for d in with_text)
    assert lost["documents without text"] == len(documents) - len(with_text)


def test_a_dataset_keeps_texts_and_entities(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "saved"
    samples = read_corpus(SAMPLES)
    expected = {"relations": sum(len(d.relations) for d in samples), "document ids": 15, "sources": 15}
    assert write_dataset(folder, samples) == expected
    data = datasets.load_from_disk(str(folder))
    assert data.column_names == ["tokens", "ner_tags"]
    assert data.features["ner_tags"].feature.names[:3] == ["O", "B-COMMITTEE", "I-COMMITTEE"]
    again = read_dataset(folder)
    assert [d.text for d in again] == [d.text for d in samples]
    assert [d.entities for d in again] == [d.entities for d in samples]
    assert write_dataset(folder, [MET, Document("empty", "")])["relations"] == 1  # replaces its own kind
    assert [d.text for d in read_dataset(folder)] == [MET.text, ""]
    (folder / "notes.md").write_text("mine")
    with pytest.raises(CorpusError, match=r"'notes\.md'"):
        write_dataset(folder, samples)
    assert len(read_dataset(folder)) == 2


def test_without_datasets_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(CorpusError, match="pip install"):
        write_dataset(tmp_path / "saved", [MET])
    assert not list(tmp_path.iterdir())


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_entities_survive_a_dataset(data: st.DataObject, hard_corpora: st.SearchStrategy[list[Document]]) -> None:
    pytest.importorskip("datasets")
    documents = data.draw(hard_corpora)
    with TemporaryDirectory() as folder:
        write_dataset(Path(folder) / "a", documents)
        again = read_dataset(Path(folder) / "a")
    assert [d.text for d in again] == [d.text for d in documents]
    assert [places(d) for d in again] == [visible_spans(d) for d in documents]
