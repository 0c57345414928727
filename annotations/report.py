"""Tables of a comparison, for people (Markdown) and for programs (plain values)."""

from __future__ import annotations

from typing import Any

from thaigov_events.annotations.metrics import Comparison, Counts, Score

HEAD = "| label | precision | recall | F1 | gold |\n|---|---:|---:|---:|---:|"


def format_comparison(comparison: Comparison) -> str:
    """Return the tables of entities and relations as Markdown, with 95 % bootstrap intervals over documents.

    Where there are no relations, neither annotated nor found, nothing is said of them.
    """
    parts = [f"{comparison.documents} documents", "### Entities, strict\n\n" + format_score(comparison.entities)]
    errors = f"Expected calibration error: entities {_error(comparison.entity_calibration_error)}"
    if comparison.relations.by_label:
        boundaries = comparison.relations_boundaries
        parts += [
            "### Relations, strict\n\n" + format_score(comparison.relations),
            f"Relations by the boundaries of both ends alone: F1 {boundaries.total.f1:.4f} {_interval(boundaries)}",
        ]
        errors += f", relations {_error(comparison.relation_calibration_error)}"
    return "\n\n".join([*parts, errors])


def _error(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def format_score(score: Score) -> str:
    """Return a score's table by label as Markdown."""
    rows = [_row(label, counts) for label, counts in sorted(score.by_label.items(), key=lambda i: -i[1].support)]
    total = score.total
    last = (
        f"| **all** | **{total.precision:.4f}** | **{total.recall:.4f}** | **{total.f1:.4f}** {_interval(score)} "
        f"| **{total.support}** |"
    )
    return "\n".join([HEAD, *rows, last, f"| macro | | | {score.macro_f1:.4f} | |"])


def _row(label: str, counts: Counts) -> str:
    return f"| {label} | {counts.precision:.3f} | {counts.recall:.3f} | {counts.f1:.3f} | {counts.support} |"


def _interval(score: Score) -> str:
    return f"[{score.interval[0]:.3f}, {score.interval[1]:.3f}]"


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain values for JSON."""
    return {
        "documents": comparison.documents,
        "entities": describe_score(comparison.entities),
        "relations": describe_score(comparison.relations),
        "relations_boundaries": describe_score(comparison.relations_boundaries),
        "entity_calibration_error": comparison.entity_calibration_error,
        "relation_calibration_error": comparison.relation_calibration_error,
    }


def describe_score(score: Score) -> dict[str, Any]:
    """Return a score as plain values, rounded to four places."""
    return {
        **_values(score.total),
        "interval": [round(end, 4) for end in score.interval],
        "macro_f1": round(score.macro_f1, 4),
        "by_label": {
            label: _values(counts) | {"interval": [round(end, 4) for end in score.label_intervals[label]]}
            for label, counts in score.by_label.items()
        },
    }


def _values(counts: Counts) -> dict[str, Any]:
    return {
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
        "f1": round(counts.f1, 4),
        "gold": counts.support,
    }
