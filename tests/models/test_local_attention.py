"""Attention within blocks, beside attention over the whole window behind a mask of the same blocks."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from thaigov_events.models.blocks import count_blocks  # noqa: E402
from thaigov_events.models.local_attention import attend, mix_fused, mix_plainly  # noqa: E402
from thaigov_events.models.network import JointNetwork, NetworkConfig  # noqa: E402
from thaigov_events.models.runtime import Batch, open_runtime  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime  # noqa: E402

SPANS = (128, 256, 0)
LENGTHS = (7, 128, 130, 300, 512)


def build(spans: tuple[int, ...]) -> JointNetwork:
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64,
        attention_probs_dropout_prob=0.0, attn_implementation="eager", initializer_range=0.4,
    )  # fmt: skip
    encoder = transformers.BertModel(config, add_pooling_layer=False)
    return JointNetwork(encoder, NetworkConfig(3, 2, mention_size=16, mention_heads=2, local_attention=spans)).eval()


def rows(length: int) -> Batch:
    random = np.random.default_rng(length)
    width = -(-length // 32) * 32
    ids, mask = random.integers(0, 50, (3, width)), np.ones((3, width), dtype=np.int64)
    mask[0, length:] = 0
    mask[1, length // 2 :] = 0  # whole blocks of padding too
    return ids, mask


def attend_behind_masks(network: JointNetwork, batch: Batch) -> "torch.Tensor":
    """Return the states of an encoder whose layers see whole windows, each behind a mask of its own."""
    ids, mask = map(torch.from_numpy, batch)
    width = ids.shape[1]
    states = network.encoder.embeddings(ids)
    for layer, span in zip(network.encoder.encoder.layer, SPANS, strict=True):
        place = torch.arange(width) // (width // count_blocks(width, span or width))
        seen = (place[:, None] == place) & mask[:, None, None, :].bool()
        states = layer(states, torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min))
    return states


@pytest.mark.parametrize("length", LENGTHS)
def test_blocks_see_what_whole_windows_see_behind_masks(length: int) -> None:
    batch = rows(length)
    with torch.inference_mode():
        expected = attend_behind_masks(build(()), batch).numpy()
    ((found, _),) = TorchRuntime(build(SPANS)).encode([batch])
    shown = batch[1].astype(bool)
    assert np.abs(found - expected)[shown].max() < 1e-4
    if length > 128:
        ((whole, _),) = TorchRuntime(build(())).encode([batch])
        assert np.abs(found - whole)[shown].max() > 0.05, "the blocks matter"


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_the_graph_gives_what_torch_gives_at_all_widths(backend: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("openvino" if backend == "openvino" else "onnxruntime")
    from thaigov_events.training.export import export_graphs

    network = build(SPANS)
    export_graphs(network, tmp_path)
    batches = [rows(length) for length in LENGTHS]
    expected, found = (
        runtime.encode(batches) for runtime in (TorchRuntime(network), open_runtime(tmp_path, backend=backend))
    )
    for (_, mask), ours, theirs in zip(batches, expected, found, strict=True):
        for left, right in zip(ours, theirs, strict=True):
            assert left.shape == right.shape and np.abs(left - right)[mask.astype(bool)].max() < 2e-4


def test_an_encoder_whose_attention_cannot_be_exchanged_is_refused() -> None:
    config = transformers.DebertaV2Config(
        vocab_size=50, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64
    )
    with pytest.raises(ValueError, match="no encoder of the family deberta-v2 can have it"):
        JointNetwork(transformers.DebertaV2Model(config), NetworkConfig(3, 2, local_attention=SPANS))


@pytest.mark.parametrize("precision", [None, torch.bfloat16])
def test_fused_kernels_give_what_plain_operators_give(
    precision: "torch.dtype | None", monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = rows(300)
    shown = batch[1].astype(bool)
    found = []
    for mix in (mix_plainly, mix_fused):
        monkeypatch.setattr("thaigov_events.models.local_attention.mix_plainly", mix)  # the one that is taken on a CPU
        with torch.autocast("cpu", precision or torch.bfloat16, enabled=precision is not None):
            ((states, _),) = TorchRuntime(build(SPANS)).encode([batch])
        found.append(states[shown])
    assert np.abs(found[0] - found[1]).max() < (0.2 if precision else 1e-4)


def test_a_block_of_padding_gives_numbers_where_the_mask_is_infinite() -> None:
    """The least 32-bit number, which hides padding, is infinite in 16 bits."""
    query = key = value = torch.randn(1, 2, 4, 8)
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 2:] = -torch.inf
    layer = SimpleNamespace(layer_idx=0)
    found, _ = attend(layer, query, key, value, mask, scaling=1.0, spans=(128,), blocks=(1, 2))  # type: ignore[arg-type]
    assert found.isfinite().all()
