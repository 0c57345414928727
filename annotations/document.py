"""A text with its marked spans and links. Offsets are code points of the text, half open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from thaigov_events.annotations.schema import Schema


class DocumentError(ValueError):
    """A document contradicts itself or its schema; the message names the document, the value and the mend."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention: `text[start:end]` of its document bears `label`.

    `score` is a probability, None for a label that was given by hand.
    """

    id: str
    label: str
    start: int
    end: int
    score: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise DocumentError(f"entity {self.id}: [{self.start}, {self.end}) is no span; start must be below end")


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed link between two entities of a document, named by their ids."""

    label: str
    head: str
    tail: str
    score: float | None = None

    def __post_init__(self) -> None:
        if self.head == self.tail:
            raise DocumentError(f"relation {self.label}: {self.head} is linked to itself")


@dataclass(frozen=True, slots=True)
class Document:
    """A text, its entities in order of their place, and its relations.

    Raises:
        DocumentError: when spans leave the text, overlap or have white space at a border, ids stand twice, or
            a relation names no entity or stands twice.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.entities, key=lambda entity: entity.start))
        object.__setattr__(self, "entities", ordered)
        known: set[str] = set()
        before: Entity | None = None
        for entity in ordered:
            piece = self.text[entity.start : entity.end]
            if entity.end > len(self.text):
                self._fail(f"entity {entity.id} ends at {entity.end}, the text at {len(self.text)}")
            if piece != piece.strip():
                self._fail(f"entity {entity.id} {piece!r} has white space at a border; move the border")
            if entity.id in known:
                self._fail(f"entity id {entity.id} stands twice; ids must differ")
            if before is not None and entity.start < before.end:
                self._fail(f"entities {before.id} and {entity.id} overlap at {entity.start}; keep one of them")
            known.add(entity.id)
            before = entity
        seen: set[tuple[str, str, str]] = set()
        for relation in self.relations:
            for end in (relation.head, relation.tail):
                if end not in known:
                    self._fail(f"relation {relation.label} names entity {end}, which does not exist")
            key = (relation.label, relation.head, relation.tail)
            if key in seen:
                self._fail(f"relation {relation.label} {relation.head} → {relation.tail} stands twice")
            seen.add(key)

    def _fail(self, what: str) -> None:
        raise DocumentError(f"document {self.id}: {what}")

    def text_of(self, entity: Entity) -> str:
        """Return the characters of a mention."""
        return self.text[entity.start : entity.end]

    def by_id(self) -> dict[str, Entity]:
        """Return the entities under their ids."""
        return {entity.id: entity for entity in self.entities}

    def check(self, schema: Schema) -> Document:
        """Return the document itself if its labels and the types that its relations join are the schema's."""
        entities = self.by_id()
        for entity in self.entities:
            if entity.label not in schema.entity_names:
                known = _list(schema.entity_names)
                self._fail(f"entity {entity.id} has the unknown label {entity.label!r}; known: {known}")
        for relation in self.relations:
            head, tail = entities[relation.head].label, entities[relation.tail].label
            if relation.label not in schema.relation_names:
                self._fail(f"unknown relation {relation.label!r}; known: {_list(schema.relation_names)}")
            if relation.label not in schema.allowed(head, tail):
                may = _list(schema.allowed(head, tail)) or "none"
                ends = f"from {relation.head} ({head}) to {relation.tail} ({tail})"
                self._fail(f"{relation.label} may not go {ends}; allowed there: {may}")
        return self

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Document:
        """Build a document from a record of the corpus format.

        Raises:
            DocumentError: also when an entity's recorded `text` is not what stands at its offsets.
        """
        name = record.get("id")
        if not isinstance(name, str | int) or not isinstance(record.get("text"), str):
            raise DocumentError(f"document {name!r}: needs a string 'id' and a string 'text'")
        try:
            entities = tuple(
                Entity(str(e["id"]), _label(e["label"]), e["start"], e["end"], e.get("score"))
                for e in record.get("entities") or ()
            )
            relations = tuple(
                Relation(_label(r["label"]), str(r["head"]), str(r["tail"]), r.get("score"))
                for r in record.get("relations") or ()
            )
            document = cls(str(name), record["text"], entities, relations, str(record.get("source") or ""))
        except (KeyError, TypeError) as error:
            raise DocumentError(f"document {name}: missing or ill-typed field {error}") from error
        except DocumentError as error:
            message = str(error)
            where = "" if message.startswith("document ") else f"document {name}: "
            raise DocumentError(where + message) from None
        for e in record.get("entities") or ():
            stands = document.text[e["start"] : e["end"]]
            if "text" in e and e["text"] != stands:
                document._fail(f"entity {e['id']} says {e['text']!r}, but at {e['start']}:{e['end']} stands {stands!r}")
        return document

    def to_dict(self) -> dict[str, Any]:
        """Return the document's record in the corpus format."""
        return {
            "id": self.id,
            **({"source": self.source} if self.source else {}),
            "text": self.text,
            "entities": [
                {
                    "id": e.id,
                    "label": e.label,
                    "start": e.start,
                    "end": e.end,
                    "text": self.text_of(e),
                    **_score(e.score),
                }
                for e in self.entities
            ],
            "relations": [
                {"label": r.label, "head": r.head, "tail": r.tail, **_score(r.score)} for r in self.relations
            ],
        }


def _label(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"label {value!r}")
    return value


def _score(score: float | None) -> dict[str, float]:
    return {} if score is None else {"score": score}


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
