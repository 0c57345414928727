"""The encoder's share of the processor's int8 matrix-multiply peak, both measured in one run on the same cores.

python benchmarks/peak.py [--model MODEL] [--threads N]

The peak is the best of square products of several sizes, by oneDNN (through torch) and by OpenVINO. The encoder's
operations are those of its matrix products alone; padding, pairs of tokens in different blocks and copied units are
left out: what it spends on them and elsewhere lowers its share.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress
from pathlib import Path

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from openvino import opset13 as ops
from race import read_articles

from thaigov_events.models.blocks import count_blocks
from thaigov_events.models.bundle import ModelSettings, released_folder
from thaigov_events.models.openvino_runtime import OpenVinoRuntime
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import ENCODER, Batch
from thaigov_events.models.tokenizer import load_tokenizer

SIZES = (512, 1024, 2048)
SECONDS = 0.5


def main() -> None:
    """Measure the peak and the encoder in turn, and print the best of both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=released_folder())
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    products = [make(size, options.threads) for size in SIZES for make in (multiply_by_torch, multiply_by_openvino)]
    calls, operations = list_calls(options.model, options.threads)
    peak, spent = 0.0, np.full(len(calls), np.inf)
    for _ in range(options.rounds):
        peak = max(peak, *(operations / best_time(run) for run, operations in products))
        spent = np.minimum(spent, [best_time(call) for call in calls])
    own = operations / spent.sum()
    print(f"{options.threads} threads: peak {peak / 1e9:,.0f} GOP/s, encoder {own / 1e9:,.0f} GOP/s, {own / peak:.0%}")


def best_time(run: Callable[[], object]) -> float:
    """Return the seconds of the quickest of the calls that `SECONDS` leave time for, at least three."""
    run()
    best, end, calls = np.inf, time.perf_counter() + SECONDS, 0
    while calls < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - began)
        calls += 1
    return float(best)


def multiply_by_torch(size: int, threads: int) -> tuple[Callable[[], object], float]:
    """Return an int8 product of two square matrices, and its operations."""
    left, right = (torch.randint(-127, 128, (size, size), dtype=torch.int8) for _ in range(2))
    return lambda: torch._int_mm(left, right), 2.0 * size**3


def multiply_by_openvino(size: int, threads: int) -> tuple[Callable[[], object], float]:
    """Return the same as a compiled graph of one quantised layer."""
    random = np.random.default_rng(0)
    activations = ops.parameter([size, size], np.float32)
    low, high = np.float32(-1), np.float32(1)
    quantised = ops.fake_quantize(activations, low, high, low, high, 256)
    weights = ops.constant(random.integers(-127, 128, (size, size)).astype(np.int8))
    scaled = ops.multiply(ops.convert(weights, np.float32), ops.constant(np.full((size, 1), 0.01, np.float32)))
    model = openvino.Model([ops.matmul(quantised, scaled, False, True)], [activations])
    config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    request = openvino.Core().compile_model(model, "CPU", config).create_infer_request()
    inputs = [random.normal(size=(size, size)).astype(np.float32)]
    return lambda: request.infer(inputs), 2.0 * size**3


def list_calls(folder: Path, threads: int) -> tuple[list[Callable[[], object]], float]:
    """Return the calls of the encoder that read some articles, and the operations of all their matrix products."""
    runtime, settings = OpenVinoRuntime(folder, threads=threads), ModelSettings.load(folder)
    predictor = Predictor(runtime, load_tokenizer(folder), settings)
    parts = [predictor.tokenizer.encode(article.text) for article in read_articles(32)]
    calls: list[Sequence[Batch]] = []
    encode = runtime.encode
    runtime.encode = lambda batches: calls.append(batches) or encode(batches)  # type: ignore[method-assign,func-returns-value]
    predictor.encode(parts)
    layers, heads, size, weights = read_shape(folder / ENCODER)
    spans = settings.network.get("local_attention") or [0] * layers
    heads_left = settings.network.get("heads") or [heads] * layers
    operations = 0.0
    for ids, mask in (batch for batches in calls for batch in batches):
        lengths, width = mask.sum(1).astype(float), ids.shape[1]
        pairs = [lengths**2 / count_blocks(width, span or width) for span in spans]
        attended = sum(own * size * count for own, count in zip(pairs, heads_left, strict=True))
        operations += 2 * (weights * lengths + 2 * attended).sum()
    return [partial(encode, call) for call in calls], operations


def read_shape(graph: Path) -> tuple[int, int, int, int]:
    """Return an encoder's layers, its family's heads, their size, and the weights of its products, copies once."""
    nodes = [node for node in openvino.Core().read_model(graph).get_ops() if node.get_type_name() == "MatMul"]
    fixed = [node.input_value(1).get_partial_shape().is_static for node in nodes]
    tables = [read_weights(node.input_value(1).get_node()) for node in compress(nodes, fixed)]
    states = nodes[fixed.index(True)].input_value(0).get_partial_shape()[2].get_length()
    # of a feed-forward layer both products have each copied unit: as outputs, and as inputs
    copied = {table.shape[1]: table.shape[1] - len(np.unique(table.T, axis=0)) for table in tables}
    weights = [np.prod([size - copied.get(size, 0) for size in table.shape]) for table in tables]
    # what heads give has a fixed last size, the scores of pairs have none
    mixed = [node.get_output_partial_shape(0)[3] for node, own in zip(nodes, fixed, strict=True) if not own]
    sizes = [last.get_length() for last in mixed if last.is_static]
    return len(sizes), states // sizes[0], sizes[0], int(sum(weights))


def read_weights(node: openvino.Node) -> NDArray[np.generic]:
    """Return the constant that a product's weights are made of, `[inputs, outputs]`."""
    while node.get_type_name() != "Constant":
        node = node.input_value(0).get_node()
    return node.get_data()  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
