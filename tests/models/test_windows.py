from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.models.windows import WIDTH_STEP, Window, batch_alike, cut_windows, padded_width, stitch


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


@given(length=st.integers(1, 600), limit=st.integers(1, 600))
def test_padding_is_short_and_follows_from_the_row_alone(length: int, limit: int) -> None:
    if length > limit:
        with pytest.raises(ValueError, match=f"{length} ids is longer than {limit}"):
            padded_width(length, limit=limit)
    else:
        width = padded_width(length, limit=limit)
        assert length <= width <= limit
        assert width < length + (WIDTH_STEP if length <= 256 else 2 * WIDTH_STEP)
        assert width == limit or width % WIDTH_STEP == 0


@given(widths=st.lists(st.sampled_from([16, 32, 48]), max_size=40), budget=st.integers(1, 200))
def test_every_row_is_in_one_batch_of_its_width(widths: list[int], budget: int) -> None:
    batches = list(batch_alike(widths, budget=budget))
    assert sorted(place for batch in batches for place in batch) == list(range(len(widths)))
    for batch in batches:
        assert len({widths[place] for place in batch}) == 1
        assert len(batch) == 1 or sum(widths[place] for place in batch) <= budget
    # no batch that would have fitted into another
    small = [sum(widths[p] for p in batch) for batch in batches]
    for width in set(widths):
        room = [size for size, batch in zip(small, batches, strict=True) if widths[batch[0]] == width]
        assert sum(size + width <= budget for size in room) <= 1
