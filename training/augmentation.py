"""Other versions of annotated documents: names exchanged for others of their type, other digits, missing spaces.

Every change is an edit that lies inside a mention or outside all of them, so that spans and links carry over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from thaigov_events.annotations.document import Document, Entity

NAMES = (
    "PERSON", "POSITION", "ORGANIZATION", "COMMITTEE", "COMMITTEE_CODE", "VENUE", "LOCATION", "PROJECT", "POLICY",
)  # fmt: skip
"""Labels whose mentions are names, which may stand for one another."""
ARABIC, THAI = "0123456789", "๐๑๒๓๔๕๖๗๘๙"


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


def apply_edits(document: Document, edits: Sequence[Edit]) -> Document:
    """Return the document with its text edited and its spans moved along.

    An edit inside a mention changes it; one that touches its border from outside does not.

    Raises:
        ValueError: when edits overlap, or one crosses the border of a mention.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    text, pieces, at = document.text, list[str](), 0
    for edit in ordered:
        if edit.start < at:
            raise ValueError(f"document {document.id}: two edits overlap at {edit.start}")
        pieces += [text[at : edit.start], edit.new]
        at = edit.end
    shifts = np.cumsum([0, *(len(edit.new) - (edit.end - edit.start) for edit in ordered)])
    starts, ends = [edit.start for edit in ordered], [edit.end for edit in ordered]
    entities = []
    for entity in document.entities:
        # edits before the mention, and those that end within it
        before = int(np.searchsorted(ends, entity.start, "right"))
        through = int(np.searchsorted(starts, entity.end, "left"))
        inside = ordered[before:through]
        if any(edit.start < entity.start or edit.end > entity.end for edit in inside):
            raise ValueError(f"document {document.id}: an edit crosses the border of {entity.id}")
        start, end = entity.start + int(shifts[before]), entity.end + int(shifts[through])
        entities.append(Entity(entity.id, entity.label, start, end))
    return replace(document, text="".join([*pieces, text[at:]]), entities=tuple(entities))


class Augmenter:
    """Makes versions of documents with the names that a corpus has."""

    def __init__(self, documents: Sequence[Document], *, swaps: float = 0.3, digits: float = 0.15, spaces: float = 0.1):
        """Set how much is changed.

        Args:
            documents: whose names are used.
            swaps: share of a document's different names that are exchanged, each for the same one throughout.
            digits: share of documents whose Arabic digits become Thai ones, or the other way round.
            spaces: share of documents that lose some of the spaces beside mentions.
        """
        names: dict[str, set[str]] = {label: set() for label in NAMES}
        for document in documents:
            for entity in document.entities:
                if entity.label in names:
                    names[entity.label].add(document.text_of(entity))
        self._names = {label: sorted(texts) for label, texts in names.items() if len(texts) > 1}
        self.swaps, self.digits, self.spaces = swaps, digits, spaces

    def __call__(self, document: Document, random: np.random.Generator) -> Document:
        """Return a version of the document, with its ids and links."""
        document = apply_edits(document, self._swap(document, random))
        if random.random() < self.spaces:
            document = apply_edits(document, _drop_spaces(document, random))
        if random.random() < self.digits:
            table = str.maketrans(*random.permutation([ARABIC, THAI]).tolist())
            document = replace(document, text=document.text.translate(table))
        return document

    def _swap(self, document: Document, random: np.random.Generator) -> list[Edit]:
        chosen: dict[tuple[str, str], str] = {}
        edits = []
        for entity in document.entities:
            if entity.label not in self._names:
                continue
            old = document.text_of(entity)
            if (entity.label, old) not in chosen:
                others = self._names[entity.label]
                new = others[random.integers(len(others))] if random.random() < self.swaps else old
                chosen[entity.label, old] = new
            if chosen[entity.label, old] != old:
                edits.append(Edit(entity.start, entity.end, chosen[entity.label, old]))
        return edits


def _drop_spaces(document: Document, random: np.random.Generator) -> list[Edit]:
    """Return edits that drop a third of the single spaces just before or after mentions."""
    text = document.text
    borders = {entity.start - 1 for entity in document.entities} | {entity.end for entity in document.entities}
    places = [k for k in sorted(borders) if 0 < k < len(text) - 1 and text[k] == " "]
    return [Edit(k, k + 1, "") for k in places if random.random() < 1 / 3]
