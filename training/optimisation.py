"""How the weights of the joint network are moved: groups of parameters and their learning rates."""

from __future__ import annotations

from torch import nn

from thaigov_events.models.encoders import layer_depth
from thaigov_events.models.network import JointNetwork
from thaigov_events.training.train_config import TrainConfig


def group_parameters(network: JointNetwork, config: TrainConfig) -> list[dict[str, object]]:
    """Group parameters by layer, for layer-wise learning rates, and by whether they decay."""
    layers = network.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if name.startswith("encoder."):
            rate = config.encoder_rate * config.layer_decay ** (layers - layer_depth(name))
        else:
            rate = config.head_rate
        groups.setdefault((rate, config.weight_decay if parameter.ndim > 1 else 0.0), []).append(parameter)
    return [{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in groups.items()]


def rate_factor(update: int, *, updates: int, warmup: float) -> float:
    """Return the learning rates' factor at update 0, 1, …: linear rise over the share `warmup`, linear fall to zero."""
    rise = max(1, round(warmup * updates))
    return min((update + 1) / rise, (updates - update) / max(1, updates - rise))
