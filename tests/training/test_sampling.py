import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.training.sampling import order_epoch


@given(
    lengths=st.lists(st.integers(1, 500), min_size=1, max_size=60),
    batch=st.integers(1, 8), bucket=st.integers(1, 5), epoch=st.integers(0, 3),
)  # fmt: skip
def test_an_epoch_has_each_example_once_in_the_order_of_the_seed(
    lengths: list[int], batch: int, bucket: int, epoch: int
) -> None:
    order = order_epoch(np.array(lengths), epoch, seed=17, batch=batch, bucket=bucket)
    assert sorted(order) == list(range(len(lengths)))
    again = order_epoch(np.array(lengths), epoch, seed=17, batch=batch, bucket=bucket)
    assert order.tolist() == again.tolist()


def test_buckets_put_like_lengths_together() -> None:
    lengths = np.random.default_rng(0).permutation(64)
    spreads = [
        np.ptp(lengths[order_epoch(lengths, 0, seed=17, batch=4, bucket=bucket)].reshape(-1, 4), axis=1).mean()
        for bucket in (1, 8)
    ]
    assert spreads[1] < spreads[0] / 3
