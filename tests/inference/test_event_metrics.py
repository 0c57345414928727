"""Event fields are compared between events that are paired by what they share."""

from dataclasses import replace

from thaigov_events.annotations import Document
from thaigov_events.inference.event_metrics import compare_events


def test_the_gold_annotation_tells_its_own_events(documents: list[Document]) -> None:
    score = compare_events(documents, documents, resamples=0)
    assert score.total.f1 == 1.0
    assert {"type", "date", "session", "committee", "venue", "chair", "chair_position"} <= score.by_label.keys()


def without(document: Document, label: str) -> Document:
    return replace(document, relations=tuple(r for r in document.relations if r.label != label))


def test_a_lost_link_loses_its_field_alone(documents: list[Document]) -> None:
    whole = compare_events(documents, documents, resamples=0)
    score = compare_events(documents, [without(d, "held_on") for d in documents], resamples=0)
    assert score.by_label["date"].missed == len(documents)
    assert score.total.wrong == 0
    assert score.total.missed == whole.by_label["date"].support


def test_values_count_and_not_how_they_are_written(documents: list[Document]) -> None:
    first = documents[0]
    shifted = replace(first, text=first.text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")))
    score = compare_events([first], [shifted], resamples=0)
    assert score.by_label["date"].f1 == score.by_label["session"].f1 == 1.0


def test_an_event_that_is_not_in_gold_has_all_its_facts_wrong(documents: list[Document]) -> None:
    gold = replace(documents[0], entities=(), relations=())
    score = compare_events([gold], [documents[0]], resamples=0)
    assert score.total.right == score.total.missed == 0
    assert score.total.wrong > 5


def test_a_missed_trigger_costs_the_whole_event(documents: list[Document]) -> None:
    first = documents[0]
    event = next(e for e in first.entities if e.label == "EVENT")
    links = tuple(r for r in first.relations if event.id not in (r.head, r.tail))
    entities = tuple(e for e in first.entities if e is not event)
    score = compare_events([first], [replace(first, entities=entities, relations=links)], resamples=0)
    assert score.total.right == 0
