"""What a simulated annotation gave: a table, how many articles an order needs, and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from pathlib import Path
from statistics import mean, median
from typing import Any

from thaigov_events.annotations.effort import Effort, add_up
from thaigov_events.annotations.files import write_safely

Lines = Sequence[Mapping[str, Any]]
RANDOM = "random"


def format_table(lines: Lines) -> str:
    """Return means over the seeds by order and articles, then what share of random order's articles the others need.

    `saved` and the accepted shares are of the articles that were corrected after the step, with its model's proposals.
    """
    names = "order, articles, seeds, marks, entities, relations, mean, keys saved, spans accepted, links accepted"
    rows = ["| " + names.replace(", ", " | ") + " |", "|---" + "|---:" * names.count(", ") + "|"]
    for order, size in sorted({(line["order"], line["articles"]) for line in lines}, key=lambda k: (k[0] != RANDOM, k)):
        own = [line for line in lines if (line["order"], line["articles"]) == (order, size)]
        effort = add_up(Effort(**line["effort"]) for line in own if "effort" in line)
        shares = (effort.saved, effort.span_share, effort.link_share)
        cells = [f"{mean(line['marks'] for line in own):.0f}"]
        cells += [f"{mean(line[kind] for line in own):.4f}" for kind in ("entities", "relations")]
        cells += [f"{mean(_score(line) for line in own):.4f}"]
        cells += [f"{share:.1%}" if effort.spans else "" for share in shares]
        rows.append(f"| {order} | {size} | {len(own)} | " + " | ".join(cells) + " |")
    totals = [_describe_effort(order, lines) for order in _list_orders(lines)]
    needs = [_describe_need(order, lines) for order in _list_orders(lines) if order != RANDOM]
    return "\n".join([*rows, "", *totals, *needs])


@dataclass(frozen=True, slots=True)
class Need:
    """What another order needs for the F1 of random order: shares of its articles and its marks, infinite if too few.

    Between two steps the curves are taken for straight.
    """

    articles: int
    article_share: float
    mark_share: float


def find_needs(lines: Lines, order: str) -> list[Need]:
    """Return the need for each step of random order but the first, which all orders have in common."""
    return [
        Need(int(articles), _reach(other, 0, goal) / articles, _reach(other, 1, goal) / marks)
        for other in [_curve(lines, order)]
        for articles, marks, goal in _curve(lines, RANDOM)[1:]
    ]


def _reach(curve: Sequence[tuple[float, float, float]], column: int, goal: float) -> float:
    """Return where a curve reaches an F1 first."""
    if curve and curve[0][2] >= goal:
        return curve[0][column]
    for low, high in pairwise(curve):
        if high[2] >= goal:
            return low[column] + (goal - low[2]) / (high[2] - low[2]) * (high[column] - low[column])
    return inf


def draw_curves(lines: Lines, path: Path) -> None:
    """Draw mean F1 against the number of articles, and against the number of marks, as SVG.

    Raises:
        ModuleNotFoundError: when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModuleNotFoundError("curves need matplotlib: pip install 'thaigov-events[report]'") from error
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, column, name in zip(figure.subplots(1, 2), (0, 1), ("articles", "spans and links"), strict=True):
        for order in _list_orders(lines):
            points = _curve(lines, order)
            axes.plot([p[column] for p in points], [p[2] for p in points], marker="o", ms=3, label=order)
        axes.set(xlabel=f"annotated {name}", ylabel="mean F1 of entities and relations")
        axes.grid(alpha=0.3)
        axes.legend()
    write_safely(path, lambda temporary: figure.savefig(temporary, format="svg", metadata={"Date": None}))


def _list_orders(lines: Lines) -> list[str]:
    return sorted({line["order"] for line in lines}, key=lambda order: (order != RANDOM, order))


def _curve(lines: Lines, order: str) -> list[tuple[float, float, float]]:
    """Return (articles, marks, mean F1) of an order's steps, means over the seeds."""
    own = [line for line in lines if line["order"] == order]
    groups = [[line for line in own if line["articles"] == size] for size in sorted({line["articles"] for line in own})]
    return [
        (group[0]["articles"], mean(line["marks"] for line in group), mean(_score(line) for line in group))
        for group in groups
    ]


def _score(line: Mapping[str, Any]) -> float:
    return float(line["entities"] + line["relations"]) / 2


def _describe_effort(order: str, lines: Lines) -> str:
    effort = add_up(Effort(**line["effort"]) for line in lines if line["order"] == order and "effort" in line)
    return (
        f"{order}: proposals saved {effort.saved:.1%} of {effort.keys_unaided:,} keystrokes; accepted unchanged "
        f"{effort.span_share:.1%} of {effort.spans:,} spans and {effort.link_share:.1%} of {effort.links:,} links"
    )


def _describe_need(order: str, lines: Lines) -> str:
    needs = find_needs(lines, order)
    if not needs:
        return f"{order}: no step of random order to compare with"
    parts = ", ".join(f"{need.articles}: {_format_share(need.article_share)}" for need in needs)
    articles, marks = (
        _format_share(median(shares)) for shares in zip(*((n.article_share, n.mark_share) for n in needs), strict=True)
    )
    return (
        f"{order}: share of random order's articles that reach its F1: {parts}; in the middle {articles} of the "
        f"articles, {marks} of the spans and links"
    )


def _format_share(share: float) -> str:
    return f"{share:.0%}" if isfinite(share) else "not reached"
