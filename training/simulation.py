"""Simulated annotation: does the active order of articles pay, and what do proposals save the annotator?

    python -m thaigov_events.training.simulation FILE.toml [--table]

The gold annotation of the training part plays the annotator. From the same first articles on, each order takes more of
them step by step; after each step a model is trained on all that were taken, measured on the development set, and
proposes for the next ones, which the annotator then corrects. The TOML file:

    base = "training/configs/simulation.toml"    # its `train` is the pool
    pool = 1000                                  # so many of it, drawn by the seed; by default all
    orders = ["random", "active", "active-mean"]
    seeds = [17]
    warm = true                                  # each step starts from the weights of the step before
    [[steps]]
    articles = 20
    change = { epochs = 30 }                     # of the base; the same for all orders, so that the budget is

Each finished step adds a line to the `.jsonl` beside the file, and its run stays in the base's `output`, so that
whatever broke off goes on; delete that folder when all is done. The curves are drawn into the `.svg` beside the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thaigov_events.annotations.columns import load_corpus
from thaigov_events.annotations.corpus import write_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.effort import add_up, count_effort
from thaigov_events.annotations.files import read_lines
from thaigov_events.annotations.schema import Schema
from thaigov_events.models.active_learning import expected_errors, mean_doubt, rank_articles
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import open_runtime
from thaigov_events.models.tokenizer import load_tokenizer
from thaigov_events.models.torch_runtime import load_network
from thaigov_events.training.checkpoints import CHECKPOINT
from thaigov_events.training.config import ConfigError, build_config
from thaigov_events.training.experiments import run_key
from thaigov_events.training.export import export_graphs
from thaigov_events.training.rounds import is_finished
from thaigov_events.training.simulation_table import RANDOM, draw_curves, format_table
from thaigov_events.training.train import Trainer
from thaigov_events.training.train_config import TrainConfig

UNCERTAINTY: Mapping[str, Callable[[Document], float]] = {"active": expected_errors, "active-mean": mean_doubt}
"""Orders by what the model proposes; beside them there is `random`."""


@dataclass(frozen=True, slots=True)
class Step:
    """How many articles are annotated, and the settings that training on so many changes."""

    articles: int
    change: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is simulated; see the module."""

    base: Mapping[str, Any]
    orders: Sequence[str]
    seeds: Sequence[int]
    warm: bool
    steps: Sequence[Step]
    pool: int | None = None

    def __post_init__(self) -> None:
        if not self.seeds or not self.steps or not self.orders:
            raise ValueError("give at least one seed, one order and one step")
        if unknown := sorted(set(self.orders) - {RANDOM, *UNCERTAINTY}):
            raise ValueError(f"unknown order {unknown[0]!r}; known: {RANDOM}, {', '.join(UNCERTAINTY)}")
        sizes = [step.articles for step in self.steps]
        if sizes[0] < 1 or sizes != sorted(set(sizes)):
            raise ValueError(f"steps of {sizes} articles: each needs more than the one before")
        if self.pool is not None and self.pool < sizes[-1]:
            raise ValueError(f"pool = {self.pool}: the last step takes {sizes[-1]} articles")

    @classmethod
    def load(cls, path: Path) -> Simulation:
        """Read a simulation's TOML file.

        Raises:
            ConfigError: naming the file and what is wrong with it.
        """
        try:
            values = tomllib.loads(path.read_text("utf-8"))
            base = tomllib.loads(Path(values["base"]).read_text("utf-8"))
            steps = [Step(step["articles"], step.get("change", {})) for step in values["steps"]]
            return cls(base, values["orders"], values["seeds"], values.get("warm", True), steps, values.get("pool"))
        except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: needs base, orders, seeds and steps with articles: {error!r}") from error
        except ValueError as error:
            raise ConfigError(f"{path}: {error}") from error

    def chains(self) -> Iterator[Chain]:
        """Yield all orders with the first seed before any with the second."""
        for seed in self.seeds:
            for order in self.orders:
                yield Chain(self, order, seed)


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps of one order and one seed, each built on those before."""

    simulation: Simulation
    order: str
    seed: int

    def list_keys(self) -> list[str]:
        """Return what tells each step from all others: a hash of all that decides it, data included."""
        steps, history, keys = self.simulation.steps, list[object](), list[str]()
        limit = [self.simulation.pool] if self.simulation.pool else []
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            history += [step.articles, run_key(self._build(step))]
            after = following.articles if following else 0
            keys.append(_digest([self.order, self.simulation.warm, *history, after, *limit]))
        return keys

    def run(self, pool: Sequence[Document]) -> Iterator[dict[str, Any]]:
        """Yield the line of each step; steps whose run stands finished in the output folder are not trained again."""
        steps = self.simulation.steps
        # the first articles are drawn, whatever the order: there is no model yet that could choose
        drawn = [pool[k] for k in np.random.default_rng(self.seed).permutation(len(pool))[: self.simulation.pool]]
        taken, start = drawn[: steps[0].articles], ""
        for key, step, following in zip(self.list_keys(), steps, [*steps[1:], None], strict=True):
            began = time.monotonic()
            run = self._train(step, taken, start)
            network, settings = load_network(run)
            dev = settings.record["dev"]
            line = {
                "key": key, "order": self.order, "seed": self.seed, "articles": len(taken),
                "marks": sum(len(d.entities) + len(d.relations) for d in taken),
                "entities": dev["entities"]["f1"], "relations": dev["relations"]["f1"],
            }  # fmt: skip
            if following is not None:
                with tempfile.TemporaryDirectory() as graphs:  # several times as fast as torch, with the same numbers
                    export_graphs(network, Path(graphs))
                    predictor = Predictor(open_runtime(Path(graphs)), load_tokenizer(run), settings)
                    proposed = self._choose(predictor, drawn, taken, following.articles - len(taken))
                gold = {document.id: document for document in pool}
                line["effort"] = asdict(add_up(count_effort(gold[p.id], p) for p in proposed))
                taken = [*taken, *(gold[p.id] for p in proposed)]
            line["minutes"] = round((time.monotonic() - began) / 60, 1)
            yield line
            start = str(run) if self.simulation.warm else ""

    def _build(self, step: Step, **values: Any) -> TrainConfig:
        values = {**self.simulation.base, **step.change, "seed": self.seed, **values}
        return build_config(values, TrainConfig, where=f"step of {step.articles} articles")

    def _train(self, step: Step, taken: Sequence[Document], start: str) -> Path:
        """Return the folder of a step's finished run, named after its settings, its articles and where it starts."""
        name = _digest([run_key(self._build(step)), start, *(document.id for document in taken)])
        run = Path(self.simulation.base["output"]) / name
        corpus = run.with_suffix(".jsonl")
        if not is_finished(run):
            write_corpus(corpus, taken)
            config = self._build(step, train=[str(corpus)], start=start, output=str(run))
            Trainer(config).run(resume=(run / CHECKPOINT).exists())
        (run / CHECKPOINT).unlink(missing_ok=True)
        return run

    def _choose(
        self, predictor: Predictor, drawn: Sequence[Document], taken: Sequence[Document], count: int
    ) -> list[Document]:
        """Return what the model proposes for the next articles in this order."""
        known = {document.id for document in taken}
        waiting = [document for document in drawn if document.id not in known]
        if self.order == RANDOM:
            waiting = waiting[:count]
        proposed = list(predictor.predict([(document.id, document.text) for document in waiting]))
        if self.order != RANDOM:
            texts = [document.text for document in taken]
            proposed = rank_articles(proposed, uncertainty=UNCERTAINTY[self.order], seen=texts)
        return proposed[:count]


