"""Runs that are made of finished runs' weights without training: the end that they have in common."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from thaigov_events.annotations.metrics import Comparison
from thaigov_events.annotations.report import describe_comparison
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.tokenizer import load_tokenizer
from thaigov_events.models.torch_runtime import TorchRuntime
from thaigov_events.training.calibration import fit_to_dev
from thaigov_events.training.checkpoints import save_network


def save_derived(output: Path, network: JointNetwork, settings: ModelSettings, *, run: Path) -> Comparison:
    """Fit thresholds to the development set of `run`, write a run with them, and return the figures reached there.

    Raises:
        FileNotFoundError: when that development set is not here.
    """
    tokenizer = load_tokenizer(run)
    settings, result = fit_to_dev(Predictor(TorchRuntime(network), tokenizer, settings))
    if result is None:
        raise FileNotFoundError(f"{run}: its development set is not here; it is needed for the thresholds")
    settings = replace(settings, record=settings.record | {"dev": describe_comparison(result)})
    save_network(output, network, tokenizer, settings)
    return result
