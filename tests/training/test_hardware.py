"""Devices, precisions, and what saves memory or time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from thaigov_events.training import hardware, train  # noqa: E402
from thaigov_events.training.hardware import (  # noqa: E402
    autocast,
    build_scaler,
    checkpoint_layers,
    choose_device,
    fuse_attention,
)
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture
def config(tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "run"), encoder=str(tiny_encoder),
        window=48, overlap=16, epochs=2, batch=4, mention_size=32, precision="fp32",
    )  # fmt: skip


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    taken: list[object] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    return taken


@pytest.mark.parametrize("place", ["", "0", "1"])
def test_each_process_takes_its_own_gpu(two_gpus: list[object], monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    if place:
        monkeypatch.setenv("LOCAL_RANK", place)
    assert choose_device() == torch.device("cuda", int(place or 0))
    assert two_gpus == [torch.device("cuda", int(place or 0))]


def test_more_processes_than_gpus_are_refused(two_gpus: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ValueError, match="LOCAL_RANK = 2: this process sees 2 GPUs"):
        choose_device()


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_are_computed_in_the_precision_that_is_set(precision: str, dtype: object) -> None:
    with autocast(CPU, precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


@pytest.mark.parametrize(
    ("has_bf16", "seconds", "chosen"), [(True, 0.5, "bf16"), (True, 2.0, "fp32"), (False, 0.5, "fp32")]
)
def test_bf16_is_chosen_where_it_is_quicker(
    monkeypatch: pytest.MonkeyPatch, has_bf16: bool, seconds: float, chosen: str
) -> None:
    monkeypatch.setattr(hardware, "_has_bf16", lambda _: has_bf16)
    monkeypatch.setattr(hardware, "time_products", lambda dtype: seconds if dtype == torch.bfloat16 else 1.0)
    hardware.choose_precision.cache_clear()
    before = torch.get_float32_matmul_precision()
    try:
        with autocast(CPU):
            dtype = (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
        hardware.round_products(CPU)
        rounded = torch.get_float32_matmul_precision()
    finally:
        hardware.choose_precision.cache_clear()
        torch.set_float32_matmul_precision(before)
    assert (dtype, rounded) == ((torch.bfloat16, "medium") if chosen == "bf16" else (torch.float32, "highest"))


def test_products_are_timed() -> None:
    assert 0 < hardware.time_products(torch.float32) < 60


def test_fp16_needs_a_gpu(config: TrainConfig) -> None:
    with pytest.raises(ValueError, match='precision = "fp16": needs a CUDA GPU'):
        Trainer(replace(config, precision="fp16"))
    assert not build_scaler(CPU, "auto").is_enabled()


def test_an_unknown_precision_is_refused(config: TrainConfig) -> None:
    with pytest.raises(ValueError, match="precision = 'int8': set one of auto, bf16, fp16, fp32"):
        replace(config, precision="int8")


def test_scaled_losses_change_nothing_and_the_scale_is_resumed(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scales are powers of two, so nothing is rounded; clipping a scaled gradient would show."""
    Trainer(config).run()

    def scale(*_: object) -> object:
        return torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=2)

    monkeypatch.setattr(train, "build_scaler", scale)
    scaled = replace(config, output=str(tmp_path / "scaled"))
    trainer = Trainer(scaled)
    monkeypatch.setattr(trainer, "_finish", lambda output, progress: None)
    epoch = trainer._epoch
    monkeypatch.setattr(trainer, "_epoch", lambda n: epoch(n) if n == 0 else pytest.fail("broken off"))
    with pytest.raises(pytest.fail.Exception):
        trainer.run()
    resumed = Trainer(scaled)
    resumed.run(resume=True)
    # three updates an epoch, and twice as much after each second one
    assert resumed.scaler.get_scale() == 1024.0 * 2**3
    plain, found = (load_file(Path(c.output) / "checkpoint.safetensors") for c in (config, scaled))
    assert plain.keys() == found.keys()
    assert all(torch.equal(plain[name], found[name]) for name in plain)


def compute_gradients(trainer: Trainer) -> dict[str, object]:
    torch.manual_seed(1)
    entity, relation = trainer._losses(trainer.examples[:4], np.random.default_rng(1), predicted=False)
    (entity + relation).backward()
    return {name: p.grad for name, p in trainer.network.named_parameters()}


def test_checkpointed_layers_have_the_same_gradients(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = compute_gradients(Trainer(config))
    trainer = Trainer(replace(config, gradient_checkpointing=True))
    passes: list[object] = []
    trainer.network.encoder.encoder.layer[0].attention.register_forward_hook(lambda *_: passes.append(1))
    found = compute_gradients(trainer)
    assert len(passes) == 2, "once forward, and once again for the gradients"
    assert plain.keys() == found.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-7)


def test_fused_attention_has_the_same_gradients(config: TrainConfig) -> None:
    config = replace(config, dropout=0.0)
    fused, plain = Trainer(config), Trainer(config)
    plain.network.encoder.set_attn_implementation("eager")
    expected, found = compute_gradients(plain), compute_gradients(fused)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


def test_attention_is_fused_in_fp32_alone(config: TrainConfig) -> None:
    encoder = Trainer(replace(config, precision="bf16")).network.encoder
    assert encoder.config._attn_implementation == "eager"
    fuse_attention(encoder, torch.device("cuda"), "fp32")
    assert encoder.config._attn_implementation == "eager"
    fuse_attention(encoder, CPU, "fp32")
    assert encoder.config._attn_implementation == "sdpa"
    encoder.config._attn_implementation = "blocks"
    fuse_attention(encoder, CPU, "fp32")
    assert encoder.config._attn_implementation == "blocks"


def test_an_encoder_that_cannot_checkpoint_is_refused(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Trainer(config).network.encoder
    monkeypatch.setattr(type(encoder), "supports_gradient_checkpointing", False)
    with pytest.raises(ValueError, match=r"gradient_checkpointing = true: .* bert; leave it out"):
        checkpoint_layers(encoder)


@pytest.mark.slow
def test_a_compiled_network_trains_alike(config: TrainConfig) -> None:
    config = replace(config, dropout=0.0, mask_share=0.0)
    plain, compiled = (
        Trainer(replace(config, compile=compile, output=f"{config.output}-{compile}")) for compile in (False, True)
    )
    expected, found = compute_gradients(plain), compute_gradients(compiled)
    assert expected.keys() == found.keys(), "names in checkpoints stay"
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5)
    compiled.network.zero_grad()
    compiled.run()
    assert load_file(Path(compiled.config.output) / "model.safetensors").keys() == plain.averaged.state_dict().keys()