def run_simulation(path: Path) -> None:
    """Run what is missing, and add a line for each step to the results.

    Raises:
        ConfigError: when the pool is smaller than the last step.
    """
    simulation, results = Simulation.load(path), path.with_suffix(".jsonl")
    pool = load_pool(simulation)
    if len(pool) < simulation.steps[-1].articles:
        raise ConfigError(f"{path}: the last step takes {simulation.steps[-1].articles} articles of {len(pool)}")
    done = {line["key"] for line in read_lines(results)} if results.exists() else set()
    for chain in simulation.chains():
        if done.issuperset(chain.list_keys()):
            continue
        for line in chain.run(pool):
            print(json.dumps({name: value for name, value in line.items() if name != "key"}), flush=True)
            if line["key"] not in done:
                with results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    file.flush()
                    os.fsync(file.fileno())


def load_pool(simulation: Simulation) -> list[Document]:
    """Return the articles that may be annotated, with the gold annotation that plays the annotator.

    Raises:
        ConfigError: when two have one id.
    """
    schema = Schema.load(Path(simulation.base["schema"]) if simulation.base.get("schema") else None)
    pool = [document for name in simulation.base["train"] for document in load_corpus(Path(name), schema)]
    if len({document.id for document in pool}) < len(pool):
        raise ConfigError("a document id stands twice in the pool; ids must differ")
    return pool


def _digest(values: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode("utf-8")).hexdigest()[:16]


def main() -> None:
    """Run a simulation, draw its curves and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--table", action="store_true", help="show what has been run, and run nothing")
    options = parser.parse_args()
    if not options.table:
        run_simulation(options.file)
    results = options.file.with_suffix(".jsonl")
    keys = {key for chain in Simulation.load(options.file).chains() for key in chain.list_keys()}
    lines = [line for line in (read_lines(results) if results.exists() else []) if line["key"] in keys]
    print(format_table(lines))
    if lines:
        draw_curves(lines, options.file.with_suffix(".svg"))


if __name__ == "__main__":
    main()
