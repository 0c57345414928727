"""The sequence loss against sums over all label sequences, written out."""

import itertools
import math

import pytest
import torch

from thaigov_events.models.labels import BEGIN, END, INSIDE, OUTSIDE, SINGLE, encode_spans, label_count
from thaigov_events.training.sequence_loss import log_partition, sequence_loss


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


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_partition_is_the_sum_over_all_well_formed_sequences(length: int) -> None:
    torch.manual_seed(length)
    scores = torch.randn(length, label_count(2), dtype=torch.float64)
    sums = [
        sum(float(scores[k, label]) for k, label in enumerate(path))
        for path in itertools.product(range(label_count(2)), repeat=length)
        if is_well_formed(path)
    ]
    expected = math.log(sum(math.exp(value) for value in sums))
    assert log_partition([scores]).item() == pytest.approx(expected)


def test_sequences_of_different_lengths_do_not_touch_each_other() -> None:
    torch.manual_seed(0)
    parts = [torch.randn(n, label_count(3)) for n in (5, 1, 9)]
    together = log_partition(parts)
    assert together.tolist() == pytest.approx([log_partition([part]).item() for part in parts], abs=1e-4)


def test_the_loss_falls_to_nothing_where_the_gold_labels_win() -> None:
    labels = torch.from_numpy(encode_spans([(0, 3, 1), (4, 5, 0)], 6))
    scores = torch.zeros(6, label_count(2))
    even = sequence_loss([scores], [labels])
    scores[torch.arange(6), labels] = 30.0
    assert SINGLE in {int(label - 1) % 4 for label in labels if label}
    assert even > 0.5
    assert sequence_loss([scores], [labels]).item() == pytest.approx(0, abs=1e-4)


def test_no_token_at_all_costs_nothing() -> None:
    assert sequence_loss([torch.zeros(0, label_count(2))], [torch.zeros(0, dtype=torch.long)]).item() == 0
