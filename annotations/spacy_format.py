"""spaCy's forms of a corpus: JSON lines with `text` and `ents`, which need no spaCy, and its binary `DocBin`.

Offsets are those of `Document`, which are spaCy's own: half open, in code points. A line is

    {"id": …, "text": …, "ents": [{"start": 0, "end": 9, "label": "PERSON", "id": "T1"}, …],
     "relations": [{"label": "chairs", "head": "T1", "tail": "T2"}, …]}

where all but `text`, `start`, `end` and `label` may be missing. A `DocBin` keeps ids, scores, source and relations
in each `doc.user_data`.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from thaigov_events.annotations.corpus import CorpusError
from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.tagging import Tokenise, cut_words, split_words

KEPT = ("id", "source", "text", "ents", "relations")
KEPT_OF_ENTITY = ("id", "label", "start", "end", "text", "score")
USER_DATA = ("id", "source", "entities", "relations")


def read_spacy_json(path: Path) -> tuple[list[Document], Counter[str]]:
    """Return the documents of a file of JSON lines, and how many fields had to be left out, by name.

    Documents and entities without an id are numbered.

    Raises:
        CorpusError: with every bad line, its value and the mend.
    """
    documents: list[Document] = []
    left_out: Counter[str] = Counter()
    errors: list[str] = []
    for place, record in _read_records(path):
        try:
            documents.append(_read_record(record, f"{path.stem}-{len(documents) + 1}", left_out))
        except DocumentError as error:
            errors.append(f"{place}: {error}")
    if errors:
        raise CorpusError("\n".join(errors))
    _refuse_doubles(path, documents)
    return documents, left_out


def _read_records(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the file's objects and where they stand."""
    if not path.is_file():
        raise CorpusError(f"{path}: no such file")
    records = []
    for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{path}:{number}: not JSON in UTF-8 ({error}); mend the line") from error
        if not isinstance(record, dict):
            raise CorpusError(f"{path}:{number}: {record!r} should be one object with 'text' and 'ents'")
        records.append((f"{path}:{number}", record))
    return records


def _read_record(record: dict[str, Any], name: str, left_out: Counter[str]) -> Document:
    name = record.get("id") or name
    entities = record.get("ents") or []
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise DocumentError(f"document {name}: 'ents' should be a list of objects with start, end and label")
    left_out.update(f"field {key!r}" for key in record if key not in KEPT)
    left_out.update(f"field {key!r} of 'ents'" for entity in entities for key in entity if key not in KEPT_OF_ENTITY)
    numbered = [entity | {"id": entity.get("id") or f"T{number}"} for number, entity in enumerate(entities, 1)]
    return Document.from_dict(record | {"id": name, "entities": numbered})


def write_spacy_json(path: Path, documents: Iterable[Document]) -> None:
    """Write documents as JSON lines, whole or not at all. Nothing is lost."""
    lines = []
    for document in documents:
        record = document.to_dict()
        entities = record.pop("entities")
        for entity in entities:
            del entity["text"]
        lines.append(json.dumps(record | {"ents": entities}, ensure_ascii=False) + "\n")
    write_safely(path, lambda temporary: temporary.write_bytes("".join(lines).encode("utf-8")))


def read_docbin(path: Path) -> tuple[list[Document], Counter[str]]:
    """Return the documents of a `DocBin` file, and how many values of `user_data` had to be left out, by name.

    Raises:
        CorpusError: with file, document, value and mend; also when spaCy is not installed.
    """
    spacy = _import_spacy()
    if not path.is_file():
        raise CorpusError(f"{path}: no such file")
    documents: list[Document] = []
    left_out: Counter[str] = Counter()
    try:
        docs = list(spacy.tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise CorpusError(f"{path}: no DocBin ({error}); write one with DocBin.to_disk") from error
    for number, doc in enumerate(docs, 1):
        data = doc.user_data
        left_out.update(f"user_data {key!r}" for key in data if key not in USER_DATA)
        entities = [
            {"id": f"T{place}", "label": entity.label_, "start": entity.start_char, "end": entity.end_char}
            for place, entity in enumerate(doc.ents, 1)
        ]
        try:
            more = data.get("entities") or [{}] * len(entities)
            if len(more) != len(entities):
                raise DocumentError(
                    f"user_data tells of {len(more)} entities, doc.ents has {len(entities)}; mend either"
                )
            known = {"id": data.get("id") or f"{path.stem}-{number}", "source": data.get("source"), "text": doc.text}
            merged = [entity | values for entity, values in zip(entities, more, strict=True)]
            documents.append(Document.from_dict(known | {"entities": merged, "relations": data.get("relations")}))
        except DocumentError as error:
            raise CorpusError(f"{path}: document number {number}: {error}") from error
    _refuse_doubles(path, documents)
    return documents, left_out


def write_docbin(path: Path, documents: Iterable[Document], *, tokenise: Tokenise = split_words) -> None:
    """Write documents as a `DocBin`, whole or not at all. Nothing is lost.

    The words of `tokenise`, white space included, are cut further at each entity's borders.

    Raises:
        CorpusError: when spaCy is not installed, or the words do not join to the text.
    """
    spacy = _import_spacy()
    vocabulary = spacy.blank("xx").vocab
    docbin = spacy.tokens.DocBin(store_user_data=True)
    for document in documents:
        borders = {border for entity in document.entities for border in (entity.start, entity.end)}
        words = cut_words(document, borders, tokenise)
        doc = spacy.tokens.Doc(vocabulary, words=words, spaces=[False] * len(words))
        record = document.to_dict()
        doc.ents = [doc.char_span(entity.start, entity.end, label=entity.label) for entity in document.entities]
        entities = [{key: entity[key] for key in ("id", "score") if key in entity} for entity in record["entities"]]
        doc.user_data.update(id=document.id, source=document.source, entities=entities, relations=record["relations"])
        docbin.add(doc)
    write_safely(path, lambda temporary: temporary.write_bytes(docbin.to_bytes()))


def _import_spacy() -> Any:
    try:
        return import_module("spacy")
    except ModuleNotFoundError as error:
        raise CorpusError("a DocBin needs spaCy; pip install spacy, or use JSON lines (.spacy.jsonl)") from error


def _refuse_doubles(path: Path, documents: Sequence[Document]) -> None:
    twice = [name for name, count in Counter(document.id for document in documents).items() if count > 1]
    if twice:
        raise CorpusError(f"{path}: document {twice[0]} stands twice; ids must differ")
