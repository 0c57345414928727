"""Soft labels: what an ensemble of trained networks thinks of articles that nobody has annotated.

A student that learns from them besides the gold annotation comes near the ensemble at the cost of one network
(Hinton et al. 2015). The teachers' probabilities are averaged; the candidate pairs are those of the spans that the
averaged labels give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from thaigov_events.annotations.files import write_safely
from thaigov_events.models.alignment import Example, SoftTargets
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.network import JointNetwork
from thaigov_events.models.predictor import SECTION, Span, find_spans
from thaigov_events.models.tokenizer import Tokenizer, load_tokenizer
from thaigov_events.models.torch_runtime import load_network
from thaigov_events.training.batches import build_batch
from thaigov_events.training.hardware import autocast
from thaigov_events.training.losses import score_pairs
from thaigov_events.training.masking import read_lines

BATCH = 8


def load_teachers(folders: Sequence[str], candidates: Candidates, tokenizer: Tokenizer) -> list[JointNetwork]:
    """Open the networks of finished runs.

    Raises:
        ValueError: when a teacher has other labels, or another tokenizer, than the student.
    """
    teachers = []
    for folder in folders:
        network, settings = load_network(Path(folder))
        if settings.schema.to_dict() != candidates.schema.to_dict():
            raise ValueError(f"{folder}: this teacher's schema is not the student's")
        if load_tokenizer(Path(folder)).serialise() != tokenizer.serialise():
            raise ValueError(f"{folder}: this teacher's tokenizer is not the student's, so its tokens are others")
        teachers.append(network.eval())
    return teachers


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
    teachers: Sequence[JointNetwork], texts: Sequence[tuple[str, str]], tokenizer: Tokenizer, candidates: Candidates,
    *, window: int, overlap: int, device: torch.device,
) -> Iterator[Example]:  # fmt: skip
    """Yield an example with soft targets for each text, save those longer than one section of the predictor."""
    networks = [teacher.to(device) for teacher in teachers]
    tokenised = [(name, tokenizer.encode(text)) for name, text in texts]
    plain = [Example(name, tokens, (), {}) for name, tokens in tokenised if 0 < len(tokens) <= SECTION]
    print(
        f"unlabelled: {len(plain)} texts, {len(texts) - len(plain)} left out as empty or longer than {SECTION} tokens"
    )
    for first in tqdm(range(0, len(plain), BATCH), desc="teaching", unit=f" x {BATCH} texts", disable=None):
        yield from _soften(networks, plain[first : first + BATCH], tokenizer, candidates, (window, overlap), device)


@torch.inference_mode()
def _soften(
    networks: Sequence[JointNetwork], examples: Sequence[Example], tokenizer: Tokenizer, candidates: Candidates,
    cut: tuple[int, int], device: torch.device,
) -> Iterator[Example]:  # fmt: skip
    batch = build_batch(
        examples, tokenizer, window=cut[0], overlap=cut[1], label_count=networks[0].entities.out_features
    )  # fmt: skip
    with autocast(device):
        outputs = [network(batch.ids.to(device), batch.mask.to(device)) for network in networks]
    mean = torch.stack([logits.float().softmax(-1) for _, logits in outputs]).mean(0).flatten(0, 1)
    labels: list[NDArray[np.float32]] = [mean[place.to(device)].cpu().numpy() for place in batch.places]
    spans = find_spans([example.tokens for example in examples], [np.log(own + 1e-12) for own in labels])
    scored = [
        score_pairs(network.relations, states.float().flatten(0, 1), batch.places, spans, candidates)
        for network, (states, _) in zip(networks, outputs, strict=True)
    ]
    pairs = torch.stack([one.logits.softmax(-1) for one in scored]).mean(0).cpu().numpy()
    borders = np.cumsum([0] + [len(heads) for heads, _ in scored[0].local])
    for place, example in enumerate(examples):
        own = pairs[borders[place] : borders[place + 1]].astype(np.float16)
        soft = SoftTargets(labels[place].astype(np.float16), own)
        yield Example(example.id, example.tokens, tuple(spans[place]), {}, soft)


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
