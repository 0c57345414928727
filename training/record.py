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


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe_inputs(config: TrainConfig) -> dict[str, Any]:
    """Return what decides a run: its settings and the hashes of its corpora."""
    settings = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}
    return {"config": settings, "data": {path: file_hash(Path(path)) for path in (*config.train, config.dev)}}


def describe_run(result: Comparison, progress: dict[str, Any]) -> dict[str, Any]:
    """Return settings, hashes of the data, versions, the course of the run and its figures on dev."""
    return {
        **progress["run"],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "history": progress["history"],
        "best_epoch": progress["best_epoch"] + 1,
        "dev": describe_comparison(result),
    }
