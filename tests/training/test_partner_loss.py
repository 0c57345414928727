"""Partners compete: the loss against a softmax written out."""

import pytest

torch = pytest.importorskip("torch")

from thaigov_events.training.partner_loss import partner_loss  # noqa: E402


def test_it_is_the_softmax_over_a_mentions_partners_and_none() -> None:
    torch.manual_seed(0)
    logits = torch.randn(5, 3, dtype=torch.float64)
    ends = torch.tensor([7, 7, 7, 9, 4])
    allowed = torch.tensor([True, True, True, True, False])
    odds = (logits[:, 2] - logits[:, 0]).tolist()
    first = torch.tensor([0.0, *odds[:3]]).log_softmax(0)[2]
    second = torch.tensor([0.0, odds[3]]).log_softmax(0)[0]
    loss = partner_loss(logits, torch.tensor([0, 2, 0, 1, 2]), ends, kind=2, allowed=allowed)
    assert loss.item() == pytest.approx(-(first + second).item() / 2, abs=1e-6)


def test_great_scores_do_not_overflow_and_no_pair_costs_nothing() -> None:
    logits = torch.tensor([[0.0, 500.0], [0.0, -1e4]], requires_grad=True)
    ends, targets = torch.tensor([1, 1]), torch.tensor([1, 0])
    loss = partner_loss(logits, targets, ends, kind=1, allowed=torch.tensor([True, True]))
    loss.backward()
    assert loss.item() == pytest.approx(0) and torch.isfinite(logits.grad).all()
    assert partner_loss(logits, targets, ends, kind=1, allowed=torch.tensor([False, False])).item() == 0
