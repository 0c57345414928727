import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from thaigov_events.annotations import Document  # noqa: E402
from thaigov_events.annotations.metrics import compare  # noqa: E402
from thaigov_events.inference.cli import main  # noqa: E402
from thaigov_events.models.predictor import Predictor  # noqa: E402
from thaigov_events.models.tokenizer import Tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime, load_network  # noqa: E402
from thaigov_events.training.export import export_model  # noqa: E402
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402


def test_a_tiny_network_learns_ten_documents_by_heart(trained_run: Path, documents: list[Document]) -> None:
    network, settings = load_network(trained_run)
    predictor = Predictor(
        TorchRuntime(network), Tokenizer.load(trained_run / "tokenizer.json"), settings, batch_tokens=200
    )
    result = compare(documents, predictor.predict([(d.id, d.text) for d in documents]), resamples=0)
    assert result.entities.total.f1 == 1.0
    assert result.relations.total.f1 == 1.0


def test_the_record_tells_how_the_run_went(trained_run: Path) -> None:
    record = json.loads((trained_run / "settings.json").read_text("utf-8"))["record"]
    assert record["dev"]["entities"]["f1"] == 1.0
    assert record["config"]["epochs"] == 40
    assert len(record["history"]) == 40
    assert all(len(value) == 64 for value in record["data"].values())


@pytest.fixture
def short(tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "whole"), encoder=str(tiny_encoder),
        window=48, overlap=16, epochs=3, batch=4, accumulate=2, mention_size=32,
    )  # fmt: skip


@pytest.mark.parametrize("change", [{}, {"sequence": True, "augmented": 0.7}])
def test_a_resumed_run_ends_as_an_unbroken_one(
    short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, bool | float]
) -> None:
    short = replace(short, **change)  # type: ignore[arg-type]
    Trainer(short).run()
    broken = replace(short, output=str(tmp_path / "broken"))
    trainer = Trainer(broken)
    epoch = trainer._epoch

    def fail_in_third(number: int) -> tuple[float, float]:
        if number == 2:
            raise KeyboardInterrupt
        return epoch(number)

    monkeypatch.setattr(trainer, "_epoch", fail_in_third)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    Trainer(broken).run(resume=True)
    whole, resumed = (load_file(Path(c.output) / "checkpoint.safetensors") for c in (short, broken))
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_resuming_nothing_is_an_error(short: TrainConfig) -> None:
    with pytest.raises(FileNotFoundError, match="without --resume"):
        Trainer(short).run(resume=True)


@pytest.mark.parametrize(
    "wrong", [{"train": ()}, {"dropout": 1.5}, {"epochs": 0}, {"adversarial": 0.03, "compile": True}]
)
def test_senseless_settings_are_refused(short: TrainConfig, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(short, **wrong)  # type: ignore[arg-type]


def test_a_corpus_in_columns_trains_with_its_own_labels(tiny_encoder: Path, tmp_path: Path) -> None:
    lines = [f"ครู{n}\tB-WHO\n ที่\tO\n บ้าน\tB-PLACE\nเลข {n}\tI-PLACE\n\n" for n in range(10, 22)]
    (tmp_path / "train.conll").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "dev.conll").write_text(lines[3], encoding="utf-8")
    config = TrainConfig(
        train=(str(tmp_path / "train.conll"),), dev=str(tmp_path / "dev.conll"), output=str(tmp_path / "run"),
        encoder=str(tiny_encoder), window=48, overlap=16, epochs=20, batch=4, bucket=2, sequence=True,
        encoder_rate=3e-3, head_rate=3e-3, dropout=0.0, mask_share=0.0, mention_size=32, average=0.5, patience=20,
    )  # fmt: skip
    trainer = Trainer(config)
    result = trainer.run()
    assert result.entities.total.f1 == 1.0
    assert set(result.entities.by_label) == {"WHO", "PLACE"}
    assert load_network(tmp_path / "run")[1].schema.entity_names == ("PLACE", "WHO")
    exported = export_model(tmp_path / "run", tmp_path / "model", precision="fp32")
    assert exported and exported.entities.total.f1 == 1.0
    assert main(["evaluate", str(tmp_path / "dev.conll"), "--model", str(tmp_path / "model"), "-o", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["entities"]["f1"] == 1.0


def test_a_limit_takes_documents_by_the_seed(short: TrainConfig) -> None:
    few = [{e.id for e in Trainer(replace(short, limit=4, seed=seed)).examples} for seed in (1, 1, 2)]
    assert few[0] == few[1] != few[2]
    assert [len(ids) for ids in few] == [4, 4, 4]
