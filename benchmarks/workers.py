"""How much faster `extract` is with more engines, a core each, than with one on one core, start included.

python benchmarks/workers.py [--model MODEL] [--jobs 1 2] [--articles 1500]

The runs take turns in one run of this program, and must write the same bytes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from race import read_articles

from thaigov_events.annotations import Document
from thaigov_events.annotations.corpus import write_corpus


def main() -> None:
    """Print articles a second and the ratio to the first number of engines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    articles = read_articles(options.articles)
    model = ["--model", str(options.model)] if options.model else []
    best = dict.fromkeys(options.jobs, float("inf"))
    with TemporaryDirectory() as name:
        source, written = Path(name) / "articles.jsonl", set[bytes]()
        write_corpus(source, [Document(article.id, article.text) for article in articles])
        for _ in range(options.rounds):
            for jobs in options.jobs:
                output = Path(name) / "events.jsonl"
                command = [sys.executable, "-m", "thaigov_events.inference.cli", "extract", str(source)]
                command += ["-o", str(output), "--jobs", str(jobs), "--threads", str(jobs), *model]
                began = time.perf_counter()
                subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
                best[jobs] = min(best[jobs], time.perf_counter() - began)
                written.add(output.read_bytes())
                output.unlink()
    if len(written) > 1:
        raise SystemExit("the outputs differ")
    first = best[options.jobs[0]]
    for jobs, spent in best.items():
        print(f"{jobs} engines: {len(articles) / spent:.1f} articles/s, {first / spent:.2f} times")


if __name__ == "__main__":
    main()
