"""What the benchmarks share: real articles, and engines timed in turn on the same ones."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from thaigov_events.annotations import read_corpus
from thaigov_events.inference import Article

# The press releases where they have been fetched, else the articles that come with the repository.
CORPUS = next(path for path in (Path(".cache/corpus/train.jsonl"), Path("annotations/authored.jsonl")) if path.exists())

Engine = Callable[[Sequence[Article]], object]


def read_articles(count: int, corpus: Path = CORPUS) -> list[Article]:
    """Return `count` articles; a corpus that is smaller is read over again."""
    texts = [document.text for document in read_corpus(corpus)]
    return [Article(str(number), text) for number, text in enumerate(itertools.islice(itertools.cycle(texts), count))]


def race(engines: Mapping[str, Engine], articles: Sequence[Article], *, rounds: int = 3) -> dict[str, float]:
    """Return each engine's seconds for all articles.

    The articles are dealt into `rounds` hands, and of each hand all engines have their turn before the next, so that
    what else the machine does meets all of them.
    """
    for run in engines.values():
        run(articles[:4])
    seconds = dict.fromkeys(engines, 0.0)
    for first in range(rounds):
        for name, run in engines.items():
            began = time.perf_counter()
            run(articles[first::rounds])
            seconds[name] += time.perf_counter() - began
    return seconds
