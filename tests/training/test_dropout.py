"""Dropout drawn by bytes."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from thaigov_events.training.dropout import ByteDropout, quicken_dropout  # noqa: E402


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.998])
def test_a_share_is_dropped_and_the_others_make_up_for_it(share: float, dtype: torch.dtype) -> None:
    torch.manual_seed(3)
    values = torch.ones(501, 203, dtype=dtype, requires_grad=True)  # no multiple of eight
    result = ByteDropout(share)(values)
    assert result.dtype == dtype
    kept = result != 0
    assert 1 - kept.float().mean().item() == pytest.approx(share, abs=0.006)
    assert result.float().mean().item() == pytest.approx(1, abs=0.06)
    assert len(result[kept].unique()) == 1
    result.sum().backward()
    assert torch.equal(values.grad, result)
    assert len({tuple(row) for row in kept.tolist()}) > 200  # each row has another mask


def test_every_column_is_dropped_alike() -> None:
    """So the bytes of one random number are as likely as each other to fall below the share."""
    torch.manual_seed(4)
    dropped = (ByteDropout(0.25)(torch.ones(20_000, 16)) == 0).float().mean(0)
    assert dropped.tolist() == pytest.approx([0.25] * 16, abs=0.015)


def test_masks_follow_from_the_seed() -> None:
    masks = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        masks.append(ByteDropout(0.5)(torch.ones(64)))
    assert torch.equal(masks[0], masks[1]) and not torch.equal(masks[0], masks[2])


def test_outside_training_and_without_a_share_nothing_is_dropped() -> None:
    values = torch.ones(9)
    assert ByteDropout(0.5).eval()(values) is values
    assert ByteDropout(0.0)(values) is values


def test_a_network_on_a_cpu_gets_it_wherever_it_drops() -> None:
    network = nn.Sequential(nn.Dropout(0.1), nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.3)), nn.AlphaDropout(0.2))
    quicken_dropout(network, torch.device("cuda"))
    assert type(network[0]) is nn.Dropout
    quicken_dropout(network, torch.device("cpu"))
    quick = [module.p for module in network.modules() if isinstance(module, ByteDropout)]
    assert quick == [0.1, 0.3]
    assert type(network[2]) is nn.AlphaDropout
