"""A document's spans and links as a result of Label Studio: regions, and arrows between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from thaigov_events.annotations.document import Document, DocumentError, Entity, Relation
from thaigov_events.annotations.labelling_config import LABELS, TEXT
from thaigov_events.annotations.schema import Schema


class LabelStudioError(ValueError):
    """A task cannot be written or read; the message names task, annotation and region, and the mend."""


def write_result(document: Document) -> list[dict[str, Any]]:
    """Return the regions of a document's entities, then the arrows of its relations.

    The editor drops a second arrow between the same two regions, so an arrow bears all labels of its pair; their
    scores then stand in a list, `scores`, in the order of the labels.
    """
    regions = [
        {
            "id": entity.id,
            "from_name": LABELS,
            "to_name": TEXT,
            "type": "labels",
            "value": {
                "start": entity.start,
                "end": entity.end,
                "text": document.text_of(entity),
                "labels": [entity.label],
            },
            **({} if entity.score is None else {"score": entity.score}),
        }
        for entity in document.entities
    ]
    pairs: dict[tuple[str, str], list[Relation]] = {}
    for relation in document.relations:
        pairs.setdefault((relation.head, relation.tail), []).append(relation)
    return [*regions, *(_write_arrow(relations) for relations in pairs.values())]


def _write_arrow(relations: list[Relation]) -> dict[str, Any]:
    first, scores = relations[0], [relation.score for relation in relations]
    arrow: dict[str, Any] = {"type": "relation", "from_id": first.head, "to_id": first.tail, "direction": "right"}
    arrow["labels"] = [relation.label for relation in relations]
    if len(scores) > 1 and any(score is not None for score in scores):
        arrow["scores"] = scores
    elif scores[0] is not None:
        arrow["score"] = scores[0]
    return arrow


def read_result(
    result: object, bare: Document, *, schema: Schema, where: str, scored: bool
) -> tuple[Document, tuple[str, ...]]:
    """Return `bare` with the entities and relations of a result, and notes on what was mended.

    Args:
        result: The list of regions and arrows as exported.
        bare: A document with the text, without entities.
        schema: The labels that are known, and the types that relations join.
        where: The task and annotation, for errors and notes.
        scored: Whether scores are kept; what was done by hand has none.

    Raises:
        LabelStudioError: naming `where` and the region or arrow.
    """
    result = [] if result is None else result  # the server writes null for work that was skipped at once
    if not isinstance(result, list) or not all(isinstance(item, dict) for item in result):
        raise LabelStudioError(f"{where}: its result should be a list of regions and arrows, not {result!r:.60}")
    notes: list[str] = []
    known: dict[str, list[dict[str, Any]]] = {"labels": [], "relation": []}
    for item in result:
        if item.get("type") not in known:
            raise LabelStudioError(
                f"{where}, region {item.get('id')}: the type {item.get('type')!r} has no place in a document; "
                "only 'labels' and 'relation' have"
            )
        known[item["type"]].append(item)
    try:
        entities = tuple(_read_region(item, bare.text, where=where, notes=notes) for item in known["labels"])
        document = replace(bare, entities=entities if scored else tuple(replace(e, score=None) for e in entities))
        relations: dict[tuple[str, str, str], Relation] = {}
        for item in known["relation"]:
            for relation in _read_arrow(item, document, schema=schema, where=where, notes=notes):
                key = (relation.label, relation.head, relation.tail)
                if key in relations:
                    notes.append(f"{where}: {relation.label} {relation.head} → {relation.tail} drawn twice, taken once")
                relations.setdefault(key, relation if scored else replace(relation, score=None))
        return replace(document, relations=tuple(relations.values())).check(schema), tuple(notes)
    except DocumentError as error:
        raise LabelStudioError(f"{where}: {error}") from error


def _read_region(item: dict[str, Any], text: str, *, where: str, notes: list[str]) -> Entity:
    name, value = item.get("id"), item.get("value")
    where = f"{where}, region {name}"
    if not isinstance(name, str) or not name or not isinstance(value, dict):
        raise LabelStudioError(f"{where}: needs an 'id' and a 'value'; export the task again")
    controls = (item.get("from_name"), item.get("to_name"))
    if controls != (LABELS, TEXT):
        raise LabelStudioError(f"{where}: comes from {controls}, not {(LABELS, TEXT)}; name the project's tags so")
    labels = value.get("labels")
    if not isinstance(labels, list) or len(labels) != 1 or not isinstance(labels[0], str):
        raise LabelStudioError(f"{where}: has the labels {labels!r}; give it exactly one")
    start, end = (_read_offset(value.get(border), where=f"{where}: {border}") for border in ("start", "end"))
    if not start < end <= len(text):
        raise LabelStudioError(
            f"{where}: [{start}, {end}) is no span of a text of {len(text)} characters; mark it anew"
        )
    piece, told = text[start:end], value.get("text")
    # The editor writes a line break of a span that was marked by hand as a backslash and an n.
    if told not in (piece, piece.replace("\r", "\\n").replace("\n", "\\n")):
        raise LabelStudioError(
            f"{where}: says {told!r}, but at {start}:{end} stands {piece!r}; text or offsets changed, mark it anew"
        )
    first, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
    if first >= last:
        raise LabelStudioError(f"{where}: marks white space only, at {start}:{end}; delete it")
    if (first, last) != (start, end):
        notes.append(f"{where}: white space at the border trimmed, {start}:{end} became {first}:{last}")
    return Entity(name, labels[0], first, last, item.get("score"))


def _read_offset(value: object, *, where: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise LabelStudioError(f"{where} is {value!r}, not a count of characters; use a <Text> tag, not <HyperText>")


def _read_arrow(
    item: dict[str, Any], document: Document, *, schema: Schema, where: str, notes: list[str]
) -> Iterator[Relation]:
    head, tail, direction = item.get("from_id"), item.get("to_id"), item.get("direction")
    where = f"{where}, relation {head} → {tail}"
    entities = document.by_id()
    for name in (head, tail):
        if name not in entities:
            raise LabelStudioError(f"{where}: there is no region {name!r}; delete the relation or mark the region")
    if direction not in ("left", "right"):
        raise LabelStudioError(f"{where}: has the direction {direction!r}; turn it to one side")
    if direction == "left":
        head, tail = tail, head
    labels = item.get("labels") or []
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise LabelStudioError(f"{where}: has the labels {labels!r}; give it names of relations")
    if not labels:
        kinds = f"{entities[str(head)].label} to {entities[str(tail)].label}"
        allowed = schema.allowed(entities[str(head)].label, entities[str(tail)].label)
        if len(allowed) != 1:
            mend = f"choose one of {', '.join(allowed)}" if allowed else "turn or delete it, none may join them"
            raise LabelStudioError(f"{where}: has no label, from {kinds}; {mend}")
        notes.append(f"{where}: had no label, {allowed[0]} is the only one from {kinds}")
        labels = list(allowed)
    scores = item.get("scores", [item.get("score")] * len(labels))
    if not isinstance(scores, list) or len(scores) != len(labels):
        raise LabelStudioError(f"{where}: has {len(labels)} labels, but the scores {scores!r}; give one for each")
    for label, score in zip(labels, scores, strict=True):
        yield Relation(label, str(head), str(tail), score)
