"""Rounds of annotation with a tiny network: data, decision, swap, and going on after a break at any step."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from thaigov_events.annotations import CorpusError, Document, Schema, read_corpus, write_corpus
from thaigov_events.annotations.files import read_lines
from thaigov_events.annotations.labelling_count import Submitted
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.version import name_version
from thaigov_events.training import rounds as module
from thaigov_events.training.config import read_config
from thaigov_events.training.export import export_model
from thaigov_events.training.rounds import Round, RoundConfig, format_record, leave_out
from thaigov_events.training.train_config import TrainConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def exported(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that is in use before the first round."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    export_model(trained_run, folder, precision="fp32")
    return folder


@pytest.fixture
def config(
    documents: list[Document], trained_run: Path, tiny_encoder: Path, exported: Path, tmp_path: Path
) -> RoundConfig:
    """Ten documents: six were learnt from before, four are the development set; eight were corrected."""
    shutil.copytree(exported, tmp_path / "model")
    write_corpus(tmp_path / "train.jsonl", documents[:6])
    write_corpus(tmp_path / "dev.jsonl", documents[6:])
    (tmp_path / "pulled").mkdir()
    worse = replace(documents[1], relations=documents[1].relations[:2])
    write_corpus(tmp_path / "pulled" / "annotator-1.jsonl", [documents[0], worse, documents[2], documents[6]])
    write_corpus(tmp_path / "pulled" / "annotator-2.jsonl", [replace(documents[2], entities=(), relations=())])
    (tmp_path / "training.toml").write_text(
        f'train = ["{tmp_path}/train.jsonl"]\ndev = "{tmp_path}/dev.jsonl"\noutput = "unused"\n'
        f'encoder = "{tiny_encoder}"\nstart = "{trained_run}"\nwindow = 48\noverlap = 16\nepochs = 2\nbatch = 4\n'
        "mention_size = 32\ndropout = 0.0\nmask_share = 0.0\nencoder_rate = 1e-5\nhead_rate = 1e-5\naverage = 0.5\n"
    )
    Submitted().add([1, 2, 3]).save(tmp_path / "count.json")
    return RoundConfig(
        pulled=str(tmp_path / "pulled"), training=str(tmp_path / "training.toml"), model=str(tmp_path / "model"),
        output=str(tmp_path / "rounds"), count=str(tmp_path / "count.json"), precision="fp32",
    )  # fmt: skip


@pytest.fixture
def quick_export(exported: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Instead of an export, which takes its time, a copy of the model in use under another version."""

    def copy(run: Path, output: Path, *, precision: str, **change: Any) -> None:
        output.mkdir()
        for path in exported.iterdir():
            if path.name != "SHA256SUMS":
                shutil.copy(path, output)
        replace(ModelSettings.load(output), **change).save(output)
        (output / "SHA256SUMS").write_text(f"{run} {precision} {change}\n")

    monkeypatch.setattr(module, "export_model", copy)
    return copy


def test_a_round_learns_swaps_and_tells(config: RoundConfig, tmp_path: Path) -> None:
    before = name_version(Path(config.model))
    record = Round(config).run()
    assert record is not None
    counts = record["counts"]
    assert (counts["corrected"], counts["base"], counts["replaced"], counts["dev"]) == (2, 4, 2, 4)
    assert (counts["disputed"], counts["held_out"]) == (["made-2"], ["made-6"])
    folder = tmp_path / "rounds" / "round-001"
    assert {d.id for d in read_corpus(folder / "base.jsonl")} == {f"made-{n}" for n in (2, 3, 4, 5)}
    assert len(read_corpus(folder / "corrected.jsonl")[1].relations) == 2, "the annotator's version, not the old one"
    # a warm start: after two gentle epochs the tiny network still knows what it knew
    assert record["old"]["mean"] == record["new"]["mean"] == 1.0
    assert record["swap"], "a tie swaps"
    assert name_version(Path(config.model)) == record["new"]["version"] != before == record["old"]["version"]
    assert name_version(Path(record["kept"])) == before
    assert read_lines(tmp_path / "rounds" / "rounds.jsonl") == [record]
    assert record["new"]["version"] in format_record(record)
    assert len(Submitted.load(Path(config.count))) == 0, "counted anew"
    assert len(Submitted.load(folder / "count.json")) == 3
    assert not (folder / "run" / "checkpoint.safetensors").exists()
    assert Round(config).run() is None, "nothing new"


