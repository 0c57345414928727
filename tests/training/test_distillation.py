"""Teachers' opinions of texts that nobody annotated, and a student that learns from them."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from thaigov_events.annotations import Document, Schema, write_corpus  # noqa: E402
from thaigov_events.annotations.metrics import compare  # noqa: E402
from thaigov_events.annotations.schema import EntityType  # noqa: E402
from thaigov_events.models.alignment import Example, prepare  # noqa: E402
from thaigov_events.models.candidates import Candidates  # noqa: E402
from thaigov_events.models.predictor import Predictor, Span, find_spans  # noqa: E402
from thaigov_events.models.tokenizer import Tokenizer, Tokens, load_tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import TorchRuntime, load_network  # noqa: E402
from thaigov_events.training.batches import IGNORED, build_batch, run_network  # noqa: E402
from thaigov_events.training.distillation import (  # noqa: E402
    choose_texts,
    load_examples,
    load_teachers,
    save_examples,
    soften,
)
from thaigov_events.training.hardware import autocast  # noqa: E402
from thaigov_events.training.losses import score_pairs  # noqa: E402
from thaigov_events.training.sequence_loss import label_marginals  # noqa: E402
from thaigov_events.training.train import Trainer, main  # noqa: E402
from thaigov_events.training.train_config import TrainConfig  # noqa: E402

Texts = list[tuple[str, str]]


@pytest.fixture
def texts(more_documents: list[Document]) -> Texts:
    return [(document.id, document.text) for document in more_documents]


@pytest.fixture(scope="module")
def other_run(
    other_tokenizer: Tokenizer, corpus_file: Path, documents: list[Document], more_documents: list[Document],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    """The folder of a network that knows the ten documents too, in pieces and windows of its own."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    encoder, output = tmp_path_factory.mktemp("other-encoder"), tmp_path_factory.mktemp("other-run")
    torch.manual_seed(2)
    config = XLMRobertaConfig(
        vocab_size=len(other_tokenizer), hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=96, max_position_embeddings=70, pad_token_id=other_tokenizer.pad,
    )  # fmt: skip
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(encoder)
    other_tokenizer.save(encoder)
    # with documents that it has not seen, lest the best epoch be the first that barely knows the ten
    dev = encoder / "dev.jsonl"
    write_corpus(dev, [*documents, *more_documents])
    run = TrainConfig(
        train=(str(corpus_file),), dev=str(dev), output=str(output), encoder=str(encoder),
        tokenizer=str(encoder), profile="generic", window=0, epochs=40, batch=5, encoder_rate=3e-3, head_rate=3e-3,
        layer_decay=1.0, dropout=0.0, mask_share=0.0, mention_size=32, average=0.8, patience=40,
    )  # fmt: skip
    Trainer(run).run()
    return output


def _soften(runs: list[Path], texts: Texts, tokenizer: Tokenizer, candidates: Candidates) -> list[Example]:
    teachers = load_teachers([str(run) for run in runs], candidates.schema)
    return list(soften(teachers, texts, tokenizer, candidates, device=torch.device("cpu")))


@pytest.mark.parametrize(("teacher", "corpus"), [("trained_run", "more_documents"), ("other_run", "documents")])
def test_a_teacher_says_what_it_predicts(
    teacher: str, corpus: str, tokenizer: Tokenizer, candidates: Candidates, request: pytest.FixtureRequest
) -> None:
    """It does so in the student's pieces, which can express what it finds, whatever its own are."""
    run: Path = request.getfixturevalue(teacher)
    texts = [(document.id, document.text) for document in request.getfixturevalue(corpus)]
    network, settings = load_network(run)
    predictor, own = Predictor(TorchRuntime(network), load_tokenizer(run), settings), load_tokenizer(run)
    examples = _soften([run, run], texts, tokenizer, candidates)
    for (_, text), example in zip(texts, examples, strict=True):
        tokens = own.encode(text)
        states, logits = predictor.encode([tokens])[0]
        spans = find_spans([tokens], [logits])[0]
        pairs = candidates.pairs([span.kind for span in spans])
        assert _list_mentions(example.tokens, example.spans) == _list_mentions(tokens, spans)
        assert example.soft is not None
        assert example.soft.labels.sum(1) == pytest.approx(1, abs=0.01)
        assert example.soft.pairs.sum(1) == pytest.approx(1, abs=0.01)
        scores = predictor.score_pairs(states, spans, pairs)
        assert example.soft.pairs.shape == scores.shape
        assert np.abs(example.soft.pairs - scores).mean() < 0.01  # the teacher may have computed in 16 bits


