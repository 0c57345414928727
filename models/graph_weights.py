"""An exported model's weights in fp32, read back from its graphs: for GPUs, and to go on from in training.

An int8 graph holds a product's weights as whole numbers with a scale for each output, after SmoothQuant has moved a
part of each input into them. Both are undone; what rounding to eight bits took stays lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from thaigov_events.models.network import JointNetwork
from thaigov_events.models.runtime import ENCODER, RELATIONS, find_graph

Tables = dict[str, NDArray[np.float32]]
# What nncf calls the factors of SmoothQuant, and the operators that it puts between them and a product.
SMOOTHING = "smooth_quant_scale"
ROUNDING = ("QuantizeLinear", "DequantizeLinear")


def load_graphs(network: JointNetwork, folder: Path) -> None:
    """Give a network the weights that the graphs in `folder` have.

    Raises:
        FileNotFoundError: when there are no graphs.
        ValueError: when they are of another shape, or their products do not tell whose weights they hold.
    """
    found = read_weights(folder / ENCODER)
    found |= {f"relations.{name}": table for name, table in read_weights(folder / RELATIONS).items()}
    wanted = network.state_dict()
    weights = {name: torch.from_numpy(table.copy()) for name, table in found.items() if name in wanted}
    if missing := sorted(wanted.keys() - weights.keys()):
        raise ValueError(f"{folder}: its graphs do not name {missing[0]}; take the folder of the run it was made from")
    names = {module: name for name, module in network.named_modules()}
    for widen, narrow in find_feed_forward(network.encoder):
        merge_copies(weights, names[widen], names[narrow])
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape:
            raise ValueError(
                f"{folder}: {name} is {list(tensor.shape)} in its graph, {list(wanted[name].shape)} by its config.json "
                "and settings.json; export the model again"
            )
    network.load_state_dict(weights)


def read_weights(path: Path) -> Tables:
    """Return the tables of a graph by the names that they have in torch, products' weights `[outputs, inputs]`."""
    graph = onnx.load(find_graph(path)).graph
    makers = {output: node for node in graph.node for output in node.output}
    tables: Tables = {table.name: numpy_helper.to_array(table) for table in graph.initializer}
    for node in graph.node:
        if node.op_type in ("Cast", "DequantizeLinear") and all(name in tables for name in node.input):
            tables[node.output[0]] = _widen(*(tables[name] for name in node.input))
    for node in graph.node:
        if node.op_type != "Add":
            continue
        biases = [name for name in node.input if name in tables and name.endswith(".bias")]
        products = [makers[name] for name in node.input if name in makers and makers[name].op_type == "MatMul"]
        if biases and products and products[0].input[1] in tables:
            inputs, weights = products[0].input
            smoothed = tables[weights] * _find_smoothing(inputs, makers, tables)
            tables[biases[0].removesuffix("bias") + "weight"] = smoothed.T
    return tables


def _widen(table: NDArray[np.generic], *scales: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return a table of 16 bits, or of whole numbers with a scale and a zero for each column, as fp32."""
    wide = table.astype(np.float32)
    if scales:
        scale, zero = (numbers.astype(np.float32) for numbers in scales)
        wide = (wide - zero) * scale
    return wide


def _find_smoothing(name: str, makers: dict[str, onnx.NodeProto], tables: Tables) -> NDArray[np.float32]:
    """Return what the inputs of a product are multiplied with, `[inputs, 1]`, or one."""
    while name in makers and makers[name].op_type in ROUNDING:
        name = makers[name].input[0]
    if name in makers and makers[name].op_type == "Mul" and makers[name].input[1].endswith(SMOOTHING):
        return tables[makers[name].input[1]].reshape(-1, 1)
    return np.ones((1, 1), np.float32)


def find_feed_forward(encoder: nn.Module) -> Iterator[tuple[nn.Linear, nn.Linear]]:
    """Yield the two products of each feed-forward layer: one to many units, and the next one back to fewer."""
    products = [module for module in encoder.modules() if isinstance(module, nn.Linear)]
    for widen, narrow in pairwise(products):
        if widen.in_features < widen.out_features == narrow.in_features > narrow.out_features:
            yield widen, narrow


def merge_copies(weights: dict[str, Tensor], widen: str, narrow: str) -> None:
    """Undo `training.outliers.split_outliers` in a feed-forward layer: copies of a unit, side by side, become one.

    Args:
        weights: by name; those of the layer are exchanged.
        widen, narrow: names of the layer's two products.
    """
    units, outgoing = weights[f"{widen}.weight"], weights[f"{narrow}.weight"]
    bias = weights.get(f"{widen}.bias", torch.zeros(len(units)))
    repeats = (units[1:] == units[:-1]).all(1) & (bias[1:] == bias[:-1])
    first = torch.cat([torch.tensor([True]), ~repeats])
    weights[f"{widen}.weight"] = units[first]
    if f"{widen}.bias" in weights:
        weights[f"{widen}.bias"] = bias[first]
    merged = outgoing.new_zeros(len(outgoing), int(first.sum()))
    weights[f"{narrow}.weight"] = merged.index_add(1, first.cumsum(0) - 1, outgoing)
