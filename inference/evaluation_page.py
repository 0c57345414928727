"""The report of an evaluation as one page for the browser, and its data beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from thaigov_events.annotations.corpus import write_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.errors import (
    CAUSES,
    KINDS,
    classify_entities,
    confuse_labels,
    count_entity_errors,
    count_relation_errors,
)
from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.metrics import Score, relation_items
from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.evaluation import Evaluation
from thaigov_events.inference.markup import show_score, show_text
from thaigov_events.inference.plots import (
    plot_confusion,
    plot_labels,
    plot_learning_curve,
    plot_precision_recall,
    plot_reliability,
)

WORST = 10


def write_report(
    folder: Path, evaluation: Evaluation, schema: Schema, *, curve: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write `report.html`, and as its data `metrics.json`, `errors.json` and `found.jsonl`, into a folder.

    `curve` holds the points of a learning curve: `documents`, `entities`, `relations`.
    """
    errors = {
        "entities": count_entity_errors(evaluation.gold, evaluation.found),
        "relations": count_relation_errors(evaluation.gold, evaluation.found),
        "confusion": [[*pair, n] for pair, n in sorted(confuse_labels(evaluation.gold, evaluation.found).items())],
    }
    page = "".join(_render(evaluation, schema, curve=curve))
    write_safely(folder / "metrics.json", lambda path: _write_json(path, evaluation.describe()))
    write_safely(folder / "errors.json", lambda path: _write_json(path, errors))
    write_corpus(folder / "found.jsonl", evaluation.found)
    write_safely(folder / "report.html", lambda path: path.write_text(page, encoding="utf-8"))


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _render(evaluation: Evaluation, schema: Schema, *, curve: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    comparison = evaluation.comparison
    gold, found = evaluation.gold, evaluation.found
    style = (files(__package__) / "view.css").read_text("utf-8") + (files(__package__) / "report.css").read_text(
        "utf-8"
    )
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>thaigov-events: evaluation</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<h1>Evaluation on {comparison.documents} articles</h1>\n"
    )
    scores = {"Entities": comparison.entities, "Relations": comparison.relations}
    if evaluation.events:
        scores["Event fields"] = evaluation.events
    yield _table(
        ["", "precision", "recall", "F1", "95 % interval", "macro F1", "gold", "calibration error"],
        [
            [name, *_values(score), _interval(score.interval), f"{score.macro_f1:.3f}", str(score.total.support), error]
            for (name, score), error in zip(
                scores.items(),
                (_error(comparison.entity_calibration_error), _error(comparison.relation_calibration_error), ""),
                strict=False,
            )
        ],
    )
    for name, score in scores.items():
        yield f"<h2>{name} by label</h2>\n<div class='pair'><div>{_label_table(score)}</div>"
        yield f"<figure>{plot_labels(score, name)}</figure></div>\n"
    yield "<h2>Kinds of errors</h2>\n"
    yield "<p>Gold mentions by how they fared; a spurious one overlaps no gold mention.</p>\n"
    yield _count_table(count_entity_errors(gold, found), KINDS)
    yield "<p>Gold relations by how they fared, and found ones that are wrong.</p>\n"
    yield _count_table(count_relation_errors(gold, found), CAUSES)
    yield f"<figure>{plot_confusion(confuse_labels(gold, found), schema.entity_names)}</figure>\n"
    yield "<h2>Gold out of the model's reach</h2>\n"
    yield "<p>Counted as missed. Windows and sections overlap, and lose none.</p>\n"
    yield _table(["cause", "items"], [[cause, str(n)] for cause, n in evaluation.lost.items()])
    yield "<h2>Confidences</h2>\n<div class='pair'>"
    yield f"<figure>{plot_reliability({'entities': evaluation.entities, 'relations': evaluation.relations})}</figure>"
    curves = {
        "entities": (evaluation.entities, comparison.entities.total.support),
        "relations": (evaluation.candidates, comparison.relations.total.support),
    }
    yield f"<figure>{plot_precision_recall(curves)}</figure></div>\n"
    if curve:
        yield f"<h2>Learning curve</h2>\n<figure>{plot_learning_curve(curve)}</figure>\n"
    yield f"<h2>The {min(WORST, len(gold))} articles with most errors</h2>\n"
    pairs = sorted(zip(gold, found, strict=True), key=lambda pair: -_count_errors(*pair))
    for before, after in pairs[:WORST]:
        yield from _render_pair(before, after)
    yield "</body>\n</html>\n"


def _values(score: Score) -> list[str]:
    return [f"{value:.3f}" for value in (score.total.precision, score.total.recall, score.total.f1)]


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.3f} – {ends[1]:.3f}"


def _error(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _label_table(score: Score) -> str:
    rows = [
        [label, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", _interval(score.label_intervals[label]),
         str(c.support)]
        for label, c in sorted(score.by_label.items(), key=lambda item: -item[1].support)
    ]  # fmt: skip
    return _table(["label", "precision", "recall", "F1", "95 % interval", "gold"], rows)


def _count_table(counts: Mapping[str, Counter[str]], kinds: Sequence[str]) -> str:
    total: Counter[str] = sum(counts.values(), Counter())
    ordered = sorted(counts.items(), key=lambda item: -item[1].total())
    rows = [[label, *(str(count[kind]) for kind in kinds)] for label, count in (*ordered, ("all", total))]
    return _table(["label", *kinds], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead>\n<tbody>{body}</tbody></table>\n"


def _count_errors(gold: Document, found: Document) -> int:
    wrong = sum(kind != "right" for kind, _, _ in classify_entities(gold, found))
    links, others = (set(relation_items(document, strict=True)) for document in (gold, found))
    return wrong + len(links ^ others)


def _render_pair(gold: Document, found: Document) -> Iterator[str]:
    """Render gold and found side by side; what the two do not share is set off."""
    spans = [{(e.start, e.end, e.label) for e in document.entities} for document in (gold, found)]
    yield f"<h3>{show_text(gold.id)}: {_count_errors(gold, found)} errors</h3>\n<div class='sides'>\n"
    for name, document, others in (("gold", gold, spans[1]), ("found", found, spans[0])):
        yield f"<div><b>{name}</b><div class='text'>"
        position = 0
        for entity in document.entities:
            shared = (entity.start, entity.end, entity.label) in others
            yield show_text(document.text[position : entity.start])
            yield (
                f'<mark class="{"shared" if shared else "alone"}" title="{entity.label}{show_score(entity.score)}">'
                f"{show_text(document.text_of(entity))}<sub>{entity.label}</sub></mark>"
            )
            position = entity.end
        yield f"{show_text(document.text[position:])}</div>\n{_list_links(document, gold, found)}</div>\n"
    yield "</div>\n"


def _list_links(document: Document, gold: Document, found: Document) -> str:
    """Return the relations of one of the two that the other lacks."""
    shared = set(relation_items(gold, strict=True)) & set(relation_items(found, strict=True))
    entities = document.by_id()
    rows = [
        f"<li>{show_text(document.text_of(entities[r.head]))} <b>—{r.label}→</b> "
        f"{show_text(document.text_of(entities[r.tail]))}</li>"
        for r, item in zip(document.relations, relation_items(document, strict=True), strict=True)
        if item not in shared
    ]
    return f"<ul class='links'>{''.join(rows)}</ul>"
