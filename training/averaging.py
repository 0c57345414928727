"""The mean of several runs' weights: often better than each of them, and as fast as one (Wortsman et al. 2022).

    python -m thaigov_events.training.averaging RUN RUN [RUN …] --output FOLDER

It helps where the runs lie near each other, as those do of which one went on from another's weights. A run that is
itself a mean may be named as often as it has runs in it. Calibration and thresholds are fitted anew on the development
set. The folder is that of a finished run, with the last one's settings.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from thaigov_events.annotations.metrics import Comparison
from thaigov_events.models.torch_runtime import load_network
from thaigov_events.training.derivation import save_derived
from thaigov_events.training.record import file_hash, weights_hash


def average_runs(runs: Sequence[Path], output: Path) -> Comparison:
    """Write the run whose weights are the mean of those of `runs`, and return its figures on the development set.

    Raises:
        FileNotFoundError: when a folder is not that of a finished run, or the last one's development set is not here.
        ValueError: when there are fewer than two runs, or one has another schema, tokenizer or shape than the last.
    """
    if len(set(runs)) < 2:
        raise ValueError("name at least two different runs to average")
    *others, last = runs
    network, settings = load_network(last)
    states = [network.state_dict()]
    for run in others:
        other, own = load_network(run)
        shapes = {name: tensor.shape for name, tensor in other.state_dict().items()}
        if (
            own.schema != settings.schema
            or other.config != network.config
            or shapes != {name: tensor.shape for name, tensor in states[0].items()}
            or file_hash(run / "tokenizer.json") != file_hash(last / "tokenizer.json")
        ):
            raise ValueError(f"{run}: has another schema, tokenizer or shape than {last}; average runs of one line")
        states.append(other.state_dict())
    mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    network.load_state_dict(mean)
    hashes = {str(run): weights_hash(run) for run in runs}
    runs_before = settings.record.get("runs", {})  # that the last one began with or learnt from
    settings = replace(
        settings, record=settings.record | {"averaged": [str(run) for run in runs], "runs": runs_before | hashes}
    )
    return save_derived(output, network, settings, run=last)


def main() -> None:
    """Average the runs that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+", help="folders of finished runs, the last one's settings stay")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    result = average_runs(options.runs, options.output)
    print(f"dev: entities {result.entities.total.f1:.4f}, relations {result.relations.total.f1:.4f}")


if __name__ == "__main__":
    main()
