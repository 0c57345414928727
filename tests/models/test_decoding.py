import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from thaigov_events.models.decoding import LOWEST, best_paths, decode_spans
from thaigov_events.models.labels import (
    BEGIN,
    END,
    INSIDE,
    OUTSIDE,
    SINGLE,
    decode_path,
    encode_spans,
    label_count,
    label_index,
)

TYPES = 2


def well_formed(path: tuple[int, ...]) -> bool:
    names = ["O", *(f"{part}-{kind}" for kind in range(TYPES) for part in "BIES")]
    before = "O"
    for name in [*(names[label] for label in path), "O"]:
        opened = before[0] in "BI"
        continues = name[0] in "IE"
        if opened != continues or (continues and name[2:] != before[2:]):
            return False
        before = name
    return True


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), length=st.integers(1, 4))
def test_best_path_is_the_best_of_all_well_formed_ones(seed: int, length: int) -> None:
    labels = label_count(TYPES)
    scores = np.random.default_rng(seed).normal(size=(length, labels)).astype(np.float32)
    paths = [p for p in itertools.product(range(labels), repeat=length) if well_formed(p)]
    best = max(paths, key=lambda p: sum(float(scores[i, k]) for i, k in enumerate(p)))
    (path,) = best_paths([scores])
    assert tuple(path) == best


def step_by_step(scores: NDArray[np.float32]) -> list[int]:
    """The best well-formed labels of one sequence, token by token, of equal ones the first in the order O, S, E."""
    closed, opened = np.float32(0), [LOWEST] * TYPES
    closing, begun = [], []
    for row in scores:
        options = [(closed + row[OUTSIDE], OUTSIDE)]
        options += [(closed + row[label_index(k, SINGLE)], label_index(k, SINGLE)) for k in range(TYPES)]
        options += [(opened[k] + row[label_index(k, END)], label_index(k, END)) for k in range(TYPES)]
        fresh = [closed + row[label_index(k, BEGIN)] for k in range(TYPES)]
        kept = [opened[k] + row[label_index(k, INSIDE)] for k in range(TYPES)]
        begun.append([a >= b for a, b in zip(fresh, kept, strict=True)])
        opened = [max(a, b) for a, b in zip(fresh, kept, strict=True)]
        closed, label = max(options, key=lambda option: option[0])
        closing.append(label)
    path: list[int] = []
    inside = None
    for label, begins in zip(reversed(closing), reversed(begun), strict=True):
        if inside is None:
            path.append(label)
            inside = (label - 1) // 4 if label != OUTSIDE and (label - 1) % 4 == END else None
        else:
            path.append(label_index(inside, BEGIN if begins[inside] else INSIDE))
            inside = None if begins[inside] else inside
    return path[::-1]


@st.composite
def score_lists(draw: st.DrawFn) -> list[NDArray[np.float32]]:
    """Scores of sequences of many lengths, some empty; rounded ones are often equal."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    digits, spread = draw(st.sampled_from([0, 6])), draw(st.sampled_from([1, 10, 1000]))
    lengths = draw(st.lists(st.integers(0, 40), max_size=7))
    return [(random.normal(size=(n, label_count(TYPES))) * spread).round(digits).astype(np.float32) for n in lengths]


@given(scores=score_lists())
def test_sequences_beside_each_other_are_decoded_as_each_by_itself(scores: Sequence[NDArray[np.float32]]) -> None:
    assert [path.tolist() for path in best_paths(scores)] == [step_by_step(one) for one in scores]


@st.composite
def span_lists(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], int]:
    spans, at = [], 0
    for gap, length, kind in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, TYPES - 1)), max_size=6)
    ):
        spans.append((at + gap, at + gap + length, kind))
        at += gap + length
    return spans, at + draw(st.integers(0, 2))


@given(case=span_lists())
def test_spans_survive_encoding(case: tuple[list[tuple[int, int, int]], int]) -> None:
    spans, length = case
    assert decode_path(encode_spans(spans, length)) == spans


@given(case=span_lists())
def test_sharp_logits_give_their_spans_back_with_full_confidence(case: tuple[list[tuple[int, int, int]], int]) -> None:
    spans, length = case
    logits = np.full((length, label_count(TYPES)), -20, dtype=np.float32)
    logits[np.arange(length), encode_spans(spans, length)] = 20
    (found,) = decode_spans([logits])
    assert [span[:3] for span in found] == spans
    assert all(span[3] > 0.999 for span in found)


def test_nothing_comes_of_nothing() -> None:
    nothing = np.zeros((0, label_count(TYPES)), dtype=np.float32)
    assert decode_spans([]) == []
    assert decode_spans([nothing, nothing]) == [[], []]
