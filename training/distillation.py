"""Soft labels: what an ensemble of trained networks thinks of articles that nobody has annotated.

A student that learns from them besides the gold annotation comes near the ensemble at the cost of one network
(Hinton et al. 2015). The teachers' probabilities are averaged; the candidate pairs are those of the spans that the
averaged labels give. Each teacher reads a text in pieces and windows of its own, and is understood by characters
(`projection.py`), so a teacher may be of any encoder and tokenizer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.schema import Schema
from thaigov_events.models.alignment import Example, SoftTargets
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.predictor import SECTION, Span, find_spans
from thaigov_events.models.tokenizer import Tokenizer, Tokens, load_tokenizer
from thaigov_events.models.torch_runtime import has_weights, load_network
from thaigov_events.training.batches import build_batch, run_network
from thaigov_events.training.distributed import Processes
from thaigov_events.training.hardware import autocast, prefers_padding
from thaigov_events.training.losses import score_pairs
from thaigov_events.training.masking import read_lines
from thaigov_events.training.projection import project_labels, project_spans
from thaigov_events.training.record import describe_inputs
from thaigov_events.training.sequence_loss import label_marginals
from thaigov_events.training.train_config import TrainConfig

BATCH = 8


@dataclass(frozen=True, slots=True)
class Teacher:
    """A trained network.

    Attributes:
        network: in evaluation mode.
        tokenizer: its own.
        window, overlap: pieces of its windows and of their overlap.
        sequence: whether it has learnt to score label sequences: what it thinks of a token then follows from them all,
            since scores that no sequence needs may be anything.
    """

    network: JointNetwork
    tokenizer: Tokenizer
    window: int
    overlap: int
    sequence: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a teacher's network gives for several texts.

    Attributes:
        tokens: the texts in the teacher's pieces.
        labels: for each text, probabilities of its pieces' labels, `[pieces, labels]`.
        states: states of their windows, `[places, hidden]`.
        places: for each text, where its pieces' states lie among them.
    """

    tokens: Sequence[Tokens]
    labels: list[NDArray[np.float32]]
    states: Tensor
    places: tuple[Tensor, ...]


def learn_from_teachers(
    config: TrainConfig, tokenizer: Tokenizer, candidates: Candidates,
    *, known: set[str], processes: Processes, device: torch.device,
) -> list[Example]:  # fmt: skip
    """Return unlabelled texts with the teachers' opinion; it is kept in the output folder for a resumed run.

    Args:
        config: names the teachers and the texts.
        tokenizer, candidates: the student's.
        known: texts that are annotated, and left out.
        processes: those that train together; the first one alone asks the teachers.
        device: where the teachers compute.

    Raises:
        FileNotFoundError: when a teacher or the file of texts is not there.
        ValueError: when a teacher has other labels than the student.
    """
    _check_inputs(config)
    inputs = json.dumps(describe_inputs(config), sort_keys=True)
    kept = Path(config.output) / f"teaching-{hashlib.sha256(inputs.encode()).hexdigest()[:16]}.safetensors"
    texts = choose_texts(
        Path(config.unlabelled), limit=config.unlabelled_limit, longest=config.unlabelled_characters,
        seed=config.seed, known=known,
    )  # fmt: skip

    def ask() -> None:
        if not kept.exists():
            teachers = load_teachers(config.teachers, candidates.schema)
            examples = list(soften(teachers, texts, tokenizer, candidates, device=device))
            kept.parent.mkdir(parents=True, exist_ok=True)
            save_examples(kept, examples)

    processes.call_first(ask)
    return load_examples(kept, texts, tokenizer)


def _check_inputs(config: TrainConfig) -> None:
    for teacher in config.teachers:
        if not has_weights(Path(teacher)):
            raise FileNotFoundError(f"{teacher}: no weights; a teacher is the folder of a finished run or of a model")
    if not Path(config.unlabelled).is_file():
        raise FileNotFoundError(f"{config.unlabelled}: no such file; set unlabelled to JSON lines with id and text")


def load_teachers(folders: Sequence[str], schema: Schema) -> list[Teacher]:
    """Open the networks of finished runs, whose labels must be those of `schema`, in its order.

    Raises:
        FileNotFoundError: when a folder is not that of a finished run.
        ValueError: when a teacher has other labels.
    """
    teachers = []
    for folder in folders:
        network, settings = load_network(Path(folder))
        theirs, ours = _list_labels(settings.schema), _list_labels(schema)
        if theirs != ours:
            parts = [
                f"{what} {', '.join(some)}"
                for what, some in (
                    ("it alone has", [label for label in theirs if label not in ours]),
                    ("the student alone has", [label for label in ours if label not in theirs]),
                )
                if some
            ]
            raise ValueError(
                f"{folder}: this teacher's schema has other labels than the student's: "
                f"{'; '.join(parts) or 'their order differs'}. Train either with the other's schema"
            )
        sequence = bool(settings.record.get("config", {}).get("sequence"))
        tokenizer = load_tokenizer(Path(folder))
        teachers.append(Teacher(network.eval(), tokenizer, settings.window, settings.overlap, sequence))
    return teachers


def _list_labels(schema: Schema) -> list[str]:
    """Return all that a network's outputs stand for: names of entities, and of relations with what they join."""
    joined = [f"{r.name} ({' '.join(sorted(r.heads))} → {' '.join(sorted(r.tails))})" for r in schema.relations]
    return [*schema.entity_names, *joined]


