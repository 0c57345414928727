"""What a run leaves: the network's folder, and the state to go on from. Tensors are safetensors only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from thaigov_events.annotations.files import write_safely
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.torch_runtime import WEIGHTS

CHECKPOINT = "checkpoint.safetensors"


def save_network(folder: Path, network: JointNetwork, tokenizer: Tokenizer, settings: ModelSettings) -> None:
    """Write a trained network: `model.safetensors`, `config.json`, `settings.json`, and its tokenizer's files."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_safely(folder / WEIGHTS, lambda path: save_file(state, path, metadata={"format": "pt"}))
    write_safely(folder / "config.json", lambda path: network.encoder.config.to_json_file(path))
    tokenizer.save(folder)
    settings.save(folder)


def save_state(
    folder: Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer, progress: dict[str, Any]
) -> None:
    """Write what a run needs to go on: the modules' weights, the optimizer's moments, and how far it is."""
    tensors: dict[str, Tensor] = {}
    for prefix, module in modules.items():
        tensors |= {f"{prefix}:{name}": t.detach() for name, t in module.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer:{index}:{name}": moment for name, moment in moments.items()}
    tensors = {name: tensor.cpu().clone() for name, tensor in tensors.items()}
    metadata = {"progress": json.dumps(progress)}
    write_safely(folder / CHECKPOINT, lambda path: save_file(tensors, path, metadata=metadata))


def load_state(folder: Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Read a checkpoint into the modules and the optimizer, and return how far the run was.

    Raises:
        FileNotFoundError: when there is none.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no checkpoint to resume from; run without --resume")
    tensors = load_file(path)
    for prefix, module in modules.items():
        module.load_state_dict({n.split(":", 1)[1]: t for n, t in tensors.items() if n.startswith(prefix + ":")})
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer:"):
            _, index, moment = name.split(":")
            states.setdefault(int(index), {})[moment] = tensor
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
    with safe_open(path, "pt") as file:
        progress: dict[str, Any] = json.loads(file.metadata()["progress"])
    return progress
