"""Encoders that lose layers, and runs that begin with them."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from thaigov_events.models.encoders import build_encoder  # noqa: E402
from thaigov_events.models.torch_runtime import load_network  # noqa: E402
from thaigov_events.training.checkpoints import save_network  # noqa: E402
from thaigov_events.training.initialisation import keep_layers, spread_layers  # noqa: E402
from thaigov_events.training.record import describe_inputs  # noqa: E402
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

SIZES: dict[str, Any] = {
    "vocab_size": 60, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": 40, "pad_token_id": 1,
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "Bert": {},
    "XLMRoberta": {},
    "DebertaV2": {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 16},
    "ModernBert": {
        "local_attention": 4, "global_attn_every_n_layers": 2, "bos_token_id": 0, "eos_token_id": 2, "cls_token_id": 0,
        "sep_token_id": 2,
    },
}  # fmt: skip


def build(family: str, layers: int) -> Any:
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**SIZES, **FAMILIES.get(family, {}), num_hidden_layers=layers)
    return getattr(transformers, f"{family}Model")(config).eval()


@given(depth=st.integers(2, 40), count=st.integers(2, 40))
def test_layers_are_spread_evenly_from_the_first_to_the_last(depth: int, count: int) -> None:
    count = min(depth, count)
    kept = spread_layers(depth, count)
    steps = {after - before for before, after in pairwise(kept)}
    assert (len(kept), kept[0], kept[-1]) == (count, 0, depth - 1)
    assert min(steps) >= 1 and max(steps) - min(steps) <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_an_encoder_without_some_layers_is_built_again_from_its_config(family: str, tmp_path: Path) -> None:
    encoder, ids = build(family, 6), torch.arange(5, 35).reshape(2, 15)
    whole = encoder(input_ids=ids).last_hidden_state
    keep_layers(encoder, 3, name=family)
    left = encoder(input_ids=ids).last_hidden_state
    assert not torch.allclose(whole, left, atol=1e-3)
    encoder.config.to_json_file(tmp_path / "config.json")
    again = build_encoder(tmp_path).eval()
    again.load_state_dict(encoder.state_dict(), strict=family not in ("Bert", "XLMRoberta"))  # they have a pooler here
    torch.testing.assert_close(again(input_ids=ids).last_hidden_state, left)


def test_more_layers_than_there_are_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match=r"runs/large: has 2 layers, not 4; keep 2 or fewer"):
        keep_layers(build("Bert", 2), 4, name="runs/large")


def test_layers_that_share_their_weights_cannot_be_taken_out() -> None:
    with pytest.raises(ValueError, match="family albert"):
        keep_layers(build("Albert", 4), 2, name="an-encoder")


@pytest.mark.parametrize("layers", [1, -2])
def test_the_first_and_the_last_layer_are_two(layers: int) -> None:
    with pytest.raises(ValueError, match=f"layers = {layers}"):
        TrainConfig(train=("a.jsonl",), dev="d.jsonl", output="runs/x", layers=layers)


@pytest.fixture
def config(tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> TrainConfig:
    """Settings of a run whose encoder has four layers."""
    settings = transformers.BertConfig.from_pretrained(tiny_encoder, num_hidden_layers=4)
    torch.manual_seed(1)
    transformers.BertModel(settings, add_pooling_layer=False).save_pretrained(tmp_path / "encoder")
    return TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "run"), limit=2,
        encoder=str(tmp_path / "encoder"), window=48, overlap=16, epochs=1, mention_size=32, layers=2,
    )  # fmt: skip


def test_a_run_keeps_layers_of_a_bare_encoder(config: TrainConfig) -> None:
    bare = transformers.BertModel.from_pretrained(config.encoder, add_pooling_layer=False)
    trainer = Trainer(config)
    for own, place in zip(trainer.network.encoder.encoder.layer, (0, 3), strict=True):
        for name, weight in bare.encoder.layer[place].state_dict().items():
            assert torch.equal(own.state_dict()[name], weight)
    trainer.run()
    network, settings = load_network(Path(config.output))
    assert network.encoder.config.num_hidden_layers == len(network.encoder.encoder.layer) == 2
    assert settings.record["config"]["layers"] == 2
    # the next run goes on from those two, though the encoder has four
    onward = Trainer(replace(config, layers=0, start=config.output)).network.state_dict()
    assert all(torch.equal(onward[name], weight) for name, weight in network.state_dict().items())


def test_a_run_keeps_layers_of_a_finished_run(config: TrainConfig, tmp_path: Path) -> None:
    whole, start = Trainer(replace(config, layers=0)), tmp_path / "finished"
    save_network(start, whole.network, whole.tokenizer, whole.settings)
    kept = Trainer(replace(config, start=str(start))).network
    assert len(kept.encoder.encoder.layer) == 2
    finished = whole.network.state_dict()
    for name, weight in kept.state_dict().items():
        assert torch.equal(weight, finished[name.replace("layer.1.", "layer.3.")])
    with pytest.raises(ValueError, match=r"finished: has 4 layers, not 9"):
        Trainer(replace(config, start=str(start), layers=9))


def test_what_an_encoder_has_learnt_since_is_added_to_a_run(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, layers=0)
    finished, start = Trainer(config), tmp_path / "finished"
    save_network(start, finished.network, finished.tokenizer, finished.settings)
    later = transformers.BertModel.from_pretrained(config.encoder, add_pooling_layer=False)
    with torch.no_grad():
        for weight in later.parameters():
            weight += 0.25
    later.save_pretrained(tmp_path / "later")
    config = replace(config, start=str(start), encoder=str(tmp_path / "later"), start_encoder=config.encoder)
    added, before = Trainer(config).network.state_dict(), finished.network.state_dict()
    for name, weight in added.items():
        torch.testing.assert_close(weight, before[name] + 0.25 if name.startswith("encoder.") else before[name])
    hashes = describe_inputs(config)
    assert hashes["runs"].keys() == {str(start), config.start_encoder}
    assert hashes["encoder"] != hashes["runs"][config.start_encoder]


def test_an_encoder_of_another_shape_cannot_be_where_a_run_began(config: TrainConfig, tmp_path: Path) -> None:
    whole, start = Trainer(replace(config, layers=0)), tmp_path / "finished"
    save_network(start, whole.network, whole.tokenizer, whole.settings)
    smaller = transformers.BertModel.from_pretrained(config.encoder, add_pooling_layer=False, num_hidden_layers=3)
    smaller.save_pretrained(tmp_path / "smaller")
    with pytest.raises(ValueError, match=r"start_encoder = '.*smaller': has other weights"):
        Trainer(replace(config, layers=0, start=str(start), start_encoder=str(tmp_path / "smaller")))


def test_where_a_run_began_is_named_with_the_run(config: TrainConfig) -> None:
    with pytest.raises(ValueError, match=r"start_encoder = 'models/compact': set start too"):
        replace(config, start_encoder="models/compact")


def test_a_start_that_is_not_there_is_named(config: TrainConfig) -> None:
    with pytest.raises(FileNotFoundError, match=r"runs/nowhere.*finished run"):
        Trainer(replace(config, start="runs/nowhere"))
