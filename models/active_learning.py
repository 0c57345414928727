"""Which articles an annotator should correct first: those where the model is least sure, and no two alike in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from thaigov_events.annotations.document import Document, Entity, Relation

# Texts are compared by their runs of so many characters, counted in so many buckets.
RUN, BUCKETS = 5, 1024
# Two texts more similar than this are near-duplicates, such as a release that two offices published.
NEAR = 0.6


def expected_errors(document: Document) -> float:
    """Return how many of a document's proposed mentions and links are wrong, going by their calibrated confidences.

    Raises:
        ValueError: when one has no confidence, since it is not a model's.
    """
    return float(sum(_doubts(document)))


def mean_doubt(document: Document) -> float:
    """Return the share of a document's proposed mentions and links that are wrong; 0 where nothing is proposed.

    Unlike `expected_errors` it does not favour long articles, which give more but also cost more.

    Raises:
        ValueError: when one has no confidence, since it is not a model's.
    """
    doubts = _doubts(document)
    return sum(doubts) / len(doubts) if doubts else 0.0


def _doubts(document: Document) -> list[float]:
    marks: tuple[Entity | Relation, ...] = (*document.entities, *document.relations)
    scores = [mark.score for mark in marks]
    if None in scores:
        raise ValueError(f"document {document.id}: has labels without confidence; rank what the model proposes")
    return [1.0 - score for score in scores if score is not None]


def rank_articles(
    documents: Sequence[Document],
    *,
    uncertainty: Callable[[Document], float] = expected_errors,
    diversity: float = 0.5,
    seen: Sequence[str] = (),
) -> list[Document]:
    """Return the documents, least certain first and unlike those before them.

    This is maximal marginal relevance (Carbonell and Goldstein 1998): the next article is the one of the greatest
    `(1 - diversity) · rank of its uncertainty - diversity · similarity to the most similar one before it`. Besides, no
    article follows its near-duplicate as long as another is left. The order of the input does not matter. Time grows
    with the square of the number of documents: 5,000 take some seconds.

    Args:
        documents: What the model proposes for each article, with confidences; ids differ.
        uncertainty: What makes an article worth correcting.
        diversity: 0 goes by uncertainty alone, 1 by difference alone.
        seen: Texts that were corrected before; what resembles them comes later.

    Raises:
        ValueError: when `diversity` is no share, an id stands twice, or a mention or link has no confidence.
    """
    if not 0 <= diversity <= 1:
        raise ValueError(f"diversity = {diversity}: is a share of one")
    pool = sorted(documents, key=lambda document: document.id)
    if len({document.id for document in pool}) < len(pool):
        raise ValueError("a document id stands twice; ids must differ")
    doubts = np.array([uncertainty(document) for document in pool])
    worth = (1 - diversity) * np.searchsorted(np.sort(doubts), doubts) / max(len(pool) - 1, 1)
    vectors = embed_texts([*(document.text for document in pool), *seen])
    vectors, before = vectors[: len(pool)], vectors[len(pool) :]
    closest = np.max([np.zeros(len(pool)), *(vectors @ vector for vector in before)], axis=0)
    latest = np.zeros(len(pool))
    free = np.ones(len(pool), dtype=bool)
    order: list[Document] = []
    for _ in pool:
        allowed = free & (latest < NEAR)
        value = np.where(allowed if allowed.any() else free, worth - diversity * closest, -np.inf)
        chosen = int(value.argmax())
        free[chosen] = False
        order.append(pool[chosen])
        latest = vectors @ vectors[chosen]
        closest = np.maximum(closest, latest)
    return order


def embed_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return a unit vector `[texts, BUCKETS]` for each text, whose products are similarities between 0 and 1.

    It counts the text's runs of characters, hashed into buckets, on a logarithmic scale; what few of the texts have
    weighs more (tf-idf).
    """
    counts = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in zip(counts, texts, strict=True):
        row += np.bincount(_hash_runs(text), minlength=BUCKETS)
    rarity = np.log((1 + len(texts)) / (1 + (counts > 0).sum(0))) + 1
    weights = np.log1p(counts) * rarity.astype(np.float32)
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)  # type: ignore[no-any-return]


def _hash_runs(text: str) -> NDArray[np.int64]:
    """Return the bucket of each run of `RUN` characters, white space taken as one space each."""
    plain = " ".join(text.split()).ljust(RUN)
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    length = len(codes) - RUN + 1
    hashes = np.zeros(length, dtype=np.uint64)
    for place in range(RUN):
        hashes = hashes * np.uint64(0x100000001B3) + codes[place : place + length]
    # the high bits of a product are well mixed
    return ((hashes * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(54)).astype(np.int64)
