"""Quantise an encoder's graph to int8 with fixed scales, found on calibration texts (nncf, an extra of training)."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from thaigov_events.annotations.columns import load_corpus
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.predictor import window_ids
from thaigov_events.models.runtime import Batch, graph_inputs
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.windows import cut_windows

# Windows that the scales are found on.
CALIBRATION_WINDOWS = 300
# Tables of more numbers than this are kept as fp16.
LARGE = 10_000


def quantise(graph: Path, output: Path, windows: Sequence[Batch]) -> None:
    """Write the fp32 graph at `graph` with its products by weights in int8, in ONNX's standard QDQ form.

    Weights are quantised by channel. Activations have one fixed scale a tensor, so that a window's result does not
    depend on what is beside it; their outliers are first moved into the weights (SmoothQuant), and biases are corrected
    by what rounding shifts on average. Embeddings, the products within attention and the entity head stay as they are:
    they cost little time. `benchmarks/engines.py` measures what is lost and saved.

    Args:
        graph, output: the files.
        windows: at least one batch, of a single window each.
    """
    import nncf

    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = onnx.load(graph)
    rank = len(model.graph.input[0].type.tensor_type.shape.dim)
    weights = {table.name for table in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul"]
    exact = [node for node in products if not weights & set(node.input)]
    exact += [node for node in model.graph.node if node.op_type == "Gather" and weights & set(node.input)]
    exact += products[-1:]  # the entity head comes last
    quantised = nncf.quantize(
        model,
        nncf.Dataset([graph_inputs(window, rank=rank) for window in windows]),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(windows),
        ignored_scope=nncf.IgnoredScope(names=[node.name for node in exact]),
    )
    onnx.save(quantised, output)


def cut_training_windows(settings: ModelSettings, tokenizer: Tokenizer) -> list[Batch]:
    """Return windows of those of a run's training files that are here, as `cut_calibration` does."""
    config = settings.record.get("config", {})
    texts = [
        document.text
        for path in map(Path, config.get("train", ()))
        if path.exists()
        for document in load_corpus(path, settings.schema, separator=config.get("separator", ""))
    ]
    return cut_calibration(texts, tokenizer, window=settings.window, overlap=settings.overlap)


def cut_calibration(
    texts: Sequence[str], tokenizer: Tokenizer, *, window: int, overlap: int
) -> list[Batch]:  # fmt: skip
    """Return a window each of `CALIBRATION_WINDOWS` texts, without padding: what comes of it would count as well.

    Texts are taken from the whole sequence, and windows from all parts of them: scales that are found on the beginnings
    of the first texts cost 0.2 points of entity F1 more.

    Raises:
        ValueError: when no text has a token.
    """
    windows: list[Batch] = []
    places = np.linspace(0, len(texts) - 1, min(CALIBRATION_WINDOWS, len(texts))).astype(int)
    for number, place in enumerate(places):
        tokens = tokenizer.encode(texts[place])
        cut = cut_windows(len(tokens), size=window, overlap=overlap)
        if cut:
            ids = window_ids(tokenizer, tokens, cut[number % len(cut)])[np.newaxis]
            windows.append((ids, np.ones_like(ids)))
    if not windows:
        raise ValueError("no text to measure activations on; put the run's training files back, or export as fp32")
    return windows


def store_half(path: Path) -> None:
    """Keep a graph's large fp32 tables as fp16 in the file; they are widened once, when it is opened."""
    model = onnx.load(path)
    for initializer in list(model.graph.initializer):
        if initializer.data_type == onnx.TensorProto.FLOAT and math.prod(initializer.dims) >= LARGE:
            half = numpy_helper.to_array(initializer).astype(np.float16)
            model.graph.initializer.remove(initializer)
            model.graph.initializer.append(numpy_helper.from_array(half, initializer.name + ".half"))
            cast = onnx.helper.make_node(
                "Cast", [initializer.name + ".half"], [initializer.name], to=onnx.TensorProto.FLOAT
            )
            model.graph.node.insert(0, cast)
    onnx.save(model, path)
