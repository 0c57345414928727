"""How many requests a second the service answers to 1, 8 and 32 clients, beside the engine called one by one.

python benchmarks/service.py [--model MODEL] [--threads N] [--articles 200]

A process of `thaigov-events serve` listens on a free port of this machine for as long as it is measured; each client
sends one article, waits for its record, and sends the next. All read the same articles, so that the ratios hold.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count

import numpy as np
from race import read_articles

from thaigov_events.inference import Article, Extractor

CLIENTS = (1, 8, 32)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--articles", type=int, default=200)
    options = parser.parse_args()
    articles = read_articles(options.articles)
    extractor = Extractor.load(options.model, threads=options.threads)
    warm = articles[:5]
    for article in warm:
        extractor(article.text)
    alone = measure(articles, lambda article: extractor(article.text, id=article.id).to_dict(), clients=1)
    print("| clients | requests/s | times the engine alone | median ms | 99 % ms |\n|---|---:|---:|---:|---:|")
    show("none: the engine called one by one", alone, alone)
    given = [("--model", options.model), ("--threads", options.threads)]
    with serve([str(part) for pair in given if pair[1] is not None for part in pair]) as port:
        ask = make_asker(port)
        for article in warm:
            ask(article)
        for clients in CLIENTS:
            show(str(clients), measure(articles, ask, clients=clients), alone)


def measure(
    articles: Sequence[Article], ask: Callable[[Article], object], *, clients: int
) -> tuple[float, list[float]]:
    """Return requests a second and the milliseconds of each, when so many clients share the articles."""

    def spend(article: Article) -> float:
        began = time.perf_counter()
        ask(article)
        return 1000 * (time.perf_counter() - began)

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        spent = list(pool.map(spend, articles))
        return len(articles) / (time.perf_counter() - began), spent


def show(title: str, figures: tuple[float, list[float]], alone: tuple[float, list[float]]) -> None:
    """Print a row."""
    speed, spent = figures
    middle, high = np.percentile(spent, [50, 99])
    print(f"| {title} | {speed:.1f} | {speed / alone[0]:.2f} | {middle:.0f} | {high:.0f} |", flush=True)


@contextmanager
def serve(options: Sequence[str]) -> Iterator[int]:
    """Run the service on a free port, and give the port."""
    command = [sys.executable, "-m", "thaigov_events.inference.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next((line for line in process.stderr if "running on" in line), "")
            found = re.search(r":(\d+) ", line)
            if not found:
                raise RuntimeError("the service did not start; run `thaigov-events serve` to see why")
            yield int(found[1])
        finally:
            process.terminate()


def make_asker(port: int) -> Callable[[Article], object]:
    """Return what sends an article under a new id and waits for its record."""
    numbers = count()

    def ask(article: Article) -> object:
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        body = json.dumps({"id": f"{next(numbers)}", "text": article.text}, ensure_ascii=False).encode()
        connection.request("POST", "/extract", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        record = json.load(answer)
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}: {record}")
        return record

    return ask


if __name__ == "__main__":
    main()
