"""How much faster training is on a CPU without most of the padding and with dropout drawn by bytes.

    python benchmarks/training.py [CONFIG…] [--batches N] [--rounds N]

Both ways take the same updates in turns, from the weights that the configuration starts from. Real pieces a second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

from torch import nn

from thaigov_events.training import train
from thaigov_events.training.config import read_config
from thaigov_events.training.dropout import ByteDropout, quicken_dropout
from thaigov_events.training.train_config import TrainConfig

CONFIGS = ("training/configs/thainer.toml", "training/configs/large.toml")


def prepare(path: str, documents: int, folder: str) -> train.Trainer:
    """Return a trainer on some of a configuration's documents, without teachers."""
    config = read_config(Path(path), TrainConfig)
    return train.Trainer(
        replace(config, limit=documents, output=folder, teachers=(), unlabelled="", unlabelled_limit=0)
    )  # fmt: skip


def time_epoch(trainer: train.Trainer) -> float:
    """Return the seconds of the first epoch's updates."""
    began = time.perf_counter()
    trainer._epoch(0)
    return time.perf_counter() - began


def slow_dropout(network: nn.Module) -> None:
    """Undo `quicken_dropout`."""
    for module in network.modules():
        for name, child in module.named_children():
            if type(child) is ByteDropout:
                setattr(module, name, nn.Dropout(child.p))


def main() -> None:
    """Print pieces a second both ways, and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("configs", nargs="*", default=CONFIGS, metavar="CONFIG")
    parser.add_argument("--batches", type=int, default=16, help="of each configuration's training documents")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    for path in options.configs:
        batch = read_config(Path(path), TrainConfig).batch
        with tempfile.TemporaryDirectory() as folder:
            trainer = prepare(path, options.batches * batch, folder)
        pieces = sum(len(example.tokens) for example in trainer.examples)
        seconds: dict[str, list[float]] = {"padded": [], "in groups": []}
        for _ in range(options.rounds + 1):
            slow_dropout(trainer.network)
            with mock.patch.object(train, "prefers_padding", lambda device: True):
                seconds["padded"].append(time_epoch(trainer))
            quicken_dropout(trainer.network, trainer.device)
            seconds["in groups"].append(time_epoch(trainer))
        best = {name: min(found[1:]) for name, found in seconds.items()}  # the first prepares kernels
        rates = ", ".join(f"{name} {pieces / value:,.0f} pieces/s" for name, value in best.items())
        print(f"{path}: {rates}: {best['padded'] / best['in groups']:.2f} times as fast", flush=True)


if __name__ == "__main__":
    main()
