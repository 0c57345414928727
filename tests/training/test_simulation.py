"""Simulated annotation with a tiny network, and what is made of its results."""

import shutil
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from thaigov_events.annotations.effort import Effort
from thaigov_events.annotations.files import read_lines
from thaigov_events.training.config import ConfigError, read_config
from thaigov_events.training.simulation import Simulation, load_pool, run_simulation
from thaigov_events.training.simulation_table import draw_curves, find_needs, format_table
from thaigov_events.training.train import Trainer
from thaigov_events.training.train_config import TrainConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(
        f'train = ["{corpus_file}"]\ndev = "{corpus_file}"\noutput = "{tmp_path}/runs"\nencoder = "{tiny_encoder}"\n'
        "window = 48\noverlap = 16\nepochs = 1\nmention_size = 32\nencoder_rate = 3e-3\nhead_rate = 3e-3\n"
    )
    path = tmp_path / "simulation.toml"
    path.write_text(
        f'base = "{tmp_path}/base.toml"\norders = ["random", "active"]\nseeds = [3]\n'
        "[[steps]]\narticles = 3\nchange = { epochs = 2 }\n[[steps]]\narticles = 5\n[[steps]]\narticles = 8\n"
    )
    return path


def test_a_simulation_goes_on_from_wherever_it_broke_off(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[TrainConfig] = []
    run = Trainer.run

    def count(trainer: Trainer, *, resume: bool = False) -> Any:
        if len(trained) == 3:
            monkeypatch.setattr(Trainer, "run", run)
            raise KeyboardInterrupt
        trained.append(trainer.config)
        return run(trainer, resume=resume)

    monkeypatch.setattr(Trainer, "run", count)
    with pytest.raises(KeyboardInterrupt):
        run_simulation(study)
    results = study.with_suffix(".jsonl")
    broken = read_lines(results)
    assert [(line["order"], line["articles"]) for line in broken] == [
        ("random", 3), ("random", 5), ("random", 8), ("active", 3),
    ]  # fmt: skip
    assert [config.start for config in trained] == ["", trained[0].output, trained[1].output], "warm starts"
    assert [config.epochs for config in trained] == [2, 1, 1]
    run_simulation(study)
    lines = read_lines(results)
    assert lines[:4] == broken
    assert [(line["order"], line["articles"]) for line in lines[4:]] == [("active", 5), ("active", 8)]
    random, active = ([line for line in lines if line["order"] == order] for order in ("random", "active"))
    assert [random[0][name] for name in ("entities", "relations", "marks")] == [
        active[0][name] for name in ("entities", "relations", "marks")
    ], "the first step is the same"
    marks = {d.id: len(d.entities) + len(d.relations) for d in load_pool(Simulation.load(study))}
    assert random[0]["effort"]["spans"] + random[0]["effort"]["links"] == random[1]["marks"] - random[0]["marks"]
    assert random[0]["marks"] == 3 * next(iter(marks.values()))
    assert "effort" not in random[-1]
    assert "random: proposals saved" in format_table(lines)
    shutil.rmtree(study.parent / "runs")
    run_simulation(study)
    assert read_lines(results) == lines, "what is done is not run again"


def test_a_step_is_new_when_what_decides_it_is(study: Path) -> None:
    def list_keys() -> list[list[str]]:
        return [chain.list_keys() for chain in Simulation.load(study).chains()]

    before = list_keys()
    assert len({key for keys in before for key in keys}) == 6, "each order has its own"
    study.write_text(study.read_text().replace("articles = 8", "articles = 9"))
    for old, new in zip(before, list_keys(), strict=True):
        assert [a == b for a, b in zip(old, new, strict=True)] == [True, False, False], "the second corrects others"
    study.write_text("warm = false\n" + study.read_text())
    assert not {key for keys in before for key in keys} & {key for keys in list_keys() for key in keys}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"active"', '"best"', "unknown order 'best'"),
        ("articles = 8", "articles = 4", "more than the one before"),
        ("seeds = [3]", "seeds = []", "at least one seed"),
        ("[[steps]]", "[[stages]]", "steps"),
        ("base.toml", "absent.toml", "needs base"),
    ],
)
def test_an_incomplete_file_is_an_error(study: Path, old: str, new: str, told: str) -> None:
    study.write_text(study.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=told) as caught:
        Simulation.load(study)
    assert "simulation.toml" in str(caught.value)


