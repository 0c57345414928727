"""Keystrokes from a model's proposals to a finished annotation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, Relation
from thaigov_events.annotations.effort import DELETE, LINK, MARK, RELABEL, Effort, add_up, count_effort

TEXT = "นายสมชายเป็นประธานการประชุมที่ตราด"
PERSON, EVENT, PLACE = (0, 8), (18, 27), (30, 34)


def mark(spans: dict[tuple[int, int], str], *links: tuple[str, tuple[int, int], tuple[int, int]]) -> Document:
    ids = {borders: f"T{number}" for number, borders in enumerate(spans, 1)}
    entities = tuple(Entity(ids[borders], label, *borders) for borders, label in spans.items())
    return Document("a", TEXT, entities, tuple(Relation(label, ids[head], ids[tail]) for label, head, tail in links))


GOLD = mark(
    {PERSON: "PERSON", EVENT: "EVENT", PLACE: "LOCATION"}, ("chairs", PERSON, EVENT), ("located_in", EVENT, PLACE)
)


def test_perfect_proposals_cost_nothing() -> None:
    effort = count_effort(GOLD, GOLD)
    assert effort == Effort(3, 2, 3, 2, 0, 3 * MARK + 2 * LINK)
    assert (effort.saved, effort.span_share, effort.link_share) == (1.0, 1.0, 1.0)


def test_no_proposals_save_nothing() -> None:
    effort = count_effort(GOLD, Document("a", TEXT))
    assert effort.keys == effort.keys_unaided == 14
    assert effort.saved == 0


@pytest.mark.parametrize(
    ("proposed", "keys", "accepted"),
    [
        # a wrong label: relabelled, the arrow stays, but was not accepted as it was
        (mark({PERSON: "POSITION", EVENT: "EVENT", PLACE: "LOCATION"}, ("chairs", PERSON, EVENT), ("located_in", EVENT, PLACE)), RELABEL, (2, 1)),
        # wrong borders: the span and its arrow go, both are made anew
        (mark({(3, 8): "PERSON", EVENT: "EVENT", PLACE: "LOCATION"}, ("chairs", (3, 8), EVENT), ("located_in", EVENT, PLACE)), DELETE + MARK + LINK, (2, 1)),
        # a span too many
        (mark({PERSON: "PERSON", EVENT: "EVENT", PLACE: "LOCATION", (8, 12): "EVENT"}, ("chairs", PERSON, EVENT), ("located_in", EVENT, PLACE)), DELETE, (3, 2)),
        # an arrow too many, and one with the wrong label
        (mark({PERSON: "PERSON", EVENT: "EVENT", PLACE: "LOCATION"}, ("attends", PERSON, EVENT), ("located_in", EVENT, PLACE), ("located_in", PERSON, PLACE)), 2 * DELETE + LINK, (3, 1)),
    ],
)  # fmt: skip
def test_each_mistake_has_its_price(proposed: Document, keys: int, accepted: tuple[int, int]) -> None:
    effort = count_effort(GOLD, proposed)
    assert effort.keys == keys
    assert (effort.spans_accepted, effort.links_accepted) == accepted


def test_efforts_add_up() -> None:
    both = add_up([count_effort(GOLD, GOLD), count_effort(GOLD, Document("a", TEXT))])
    assert both == Effort(6, 4, 3, 2, 14, 28)
    assert both.saved == 0.5
    assert add_up([]) == Effort()
    assert Effort().saved == Effort().span_share == Effort().link_share == 0


def test_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"document a: .*another text"):
        count_effort(GOLD, Document("a", TEXT + " "))


SPANS = st.dictionaries(
    st.sampled_from([(0, 3), (3, 8), (8, 12), (12, 18), (18, 27), (27, 30), (30, 34)]), st.sampled_from(["A", "B"])
)


@given(SPANS, SPANS, st.randoms(use_true_random=False))
def test_counts_stay_within_bounds(first: dict, second: dict, chance) -> None:  # type: ignore[no-untyped-def,type-arg]
    def link(spans: dict) -> list:  # type: ignore[type-arg]
        pairs = [(label, a, b) for a in spans for b in spans if a != b for label in "xy"]
        return chance.sample(pairs, min(len(pairs), 4))

    finished, proposed = mark(first, *link(first)), mark(second, *link(second))
    effort = count_effort(finished, proposed)
    assert 0 <= effort.keys <= effort.keys_unaided + DELETE * (len(second) + len(proposed.relations))
    assert effort.spans_accepted <= effort.spans and effort.links_accepted <= effort.links
    same = count_effort(finished, finished)
    assert same.keys == 0 and same.spans_accepted == same.spans and same.links_accepted == same.links
