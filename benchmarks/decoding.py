"""What the steps after the network are worth: exclusive partners, doubtful mentions left out, a threshold for identity.

    python benchmarks/decoding.py [MODEL] [CORPUS]

Calibration and thresholds are fitted anew for each line, on one half of the articles, and measured on the other, both
ways round, so that what has more to fit has no advantage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from thaigov_events.annotations.corpus import read_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import Comparison, Score, compare
from thaigov_events.inference.event_metrics import compare_events
from thaigov_events.inference.extractor import Extractor
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.predictor import Predictor
from thaigov_events.training.calibration import calibrate_settings

Change = Callable[[ModelSettings], ModelSettings]


def change_relations(settings: ModelSettings, **values: bool) -> ModelSettings:
    """Give all relations of the schema other values."""
    relations = tuple(replace(relation, **values) for relation in settings.schema.relations)
    return replace(settings, schema=replace(settings.schema, relations=relations))


def share_partners(settings: ModelSettings) -> ModelSettings:
    """Let a mention have any number of partners in every relation."""
    return change_relations(settings, one_head=False, one_tail=False)


def keep_doubtful(settings: ModelSettings) -> ModelSettings:
    """Keep a mention that stands in no relation however unsure it is."""
    return replace(settings, mention_threshold=0.0)


def join_as_all(settings: ModelSettings) -> ModelSettings:
    """Let relations of identity have the threshold of all others."""
    return change_relations(settings, identity=False)


def keep(settings: ModelSettings) -> ModelSettings:
    """Change nothing."""
    return settings


VARIANTS: tuple[tuple[str, Change], ...] = (
    ("all", keep),
    ("partners do not exclude each other", share_partners),
    ("doubtful mentions are kept", keep_doubtful),
    ("identity has the threshold of all", join_as_all),
)


def measure(predictor: Predictor, documents: list[Document], change: Change) -> tuple[Comparison, Score]:
    """Return how the articles and their event fields compare, each half measured with what was fitted on the other."""
    found: list[Document] = []
    halves = documents[::2], documents[1::2]
    for fitted, measured in (halves, halves[::-1]):
        own = Predictor(predictor.runtime, predictor.tokenizer, change(predictor.settings))
        settings = change(calibrate_settings(own, fitted))
        model = Predictor(predictor.runtime, predictor.tokenizer, settings)
        found += model.predict([(document.id, document.text) for document in measured])
    gold = [*halves[1], *halves[0]]
    return compare(gold, found, resamples=0), compare_events(gold, found, resamples=0)


def main() -> None:
    """Print the table."""
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    corpus = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(".cache/corpus/dev.jsonl")
    predictor = Extractor.load(model).predictor
    documents = read_corpus(corpus, predictor.settings.schema)
    print(
        "| after the network | entities F1 | its calibration error | relations F1 | its calibration error | fields F1 |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for name, change in VARIANTS:
        result, events = measure(predictor, documents, change)
        errors = (result.entity_calibration_error or 0.0, result.relation_calibration_error or 0.0)
        figures = (result.entities.total.f1, errors[0], result.relations.total.f1, errors[1], events.total.f1)
        print(f"| {name} | {' | '.join(f'{figure:.4f}' for figure in figures)} |", flush=True)


if __name__ == "__main__":
    main()
