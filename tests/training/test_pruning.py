"""Encoders that lose attention heads: the right ones, with their mean kept, in a run that loads, trains and exports."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from thaigov_events.models.attention_heads import list_attention, shrink_attention  # noqa: E402
from thaigov_events.models.bundle import ModelSettings  # noqa: E402
from thaigov_events.models.encoders import load_encoder  # noqa: E402
from thaigov_events.models.network import JointNetwork, NetworkConfig  # noqa: E402
from thaigov_events.models.runtime import Batch, open_runtime  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime, load_network  # noqa: E402
from thaigov_events.training.export import export_model  # noqa: E402
from thaigov_events.training.pruning import choose_heads, keep_heads, prune_run  # noqa: E402
from thaigov_events.training.record import file_hash  # noqa: E402
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

LAYERS, HEADS, SIZE = 3, 4, 8


@pytest.fixture
def network() -> JointNetwork:
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=HEADS * SIZE, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=48, initializer_range=0.4, attn_implementation="eager",
    )  # fmt: skip
    encoder = transformers.BertModel(config, add_pooling_layer=False)
    return JointNetwork(encoder, NetworkConfig(3, 2, mention_size=16, mention_heads=2)).eval()


@pytest.fixture
def batches() -> list[Batch]:
    ids = [torch.randint(0, 50, (1, length)).numpy() for length in (9, 30, 17)]
    return [(row, (row >= 0).astype("int64")) for row in ids]


def read(network: JointNetwork, batches: list[Batch]) -> list["torch.Tensor"]:
    with torch.inference_mode():
        return [network(*map(torch.from_numpy, batch))[0] for batch in batches]


def silence(network: JointNetwork, layer: int, head: int) -> None:
    """Let a head give the same whatever it reads: its bias."""
    attention = list_attention(network.encoder)[layer]
    with torch.no_grad():
        attention.inner.value.weight[head * SIZE : (head + 1) * SIZE] = 0
        attention.inner.value.bias[head * SIZE : (head + 1) * SIZE] = 3.0


def test_heads_that_say_the_same_everywhere_go_and_nothing_changes(network: JointNetwork, batches: list[Batch]) -> None:
    for place in ((0, 1), (0, 2), (1, 0), (2, 3)):
        silence(network, *place)
    before = read(network, batches)
    keep_heads(network, batches, keep=LAYERS * HEADS - 4)
    assert network.config.heads == (2, 3, 3)
    assert [layer.heads for layer in list_attention(network.encoder)] == [2, 3, 3]
    for states, own in zip(read(network, batches), before, strict=True):
        torch.testing.assert_close(states, own, atol=1e-4, rtol=1e-4)


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=6), min_size=1, max_size=5), st.integers(0, 30))
def test_each_layer_keeps_its_best_head_and_the_rest_are_the_best_of_all(worth: list[list[float]], more: int) -> None:
    keep = min(len(worth) + more, sum(map(len, worth)))
    kept = choose_heads([torch.tensor(own, dtype=torch.float64) for own in worth], keep)
    assert sum(map(len, kept)) == keep
    for own, heads in zip(worth, kept, strict=True):
        assert heads == sorted(set(heads)) and max(own) == max(own[head] for head in heads)
    gone = [value for own, heads in zip(worth, kept, strict=True) for k, value in enumerate(own) if k not in heads]
    spare = [own[head] for own, heads in zip(worth, kept, strict=True) for head in heads if own[head] < max(own)]
    assert max(gone, default=0) <= min(spare, default=1)


@pytest.mark.parametrize("keep", [LAYERS - 1, LAYERS * HEADS + 1])
def test_heads_are_kept_from_one_a_layer_to_all(network: JointNetwork, batches: list[Batch], keep: int) -> None:
    with pytest.raises(ValueError, match=rf"keep = {keep}: name a number from 3.* to 12"):
        keep_heads(network, batches, keep=keep)


@pytest.mark.parametrize("counts", [(4, 4), (4, 4, 5), (4, 0, 4)])
def test_counts_that_do_not_fit_the_encoder_are_refused(network: JointNetwork, counts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"heads = \[4.*each of 3 layers"):
        shrink_attention(network.encoder, counts)


def test_a_family_of_other_attention_is_refused() -> None:
    config = transformers.DebertaV2Config(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48
    )
    with pytest.raises(ValueError, match="family deberta-v2"):
        list_attention(transformers.DebertaV2Model(config))


@pytest.fixture
def pruned(trained_run: Path, tmp_path: Path) -> Path:
    layers = list_attention(load_network(trained_run)[0].encoder)
    prune_run(trained_run, tmp_path / "pruned", keep=sum(layer.heads for layer in layers) - 1)
    return tmp_path / "pruned"


def test_a_pruned_run_tells_where_it_comes_from_and_is_read_alike_by_all_engines(
    trained_run: Path, pruned: Path, batches: list[Batch], tmp_path: Path
) -> None:
    network, settings = load_network(pruned)
    assert settings.record["runs"][str(trained_run)] == file_hash(trained_run / "model.safetensors")
    assert settings.record["config"]["start"] == str(trained_run)
    assert sum(network.config.heads) + 1 == sum(
        layer.heads for layer in list_attention(load_network(trained_run)[0].encoder)
    )
    export_model(pruned, tmp_path / "model", precision="fp32")
    found, expected = (runtime.encode(batches) for runtime in (open_runtime(tmp_path / "model"), TorchRuntime(network)))
    for (states, logits), (own_states, own_logits) in zip(found, expected, strict=True):
        assert abs(states - own_states).max() < 1e-3 and abs(logits - own_logits).max() < 1e-3


def test_training_goes_on_from_a_pruned_run(pruned: Path, tmp_path: Path) -> None:
    settings = ModelSettings.load(pruned)
    values = settings.record["config"] | {"start": str(pruned), "output": str(tmp_path / "onward"), "epochs": 1}
    config = TrainConfig(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    trainer = Trainer(config)
    weights = load_network(pruned)[0].state_dict()
    assert all(torch.equal(own, weights[name]) for name, own in trainer.network.state_dict().items())
    trainer.run()
    assert ModelSettings.load(tmp_path / "onward").network == settings.network
    with pytest.raises(ValueError, match=r"has lost heads already"):
        Trainer(replace(config, layers=2))
    with pytest.raises(ValueError, match=r"has lost attention heads.*start = "):
        load_encoder(str(pruned))
