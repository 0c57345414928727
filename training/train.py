"""Train the joint network.

    python -m thaigov_events.training.train CONFIG [--resume] [--teacher RUN …]
    torchrun --nproc-per-node 4 -m thaigov_events.training.train CONFIG [--resume]

Batches, dropout and masks follow from the seed and the number of the micro-batch alone, so a run that was broken off
goes on exactly, and several processes do together what one does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import Comparison, compare
from thaigov_events.models.alignment import Example, prepare
from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.crossed_pieces import split_crossed
from thaigov_events.models.encoders import fit_window
from thaigov_events.models.network import JointNetwork, NetworkConfig
from thaigov_events.models.predictor import Predictor, find_spans
from thaigov_events.models.pretrained_tokenizer import read_tokenizer
from thaigov_events.models.torch_runtime import WEIGHTS, TorchRuntime
from thaigov_events.training.adversary import shift, watch, worst_shift
from thaigov_events.training.augmentation import Augmenter
from thaigov_events.training.batches import IGNORED, build_batch, run_network
from thaigov_events.training.calibration import calibrate_settings
from thaigov_events.training.checkpoints import load_state, save_network, save_state
from thaigov_events.training.config import read_config
from thaigov_events.training.distillation import learn_from_teachers
from thaigov_events.training.distributed import ALONE, Processes, join_processes
from thaigov_events.training.dropout import quicken_dropout
from thaigov_events.training.hardware import (
    autocast,
    build_scaler,
    choose_device,
    fuse_attention,
    prefers_padding,
    round_products,
)
from thaigov_events.training.initialisation import build_network
from thaigov_events.training.losses import entity_loss, relation_loss, score_pairs
from thaigov_events.training.optimisation import group_parameters, rate_factor
from thaigov_events.training.record import describe_inputs, describe_run
from thaigov_events.training.sampling import order_epoch
from thaigov_events.training.train_config import TrainConfig, load_corpora


class Trainer:
    """One run, or one process's part of it: the network, its data and its optimiser."""

    def __init__(self, config: TrainConfig, processes: Processes = ALONE) -> None:
        if config.accumulate < processes.count:
            raise ValueError(
                f"accumulate = {config.accumulate}: {processes.count} processes share the micro-batches of an update; "
                f"set accumulate to {processes.count} or more, and batch lower for that"
            )
        self.processes = processes
        window, overlap = fit_window(config.encoder, window=config.window, overlap=config.overlap)
        self.config = config = replace(config, window=window, overlap=overlap)
        torch.manual_seed(config.seed)
        self.device = choose_device()
        round_products(self.device)
        self.scaler = build_scaler(self.device, config.precision)
        schema, documents, self.dev = load_corpora(config)
        self.tokenizer = read_tokenizer(config.tokenizer, config.profile)
        if config.split_crossed:
            self.tokenizer, avoided = split_crossed(self.tokenizer, documents)
            self._tell(f"tokenizer: {avoided} pieces that mentions of the training corpora cross are cut")
        self.candidates = Candidates(schema, config.maximum_distance)
        self.documents, self.augment = documents, Augmenter(documents)
        self.examples, lost = prepare(documents, self.tokenizer, self.candidates)
        self._tell(f"train: {len(documents)} documents; {lost.describe(*_sizes(documents))}")
        lost = prepare(self.dev, self.tokenizer, self.candidates)[1]
        self._tell(f"dev: {len(self.dev)} documents; {lost.describe(*_sizes(self.dev))}")
        sizes = NetworkConfig(
            len(schema.entities), len(schema.relations), mention_size=config.mention_size,
            mention_layers=config.mention_layers, dropout=config.dropout, local_attention=config.local_attention,
        )  # fmt: skip
        self.network = build_network(config, sizes, self.tokenizer).to(self.device)
        fuse_attention(self.network.encoder, self.device, config.precision)
        quicken_dropout(self.network, self.device)
        if config.teachers:
            self.examples += learn_from_teachers(
                config, self.tokenizer, self.candidates, known={d.text.strip() for d in (*documents, *self.dev)},
                processes=processes, device=self.device,
            )  # fmt: skip
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(config.average))  # type: ignore[no-untyped-call]
        self.settings = ModelSettings(
            schema, config.window, config.overlap, config.maximum_distance, network=self.network.config.to_dict()
        )  # fmt: skip
        if config.compile:
            self.network.compile(dynamic=True)
        self.optimizer = torch.optim.AdamW(group_parameters(self.network, config), fused=True)
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

    def _tell(self, line: str) -> None:
        if self.processes.is_first:
            print(line, flush=True)

    def run(self, *, resume: bool = False) -> Comparison:
        """Train to the end; the best epoch's weights, calibrated, stand in the output folder.

        Raises:
            FileNotFoundError: when there is no checkpoint to resume from.
            ValueError: when it is of other settings or data, or not the first process's.
        """
        config, output = self.config, Path(self.config.output)
        run = describe_inputs(config)
        progress: dict[str, Any] = {
            "update": 0, "best": -1.0, "best_epoch": -1, "history": [], "scaler": self.scaler.state_dict(), "run": run,
        }  # fmt: skip
        if resume:
            progress = load_state(output, self._modules, self.optimizer)
            if progress["run"] != run:
                raise ValueError(f"{output}: the checkpoint is of other settings or data; run without --resume")
            self.scaler.load_state_dict(progress["scaler"])
        self.processes.check_start(progress, folder=output)
        if self.processes.is_first:
            output.mkdir(parents=True, exist_ok=True)
        for epoch in range(progress["update"] // self.per_epoch, config.epochs):
            if epoch - progress["best_epoch"] > config.patience:
                self._tell(f"no better for {config.patience} epochs: stopping")
                break
            losses = self._epoch(epoch)
            progress = self.processes.call_first(self._judge, epoch, losses, progress)
        return self.processes.call_first(self._finish, output, progress)

    def _judge(self, epoch: int, losses: tuple[float, float], progress: dict[str, Any]) -> dict[str, Any]:
        """Evaluate after an epoch, keep the weights if they are the best, and return how far the run is."""
        output, result = Path(self.config.output), self.evaluate()
        score = _mean_f1(result)
        line = {
            "epoch": epoch + 1, "entity_loss": round(losses[0], 4), "relation_loss": round(losses[1], 4),
            "entities": round(result.entities.total.f1, 4), "relations": round(result.relations.total.f1, 4),
            **({"loss_scale": self.scaler.get_scale()} if self.scaler.is_enabled() else {}),
        }  # fmt: skip
        print(json.dumps(line), flush=True)
        progress = progress | {
            "update": (epoch + 1) * self.per_epoch, "history": [*progress["history"], line],
            "scaler": self.scaler.state_dict(),
        }  # fmt: skip
        if score > progress["best"]:
            progress |= {"best": score, "best_epoch": epoch}
            save_network(output, self.averaged, self.tokenizer, self.settings)
        save_state(output, self._modules, self.optimizer, progress)
        return progress

    def _finish(self, output: Path, progress: dict[str, Any]) -> Comparison:
        """Calibrate the best weights on dev, and write the record of the run beside them."""
        self.averaged.load_state_dict(load_file(output / WEIGHTS))
        self.settings = calibrate_settings(self._predictor(), self.dev)
        result = self.evaluate(resamples=1000)
        settings = replace(self.settings, record=describe_run(result, progress))
        save_network(output, self.averaged, self.tokenizer, settings)
        return result

    def _epoch(self, epoch: int) -> tuple[float, float]:
        """Train one epoch; return the mean entity and relation losses of all processes."""
        config = self.config
        lengths = np.array([len(example.tokens) for example in self.examples])
        order = order_epoch(lengths, epoch, seed=config.seed, batch=config.batch, bucket=config.bucket)
        stride, sums = config.batch * config.accumulate, np.zeros(3)
        bar = tqdm(
            range(0, len(order), stride), desc=f"epoch {epoch + 1}/{config.epochs}",
            disable=None if self.processes.is_first else True,
        )  # fmt: skip
        for index, first in enumerate(bar):
            update = epoch * self.per_epoch + index
            sums += self._update(update, order[first : first + stride], predicted=epoch > 0)
            bar.set_postfix(entity=f"{sums[0] / max(1, sums[2]):.3f}", relation=f"{sums[1] / max(1, sums[2]):.3f}")
        entity, relation, count = self.processes.add_up(torch.from_numpy(sums).to(self.device)).tolist()
        return entity / count, relation / count

    def _update(self, update: int, places: NDArray[np.int64], *, predicted: bool) -> NDArray[np.float64]:
        """Take one step on the examples at `places`, this process's and those of the others.

        Return the sums of this process's entity and relation losses, and its number of micro-batches.
        """
        config = self.config
        factor = rate_factor(update, updates=self.updates, warmup=config.warmup)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        versions = np.random.default_rng([config.seed, 1, update])
        chosen = [self._version(int(k), versions) for k in places]
        parts = [chosen[k : k + config.batch] for k in range(0, len(chosen), config.batch)]
        sums = np.zeros(3)
        for number, examples in self.processes.share(list(enumerate(parts, 1))):
            share, seed = len(examples) / len(chosen), [config.seed, 1, update, number]
            if not config.adversarial:
                losses = self._learn(examples, seed, share=share, predicted=predicted)
            else:
                embeddings = self.network.encoder.get_input_embeddings()
                with watch(embeddings) as seen:
                    losses = self._learn(examples, seed, share=share / 2, predicted=predicted)
                with shift(embeddings, [worst_shift(embedded, config.adversarial) for embedded in seen]):
                    self._learn(examples, seed, share=share / 2, predicted=predicted)
            sums += *losses, 1
        self.processes.sum_gradients(self.network.parameters())
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update_parameters(self.network)
        return sums

    def _learn(
        self, examples: Sequence[Example], seed: list[int], *, share: float, predicted: bool
    ) -> tuple[float, float]:
        """Add the gradients of a micro-batch's loss, times `share`; return its entity and relation losses."""
        random = np.random.default_rng(seed)
        torch.manual_seed(int(random.integers(2**63)))
        entity, relation = self._losses(examples, random, predicted=predicted)
        loss = (entity + self.config.relation_weight * relation) * share
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return entity.item(), relation.item()

    def _version(self, place: int, random: np.random.Generator) -> Example:
        """Return an example, or one of another version of its document."""
        if not self.config.augmented or self.examples[place].soft or random.random() >= self.config.augmented:
            return self.examples[place]
        version = self.augment(self.documents[place], random)
        return prepare([version], self.tokenizer, self.candidates)[0][0]

    def _losses(
        self, examples: Sequence[Example], random: np.random.Generator, *, predicted: bool
    ) -> tuple[Tensor, Tensor]:
        config = self.config
        batch = build_batch(
            examples, self.tokenizer, window=config.window, overlap=config.overlap,
            label_count=self.network.entities.out_features, padded=prefers_padding(self.device),
        )  # fmt: skip
        self.network.train()
        ids = batch.ids.to(self.device)
        if config.mask_share:
            hidden = torch.rand(ids.shape, device=self.device) < config.mask_share
            hidden &= batch.labels.to(self.device) != IGNORED
            ids = ids.masked_fill(hidden, self.tokenizer.mask)
        with autocast(self.device, config.precision):
            states, logits = run_network(self.network, batch, ids)
        logits = logits.float()
        entity = entity_loss(batch, logits, sequence=config.sequence, smoothing=config.smoothing)
        spans = [
            find_spans([example.tokens], [logits.detach()[place.to(self.device)].cpu().numpy()])[0]
            if predicted and not example.soft and random.random() < config.predicted_share
            else example.spans
            for example, place in zip(batch.examples, batch.stitched, strict=True)
        ]
        scored = score_pairs(self.network.relations, states.float(), batch.stitched, spans, self.candidates)
        loss = relation_loss(scored, examples, spans, self.candidates, partner_weight=config.partner_weight)
        return entity, loss

    def _predictor(self) -> Predictor:
        return Predictor(TorchRuntime(self.averaged, self.device), self.tokenizer, self.settings)

    def evaluate(self, *, resamples: int = 0) -> Comparison:
        """Compare the averaged network's output on dev with the gold annotation."""
        found = self._predictor().predict([(document.id, document.text) for document in self.dev])
        return compare(self.dev, found, resamples=resamples)


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
    parser.add_argument(
        "--teacher", action="append", metavar="RUN",
        help="folder of a finished run that teaches, instead of those that the configuration names; once for each",
    )  # fmt: skip
    options = parser.parse_args()
    config = read_config(options.config, TrainConfig)
    if options.teacher:
        config = replace(config, teachers=tuple(options.teacher))
    with join_processes() as processes:
        result = Trainer(config, processes).run(resume=options.resume)
    if processes.is_first:
        print(f"dev: entities {result.entities.total.f1:.4f}, relations {result.relations.total.f1:.4f}")


if __name__ == "__main__":
    main()
