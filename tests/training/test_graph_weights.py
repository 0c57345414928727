"""Weights that torch reads from an exported model's graphs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from thaigov_events.annotations import Document  # noqa: E402
from thaigov_events.annotations.corpus import read_corpus  # noqa: E402
from thaigov_events.annotations.metrics import compare  # noqa: E402
from thaigov_events.models import torch_runtime  # noqa: E402
from thaigov_events.models.bundle import ModelSettings, released_folder  # noqa: E402
from thaigov_events.models.predictor import Predictor  # noqa: E402
from thaigov_events.models.runtime import ENCODER, RELATIONS, OnnxRuntime, open_runtime  # noqa: E402
from thaigov_events.models.tokenizer import load_tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime, load_network  # noqa: E402
from thaigov_events.training.export import export_graphs, export_model  # noqa: E402
from thaigov_events.training.outliers import split_outliers  # noqa: E402
from thaigov_events.training.pruning import prune_run  # noqa: E402
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402


def copy_without(model: Path, name: str, target: Path) -> Path:
    shutil.copytree(model, target)
    (target / name).unlink()
    return target


def test_an_fp32_model_has_the_weights_of_its_run(trained_run: Path, fp32: Path) -> None:
    run, model = (load_network(folder)[0].state_dict() for folder in (trained_run, fp32))
    assert run.keys() == model.keys()
    for name, tensor in run.items():
        torch.testing.assert_close(model[name], tensor, rtol=0, atol=1e-6, msg=name)


def test_an_int8_model_has_them_up_to_rounding(trained_run: Path, int8: Path) -> None:
    """Biases alone stray further, since they are corrected by what rounding shifts."""
    run, model = (load_network(folder)[0].state_dict() for folder in (trained_run, int8))
    for name, tensor in run.items():
        assert model[name].shape == tensor.shape
        if name.endswith("weight") and tensor.ndim == 2:
            assert (model[name] - tensor).norm() < 0.02 * tensor.norm(), name


def test_torch_finds_what_the_int8_graphs_find(int8: Path, documents: list[Document]) -> None:
    network, settings = load_network(int8)
    predictor = Predictor(TorchRuntime(network), load_tokenizer(int8), settings)
    result = compare(documents, predictor.predict([(d.id, d.text) for d in documents]), resamples=0)
    assert result.entities.total.f1 > 0.95 and result.relations.total.f1 > 0.9


def test_copies_of_units_become_one_again(trained_run: Path, fp32: Path, tmp_path: Path) -> None:
    network, _ = load_network(trained_run)
    expected = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    random = np.random.default_rng(0)
    batches = [(random.integers(5, 50, (1, 40)), np.ones((1, 40), dtype=np.int64))]
    split_outliers(network, batches, copies=9)
    model = copy_without(fp32, ENCODER, tmp_path / "model")
    export_graphs(network, model)
    for name, tensor in load_network(model)[0].state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-6, msg=name)


def test_a_model_that_lost_heads_is_read(trained_run: Path, documents: list[Document], tmp_path: Path) -> None:
    prune_run(trained_run, tmp_path / "pruned", keep=5)
    export_model(tmp_path / "pruned", tmp_path / "model", precision="fp32")
    run, model = (load_network(tmp_path / name)[0] for name in ("pruned", "model"))
    assert sum(model.config.heads) == 5
    batch = [(np.full((1, 20), 7), np.ones((1, 20), dtype=np.int64))]
    for ours, theirs in zip(TorchRuntime(run).encode(batch)[0], TorchRuntime(model).encode(batch)[0], strict=True):
        assert np.abs(ours - theirs).max() < 1e-5


def test_training_goes_on_from_a_model_and_says_so(fp32: Path, tmp_path: Path) -> None:
    config = ModelSettings.load(fp32).record["config"]
    own = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
    started = replace(TrainConfig(**own), start=str(fp32), output=str(tmp_path / "run"), epochs=1, encoder_rate=1e-6)
    trainer = Trainer(started)
    for name, tensor in load_network(fp32)[0].state_dict().items():
        assert torch.equal(trainer.network.state_dict()[name], tensor), name
    result = trainer.run()
    assert result.entities.total.f1 > 0.9, "it knew them before"
    assert str(fp32) in ModelSettings.load(tmp_path / "run").record["runs"]


def test_graphs_that_name_no_weights_are_refused(fp32: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(fp32, model)
    graph = onnx.load(model / RELATIONS)
    for node in graph.graph.node:
        node.input[:] = ["renamed" if name == "span.weight" else name for name in node.input]
    for table in graph.graph.initializer:
        table.name = "renamed" if table.name == "span.weight" else table.name
    onnx.save(graph, model / RELATIONS)
    with pytest.raises(ValueError, match=r"model: its graphs do not name relations\.span\.weight; take the folder"):
        load_network(model)


def test_graphs_of_another_shape_are_refused(fp32: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(fp32, model)
    config = json.loads((model / "config.json").read_text("utf-8"))
    (model / "config.json").write_text(json.dumps(config | {"intermediate_size": 64}), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"intermediate\.dense\.bias is \[96\] in its graph, \[64\] by its config\.json"
    ):
        load_network(model)


@pytest.mark.parametrize("name", ["config.json", ENCODER])
def test_a_model_that_lacks_a_file_is_named(fp32: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"model: no weights and config\.json here"):
        load_network(copy_without(fp32, name, tmp_path / "model"))


def test_without_onnx_the_mend_is_told(fp32: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_runtime, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"graphs onnx is needed; install it by pip install"):
        load_network(fp32)


def test_torch_reads_the_released_model() -> None:
    """It finds in invented articles what the int8 graphs find, but for a few doubtful mentions."""
    folder = released_folder()
    articles = [(d.id, d.text) for d in read_corpus(Path("annotations/samples.jsonl"))[:3]]
    settings, tokenizer = ModelSettings.load(folder), load_tokenizer(folder)
    torch_side = Predictor(open_runtime(folder, backend="torch", device="cpu"), tokenizer, settings)
    onnx_side = Predictor(OnnxRuntime(folder), tokenizer, settings)
    result = compare(list(onnx_side.predict(articles)), torch_side.predict(articles), resamples=0)
    assert result.entities.total.f1 > 0.96 and result.relations.total.f1 > 0.9
