"""Documents laid out in groups of windows of one width."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from thaigov_events.annotations import Document  # noqa: E402
from thaigov_events.models.alignment import Example, prepare  # noqa: E402
from thaigov_events.models.candidates import Candidates  # noqa: E402
from thaigov_events.models.tokenizer import Tokenizer  # noqa: E402
from thaigov_events.models.torch_runtime import load_network  # noqa: E402
from thaigov_events.training.batches import IGNORED, Batch, build_batch, run_network  # noqa: E402

WINDOW = {"window": 48, "overlap": 16}


@pytest.fixture
def batches(documents: list[Document], tokenizer: Tokenizer, candidates: Candidates) -> list[Batch]:
    """The same documents in one group and in several."""
    short = [Document(f"short-{size}", documents[0].text[:size], (), ()) for size in (1, 40)]
    examples = prepare([*documents[:3], *short], tokenizer, candidates)[0]
    return [build_batch(examples, tokenizer, **WINDOW, label_count=99, padded=padded) for padded in (True, False)]


@pytest.mark.parametrize("padded", [True, False])
def test_documents_without_tokens_make_a_batch_without_groups(tokenizer: Tokenizer, padded: bool) -> None:
    batch = build_batch(
        [Example("empty", tokenizer.encode(""), (), {})], tokenizer, **WINDOW, label_count=9, padded=padded
    )
    assert batch.shapes == () and len(batch.ids) == 0 and [len(place) for place in batch.stitched] == [0]


def test_padding_is_all_that_groups_change(batches: list[Batch]) -> None:
    whole, grouped = batches
    assert len(whole.shapes) == 1 < len(grouped.shapes)
    assert sum(rows for rows, _ in grouped.shapes) == whole.shapes[0][0]
    widths = [width for _, width in grouped.shapes]
    assert widths == sorted(set(widths), reverse=True) and widths[0] == whole.shapes[0][1]
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