def _list_mentions(tokens: Tokens, spans: Sequence[Span]) -> list[tuple[int, int, int]]:
    return [(int(tokens.starts[s.start]), int(tokens.ends[s.end - 1]), s.kind) for s in spans]


def test_teachers_with_the_students_tokenizer_are_averaged_as_they_are(
    texts: Texts, trained_run: Path, tokenizer: Tokenizer, candidates: Candidates, tmp_path: Path
) -> None:
    """Nothing is lost or rounded on the way over characters where pieces are the same."""
    shutil.copytree(trained_run, tmp_path / "second")
    state = load_file(tmp_path / "second" / "model.safetensors")
    save_file({name: tensor * 0.9 for name, tensor in state.items()}, tmp_path / "second" / "model.safetensors")
    runs = [trained_run, tmp_path / "second"]
    texts = texts[:8]  # one batch
    examples = _soften(runs, texts, tokenizer, candidates)
    networks = [load_network(run)[0].eval() for run in runs]
    batch = build_batch(
        [Example(name, tokenizer.encode(text), (), {}) for name, text in texts], tokenizer, window=48, overlap=16,
        label_count=networks[0].entities.out_features, padded=False,
    )  # fmt: skip
    with torch.inference_mode(), autocast(torch.device("cpu")):
        outputs = [run_network(network, batch, batch.ids) for network in networks]
    labels = torch.stack([logits.float().softmax(-1) for _, logits in outputs]).mean(0)
    own = [labels[place].numpy() for place in batch.stitched]
    spans = find_spans([example.tokens for example in examples], [np.log(part + 1e-12) for part in own])
    with torch.inference_mode():
        scores = [
            score_pairs(network.relations, states.float(), batch.stitched, spans, candidates).logits
            for network, (states, _) in zip(networks, outputs, strict=True)
        ]
    pairs = torch.stack([one.softmax(-1) for one in scores]).mean(0).numpy().astype(np.float16)
    for example, expected, found in zip(examples, own, spans, strict=True):
        visible = example.tokens.visible
        assert example.soft and list(example.spans) == found
        assert np.array_equal(example.soft.labels[visible], expected[visible].astype(np.float16))
    assert np.array_equal(np.concatenate([e.soft.pairs for e in examples if e.soft]), pairs)
    assert len(pairs) > 50


def test_teachers_of_sequences_say_how_likely_labels_are_in_them(
    texts: Texts, trained_run: Path, tokenizer: Tokenizer, candidates: Candidates, tmp_path: Path
) -> None:
    """The settings of a run tell which it has learnt; scores token by token are nothing to such a network."""
    shutil.copytree(trained_run, tmp_path / "run")
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert settings["record"]["config"]["sequence"] is False
    settings["record"]["config"]["sequence"] = True
    (tmp_path / "run" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    network, settings = load_network(trained_run)
    predictor = Predictor(TorchRuntime(network), tokenizer, settings)
    for example, (_, text) in zip(_soften([tmp_path / "run"], texts[:2], tokenizer, candidates), texts, strict=False):
        visible = example.tokens.visible
        scores = torch.from_numpy(predictor.encode([tokenizer.encode(text)])[0][1])[visible]
        (expected,) = label_marginals([scores])
        assert example.soft is not None
        assert np.abs(example.soft.labels[visible] - expected.numpy()).max() < 0.02  # it may have computed in 16 bits
        assert np.abs(example.soft.labels[visible] - scores.softmax(-1).numpy()).max() > 0.05


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


def test_a_small_student_learns_from_a_teacher_with_another_tokenizer(
    other_run: Path, tiny_encoder: Path, corpus_file: Path, documents: list[Document], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """One gold document, two of four layers, by the command line; what else it knows can only come from the teacher."""
    from transformers import BertConfig, BertModel

    texts, encoder, file = tmp_path / "texts.jsonl", tmp_path / "encoder", tmp_path / "student.toml"
    texts.write_text("".join(json.dumps({"id": d.id, "text": d.text}) + "\n" for d in documents), encoding="utf-8")
    torch.manual_seed(3)
    settings = BertConfig.from_pretrained(tiny_encoder, num_hidden_layers=4)
    BertModel(settings, add_pooling_layer=False).save_pretrained(encoder)
    train, dev = tmp_path / "train.jsonl", tmp_path / "dev.jsonl"
    write_corpus(train, documents[:1])
    write_corpus(dev, documents[:1])
    values = {
        "train": [str(train)], "dev": str(dev), "output": str(tmp_path / "student"), "encoder": str(encoder),
        "layers": 2, "teachers": ["runs/not-asked"], "unlabelled": str(texts), "window": 48, "overlap": 16,
        "epochs": 40, "batch": 5, "encoder_rate": 3e-3, "head_rate": 3e-3, "layer_decay": 1.0, "dropout": 0.0,
        "mask_share": 0.0, "mention_size": 32, "average": 0.8, "patience": 40,
    }  # fmt: skip
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["train", str(file), "--teacher", str(other_run)])
    main()
    network, model = load_network(tmp_path / "student")
    assert network.encoder.config.num_hidden_layers == 2
    assert model.record["config"]["teachers"] == [str(other_run)]
    predictor = Predictor(TorchRuntime(network), load_tokenizer(tmp_path / "student"), model)
    found = predictor.predict([(document.id, document.text) for document in documents])
    result = compare(documents, found, resamples=0)
    assert result.entities.total.f1 > 0.95
    assert result.relations.total.f1 > 0.9


def test_a_start_gives_its_weights(trained_run: Path, tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> None:
    config = TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "warm"), encoder=str(tiny_encoder),
        window=48, overlap=16, mention_size=32, start=str(trained_run),
    )  # fmt: skip
    assert Trainer(config).evaluate().entities.total.f1 == 1.0


