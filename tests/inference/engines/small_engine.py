"""Engines for tests of runs: the real tokenizer, windows and assembly around a network that needs no weights.

It is imported by name, so that processes that a test starts can import it too.
"""

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from thaigov_events.annotations import Schema
from thaigov_events.inference import Article, Extraction, Extractor
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.labels import label_count, label_index
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import Batch, Floats, Integers
from thaigov_events.models.tokenizer import Tokenizer

COMPACT = Path(__file__).parents[3] / "models" / "compact" / "tokenizer.json"
POISON, DEADLY = "ยาพิษ", "มรณะ"


class DigitNetwork:
    """Marks every piece of digits as a QUANTITY."""

    batch_tokens, on_one_core = 512, False

    def __init__(self, tokenizer: Tokenizer, schema: Schema) -> None:
        self.digits = [i for piece, i in tokenizer.vocabulary.items() if piece.strip("▁").isdigit()]
        self.labels = label_count(len(schema.entity_names))
        self.single = label_index(schema.entity_names.index("QUANTITY"), 3)

    def encode(self, batches: Sequence[Batch]) -> list[tuple[Floats, Floats]]:
        return [self.mark(ids) for ids, _ in batches]

    def mark(self, ids: Integers) -> tuple[Floats, Floats]:
        logits = np.zeros((*ids.shape, self.labels), dtype=np.float32)
        number = np.isin(ids, self.digits)
        logits[..., 0] = np.where(number, -9, 9)
        logits[..., self.single] = np.where(number, 9, -9)
        return np.zeros((*ids.shape, 4), dtype=np.float32), logits

    def relate(self, states: Floats, starts, ends, kinds, documents, heads, tails) -> Floats:  # type: ignore[no-untyped-def]
        return np.zeros((len(heads), 64), dtype=np.float32)


def small_settings() -> ModelSettings:
    schema = Schema.load()
    return ModelSettings(Schema(schema.entities), window=62, overlap=8)


def open_small(*args: object, **options: object) -> Extractor:
    """Open an engine that fails on POISON, whatever else an engine is opened with."""
    settings, tokenizer = small_settings(), Tokenizer.load(COMPACT)
    return PoisonableExtractor(Predictor(DigitNetwork(tokenizer, settings.schema), tokenizer, settings))


class PoisonableExtractor(Extractor):
    def extract(self, articles: Iterable[Article]) -> Iterator[Extraction]:
        def check() -> Iterator[Article]:
            for article in articles:
                if POISON in article.text:
                    raise RuntimeError("swallowed poison")
                yield article

        return super().extract(check())


class MortalExtractor(PoisonableExtractor):
    """Dies, as a process that is killed, of DEADLY; if it has a `scar`, only until that file exists."""

    scar: Path | None = None

    def extract(self, articles: Iterable[Article]) -> Iterator[Extraction]:
        articles = list(articles)
        if any(DEADLY in article.text for article in articles) and not (self.scar and self.scar.exists()):
            if self.scar:
                self.scar.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().extract(articles)


def open_mortal(scar: Path | None = None) -> Extractor:
    extractor = MortalExtractor(open_small().predictor)
    extractor.scar = scar
    return extractor


def open_slow(*args: object, **options: object) -> Extractor:
    """Open an engine that takes a while for each article, so that there is time to kill it."""
    extractor = open_small()
    extract = extractor.extract

    def wait(articles: Iterable[Article]) -> Iterator[Extraction]:
        for extraction in extract(articles):
            time.sleep(0.03)
            yield extraction

    extractor.extract = wait  # type: ignore[method-assign]
    return extractor


def open_broken() -> Extractor:
    raise ValueError("models/none: a file of this model is damaged")


def open_dead() -> Extractor:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
