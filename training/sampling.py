"""In which order an epoch goes through the examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def order_epoch(
    lengths: NDArray[np.int64], epoch: int, *, seed: int, batch: int, bucket: int
) -> NDArray[np.int64]:  # fmt: skip
    """Return a permutation of the examples' places, which the seed and the epoch decide.

    Args:
        lengths: tokens of each example, `[examples]`.
        epoch: from 0.
        seed: of the run.
        batch: examples of a batch.
        bucket: of how many batches the examples are sorted by length together, so that little of them is padding; the
            batches are then shuffled.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    if bucket == 1:
        return order
    pool = bucket * batch
    parts = [order[k : k + pool] for k in range(0, len(order), pool)]
    sorted_parts = [part[np.argsort(lengths[part], kind="stable")] for part in parts]
    batches = [part[k : k + batch] for part in sorted_parts for k in range(0, len(part), batch)]
    return np.concatenate([batches[k] for k in random.permutation(len(batches))])
