"""Measure a model on annotated articles: mentions, relations, event fields, confidences, and what was lost where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.annotations.metrics import Comparison, Score, compare, entity_items, relation_items
from thaigov_events.annotations.report import describe_comparison, describe_score, format_comparison, format_score
from thaigov_events.inference.event_metrics import compare_events
from thaigov_events.models.alignment import prepare
from thaigov_events.models.predictor import Predictor

# Relations below this probability are left out of the precision-recall curve: there are too many to matter.
FLOOR = 0.02

Scored = Sequence[tuple[float, bool]]
"""Confidence of each found item, and whether it is right."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model's output beside the gold annotation, and all that is counted from them.

    Attributes:
        gold, found: documents in the same order.
        comparison: mentions and relations.
        events: fields of event records; None where the schema has no EVENT.
        entities, relations: confidences as they come out, for the reliability diagram and the curve.
        candidates: confidences of all candidate relations above `FLOOR`, before thresholds.
        lost: gold items out of the model's reach, by cause; they count as missed.
    """

    gold: Sequence[Document]
    found: Sequence[Document]
    comparison: Comparison
    events: Score | None
    entities: Scored
    relations: Scored
    candidates: Scored
    lost: Counter[str]

    def format(self) -> str:
        """Return the tables as Markdown."""
        parts = [format_comparison(self.comparison)]
        if self.events:
            parts.append("### Event fields, from found against from gold mentions\n\n" + format_score(self.events))
        parts.append("Gold out of reach:\n\n" + "\n".join(f"- {cause}: {n}" for cause, n in self.lost.items()))
        return "\n\n".join(parts) + "\n"

    def describe(self) -> dict[str, Any]:
        """Return the figures as plain values for JSON."""
        events = {"event_fields": describe_score(self.events)} if self.events else {}
        return describe_comparison(self.comparison) | events | {"out_of_reach": dict(self.lost)}


def evaluate(
    predictor: Predictor,
    gold: Sequence[Document],
    *,
    progress: Callable[[Iterable[Document]], Iterable[Document]] = iter,
) -> Evaluation:
    """Run a model over annotated articles and measure what it finds; `progress` may wrap the stream of articles."""
    settings = predictor.settings
    unlimited = replace(settings, thresholds=dict.fromkeys(settings.schema.relation_names, FLOOR))
    everything = Predictor(predictor.runtime, predictor.tokenizer, unlimited, batch_tokens=predictor.batch_tokens)
    found, open_found = [], []
    for document in progress(gold):
        found.append(predictor.predict_one(document.id, document.text))
        open_found.append(everything.predict_one(document.id, document.text))
    with_events = "EVENT" in settings.schema.entity_names
    return Evaluation(
        gold,
        found,
        compare(gold, found),
        compare_events(gold, found) if with_events else None,
        _score(gold, found, relations=False),
        _score(gold, found, relations=True),
        _score(gold, open_found, relations=True),
        _count_lost(predictor, gold, open_found, found),
    )


def _score(gold: Sequence[Document], found: Sequence[Document], *, relations: bool) -> Scored:
    scored: list[tuple[float, bool]] = []
    for before, after in zip(gold, found, strict=True):
        list_items = partial(relation_items, strict=True) if relations else entity_items
        right = set(list_items(before))
        marks: Sequence[Entity | Relation] = after.relations if relations else after.entities
        scored += [
            (float(mark.score or 0), item in right) for mark, item in zip(marks, list_items(after), strict=True)
        ]  # fmt: skip
    return scored


def _count_lost(
    predictor: Predictor, gold: Sequence[Document], open_found: Sequence[Document], found: Sequence[Document]
) -> Counter[str]:
    lost = prepare(gold, predictor.tokenizer, predictor.candidates)[1]
    counts: Counter[str] = Counter()
    counts.update({f"entities: {cause}": n for cause, n in lost.entities.items()})
    counts.update({f"relations: {cause}": n for cause, n in lost.relations.items()})
    for before, during, after in zip(gold, open_found, found, strict=True):
        wanted, scored, kept = (set(relation_items(d, strict=True)) for d in (before, during, after))
        counts["relations: scored, but below the threshold"] += len((wanted & scored) - kept)
    return counts
