"""What quantisation costs in F1 and saves in time, on the development set of a training run, in one process.

python benchmarks/quantisation.py runs/default
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from thaigov_events.annotations import read_corpus
from thaigov_events.annotations.metrics import compare
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import OnnxRuntime, Runtime
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.torch_runtime import TorchRuntime, load_network
from thaigov_events.training.calibration import calibrate_settings
from thaigov_events.training.export import export_graphs, quantise, store_half


def main() -> None:
    """Measure torch, ONNX fp32, the released int8 and int8 of every matrix; thresholds are fitted to each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of a finished training run")
    run = parser.parse_args().run
    network, settings = load_network(run)
    tokenizer = Tokenizer.load(run / "tokenizer.json")
    dev = read_corpus(Path(settings.record["config"]["dev"]), settings.schema)
    articles = [(document.id, document.text) for document in dev]
    print("| engine | entities | relations | articles/s |\n|---|---:|---:|---:|")

    def measure(name: str, runtime: Runtime) -> None:
        fitted = calibrate_settings(Predictor(runtime, tokenizer, settings), dev)
        predictor = Predictor(runtime, tokenizer, fitted)
        began = time.perf_counter()
        found = predictor.predict(articles)
        speed = len(articles) / (time.perf_counter() - began)
        result = compare(dev, found, resamples=0)
        print(
            f"| {name} | {result.entities.total.f1:.4f} | {result.relations.total.f1:.4f} | {speed:.1f} |", flush=True
        )

    measure("torch fp32", TorchRuntime(network))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_graphs(network, folder)
        measure("ONNX Runtime fp32", OnnxRuntime(folder))
        exact = (folder / "encoder.onnx").rename(folder / "exact.onnx")
        for title, tall in (("int8 as released", False), ("int8, every matrix", True)):
            quantise(exact, folder / "encoder.onnx", tall=tall)
            store_half(folder / "encoder.onnx")
            measure(title, OnnxRuntime(folder))


if __name__ == "__main__":
    main()