def test_teachers_with_other_labels_are_refused_by_name(trained_run: Path, schema: Schema) -> None:
    relations = (replace(schema.relations[0], heads=("DATE",)), *schema.relations[1:])
    first, second, *rest = schema.entities
    for other, message in (
        (replace(schema, relations=schema.relations[:-1]), f"it alone has {schema.relation_names[-1]} "),
        (replace(schema, relations=relations), rf"the student alone has {schema.relation_names[0]} \(DATE → "),
        (replace(schema, entities=(*schema.entities, EntityType("CANAL"))), "the student alone has CANAL"),
        (replace(schema, entities=(second, first, *rest)), "order differs"),
    ):
        with pytest.raises(ValueError, match=message):
            load_teachers([str(trained_run)], other)
    reworded = replace(first, definition="Said in other words.", colour="#000000")
    assert load_teachers([str(trained_run)], replace(schema, entities=(reworded, second, *rest)))


@pytest.mark.parametrize("missing", ["teachers", "unlabelled"])
def test_what_is_not_there_to_learn_from_is_named(
    trained_run: Path, tiny_encoder: Path, corpus_file: Path, tmp_path: Path, missing: str
) -> None:
    there = {"teachers": (str(trained_run),), "unlabelled": str(corpus_file)}
    nowhere = {"teachers": ("runs/nowhere",), "unlabelled": "runs/nowhere"}[missing]
    config = TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path), encoder=str(tiny_encoder),
        window=48, overlap=16, **there | {missing: nowhere},  # type: ignore[arg-type]
    )  # fmt: skip
    with pytest.raises(FileNotFoundError, match=f"runs/nowhere: no .*{missing[:7]}"):
        Trainer(config)


@pytest.mark.parametrize("wrong", [{"teachers": ("runs/a",)}, {"unlabelled": "a.jsonl"}])
def test_teachers_and_texts_come_together(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give both"):
        TrainConfig(train=("a.jsonl",), dev="d.jsonl", output="runs/x", **wrong)  # type: ignore[arg-type]


def test_gold_targets_are_the_labels(documents: list[Document], tokenizer: Tokenizer, candidates: Candidates) -> None:
    from thaigov_events.models.labels import label_count

    examples = prepare(documents, tokenizer, candidates)[0]
    count = label_count(len(candidates.schema.entities))
    batch = build_batch(examples, tokenizer, window=48, overlap=16, label_count=count, padded=False)
    seen = batch.labels != IGNORED
    assert torch.equal(batch.targets[seen].argmax(-1), batch.labels[seen])
    assert torch.equal(batch.targets[seen].sum(-1), torch.ones(int(seen.sum())))
