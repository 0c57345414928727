"""The schema as data: entity labels, relation labels and the types that each relation may join."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any


class SchemaError(ValueError):
    """A schema file is inconsistent."""


@dataclass(frozen=True, slots=True)
class EntityType:
    """A label of spans, its names for people, and how it is shown."""

    name: str
    thai: str = ""
    english: str = ""
    colour: str = "#888888"
    hotkey: str = ""
    definition: str = ""


@dataclass(frozen=True, slots=True)
class RelationType:
    """A directed label of pairs: from any of `heads` to any of `tails`.

    `one_head` says that a mention is the tail of at most one such relation, `one_tail` that it is the head of at
    most one; `identity`, that its two mentions name one thing, so that all that it joins in steps is one thing.
    """

    name: str
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    one_head: bool = False
    one_tail: bool = False
    identity: bool = False
    thai: str = ""
    english: str = ""
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """Entity and relation types in a fixed order; the order gives the model's label indices.

    Raises:
        SchemaError: on a name that stands twice, or a relation between unknown types.
    """

    entities: tuple[EntityType, ...]
    relations: tuple[RelationType, ...] = ()

    def __post_init__(self) -> None:
        for names in (self.entity_names, self.relation_names):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise SchemaError(f"{', '.join(twice)} stands twice")
        for relation in self.relations:
            unknown = sorted({*relation.heads, *relation.tails} - set(self.entity_names))
            if unknown or not relation.heads or not relation.tails:
                raise SchemaError(f"{relation.name} joins unknown or no types: {', '.join(unknown)}")

    @classmethod
    def load(cls, path: Path | None = None) -> Schema:
        """Read a schema file; without a path, the one of Thai provincial-government news."""
        text = path.read_text("utf-8") if path else (files(__package__) / "schema.toml").read_text("utf-8")
        where = str(path or "schema.toml")
        try:
            return cls.from_dict(tomllib.loads(text), where=where)
        except tomllib.TOMLDecodeError as error:
            raise SchemaError(f"{where}: {error}") from error

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, where: str = "schema") -> Schema:
        """Build a schema from the tables of its file."""
        try:
            entities = tuple(EntityType(**entity) for entity in values["entities"])
            relations = tuple(
                RelationType(**relation | {ends: tuple(relation[ends]) for ends in ("heads", "tails")})
                for relation in values.get("relations", ())
            )
            return cls(entities, relations)
        except (KeyError, TypeError) as error:
            raise SchemaError(f"{where}: {error}; see annotations/schema.toml for the form") from error
        except SchemaError as error:
            raise SchemaError(f"{where}: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """Return the tables of the schema's file; `from_dict` is the inverse."""
        return {
            "entities": [{name: getattr(e, name) for name in EntityType.__slots__} for e in self.entities],
            "relations": [
                {name: getattr(r, name) for name in RelationType.__slots__}
                | {"heads": list(r.heads), "tails": list(r.tails)}
                for r in self.relations
            ],
        }

    @property
    def entity_names(self) -> tuple[str, ...]:
        """Entity labels in order."""
        return tuple(entity.name for entity in self.entities)

    @property
    def relation_names(self) -> tuple[str, ...]:
        """Relation labels in order."""
        return tuple(relation.name for relation in self.relations)

    def allowed(self, head: str, tail: str) -> tuple[str, ...]:
        """Return the relations that may go from an entity of type `head` to one of type `tail`."""
        return tuple(r.name for r in self.relations if head in r.heads and tail in r.tails)
