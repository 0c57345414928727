"""Pretrained encoders of Hugging Face's families: to load them, and what their shapes mean for windows and rates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from transformers import MODEL_MAPPING, AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.hub import explain_failure
from thaigov_events.models.tokenizer import Tokenizer

# A longer window costs more time than it is worth; encoders with more places are not filled.
LONGEST_WINDOW = 510
SPECIAL_PIECES = 2
# Families whose positions are counted from the padding piece's id on.
_AFTER_PADDING = {"roberta", "camembert", "xlm-roberta", "xlm-roberta-xl", "roberta-prelayernorm"}
_WITH_POOLING = {"bert", "camembert", "roberta", "xlm-roberta", "xlm-roberta-xl"}
_LAYER = re.compile(r"(?:^|\.)layers?\.(\d+)\.")


def load_encoder(name: str, *, dropout: float = 0.1, allow_pickle: bool = False) -> PreTrainedModel:
    """Load an encoder from a local folder or, by name, from the model hub, as float32.

    Args:
        name: folder or repository; of a finished run's folder the encoder alone is taken.
        dropout: of its layers; that of attention is 0.
        allow_pickle: whether a `pytorch_model.bin` is opened where there are no safetensors.

    Raises:
        FileNotFoundError: when it is neither here nor to be had, or has no weights that may be opened.
        ValueError: when weights of the encoder are not among those, or it is a run's that lost attention heads.
    """
    config = _read_config(name)
    for setting in ("hidden_dropout_prob", "embedding_dropout", "mlp_dropout"):
        if hasattr(config, setting):
            setattr(config, setting, dropout)
    for setting in ("attention_probs_dropout_prob", "attention_dropout"):
        if hasattr(config, setting):
            setattr(config, setting, 0.0)
    try:
        return _read_weights(name, config, use_safetensors=True)
    except OSError as error:
        if not allow_pickle:
            raise FileNotFoundError(
                f"{name}: no model.safetensors to be had. A pytorch_model.bin is a pickle, which can run a stranger's "
                "code: if you trust its author, set allow_pickle = true in the configuration"
            ) from error
    with explain_failure(name, option="encoder"):
        return _read_weights(name, config, use_safetensors=False)


def build_encoder(folder: Path) -> PreTrainedModel:
    """Build an encoder of the shape that `folder/config.json` gives, without weights."""
    config = AutoConfig.from_pretrained(folder)
    return AutoModel.from_config(config, **_options(config))  # type: ignore[no-any-return, no-untyped-call]


def fit_window(name: str, *, window: int, overlap: int) -> tuple[int, int]:
    """Return pieces of a window and of its overlap for an encoder, special pieces left out.

    A `window` of 0 takes as many as the encoder has places for, though no more than 510, and a quarter of it overlaps.

    Raises:
        ValueError: when the encoder has not so many places.
    """
    limit = window_limit(_read_config(name))
    if window > limit:
        raise ValueError(f"window = {window}: {name} has places for {limit} pieces and its two special ones")
    return (window, overlap) if window else (min(limit, LONGEST_WINDOW), min(limit, LONGEST_WINDOW) // 4)


def window_limit(config: PretrainedConfig) -> int:
    """Return how many pieces, special ones left out, an encoder has positions for."""
    before = config.pad_token_id + 1 if config.model_type in _AFTER_PADDING else 0
    return int(config.max_position_embeddings) - before - SPECIAL_PIECES


def check_vocabulary(encoder: PreTrainedModel, tokenizer: Tokenizer) -> None:
    """See that the encoder has a row for each piece.

    Raises:
        ValueError: when it has not: the tokenizer is another encoder's.
    """
    rows, last = encoder.config.vocab_size, max(tokenizer.vocabulary.values())
    if last >= rows:
        raise ValueError(
            f"the tokenizer has pieces up to id {last}, the encoder rows for {rows}: they do not belong together; "
            "set tokenizer and profile to those of the encoder"
        )


def layer_depth(name: str) -> int:
    """Return the depth of a parameter in an encoder, by its name: 0 for embeddings, 1 for the first layer."""
    found = _LAYER.search(name)
    return int(found[1]) + 1 if found else 0


def _read_config(name: str) -> PretrainedConfig:
    with explain_failure(name, option="encoder"):
        return AutoConfig.from_pretrained(name)  # type: ignore[no-any-return]


def _read_weights(name: str, config: PretrainedConfig, *, use_safetensors: bool) -> PreTrainedModel:
    in_run = None
    if (Path(name) / "settings.json").is_file():
        in_run = {r"^encoder\.": ""}
        if ModelSettings.load(Path(name)).network.get("heads"):
            raise ValueError(f"{name}: its encoder has lost attention heads; go on from all of it, start = {name!r}")
    encoder, report = AutoModel.from_pretrained(
        name, config=config, dtype=torch.float32, use_safetensors=use_safetensors, key_mapping=in_run,
        output_loading_info=True, **_options(config),
    )  # fmt: skip
    # Hugging Face would fill in random numbers
    if missing := sorted(report["missing_keys"]):
        raise ValueError(
            f"{name}: {len(missing)} of the encoder's weights are not among its weights, {missing[0]} is one; name "
            f"a folder or repository that holds a whole {config.model_type} encoder"
        )
    return encoder  # type: ignore[no-any-return]


def _options(config: PretrainedConfig) -> dict[str, Any]:
    # On CPUs the fused attention's backward pass in bf16 is slower than the plain one at these lengths.
    fused = torch.cuda.is_available() and getattr(MODEL_MAPPING[type(config)], "_supports_sdpa", False)
    pooling = {"add_pooling_layer": False} if config.model_type in _WITH_POOLING else {}
    return {"attn_implementation": "sdpa" if fused else "eager", **pooling}
