"""The stand-off form: a document's labels, and the hash of its text in place of the text.

One JSON object a line: `id`, `source` (where the text comes from), `sha256` and `characters` of the text,
`entities` as `[label, start, end]`, `relations` as `[label, head, tail]` with positions in `entities`, and
`ids` where the entities are not called T1, T2, … in order.

    python -m thaigov_events.annotations.standoff_corpus CORPUS OUTPUT

writes the stand-off form of an annotated corpus.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from thaigov_events.annotations.corpus import CorpusError, read_corpus, text_hash
from thaigov_events.annotations.document import Document, DocumentError, Entity, Relation
from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.schema import Schema

SPLITS = ("train", "added", "later", "held-out", "dev", "dev-second", "dev-third")
"""The stand-off corpora of the package: `added` and `later` train too, `held-out` and `dev` measure, `dev-second` and
`dev-third` are other annotations of `dev`."""


@dataclass(frozen=True, slots=True)
class Standoff:
    """A document without its text. Offsets are code points of the text whose SHA-256 is `sha256`."""

    id: str
    source: str
    sha256: str
    characters: int
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        for entity in self.entities:
            if entity.end > self.characters:
                raise DocumentError(
                    f"document {self.id}: {entity.id} ends at {entity.end}, the text at {self.characters}"
                )

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Standoff:
        """Build a document from its line.

        Raises:
            DocumentError: when a field is missing or of another type, or a relation points to no entity.
        """
        try:
            ids = record.get("ids") or _plain_ids(len(record["entities"]))
            at = dict(enumerate(ids))
            spans = zip(ids, record["entities"], strict=True)
            return cls(
                record["id"],
                record["source"],
                record["sha256"],
                record["characters"],
                tuple(Entity(name, label, start, end) for name, (label, start, end) in spans),
                tuple(Relation(label, at[head], at[tail]) for label, head, tail in record["relations"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            message = f"document {record.get('id')}: no stand-off document: {error!r}"
            raise DocumentError(message) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the document's line; `from_dict` is the inverse."""
        ids = [entity.id for entity in self.entities]
        place = {name: number for number, name in enumerate(ids)}
        return {
            "id": self.id,
            "source": self.source,
            "sha256": self.sha256,
            "characters": self.characters,
            **({"ids": ids} if ids != _plain_ids(len(ids)) else {}),
            "entities": [[e.label, e.start, e.end] for e in self.entities],
            "relations": [[r.label, place[r.head], place[r.tail]] for r in self.relations],
        }


def strip_text(document: Document) -> Standoff:
    """Return a document's labels with the hash of its text.

    Raises:
        DocumentError: when the document bears scores; the stand-off form is for labels given by annotators.
    """
    scores = [e.score for e in document.entities] + [r.score for r in document.relations]
    if any(score is not None for score in scores):
        raise DocumentError(f"document {document.id}: has scores, which the stand-off form cannot hold")
    return Standoff(
        document.id,
        document.source,
        text_hash(document.text),
        len(document.text),
        document.entities,
        document.relations,
    )


def join_text(standoff: Standoff, text: str) -> Document:
    """Return the document that `strip_text` had been given.

    Raises:
        DocumentError: when `text` is not the text whose hash is recorded.
    """
    if text_hash(text) != standoff.sha256:
        raise DocumentError(
            f"document {standoff.id}: the text of {standoff.source} ({len(text)} characters) is not the one "
            f"that was annotated ({standoff.characters} characters, SHA-256 {standoff.sha256[:12]}…)"
        )
    return Document(standoff.id, text, standoff.entities, standoff.relations, standoff.source)


def read_standoff(split: str) -> list[Standoff]:
    """Return a stand-off corpus of the package, one of `SPLITS`.

    Raises:
        CorpusError: with the first bad line.
    """
    with as_file(files(__package__) / "standoff" / f"{split}.jsonl") as path:
        return read_standoff_file(path)


def read_standoff_file(path: Path) -> list[Standoff]:
    """Return the documents of a stand-off file.

    Raises:
        CorpusError: with the first bad line.
    """
    documents = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise DocumentError("a line must hold one JSON object")
                documents.append(Standoff.from_dict(record))
            except (DocumentError, UnicodeDecodeError, json.JSONDecodeError) as error:
                raise CorpusError(f"{path}:{number}: {error}") from error
    return documents


def write_standoff_file(path: Path, documents: Iterable[Standoff]) -> None:
    """Write stand-off documents as JSON lines, whole or not at all."""
    lines = [json.dumps(d.to_dict(), ensure_ascii=False, separators=(",", ":")) + "\n" for d in documents]
    write_safely(path, lambda temporary: temporary.write_text("".join(lines), "utf-8"))


def _plain_ids(count: int) -> list[str]:
    return [f"T{number}" for number in range(1, count + 1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the stand-off form of an annotated corpus."""
    program = "python -m thaigov_events.annotations.standoff_corpus"
    parser = argparse.ArgumentParser(prog=program, description=main.__doc__)
    parser.add_argument("corpus", type=Path, help="annotated corpus, JSON lines")
    parser.add_argument("output", type=Path, help="stand-off file to write")
    options = parser.parse_args(arguments)
    try:
        documents = [strip_text(document) for document in read_corpus(options.corpus, Schema.load())]
    except (CorpusError, DocumentError) as error:
        print(error, file=sys.stderr)
        return 1
    write_standoff_file(options.output, documents)
    print(f"{options.output}: {len(documents)} documents")
    return 0


if __name__ == "__main__":
    sys.exit(main())
