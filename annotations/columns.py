"""Corpora of words with tags: CoNLL files, and Hugging Face `datasets` saved on disk.

Each sentence becomes a document whose text is its words joined by a separator, and whose entities are the tags'
spans in characters. Tags are IOB2, or its kin with S/U for single words and E/L for last ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from thaigov_events.annotations.corpus import CorpusError, read_corpus
from thaigov_events.annotations.document import Document, DocumentError, Entity
from thaigov_events.annotations.schema import EntityType, Schema

ENDINGS = (".conll", ".iob", ".bio", ".tsv")
WORDS, TAGS = "tokens", "ner_tags"
# What cannot be seen is not part of a mention: zero-width characters hang on words of old web pages.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
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
    sentences = _read_dataset(path) if path.is_dir() else _read_conll(path)
    documents: list[Document] = []
    for number, (place, (words, tags)) in enumerate(sentences, 1):
        try:
            document = join_words(f"{path.stem}-{number}", words, tags, separator=separator)
            documents.append(document.check(schema) if schema else document)
        except DocumentError as error:
            raise CorpusError(f"{place}: {error}") from error
    return documents


def join_words(name: str, words: Sequence[str], tags: Sequence[str], *, separator: str = "") -> Document:
    """Return the document of a tagged sentence; white space and zero-width characters border no span.

    Raises:
        DocumentError: when a tag has no known form, or a span has no visible character.
    """
    text, before = "", "O"
    spans: list[tuple[str, int, int]] = []
    for word, tag in zip(words, tags, strict=True):
        text += separator if text else ""
        part, _, label = tag.partition("-")
        if (tag != "O" and not label) or part not in ("O", *"BISUELM"):
            raise DocumentError(f"document {name}: tag {tag!r} of {word!r} should be O, or like B-PERSON or I-PERSON")
        if part == "O":
            before = "O"
        else:
            goes_on = part not in "BSU" and before == label
            start = spans.pop()[1] if goes_on else len(text)
            spans.append((label, start, len(text) + len(word)))
            before = label if part not in "SUEL" else "O"
        text += word
    entities = []
    for number, (label, start, end) in enumerate(spans, 1):
        first, last = start, end
        while first < last and _is_blank(text[first]):
            first += 1
        while first < last and _is_blank(text[last - 1]):
            last -= 1
        if first == last:
            raise DocumentError(f"document {name}: {label} at {start} has no visible character; tag it O")
        entities.append(Entity(f"T{number}", label, first, last))
    return Document(name, text, tuple(entities))


def _is_blank(character: str) -> bool:
    return character.isspace() or character in INVISIBLE


def collect_schema(documents: Iterable[Document]) -> Schema:
    """Return a schema of the entity labels that documents bear, the most frequent first, without relations.

    Raises:
        CorpusError: when there is none.
    """
    labels = Counter(entity.label for document in documents for entity in document.entities)
    if not labels:
        raise CorpusError("the training corpus has no entity, so there are no labels to learn")
    return Schema(tuple(EntityType(label) for label, _ in sorted(labels.items(), key=lambda item: (-item[1], item[0]))))


def _read_conll(path: Path) -> Iterator[tuple[str, Sentence]]:
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
        if not line or line.startswith("-DOCSTART-"):
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


def _read_dataset(folder: Path) -> Iterator[tuple[str, Sentence]]:
    """Yield the rows of a dataset that `save_to_disk` wrote, with columns `tokens` and `ner_tags`."""
    from datasets import Dataset, load_from_disk  # the training extra has it

    try:
        data = load_from_disk(str(folder))
    except FileNotFoundError as error:
        raise CorpusError(f"{folder}: no dataset; write one with Dataset.save_to_disk") from error
    if not isinstance(data, Dataset):
        raise CorpusError(f"{folder}: holds several splits ({', '.join(data)}); name one of its folders")
    for column in (WORDS, TAGS):
        if column not in data.column_names:
            raise CorpusError(f"{folder}: has no column {column!r}, only {', '.join(data.column_names)}; rename one")
    feature = data.features[TAGS].feature
    names: list[str] | None = getattr(feature, "names", None)
    for number, row in enumerate(data):
        tags = [names[tag] for tag in row[TAGS]] if names else [str(tag) for tag in row[TAGS]]
        yield f"{folder}: row {number}", (row[WORDS], tags)
