"""Corpora of words with tags become documents whose spans are those of the tags."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from thaigov_events.annotations.columns import collect_schema, join_words, load_corpus
from thaigov_events.annotations.corpus import CorpusError
from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.annotations.schema import Schema

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
