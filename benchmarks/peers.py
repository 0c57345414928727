"""Our whole extraction beside other systems that find mentions alone, on the same articles in one run.

python benchmarks/peers.py --wangchanberta FOLDER --thainer train.conll [--run RUN] [--model MODEL] [--articles 300]

- Hugging Face's token-classification pipeline with a network of WangchanBERTa's shape in fp32. The weights are random,
  which does not change its speed; its head says "outside" everywhere, so that joining pieces to mentions costs it
  nothing. FOLDER holds WangchanBERTa's tokenizer.json.
- The same pipeline with our own encoder and entity head, from the folder of a training run.
- PyThaiNLP's tagger with a CRF that is trained here on ThaiNER's columns (python-crfsuite), with PyThaiNLP's own
  features.

The pipelines read long articles in overlapping stretches, and each batch size is tried on a few articles first.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pycrfsuite
import torch
from pythainlp.tag import pos_tag
from pythainlp.tag.thainer import ThaiNameTagger
from race import race, read_articles
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertForTokenClassification,
    CamembertConfig,
    CamembertForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    pipeline,
)

from thaigov_events.inference import Article, Extractor
from thaigov_events.models.torch_runtime import load_network

BATCH_SIZES = (1, 4, 16)
STRIDE = 64
TRIED = 12


def build_pipeline(model: PreTrainedModel, tokenizer_file: Path, *, window: int) -> Any:
    """Return a pipeline that reads `window` pieces at a time, special ones included."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_file), bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        model_max_length=window,
    )  # fmt: skip
    special = [("<s>", tokenizer.bos_token_id), ("</s>", tokenizer.eos_token_id)]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=special)
    return pipeline(
        "token-classification", model=model.eval(), tokenizer=tokenizer, aggregation_strategy="simple", stride=STRIDE,
        device="cpu",
    )  # fmt: skip


def build_wangchanberta(folder: Path) -> Any:
    """Return the pipeline of WangchanBERTa's shape."""
    config = CamembertConfig(
        vocab_size=25_005, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
        max_position_embeddings=512, type_vocab_size=1, pad_token_id=1, num_labels=65,
    )  # fmt: skip
    model = CamembertForTokenClassification(config)
    torch.nn.init.zeros_(model.classifier.weight)
    model.classifier.bias.data = torch.eye(65)[0]  # "outside", which the pipeline leaves out
    model.config.id2label = {0: "O", **{k: f"B-{k}" for k in range(1, 65)}}
    return build_pipeline(model, folder / "tokenizer.json", window=510)


def build_own(run: Path) -> Any:
    """Return the pipeline of our own encoder and entity head."""
    network, settings = load_network(run)
    labels = ["O", *(f"{part}-{name}" for name in settings.schema.entity_names for part in "BIES")]
    config = BertConfig(**network.encoder.config.to_diff_dict() | {"id2label": dict(enumerate(labels))})
    model = BertForTokenClassification(config)
    model.bert.load_state_dict(network.encoder.state_dict())
    model.classifier.load_state_dict(network.entities.state_dict())
    return build_pipeline(model, run / "tokenizer.json", window=settings.window + 2)


def build_crf(columns: Path, folder: Path, *, iterations: int) -> ThaiNameTagger:
    """Train a CRF on CoNLL columns and return PyThaiNLP's tagger with it."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": iterations, "feature.possible_transitions": True})
    for words, labels in read_columns(columns):
        trainer.append(
            ThaiNameTagger._extract_features(pos_tag(words, engine="perceptron", corpus="orchid_ud")), labels
        )
    trainer.train(str(folder / "crf"))
    tagger = ThaiNameTagger.__new__(ThaiNameTagger)  # its own __init__ would fetch a model
    tagger.crf, tagger.pos_tag_name = pycrfsuite.Tagger(), "orchid_ud"
    tagger.crf.open(str(folder / "crf"))
    return tagger


def read_columns(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words and labels of each sentence."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.rsplit("\t", 1) for line in block.split("\n") if "\t" in line]
        if rows:
            yield [word for word, _ in rows], [label for _, label in rows]


def run_pipeline(pipe: Any, batch: int, articles: Sequence[Article]) -> None:
    """Read articles by a pipeline."""
    pipe([article.text for article in articles], batch_size=batch)


def choose_batch(pipe: Any, articles: Sequence[Article]) -> int:
    """Return the batch size that reads a few articles fastest."""
    spent = {}
    for batch in BATCH_SIZES:
        began = time.perf_counter()
        run_pipeline(pipe, batch, articles[:TRIED])
        spent[batch] = time.perf_counter() - began
    return min(spent, key=spent.__getitem__)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--wangchanberta", type=Path)
    parser.add_argument("--thainer", type=Path)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=100, help="of the CRF's training")
    options = parser.parse_args()
    articles = read_articles(options.articles)
    extractor = Extractor.load(options.model)
    engines: dict[str, Callable[[Sequence[Article]], object]] = {}
    pipes = {
        "pipeline, WangchanBERTa's shape, torch fp32": options.wangchanberta
        and build_wangchanberta(options.wangchanberta)
    }
    pipes["pipeline, our network, torch fp32"] = options.run and build_own(options.run)
    for name, pipe in pipes.items():
        if pipe:
            batch = choose_batch(pipe, articles)
            engines[f"{name}, batches of {batch}"] = partial(run_pipeline, pipe, batch)
    with tempfile.TemporaryDirectory() as folder:
        if options.thainer:
            tagger = build_crf(options.thainer, Path(folder), iterations=options.iterations)
            engines["PyThaiNLP, CRF"] = lambda part: [tagger.get_ner(article.text) for article in part]
        engines["thaigov-events: mentions, relations, events"] = lambda part: list(extractor.extract(part))
        seconds = race(engines, articles, rounds=options.rounds)
    *_, own = seconds.values()
    print("| system | articles/s | ours is faster by |\n|---|---:|---:|")
    for name, spent in seconds.items():
        print(f"| {name} | {len(articles) / spent:.2f} | {spent / own:.2f} |")


if __name__ == "__main__":
    main()
