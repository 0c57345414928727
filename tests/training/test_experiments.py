"""Families of experiments: each run once, its figures kept, a table made of them."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from thaigov_events.annotations.files import read_lines
from thaigov_events.training.config import ConfigError
from thaigov_events.training.experiments import Experiment, format_table, run_experiment, run_key


@pytest.fixture
def experiment(tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(
        f'train = ["{corpus_file}"]\ndev = "{corpus_file}"\noutput = "{tmp_path}/runs"\nencoder = "{tiny_encoder}"\n'
        "window = 48\noverlap = 16\nepochs = 1\nmention_size = 32\n"
    )
    path = tmp_path / "levers.toml"
    path.write_text(
        f'base = "{tmp_path}/base.toml"\nseeds = [1, 2]\n[[variants]]\nname = "as it is"\n'
        '[[variants]]\nname = "few documents"\nchange = { limit = 3 }\n'
    )
    return path


def test_runs_are_kept_and_not_repeated(experiment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_experiment(experiment)
    lines = read_lines(experiment.with_suffix(".jsonl"))
    assert [(line["variant"], line["seed"], line["documents"]) for line in lines] == [
        ("as it is", 1, 10), ("few documents", 1, 3), ("as it is", 2, 10), ("few documents", 2, 3),
    ]  # fmt: skip
    assert len({line["key"] for line in lines}) == 4
    assert not list((experiment.parent / "runs").iterdir()), "weights are not kept"
    capsys.readouterr()
    run_experiment(experiment)
    assert capsys.readouterr().out == ""
    assert read_lines(experiment.with_suffix(".jsonl")) == lines


def test_the_table_compares_with_the_first_variant_on_the_same_seeds(experiment: Path) -> None:
    loaded = Experiment.load(experiment)
    runs = list(loaded.configs())
    figures = [(0.8, 0.5), (0.7, 0.4), (0.82, 0.52)]
    lines = [
        {"key": run_key(config), "variant": name, "seed": config.seed, "entities": e, "relations": r}
        for (name, config), (e, r) in zip(runs, figures, strict=False)
    ]
    table = format_table(loaded, [*lines, {"key": "of another time", "variant": "as it is"}])
    assert "| as it is | 2 | 0.8100 ± 0.0141 | 0.5100 ± 0.0141 |  |  |" in table
    assert "| few documents | 1 | 0.7000 | 0.4000 | -0.1000 | -0.1000 |" in table


def test_a_run_is_new_when_its_data_or_its_settings_are(experiment: Path, corpus_file: Path) -> None:
    (_, config), (_, other) = list(Experiment.load(experiment).configs())[:2]
    assert run_key(config) != run_key(other)
    before = run_key(config)
    content = corpus_file.read_text("utf-8")
    corpus_file.write_text(content + "\n", "utf-8")
    try:
        assert run_key(config) != before
    finally:
        corpus_file.write_text(content, "utf-8")


@pytest.mark.parametrize("text", ["", "base = 'x.toml'", "seeds = 3", "["])
def test_an_incomplete_file_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "levers.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"levers\.toml"):
        Experiment.load(path)
