"""The record of a run: everything that is needed to repeat it, and what came of it."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thaigov_events.annotations.metrics import Comparison
from thaigov_events.annotations.report import describe_comparison

if TYPE_CHECKING:
    from thaigov_events.training.train import TrainConfig

PACKAGES = ("torch", "transformers", "tokenizers", "numpy")


def describe_run(config: TrainConfig, result: Comparison, progress: dict[str, Any]) -> dict[str, Any]:
    """Return settings, hashes of the data, versions, the course of the run and its figures on dev."""
    corpora = [*config.train, config.dev]
    return {
        "config": asdict(config) | {"train": list(config.train)},
        "data": {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in corpora},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "history": progress["history"],
        "best_epoch": int(progress["best_epoch"]) + 1,
        "dev": describe_comparison(result),
    }
