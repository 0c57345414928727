"""The losses of a batch: cross-entropy of token labels, and of the relations of candidate pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from thaigov_events.models.alignment import Example, label_pairs
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.network import RelationHead
from thaigov_events.models.predictor import Span, span_arrays
from thaigov_events.training.batches import IGNORED, Batch
from thaigov_events.training.partner_loss import partner_loss
from thaigov_events.training.sequence_loss import sequence_loss


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """The candidate pairs of several documents.

    Attributes:
        heads, tails: places of their mentions among those of all documents, `[pairs]`.
        local: for each document, heads and tails as places among its own mentions.
        logits: scores, `[pairs, 1 + relations]`; classes that the schema forbids are far below all others.
        allowed: which classes the schema allows, `[pairs, 1 + relations]`.
    """

    heads: Tensor
    tails: Tensor
    local: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
    logits: Tensor
    allowed: Tensor


def score_pairs(
    head: RelationHead, states: Tensor, places: Sequence[Tensor], spans: Sequence[Sequence[Span]],
    candidates: Candidates,
) -> ScoredPairs:  # fmt: skip
    """Score the candidate pairs of all documents in one pass.

    Args:
        head: the relation head.
        states: token states of a batch, `[places, hidden]`.
        places: for each document, where its tokens' states lie among them.
        spans: for each document, its mentions.
        candidates: which pairs there are.
    """
    device = states.device
    edge = states.new_zeros(1, states.shape[1])
    frame = torch.cat([edge, *(part for place in places for part in (states[place.to(device)], edge))])
    arrays = span_arrays(spans, [len(place) for place in places])
    local = [candidates.pairs([span.kind for span in own]) for own in spans]
    bases = np.concatenate([[0], np.cumsum([len(own) for own in spans])])[:-1]
    heads, tails = (
        np.concatenate([pair[side] + base for pair, base in zip(local, bases, strict=True)]) for side in (0, 1)
    )
    allowed = torch.from_numpy(candidates.allowed[arrays[2][heads], arrays[2][tails]]).to(device)
    if not len(heads):
        none = torch.zeros(0, dtype=torch.long, device=device)
        return ScoredPairs(none, none, local, states[:0, : allowed.shape[1]], allowed)
    tensors = [torch.from_numpy(a).to(device) for a in (*arrays, heads, tails)]
    logits = head(frame, *tensors).float().masked_fill(~allowed, -1e4)
    return ScoredPairs(tensors[-2], tensors[-1], local, logits, allowed)


def entity_loss(batch: Batch, logits: Tensor, *, sequence: bool, smoothing: float) -> Tensor:
    """Return the mean loss over the tokens, one by one or over whole label sequences.

    Args:
        batch: the documents.
        logits: token scores, `[places, labels]`.
        sequence: whether whole sequences are scored.
        smoothing: label smoothing, of the loss token by token.
    """
    seen, targets = batch.labels.to(logits.device) != IGNORED, batch.targets.to(logits.device)
    if not sequence:
        return nn.functional.cross_entropy(logits[seen], targets[seen], label_smoothing=smoothing)
    places = [place.to(logits.device) for place in batch.stitched]
    visible = [place[seen[place]] for place in places]
    loss = sequence_loss([logits[place] for place in visible], [targets[place] for place in visible])
    return loss / max(1, sum(len(place) for place in visible))


def relation_loss(
    scored: ScoredPairs, examples: Sequence[Example], spans: Sequence[Sequence[Span]], candidates: Candidates,
    *, partner_weight: float,
) -> Tensor:  # fmt: skip
    """Return the cross-entropy over the pairs, with the partners' competition added by its weight."""
    if not len(scored.heads):
        return scored.logits.sum()
    classes = scored.logits.shape[1]
    parts = [
        example.soft.pairs if example.soft else np.eye(classes, dtype=np.float32)[label_pairs(example, own, pairs)]
        for example, own, pairs in zip(examples, spans, scored.local, strict=True)
    ]
    targets = torch.from_numpy(np.concatenate(parts, dtype=np.float32)).to(scored.logits.device)
    loss = nn.functional.cross_entropy(scored.logits, targets)
    if not partner_weight:
        return loss
    sides = {"one_head": scored.tails, "one_tail": scored.heads}
    kinds = targets.argmax(1)
    competitions = [
        partner_loss(scored.logits, kinds, sides[side], kind=kind, allowed=scored.allowed[:, kind])
        for kind, relation in enumerate(candidates.schema.relations, 1)
        for side in sides
        if getattr(relation, side)
    ]
    return loss + partner_weight * torch.stack(competitions).mean() if competitions else loss
