"""The entity loss over whole label sequences: a linear-chain conditional random field without weights of its own.

The head's scores are normalised over the well-formed BIOES sequences of a document, which are what decoding chooses
from, instead of token by token (Lafferty et al. 2001, with fixed transitions).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from thaigov_events.models.labels import BEGIN, END, INSIDE, OUTSIDE, SINGLE

LOWEST = -1e4


def sequence_loss(scores: Sequence[Tensor], targets: Sequence[Tensor]) -> Tensor:
    """Return the cross-entropy of well-formed label sequences under `scores` `[n, labels]`, all together.

    Args:
        scores: of each sequence, `[n, labels]`.
        targets: what its labels are, or how likely each is, `[n, labels]`. No more is needed of a distribution over
            sequences, since the score of a sequence is the sum of its labels' scores.
    """
    if not any(len(part) for part in scores):
        return sum((part.sum() for part in scores), torch.zeros(()))
    wanted = sum((part * own).sum() for part, own in zip(scores, targets, strict=True))
    return log_partition(scores).sum() - wanted


def label_marginals(scores: Sequence[Tensor]) -> list[Tensor]:
    """Return how likely each label is in the well-formed sequences under `scores` `[n, labels]`, of each `[n, labels]`.

    They are the gradient of the log partition.
    """
    with torch.inference_mode(False), torch.enable_grad():
        leaves = [part.clone().requires_grad_() for part in scores]
        return list(torch.autograd.grad(log_partition(leaves).sum(), leaves))


def log_partition(scores: Sequence[Tensor]) -> Tensor:
    """Return, for each of several `scores` `[n, labels]`, the log of the summed weights of all well-formed sequences.

    Either no span is open after a token, or one of one type: a step needs one sum over the types.
    """
    padded = pad_sequence(list(scores))  # [longest, sequences, labels]
    lengths = torch.tensor([len(part) for part in scores], device=padded.device)
    outside, spans = padded[..., OUTSIDE], padded[..., OUTSIDE + 1 :].reshape(*padded.shape[:2], -1, 4)
    begins, insides, ends = spans[..., BEGIN], spans[..., INSIDE], spans[..., END]
    # the ways to a closed state from a closed one need no recursion
    stays = torch.logsumexp(torch.cat([outside.unsqueeze(-1), spans[..., SINGLE]], -1), -1)
    closed = padded.new_zeros(len(scores))
    opened = torch.full_like(begins[0], LOWEST) if len(padded) else padded.new_zeros(0)
    for place in range(len(padded)):
        leaving = torch.logsumexp(opened + ends[place], -1)
        after = torch.logaddexp(closed + stays[place], leaving)
        opened = torch.logaddexp(closed.unsqueeze(-1) + begins[place], opened + insides[place])
        closed = torch.where(place < lengths, after, closed)
    return closed
