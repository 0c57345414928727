"""The JSON Schema of an output line, built from the classes that a line is written from.

    python -m thaigov_events.inference.record_schema > inference/records.schema.json

brings the file of the package up to date.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from io import TextIOWrapper
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.events import PersonRecord, Record
from thaigov_events.inference.extractor import SCHEMA_VERSION
from thaigov_events.inference.reading import Reading
from thaigov_events.inference.record_parts import Part
from thaigov_events.inference.values import Value

# The fields whose own fields `Part.to_dict` puts in their place.
_FLATTENED = ("value", "subject", "evidence")
_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_SCORE = {"minimum": 0, "maximum": 1}


def build_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `Extraction.to_dict`.

    Properties that it does not know are errors. Nothing is null: what is unknown, empty or false is left out.

    Raises:
        TypeError: when a field of a class has a type whose JSON form is not known here.
        ValueError: when a field that is told more about here is gone, or two fields would get one place.
    """
    walker = _Walker(_list_limits(Schema.load()))
    (entity,) = walker.expand(Entity)
    walker.define(
        Entity,
        entity.add("text", {"type": "string", "minLength": 1}).add(
            "value", walker.describe(Value, where="value"), required=False
        ),
    )
    (line,) = walker.expand(Document)
    line = _Form({"version": {"const": SCHEMA_VERSION}}, ("version",)).join(line)
    line = line.add("events", {"type": "array", "items": walker.describe(Record, where="events")})
    line = line.add("people", {"type": "array", "items": walker.describe(PersonRecord, where="people")})
    # Even an article without mentions has its lists of them.
    line = replace(line, required=tuple(name for name in line.properties if name != "source"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:thaigov-events:records:{SCHEMA_VERSION}",
        "title": f"Records of thaigov-events, version {SCHEMA_VERSION}",
        "description": "An article: its mentions with their values, its links, what it says happened, and the people "
        "that it names. Offsets are code points of the text, half open. What is unknown, empty or false is left out.",
        **line.to_dict(),
        "$defs": walker.definitions(),
    }


def render_schema() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(build_schema(), ensure_ascii=False, indent=2) + "\n"


def _list_limits(labels: Schema) -> dict[str, dict[str, Any]]:
    """What holds of fields beyond their type, by class and field."""
    return {
        "Entity.label": {"enum": list(labels.entity_names)},
        "Entity.start": {"minimum": 0},
        "Entity.end": {"minimum": 1},
        "Entity.score": _SCORE,
        "Relation.label": {"enum": list(labels.relation_names)},
        "Relation.score": _SCORE,
        "Evidence.mentions": {"uniqueItems": True},
        "Evidence.confidence": _SCORE,
        "DateSpan.start": {"pattern": r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$"},
        "DateSpan.end": {"pattern": r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$"},
        "TimeSpan.start": {"pattern": "^[0-2][0-9]:[0-5][0-9]$"},
        "TimeSpan.end": {"pattern": "^[0-2][0-9]:[0-5][0-9]$"},
        "Period.start": {"pattern": _DAY},
        "Period.end": {"pattern": _DAY},
        "Amount.minimum": {"pattern": _DECIMAL},
        "Amount.maximum": {"pattern": _DECIMAL},
        "Count.minimum": {"pattern": _DECIMAL},
        "Count.maximum": {"pattern": _DECIMAL},
        "Place.iso_3166_2": {"pattern": "^TH-[0-9]{2}$"},
        "Place.dopa_code": {"pattern": "^[0-9]{2}([0-9]{2}){0,2}$"},
        "Spot.iso_3166_2": {"pattern": "^TH-[0-9]{2}$"},
        "Spot.dopa_code": {"pattern": "^[0-9]{2}([0-9]{2}){0,2}$"},
        "Office.area": {"pattern": "^TH-[0-9]{2}$"},
    }


@dataclass(frozen=True, slots=True)
class _Form:
    """One way an object may look: what it may hold, and what it must."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def add(self, name: str, described: Mapping[str, Any], *, required: bool = True) -> _Form:
        """Return the form with one property more."""
        return self.join(_Form({name: described}, (name,) if required else ()))

    def join(self, other: _Form) -> _Form:
        """Return the form that holds what both hold."""
        if twice := sorted(set(self.properties) & set(other.properties)):
            raise ValueError(f"{', '.join(twice)} would stand twice in one object; rename a field of its classes")
        return _Form({**self.properties, **other.properties}, (*self.required, *other.required))

    def to_dict(self) -> dict[str, Any]:
        """Return the form as JSON Schema."""
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }


class _Walker:
    """Describes classes by their fields, and keeps a definition of each that it meets."""

    def __init__(self, limits: Mapping[str, Mapping[str, Any]]) -> None:
        self._limits = limits
        self._used: set[str] = set()
        self._defined: dict[type, dict[str, Any]] = {}

    def definitions(self) -> dict[str, dict[str, Any]]:
        """Return the definitions of all classes that were met, by name.

        Raises:
            ValueError: when two classes have one name, or a limit is set to no field.
        """
        named = {cls.__name__: self._defined[cls] for cls in sorted(self._defined, key=lambda cls: cls.__name__)}
        if len(named) < len(self._defined):
            raise ValueError("two classes of the records have one name; rename one of them")
        if idle := sorted(set(self._limits) - self._used):
            raise ValueError(f"{', '.join(idle)}: no such field of the records; mend _list_limits")
        return named

    def define(self, cls: type, *forms: _Form) -> None:
        """Define a class as one of `forms`, described by its docstring."""
        described = [form.to_dict() for form in forms]
        told = " ".join((inspect.getdoc(cls) or "").split("\n\nRaises:")[0].split())
        self._defined[cls] = {"description": told, **(described[0] if len(described) == 1 else {"oneOf": described})}

    def expand(self, cls: type) -> list[_Form]:
        """Return the ways that an object of a class may look, with the fields of flattened ones among its own."""
        hints = get_type_hints(cls)
        forms = [_Form()]
        if issubclass(cls, Reading):
            forms = [_Form({"type": {"const": cls.type_name}}, ("type",))]
        for each in fields(cls):
            hint = hints[each.name]
            if issubclass(cls, Part) and each.name in _FLATTENED:
                inner = [form for kind in _list_members(hint) for form in self.expand(kind)]
                inner += [_Form()] if _admits_none(hint) else []
                forms = [form.join(other) for form in forms for other in inner]
            else:
                described = self._describe_field(cls, each, hint)
                forms = [form.add(each.name, described, required=not _may_lack(cls, each, hint)) for form in forms]
        return forms

    def _describe_field(self, cls: type, each: Field[Any], hint: Any) -> dict[str, Any]:
        where = f"{cls.__name__}.{each.name}"
        described = self.describe(hint, where=where)
        if hint is bool and issubclass(cls, Part | Reading):  # which leave False out
            described = {"const": True}
        elif issubclass(cls, Part):  # which leaves empty ones out
            described |= {"string": {"minLength": 1}, "array": {"minItems": 1}}.get(described.get("type", ""), {})
        if where in self._limits:
            self._used.add(where)
            described |= self._limits[where]
        return described

    def describe(self, hint: Any, *, where: str) -> dict[str, Any]:
        """Return what a type hint admits, None aside.

        Raises:
            TypeError: naming the field `where` the hint stands, when it is of no kind that is known here.
        """
        members = _list_members(hint)
        if len(members) > 1:
            return {"oneOf": [self.describe(member, where=where) for member in members]}
        (member,) = members
        if name := {str: "string", bool: "boolean", int: "integer", float: "number"}.get(member):
            return {"type": name}
        if get_origin(member) is Literal:
            values = list(get_args(member))
            return {"const": values[0]} if len(values) == 1 else {"enum": values}
        if get_origin(member) is tuple and get_args(member)[1:] == (...,):
            return {"type": "array", "items": self.describe(get_args(member)[0], where=where)}
        if is_dataclass(member) and isinstance(member, type):
            if member not in self._defined:
                self._defined[member] = {}  # holds the place, for a class may hold its own kind
                self.define(member, *self.expand(member))
            return {"$ref": f"#/$defs/{member.__name__}"}
        raise TypeError(f"{where}: the JSON form of {member} is not known; teach it to record_schema")


def _list_members(hint: Any) -> list[Any]:
    """The types that a hint admits, None aside."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return [member for member in members if member is not NoneType]


def _admits_none(hint: Any) -> bool:
    return NoneType in get_args(hint)


def _may_lack(cls: type, each: Field[Any], hint: Any) -> bool:
    """Whether an object may stand without a field, because it may be empty."""
    if issubclass(cls, Reading):
        return _admits_none(hint) or hint is bool
    return _admits_none(hint) or each.default in (False, "", ())


def main() -> None:
    """Print the schema."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # whatever the system's own
    sys.stdout.write(render_schema())


if __name__ == "__main__":
    main()
