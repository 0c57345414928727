"""How long one article of a given length takes when it comes alone: median and 99th percentile.

python benchmarks/latency.py [--model MODEL] [--characters 2000] [--articles 200]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from race import read_articles

from thaigov_events.inference import Extractor
from thaigov_events.models.runtime import BACKENDS


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--backend", choices=BACKENDS, default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--characters", type=int, default=2000)
    parser.add_argument("--articles", type=int, default=200)
    options = parser.parse_args()
    extractor = Extractor.load(options.model, backend=options.backend, threads=options.threads)
    # articles one after another, cut into stretches of one length
    stream = "\n".join(article.text for article in read_articles(2 * options.articles))
    texts = [stream[k * options.characters :][: options.characters] for k in range(options.articles)]
    for text in texts[:10]:
        extractor(text)
    spent = []
    for text in texts:
        began = time.perf_counter()
        extractor(text)
        spent.append(1000 * (time.perf_counter() - began))
    middle, high = np.percentile(spent, [50, 99])
    print(f"{len(texts)} articles of {options.characters} characters: median {middle:.1f} ms, 99 % in {high:.1f} ms")


if __name__ == "__main__":
    main()
