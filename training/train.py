"""Train the joint network.

    python -m thaigov_events.training.train CONFIG [--resume]

Batches, dropout and masks follow from the seed and the step alone, so a run that was broken off goes on exactly.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from thaigov_events.annotations.columns import collect_schema, is_columns, load_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import Comparison, compare
from thaigov_events.annotations.schema import Schema
from thaigov_events.models.alignment import Example, label_pairs, prepare
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.network import JointNetwork, NetworkConfig, load_encoder
from thaigov_events.models.predictor import Predictor, Span, find_spans, span_arrays
from thaigov_events.models.tokenizer import Tokenizer, Tokens
from thaigov_events.models.torch_runtime import TorchRuntime
from thaigov_events.training.augmentation import Augmenter
from thaigov_events.training.batches import IGNORED, Batch, build_batch
from thaigov_events.training.calibration import calibrate_settings
from thaigov_events.training.checkpoints import load_state, save_network, save_state
from thaigov_events.training.config import read_config
from thaigov_events.training.hardware import autocast, choose_device
from thaigov_events.training.partner_loss import partner_loss
from thaigov_events.training.record import describe_inputs, describe_run
from thaigov_events.training.sequence_loss import sequence_loss


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Settings of a training run; one TOML file holds them.

    Attributes:
        train, dev: corpora, as JSON lines, CoNLL columns or saved datasets; `dev` chooses the best epoch, the
            thresholds and the calibration.
        limit: how many training documents are used, drawn by the seed; all if 0.
        encoder: folder, or name on the model hub, of a pretrained encoder.
        tokenizer: folder with the compact profile's `tokenizer.json`.
        schema: a schema file; if empty, the labels of a training corpus in columns, else the package's own schema.
        separator: what stands between the words of corpora in columns.
        batch: documents a step; `accumulate` such batches make one update.
        bucket: batches whose documents are sorted by length together, so that little of them is padding; for
            corpora of single sentences.
        augmented: share of the documents that are seen in another version each epoch, with other names, digits or
            spaces.
        sequence: whether the entity loss is over whole label sequences, or token by token.
        encoder_rate, head_rate: peak learning rates. `layer_decay` multiplies the former for each layer down.
        mask_share: share of the pieces that are hidden in training, against over-fitting.
        partner_weight: weight, beside the relation loss, of the partners' competition in relations of which a
            mention has one.
        predicted_share: share of the documents whose relations are learnt on the spans that the network finds at
            that point instead of on the gold ones; from the second epoch on.
        average: decay of the moving average of the weights, which is what is evaluated and kept.
        patience: epochs without a better dev score after which the run stops.
    """

    train: tuple[str, ...]
    dev: str
    output: str
    limit: int = 0
    encoder: str = "models/compact"
    tokenizer: str = "models/compact"
    schema: str = ""
    separator: str = ""
    window: int = 254
    overlap: int = 64
    maximum_distance: int = 48
    epochs: int = 12
    batch: int = 8
    accumulate: int = 1
    bucket: int = 1
    encoder_rate: float = 3e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 1.0
    dropout: float = 0.1
    mask_share: float = 0.1
    augmented: float = 0.0
    sequence: bool = False
    smoothing: float = 0.0
    relation_weight: float = 2.0
    partner_weight: float = 0.0
    predicted_share: float = 0.5
    mention_size: int = 256
    mention_layers: int = 2
    average: float = 0.99
    patience: int = 4
    seed: int = 17

    def __post_init__(self) -> None:
        if not self.train:
            raise ValueError("train: name at least one corpus file")
        if min(self.epochs, self.batch, self.accumulate, self.bucket, self.patience) < 1:
            raise ValueError("epochs, batch, accumulate, bucket and patience must be 1 or more")
        if self.limit < 0:
            raise ValueError(f"limit = {self.limit}: a number of documents, or 0 for all")
        if self.sequence and self.smoothing:
            raise ValueError("smoothing is of the loss token by token; leave it out, or sequence")
        for name in ("dropout", "mask_share", "smoothing", "predicted_share", "augmented", "average", "warmup"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} = {getattr(self, name)}: is a share of one")