def choose_texts(path: Path, *, limit: int, longest: int, seed: int, known: set[str]) -> list[tuple[str, str]]:
    """Return `limit` texts (id, text) of a JSON-lines file, drawn by `seed`, in the order of the file.

    Left out are texts of other genres (their field `near` is false), those of more than `longest` characters, and those
    in `known`, which are annotated. A limit of 0 is none.
    """
    texts = [
        (str(line["id"]), str(line["text"]))
        for line in read_lines(path)
        if line.get("near", True)
        and str(line["text"]).strip() not in known
        and not 0 < longest < len(str(line["text"]))
    ]
    chosen = np.random.default_rng(seed).permutation(len(texts))[: limit or None]
    return [texts[k] for k in sorted(chosen)]


def soften(
    teachers: Sequence[Teacher], texts: Sequence[tuple[str, str]], tokenizer: Tokenizer, candidates: Candidates,
    *, device: torch.device,
) -> Iterator[Example]:  # fmt: skip
    """Yield an example in the student's pieces, with soft targets, for each text.

    Left out are those that are empty, or longer than a section of the predictor, in anyone's pieces.
    """
    for teacher in teachers:
        teacher.network.to(device)
    tokenizers = [tokenizer, *(teacher.tokenizer for teacher in teachers)]
    tokenised = [(name, [own.encode(text) for own in tokenizers]) for name, text in texts]
    plain = [(name, pieces) for name, pieces in tokenised if all(0 < len(tokens) <= SECTION for tokens in pieces)]
    print(
        f"unlabelled: {len(plain)} texts, {len(texts) - len(plain)} left out as empty or longer than {SECTION} tokens"
    )
    for first in tqdm(range(0, len(plain), BATCH), desc="teaching", unit=f" x {BATCH} texts", disable=None):
        names, pieces = zip(*plain[first : first + BATCH], strict=True)
        own, *theirs = zip(*pieces, strict=True)
        readings = [_read(teacher, tokens, device) for teacher, tokens in zip(teachers, theirs, strict=True)]
        yield from _soften(names, own, teachers, readings, candidates)


@torch.inference_mode()
def _read(teacher: Teacher, tokens: Sequence[Tokens], device: torch.device) -> Reading:
    batch = build_batch(
        [Example("", own, (), {}) for own in tokens], teacher.tokenizer, window=teacher.window,
        overlap=teacher.overlap, label_count=teacher.network.entities.out_features, padded=prefers_padding(device),
    )  # fmt: skip
    with autocast(device):
        states, logits = run_network(teacher.network, batch, batch.ids.to(device))
    scores = [logits.float()[place.to(device)] for place in batch.stitched]
    labels = [own.softmax(-1) for own in scores]
    if teacher.sequence:
        visible = [torch.from_numpy(own.visible).to(device) for own in tokens]
        likely = label_marginals([own[seen] for own, seen in zip(scores, visible, strict=True)])
        for own, seen, marginals in zip(labels, visible, likely, strict=True):
            own[seen] = marginals
    return Reading(tokens, [own.cpu().numpy() for own in labels], states.float(), batch.stitched)


@torch.inference_mode()
def _soften(
    names: Sequence[str], tokens: Sequence[Tokens], teachers: Sequence[Teacher], readings: Sequence[Reading],
    candidates: Candidates,
) -> Iterator[Example]:  # fmt: skip
    """Yield the texts in the student's `tokens`, with the mean of what the teachers have read."""
    labels = [
        np.mean([project_labels(r.labels[place], r.tokens[place], own) for r in readings], axis=0)
        for place, own in enumerate(tokens)
    ]
    spans = find_spans(tokens, [np.log(own + 1e-12) for own in labels])
    scored = []
    for teacher, reading in zip(teachers, readings, strict=True):
        theirs = [project_spans(*parts) for parts in zip(spans, tokens, reading.tokens, strict=True)]
        scored.append(score_pairs(teacher.network.relations, reading.states, reading.places, theirs, candidates))
    pairs = torch.stack([one.logits.softmax(-1) for one in scored]).mean(0).cpu().numpy()
    borders = np.cumsum([0] + [len(heads) for heads, _ in scored[0].local])
    for place, name in enumerate(names):
        own = pairs[borders[place] : borders[place + 1]].astype(np.float16)
        soft = SoftTargets(labels[place].astype(np.float16), own)
        yield Example(name, tokens[place], tuple(spans[place]), {}, soft)


def save_examples(path: Path, examples: Sequence[Example]) -> None:
    """Write what teachers made of texts; their tokens follow from the texts."""
    spans = [(k, s.start, s.end, s.kind) for k, e in enumerate(examples) for s in e.spans]
    soft = [example.soft for example in examples if example.soft]
    values: dict[str, NDArray[Any]] = {
        "names": np.frombuffer("\n".join(e.id for e in examples).encode(), dtype=np.uint8),
        "spans": np.array(spans, dtype=np.int32).reshape(-1, 4),
        "labels": np.concatenate([s.labels for s in soft]),
        "pairs": np.concatenate([s.pairs for s in soft]),
        "pair_counts": np.array([len(s.pairs) for s in soft]),
    }
    write_safely(path, lambda temporary: save_file(values, temporary))


def load_examples(path: Path, texts: Sequence[tuple[str, str]], tokenizer: Tokenizer) -> list[Example]:
    """Read what `save_examples` wrote of these texts."""
    values, by_name = load_file(path), dict(texts)
    spans: dict[int, list[Span]] = {}
    for k, start, end, kind in values["spans"].tolist():
        spans.setdefault(k, []).append(Span(start, end, kind))
    examples, token, pair = [], 0, 0
    for k, name in enumerate(values["names"].tobytes().decode().split("\n")):
        tokens, pairs = tokenizer.encode(by_name[name]), int(values["pair_counts"][k])
        soft = SoftTargets(values["labels"][token : token + len(tokens)], values["pairs"][pair : pair + pairs])
        examples.append(Example(name, tokens, tuple(spans.get(k, ())), {}, soft))
        token, pair = token + len(tokens), pair + pairs
    return examples
