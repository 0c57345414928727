"""The sequence loss against sums over all label sequences, written out."""

import itertools
import math
from collections.abc import Iterable

import pytest
import torch
from torch import nn

from thaigov_events.models.labels import BEGIN, END, INSIDE, OUTSIDE, SINGLE, encode_spans, label_count
from thaigov_events.training.sequence_loss import label_marginals, log_partition, sequence_loss


def is_well_formed(path: tuple[int, ...]) -> bool:
    opened = None
    for label in path:
        kind, part = divmod(label - 1, 4) if label != OUTSIDE else (None, None)
        if opened is None:
            if part in (INSIDE, END):
                return False
        elif part not in (INSIDE, END) or kind != opened:
            return False
        opened = kind if part in (BEGIN, INSIDE) else None
    return opened is None


def weigh_sequences(scores: torch.Tensor) -> dict[tuple[int, ...], float]:
    """Return the log weights of all well-formed sequences."""
    length, labels = scores.shape
    return {
        path: sum(float(scores[k, label]) for k, label in enumerate(path))
        for path in itertools.product(range(labels), repeat=length)
        if is_well_formed(path)
    }


def log_sum(values: Iterable[float]) -> float:
    return math.log(sum(math.exp(value) for value in values))


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_partition_is_the_sum_over_all_well_formed_sequences(length: int) -> None:
    torch.manual_seed(length)
    scores = torch.randn(length, label_count(2), dtype=torch.float64)
    assert log_partition([scores]).item() == pytest.approx(log_sum(weigh_sequences(scores).values()))


def test_marginals_are_shares_of_the_sequences_with_a_label() -> None:
    torch.manual_seed(7)
    parts = [torch.randn(n, label_count(2), dtype=torch.float64) for n in (3, 1, 4)]
    with torch.inference_mode():
        found = label_marginals(parts)
    for scores, marginals in zip(parts, found, strict=True):
        weights = weigh_sequences(scores)
        total = log_sum(weights.values())
        expected = torch.zeros_like(scores)
        for path, weight in weights.items():
            expected[range(len(path)), path] += math.exp(weight - total)
        torch.testing.assert_close(marginals, expected)
        assert not marginals.requires_grad


def test_marginals_say_all_of_a_distribution_over_sequences() -> None:
    """The loss is the cross-entropy of the whole sequences, and least where the scores are those taught."""
    torch.manual_seed(8)
    taught, scores = torch.randn(2, 4, label_count(2), dtype=torch.float64)
    (targets,) = label_marginals([taught])
    theirs, ours = weigh_sequences(taught), weigh_sequences(scores)
    total, own_total = log_sum(theirs.values()), log_sum(ours.values())
    expected = -sum(math.exp(weight - total) * (ours[path] - own_total) for path, weight in theirs.items())
    assert sequence_loss([scores], [targets]).item() == pytest.approx(expected)
    leaf = taught.clone().requires_grad_()
    sequence_loss([leaf], [targets]).backward()
    torch.testing.assert_close(leaf.grad, torch.zeros_like(leaf), rtol=0, atol=1e-9)


def test_sequences_of_different_lengths_do_not_touch_each_other() -> None:
    torch.manual_seed(0)
    parts = [torch.randn(n, label_count(3)) for n in (5, 1, 9)]
    together = log_partition(parts)
    assert together.tolist() == pytest.approx([log_partition([part]).item() for part in parts], abs=1e-4)


def test_the_loss_falls_to_nothing_where_the_gold_labels_win() -> None:
    labels = torch.from_numpy(encode_spans([(0, 3, 1), (4, 5, 0)], 6))
    scores = torch.zeros(6, label_count(2))
    targets = nn.functional.one_hot(labels, label_count(2)).float()
    even = sequence_loss([scores], [targets])
    scores[torch.arange(6), labels] = 30.0
    assert SINGLE in {int(label - 1) % 4 for label in labels if label}
    assert even > 0.5
    assert sequence_loss([scores], [targets]).item() == pytest.approx(0, abs=1e-4)


def test_no_token_at_all_costs_nothing() -> None:
    assert sequence_loss(*[[torch.zeros(0, label_count(2))]] * 2).item() == 0
