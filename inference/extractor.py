"""From articles to mentions, links, values and records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.inference.articles import Article
from thaigov_events.inference.assembly import assemble, attach_values
from thaigov_events.inference.coverage import Coverage, measure_coverage
from thaigov_events.inference.graph import Graph
from thaigov_events.inference.roster import list_people
from thaigov_events.models.bundle import ModelSettings, released_folder
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import open_runtime
from thaigov_events.models.tokenizer import Tokens, load_tokenizer
from thaigov_events.models.windows import Window

# The form of `Extraction.to_dict`: a number more when what was written before would no longer be read rightly.
SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an article says: its document with scored mentions and links, values by mention id, event records, people.

    `coverage` tells how the text went through the network; None where it did not.
    """

    document: Document
    values: dict[str, dict[str, Any]]
    events: list[dict[str, Any]]
    people: list[dict[str, Any]]
    coverage: Coverage | None = field(default=None, compare=False)

    @classmethod
    def tell(cls, document: Document) -> Extraction:
        """Return what a document with mentions and links says."""
        graph = Graph.build(document)
        events = [record.to_dict() for record in assemble(graph)]
        return cls(document, attach_values(graph), events, [person.to_dict() for person in list_people(graph)])

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Extraction:
        """Build an extraction from its output record.

        Raises:
            DocumentError: when it is of another version, or its document contradicts itself.
        """
        if record.get("version") != SCHEMA_VERSION:
            told = f"document {record.get('id')!r}: a record of version {record.get('version')}, not {SCHEMA_VERSION}"
            raise DocumentError(f"{told}; extract the article anew")
        values = {entity["id"]: entity["value"] for entity in record["entities"] if "value" in entity}
        return cls(Document.from_dict(record), values, record["events"], record["people"])

    def to_dict(self) -> dict[str, Any]:
        """Return the output record: its version, then the corpus format with scores and values, events and people."""
        record = self.document.to_dict()
        for entity in record["entities"]:
            if entity["id"] in self.values:
                entity["value"] = self.values[entity["id"]]
        return {"version": SCHEMA_VERSION, **record, "events": self.events, "people": self.people}


class Extractor:
    """The engine: `Extractor.load()(text)` gives an `Extraction`."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        *,
        threads: int | None = None,
        backend: str = "auto",
        device: str = "auto",
        batch_tokens: int | None = None,
    ) -> Extractor:
        """Open a model folder, by default the released one.

        See `models.runtime.open_runtime` and `models.predictor.Predictor` for the rest.

        Raises:
            FileNotFoundError: when it is not a model folder.
            ModuleNotFoundError: when the backend is not installed.
            ValueError: when one of its files is damaged, or there is no such backend or device.
        """
        folder = find_model(model)
        settings = ModelSettings.load(folder)
        try:
            runtime = open_runtime(folder, backend=backend, device=device, threads=threads)
            tokenizer = load_tokenizer(folder)
        except (OSError, ModuleNotFoundError, ValueError):
            raise
        except Exception as error:  # the engines and tokenizers raise types of their own, or plain Exception
            raise ValueError(f"{folder}: a file of this model is damaged ({error}); compare SHA256SUMS") from error
        return cls(Predictor(runtime, tokenizer, settings, batch_tokens=batch_tokens))

    def __call__(self, text: str, *, id: str = "article") -> Extraction:
        """Read one article."""
        return next(self.extract([Article(id, text)]))

    def extract(self, articles: Iterable[Article]) -> Iterator[Extraction]:
        """Read articles together, in order; nothing of those before is kept."""
        waiting: deque[Article] = deque()
        coverage: deque[Coverage] = deque()

        def take() -> Iterator[tuple[str, str]]:
            for article in articles:
                waiting.append(article)
                yield article.id, article.text

        def observe(tokens: Tokens, sections: list[Window]) -> None:
            coverage.append(measure_coverage(waiting.popleft().text, tokens, sections, self.predictor.settings))

        for document in self.predictor.stream(take(), observe=observe):
            yield replace(Extraction.tell(document), coverage=coverage.popleft())


def find_model(model: Path | str | None) -> Path:
    """Return the folder of a model that was named, else of the released one."""
    return Path(model) if model else released_folder()
