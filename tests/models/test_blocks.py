import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.models.blocks import BLOCK, LARGE_BLOCK, check_local_attention, count_blocks, cut_blocks


@given(width=st.integers(1, 600))
def test_blocks_are_alike_nested_and_small_where_the_width_allows(width: int) -> None:
    rows = np.arange(3 * width).reshape(3, width)
    cut = cut_blocks(rows)
    count, large, small, length = cut.shape
    assert (count, large * small * length) == rows.shape
    assert np.array_equal(cut.reshape(3, width), rows), "order stays"
    assert cut_blocks(cut) is cut
    assert large == count_blocks(width, LARGE_BLOCK) and large * small == count_blocks(width, BLOCK)
    if width % 16 == 0 and width <= 512:
        assert length <= BLOCK < 2 * max(length, BLOCK // 2 + 1) or large * small == 1
        assert small * length <= LARGE_BLOCK


@pytest.mark.parametrize(
    ("width", "expected"), [(16, (1, 1, 16)), (128, (1, 1, 128)), (144, (1, 2, 72)), (288, (2, 2, 72)), (302, (2, 1, 151)), (512, (2, 2, 128))]
)  # fmt: skip
def test_some_widths(width: int, expected: tuple[int, int, int]) -> None:
    assert cut_blocks(np.zeros((5, width))).shape == (5, *expected)


def test_what_a_layer_cannot_keep_to_is_refused() -> None:
    check_local_attention((), layers=3)
    check_local_attention((128, 256, 0), layers=3)
    with pytest.raises(ValueError, match="2 numbers for an encoder of 3 layers"):
        check_local_attention((128, 0), layers=3)
    with pytest.raises(ValueError, match="64: give 128, 256, or 0"):
        check_local_attention((64, 0), layers=2)
