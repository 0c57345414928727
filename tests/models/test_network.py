import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from thaigov_events.models.network import NetworkConfig, RelationHead  # noqa: E402

HIDDEN = 24


@pytest.mark.parametrize(("precision", "error"), [("float32", 1e-5), ("bfloat16", 0.1)])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 30))
def test_the_text_between_is_projected_as_if_pair_by_pair(precision: str, error: float, seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    head = RelationHead(HIDDEN, NetworkConfig(2, 3, mention_size=16, mention_heads=2))
    # mentions may touch, and in training, where predicted ones stand, lie one over the other
    starts = torch.from_numpy(np.sort(random.integers(1, 60, count)))
    ends = starts + torch.from_numpy(random.integers(1, 6, count))
    first, second = (torch.from_numpy(side) for side in np.triu_indices(count, 1))
    gap = (starts[second] - ends[first]).clamp(min=1)[:, None]
    sums = torch.cat([torch.zeros(1, HIDDEN), (torch.randn(70, HIDDEN) + torch.randn(1, HIDDEN)).cumsum(0)])
    means = (sums.double()[starts[second]] - sums.double()[ends[first]]) / gap
    expected = means @ head.between.weight.double().T
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        found = head._project_between(sums, starts, ends, first, second) / gap
    assert (found - expected).abs().max() < error
