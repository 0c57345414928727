"""Shifts of the embeddings to a loss's detriment."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from thaigov_events.training.adversary import shift, watch, worst_shift
from thaigov_events.training.train import Trainer
from thaigov_events.training.train_config import TrainConfig

IDS = torch.tensor([[3, 1, 4, 1], [5, 9, 2, 6]])


@pytest.fixture
def embeddings() -> nn.Embedding:
    torch.manual_seed(0)
    return nn.Embedding(10, 6)


def loss_of(embedded: Tensor) -> Tensor:
    return (embedded.sum(-1).sin() * torch.tensor([[1.0], [2.0]])).sum()


def test_the_shift_has_the_length_asked_for_and_raises_the_loss_most(embeddings: nn.Embedding) -> None:
    with watch(embeddings) as seen:
        before = loss_of(embeddings(IDS))
        before.backward()
    change = worst_shift(seen[0], 0.01)
    lengths = torch.linalg.vector_norm(embeddings(IDS).detach(), dim=(1, 2))
    assert torch.linalg.vector_norm(change, dim=(1, 2)).tolist() == pytest.approx((0.01 * lengths).tolist(), rel=1e-4)
    with shift(embeddings, [change]):
        worst = loss_of(embeddings(IDS)).item()
    assert worst > before.item()
    for _ in range(20):
        other = torch.randn_like(change)
        other *= torch.linalg.vector_norm(change, dim=(1, 2), keepdim=True) / torch.linalg.vector_norm(
            other, dim=(1, 2), keepdim=True
        )
        with shift(embeddings, [other]):
            assert loss_of(embeddings(IDS)).item() < worst
    assert loss_of(embeddings(IDS)).item() == pytest.approx(before.item())  # nothing stays behind


def test_a_window_that_the_loss_does_not_see_is_not_shifted(embeddings: nn.Embedding) -> None:
    with watch(embeddings) as seen:
        embeddings(IDS)[0].sum().backward()
    change = worst_shift(seen[0], 0.5)
    assert change[0].abs().sum() > 0
    assert change[1].abs().sum() == 0


def test_training_learns_under_shifts_too(tiny_encoder: Path, corpus_file: Path, tmp_path: Path) -> None:
    """Beside what it learns without: the weights come out otherwise, and the mentions are found."""
    config = TrainConfig(
        train=(str(corpus_file),), dev=str(corpus_file), output=str(tmp_path / "run"), encoder=str(tiny_encoder),
        window=48, overlap=16, epochs=25, batch=5, encoder_rate=3e-3, head_rate=3e-3, layer_decay=1.0, dropout=0.0,
        mask_share=0.0, mention_size=32, average=0.8, patience=25, adversarial=0.03,
    )  # fmt: skip
    assert Trainer(config).run().entities.total.f1 > 0.9
    losses = [Trainer(replace(config, epochs=1, adversarial=size))._epoch(0)[0] for size in (0.0, 0.03)]
    assert losses[0] != losses[1]
