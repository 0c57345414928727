"""Take outliers out of feed-forward layers, so that int8 can hold what comes out of their activation function.

In each layer one unit or two answer to a few tokens with twenty times what any other unit gives. One scale for all of
them leaves little of eight bits for the others, and moved into the weights the outliers spoil those. Such a unit is
therefore repeated, and its outgoing weights are shared out among the copies: the sum is the same, and no copy's share
stands out (outlier channel splitting, Zhao et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from thaigov_events.models.graph_weights import find_feed_forward
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.runtime import Batch

# Units that a feed-forward layer gains: 2 % of the compact encoder's. 16 and 64 agree less well with fp32.
COPIES = 32


def split_outliers(network: JointNetwork, batches: Sequence[Batch], *, copies: int = COPIES) -> None:
    """Repeat the units of greatest output in each feed-forward layer of the encoder; what it computes stays the same.

    Layers with gates, in which two products lead to one unit, stay as they are.

    Args:
        network: changed in place.
        batches: texts that the outputs are measured on.
        copies: how many units each layer gains.
    """
    layers = list(find_feed_forward(network.encoder))
    largest = measure_inputs(network, [narrow for _, narrow in layers], batches)
    for (widen, narrow), outputs in zip(layers, largest, strict=True):
        counts = share_copies(outputs, copies)
        units = torch.arange(len(counts)).repeat_interleave(counts)
        bias = None if widen.bias is None else nn.Parameter(widen.bias.detach()[units])
        widen.weight, widen.bias = nn.Parameter(widen.weight.detach()[units]), bias
        narrow.weight = nn.Parameter(narrow.weight.detach()[:, units] / counts[units])
        widen.out_features = narrow.in_features = len(units)


@torch.inference_mode()
def measure_inputs(
    network: JointNetwork, products: Sequence[nn.Linear], batches: Sequence[Batch]
) -> list[Tensor]:  # fmt: skip
    """Return the greatest absolute value of each input of some products, `[inputs]` each, over all batches."""
    largest = [torch.zeros(product.in_features) for product in products]

    def keep(place: int, inputs: Tensor) -> None:
        largest[place] = torch.maximum(largest[place], inputs.abs().flatten(0, -2).amax(0))

    hooks = [
        product.register_forward_pre_hook(lambda _, inputs, place=place: keep(place, inputs[0]))
        for place, product in enumerate(products)
    ]
    try:
        network.eval()
        for ids, mask in batches:
            network(torch.from_numpy(ids), torch.from_numpy(mask))
    finally:
        for hook in hooks:
            hook.remove()
    return largest


def share_copies(outputs: Tensor, copies: int) -> Tensor:
    """Return how often each unit stands in a layer that gains `copies`: always one more of what is greatest by then."""
    counts = torch.ones(len(outputs), dtype=torch.long)
    for _ in range(copies):
        counts[(outputs / counts).argmax()] += 1
    return counts
