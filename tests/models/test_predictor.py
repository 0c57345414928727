import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from thaigov_events.annotations.schema import EntityType, RelationType, Schema
from thaigov_events.models import predictor as module
from thaigov_events.models.bundle import Calibration, ModelSettings
from thaigov_events.models.labels import label_count, label_index
from thaigov_events.models.predictor import Predictor
from thaigov_events.models.runtime import Batch, Floats, Integers
from thaigov_events.models.tokenizer import Tokenizer

COMPACT = Path(__file__).parents[2] / "models" / "compact" / "tokenizer.json"
SCHEMA = Schema((EntityType("NUMBER"), EntityType("WORD")), (RelationType("next", ("NUMBER",), ("NUMBER",)),))


class DigitRuntime:
    """A network that marks every piece of digits as a NUMBER, and links each to the number that follows it."""

    batch_tokens, on_one_core = 512, False

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.digits = {i for piece, i in tokenizer.vocabulary.items() if piece.strip("▁").isdigit()}
        self.widths: list[tuple[int, int]] = []

    def encode(self, batches: Sequence[Batch]) -> list[tuple[Floats, Floats]]:
        return [self.mark(ids) for ids, _ in batches]

    def mark(self, ids: Integers) -> tuple[Floats, Floats]:
        self.widths.append(ids.shape)  # type: ignore[arg-type]
        logits = np.zeros((*ids.shape, label_count(2)), dtype=np.float32)
        number = np.isin(ids, list(self.digits))
        logits[..., 0] = np.where(number, -9, 9)
        logits[..., label_index(0, 3)] = np.where(number, 9, -9)
        return np.zeros((*ids.shape, 4), dtype=np.float32), logits

    def relate(
        self, states: Floats, starts: Integers, ends: Integers, kinds: Integers, documents: Integers,
        heads: Integers, tails: Integers,
    ) -> Floats:  # fmt: skip
        assert ends.max(initial=0) < len(states)
        return np.where((tails == heads + 1)[:, None], [[-9.0, 9.0]], [[9.0, -9.0]]).astype(np.float32)


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.load(COMPACT)


def predict(tokenizer: Tokenizer, text: str, **settings: int) -> list[tuple[int, int]]:
    predictor = Predictor(DigitRuntime(tokenizer), tokenizer, ModelSettings(SCHEMA, **settings))  # type: ignore[arg-type]
    (document,) = predictor.predict([("d", text)])
    assert document.text == text
    assert len(document.relations) == max(len(document.entities) - 1, 0)
    for relation in document.relations:
        assert int(relation.tail[1:]) == int(relation.head[1:]) + 1
    return [(entity.start, entity.end) for entity in document.entities]


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_mentions_in_every_window_are_found_once(tokenizer: Tokenizer, count: int) -> None:
    text = " ".join(f"แมว {k % 9}" for k in range(count))
    expected = [(i, i + 1) for i, c in enumerate(text) if c.isdigit()]
    assert predict(tokenizer, text, window=20, overlap=6) == expected


