import pytest

from thaigov_events.annotations.schema import EntityType, RelationType, Schema
from thaigov_events.models.candidates import Candidates

SCHEMA = Schema(
    (EntityType("A"), EntityType("B"), EntityType("C")),
    (RelationType("to", ("A",), ("B",)), RelationType("self", ("B",), ("B",))),
)


def pairs(kinds: list[int], distance: int) -> set[tuple[int, int]]:
    heads, tails = Candidates(SCHEMA, distance).pairs(kinds)
    return set(zip(heads.tolist(), tails.tolist(), strict=True))


def test_pairs_are_those_that_the_schema_allows() -> None:
    assert pairs([0, 1, 2, 1], 10) == {(0, 1), (0, 3), (1, 3), (3, 1)}


def test_distance_limits_pairs() -> None:
    assert pairs([0, 2, 2, 1], 2) == set()
    assert pairs([0, 2, 2, 1], 3) == {(0, 3)}


def test_classes_follow_signatures() -> None:
    allowed = Candidates(SCHEMA, 1).allowed
    assert allowed[:, :, 0].all()
    assert allowed[0, 1].tolist() == [True, True, False]
    assert allowed[1, 1].tolist() == [True, False, True]
    assert not allowed[2, :, 1:].any()


def test_no_mentions_no_pairs() -> None:
    assert pairs([], 3) == set()


def test_a_distance_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="maximum_distance"):
        Candidates(SCHEMA, 0)
