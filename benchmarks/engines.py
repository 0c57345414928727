"""Our engines beside each other on the same articles in one run: F1, articles and tokens a second.

python benchmarks/engines.py [--model MODEL] [--run RUN] [--articles 300]

With the folder of a training run, its network is also run in torch and, in fp32, by each engine. F1 is that of
mentions and relations on the development set, confidences and threshold fitted to each engine; speed is that of the
whole extraction.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from race import race, read_articles

from thaigov_events.annotations import read_corpus
from thaigov_events.annotations.metrics import compare
from thaigov_events.inference import Extractor
from thaigov_events.models.bundle import released_folder
from thaigov_events.models.predictor import Predictor
from thaigov_events.training.calibration import calibrate_settings

BACKENDS = [name for name, module in (("onnx", "onnxruntime"), ("openvino", "openvino")) if find_spec(module)]


def list_engines(model: Path, run: Path | None, stack: ExitStack) -> Iterator[tuple[str, Path, str]]:
    """Yield title, folder and backend of each engine."""
    if run:
        from thaigov_events.training.export import export_model  # needs torch

        fp32 = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        export_model(run, fp32, precision="fp32")
        yield "torch fp32", run, "torch"
        yield from ((f"{backend} fp32", fp32, backend) for backend in BACKENDS)
    yield from ((f"{backend} int8", model, backend) for backend in BACKENDS)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=released_folder())
    parser.add_argument("--run", type=Path)
    parser.add_argument("--dev", type=Path, default=Path(".cache/corpus/dev.jsonl"))
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    with ExitStack() as stack:
        extractors = {
            title: Extractor.load(folder, backend=backend, device="cpu", threads=options.threads)
            for title, folder, backend in list_engines(options.model, options.run, stack)
        }
    articles = read_articles(options.articles)
    tokens = sum(len(next(iter(extractors.values())).predictor.tokenizer.encode(a.text)) for a in articles)
    figures = {title: measure(extractor.predictor, options.dev) for title, extractor in extractors.items()}
    seconds = race({t: partial(lambda e, a: list(e.extract(a)), e) for t, e in extractors.items()}, articles)
    slowest = next(iter(seconds.values()))
    print("| engine | entities | relations | articles/s | tokens/s | times |\n|---|---:|---:|---:|---:|---:|")
    for title, spent in seconds.items():
        speed = f"{len(articles) / spent:.1f} | {tokens / spent:,.0f} | {slowest / spent:.2f}"
        print(f"| {title} | {figures[title]} | {speed} |")


def measure(predictor: Predictor, dev: Path) -> str:
    """Return the F1 of entities and relations on the corpus `dev` as cells."""
    if not dev.exists():
        return "– | –"
    gold = read_corpus(dev, predictor.settings.schema)
    settings = calibrate_settings(predictor, gold)
    fitted = Predictor(predictor.runtime, predictor.tokenizer, settings, batch_tokens=predictor.batch_tokens)
    result = compare(gold, fitted.predict([(document.id, document.text) for document in gold]), resamples=0)
    return f"{result.entities.total.f1:.4f} | {result.relations.total.f1:.4f}"


if __name__ == "__main__":
    main()
