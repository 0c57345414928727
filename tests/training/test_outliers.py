import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from thaigov_events.models.network import JointNetwork, NetworkConfig  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime  # noqa: E402
from thaigov_events.training.outliers import (  # noqa: E402
    find_feed_forward,
    measure_inputs,
    share_copies,
    split_outliers,
)

SIZES = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def build(family: str = "Bert") -> JointNetwork:
    torch.manual_seed(5)
    encoder = getattr(transformers, f"{family}Model")(getattr(transformers, f"{family}Config")(**SIZES))
    return JointNetwork(encoder, NetworkConfig(3, 2, mention_size=16, mention_heads=2)).eval()


def some_batches() -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(0)
    return [(random.integers(5, 50, (1, width)), np.ones((1, width), dtype=np.int64)) for width in (16, 32, 48)]


def test_an_outlier_is_shared_out_and_the_encoder_computes_the_same() -> None:
    network, batches = build(), some_batches()
    layers = list(find_feed_forward(network.encoder))
    assert len(layers) == 2, "neither attention nor the pooling layer"
    layers[1][0].bias.data[7] = 60.0  # one unit gives far more than the others
    expected = TorchRuntime(network).encode(batches)
    split_outliers(network, batches, copies=8)
    for (states, _), (found, _) in zip(expected, TorchRuntime(network).encode(batches), strict=True):
        assert np.abs(states - found).max() < 1e-4
    wide, narrow = list(find_feed_forward(network.encoder))[1]
    assert (wide.out_features, narrow.in_features) == (64 + 8, 64 + 8) == (wide.weight.shape[0], narrow.weight.shape[1])
    share = measure_inputs(network, [narrow], batches)[0] * narrow.weight.detach().abs().amax(0)
    assert (wide.bias == 60.0).sum() == 9, "all copies are of the one unit that stands out"
    assert share.max() < 60.0 / 8


def test_layers_with_gates_stay_as_they_are() -> None:
    torch.manual_seed(5)
    config = transformers.ModernBertConfig(
        **SIZES, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2
    )
    network = JointNetwork(
        transformers.ModernBertModel(config), NetworkConfig(3, 2, mention_size=16, mention_heads=2)
    ).eval()
    before = {name: value.shape for name, value in network.state_dict().items()}
    split_outliers(network, some_batches())
    assert {name: value.shape for name, value in network.state_dict().items()} == before


@given(outputs=st.lists(st.floats(0, 100, width=32), min_size=1, max_size=30), copies=st.integers(0, 40))
def test_copies_go_where_the_most_is_left(outputs: list[float], copies: int) -> None:
    values = torch.tensor(outputs)
    counts = share_copies(values, copies)
    assert counts.min() >= 1 and counts.sum() == len(outputs) + copies
    # no unit that was repeated had less, before its last copy, than any other has left
    repeated = counts > 1
    if repeated.any():
        assert (values[repeated] / (counts[repeated] - 1)).min() >= (values / counts).max() * (1 - 1e-6)
