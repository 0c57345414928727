from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.models.windows import Window, cut_windows, stitch


@given(length=st.integers(0, 3000), size=st.integers(1, 300), data=st.data())
def test_windows_cover_everything_once(length: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    windows = cut_windows(length, size=size, overlap=overlap)
    assert all(len(window) <= size for window in windows)
    kept = [place for window in windows for place in range(window.keep_start, window.keep_end)]
    assert kept == list(range(length))


@given(length=st.integers(255, 3000))
def test_kept_tokens_have_context_on_both_sides(length: int) -> None:
    windows = cut_windows(length, size=254, overlap=64)
    for before, after in pairwise(windows):
        assert before.end - before.keep_end >= 31
        assert after.keep_start - after.start >= 31


@given(length=st.integers(1, 500), size=st.integers(2, 60))
def test_stitching_gives_the_document_back(length: int, size: int) -> None:
    values = np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32)
    windows = cut_windows(length, size=size, overlap=size // 2)
    assert np.array_equal(stitch(windows, [values[w.start : w.end] for w in windows]), values)


def test_impossible_overlaps_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        cut_windows(10, size=5, overlap=5)
    with pytest.raises(ValueError, match="cannot keep"):
        Window(0, 5, 0, 6)
