"""What annotators corrected, from the folder of a pull: one annotation an article, fit to be learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from thaigov_events.annotations.corpus import CorpusError, text_hash
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import entity_items, relation_items
from thaigov_events.annotations.schema import Schema
from thaigov_events.annotations.validate import validate

PATTERN = "annotator-*.jsonl"
"""Files of a pull's folder that hold an annotator's work."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrected articles, and what was left out.

    Attributes:
        documents: One annotation of each article, in order of their ids.
        annotators: How many files there were.
        adjudicated: How many of the documents were taken from the adjudicated ones.
        disputed: Ids of articles that annotators marked differently and nobody settled; not among the documents.
        held_out: Ids of articles that are among those held out; not among the documents.
    """

    documents: tuple[Document, ...]
    annotators: int
    adjudicated: int = 0
    disputed: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()

    def describe(self) -> dict[str, object]:
        """Return counts and ids as plain values for JSON."""
        return {
            "corrected": len(self.documents),
            "annotators": self.annotators,
            "adjudicated": self.adjudicated,
            "disputed": list(self.disputed),
            "held_out": list(self.held_out),
        }


def gather_corrections(
    folder: Path, schema: Schema, *, adjudicated: Path | None = None, held_out: Iterable[Document] = ()
) -> Corrections:
    """Return the corrections of a pull's folder.

    An article that several annotators marked alike is taken once; one that they marked differently only if it stands
    in the corpus file `adjudicated`. An article with a text of `held_out` is left out: what a model is measured on it
    must not learn.

    Raises:
        CorpusError: with everything that is wrong in the files, or when there is none, or two have different texts for
            one id.
    """
    paths = sorted(folder.glob(PATTERN))
    if not paths:
        raise CorpusError(f"{folder}: holds no {PATTERN}; write them by `thaigov-events labelstudio pull -o {folder}`")
    work = _read_all(paths, schema)
    settled = {document.id: document for document in _read_all([adjudicated], schema)} if adjudicated else {}
    hidden = {text_hash(document.text) for document in held_out}
    versions: dict[str, list[Document]] = {}
    for document in work:
        versions.setdefault(document.id, []).append(document)
    documents: list[Document] = []
    disputed: list[str] = []
    left_out: list[str] = []
    for name, found in sorted(versions.items()):
        chosen = settled.get(name, found[0])
        if any(document.text != chosen.text for document in found):
            raise CorpusError(f"{folder}: article {name} has several texts; pull anew, or delete one of its tasks")
        if text_hash(chosen.text) in hidden:
            left_out.append(name)
        elif name not in settled and any(_marks(document) != _marks(chosen) for document in found):
            disputed.append(name)
        else:
            documents.append(chosen)
    if strange := sorted(settled.keys() - versions.keys()):
        raise CorpusError(f"{adjudicated}: article {strange[0]} is not in {folder}; pull anew, or take it out")
    count = sum(document.id in settled for document in documents)
    return Corrections(tuple(documents), len(paths), count, tuple(disputed), tuple(left_out))


def _read_all(paths: Sequence[Path], schema: Schema) -> list[Document]:
    checked = [validate(path, schema) for path in paths]
    if errors := [error for _, errors in checked for error in errors]:
        raise CorpusError("\n".join(errors))
    return [document for documents, _ in checked for document in documents]


def _marks(document: Document) -> tuple[set[object], set[object]]:
    return set(entity_items(document)), set(relation_items(document, strict=True))
