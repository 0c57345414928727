"""Plots of an evaluation as SVG, drawn by matplotlib (the extra `report`)."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thaigov_events.annotations.errors import NOTHING
from thaigov_events.annotations.metrics import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thaigov_events.inference.evaluation import Scored

BINS = 10


def plot_labels(score: Score, title: str) -> str:
    """Return F1 by label, the most frequent first, with bootstrap intervals."""
    labels = sorted(score.by_label, key=lambda label: score.by_label[label].support)
    figure, axes = _begin(height=0.6 + 0.24 * len(labels))
    f1 = np.array([score.by_label[label].f1 for label in labels])
    low, high = np.array([score.label_intervals[label] for label in labels]).T
    axes.barh(labels, f1, color="#5b8def", height=0.7)
    axes.errorbar(f1, range(len(labels)), xerr=np.abs([f1 - low, high - f1]), fmt="none", ecolor="#333", lw=1)
    axes.set(xlim=(0, 1), xlabel="F1, 95 % interval", title=title)
    return _svg(figure)


def plot_reliability(scored: Mapping[str, Scored]) -> str:
    """Return the reliability diagram: what share of those of about one confidence is right."""
    figure, axes = _begin(height=3.6)
    axes.plot([0, 1], [0, 1], color="#999", lw=1, ls="--")
    for name, items in scored.items():
        confidences, hits = _arrays(items)
        places = np.minimum((confidences * BINS).astype(int), BINS - 1)
        full = [k for k in range(BINS) if (places == k).any()]
        axes.plot(
            [confidences[places == k].mean() for k in full], [hits[places == k].mean() for k in full],
            marker="o", label=name,
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that is right", title="Reliability")
    axes.legend(loc="upper left")
    return _svg(figure)


def plot_precision_recall(scored: Mapping[str, tuple[Scored, int]]) -> str:
    """Return precision over recall as the least confidence falls, for (scored items, number of gold items)."""
    figure, axes = _begin(height=3.6)
    for name, (items, gold) in scored.items():
        confidences, hits = _arrays(items)
        right = hits[np.argsort(-confidences, kind="stable")].cumsum()
        axes.plot(right / max(gold, 1), right / np.arange(1, len(right) + 1), label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision", title="Precision and recall")
    axes.legend(loc="lower left")
    return _svg(figure)


def plot_confusion(pairs: Counter[tuple[str, str]], labels: Sequence[str]) -> str:
    """Return the matrix of gold labels (rows) against found ones; right ones are left out of the shading."""
    names = [*labels, NOTHING]
    matrix = np.array([[pairs[gold, found] for found in names] for gold in names])
    shade = np.where(np.eye(len(names), dtype=bool), 0, matrix)
    figure, axes = _begin(height=1.6 + 0.3 * len(names))
    axes.imshow(shade, cmap="Reds", aspect="auto")
    for row, column in zip(*np.nonzero(matrix), strict=True):
        axes.text(column, row, str(matrix[row, column]), ha="center", va="center", fontsize=7)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set(xlabel="found", ylabel="gold", title="Labels of overlapping mentions")
    return _svg(figure)


def plot_learning_curve(points: Sequence[Mapping[str, Any]]) -> str:
    """Return F1 against the number of annotated documents, from lines with `documents`, `entities`, `relations`."""
    figure, axes = _begin(height=3.6)
    for name in ("entities", "relations"):
        by_size: dict[int, list[float]] = {}
        for point in points:
            by_size.setdefault(int(point["documents"]), []).append(float(point[name]))
        sizes = sorted(by_size)
        axes.plot(sizes, [np.mean(by_size[size]) for size in sizes], marker="o", label=name)
    axes.set(xscale="log", ylim=(0, 1), xlabel="annotated documents", ylabel="F1", title="Learning curve")
    axes.legend(loc="lower right")
    return _svg(figure)


def _arrays(items: Scored) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in items]), np.array([hit for _, hit in items], dtype=float)


def _begin(*, height: float) -> tuple[Figure, Axes]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModuleNotFoundError("reports need matplotlib: pip install 'thaigov-events[report]'") from error
    # not through pyplot, which keeps figures and a window system
    figure = Figure(figsize=(7, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    from matplotlib import rc_context

    buffer = io.StringIO()
    # without a date, and with ids that follow from the title, the same figures give the same file
    with rc_context({"svg.hashsalt": figure.axes[0].get_title(), "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
