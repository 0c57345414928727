import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.models.tokenizer import Tokenizer, build_tokenizer

pytest.importorskip("torch")

from thaigov_events.training.masking import mask_spans, read_blocks

MASK, PIECES, SPECIAL = 99, 100, 4


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.05, 0.5))
def test_masks_hide_about_the_share_and_never_special_pieces(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    blocks = random.integers(SPECIAL, PIECES - 1, (6, 200))
    blocks[:, 0], blocks[:, -1], blocks[:, 50] = 0, 2, 2
    masked, chosen = mask_spans(blocks, mask=MASK, pieces=PIECES, special=SPECIAL, share=share, random=random)
    assert not chosen[blocks < SPECIAL].any()
    assert (masked == blocks)[~chosen].all()
    assert abs(chosen.mean() - share) < 0.06
    assert masked.min() >= 0
    assert masked.max() < PIECES


def test_most_chosen_pieces_become_the_mask() -> None:
    random = np.random.default_rng(0)
    blocks = random.integers(SPECIAL, PIECES - 1, (50, 256))
    masked, chosen = mask_spans(blocks, mask=MASK, pieces=PIECES, special=SPECIAL, share=0.2, random=random)
    assert (masked[chosen] == MASK).mean() == pytest.approx(0.8, abs=0.03)
    assert (masked[chosen] == blocks[chosen]).mean() == pytest.approx(0.1, abs=0.03)


def test_blocks_hold_the_texts_in_order(tmp_path: Path) -> None:
    special = [(p, 0.0) for p in ("<s>", "<pad>", "</s>", "<unk>")]
    tokenizer = Tokenizer(build_tokenizer([*special, ("▁", -1.0), ("ก", -1.0), ("ข", -1.0)]))
    path = tmp_path / "texts.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        for text, near in (("กข" * 6, True), ("ขขข", False), ("กก" * 5, True)):
            file.write(json.dumps({"text": text, "near": near}) + "\n")
    near = read_blocks(path, tokenizer, length=8, only_near=True, cache=tmp_path / "cache")
    everything = read_blocks(path, tokenizer, length=8, only_near=False, cache=tmp_path / "cache")
    assert (near[:, 0] == 0).all() and (near[:, -1] == 2).all()
    stream = near[:, 1:-1].reshape(-1).tolist()
    texts = [*tokenizer.encode("กข" * 6).ids.tolist(), 2, *tokenizer.encode("กก" * 5).ids.tolist(), 2]
    assert stream == texts[: len(stream)]
    assert len(everything) >= len(near)
