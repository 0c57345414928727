"""Take attention heads out of a trained encoder: those that say nearly the same whatever the text (Michel et al. 2019).

    python -m thaigov_events.training.pruning RUN --keep N --output FOLDER

What such a head gives on average stays, in the bias of the product that reads it. The time of attention falls with the
heads, and a little accuracy too, of which training from the folder (`start`) brings some back. The folder is that of a
finished run; calibration and thresholds are fitted anew on the development set.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from thaigov_events.annotations.metrics import Comparison
from thaigov_events.models.attention_heads import Attention, list_attention
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.runtime import Batch
from thaigov_events.models.tokenizer import load_tokenizer
from thaigov_events.models.torch_runtime import load_network
from thaigov_events.training.derivation import save_derived
from thaigov_events.training.quantisation import cut_training_windows
from thaigov_events.training.record import weights_hash

# Windows that heads are measured on; each is read once for each head.
WINDOWS = 8


def prune_run(run: Path, output: Path, *, keep: int) -> Comparison:
    """Write the run whose encoder has `keep` of the heads of `run`, and return its figures on the development set.

    Raises:
        FileNotFoundError: when `run` is not the folder of a finished run, or its development set is not here.
        ValueError: when there are fewer heads than `keep` or more layers, none of the training files is here, or the
            family's heads cannot be taken out.
    """
    network, settings = load_network(run)
    windows = cut_training_windows(settings, load_tokenizer(run))
    keep_heads(network, windows[:: -(-len(windows) // WINDOWS)], keep=keep)
    config = settings.record["config"] | {"start": str(run)}
    hashes = settings.record.get("runs", {}) | {str(run): weights_hash(run)}
    record = settings.record | {"config": config, "runs": hashes}
    settings = replace(settings, network=network.config.to_dict(), record=record)
    return save_derived(output, network, settings, run=run)


def keep_heads(network: JointNetwork, batches: Sequence[Batch], *, keep: int) -> None:
    """Leave a network's encoder `keep` heads in all, at least one a layer; of the others their mean output stays.

    Args:
        network: changed in place.
        batches: texts that the heads are measured on, without padding.
        keep: how many heads stay.
    """
    layers = list_attention(network.encoder)
    total = sum(layer.heads for layer in layers)
    if not len(layers) <= keep <= total:
        raise ValueError(f"keep = {keep}: name a number from {len(layers)}, one a layer, to {total}, which it has")
    network.eval()
    means = measure_means(network, layers, batches)
    worth = measure_heads(network, layers, batches, means)
    kept = choose_heads(worth, keep)
    for layer, mean, heads in zip(layers, means, kept, strict=True):
        gone = torch.ones(layer.heads, dtype=torch.bool).index_fill(0, torch.tensor(heads), False)
        with torch.no_grad():
            layer.out.bias.add_(layer.out.weight @ (mean * gone.repeat_interleave(layer.size)))
        layer.keep(heads)
    network.config = replace(network.config, heads=tuple(map(len, kept)))


def choose_heads(worth: Sequence[Tensor], keep: int) -> list[list[int]]:
    """Return the places of the heads that stay in each layer: the best of each, then the best of all others.

    Args:
        worth: what each layer's heads are worth, `[heads]`.
        keep: how many heads stay in all.
    """
    best = {(layer, int(own.argmax())) for layer, own in enumerate(worth)}
    others = [(float(value), layer, head) for layer, own in enumerate(worth) for head, value in enumerate(own)]
    ranked = [(layer, head) for _, layer, head in sorted(others, reverse=True) if (layer, head) not in best]
    kept = best | set(ranked[: keep - len(best)])
    return [sorted(head for own, head in kept if own == layer) for layer in range(len(worth))]


@torch.inference_mode()
def measure_means(network: JointNetwork, layers: Sequence[Attention], batches: Sequence[Batch]) -> list[Tensor]:
    """Return the mean of what each layer's heads give a token, `[heads · size]`."""
    sums = [torch.zeros(layer.out.in_features) for layer in layers]
    tokens = sum(ids.size for ids, _ in batches)

    def add(own: Tensor, states: Tensor) -> None:
        own += states.flatten(0, -2).sum(0)

    hooks = [
        layer.out.register_forward_pre_hook(lambda _, inputs, own=own: add(own, inputs[0]))
        for layer, own in zip(layers, sums, strict=True)
    ]
    try:
        for batch in batches:
            network(*map(torch.from_numpy, batch))
    finally:
        for hook in hooks:
            hook.remove()
    return [own / tokens for own in sums]


@torch.inference_mode()
def measure_heads(
    network: JointNetwork, layers: Sequence[Attention], batches: Sequence[Batch], means: Sequence[Tensor]
) -> list[Tensor]:  # fmt: skip
    """Return how far the token labels stray when a head gives its mean, `[heads]` of each layer.

    It is the Kullback-Leibler divergence from the probabilities with all heads, in nats a token.
    """

    def label() -> list[Tensor]:
        return [network(*map(torch.from_numpy, batch))[1].log_softmax(-1) for batch in batches]

    whole, tokens = label(), sum(ids.size for ids, _ in batches)
    worth = []
    for layer, mean in zip(layers, means, strict=True):
        own = torch.zeros(layer.heads)
        for head in range(layer.heads):
            with _silence(layer, head, mean):
                found = label()
            strays = ((before.exp() * (before - after)).sum() for before, after in zip(whole, found, strict=True))
            own[head] = sum(strays) / tokens
        worth.append(own)
    return worth


@contextmanager
def _silence(layer: Attention, head: int, mean: Tensor) -> Iterator[None]:
    """Let a head give its mean."""
    place = slice(head * layer.size, (head + 1) * layer.size)

    def replace_by_mean(_: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        states = inputs[0].clone()
        states[..., place] = mean[place]
        return (states, *inputs[1:])

    hook = layer.out.register_forward_pre_hook(replace_by_mean)
    try:
        yield
    finally:
        hook.remove()


def main() -> None:
    """Prune the run that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--keep", type=int, required=True, help="attention heads that stay, in all layers together")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    result = prune_run(options.run, options.output, keep=options.keep)
    print(f"dev: entities {result.entities.total.f1:.4f}, relations {result.relations.total.f1:.4f}")


if __name__ == "__main__":
    main()
