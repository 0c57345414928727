"""Documents laid out in groups of windows of about one width."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from thaigov_events.annotations import Document  # noqa: E402
from thaigov_events.models.alignment import prepare  # noqa: E402
from thaigov_events.models.candidates import Candidates  # noqa: E402
from thaigov_events.models.tokenizer import Tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import load_network  # noqa: E402
from thaigov_events.training.batches import IGNORED, Batch, build_batch, group_widths, run_network  # noqa: E402

WINDOW = {"window": 48, "overlap": 16}


@given(st.lists(st.integers(1, 600), min_size=1, max_size=40), st.floats(0, 1))
def test_each_width_is_in_one_group_that_it_fills(widths: list[int], fill: float) -> None:
    groups = group_widths(widths, fill=fill)
    assert sorted(place for group in groups for place in group) == list(range(len(widths)))
    for group in groups:
        assert widths[group[0]] == max(widths[place] for place in group)
        assert min(widths[place] for place in group) >= fill * widths[group[0]]


def test_a_fill_of_nothing_is_one_group_and_of_one_a_group_for_each_width() -> None:
    assert group_widths([16, 48, 32, 48], fill=0.0) == [[1, 3, 2, 0]]
    assert group_widths([16, 48, 32, 48], fill=1.0) == [[1, 3], [2], [0]]


@pytest.fixture
def batches(documents: list[Document], tokenizer: Tokenizer, candidates: Candidates) -> list[Batch]:
    """The same documents in one group and in several."""
    short = [Document(f"short-{size}", documents[0].text[:size], (), ()) for size in (1, 40)]
    examples = prepare([*documents[:3], *short], tokenizer, candidates)[0]
    return [build_batch(examples, tokenizer, **WINDOW, label_count=99, fill=fill) for fill in (0.0, 0.9)]


def test_padding_is_all_that_groups_change(batches: list[Batch]) -> None:
    whole, grouped = batches
    assert len(whole.shapes) == 1 < len(grouped.shapes)
    assert len(grouped.ids) < len(whole.ids) and whole.mask.sum() == grouped.mask.sum()
    for batch in batches:
        assert len(batch.ids) == len(batch.labels) == len(batch.targets) == sum(r * w for r, w in batch.shapes)
        assert bool((batch.labels[batch.mask == 0] == IGNORED).all())
    for name in ("ids", "labels", "targets"):
        one, other = (getattr(batch, name)[torch.cat(batch.stitched)] for batch in batches)
        assert torch.equal(one, other)


def test_the_network_finds_the_same_in_groups(batches: list[Batch], trained_run: Path) -> None:
    network = load_network(trained_run)[0].eval()
    with torch.inference_mode():
        outputs = [run_network(network, batch, batch.ids) for batch in batches]
    for part in (0, 1):
        one, other = (out[part][torch.cat(batch.stitched)] for out, batch in zip(outputs, batches, strict=True))
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
