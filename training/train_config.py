"""The settings of a training run, and the corpora that they name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thaigov_events.annotations.columns import collect_schema, is_columns, load_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.schema import Schema

PRECISIONS = ("auto", "bf16", "fp16", "fp32")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Settings of a training run; one TOML file holds them.

    Attributes:
        train, dev: corpora, as JSON lines, CoNLL columns or saved datasets; `dev` chooses the best epoch, the
            thresholds and the calibration.
        limit: how many training documents are used, drawn by the seed; all if 0.
        teachers: folders of finished runs or exported models, of any encoder and tokenizer but with the same labels,
            whose mean opinion of `unlabelled` is learnt besides the gold labels.
        unlabelled: JSON lines with `id` and `text`, perhaps packed; `unlabelled_limit` of them are drawn by the seed,
            all if 0, from those of up to `unlabelled_characters`, any if 0.
        start: folder of a finished run, or of an exported model, whose weights training starts from instead of a bare
            encoder.
        start_encoder: encoder that `start` once began with, of which `encoder` is a later state: what pretraining has
            taught it since is added to the weights of `start`.
        layers: how many of the encoder's layers, or of `start`'s, are kept, spread evenly over its depth, the first and
            the last among them; all if 0.
        local_attention: for each layer of the encoder that is kept, how many tokens its attention keeps to, 128, 256 or
            0 for the whole window; left empty, all see the whole window.
        encoder: folder, or name on the model hub, of a pretrained encoder.
        tokenizer: folder or name of its tokenizer, and `profile`, what kind that is: `compact`, `wangchanberta`, for it
            and what was trained like it, or `generic`, for any other.
        split_crossed: whether pieces that borders of training mentions cross are cut into smaller ones, so that such
            mentions can be expressed; for unigram tokenizers.
        allow_pickle: whether the encoder's weights may be a `pytorch_model.bin` where there are no safetensors.
        schema: a schema file; if empty, the labels of a training corpus in columns, else the package's own schema.
        separator: what stands between the words of corpora in columns.
        window, overlap: pieces of a window, and how many two neighbours share; 0 for as many as the encoder takes, up
            to 510, and a quarter of them.
        batch: documents of a micro-batch; `accumulate` such batches make one update, which several processes share.
        bucket: batches whose documents are sorted by length together, so that little of them is padding; for
            corpora of single sentences.
        augmented: share of the documents that are seen in another version each epoch, with other names, digits or
            spaces.
        sequence: whether the entity loss is over whole label sequences, or token by token.
        encoder_rate, head_rate: peak learning rates. `layer_decay` multiplies the former for each layer down.
        adversarial: length of the shift of embeddings, as a share of their own, under which the loss is learnt once
            more in each step (`adversary.py`); 0.03 is what is usual. Takes twice as long.
        mask_share: share of the pieces that are hidden in training, against over-fitting.
        partner_weight: weight, beside the relation loss, of the partners' competition in relations of which a
            mention has one.
        predicted_share: share of the documents whose relations are learnt on the spans that the network finds at
            that point instead of on the gold ones; from the second epoch on.
        average: decay of the moving average of the weights, which is what is evaluated and kept.
        patience: epochs without a better dev score after which the run stops.
        precision: of the encoder's products: `bf16`, `fp16` (on a GPU), `fp32`, or `auto`, which is bf16 where the
            processor has it and is quicker by it, else fp32.
        gradient_checkpointing: whether the encoder's layers are computed again for the gradients instead of kept in
            memory.
        compile: whether the network is compiled by `torch.compile`.
    """

    train: tuple[str, ...]
    dev: str
    output: str
    limit: int = 0
    teachers: tuple[str, ...] = ()
    unlabelled: str = ""
    unlabelled_limit: int = 0
    unlabelled_characters: int = 0
    start: str = ""
    start_encoder: str = ""
    layers: int = 0
    local_attention: tuple[int, ...] = ()
    encoder: str = "models/compact"
    tokenizer: str = "models/compact"
    profile: str = "compact"
    split_crossed: bool = False
    allow_pickle: bool = False
    schema: str = ""
    separator: str = ""
    window: int = 510
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
    adversarial: float = 0.0
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
    precision: str = "auto"
    gradient_checkpointing: bool = False
    compile: bool = False
    seed: int = 17

    def __post_init__(self) -> None:
        if not self.train:
            raise ValueError("train: name at least one corpus file")
        if min(self.epochs, self.batch, self.accumulate, self.bucket, self.patience) < 1:
            raise ValueError("epochs, batch, accumulate, bucket and patience must be 1 or more")
        if min(self.limit, self.unlabelled_limit, self.unlabelled_characters) < 0:
            raise ValueError("limit, unlabelled_limit and unlabelled_characters: a number, or 0 for all")
        if self.layers < 0 or self.layers == 1:
            raise ValueError(f"layers = {self.layers}: keep 2 or more, since the first and the last stay, or 0 for all")
        if bool(self.teachers) != bool(self.unlabelled):
            raise ValueError("teachers and unlabelled: give both, the runs that teach and the texts that they label")
        if self.sequence and self.smoothing:
            raise ValueError("smoothing is of the loss token by token; leave it out, or sequence")
        if self.adversarial and self.compile:
            raise ValueError("adversarial reaches into the encoder, which compile closes; leave one of them out")
        if self.start_encoder and not self.start:
            raise ValueError(f"start_encoder = {self.start_encoder!r}: set start too, the run that began with it")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision = {self.precision!r}: set one of {', '.join(PRECISIONS)}")
        for name in (
            "dropout",
            "adversarial",
            "mask_share",
            "smoothing",
            "predicted_share",
            "augmented",
            "average",
            "warmup",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} = {getattr(self, name)}: is a share of one")


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
