import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from thaigov_events.annotations import Document
from thaigov_events.annotations.metrics import compare
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.predictor import Predictor, Span
from thaigov_events.models.runtime import OnnxRuntime, open_runtime
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.torch_runtime import TorchRuntime, load_network
from thaigov_events.training.export import export_model


def predictors(run: Path, folder: Path) -> tuple[Predictor, Predictor]:
    network, settings = load_network(run)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    return Predictor(TorchRuntime(network), tokenizer, settings), Predictor(OnnxRuntime(folder), tokenizer, settings)


def test_onnx_states_and_logits_are_those_of_torch(trained_run: Path, fp32: Path, documents: list[Document]) -> None:
    torch_side, onnx_side = predictors(trained_run, fp32)
    for document in documents[:3]:
        tokens = torch_side.tokenizer.encode(document.text)
        for ours, theirs in zip(torch_side.encode([tokens])[0], onnx_side.encode([tokens])[0], strict=True):
            assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.parametrize("count", [2, 5, 60])
def test_onnx_relation_scores_are_those_of_torch(trained_run: Path, fp32: Path, count: int) -> None:
    torch_side, onnx_side = predictors(trained_run, fp32)
    random = np.random.default_rng(count)
    states = random.normal(size=(count * 5, 48)).astype(np.float32)
    spans = [Span(k * 5, k * 5 + int(random.integers(1, 4)), int(random.integers(0, 16))) for k in range(count)]
    pairs = tuple(
        np.array(side) for side in zip(*((a, b) for a in range(count) for b in range(count) if a != b), strict=True)
    )
    ours, theirs = (side.score_pairs(states, spans, pairs) for side in (torch_side, onnx_side))  # type: ignore[arg-type]
    assert np.abs(ours - theirs).max() < 1e-4


def test_int8_finds_what_fp32_finds(int8: Path, documents: list[Document]) -> None:
    settings = ModelSettings.load(int8)
    predictor = Predictor(open_runtime(int8), Tokenizer.load(int8 / "tokenizer.json"), settings)
    result = compare(documents, predictor.predict([(d.id, d.text) for d in documents]), resamples=0)
    assert result.entities.total.f1 > 0.95
    assert settings.record["released"]["entities"]["f1"] == round(result.entities.total.f1, 4)
    assert f"| {result.entities.total.f1:.3f} |" in (int8 / "MODEL_CARD.md").read_text("utf-8")
    sums = (int8 / "SHA256SUMS").read_text()
    assert {line.split()[1] for line in sums.splitlines()} == {p.name for p in int8.iterdir()} - {"SHA256SUMS"}


def test_int8_needs_texts_to_find_its_scales_on(trained_run: Path, tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    alone = tmp_path / "run"
    shutil.copytree(trained_run, alone)
    settings = ModelSettings.load(alone)
    config = settings.record["config"] | {"train": ["gone.jsonl"]}
    replace(settings, record=settings.record | {"config": config}).save(alone)
    with pytest.raises(ValueError, match=r"no text to measure activations on.* export as fp32"):
        export_model(alone, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_windows_may_be_narrower_in_use_than_in_training(trained_run: Path, tmp_path: Path) -> None:
    export_model(trained_run, tmp_path, precision="fp32", window=24, overlap=8)
    narrow, own = ModelSettings.load(tmp_path), ModelSettings.load(trained_run)
    assert (narrow.window, narrow.overlap) == (24, 8) != (own.window, own.overlap)
    assert narrow.record["config"] == own.record["config"], "that of the training"


def test_windows_wider_than_the_encoder_are_refused(trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"window = 4096: .* has places for"):
        export_model(trained_run, tmp_path, window=4096)


def test_an_overlap_as_wide_as_a_window_is_refused(trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="overlap 48 must lie in"):
        export_model(trained_run, tmp_path, overlap=48)


def test_unknown_precisions_are_refused(trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="int4"):
        export_model(trained_run, tmp_path, precision="int4")
