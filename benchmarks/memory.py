"""What memory a long run takes (Linux): after each tenth of the articles, and at its peak.

python benchmarks/memory.py [--model MODEL] [--articles 10000]
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from race import CORPUS

from thaigov_events.annotations import read_corpus
from thaigov_events.inference import Article, Extractor
from thaigov_events.models.runtime import BACKENDS


def read_memory(field: str) -> float:
    """Return `VmRSS`, what is held now, or `VmHWM`, the peak, in MB."""
    found = re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else float("nan")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--backend", choices=BACKENDS, default="auto")
    parser.add_argument("--articles", type=int, default=10_000)
    options = parser.parse_args()
    extractor = Extractor.load(options.model, backend=options.backend)
    texts = [document.text for document in read_corpus(CORPUS)]
    articles = (Article(str(number), texts[number % len(texts)]) for number in range(options.articles))
    print(f"at the beginning {read_memory('VmRSS'):.0f} MB", flush=True)
    for done, _ in enumerate(extractor.extract(articles), 1):
        if done % max(options.articles // 10, 1) == 0:
            print(f"after {done} articles {read_memory('VmRSS'):.0f} MB", flush=True)
    print(f"peak {read_memory('VmHWM'):.0f} MB")


if __name__ == "__main__":
    main()
