"""Write a trained network as ONNX graphs: fp32, and int8 for the release.

    python -m thaigov_events.training.export RUN --output DIR [--precision int8|fp32]
        [--window N] [--overlap N]

For int8 the encoder's matrix products are quantised with scales found on texts of the run's training set (see
`training/outliers.py` and `training/quantisation.py`); the relation head is kept as fp16 and computed in fp32. The same
graphs serve ONNX Runtime and OpenVINO, and torch reads its weights from them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import onnx
import torch
from torch.export import Dim

from thaigov_events.annotations.files import replace_safely
from thaigov_events.annotations.metrics import Comparison
from thaigov_events.annotations.report import describe_comparison, format_comparison
from thaigov_events.models.encoders import fit_window
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import ENCODER, RELATIONS, open_runtime
from thaigov_events.models.tokenizer import load_tokenizer
from thaigov_events.models.torch_runtime import load_network
from thaigov_events.training.calibration import fit_to_dev
from thaigov_events.training.card import write_card
from thaigov_events.training.outliers import split_outliers
from thaigov_events.training.quantisation import cut_training_windows, quantise, store_half
from thaigov_events.training.record import file_hash

PRECISIONS = ("int8", "fp32")
OPSET = 20
GRAPHS = (ENCODER, RELATIONS)


def export_graphs(network: JointNetwork, folder: Path) -> None:
    """Write `encoder.onnx` and `relations.onnx`, fp32, with free batch, length, mention and pair sizes.

    An encoder with local attention takes its inputs as `models.blocks.cut_blocks` cuts them.
    """
    network = network.cpu().eval()
    ids, axes = torch.full((2, 16), 5), ["windows", "length"]
    if network.config.local_attention:
        ids, axes = ids.reshape(2, 2, 2, 4), ["windows", "large", "blocks", "length"]
    else:
        network.encoder.set_attn_implementation("eager")  # plain operators, which int8 kernels exist for
    shape = {axis: Dim(name) for axis, name in enumerate(axes)}
    _export(
        network, (ids, torch.ones_like(ids)), folder / ENCODER, inputs=["ids", "mask"],
        outputs=["states", "logits"], shapes=(shape, shape),
    )  # fmt: skip
    tokens, mentions, pairs = Dim("tokens"), Dim("mentions"), Dim("pairs")
    starts = torch.arange(1, 6)
    heads, tails = torch.tensor([0, 1, 2, 3, 4, 2]), torch.tensor([1, 0, 4, 2, 3, 1])
    states = torch.randn(9, network.encoder.config.hidden_size)
    # two tensors, not one given twice: the exporter would take the inputs for one
    kinds, documents = torch.zeros(5, dtype=torch.long), torch.zeros(5, dtype=torch.long)
    names = ["states", "starts", "ends", "kinds", "documents", "heads", "tails"]
    _export(
        network.relations, (states, starts, starts + 2, kinds, documents, heads, tails), folder / RELATIONS,
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


def export_model(
    run: Path, output: Path, *, precision: str = "int8", window: int | None = None, overlap: int | None = None
) -> Comparison | None:
    """Write the model folder `output` for use from the folder of a finished training run.

    Thresholds and calibration are fitted anew to what the exported graphs give on the run's development set, and
    the figures reached there are recorded and returned. Where that file is not here, those of the run stay, and
    None is returned.

    Args:
        run: the run's folder.
        output: the model folder.
        precision: one of `PRECISIONS`.
        window, overlap: how many tokens are read at a time in use, and how many of them neighbouring windows share; by
            default as in the run.

    Raises:
        ValueError: when there is no such precision, or the encoder has fewer places than `window` or no
            more than `overlap`.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r}: choose one of {', '.join(PRECISIONS)}")
    network, settings = load_network(run)
    overlap = settings.overlap if overlap is None else overlap
    window, overlap = fit_window(str(run), window=window or settings.window, overlap=overlap)
    settings = replace(settings, window=window, overlap=overlap)
    windows = cut_training_windows(settings, load_tokenizer(run)) if precision == "int8" else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if precision == "int8":
            split_outliers(network, windows)
        export_graphs(network, folder)
        if precision == "int8":
            quantise(folder / ENCODER, folder / "int8.onnx", windows)
            (folder / "int8.onnx").replace(folder / ENCODER)
            for graph in GRAPHS:
                store_half(folder / graph)
        for graph in GRAPHS:
            onnx.checker.check_model(str(folder / graph))
        network.encoder.config.to_json_file(folder / "config.json")
        load_tokenizer(run).save(folder)
        settings, result = fit_to_dev(Predictor(open_runtime(folder), load_tokenizer(folder), settings))
        if result:
            settings = replace(settings, record=settings.record | {"released": describe_comparison(result)})
        settings.save(folder)
        if settings.record:
            write_card(folder, name=output.name, precision=precision)
        files = sorted(path.name for path in folder.iterdir())
        sums = [f"{file_hash(folder / file)}  {file}\n" for file in files]
        (folder / "SHA256SUMS").write_text("".join(sums))
        for file in (*files, "SHA256SUMS"):
            with replace_safely(output / file) as path:
                shutil.copyfile(folder / file, path)
    return result


def main() -> None:
    """Export the run that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of a finished training run")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--precision", choices=PRECISIONS, default="int8")
    parser.add_argument("--window", type=int, help="tokens read at a time (default: as in the run)")
    parser.add_argument("--overlap", type=int, help="tokens that neighbouring windows share (default: as in the run)")
    options = parser.parse_args()
    result = export_model(
        options.run,
        options.output,
        precision=options.precision,
        window=options.window,
        overlap=options.overlap,
    )
    if result:
        print(format_comparison(result))
    sizes = ", ".join(f"{p.name} {p.stat().st_size / 2**20:.1f} MiB" for p in sorted(options.output.iterdir()))
    print(f"{options.output}: {sizes}")


if __name__ == "__main__":
    main()
