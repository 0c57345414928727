import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.models.decoding import best_path, decode_spans
from thaigov_events.models.labels import decode_path, encode_spans, label_count

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
    assert tuple(best_path(scores)) == best


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
    found = decode_spans(logits)
    assert [span[:3] for span in found] == spans
    assert all(span[3] > 0.999 for span in found)


def test_nothing_comes_of_nothing() -> None:
    assert decode_spans(np.zeros((0, label_count(TYPES)), dtype=np.float32)) == []
