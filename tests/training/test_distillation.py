"""Teachers' opinions of texts that nobody annotated, and a student that learns from them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from thaigov_events.annotations import Document, Schema  # noqa: E402
from thaigov_events.models.alignment import Example, prepare  # noqa: E402
from thaigov_events.models.candidates import Candidates  # noqa: E402
from thaigov_events.models.predictor import Predictor  # noqa: E402
from thaigov_events.models.tokenizer import Tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime, load_network  # noqa: E402
from thaigov_events.training.distillation import (  # noqa: E402
    choose_texts,
    load_examples,
    load_teachers,
    save_examples,
    soften,
)
from thaigov_events.training.train import Trainer  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

Texts = list[tuple[str, str]]


@pytest.fixture
def texts(more_documents: list[Document]) -> Texts:
    return [(document.id, document.text) for document in more_documents]


@pytest.fixture
def tokenizer(trained_run: Path) -> Tokenizer:
    return Tokenizer.load(trained_run / "tokenizer.json")


@pytest.fixture
def candidates(schema: Schema) -> Candidates:
    return Candidates(schema, 48)


def _soften(runs: list[Path], texts: Texts, tokenizer: Tokenizer, candidates: Candidates) -> list[Example]:
    teachers = load_teachers([str(run) for run in runs], candidates, tokenizer)
    return list(soften(teachers, texts, tokenizer, candidates, window=48, overlap=16, device=torch.device("cpu")))


def test_a_teacher_says_what_it_predicts(
    texts: Texts, trained_run: Path, tokenizer: Tokenizer, candidates: Candidates
) -> None:
    network, settings = load_network(trained_run)
    predicted = Predictor(TorchRuntime(network), tokenizer, settings).predict(texts)
    examples = _soften([trained_run, trained_run], texts, tokenizer, candidates)
    for document, example in zip(predicted, examples, strict=True):
        spans = [(int(example.tokens.starts[s.start]), int(example.tokens.ends[s.end - 1])) for s in example.spans]
        assert spans == [(e.start, e.end) for e in document.entities]
        assert example.soft is not None
        assert example.soft.labels.sum(1) == pytest.approx(1, abs=0.01)
        assert example.soft.pairs.sum(1) == pytest.approx(1, abs=0.01)
        assert len(example.soft.pairs) == len(candidates.pairs([s.kind for s in example.spans])[0])


def test_what_teachers_say_is_kept_whole(
    texts: Texts, trained_run: Path, tokenizer: Tokenizer, candidates: Candidates, tmp_path: Path
) -> None:
    examples = _soften([trained_run], [*texts, ("empty", ""), ("bare", "ไม่มี")], tokenizer, candidates)
    assert [e.id for e in examples] == [*(name for name, _ in texts), "bare"]
    save_examples(tmp_path / "kept.safetensors", examples)
    again = load_examples(tmp_path / "kept.safetensors", [*texts, ("bare", "ไม่มี")], tokenizer)
    for before, after in zip(examples, again, strict=True):
        assert before.id == after.id
        assert [(s.start, s.end, s.kind) for s in before.spans] == [(s.start, s.end, s.kind) for s in after.spans]
        assert before.soft and after.soft
        assert np.array_equal(before.soft.labels, after.soft.labels)
        assert np.array_equal(before.soft.pairs, after.soft.pairs)


def test_texts_are_drawn_without_known_ones_and_other_genres(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    lines = [{"id": str(n), "text": f"ข่าว {n}", "near": n % 2 == 0} for n in range(20)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    drawn = choose_texts(path, limit=0, longest=0, seed=1, known={"ข่าว 4"})
    assert [name for name, _ in drawn] == ["0", "2", "6", "8", "10", "12", "14", "16", "18"]
    short = choose_texts(path, limit=0, longest=6, seed=1, known=set())
    assert [name for name, _ in short] == ["0", "2", "4", "6", "8"]
    few = [choose_texts(path, limit=3, longest=0, seed=seed, known=set()) for seed in (1, 1, 2)]
    assert few[0] == few[1] != few[2]


def test_a_student_learns_from_a_teacher_what_its_gold_lacks(
    trained_run: Path,
    tiny_encoder: Path,
    corpus_file: Path,
    more_documents: list[Document],
    tmp_path: Path,
) -> None:
    """One gold document, which has no other name or place; the rest can only come from the teacher."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"id": d.id, "text": d.text}) + "\n" for d in more_documents), encoding="utf-8")
    config = TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "student"), encoder=str(tiny_encoder),
        limit=1, window=48, overlap=16, epochs=30, batch=5, encoder_rate=3e-3, head_rate=3e-3, layer_decay=1.0,
        dropout=0.0, mask_share=0.0, mention_size=32, average=0.8, patience=30,
        teachers=(str(trained_run),), unlabelled=str(texts),
    )  # fmt: skip
    student = Trainer(config)
    assert len(student.examples) == 1 + len(more_documents)
    taught = student.run()
    alone = Trainer(replace(config, teachers=(), unlabelled="", output=str(tmp_path / "alone"))).run()
    assert taught.entities.total.f1 > max(0.9, alone.entities.total.f1)
    assert taught.relations.total.f1 > max(0.8, alone.relations.total.f1)
    record = load_network(tmp_path / "student")[1].record
    assert set(record["runs"]) == {str(trained_run)}
    assert str(texts) in record["data"]
    # a run that is resumed reads what the teachers said, and does not ask them again
    again = Trainer(config)
    assert [e.id for e in again.examples] == [e.id for e in student.examples]


def test_a_start_gives_its_weights(trained_run: Path, tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> None:
    config = TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "warm"), encoder=str(tiny_encoder),
        window=48, overlap=16, mention_size=32, start=str(trained_run),
    )  # fmt: skip
    assert Trainer(config).evaluate().entities.total.f1 == 1.0


def test_teachers_of_another_schema_are_refused(trained_run: Path, tokenizer: Tokenizer) -> None:
    other = Schema.load()
    other = replace(other, relations=other.relations[:-1])
    with pytest.raises(ValueError, match="schema"):
        load_teachers([str(trained_run)], Candidates(other, 48), tokenizer)


@pytest.mark.parametrize("wrong", [{"teachers": ("runs/a",)}, {"unlabelled": "a.jsonl"}])
def test_teachers_and_texts_come_together(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give both"):
        TrainConfig(train=("a.jsonl",), dev="d.jsonl", output="runs/x", **wrong)  # type: ignore[arg-type]


def test_gold_targets_are_the_labels(documents: list[Document], tokenizer: Tokenizer, candidates: Candidates) -> None:
    from thaigov_events.models.labels import label_count
    from thaigov_events.training.batches import IGNORED, build_batch

    examples = prepare(documents, tokenizer, candidates)[0]
    count = label_count(len(candidates.schema.entities))
    batch = build_batch(examples, tokenizer, window=48, overlap=16, label_count=count)
    seen = batch.labels != IGNORED
    assert torch.equal(batch.targets[seen].argmax(-1), batch.labels[seen])
    assert torch.equal(batch.targets[seen].sum(-1), torch.ones(int(seen.sum())))