def test_a_pool_that_is_too_small_is_an_error(study: Path) -> None:
    study.write_text(study.read_text().replace("articles = 8", "articles = 80"))
    with pytest.raises(ConfigError, match="80 articles of 10"):
        run_simulation(study)


def test_a_pool_may_be_part_of_the_articles(study: Path) -> None:
    whole = [chain.list_keys() for chain in Simulation.load(study).chains()]
    study.write_text("pool = 8\n" + study.read_text().replace('["random", "active"]', '["active"]'))
    simulation = Simulation.load(study)
    (chain,) = simulation.chains()
    pool = load_pool(simulation)
    last = list(chain.run(pool))[-1]
    drawn = [pool[k] for k in np.random.default_rng(3).permutation(len(pool))[:8]]
    assert last["marks"] == sum(len(d.entities) + len(d.relations) for d in drawn), "all eight were taken"
    assert chain.list_keys() not in whole


def test_a_pool_smaller_than_the_last_step_is_an_error(study: Path) -> None:
    study.write_text("pool = 7\n" + study.read_text())
    with pytest.raises(ConfigError, match="pool = 7: the last step takes 8 articles"):
        Simulation.load(study)


def points(order: str, *scores: tuple[int, int, float]) -> list[dict[str, Any]]:
    return [
        {"order": order, "seed": 1, "articles": articles, "marks": marks, "entities": f1, "relations": f1}
        for articles, marks, f1 in scores
    ]


RANDOM = points("random", (20, 200, 0.2), (40, 400, 0.4), (80, 800, 0.6), (160, 1600, 0.9))
ACTIVE = points("active", (20, 200, 0.2), (40, 600, 0.6), (80, 1200, 0.8))


def test_needs_are_read_between_the_steps() -> None:
    half, best, never = find_needs([*RANDOM, *ACTIVE], "active")
    assert half.articles == 40
    assert half.article_share == pytest.approx(30 / 40)
    assert half.mark_share == pytest.approx(400 / 400)
    assert (best.article_share, best.mark_share) == (pytest.approx(40 / 80), pytest.approx(600 / 800))
    assert never.article_share == inf
    table = format_table([*RANDOM, *ACTIVE])
    assert "40: 75%, 80: 50%, 160: not reached; in the middle 75% of the articles, 100% of" in table
    assert "| active | 40 | 1 | 600 | 0.6000 | 0.6000 | 0.6000 |" in table


def test_the_table_gives_means_over_seeds_and_the_effort() -> None:
    effort = {"spans": 10, "links": 5, "spans_accepted": 8, "links_accepted": 1, "keys": 20, "keys_unaided": 40}
    lines = [line | {"effort": effort} for line in points("random", (20, 100, 0.5), (20, 300, 0.7))]
    assert set(effort) == set(Effort.__slots__)
    table = format_table(lines)
    assert "| random | 20 | 2 | 200 | 0.6000 | 0.6000 | 0.6000 | 50.0% | 80.0% | 20.0% |" in table
    assert "saved 50.0% of 80 keystrokes" in table
    assert format_table([]).count("\n") == 2


def test_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw_curves([*RANDOM, *ACTIVE], tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").read_text("utf-8").count("<svg") == 1


@pytest.mark.parametrize(("name", "sizes"), [("simulation", [20, 60, 120]), ("simulation-small", [20, 60, 120, 200])])
def test_the_studies_that_come_along_are_sound(name: str, sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    simulation = Simulation.load(Path(f"training/studies/{name}.toml"))
    assert [step.articles for step in simulation.steps] == sizes
    read_config(ROOT / "training" / "configs" / f"{name}.toml", TrainConfig)
