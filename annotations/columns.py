"""Corpora of words with tags: CoNLL files, and Hugging Face `datasets` saved on disk.

Each sentence becomes a document whose text is its words joined by a separator, and whose entities are the tags'
spans in characters. Tags are IOB2, or its kin with S/U for single words and E/L for last ones. What is written is
IOB2, a sentence a document, with white space as words of its own, so that the words join to the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from thaigov_events.annotations.corpus import CorpusError, read_corpus
from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.folders import replace_folder
from thaigov_events.annotations.schema import EntityType, Schema
from thaigov_events.annotations.tagging import DOCUMENT_START, Tokenise, join_words, split_words, tag_words

ENDINGS = (".conll", ".iob", ".bio", ".tsv")
WORDS, TAGS = "tokens", "ner_tags"
DATASET_FILES = ("dataset_info.json", "state.json")
Sentence = tuple[list[str], list[str]]


def is_columns(path: Path) -> bool:
    """Return whether a path is a corpus of words with tags: a file of one of `ENDINGS`, or a saved dataset's folder."""
    return path.suffix in ENDINGS or path.is_dir()


def load_corpus(path: Path, schema: Schema | None = None, *, separator: str = "") -> list[Document]:
    """Return the documents of a corpus in any of the forms: JSON lines, CoNLL columns, a saved dataset.

    `separator` stands between the words of the latter two.

    Raises:
        CorpusError: with what is wrong, and where.
    """
    if not is_columns(path):
        return read_corpus(path, schema)
    if path.is_dir():
        return read_dataset(path, schema, separator=separator)
    return read_conll(path, schema, separator=separator)


def read_conll(path: Path, schema: Schema | None = None, *, separator: str = "") -> list[Document]:
    """Return the sentences of a CoNLL file, whatever its ending, as documents; see `load_corpus`."""
    return _join_sentences(path.stem, _iterate_conll(path), schema, separator)


def read_dataset(folder: Path, schema: Schema | None = None, *, separator: str = "") -> list[Document]:
    """Return the rows of a dataset that `save_to_disk` wrote as documents; see `load_corpus`."""
    return _join_sentences(folder.stem, _iterate_dataset(folder), schema, separator)


def _join_sentences(
    stem: str, sentences: Iterable[tuple[str, Sentence]], schema: Schema | None, separator: str
) -> list[Document]:
    documents: list[Document] = []
    for number, (place, (words, tags)) in enumerate(sentences, 1):
        try:
            document = join_words(f"{stem}-{number}", words, tags, separator=separator)
            documents.append(document.check(schema) if schema else document)
        except DocumentError as error:
            raise CorpusError(f"{place}: {error}") from error
    return documents


def collect_schema(documents: Iterable[Document]) -> Schema:
    """Return a schema of the entity labels that documents bear, the most frequent first, without relations.

    Raises:
        CorpusError: when there is none.
    """
    labels = Counter(entity.label for document in documents for entity in document.entities)
    if not labels:
        raise CorpusError("the training corpus has no entity, so there are no labels to learn")
    return Schema(tuple(EntityType(label) for label, _ in sorted(labels.items(), key=lambda item: (-item[1], item[0]))))


def _iterate_conll(path: Path) -> Iterator[tuple[str, Sentence]]:
    """Yield sentences and where they begin: first column word, last column tag, an empty line after a sentence."""
    if not path.is_file():
        raise CorpusError(f"{path}: no such corpus file")
    words: list[str] = []
    tags: list[str] = []
    first = 1
    try:
        # only line feeds end a line: words may hold other separators
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not UTF-8 at byte {error.start}; convert the file") from error
    for number, line in enumerate([*lines, ""], 1):
        line = line.removesuffix("\r")
        if not line or line.startswith(DOCUMENT_START):
            if words:
                yield f"{path}:{first}", (words, tags)
            words, tags, first = [], [], number + 1
            continue
        # a word may be a space, so white space parts columns only where there is no tab
        columns = line.split("\t") if "\t" in line else line.split()
        if len(columns) < 2 or not columns[0]:
            raise CorpusError(f"{path}:{number}: {line!r} should be a word and its tag, with a tab between")
        words.append(columns[0])
        tags.append(columns[-1])


