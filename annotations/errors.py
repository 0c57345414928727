"""What kinds of errors stand between a gold annotation and another: for entities by overlap, for relations by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.annotations.metrics import relation_items

KINDS = ("right", "border", "type", "border and type", "missed", "spurious")
"""How a gold mention fared, and `spurious` for a found one that overlaps no gold mention."""
CAUSES = ("right", "end not found", "not linked", "end not in gold", "wrongly linked")
"""How a gold relation fared (the first three), and why a found one is wrong (the last two)."""
NOTHING = "–"


def classify_entities(gold: Document, found: Document) -> list[tuple[str, Entity | None, Entity | None]]:
    """Return (kind, gold mention, found mention) for each gold mention and each spurious one, in order of place.

    A gold mention without its exact span is matched to the found one that overlaps it most, one of its own label
    first; several gold mentions may share one.
    """
    rows: list[tuple[str, Entity | None, Entity | None]] = []
    for entity in gold.entities:
        rivals = [other for other in found.entities if _overlap(entity, other)]
        best = max(rivals, key=lambda other: _rank(entity, other), default=None)
        if best is None:
            rows.append(("missed", entity, None))
        else:
            parts = [
                *(["border"] if (best.start, best.end) != (entity.start, entity.end) else []),
                *(["type"] if best.label != entity.label else []),
            ]
            rows.append((" and ".join(parts) or "right", entity, best))
    rows += [
        ("spurious", None, other)
        for other in found.entities
        if not any(_overlap(entity, other) for entity in gold.entities)
    ]
    return sorted(rows, key=lambda row: (row[1] or row[2]).start)  # type: ignore[union-attr]


def _overlap(one: Entity, other: Entity) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _rank(gold: Entity, other: Entity) -> tuple[bool, bool, int]:
    exact = (other.start, other.end) == (gold.start, gold.end)
    return exact, other.label == gold.label, _overlap(gold, other)


def count_entity_errors(gold: Sequence[Document], found: Sequence[Document]) -> dict[str, Counter[str]]:
    """Return, for each label, how many mentions are of each of `KINDS`; spurious ones count for the found label."""
    counts: dict[str, Counter[str]] = {}
    for before, after in zip(gold, found, strict=True):
        for kind, entity, other in classify_entities(before, after):
            label = (entity or other).label  # type: ignore[union-attr]
            counts.setdefault(label, Counter())[kind] += 1
    return counts


def confuse_labels(gold: Sequence[Document], found: Sequence[Document]) -> Counter[tuple[str, str]]:
    """Return how often a gold label met a found one on overlapping mentions; `NOTHING` where the other has none."""
    pairs: Counter[tuple[str, str]] = Counter()
    for before, after in zip(gold, found, strict=True):
        for _, entity, other in classify_entities(before, after):
            pairs[entity.label if entity else NOTHING, other.label if other else NOTHING] += 1
    return pairs


def count_relation_errors(gold: Sequence[Document], found: Sequence[Document]) -> dict[str, Counter[str]]:
    """Return, for each relation, how many are of each of `CAUSES`."""
    counts: dict[str, Counter[str]] = {}
    for before, after in zip(gold, found, strict=True):
        spans, other_spans = (
            {(e.start, e.end, e.label) for e in document.entities} for document in (before, after)
        )  # fmt: skip
        wanted, given = (set(relation_items(document, strict=True)) for document in (before, after))
        for label, item in wanted:
            reached = all(end in other_spans for end in item[1:])  # type: ignore[index]
            cause = "right" if (label, item) in given else "not linked" if reached else "end not found"
            counts.setdefault(label, Counter())[cause] += 1
        for label, item in given - wanted:
            known = all(end in spans for end in item[1:])  # type: ignore[index]
            counts.setdefault(label, Counter())["wrongly linked" if known else "end not in gold"] += 1
    return counts