def test_sections_of_a_long_text_are_joined(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECTION", 64)
    monkeypatch.setattr(module, "SECTION_OVERLAP", 16)
    text = " ".join(f"แมว {k % 9}" for k in range(200))
    assert len(predict(tokenizer, text, window=20, overlap=6)) == 200


def test_batches_keep_to_their_size_and_waste_little(tokenizer: Tokenizer) -> None:
    runtime = DigitRuntime(tokenizer)
    predictor = Predictor(runtime, tokenizer, ModelSettings(SCHEMA, window=62, overlap=8), batch_tokens=256)
    texts = [("a", "แมว 1 " * n) for n in (1, 2, 40, 41, 3, 300)]
    documents = predictor.predict(texts)
    assert [len(d.entities) for d in documents] == [1, 2, 40, 41, 3, 300]
    assert all(rows * width <= 256 for rows, width in runtime.widths)
    places = sum(rows * width for rows, width in runtime.widths)
    assert places < 1.35 * sum(len(tokenizer.encode(text)) for _, text in texts)


@pytest.mark.parametrize("on_one_core", [False, True])
def test_on_one_core_no_thread_works_beside(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, on_one_core: bool
) -> None:
    monkeypatch.setattr("thaigov_events.models.sections.GROUP", 10)
    runtime, threads = DigitRuntime(tokenizer), set()
    runtime.on_one_core, mark = on_one_core, runtime.mark

    def note(ids: Integers) -> tuple[Floats, Floats]:
        threads.add(threading.current_thread())
        return mark(ids)

    monkeypatch.setattr(runtime, "mark", note)
    texts = [("a", "แมว 1 " * n) for n in (1, 20, 0, 3, 30)]
    documents = Predictor(runtime, tokenizer, ModelSettings(SCHEMA)).predict(texts)
    assert [len(document.entities) for document in documents] == [1, 20, 0, 3, 30]
    assert (threads == {threading.current_thread()}) is on_one_core


def test_scores_are_calibrated(tokenizer: Tokenizer) -> None:
    plain, doubtful = (
        Predictor(DigitRuntime(tokenizer), tokenizer, ModelSettings(SCHEMA, entity_calibration=calibration))
        for calibration in (Calibration(), Calibration(scale=0.1))
    )
    sure, unsure = (p.predict([("d", "แมว 1")])[0].entities[0].score for p in (plain, doubtful))
    assert sure is not None and unsure is not None
    assert sure > 0.99 > unsure > 0.5


def test_a_batch_smaller_than_a_window_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="batch_tokens = 100"):
        Predictor(DigitRuntime(tokenizer), tokenizer, ModelSettings(SCHEMA), batch_tokens=100)


class EagerRuntime(DigitRuntime):
    """Links every number to every other one, the surer the farther the head lies to the right."""

    def relate(
        self, states: Floats, starts: Integers, ends: Integers, kinds: Integers, documents: Integers,
        heads: Integers, tails: Integers,
    ) -> Floats:  # fmt: skip
        return np.stack([np.zeros(len(heads)), heads + tails / 10], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("one_head", "one_tail", "expected"),
    [
        (False, False, {(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)}),
        (True, False, {(3, 1), (3, 2), (2, 3)}),
        (False, True, {(3, 2), (2, 3), (1, 3)}),
        (True, True, {(3, 2), (2, 3)}),
    ],
)
def test_of_links_that_exclude_each_other_the_surest_stays(
    tokenizer: Tokenizer, one_head: bool, one_tail: bool, expected: set[tuple[int, int]]
) -> None:
    relation = RelationType("next", ("NUMBER",), ("NUMBER",), one_head=one_head, one_tail=one_tail)
    settings = ModelSettings(Schema(SCHEMA.entities, (relation,)), thresholds={"next": 0.0})
    (document,) = Predictor(EagerRuntime(tokenizer), tokenizer, settings).predict([("d", "แมว 1 แมว 2 แมว 3")])
    assert {(int(r.head[1:]), int(r.tail[1:])) for r in document.relations} == expected


@pytest.mark.parametrize(("threshold", "expected"), [(0.0, ["1", "2", "3"]), (1.0, ["2", "3"])])
def test_a_doubtful_mention_stays_if_it_stands_in_a_relation(
    tokenizer: Tokenizer, threshold: float, expected: list[str]
) -> None:
    relation = RelationType("next", ("NUMBER",), ("NUMBER",), one_head=True, one_tail=True)
    settings = ModelSettings(
        Schema(SCHEMA.entities, (relation,)), thresholds={"next": 0.85}, mention_threshold=threshold
    )
    (document,) = Predictor(EagerRuntime(tokenizer), tokenizer, settings).predict([("d", "แมว 1 แมว 2 แมว 3")])
    document.check(settings.schema)
    assert [document.text[e.start : e.end] for e in document.entities] == expected
    (link,) = document.relations
    ends = document.by_id()
    assert [document.text[ends[e].start : ends[e].end] for e in (link.head, link.tail)] == ["3", "2"]
