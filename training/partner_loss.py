"""A loss for relations of which a mention has at most one: its possible partners compete.

The pairs of a mention, and having no partner at all, share one softmax, whose scores are the pairs' log odds of the
relation against none. Pair by pair, two equally likely heads of a figure would both be half right.
"""

from __future__ import annotations

import torch
from torch import Tensor

from thaigov_events.models.candidates import NO_RELATION


def partner_loss(logits: Tensor, targets: Tensor, ends: Tensor, *, kind: int, allowed: Tensor) -> Tensor:
    """Return the mean negative log probability of the right partner, or of none, over the mentions.

    Args:
        logits: scores of the pairs, `[pairs, 1 + relations]`.
        targets: the pairs' classes, `[pairs]`.
        ends: the mention of each pair that may have one partner only, `[pairs]`.
        kind: class of the relation.
        allowed: whether a pair may have that class, `[pairs]`.
    """
    mentions, groups = torch.unique(ends[allowed], return_inverse=True)
    if not len(mentions):
        return logits.sum() * 0
    odds = (logits[:, kind] - logits[:, NO_RELATION])[allowed]
    # none has odds of 1 against itself, a score of 0
    highest = odds.new_zeros(len(mentions)).scatter_reduce(0, groups, odds.detach(), "amax")
    sums = (-highest).exp().index_add(0, groups, (odds - highest[groups]).exp())
    right = odds.new_zeros(len(mentions)).index_add(0, groups, torch.where(targets[allowed] == kind, odds, 0.0))
    return (sums.log() + highest - right).mean()
