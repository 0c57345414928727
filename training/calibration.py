"""Choose the thresholds of relations and the scaling of confidences on the development set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thaigov_events.annotations.columns import load_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import Comparison, Item, compare, entity_items, pair_things, relation_items
from thaigov_events.annotations.schema import RelationType
from thaigov_events.models.bundle import Calibration, ModelSettings
from thaigov_events.models.predictor import Predictor, calibrate, logits
from thaigov_events.training.record import file_hash

# Below such a probability a pair is no candidate: there are too many to matter.
LOWEST = 0.05
RIDGE = 1e-3
GRID = np.arange(0.1, 0.81, 0.02)


def calibrate_settings(predictor: Predictor, dev: Sequence[Document]) -> ModelSettings:
    """Return the predictor's settings with calibration and thresholds fitted on `dev`.

    Confidences are calibrated first, on all that could be a relation; the thresholds are of calibrated ones. Relations
    have one, but for those of identity, see `fit_joining`; for mentions see `fit_doubt`.
    """
    names = predictor.settings.schema.relation_names
    plain = replace(
        predictor.settings, thresholds=dict.fromkeys(names, LOWEST), mention_threshold=0.0,
        entity_calibration=Calibration(), relation_calibration=Calibration(),
    )  # fmt: skip
    found = _predict(predictor, plain, dev)
    entities = [
        ((float(e.score or 0),), item in gold)
        for before, after in zip(dev, found, strict=True)
        for gold in [set(entity_items(before))]
        for e, item in zip(after.entities, entity_items(after), strict=True)
    ]
    entity_calibration = fit_platt(entities)
    relations = [
        ((float(r.score or 0), float(ends[r.head].score or 0), float(ends[r.tail].score or 0)), item in gold)
        for before, after in zip(dev, found, strict=True)
        for gold, ends in [(set(relation_items(before, strict=True)), after.by_id())]
        for r, item in zip(after.relations, relation_items(after, strict=True), strict=True)
    ]
    calibrated = replace(plain, relation_calibration=fit_platt(relations))
    found = _predict(predictor, calibrated, dev)
    scored = [
        (float(r.score or 0), item in gold)
        for before, after in zip(dev, found, strict=True)
        for gold in [set(relation_items(before, strict=True))]
        for r, item in zip(after.relations, relation_items(after, strict=True), strict=True)
    ]
    # One for all: fitted on one half of the articles and measured on the other, a threshold for each relation
    # gave F1 0.664, one for all 0.681.
    support = sum(len(document.relations) for document in dev)
    thresholds = dict.fromkeys(names, _best_threshold(scored, support))
    for relation in predictor.settings.schema.relations:
        if relation.identity:
            thresholds[relation.name] = fit_joining(relation, dev, found, otherwise=thresholds[relation.name])
    settings = replace(calibrated, thresholds=thresholds, entity_calibration=entity_calibration)
    return replace(settings, mention_threshold=fit_doubt(settings, dev, found))


def fit_to_dev(predictor: Predictor) -> tuple[ModelSettings, Comparison | None]:
    """Return settings fitted to the development set of the predictor's run, and the figures reached there.

    Where that file is not here or another one, the settings stay, and there are no figures.
    """
    settings = predictor.settings
    config = settings.record.get("config", {})
    dev = Path(config.get("dev", "nowhere"))
    if not dev.exists() or file_hash(dev) != settings.record["data"][str(dev)]:
        print(f"{dev}: the run's development set is not here, so thresholds and calibration stay as they are")
        return settings, None
    documents = load_corpus(dev, settings.schema, separator=config.get("separator", ""))
    settings = calibrate_settings(predictor, documents)
    return settings, compare(documents, _predict(predictor, settings, documents))


def _predict(predictor: Predictor, settings: ModelSettings, dev: Sequence[Document]) -> list[Document]:
    own = Predictor(predictor.runtime, predictor.tokenizer, settings, batch_tokens=predictor.batch_tokens)
    return own.predict([(document.id, document.text) for document in dev])


def fit_doubt(settings: ModelSettings, gold: Sequence[Document], found: Sequence[Document]) -> float:
    """Return the least confidence that a mention in no relation needs: half of the mentions' F1, or 0.

    What is likelier right than that raises F1, if confidences are calibrated (Lipton, Elkan and Naryanaswamy 2014);
    where they are too little so for that to hold on `gold`, 0. Mentions in a relation have more to speak for them than
    their own score.

    Args:
        settings: thresholds of relations and calibration of mentions, fitted.
        gold: documents as annotated.
        found: all that the network finds in them, with mentions as they come out of it.
    """
    lone: list[tuple[float, bool]] = []
    right = 0
    for before, after in zip(gold, found, strict=True):
        wanted = set(entity_items(before))
        links = [r for r in after.relations if float(r.score or 0) >= settings.thresholds[r.label]]
        linked = {end for link in links for end in (link.head, link.tail)}
        sure = calibrate([float(e.score or 0) for e in after.entities], settings.entity_calibration)
        for entity, item, score in zip(after.entities, entity_items(after), sure, strict=True):
            right += item in wanted
            if entity.id not in linked:
                lone.append((float(score), item in wanted))
    count = sum(len(document.entities) for document in (*gold, *found))
    f1 = 2 * right / max(count, 1)
    threshold = round(f1 / 2, 3)
    dropped = [hit for score, hit in lone if score < threshold]
    return threshold if 2 * (right - sum(dropped)) / max(count - len(dropped), 1) > f1 else 0.0


def fit_joining(
    relation: RelationType, gold: Sequence[Document], found: Sequence[Document], *, otherwise: float
) -> float:  # fmt: skip
    """Return the threshold of an identity relation with the greatest F1 over what is told of the things that it makes.

    One link too few or too many parts or joins all that is told of two things, which the F1 of links alone does not
    see. Things are paired first, as when event records are measured. Where the gold has no such relation, `otherwise`
    is returned.
    """
    if not any(link.label == relation.name for document in gold for link in document.relations):
        return otherwise
    right = [list_things(document, relation) for document in gold]
    f1 = []
    for threshold in GRID:
        told = [list_things(document, relation, threshold=threshold) for document in found]
        common = sum(_count_common(a, b) for a, b in zip(right, told, strict=True))
        f1.append(2 * common / sum(len(thing) for things in (*right, *told) for thing in things))
    return _pick(f1)


def list_things(document: Document, relation: RelationType, *, threshold: float = 0.0) -> list[set[Item]]:
    """Return what is told of each thing that links of an identity relation make of mentions, in one step or in several.

    That is the mentions, and what other relations link to any of them.
    """
    items = dict(zip((e.id for e in document.entities), entity_items(document), strict=True))
    kinds = {*relation.heads, *relation.tails}
    things = {e.id: frozenset([e.id]) for e in document.entities if e.label in kinds}
    told = {mention: {items[mention]} for mention in things}
    for link in document.relations:
        if link.label != relation.name:
            for mention, other in ((link.head, link.tail), (link.tail, link.head)):
                if mention in told:
                    told[mention].add((link.label, items[other]))
        elif link.score is None or link.score >= threshold:
            joined = things[link.head] | things[link.tail]
            things |= dict.fromkeys(joined, joined)
    return [set().union(*(told[mention] for mention in thing)) for thing in dict.fromkeys(things.values())]


def _count_common(gold: Sequence[set[Item]], found: Sequence[set[Item]]) -> int:
    """Return how much is told alike of things, paired."""
    partners = pair_things((len(a & b), i, k) for i, a in enumerate(gold) for k, b in enumerate(found) if a & b)
    return sum(len(gold[i] & found[k]) for k, i in partners.items())


def _best_threshold(scored: Sequence[tuple[float, bool]], support: int) -> float:
    """Return the threshold of the grid with the greatest F1."""
    scores = np.array([s for s, _ in scored])
    hits = np.array([hit for _, hit in scored], dtype=bool)
    return _pick([2 * hits[scores >= t].sum() / max((scores >= t).sum() + support, 1) for t in GRID])


def _pick(f1: Sequence[float]) -> float:
    """Return the threshold of the grid with the greatest F1; of several, the one nearest their mean."""
    best = GRID[np.asarray(f1) >= max(f1) - 1e-9]
    return round(float(best[np.abs(best - best.mean()).argmin()]), 3)


def fit_platt(scored: Sequence[tuple[tuple[float, ...], bool]], *, steps: int = 50) -> Calibration:
    """Fit a `Calibration` to what turned out right (Platt 1999), by Newton's method.

    Each item has its score, or for a relation its score and those of its two mentions. Steps are halved until the loss
    falls. Targets are smoothed as in Platt's paper, so that a perfect set does not give infinite weights.
    """
    if not scored:
        return Calibration()
    odds = logits([scores for scores, _ in scored])
    hits = np.array([hit for _, hit in scored], dtype=bool)
    targets = np.where(hits, (hits.sum() + 1) / (hits.sum() + 2), 1 / ((~hits).sum() + 2))
    columns = [odds[:, 0], np.ones(len(odds))]
    if odds.shape[1] > 1:
        columns += [odds[:, 1:].sum(1), odds[:, 1:].min(1)]
    inputs = np.stack(columns, axis=1)

    def loss(weights: NDArray[np.float64]) -> float:
        z = inputs @ weights
        return float((np.logaddexp(0, z) - targets * z).sum() + RIDGE / 2 * weights @ weights)

    weights = np.zeros(inputs.shape[1])
    weights[0] = 1.0
    for _ in range(steps):
        guess = 1 / (1 + np.exp(-np.clip(inputs @ weights, -50, 50)))
        gradient = inputs.T @ (guess - targets) + RIDGE * weights
        hessian = (inputs * (guess * (1 - guess))[:, None]).T @ inputs + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(hessian, gradient)
        # an over-confident head makes the whole step overshoot
        while loss(weights - step) > loss(weights) and np.abs(step).max() > 1e-9:
            step /= 2
        weights = weights - step
    return Calibration(*(round(float(weight), 5) for weight in weights))
