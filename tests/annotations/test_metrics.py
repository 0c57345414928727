import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.annotations.metrics import Counts, calibration_error, compare
from thaigov_events.annotations.report import describe_comparison, format_comparison

TEXT = "กขคงจฉชซญฎฏฐ"


def document(spans: list[tuple[int, int, str]], links: list[tuple[str, int, int]] = (), name: str = "d") -> Document:  # type: ignore[assignment]
    entities = tuple(Entity(f"T{k}", label, start, end) for k, (start, end, label) in enumerate(spans))
    return Document(name, TEXT, entities, tuple(Relation(label, f"T{h}", f"T{t}") for label, h, t in links))


@st.composite
def annotations(draw: st.DrawFn) -> list[tuple[int, int, str]]:
    spans, at = [], 0
    while at < len(TEXT):
        at += draw(st.integers(0, 3))
        end = at + draw(st.integers(1, 3))
        if end <= len(TEXT):
            spans.append((at, end, draw(st.sampled_from("AB"))))
        at = end
    return spans


def tags(spans: list[tuple[int, int, str]]) -> list[str]:
    out = ["O"] * len(TEXT)
    for start, end, label in spans:
        out[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    return out


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(annotations(), annotations()), min_size=1, max_size=4))
def test_entity_f1_agrees_with_seqeval_strict(pairs: list[tuple[list, list]]) -> None:  # type: ignore[type-arg]
    gold = [document(a, name=str(k)) for k, (a, _) in enumerate(pairs)]
    found = [document(b, name=str(k)) for k, (_, b) in enumerate(pairs)]
    ours = compare(gold, found, resamples=0).entities.total.f1
    theirs = f1_score(
        [tags(a) for a, _ in pairs], [tags(b) for _, b in pairs], mode="strict", scheme=IOB2, zero_division=0
    )
    assert ours == pytest.approx(float(theirs))


def test_strict_relations_need_the_types_of_both_ends() -> None:
    gold = document([(0, 2, "A"), (3, 5, "B")], [("to", 0, 1)])
    found = document([(0, 2, "A"), (3, 5, "A")], [("to", 0, 1)])
    result = compare([gold], [found], resamples=10)
    assert result.relations.total == Counts(0, 1, 1)
    assert result.relations_boundaries.total == Counts(1, 0, 0)


def test_relation_direction_and_borders_count() -> None:
    gold = document([(0, 2, "A"), (3, 5, "A")], [("to", 0, 1)])
    turned = document([(0, 2, "A"), (3, 5, "A")], [("to", 1, 0)])
    shifted = document([(0, 2, "A"), (3, 6, "A")], [("to", 0, 1)])
    for other in (turned, shifted):
        assert compare([gold], [other], resamples=0).relations_boundaries.total == Counts(0, 1, 1)


def test_what_the_found_annotation_lacks_is_missed() -> None:
    result = compare([document([(0, 1, "A"), (2, 3, "B")])], [document([(0, 1, "A")])], resamples=0)
    assert result.entities.total == Counts(1, 0, 1)
    assert result.entities.by_label["B"] == Counts(0, 0, 1)
    assert result.entities.macro_f1 == pytest.approx(0.5)


def test_different_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="document d"):
        compare([document([])], [Document("d", "อื่น")])
    with pytest.raises(ValueError, match="document d"):
        compare([document([])], [])


def test_the_interval_holds_the_measured_value() -> None:
    chance = random.Random(1)
    gold = [document([(0, 2, "A"), (4, 6, "A")], name=str(k)) for k in range(30)]
    found = [document([(0, 2, "A"), (4, 6 + chance.randint(0, 1), "A")], name=str(k)) for k in range(30)]
    score = compare(gold, found).entities
    assert score.interval[0] < score.total.f1 < score.interval[1]


def test_calibration_error() -> None:
    assert calibration_error([0.95] * 20, [True] * 19 + [False]) == pytest.approx(0.0)
    assert calibration_error([0.9, 0.9], [True, False]) == pytest.approx(0.4)
    assert calibration_error([], []) == 0


def test_confidences_are_measured_where_there_are_any() -> None:
    gold = document([(0, 2, "A"), (3, 5, "A")], [("to", 0, 1)])
    found = Document(
        "d",
        TEXT,
        (Entity("a", "A", 0, 2, 0.8), Entity("b", "A", 3, 5, 0.8), Entity("c", "A", 6, 7, 0.8)),
        (Relation("to", "a", "b", 0.75), Relation("to", "b", "a", 0.75)),
    )
    result = compare([gold], [found], resamples=0)
    assert result.entity_calibration_error == pytest.approx(0.8 - 2 / 3)
    assert result.relation_calibration_error == pytest.approx(0.25)
    assert compare([gold], [gold], resamples=0).entity_calibration_error is None


def test_an_empty_or_unequal_comparison_is_refused() -> None:
    one, two = document([]), document([], name="e")
    for gold, found in (([], []), ([one], [one, two]), ([one, one], [one]), ([one], [one, one])):
        with pytest.raises(ValueError, match="document"):
            compare(gold, found)


def test_reports_hold_the_figures() -> None:
    result = compare([document([(0, 1, "A")])], [document([(0, 1, "A")])])
    assert "| A | 1.000 | 1.000 | 1.000 | 1 |" in format_comparison(result)
    assert describe_comparison(result)["entities"]["f1"] == 1.0


def test_reports_speak_of_relations_where_there_are_some() -> None:
    gold, found = document([(0, 1, "A"), (2, 3, "A")], [("r", 0, 1)]), document([(0, 1, "A"), (2, 3, "A")])
    for one, other in ((gold, found), (found, gold)):
        report = format_comparison(compare([one], [other], resamples=0))
        assert "| **all** | **0.0000** | **0.0000** | **0.0000** [0.000, 0.000]" in report
        assert "Relations by the boundaries" in report and ", relations " in report
    assert "elations" not in format_comparison(compare([found], [found], resamples=0))