class Trainer:
    """One run: the network, its data and its optimiser."""

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        torch.manual_seed(config.seed)
        torch.set_float32_matmul_precision("medium")
        self.device = choose_device()
        schema, documents, self.dev = load_corpora(config)
        self.tokenizer = Tokenizer.load(Path(config.tokenizer) / "tokenizer.json")
        self.candidates = Candidates(schema, config.maximum_distance)
        self.documents, self.augment = documents, Augmenter(documents)
        self.examples, lost = prepare(documents, self.tokenizer, self.candidates)
        print(f"train: {len(documents)} documents; {lost.describe(*_sizes(documents))}")
        lost = prepare(self.dev, self.tokenizer, self.candidates)[1]
        print(f"dev: {len(self.dev)} documents; {lost.describe(*_sizes(self.dev))}")
        sizes = NetworkConfig(
            len(schema.entities), len(schema.relations), mention_size=config.mention_size,
            mention_layers=config.mention_layers, dropout=config.dropout,
        )  # fmt: skip
        self.network = JointNetwork(load_encoder(config.encoder, dropout=config.dropout), sizes).to(self.device)
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(config.average))  # type: ignore[no-untyped-call]
        self.settings = ModelSettings(
            schema, config.window, config.overlap, config.maximum_distance, network=sizes.to_dict()
        )  # fmt: skip
        self.optimizer = torch.optim.AdamW(self._groups(), fused=True)
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.per_epoch = -(-len(self.examples) // (config.batch * config.accumulate))
        self.updates = self.per_epoch * config.epochs

    @property
    def averaged(self) -> JointNetwork:
        """The network with the moving average of the weights."""
        return cast(JointNetwork, self.average.module)

    @property
    def _modules(self) -> dict[str, nn.Module]:
        return {"network": self.network, "average": self.average}

    def _groups(self) -> list[dict[str, object]]:
        """Group parameters by layer, for layer-wise learning rates, and by whether they decay."""
        config, layers = self.config, self.network.encoder.config.num_hidden_layers
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if name.startswith("encoder."):
                parts = name.split(".")
                depth = int(parts[3]) + 1 if parts[1] == "encoder" else 0
                rate = config.encoder_rate * config.layer_decay ** (layers - depth)
            else:
                rate = config.head_rate
            groups.setdefault((rate, config.weight_decay if parameter.ndim > 1 else 0.0), []).append(parameter)
        return [{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in groups.items()]

    def run(self, *, resume: bool = False) -> Comparison:
        """Train to the end; the best epoch's weights, calibrated, stand in the output folder."""
        config, output = self.config, Path(self.config.output)
        run = describe_inputs(config)
        progress: dict[str, Any] = {"update": 0, "best": -1.0, "best_epoch": -1, "history": [], "run": run}
        if resume:
            progress = load_state(output, self._modules, self.optimizer)
            if progress["run"] != run:
                raise ValueError(f"{output}: the checkpoint is of other settings or data; run without --resume")
        output.mkdir(parents=True, exist_ok=True)
        for epoch in range(progress["update"] // self.per_epoch, config.epochs):
            if epoch - progress["best_epoch"] > config.patience:
                print(f"no better for {config.patience} epochs: stopping")
                break
            losses = self._epoch(epoch)
            progress["update"] = (epoch + 1) * self.per_epoch
            result = self.evaluate()
            score = _mean_f1(result)
            line = {
                "epoch": epoch + 1, "entity_loss": round(losses[0], 4), "relation_loss": round(losses[1], 4),
                "entities": round(result.entities.total.f1, 4), "relations": round(result.relations.total.f1, 4),
            }  # fmt: skip
            progress["history"].append(line)
            print(json.dumps(line), flush=True)
            if score > progress["best"]:
                progress |= {"best": score, "best_epoch": epoch}
                save_network(output, self.averaged, self.tokenizer, self.settings)
            save_state(output, self._modules, self.optimizer, progress)
        return self._finish(output, progress)

    def _finish(self, output: Path, progress: dict[str, Any]) -> Comparison:
        """Calibrate the best weights on dev, and write the record of the run beside them."""
        self.averaged.load_state_dict(load_file(output / "model.safetensors"))
        self.settings = calibrate_settings(self._predictor(), self.dev)
        result = self.evaluate(resamples=1000)
        settings = replace(self.settings, record=describe_run(result, progress))
        save_network(output, self.averaged, self.tokenizer, settings)
        return result

    def _epoch(self, epoch: int) -> tuple[float, float]:
        """Train one epoch; return the mean entity and relation losses."""
        config = self.config
        order = self._order(epoch)
        stride = config.batch * config.accumulate
        losses: list[tuple[float, float]] = []
        bar = tqdm(range(0, len(order), stride), desc=f"epoch {epoch + 1}/{config.epochs}", disable=None)
        for index, first in enumerate(bar):
            update = epoch * self.per_epoch + index
            torch.manual_seed(config.seed * 1_000_003 + update)
            random = np.random.default_rng([config.seed, 1, update])
            for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
                group["lr"] = peak * self._factor(update)
            chosen = [self._version(int(k), random) for k in order[first : first + stride]]
            for part in range(0, len(chosen), config.batch):
                examples = chosen[part : part + config.batch]
                entity, relation = self._losses(examples, random, predicted=epoch > 0)
                loss = (entity + config.relation_weight * relation) * (len(examples) / len(chosen))
                loss.backward()  # type: ignore[no-untyped-call]
                losses.append((entity.item(), relation.item()))
            nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.average.update_parameters(self.network)
            bar.set_postfix(entity=f"{losses[-1][0]:.3f}", relation=f"{losses[-1][1]:.3f}")
        entity_mean, relation_mean = np.mean(losses, axis=0)
        return float(entity_mean), float(relation_mean)

    def _version(self, place: int, random: np.random.Generator) -> Example:
        """Return an example, or one of another version of its document."""
        if not self.config.augmented or random.random() >= self.config.augmented:
            return self.examples[place]
        version = self.augment(self.documents[place], random)
        return prepare([version], self.tokenizer, self.candidates)[0][0]

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Return the epoch's order of the examples."""
        config = self.config
        random = np.random.default_rng([config.seed, epoch])
        order = random.permutation(len(self.examples))
        if config.bucket == 1:
            return order
        lengths = np.array([len(example.tokens) for example in self.examples])
        pool = config.bucket * config.batch
        parts = [order[k : k + pool] for k in range(0, len(order), pool)]
        sorted_parts = [part[np.argsort(lengths[part], kind="stable")] for part in parts]
        batches = [part[k : k + config.batch] for part in sorted_parts for k in range(0, len(part), config.batch)]
        return np.concatenate([batches[k] for k in random.permutation(len(batches))])

    def _factor(self, update: int) -> float:
        """Linear warm-up, then linear fall to zero."""
        warmup = max(1, round(self.config.warmup * self.updates))
        return min((update + 1) / warmup, (self.updates - update) / max(1, self.updates - warmup))

    def _losses(
        self, examples: Sequence[Example], random: np.random.Generator, *, predicted: bool
    ) -> tuple[Tensor, Tensor]:
        config = self.config
        batch = build_batch(examples, self.tokenizer, window=config.window, overlap=config.overlap)
        self.network.train()
        ids = batch.ids.to(self.device)
        if config.mask_share:
            hidden = torch.rand(ids.shape, device=self.device) < config.mask_share
            hidden &= batch.labels.to(self.device) != IGNORED
            ids = ids.masked_fill(hidden, self.tokenizer.vocabulary["<mask>"])
        with autocast(self.device):
            states, logits = self.network(ids, batch.mask.to(self.device))
        logits = logits.float()
        entity = self._entity_loss(batch, logits)
        flat_states, flat_logits = (t.reshape(-1, t.shape[-1]) for t in (states.float(), logits.detach()))
        spans = [
            self._found(example.tokens, flat_logits[place.to(self.device)])
            if predicted and random.random() < config.predicted_share
            else example.spans
            for example, place in zip(batch.examples, batch.places, strict=True)
        ]
        return entity, self._relation_loss(batch, flat_states, spans)

    def _entity_loss(self, batch: Batch, logits: Tensor) -> Tensor:
        flat, labels = logits.reshape(-1, logits.shape[-1]), batch.labels.to(self.device).reshape(-1)
        if not self.config.sequence:
            return nn.functional.cross_entropy(
                flat, labels, ignore_index=IGNORED, label_smoothing=self.config.smoothing
            )  # fmt: skip
        places = [place.to(self.device) for place in batch.places]
        seen = [place[labels[place] != IGNORED] for place in places]
        return sequence_loss([flat[place] for place in seen], [labels[place] for place in seen])

    @staticmethod
    def _found(tokens: Tokens, logits: Tensor) -> Sequence[Span]:
        return find_spans(tokens, logits.cpu().numpy())

    def _relation_loss(self, batch: Batch, states: Tensor, spans: Sequence[Sequence[Span]]) -> Tensor:
        """Cross-entropy over the candidate pairs of all documents of the batch, scored in one pass."""
        edge = states.new_zeros(1, states.shape[1])
        frame = torch.cat([edge, *(part for place in batch.places for part in (states[place.to(self.device)], edge))])
        arrays = span_arrays(spans, [len(place) for place in batch.places])
        pairs, gold, base = [], [], 0
        for example, own in zip(batch.examples, spans, strict=True):
            heads, tails = self.candidates.pairs([span.kind for span in own])
            gold.append(label_pairs(example, own, (heads, tails)))
            pairs.append((heads + base, tails + base))
            base += len(own)
        heads, tails = (np.concatenate(side) for side in zip(*pairs, strict=True))
        if not len(heads):
            return states.sum() * 0
        tensors = [torch.from_numpy(a).to(self.device) for a in (*arrays, heads, tails)]
        logits = self.network.relations(frame, *tensors)
        allowed = torch.from_numpy(self.candidates.allowed[arrays[2][heads], arrays[2][tails]]).to(self.device)
        targets = torch.from_numpy(np.concatenate(gold)).to(self.device)
        loss = nn.functional.cross_entropy(logits.masked_fill(~allowed, -1e4), targets)
        if not self.config.partner_weight:
            return loss
        sides = {"one_head": tensors[-1], "one_tail": tensors[-2]}
        parts = [
            partner_loss(logits, targets, sides[side], kind=kind, allowed=allowed[:, kind])
            for kind, relation in enumerate(self.candidates.schema.relations, 1)
            for side in sides
            if getattr(relation, side)
        ]
        return loss + self.config.partner_weight * torch.stack(parts).mean() if parts else loss

    def _predictor(self) -> Predictor:
        return Predictor(TorchRuntime(self.averaged, self.device), self.tokenizer, self.settings)

    def evaluate(self, *, resamples: int = 0) -> Comparison:
        """Compare the averaged network's output on dev with the gold annotation."""
        found = self._predictor().predict([(document.id, document.text) for document in self.dev])
        return compare(self.dev, found, resamples=resamples)


def load_corpora(config: TrainConfig) -> tuple[Schema, list[Document], list[Document]]:
    """Return the schema of a run, its training documents and its development documents.

    Raises:
        CorpusError, SchemaError: with the file and what is wrong with it.
    """
    paths = [Path(path) for path in config.train]
    given = Schema.load(Path(config.schema) if config.schema else None)
    collect = not config.schema and is_columns(paths[0])
    documents = [
        d for path in paths for d in load_corpus(path, None if collect else given, separator=config.separator)
    ]  # fmt: skip
    schema = collect_schema(documents) if collect else given
    if config.limit:
        order = np.random.default_rng(config.seed).permutation(len(documents))
        documents = [documents[k] for k in order[: config.limit]]
    return schema, documents, load_corpus(Path(config.dev), schema, separator=config.separator)


def _mean_f1(result: Comparison) -> float:
    """Return what the best epoch is chosen by: the mean F1 of entities and, if there are any, relations."""
    kinds = [score.total for score in (result.entities, result.relations) if score.total.support]
    return sum(counts.f1 for counts in kinds) / max(len(kinds), 1)


def _sizes(documents: Sequence[Document]) -> tuple[int, int]:
    return sum(len(d.entities) for d in documents), sum(len(d.relations) for d in documents)


def main() -> None:
    """Read the configuration and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the output folder")
    options = parser.parse_args()
    result = Trainer(read_config(options.config, TrainConfig)).run(resume=options.resume)
    print(f"dev: entities {result.entities.total.f1:.4f}, relations {result.relations.total.f1:.4f}")


if __name__ == "__main__":
    main()
