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
from thaigov_events.models.torch_runtime import WEIGHTS

if TYPE_CHECKING:
    from thaigov_events.training.train_config import TrainConfig

PACKAGES = ("torch", "transformers", "tokenizers", "numpy")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of a folder's files, in hexadecimal."""
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(path).as_posix()}\0{file_hash(file)}\n".encode())
    return digest.hexdigest()


def weights_hash(folder: Path) -> str:
    """Return the hash of a run's weights, or of all of an exported model's files."""
    weights = folder / WEIGHTS
    return file_hash(weights if weights.is_file() else folder)


def describe_inputs(config: TrainConfig) -> dict[str, Any]:
    """Return what decides a run: its settings, the hashes of its corpora, and that of its encoder if it lies here."""
    settings = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}
    corpora = [*config.train, config.dev, *([config.unlabelled] if config.unlabelled else [])]
    runs = {run: weights_hash(Path(run)) for run in (*config.teachers, config.start) if run}
    if config.start_encoder:
        runs[config.start_encoder] = _identify_encoder(config.start_encoder)
    return {
        "config": settings,
        "data": {path: file_hash(Path(path)) for path in corpora},
        "encoder": _identify_encoder(config.encoder),
        **({"runs": runs} if runs else {}),
    }


def _identify_encoder(encoder: str) -> str:
    """Return the hash of an encoder's weights, or its name where it is one of the model hub."""
    weights = Path(encoder) / WEIGHTS
    return file_hash(weights) if weights.is_file() else encoder


def describe_run(result: Comparison, progress: dict[str, Any]) -> dict[str, Any]:
    """Return settings, hashes of the data, versions, the course of the run and its figures on dev."""
    return {
        **progress["run"],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "history": progress["history"],
        "best_epoch": progress["best_epoch"] + 1,
        "dev": describe_comparison(result),
    }
