"""The mean of runs' weights."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from safetensors.torch import load_file, save_file

from thaigov_events.models.bundle import ModelSettings
from thaigov_events.training.averaging import average_runs
from thaigov_events.training.card import write_card
from thaigov_events.training.record import file_hash

WEIGHTS = "model.safetensors"


@pytest.fixture
def moved(trained_run: Path, tmp_path: Path) -> Path:
    """A run whose weights all lie a hundredth above those of `trained_run`."""
    run = tmp_path / "moved"
    shutil.copytree(trained_run, run)
    save_file({name: tensor + 0.01 for name, tensor in load_file(run / WEIGHTS).items()}, run / WEIGHTS)
    return run


def test_weights_are_the_mean_and_thresholds_fitted_to_them(trained_run: Path, moved: Path, tmp_path: Path) -> None:
    output = tmp_path / "mean"
    written = json.loads((moved / "settings.json").read_text("utf-8"))
    written["record"]["runs"] = {"runs/teacher": "5a" * 32}
    (moved / "settings.json").write_text(json.dumps(written), encoding="utf-8")
    result = average_runs([trained_run, moved], output)
    before, after = load_file(trained_run / WEIGHTS), load_file(output / WEIGHTS)
    assert before.keys() == after.keys()
    assert all(torch.allclose(after[name], before[name] + 0.005, atol=1e-6) for name in after)
    settings, own = ModelSettings.load(output), ModelSettings.load(trained_run)
    assert settings.record["dev"]["entities"]["f1"] == round(result.entities.total.f1, 4)
    assert settings.record["config"] == own.record["config"]
    hashes = {str(run): file_hash(run / WEIGHTS) for run in (trained_run, moved)}
    assert settings.record["runs"] == {"runs/teacher": "5a" * 32, **hashes}
    shutil.copy(trained_run / "tokenizer.json", output)
    write_card(output, name="mean", precision="fp32")
    assert f"mean of those of `{trained_run}` and `{moved}`" in (output / "MODEL_CARD.md").read_text("utf-8")


def test_a_run_weighs_as_often_as_it_is_named(trained_run: Path, moved: Path, tmp_path: Path) -> None:
    output = tmp_path / "mean"
    runs = [trained_run, trained_run, trained_run, moved]
    average_runs(runs, output)
    before, after = load_file(trained_run / WEIGHTS), load_file(output / WEIGHTS)
    assert all(torch.allclose(after[name], before[name] + 0.0025, atol=1e-6) for name in after)
    assert ModelSettings.load(output).record["averaged"] == [str(run) for run in runs]


def test_one_run_is_no_mean(trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least two different runs"):
        average_runs([trained_run, trained_run], tmp_path / "mean")


def test_runs_of_another_tokenizer_are_refused(trained_run: Path, moved: Path, tmp_path: Path) -> None:
    values = json.loads((moved / "tokenizer.json").read_text("utf-8"))
    (moved / "tokenizer.json").write_text(json.dumps(values | {"version": "2.0"}), "utf-8")
    with pytest.raises(ValueError, match=r"moved: has another schema, tokenizer or shape"):
        average_runs([moved, trained_run], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_runs_whose_layers_see_other_stretches_are_refused(trained_run: Path, moved: Path, tmp_path: Path) -> None:
    settings = ModelSettings.load(moved)
    layers = json.loads((moved / "config.json").read_text("utf-8"))["num_hidden_layers"]
    replace(settings, network=settings.network | {"local_attention": [128] * layers}).save(moved)
    with pytest.raises(ValueError, match=r"moved: has another schema, tokenizer or shape"):
        average_runs([moved, trained_run], tmp_path / "mean")


def test_without_the_development_set_there_is_no_mean(trained_run: Path, moved: Path, tmp_path: Path) -> None:
    settings = ModelSettings.load(moved)
    config = settings.record["config"] | {"dev": "gone.jsonl"}
    replace(settings, record=settings.record | {"config": config}).save(moved)
    with pytest.raises(FileNotFoundError, match="moved: its development set is not here"):
        average_runs([trained_run, moved], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
