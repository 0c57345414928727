"""What a model's proposals save an annotator, counted in keystrokes and clicks of Label Studio's editor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.metrics import entity_items, relation_items

MARK = 2
"""The label's key, then a drag over the words."""
RELABEL = 2
"""A click on the span, the right label's key."""
DELETE = 2
"""A click on a span or an arrow, the key that deletes it. Arrows go with their spans."""
LINK = 4
"""A click on the head, the key that draws, a click on the tail, a choice of the label."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Counts over articles, which add up.

    Attributes:
        spans, links: How many the finished annotation has.
        spans_accepted, links_accepted: How many of those were proposed just so and are left unchanged; a link is, if it
            joins the right spans with the right labels.
        keys: Keystrokes and clicks from the proposals to the finished annotation.
        keys_unaided: The same from the bare text.
    """

    spans: int = 0
    links: int = 0
    spans_accepted: int = 0
    links_accepted: int = 0
    keys: int = 0
    keys_unaided: int = 0

    def __add__(self, other: Effort) -> Effort:
        return Effort(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def saved(self) -> float:
        """Share of the keystrokes that the proposals save; below 0 where they cost more than they save."""
        return 1 - self.keys / self.keys_unaided if self.keys_unaided else 0.0

    @property
    def span_share(self) -> float:
        """Share of the finished spans that were accepted unchanged."""
        return self.spans_accepted / self.spans if self.spans else 0.0

    @property
    def link_share(self) -> float:
        """Share of the finished links that were accepted unchanged."""
        return self.links_accepted / self.links if self.links else 0.0


def count_effort(finished: Document, proposed: Document) -> Effort:
    """Return what it takes to make the proposed annotation of an article the finished one.

    A proposed span with wrong borders is deleted and the right one marked; with the wrong label alone it is relabelled,
    and its arrows stay. Scrolling, reading and the final submit are the same either way and not counted.

    Raises:
        ValueError: when the texts differ.
    """
    if finished.text != proposed.text:
        raise ValueError(f"document {finished.id}: the proposals are of another text")
    right, given = ({(e.start, e.end): e.label for e in d.entities} for d in (finished, proposed))
    kept = right.keys() & given.keys()
    relabelled = sum(right[borders] != given[borders] for borders in kept)
    # labels of the ends left aside, since relabelling keeps the arrows
    arrows, drawn = (set(relation_items(document, strict=False)) for document in (finished, proposed))
    ends = proposed.by_id()
    staying = sum(
        all((ends[name].start, ends[name].end) in kept for name in (relation.head, relation.tail))
        for relation in proposed.relations
    )  # an arrow goes with a span that is deleted
    strict, found = (set(relation_items(document, strict=True)) for document in (finished, proposed))
    unaided = MARK * len(right) + LINK * len(finished.relations)
    keys = (
        MARK * len(right.keys() - kept)
        + RELABEL * relabelled
        + DELETE * len(given.keys() - kept)
        + LINK * len(arrows - drawn)
        + DELETE * (staying - len(arrows & drawn))
    )
    return Effort(
        len(finished.entities),
        len(finished.relations),
        len(set(entity_items(finished)) & set(entity_items(proposed))),
        len(strict & found),
        keys,
        unaided,
    )


def add_up(efforts: Iterable[Effort]) -> Effort:
    """Return the sum of efforts; of none, nothing."""
    return sum(efforts, Effort())
