from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from thaigov_events.annotations import Document
from thaigov_events.annotations.metrics import compare
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.predictor import Predictor, Span
from thaigov_events.models.runtime import OnnxRuntime
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.torch_runtime import TorchRuntime, load_network
from thaigov_events.training.export import export_model


@pytest.fixture(scope="module")
def fp32(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fp32")
    export_model(trained_run, folder, precision="fp32")
    return folder


def predictors(run: Path, folder: Path) -> tuple[Predictor, Predictor]:
    network, settings = load_network(run)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    return Predictor(TorchRuntime(network), tokenizer, settings), Predictor(OnnxRuntime(folder), tokenizer, settings)


def test_onnx_states_and_logits_are_those_of_torch(trained_run: Path, fp32: Path, documents: list[Document]) -> None:
    torch_side, onnx_side = predictors(trained_run, fp32)
    for document in documents[:3]:
        tokens = torch_side.tokenizer.encode(document.text)
        for ours, theirs in zip(torch_side.encode(tokens), onnx_side.encode(tokens), strict=True):
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


def test_int8_finds_what_fp32_finds(trained_run: Path, documents: list[Document], tmp_path: Path) -> None:
    released = export_model(trained_run, tmp_path, precision="int8")
    settings = ModelSettings.load(tmp_path)
    predictor = Predictor(OnnxRuntime(tmp_path), Tokenizer.load(tmp_path / "tokenizer.json"), settings)
    result = compare(documents, predictor.predict([(d.id, d.text) for d in documents]), resamples=0)
    assert result.entities.total.f1 > 0.95
    assert released is not None
    assert released.entities.total == result.entities.total
    assert f"| {result.entities.total.f1:.3f} |" in (tmp_path / "MODEL_CARD.md").read_text("utf-8")
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert {line.split()[1] for line in sums.splitlines()} == {p.name for p in tmp_path.iterdir()} - {"SHA256SUMS"}


def test_unknown_precisions_are_refused(trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="int4"):
        export_model(trained_run, tmp_path, precision="int4")
