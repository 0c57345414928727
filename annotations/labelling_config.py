"""The labelling configuration of Label Studio, generated from the schema."""

from __future__ import annotations

from xml.etree import ElementTree

from thaigov_events.annotations.schema import EntityType, Schema, SchemaError

LABELS = "label"
"""Name of the control that marks spans; `from_name` of each region."""

TEXT = "text"
"""Name of the text that is marked, `to_name` of each region, and its key in a task's data."""

RESERVED = ("u",)
"""Single keys that Label Studio's own editor takes: `u` unselects a region."""


def build_config(schema: Schema) -> str:
    """Return the XML of a project that marks the schema's entities and relations in a text.

    A label's value is its name in the schema, its Thai and English names and its definition show while the pointer
    rests on it. Label Studio's `alias` stays unused: it would take the name's place in every result. A pair of regions
    may bear several relations, since the editor keeps only one arrow for a pair.

    Raises:
        SchemaError: when two labels share a hot key, or one takes a key of the editor.
    """
    _check_hotkeys(schema)
    view = ElementTree.Element("View")
    if schema.relations:
        relations = ElementTree.SubElement(view, "Relations", choice="multiple")
        for relation in schema.relations:
            ElementTree.SubElement(relations, "Relation", value=relation.name)
    labels = ElementTree.SubElement(view, "Labels", name=LABELS, toName=TEXT)
    for entity in schema.entities:
        ElementTree.SubElement(labels, "Label", _label(entity))
    ElementTree.SubElement(view, "Text", name=TEXT, value=f"${TEXT}", granularity="symbol")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _label(entity: EntityType) -> dict[str, str]:
    names = " · ".join(name for name in (entity.thai, entity.english) if name)
    hint = ": ".join(part for part in (names, entity.definition) if part)
    optional = {"hint": hint, "hotkey": entity.hotkey}
    return {
        "value": entity.name,
        "background": entity.colour,
        **{name: value for name, value in optional.items() if value},
    }


def _check_hotkeys(schema: Schema) -> None:
    taken: dict[str, str] = dict.fromkeys(RESERVED, "Label Studio itself")
    for entity in schema.entities:
        key = entity.hotkey.lower()  # the editor does not tell a capital from a small letter
        if not key:
            continue
        if key in taken:
            raise SchemaError(f"hot key {entity.hotkey!r} of {entity.name} belongs to {taken[key]}; choose another")
        taken[key] = entity.name
