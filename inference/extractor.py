"""From articles to mentions, links, values and records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thaigov_events.annotations.document import Document
from thaigov_events.inference.assembly import assemble, attach_values
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.inputs import Article
from thaigov_events.models.bundle import ModelSettings, released_folder
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import OnnxRuntime
from thaigov_events.models.tokenizer import Tokenizer

# The form of `Extraction.to_dict`: a number more when what was written before would no longer be read rightly.
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an article says: its document with scored mentions and links, values by mention id, event records."""

    document: Document
    values: dict[str, dict[str, Any]]
    events: list[dict[str, Any]]

    @classmethod
    def tell(cls, document: Document) -> Extraction:
        """Return what a document with mentions and links says."""
        graph = Graph.build(document)
        return cls(document, attach_values(graph), [record.to_dict() for record in assemble(graph)])

    def to_dict(self) -> dict[str, Any]:
        """Return the output record: its version, then the corpus format with scores, values and events."""
        record = self.document.to_dict()
        for entity in record["entities"]:
            if entity["id"] in self.values:
                entity["value"] = self.values[entity["id"]]
        return {"version": SCHEMA_VERSION, **record, "events": self.events}


class Extractor:
    """The engine: `Extractor.load()(text)` gives an `Extraction`."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    @classmethod
    def load(cls, model: Path | str | None = None, *, threads: int | None = None) -> Extractor:
        """Open a model folder, by default the released one.

        Raises:
            FileNotFoundError: when it is not a model folder.
            ValueError: when one of its files is damaged.
        """
        folder = Path(model) if model else released_folder()
        settings = ModelSettings.load(folder)
        try:
            runtime, tokenizer = OnnxRuntime(folder, threads=threads), Tokenizer.load(folder / "tokenizer.json")
        except OSError:
            raise
        except Exception as error:  # onnxruntime and tokenizers raise types of their own, or plain Exception
            raise ValueError(f"{folder}: a file of this model is damaged ({error}); compare SHA256SUMS") from error
        return cls(Predictor(runtime, tokenizer, settings))

    def __call__(self, text: str, *, id: str = "article") -> Extraction:
        """Read one article."""
        return next(self.extract([Article(id, text)]))

    def extract(self, articles: Iterable[Article]) -> Iterator[Extraction]:
        """Read articles one after another, in order; nothing of those before is kept."""
        for article in articles:
            document = self.predictor.predict_one(article.id, article.text)
            yield Extraction.tell(document)
