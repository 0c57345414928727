"""Compare two annotations of the same texts: a model's against the gold one, or two annotators'.

Everything is arithmetic on sets. An entity is (document, start, end, label). A relation is (label, head span,
tail span): with the labels of both ends for the strict measure, without for the one on boundaries. Whatever the
gold has and the other lacks is a miss, for whatever reason it got lost.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thaigov_events.annotations.document import Document


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items were found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of the found items that are right; 0 if none was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold items that were found; 0 if there is none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 0.0

    @property
    def support(self) -> int:
        """How many gold items there are."""
        return self.right + self.missed

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over all labels and of each label, with bootstrap intervals of F1."""

    total: Counts
    interval: tuple[float, float]
    by_label: dict[str, Counts]
    label_intervals: dict[str, tuple[float, float]]

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels that occur in the gold annotation."""
        values = [counts.f1 for counts in self.by_label.values() if counts.support]
        return sum(values) / len(values) if values else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Entities strict, relations on boundaries and strict, and how far confidences are from the truth.

    The calibration errors are None where what was found has no confidences.
    """

    documents: int
    entities: Score
    relations_boundaries: Score
    relations: Score
    entity_calibration_error: float | None
    relation_calibration_error: float | None


Item = tuple[str, Hashable]  # label, identity


def entity_items(document: Document) -> list[Item]:
    """Return the entities of a document as items."""
    return [(e.label, (e.start, e.end, e.label)) for e in document.entities]


def relation_items(document: Document, *, strict: bool) -> list[Item]:
    """Return the relations of a document as items; `strict` asks for the right labels of both ends."""
    entities = document.by_id()

    def end(name: str) -> tuple[int, int, str]:
        entity = entities[name]
        return entity.start, entity.end, entity.label if strict else ""

    return [(r.label, (r.label, end(r.head), end(r.tail))) for r in document.relations]


def pair_things(overlaps: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """Pair gold things with found ones one to one, those with most in common first; return {found: gold}.

    Templates were scored so in the Message Understanding Conferences (Chinchor 1992).

    Args:
        overlaps: how much two have in common, the place of the gold one, and that of the found one.
    """
    partners: dict[int, int] = {}
    for _, gold, found in sorted(overlaps, key=lambda overlap: (-overlap[0], *overlap[1:])):
        if found not in partners and gold not in partners.values():
            partners[found] = gold
    return partners


def compare(gold: Sequence[Document], found: Sequence[Document], *, resamples: int = 1000, seed: int = 0) -> Comparison:
    """Compare two annotations of the same documents, matched by id.

    The interval is the 95 % percentile bootstrap over documents, `resamples` draws.

    Raises:
        ValueError: when there is no document, an id stands twice, or the two differ in their ids or texts.
    """
    others = {document.id: document for document in found}
    if not gold:
        raise ValueError("there is no document to compare")
    if len({document.id for document in gold}) < len(gold) or len(others) < len(found):
        raise ValueError("a document id stands twice; ids must differ")
    if extra := sorted(others.keys() - {document.id for document in gold}):
        raise ValueError(f"document {extra[0]}: stands in the compared annotation alone")
    for document in gold:
        if document.id not in others or others[document.id].text != document.text:
            raise ValueError(f"document {document.id}: absent from the compared annotation, or its text differs there")
    pairs = [(document, others[document.id]) for document in gold]
    strict = [(relation_items(a, strict=True), relation_items(b, strict=True)) for a, b in pairs]
    loose = [(relation_items(a, strict=False), relation_items(b, strict=False)) for a, b in pairs]
    entities = [(entity_items(a), entity_items(b)) for a, b in pairs]
    return Comparison(
        len(pairs),
        score_items(entities, resamples=resamples, seed=seed),
        score_items(loose, resamples=resamples, seed=seed),
        score_items(strict, resamples=resamples, seed=seed),
        _calibration_error(entities, [e.score for _, b in pairs for e in b.entities]),
        _calibration_error(strict, [r.score for _, b in pairs for r in b.relations]),
    )


def _calibration_error(pairs: Sequence[tuple[list[Item], list[Item]]], scores: list[float | None]) -> float | None:
    hits = [item in right for gold, found in pairs for right in [set(gold)] for item in found]
    given = [(score, hit) for score, hit in zip(scores, hits, strict=True) if score is not None]
    return calibration_error([score for score, _ in given], [hit for _, hit in given]) if given else None


def score_items(
    pairs: Sequence[tuple[Sequence[Item], Sequence[Item]]], *, resamples: int = 1000, seed: int = 0
) -> Score:  # fmt: skip
    """Return the score of (gold items, found items) of each document, with the bootstrap interval over documents."""
    labels = sorted({label for gold, found in pairs for label, _ in (*gold, *found)})
    places = {label: place for place, label in enumerate(labels)}
    counts = np.zeros((len(pairs), len(labels), 3), dtype=np.int64)
    for row, (gold, found) in enumerate(pairs):
        gold_set, found_set = set(gold), set(found)
        for column, items in enumerate((gold_set & found_set, found_set - gold_set, gold_set - found_set)):
            for label, _ in items:
                counts[row, places[label], column] += 1
    totals = counts.sum(0)
    draws = np.random.default_rng(seed).integers(0, len(pairs), (resamples, len(pairs)))
    # how often each draw has each document
    weights = np.stack([np.bincount(draw, minlength=len(pairs)) for draw in draws]) if resamples else None
    drawn = counts.sum(0)[None] if weights is None else np.tensordot(weights, counts, 1)
    return Score(
        Counts(*totals.sum(0).tolist()),
        _interval(drawn.sum(1)),
        {label: Counts(*totals[place].tolist()) for label, place in places.items()},
        {label: _interval(drawn[:, place]) for label, place in places.items()},
    )


def _interval(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of F1 over rows of (right, wrong, missed)."""
    right, wrong, missed = counts.T
    f1 = 2 * right / np.maximum(2 * right + wrong + missed, 1)
    low, high = np.percentile(f1, [2.5, 97.5])
    return float(low), float(high)


def calibration_error(confidences: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> float:
    """Return the expected calibration error (Naeini et al. 2015) over equally wide bins of confidence."""
    if not confidences:
        return 0.0
    scores, hits = np.asarray(confidences), np.asarray(right, dtype=float)
    places = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(scores[places == k].mean() - hits[places == k].mean()) * (places == k).mean()
        for k in range(bins)
        if (places == k).any()
    ]
    return float(sum(gaps))
