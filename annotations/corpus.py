"""Read, check and write corpora: JSON lines, one document a line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.schema import Schema


class CorpusError(ValueError):
    """A corpus file has bad lines; the message lists each with file, line and document."""


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 form, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def iterate_corpus(path: Path, schema: Schema | None = None) -> Iterator[Document | CorpusError]:
    """Yield each line's document, or in its place what is wrong with the line."""
    seen: dict[str, int] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(record, dict):
                    raise DocumentError("a line must hold one JSON object")
                document = Document.from_dict(record)
                if schema:
                    document.check(schema)
                if record.get("sha256", text_hash(document.text)) != text_hash(document.text):
                    raise DocumentError(f"document {document.id}: the text does not have the recorded sha256")
                if document.id in seen:
                    raise DocumentError(f"document {document.id}: stands already in line {seen[document.id]}")
                seen[document.id] = number
            except (ValueError, RecursionError) as error:
                yield CorpusError(f"{path}:{number}: {error}")
            else:
                yield document


def read_corpus(path: Path, schema: Schema | None = None) -> list[Document]:
    """Return all documents of a corpus file.

    Raises:
        CorpusError: with every bad line, if there is one.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: no such corpus file")
    documents: list[Document] = []
    errors: list[str] = []
    for item in iterate_corpus(path, schema):
        if isinstance(item, CorpusError):
            errors.append(str(item))
        else:
            documents.append(item)
    if errors:
        raise CorpusError("\n".join(errors))
    return documents


def write_corpus(path: Path, documents: Iterable[Document]) -> None:
    """Write documents as JSON lines, whole or not at all."""

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8") as file:
            for document in documents:
                file.write(json.dumps(document.to_dict(), ensure_ascii=False) + "\n")

    write_safely(path, write)


def count_labels(documents: Iterable[Document]) -> tuple[Counter[str], Counter[str]]:
    """Count entities and relations by label."""
    entities: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    for document in documents:
        entities.update(entity.label for entity in document.entities)
        relations.update(relation.label for relation in document.relations)
    return entities, relations


def describe_corpus(documents: list[Document], schema: Schema) -> str:
    """Return a table of counts by label, as Markdown."""
    entities, relations = count_labels(documents)
    characters = sum(len(document.text) for document in documents)
    rows = [f"{len(documents):,} documents, {characters:,} characters", "", "| label | count |", "|---|---:|"]
    rows += [f"| {name} | {entities[name]:,} |" for name in schema.entity_names]
    rows += [f"| **entities** | **{entities.total():,}** |"]
    rows += [f"| {name} | {relations[name]:,} |" for name in schema.relation_names]
    rows += [f"| **relations** | **{relations.total():,}** |"]
    return "\n".join(rows)
