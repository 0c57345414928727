"""Rounds of annotation: learn from what was corrected, and put the new model in use if it is not worse.

    python -m thaigov_events.training.rounds ROUND.toml

A round has a folder of its own. Each step leaves a file there that is written whole or not at all, so a round that was
killed at any moment goes on from its last step when the command is given again:

    base.jsonl, corrected.jsonl, plan.json   what is learnt from, frozen; hashes, counts and settings
    run/                                     the training run, with a warm start
    model/                                   its export
    scores.json                              the model in use and the new one on the development set, and the decision

Then the model's folder is swapped, if that was the decision, and a line is added to `rounds.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from thaigov_events.annotations.columns import load_corpus
from thaigov_events.annotations.corpus import text_hash, write_corpus
from thaigov_events.annotations.corrections import gather_corrections
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.files import read_lines, write_safely
from thaigov_events.annotations.metrics import Comparison, compare
from thaigov_events.annotations.schema import Schema
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import OnnxRuntime
from thaigov_events.models.tokenizer import load_tokenizer
from thaigov_events.models.version import name_version
from thaigov_events.training.checkpoints import CHECKPOINT
from thaigov_events.training.config import build_config, read_config
from thaigov_events.training.export import export_model
from thaigov_events.training.record import file_hash
from thaigov_events.training.swap import swap_folder
from thaigov_events.training.train import Trainer
from thaigov_events.training.train_config import TrainConfig


@dataclass(frozen=True, slots=True)
class RoundConfig:
    """Settings of rounds; one TOML file holds them.

    Attributes:
        pulled: folder that `thaigov-events labelstudio pull` wrote.
        training: a training configuration. Its `train` is what was learnt from before, its `dev` what decides, its
            `start` the run of the model in use; after a swap the rounds start from the run that won.
        model: folder of the model in use, as the backend serves it.
        output: folder of the rounds.
        adjudicated: corpus file with the articles that annotators had marked differently and someone settled.
        count: the backend's count of new annotations, which a round sets back.
        precision: of the exported model.
    """

    pulled: str
    training: str
    model: str
    output: str
    adjudicated: str = ""
    count: str = ""
    precision: str = "int8"


class Round:
    """The next round of a configuration, or the one that was broken off."""

    def __init__(self, config: RoundConfig) -> None:
        self.config, self.output = config, Path(config.output)
        self.records = read_lines(self.record_path) if self.record_path.exists() else []
        self.number = len(self.records) + 1
        self.folder = self.output / f"round-{self.number:03d}"

    @property
    def record_path(self) -> Path:
        """Return the file with a line for each finished round."""
        return self.output / "rounds.jsonl"

    def run(self) -> dict[str, Any] | None:
        """Go through the steps that are not done; return the round's record, or None if nothing new was corrected.

        Raises:
            CorpusError: with all that is wrong in the corrections.
            FileNotFoundError: when there is no model in use yet.
            ValueError: when the model in use was changed by others meanwhile.
        """
        plan = self._plan()
        if plan is None:
            return None
        training = build_config(plan["training"], TrainConfig, where=str(self.folder / "plan.json"))
        run, model = self._train(training), self._export()
        scores = self._score(training, model)
        (run / CHECKPOINT).unlink(missing_ok=True)
        kept = ""
        if scores["swap"]:
            kept = str(swap_folder(model, Path(self.config.model), old=scores["old"]["version"], mark=self.folder.name))
        record = {
            "round": self.number, "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "counts": plan["counts"], "data": plan["data"], "start": training.start, **scores,
            "run": str(run), "kept": kept,
        }  # fmt: skip
        _write_lines(self.record_path, [*self.records, record])
        return record

    def _plan(self) -> dict[str, Any] | None:
        """Freeze what the round learns from; None if that is nothing, or what the last round learnt from."""
        path = self.folder / "plan.json"
        if path.exists():
            plan: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return plan
        name_version(Path(self.config.model))  # or an error, before anything is done
        training = read_config(Path(self.config.training), TrainConfig)
        schema = Schema.load(Path(training.schema) if training.schema else None)
        dev = load_corpus(Path(training.dev), schema)
        adjudicated = Path(self.config.adjudicated) if self.config.adjudicated else None
        corrections = gather_corrections(Path(self.config.pulled), schema, adjudicated=adjudicated, held_out=dev)
        before = [document for name in training.train for document in load_corpus(Path(name), schema)]
        base = leave_out(before, corrections.documents)
        write_corpus(self.folder / "base.jsonl", base)
        write_corpus(self.folder / "corrected.jsonl", corrections.documents)
        paths = [self.folder / name for name in ("base.jsonl", "corrected.jsonl")]
        data = {path.name: file_hash(path) for path in paths} | {"dev": file_hash(Path(training.dev))}
        if not corrections.documents or (self.records and self.records[-1]["data"] == data):
            return None
        settings = replace(
            training, train=tuple(str(path) for path in paths if path.stat().st_size),
            output=str(self.folder / "run"), start=self._find_start(training),
        )  # fmt: skip
        if self.config.count and Path(self.config.count).exists():
            Path(self.config.count).replace(self.folder / "count.json")
        counts = {"base": len(base), "replaced": len(before) - len(base), "dev": len(dev)} | corrections.describe()
        plan = {"counts": counts, "data": data, "training": asdict(settings)}
        _write_json(path, plan)
        return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]

    def _find_start(self, training: TrainConfig) -> str:
        won = [record["run"] for record in self.records if record["swap"]]
        return won[-1] if won else training.start

    def _train(self, training: TrainConfig) -> Path:
        run = Path(training.output)
        if not is_finished(run):
            Trainer(training).run(resume=(run / CHECKPOINT).exists())
        return run

    def _export(self) -> Path:
        model = self.folder / "model"
        if not (model / "SHA256SUMS").exists():  # which is written last
            export_model(self.folder / "run", model, precision=self.config.precision)
        return model

    def _score(self, training: TrainConfig, model: Path) -> dict[str, Any]:
        """Measure both models in the same way; the new one wins a tie."""
        path = self.folder / "scores.json"
        if not path.exists():
            dev = load_corpus(Path(training.dev), ModelSettings.load(model).schema)
            old, new = (measure_model(folder, dev) for folder in (Path(self.config.model), model))
            _write_json(path, {"old": old, "new": new, "swap": new["mean"] >= old["mean"]})
        scores: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return scores


def leave_out(documents: Sequence[Document], corrected: Sequence[Document]) -> list[Document]:
    """Return the documents whose texts were not corrected.

    Raises:
        ValueError: when a corrected article has the id of another text.
    """
    texts = {text_hash(document.text) for document in corrected}
    rest = [document for document in documents if text_hash(document.text) not in texts]
    if taken := sorted({document.id for document in rest} & {document.id for document in corrected}):
        raise ValueError(f"document {taken[0]}: was corrected, but its id has another text in `train`; rename it there")
    return rest


def is_finished(run: Path) -> bool:
    """Tell whether a training run came to its end: the record of its course is written last."""
    return (run / "settings.json").exists() and bool(ModelSettings.load(run).record)


def measure_model(folder: Path, dev: Sequence[Document]) -> dict[str, Any]:
    """Return the version of an exported model and its strict F1 on documents, rounded to what decides."""
    predictor = Predictor(OnnxRuntime(folder), load_tokenizer(folder), ModelSettings.load(folder))
    found = list(predictor.predict([(document.id, document.text) for document in dev]))
    return {"version": name_version(folder), **describe_f1(compare(dev, found, resamples=0))}


def describe_f1(result: Comparison) -> dict[str, float]:
    """Return strict F1 of entities and relations and the mean of both, to four places."""
    entities, relations = result.entities.total.f1, result.relations.total.f1
    return {
        "entities": round(entities, 4),
        "relations": round(relations, 4),
        "mean": round((entities + relations) / 2, 4),
    }


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    write_safely(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _write_lines(path: Path, records: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    write_safely(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def format_record(record: dict[str, Any]) -> str:
    """Return what a round did, for people."""
    counts, old, new = record["counts"], record["old"], record["new"]
    lines = [
        f"round {record['round']}: {counts['corrected']} corrected articles and {counts['base']} others, "
        f"{counts['replaced']} of which were replaced",
        f"not used: {len(counts['disputed'])} disputed, {len(counts['held_out'])} of the development set",
        "| model | entities | relations | mean |",
        "|---|---:|---:|---:|",
        *(f"| {m['version']} | {m['entities']:.4f} | {m['relations']:.4f} | {m['mean']:.4f} |" for m in (old, new)),
        f"the new model is in use, the old one in {record['kept']}" if record["swap"] else "the old model stays",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the next round, or go on with one that was broken off."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("config", type=Path)
    config = read_config(parser.parse_args().config, RoundConfig)
    record = Round(config).run()
    print(format_record(record) if record else f"{config.pulled}: nothing new since the last round")


if __name__ == "__main__":
    main()
