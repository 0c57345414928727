"""What share of a corpus's mentions is normalised, what is refused and why, and how long records take to assemble.

python benchmarks/normalisation.py [CORPUS]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from thaigov_events.annotations import read_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.inference.assembly import attach_values
from thaigov_events.inference.bodies import write_body
from thaigov_events.inference.extractor import Extraction, Extractor
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.people import read_person, take_titles
from thaigov_events.inference.positions import read_office
from thaigov_events.inference.reading import write_plainly
from thaigov_events.inference.spelling import fold_name
from thaigov_events.inference.values import normalise

LABELS = ("DATE", "TIME", "PERIOD", "MONEY", "QUANTITY", "LOCATION")
KINDS = ("normalised", "refused", "none")
REPEATS = 5
# What keeps the texts that it read last; each run starts without them, and finds only what articles share.
CACHED = (fold_name, normalise, read_office, read_person, take_titles, write_body, write_plainly)


def main() -> None:
    """Print the shares, each refused text with its reason, and the time an article."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=Path(".cache/corpus/dev.jsonl"))
    parser.add_argument("--model", type=Path, help="model folder (default: the released weights)")
    arguments = parser.parse_args()
    documents = read_corpus(arguments.corpus)
    print_shares(documents)
    assembly, prediction = measure_costs(Extractor.load(arguments.model, threads=1), documents)
    whole = assembly + prediction
    print(f"\nvalues and records: {assembly:.2f} of {whole:.1f} ms an article, {assembly / whole:.1%} of extraction")


def print_shares(documents: Sequence[Document]) -> None:
    """Print a table of the labels and the list of what is refused.

    A place that is no Thai province, district or sub-district has no value and is left out of the share.
    """
    kinds: Counter[tuple[str, str]] = Counter()
    refused: Counter[tuple[str, str, str]] = Counter()
    for document in documents:
        values = attach_values(Graph.build(document))
        for entity in document.entities:
            if entity.label not in LABELS:
                continue
            value = values.get(entity.id)
            kind = "none" if value is None else "refused" if value["type"] == "unparsed" else "normalised"
            kinds[entity.label, kind] += 1
            if value is not None and kind == "refused":
                refused[entity.label, document.text_of(entity), value["reason"]] += 1
    print("| label | mentions | normalised | refused | no value | share |\n|---|---:|---:|---:|---:|---:|")
    for label in (*LABELS, "all"):
        counts = [sum(kinds[each, kind] for each in (LABELS if label == "all" else (label,))) for kind in KINDS]
        share = f"{counts[0] / (counts[0] + counts[1]):.1%}" if counts[0] + counts[1] else "-"
        print(f"| {label} | {sum(counts)} | {' | '.join(map(str, counts))} | {share} |")
    print("\nrefused:" if refused else "\nnothing refused")
    for (label, text, reason), count in sorted(refused.items()):
        print(f"  {label} {' '.join(text.split())!r}: {reason}" + (f" ({count} times)" if count > 1 else ""))


def measure_costs(extractor: Extractor, documents: Sequence[Document]) -> tuple[float, float]:
    """Return the processor's milliseconds for an article's values and records, and for its mentions and links.

    Each is the best of some runs over all articles; they take turns, so that a busy machine slows both alike.
    """
    texts = [(document.id, document.text) for document in documents]
    assembly, prediction = [], []
    for _ in range(REPEATS):
        for read in CACHED:
            read.cache_clear()
        began = time.process_time()
        for document in documents:
            Extraction.tell(document)
        assembly.append(time.process_time() - began)
        began = time.process_time()
        extractor.predictor.predict(texts)
        prediction.append(time.process_time() - began)
    return 1000 * min(assembly) / len(documents), 1000 * min(prediction) / len(documents)


if __name__ == "__main__":
    main()