def _iterate_dataset(folder: Path) -> Iterator[tuple[str, Sentence]]:
    """Yield the rows of a dataset that `save_to_disk` wrote, with columns `tokens` and `ner_tags`."""
    datasets = _import_datasets()
    try:
        data = datasets.load_from_disk(str(folder))
    except FileNotFoundError as error:
        raise CorpusError(f"{folder}: no dataset; write one with Dataset.save_to_disk") from error
    if not isinstance(data, datasets.Dataset):
        raise CorpusError(f"{folder}: holds several splits ({', '.join(data)}); name one of its folders")
    for column in (WORDS, TAGS):
        if column not in data.column_names:
            raise CorpusError(f"{folder}: has no column {column!r}, only {', '.join(data.column_names)}; rename one")
    feature = data.features[TAGS].feature
    names: list[str] | None = getattr(feature, "names", None)
    for number, row in enumerate(data):
        tags = [names[tag] for tag in row[TAGS]] if names else [str(tag) for tag in row[TAGS]]
        yield f"{folder}: row {number}", (row[WORDS], tags)


def write_conll(path: Path, documents: Iterable[Document], *, tokenise: Tokenise = split_words) -> Counter[str]:
    """Write documents as CoNLL columns, whole or not at all; return how much of what the form cannot hold.

    `tokenise` gives the words of a text, white space included. Line breaks and tabs become spaces.
    """
    blocks: list[str] = []
    lost: Counter[str] = Counter()
    for document in documents:
        words, tags, missing = tag_words(document, tokenise)
        lost += missing
        if not words:
            lost["documents without text"] += 1
            continue
        lost["line breaks and tabs"] += document.text.count("\n") + document.text.count("\t")
        rows = zip((re.sub(r"[\n\t]", " ", word) for word in words), tags, strict=True)
        blocks.append("".join(f"{word}\t{tag}\n" for word, tag in rows))
        lost["document ids"] += document.id != f"{path.stem}-{len(blocks)}"
    content = "\n".join(blocks)
    # readers take a leading mark off, so one that belongs to the text needs another before it
    content = "\ufeff" + content if content.startswith("\ufeff") else content
    write_safely(path, lambda temporary: temporary.write_bytes(content.encode("utf-8")))
    return +lost


def write_dataset(folder: Path, documents: Iterable[Document], *, tokenise: Tokenise = split_words) -> Counter[str]:
    """Write documents as a Hugging Face dataset in a folder, whole or not at all; return what the form cannot hold.

    Columns: `tokens`, and `ner_tags` as class labels, `O` first.

    Raises:
        CorpusError: when the folder holds other things than a dataset, or `datasets` is not installed.
    """
    datasets = _import_datasets()
    rows: dict[str, list[list[str]]] = {WORDS: [], TAGS: []}
    labels: set[str] = set()
    lost: Counter[str] = Counter()
    for number, document in enumerate(documents, 1):
        words, tags, missing = tag_words(document, tokenise)
        rows[WORDS].append(words)
        rows[TAGS].append(tags)
        labels |= {entity.label for entity in document.entities}
        lost += missing
        lost["document ids"] += document.id != f"{folder.stem}-{number}"
    names = ["O", *(f"{part}-{label}" for label in sorted(labels) for part in "BI")]
    features = datasets.Features(
        {WORDS: datasets.Sequence(datasets.Value("string")), TAGS: datasets.Sequence(datasets.ClassLabel(names=names))}
    )
    with replace_folder(folder, is_own=_is_dataset) as temporary:
        datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(temporary))
    return +lost


def _is_dataset(path: Path) -> bool:
    return path.name in DATASET_FILES or bool(re.fullmatch(r"data-\d+-of-\d+\.arrow", path.name))


def _import_datasets() -> Any:
    try:
        import datasets
    except ModuleNotFoundError as error:
        raise CorpusError("Hugging Face datasets need a library; pip install 'thaigov-events[train]'") from error
    return datasets
