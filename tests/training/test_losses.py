"""The entity loss of a batch, of gold labels and of soft ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from thaigov_events.annotations import Document
from thaigov_events.models.alignment import Example, SoftTargets, prepare
from thaigov_events.models.candidates import Candidates
from thaigov_events.models.labels import encode_spans, label_count
from thaigov_events.models.tokenizer import Tokenizer
from thaigov_events.training.batches import build_batch
from thaigov_events.training.losses import entity_loss
from thaigov_events.training.sequence_loss import sequence_loss


def soften(example: Example, labels: int) -> Example:
    chances = np.random.default_rng(3).dirichlet(np.ones(labels), len(example.tokens)).astype(np.float16)
    return replace(example, soft=SoftTargets(chances, np.zeros((0, 1), dtype=np.float16)))


def test_sequences_and_soft_labels_of_one_batch_are_weighed_by_their_tokens(
    documents: list[Document], tokenizer: Tokenizer, candidates: Candidates
) -> None:
    """Whichever the windows: a token that two of them show counts once."""
    labels = label_count(len(candidates.schema.entities))
    gold, soft = prepare(documents[:2], tokenizer, candidates)[0]
    soft = soften(soft, labels)
    assert soft.soft
    sizes = [int(example.tokens.visible.sum()) for example in (gold, soft)]
    torch.manual_seed(1)
    scores = [torch.randn(len(example.tokens), labels) for example in (gold, soft)]
    batch = build_batch([gold, soft], tokenizer, window=24, overlap=8, label_count=labels, padded=False)
    assert sum(rows for rows, _ in batch.shapes) > 2
    logits = torch.zeros(len(batch.ids), labels)
    for place, own in zip(batch.stitched, scores, strict=True):
        logits[place] = own
    shown = [torch.from_numpy(np.flatnonzero(example.tokens.visible)) for example in (gold, soft)]
    visible = shown[0].numpy()
    spans = [(*np.searchsorted(visible, (s.start, s.end)).tolist(), s.kind) for s in gold.spans]
    hard = torch.eye(labels)[torch.from_numpy(encode_spans(spans, sizes[0]))]
    chances = torch.from_numpy(soft.soft.labels).float()[shown[1]]
    expected = sequence_loss([own[places] for own, places in zip(scores, shown, strict=True)], [hard, chances])
    found = entity_loss(batch, logits, sequence=True, smoothing=0.0)
    assert found.item() == pytest.approx((expected / sum(sizes)).item(), rel=1e-4)
