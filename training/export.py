"""Write a trained network as ONNX graphs: fp32, and int8 for the release.

    python -m thaigov_events.training.export RUN --output DIR [--precision int8|fp32]

The encoder's matrices are quantised to eight bits, by channel, with the activations' scales found while it runs
(dynamic quantisation). The relation head is small and stays as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch.export import Dim

from thaigov_events.annotations.files import write_safely
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.torch_runtime import load_network

PRECISIONS = ("int8", "fp32")
OPSET = 20


def export_graphs(network: JointNetwork, folder: Path) -> None:
    """Write `encoder.onnx` and `relations.onnx`, fp32, with free batch, length, mention and pair sizes."""
    network = network.cpu().eval()
    network.encoder.set_attn_implementation("eager")  # plain operators, which int8 kernels exist for
    ids = torch.full((2, 16), 5)
    windows, length = Dim("windows"), Dim("length")
    _export(
        network, (ids, torch.ones_like(ids)), folder / "encoder.onnx", inputs=["ids", "mask"],
        outputs=["states", "logits"], shapes=({0: windows, 1: length}, {0: windows, 1: length}),
    )  # fmt: skip
    tokens, mentions, pairs = Dim("tokens"), Dim("mentions"), Dim("pairs")
    starts = torch.arange(1, 6)
    heads, tails = torch.tensor([0, 1, 2, 3, 4, 2]), torch.tensor([1, 0, 4, 2, 3, 1])
    states = torch.randn(9, network.encoder.config.hidden_size)
    # two tensors, not one given twice: the exporter would take the inputs for one
    kinds, documents = torch.zeros(5, dtype=torch.long), torch.zeros(5, dtype=torch.long)
    names = ["states", "starts", "ends", "kinds", "documents", "heads", "tails"]
    _export(
        network.relations, (states, starts, starts + 2, kinds, documents, heads, tails), folder / "relations.onnx",
        inputs=names, outputs=["scores"],
        shapes=({0: tokens}, *({0: mentions},) * 4, {0: pairs}, {0: pairs}),
    )  # fmt: skip


def _export(
    module: torch.nn.Module, arguments: tuple[torch.Tensor, ...], path: Path, *, inputs: list[str], outputs: list[str],
    shapes: tuple[dict[int, Dim], ...],
) -> None:  # fmt: skip
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter speaks of its own deprecations
        torch.onnx.export(
            module, arguments, path, input_names=inputs, output_names=outputs, dynamic_shapes=shapes,
            opset_version=OPSET, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip


def quantise(path: Path, output: Path) -> None:
    """Quantise the matrices of the graph at `path` to int8, by channel."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        quantize_dynamic(prepared, output, weight_type=QuantType.QInt8, per_channel=True, reduce_range=False)


def export_model(run: Path, output: Path, *, precision: str = "int8") -> None:
    """Write the model folder `output` for use from the folder of a finished training run."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r}: choose one of {', '.join(PRECISIONS)}")
    network, settings = load_network(run)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_graphs(network, folder)
        if precision == "int8":
            quantise(folder / "encoder.onnx", folder / "int8.onnx")
            (folder / "int8.onnx").replace(folder / "encoder.onnx")
        for graph in ("encoder.onnx", "relations.onnx"):
            onnx.checker.check_model(str(folder / graph))
            write_safely(output / graph, lambda path, graph=graph: shutil.copyfile(folder / graph, path))  # type: ignore[misc]
    write_safely(output / "tokenizer.json", lambda path: shutil.copyfile(run / "tokenizer.json", path))
    settings.save(output)
    names = ("encoder.onnx", "relations.onnx", "settings.json", "tokenizer.json")
    sums = "".join(f"{hashlib.sha256((output / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    write_safely(output / "SHA256SUMS", lambda path: path.write_text(sums))


def main() -> None:
    """Export the run that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of a finished training run")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--precision", choices=PRECISIONS, default="int8")
    options = parser.parse_args()
    export_model(options.run, options.output, precision=options.precision)
    sizes = ", ".join(f"{p.name} {p.stat().st_size / 2**20:.1f} MiB" for p in sorted(options.output.iterdir()))
    print(f"{options.output}: {sizes}")


if __name__ == "__main__":
    main()
