"""How far several annotators of the same tasks agree, and what they have to settle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.label_studio import Annotated
from thaigov_events.annotations.metrics import Comparison, Item, entity_items, relation_items, score_items
from thaigov_events.annotations.report import format_comparison

Pair = tuple[int | None, int | None]
Tally = tuple[list[Item], list[Item]]
Span = tuple[int, int, str]
Link = tuple[Span, Span, str]


class Agreement:
    """Collects how the work of several annotators on the same tasks differs, and compares each two of them.

    Of a task it keeps how many items of each label agree, a few kilobytes; so thousands of tasks fit into memory.
    """

    def __init__(self) -> None:
        self._pairs: dict[Pair, list[tuple[Tally, Tally, Tally]]] = {}
        self._shared: dict[Item, Item] = {}

    def add(self, work: Sequence[Annotated]) -> None:
        """Take in what annotators, each of them once, made of one task."""
        for first, second in combinations(work, 2):
            one, other = first.document, second.document
            tallies = (
                self._tally(entity_items(one), entity_items(other)),
                self._tally(relation_items(one, strict=False), relation_items(other, strict=False)),
                self._tally(relation_items(one, strict=True), relation_items(other, strict=True)),
            )
            self._pairs.setdefault((first.annotator, second.annotator), []).append(tallies)

    def _tally(self, ours: list[Item], theirs: list[Item]) -> Tally:
        """Return numbered items of the same labels that agree as often; all tasks share them."""
        numbers: Counter[tuple[str, str]] = Counter()

        def stand_in(item: Item, kind: str) -> Item:
            label = item[0]
            numbers[label, kind] += 1
            made: Item = (label, (kind, numbers[label, kind]))
            return self._shared.setdefault(made, made)

        both = set(ours) & set(theirs)
        agreed = [stand_in(item, "both") for item in both]
        return (
            [*agreed, *(stand_in(item, "first") for item in set(ours) - both)],
            [*agreed, *(stand_in(item, "second") for item in set(theirs) - both)],
        )

    def compare(self, *, resamples: int = 1000) -> dict[Pair, Comparison]:
        """Return the comparison of each two annotators over the tasks that both did; F1 has no direction."""
        found = {}
        for pair, tallies in sorted(self._pairs.items(), key=str):
            entities, loose, strict = (
                score_items([each[place] for each in tallies], resamples=resamples) for place in range(3)
            )
            found[pair] = Comparison(len(tallies), entities, loose, strict, None, None)
        return found


def format_agreement(comparisons: dict[Pair, Comparison]) -> str:
    """Return a table of all pairs of annotators, then each pair's tables by label, as Markdown."""
    if not comparisons:
        return "No task was done by two annotators.\n"
    rows = ["| annotators | tasks | entities F1 | relations F1 | by boundaries |", "|---|---:|---:|---:|---:|"]
    for pair, found in comparisons.items():
        scores = (found.entities, found.relations, found.relations_boundaries)
        cells = [f"{score.total.f1:.3f} [{score.interval[0]:.3f}, {score.interval[1]:.3f}]" for score in scores]
        rows.append(f"| {' and '.join(map(name_annotator, pair))} | {found.documents} | {' | '.join(cells)} |")
    parts = ["\n".join(rows)]
    for pair, found in comparisons.items():
        first, second = map(name_annotator, pair)
        parts.append(f"## {first} and {second}\n\nPrecision and recall of {second} against {first}.")
        parts.append(format_comparison(found))
    return "\n\n".join(parts) + "\n"


def name_annotator(number: int | None) -> str:
    """Return what stands for an annotator: the number on the server, never a name."""
    return "annotator-unknown" if number is None else f"annotator-{number}"


def list_conflicts(work: Sequence[Annotated]) -> list[dict[str, Any]]:
    """Return what some annotators of a task marked and others did not, in order of place, for adjudication.

    Each conflict names the task, the label, the offsets, and the numbers of those who marked it and who did not. A
    relation is in conflict only where both its ends are agreed: else settling the ends comes first.
    """
    if len(work) < 2:
        return []
    everyone = [annotated.annotator for annotated in work]
    spans = [_spans(annotated.document) for annotated in work]
    links = [_links(annotated.document) for annotated in work]
    agreed = set.intersection(*spans)
    task, text = work[0].task, work[0].document.text

    def tell(kind: str, label: str, place: dict[str, Any], having: Sequence[bool]) -> dict[str, Any]:
        marked = [who for who, has in zip(everyone, having, strict=True) if has]
        left = [who for who, has in zip(everyone, having, strict=True) if not has]
        return {"task": task, "kind": kind, **place, "label": label, "marked_by": marked, "not_by": left}

    found = [
        tell("entity", span[2], _place(text, span), [span in each for each in spans])
        for span in sorted(set.union(*spans) - agreed)
    ]
    for link in sorted(set[Link]().union(*links)):
        head, tail, label = link
        having = [link in each for each in links]
        if head in agreed and tail in agreed and not all(having):
            found.append(tell("relation", label, {"head": _place(text, head), "tail": _place(text, tail)}, having))
    return found


def _spans(document: Document) -> set[Span]:
    return {(entity.start, entity.end, entity.label) for entity in document.entities}


def _links(document: Document) -> set[Link]:
    ends = {entity.id: (entity.start, entity.end, entity.label) for entity in document.entities}
    return {(ends[relation.head], ends[relation.tail], relation.label) for relation in document.relations}


def _place(text: str, span: Span) -> dict[str, Any]:
    start, end, label = span
    return {"start": start, "end": end, "label": label, "text": text[start:end]}
