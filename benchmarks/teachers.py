"""How good the mean opinion of several finished runs is, beside each alone: do they make a better teacher together?

    python benchmarks/teachers.py RUN… [--gold CORPUS]

What is measured is what a student would learn: strict F1 of the spans that the averaged labels give, and of the
likeliest relation of each pair of them, in pieces of the compact tokenizer. No threshold or calibration is fitted.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from thaigov_events.annotations import Document, Schema, read_corpus
from thaigov_events.annotations.metrics import Item, score_items
from thaigov_events.models.alignment import Example, prepare
from thaigov_events.models.candidates import NO_RELATION, Candidates
from thaigov_events.models.tokenizer import load_tokenizer
from thaigov_events.training.distillation import load_teachers, soften

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print a line for each run, and one for all together."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--gold", type=Path, default=ROOT / ".cache" / "corpus" / "dev.jsonl")
    parser.add_argument("--distance", type=int, default=48, help="how many mentions apart a pair may stand")
    options = parser.parse_args()
    gold = read_corpus(options.gold)
    print("| teachers | entities | relations |\n|---|---:|---:|")
    for runs in [*([run] for run in options.runs), *([options.runs] if len(options.runs) > 1 else [])]:
        entities, relations = score(runs, gold, distance=options.distance)
        print(f"| {', '.join(runs)} | {entities:.4f} | {relations:.4f} |", flush=True)


def score(runs: Sequence[str], gold: Sequence[Document], *, distance: int) -> tuple[float, float]:
    """Return F1 of entities and of relations of the runs' mean opinion."""
    schema, tokenizer = Schema.load(), load_tokenizer(ROOT / "models" / "compact")
    candidates = Candidates(schema, distance)
    texts = [(document.id, document.text) for document in gold]
    found = soften(load_teachers(runs, schema), texts, tokenizer, candidates, device=torch.device("cpu"))
    known = prepare(gold, tokenizer, candidates)[0]
    pairs = [
        (list_items(own, own.links), list_items(other, choose_links(other, candidates)))
        for own, other in zip(known, found, strict=True)
    ]
    counts = score_items(pairs, resamples=0).by_label
    return counts["span"].f1, counts["link"].f1


def list_items(example: Example, links: Mapping[tuple[int, int], int]) -> list[Item]:
    """Return spans as (start, end, kind) in pieces, and links as those of both ends with the class."""
    spans = [(span.start, span.end, span.kind) for span in example.spans]
    return [
        *(("span", span) for span in spans),
        *(("link", (spans[head], spans[tail], kind)) for (head, tail), kind in links.items()),
    ]


def choose_links(example: Example, candidates: Candidates) -> dict[tuple[int, int], int]:
    """Return the likeliest relation of each candidate pair that has one."""
    if example.soft is None:
        raise ValueError(f"{example.id}: has no soft targets")
    pairs = zip(*candidates.pairs([span.kind for span in example.spans]), strict=True)
    chosen = zip(pairs, example.soft.pairs.argmax(1).tolist(), strict=True)
    return {pair: kind for pair, kind in chosen if kind != NO_RELATION}


if __name__ == "__main__":
    main()
