"""The network that a run begins with: a pretrained encoder under new heads, or that of a finished run or model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor, nn
from transformers import PreTrainedModel

from thaigov_events.models.encoders import check_vocabulary, layer_depth, load_encoder
from thaigov_events.models.network import JointNetwork, NetworkConfig
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.torch_runtime import load_network
from thaigov_events.training.hardware import checkpoint_layers
from thaigov_events.training.train_config import TrainConfig


def build_network(config: TrainConfig, sizes: NetworkConfig, tokenizer: Tokenizer) -> JointNetwork:
    """Return the network that training begins with, on the CPU, with as many layers as `config.layers` says.

    Raises:
        FileNotFoundError: when the encoder, or the run or model that `config.start` names, is not to be had.
        ValueError: when the tokenizer is another encoder's, the encoder has fewer layers than asked for, or
            `config.start_encoder` is of another shape, or layers are to be taken out of a run that lost heads.
    """
    encoder = load_encoder(config.encoder, dropout=config.dropout, allow_pickle=config.allow_pickle)
    check_vocabulary(encoder, tokenizer)
    states: dict[str, Tensor] = {}
    if config.start:
        before, _ = load_network(Path(config.start))
        # it may have lost layers or heads
        keep_layers(encoder, before.encoder.config.num_hidden_layers, name=config.encoder)
        sizes, states = replace(sizes, heads=before.config.heads), before.state_dict()
    network = JointNetwork(encoder, replace(sizes, local_attention=()))
    if config.start:
        if config.start_encoder:
            _add_pretraining(states, encoder, config)
        network.load_state_dict(states)
    if config.layers:
        if sizes.heads:
            raise ValueError(
                f"layers = {config.layers}: {config.start} has lost heads already; take layers out before them"
            )
        keep_layers(encoder, config.layers, name=config.start or config.encoder)
    network.set_local_attention(sizes.local_attention)  # of the layers that are left
    if config.gradient_checkpointing:
        checkpoint_layers(encoder)
    return network


def _add_pretraining(states: dict[str, Tensor], encoder: PreTrainedModel, config: TrainConfig) -> None:
    """Add to a run's weights what `encoder` has learnt since it was `config.start_encoder` (Ilharco et al. 2023)."""
    before = load_encoder(config.start_encoder, allow_pickle=config.allow_pickle).state_dict()
    after = encoder.state_dict()
    if {name: t.shape for name, t in before.items()} != {name: t.shape for name, t in after.items()}:
        raise ValueError(
            f"start_encoder = {config.start_encoder!r}: has other weights than {config.encoder}; name the encoder that "
            f"{config.start} began with, and one that was pretrained from it on"
        )
    for name, tensor in after.items():
        states[f"encoder.{name}"] = states[f"encoder.{name}"] + (tensor - before[name])


def keep_layers(encoder: PreTrainedModel, count: int, *, name: str) -> None:
    """Take layers out of an encoder, so that `count` are left, spread evenly over its depth; its config follows.

    The first and the last stay: no other has learnt to read embeddings, and no other to give what heads read.

    Args:
        encoder: changed in place.
        count: how many layers stay.
        name: what the encoder is called in errors.

    Raises:
        ValueError: when it has fewer, or its family shares weights among layers.
    """
    config = encoder.config
    depth = config.num_hidden_layers
    if count == depth:
        return
    if count > depth:
        raise ValueError(f"{name}: has {depth} layers, not {count}; keep {depth} or fewer, or take a deeper one")
    stacks = [
        module
        for path, module in encoder.named_modules()
        if isinstance(module, nn.ModuleList) and layer_depth(f"{path}.0.") == 1 and len(module) == depth
    ]
    if len(stacks) != 1:
        raise ValueError(f"{name}: the layers of the family {config.model_type} cannot be taken out; set layers to 0")
    kept = spread_layers(depth, count)
    for place in sorted(set(range(depth)) - set(kept), reverse=True):
        del stacks[0][place]
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None):  # of families whose layers are of several kinds, such as ModernBERT's
        config.layer_types = [config.layer_types[place] for place in kept]


def spread_layers(depth: int, count: int) -> list[int]:
    """Return the places of `count` layers (2 or more) among `depth`, as evenly apart as can be, with both ends."""
    return np.linspace(0, depth - 1, count).round().astype(int).tolist()  # type: ignore[no-any-return]
