"""Annotated documents for tests, written as a text with marks."""

from __future__ import annotations

import re

from thaigov_events.annotations import Document, Entity, Relation

LABELS = {
    "P": "PERSON", "O": "POSITION", "G": "ORGANIZATION", "C": "COMMITTEE", "K": "COMMITTEE_CODE", "E": "EVENT",
    "N": "SESSION_NUMBER", "D": "DATE", "T": "TIME", "R": "PERIOD", "V": "VENUE", "L": "LOCATION", "J": "PROJECT",
    "Y": "POLICY", "M": "MONEY", "Q": "QUANTITY",
}  # fmt: skip


def read_marked(marked: str, links: str = "", *, scores: dict[str, float] | None = None) -> Document:
    """Read `[P1 words]` as a PERSON mention P1, and `chairs P1 E1, …` as links; scores by mention or link."""
    known = scores or {}
    text, entities, end = "", [], 0
    for found in re.finditer(r"\[([A-Z])(\d+) ([^\]]+)\]", marked):
        text += marked[end : found.start()]
        name = found[1] + found[2]
        entities.append(Entity(name, LABELS[found[1]], len(text), len(text) + len(found[3]), known.get(name)))
        text, end = text + found[3], found.end()
    relations = [Relation(*link.split(), known.get(link.strip())) for link in links.split(",") if link.strip()]
    return Document("d1", text + marked[end:], tuple(entities), tuple(relations))
