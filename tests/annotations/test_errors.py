"""Errors are told apart by how gold and found mentions overlap."""

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.annotations.errors import (
    NOTHING,
    classify_entities,
    confuse_labels,
    count_entity_errors,
    count_relation_errors,
)

TEXT = "กขคงจฉชซฌญฎฏฐฑฒณ"


def document(*spans: tuple[str, int, int], links: tuple[tuple[str, int, int], ...] = ()) -> Document:
    entities = tuple(Entity(f"T{k}", *span) for k, span in enumerate(spans))
    return Document("made", TEXT, entities, tuple(Relation(label, f"T{a}", f"T{b}") for label, a, b in links))


GOLD = document(("A", 0, 2), ("A", 3, 5), ("A", 6, 8), ("B", 9, 11), ("B", 12, 13))
FOUND = document(("A", 0, 2), ("A", 3, 6), ("B", 6, 8), ("A", 9, 10), ("A", 14, 15))


def test_each_mention_has_one_fate() -> None:
    kinds = [kind for kind, _, _ in classify_entities(GOLD, FOUND)]
    assert kinds == ["right", "border", "type", "border and type", "missed", "spurious"]


def test_an_exact_span_is_matched_before_one_that_overlaps() -> None:
    assert [row[0] for row in classify_entities(document(("A", 0, 4)), document(("B", 0, 4)))] == ["type"]
    rows = classify_entities(document(("A", 0, 4)), document(("A", 0, 1), ("B", 1, 4)))
    assert [(kind, other.label if other else "") for kind, _, other in rows] == [("border", "A")]


def test_counts_are_by_the_gold_label_and_by_the_found_one_for_spurious_mentions() -> None:
    counts = count_entity_errors([GOLD], [FOUND])
    assert counts["A"] == {"right": 1, "border": 1, "type": 1, "spurious": 1}
    assert counts["B"] == {"border and type": 1, "missed": 1}
    assert confuse_labels([GOLD], [FOUND]) == {
        ("A", "A"): 2, ("A", "B"): 1, ("B", "A"): 1, ("B", NOTHING): 1, (NOTHING, "A"): 1,
    }  # fmt: skip


def test_relations_fail_at_their_ends_or_at_the_link() -> None:
    gold = document(("A", 0, 2), ("A", 3, 5), ("B", 9, 11), links=(("r", 0, 1), ("r", 0, 2), ("s", 1, 0)))
    found = document(("A", 0, 2), ("A", 3, 5), ("A", 9, 11), links=(("r", 0, 1), ("r", 1, 0), ("r", 0, 2)))
    counts = count_relation_errors([gold], [found])
    assert counts["r"] == {"right": 1, "end not found": 1, "wrongly linked": 1, "end not in gold": 1}
    assert counts["s"] == {"not linked": 1}
