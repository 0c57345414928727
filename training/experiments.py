"""Run a family of experiments and keep what came of them: the ablation of the levers, the learning curve.

    python -m thaigov_events.training.experiments FILE.toml [--table]

The TOML file names a base configuration, the seeds, and the variants, each with the settings that it changes:

    base = "training/configs/short.toml"
    seeds = [17, 18, 19]

    [[variants]]
    name = "loss token by token"
    change = { sequence = false }

Each finished run adds a line to the `.jsonl` of the same name beside it, under a key made of its settings and the
hashes of its data and encoder; what is there already is not run again. `--table` prints the table alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from thaigov_events.annotations.files import read_lines
from thaigov_events.training.config import ConfigError, build_config
from thaigov_events.training.record import describe_inputs
from thaigov_events.training.train import Trainer
from thaigov_events.training.train_config import TrainConfig


@dataclass(frozen=True, slots=True)
class Variant:
    """A named change of settings."""

    name: str
    change: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A base configuration, the seeds, and variants; the first variant is what the others are compared with."""

    base: Mapping[str, Any]
    seeds: Sequence[int]
    variants: Sequence[Variant]

    @classmethod
    def load(cls, path: Path) -> Experiment:
        """Read an experiment's TOML file.

        Raises:
            ConfigError: naming the file and what is wrong with it.
        """
        try:
            values = tomllib.loads(path.read_text("utf-8"))
            base = tomllib.loads(Path(values["base"]).read_text("utf-8"))
            variants = [Variant(v["name"], v.get("change", {})) for v in values["variants"]]
            experiment = cls(base, values["seeds"], variants)
        except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: needs base, seeds and variants with names: {error!r}") from error
        if not experiment.seeds or not variants:
            raise ConfigError(f"{path}: give at least one seed and one variant")
        return experiment

    def configs(self) -> Iterable[tuple[str, TrainConfig]]:
        """Yield each run's variant and settings, all variants with the first seed before any with the second."""
        for seed in self.seeds:
            for variant in self.variants:
                slug = re.sub(r"\W+", "-", variant.name)
                output = str(Path(self.base["output"]) / f"{slug}-{seed}")
                values = {**self.base, **variant.change, "seed": seed, "output": output}
                yield variant.name, build_config(values, TrainConfig, where=f"variant {variant.name!r}")


def run_key(config: TrainConfig) -> str:
    """Return what tells a run from all others: a hash of its settings, but for its output, its data and its encoder."""
    inputs = describe_inputs(config)
    # a setting that is added later does not make old runs new as long as it has its default
    changed = {f.name for f in fields(config) if getattr(config, f.name) != f.default} - {"output"}
    settings = {name: value for name, value in inputs["config"].items() if name in changed}
    return _digest(
        json.dumps([settings, inputs["data"], inputs["encoder"], *inputs.get("runs", {}).items()], sort_keys=True)
    )


def run_experiment(path: Path) -> None:
    """Run what is missing, and add a line for each run to the results."""
    results = path.with_suffix(".jsonl")
    done = {line["key"] for line in read_lines(results)} if results.exists() else set()
    for name, config in Experiment.load(path).configs():
        key = run_key(config)
        if key in done:
            continue
        print(f"{name}, seed {config.seed}", flush=True)
        began = time.monotonic()
        trainer = Trainer(config)
        result = trainer.run(resume=(Path(config.output) / "checkpoint.safetensors").exists())
        line = {
            "key": key, "variant": name, "seed": config.seed, "documents": len(trainer.examples),
            "entities": round(result.entities.total.f1, 4), "entities_macro": round(result.entities.macro_f1, 4),
            "relations": round(result.relations.total.f1, 4), "relations_macro": round(result.relations.macro_f1, 4),
            "minutes": round((time.monotonic() - began) / 60, 1),
        }  # fmt: skip
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        shutil.rmtree(config.output)  # its weights have served their purpose


def format_table(experiment: Experiment, lines: Sequence[Mapping[str, Any]]) -> str:
    """Return means over the seeds, ± their standard deviation, and the differences to the first variant."""
    by_variant: dict[str, list[Mapping[str, Any]]] = {variant.name: [] for variant in experiment.variants}
    keys = {run_key(config) for _, config in experiment.configs()}
    for line in lines:
        if line["key"] in keys:
            by_variant[line["variant"]].append(line)
    first = by_variant[experiment.variants[0].name]
    rows = ["| variant | seeds | entities | relations | Δ entities | Δ relations |", "|---|---:|---:|---:|---:|---:|"]
    for name, runs in by_variant.items():
        if not runs:
            rows.append(f"| {name} | 0 | | | | |")
            continue
        cells = [_spread([run[kind] for run in runs]) for kind in ("entities", "relations")]
        cells += [_difference(first, runs, kind) for kind in ("entities", "relations")]
        rows.append(f"| {name} | {len(runs)} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.4f}" + (f" ± {stdev(values):.4f}" if len(values) > 1 else "")


def _difference(first: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]], kind: str) -> str:
    """Compare on the seeds that both have."""
    base = {run["seed"]: run[kind] for run in first}
    gaps = [run[kind] - base[run["seed"]] for run in runs if run["seed"] in base]
    return f"{mean(gaps):+.4f}" if gaps and runs is not first else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def main() -> None:
    """Run an experiment, or print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--table", action="store_true", help="print the table of what has been run, and run nothing")
    options = parser.parse_args()
    if not options.table:
        run_experiment(options.file)
    results = options.file.with_suffix(".jsonl")
    print(format_table(Experiment.load(options.file), read_lines(results) if results.exists() else []))


if __name__ == "__main__":
    main()
