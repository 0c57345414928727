"""Annotated documents in tokens: the spans and links that the network learns, and what cannot be expressed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thaigov_events.annotations.document import Document
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.predictor import Span
from thaigov_events.models.tokenizer import Tokenizer, Tokens


@dataclass(frozen=True, slots=True)
class SoftTargets:
    """What teachers think of a document: probabilities of its tokens' labels, and of its spans' candidate pairs.

    Attributes:
        labels: `[tokens, labels]`, fp16.
        pairs: `[pairs, 1 + relations]`, fp16, in the order of `Candidates.pairs` of the example's spans.
    """

    labels: NDArray[np.float16]
    pairs: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Example:
    """A tokenised document with its gold spans, and its gold links as {(head, tail): class}, places in `spans`.

    One that teachers have labelled has their spans, no links, and `soft`, which takes the place of both in training.
    """

    id: str
    tokens: Tokens
    spans: tuple[Span, ...]
    links: dict[tuple[int, int], int]
    soft: SoftTargets | None = None


@dataclass(slots=True)
class Lost:
    """Gold items that training or decoding cannot reach, by reason; metrics count them as missed all the same."""

    entities: Counter[str]
    relations: Counter[str]

    def describe(self, entities: int, relations: int) -> str:
        """Return one line with counts and shares of all gold items."""
        parts = [f"{n} of {entities} entities ({n / max(entities, 1):.2%}): {r}" for r, n in self.entities.items()]
        parts += [f"{n} of {relations} relations ({n / max(relations, 1):.2%}): {r}" for r, n in self.relations.items()]
        return "gold out of reach: " + ("; ".join(parts) or "none")


def prepare(
    documents: Sequence[Document], tokenizer: Tokenizer, candidates: Candidates
) -> tuple[list[Example], Lost]:  # fmt: skip
    """Return the documents as examples, and what of their gold annotation cannot be expressed."""
    lost = Lost(Counter(), Counter())
    return [_prepare(document, tokenizer, candidates, lost) for document in documents], lost


def _prepare(document: Document, tokenizer: Tokenizer, candidates: Candidates, lost: Lost) -> Example:
    tokens = tokenizer.encode(document.text)
    visible = tokens.visible
    starts = {int(tokens.starts[k]): int(k) for k in np.flatnonzero(visible)}
    ends = {int(tokens.ends[k]): int(k) + 1 for k in np.flatnonzero(visible)}
    types = candidates.schema.entity_names
    spans: list[Span] = []
    places: dict[str, int] = {}
    for entity in document.entities:
        if entity.start in starts and entity.end in ends:
            places[entity.id] = len(spans)
            spans.append(Span(starts[entity.start], ends[entity.end], types.index(entity.label)))
        else:
            lost.entities["border inside a piece"] += 1
    possible = set(zip(*(side.tolist() for side in candidates.pairs([s.kind for s in spans])), strict=True))
    links: dict[tuple[int, int], int] = {}
    for relation in document.relations:
        if relation.head not in places or relation.tail not in places:
            lost.relations["an end is out of reach"] += 1
            continue
        pair = places[relation.head], places[relation.tail]
        if pair not in possible:
            lost.relations["mentions too far apart"] += 1
        elif pair in links:
            lost.relations["second label of a pair"] += 1
        else:
            links[pair] = candidates.schema.relation_names.index(relation.label) + 1
    return Example(document.id, tokens, tuple(spans), links)


def label_pairs(
    example: Example, spans: Sequence[Span], pairs: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> NDArray[np.int64]:  # fmt: skip
    """Return the class of each candidate pair of `spans`, which need not be the gold ones: `[pairs]`.

    A pair has a gold link's class if both its spans are gold ones to the token and the type, else 0.
    """
    gold = {(span.start, span.end, span.kind): place for place, span in enumerate(example.spans)}
    places = [gold.get((span.start, span.end, span.kind), -1) for span in spans]
    return np.array(
        [example.links.get((places[head], places[tail]), 0) for head, tail in zip(*pairs, strict=True)], dtype=np.int64
    )