@pytest.mark.usefixtures("quick_export")
def test_rounds_follow_one_another(config: RoundConfig, documents: list[Document]) -> None:
    record = Round(config).run()
    assert record is not None and record["swap"]
    write_corpus(Path(config.pulled) / "annotator-2.jsonl", [documents[2], documents[3]])
    second = Round(config).run()
    assert second is not None and second["round"] == 2
    assert second["start"] == record["run"], "the next round starts from the run that won"
    assert second["counts"]["corrected"] == 4


def test_a_worse_model_is_not_put_in_use(
    config: RoundConfig, quick_export: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = {"thresholds": dict.fromkeys(Schema.load().relation_names, 2.0)}  # it finds no relation
    monkeypatch.setattr(module, "export_model", partial(quick_export, **blind))
    before = name_version(Path(config.model))
    record = Round(config).run()
    assert record is not None and not record["swap"]
    assert (record["old"]["mean"], record["new"]["entities"], record["new"]["mean"]) == (1.0, 1.0, 0.5)
    assert name_version(Path(config.model)) == before and record["kept"] == ""
    assert "the old model stays" in format_record(record)
    following, training = Round(config), read_config(Path(config.training), TrainConfig)
    assert following.number == 2
    assert following._find_start(training) == training.start, "not from the run that lost"


@pytest.mark.usefixtures("quick_export")
def test_a_round_goes_on_from_wherever_it_was_killed(config: RoundConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of a round fails once just after its work is done, and once before it begins."""
    before = name_version(Path(config.model))
    for name in ("_write_json", "write_corpus", "gather_corrections", "export_model", "measure_model", "swap_folder"):
        for late in (False, True):
            run_broken(config, monkeypatch, name, late=late)
    run_broken(config, monkeypatch, "_write_lines", late=False)
    record = Round(config).run()
    assert record is not None and record["swap"] and record["round"] == 1
    assert record["old"]["version"] == before
    assert name_version(Path(record["kept"])) == before
    assert read_lines(Path(config.output) / "rounds.jsonl") == [record]


class KilledError(BaseException):
    """Stands for the end of the process."""


def run_broken(config: RoundConfig, monkeypatch: pytest.MonkeyPatch, name: str, *, late: bool) -> None:
    """Run until the function `name` is called, or the round would write its record."""
    own: Callable[..., Any] = getattr(module, name)

    def fail(*arguments: Any, **named: Any) -> None:
        if late:
            own(*arguments, **named)
        raise KilledError

    def stop(*arguments: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write_lines", stop)
        patch.setattr(module, name, fail)
        with pytest.raises(KilledError):
            Round(config).run()


@pytest.mark.usefixtures("quick_export")
def test_the_plan_is_frozen(config: RoundConfig, monkeypatch: pytest.MonkeyPatch, documents: list[Document]) -> None:
    run_broken(config, monkeypatch, "export_model", late=False)
    write_corpus(Path(config.pulled) / "annotator-1.jsonl", documents[:5])
    path = Path(config.training)
    path.write_text(path.read_text().replace("epochs = 2", "epochs = 3"))
    record = Round(config).run()
    assert record is not None and record["counts"]["corrected"] == 2
    plan = json.loads((Path(config.output) / "round-001" / "plan.json").read_text())
    assert plan["training"]["epochs"] == 2


def test_bad_corrections_stop_a_round_before_anything_is_trained(config: RoundConfig) -> None:
    (Path(config.pulled) / "annotator-1.jsonl").write_text("{\n")
    with pytest.raises(CorpusError, match=r"annotator-1\.jsonl:1"):
        Round(config).run()
    assert not (Path(config.output) / "round-001" / "plan.json").exists()
    assert len(Submitted.load(Path(config.count))) == 3


def test_without_a_model_in_use_the_mend_is_told(config: RoundConfig) -> None:
    shutil.rmtree(config.model)
    with pytest.raises(FileNotFoundError, match="make export"):
        Round(config).run()


def test_an_id_may_not_stand_for_two_texts(documents: list[Document]) -> None:
    with pytest.raises(ValueError, match=r"document made-0: .*rename"):
        leave_out(documents, [replace(documents[1], id="made-0")])


def test_the_configuration_that_comes_along_is_sound() -> None:
    config = read_config(ROOT / "training" / "rounds.toml", RoundConfig)
    training = read_config(ROOT / config.training, TrainConfig)
    assert training.start, "a warm start"
