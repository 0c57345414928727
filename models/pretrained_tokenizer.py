"""The tokenizer of a pretrained encoder, from a local folder or the model hub, as one of this package's kinds."""

from __future__ import annotations

from pathlib import Path

import tokenizers

from thaigov_events.models import wangchanberta
from thaigov_events.models.hub import explain_failure, find_file
from thaigov_events.models.slow_tokenizer import SlowTokenizer
from thaigov_events.models.tokenizer import Tokenizer, load_tokenizer, read_tokenizer_json
from thaigov_events.models.tokenizer_profile import COMPACT, GENERIC, PROFILE_FILE, SLOW, WANGCHANBERTA, Profile

SENTENCEPIECE_FILES = ("sentencepiece.bpe.model", "spiece.model")


def read_tokenizer(name: str, kind: str) -> Tokenizer:
    """Return the tokenizer of a folder, or of a repository on the model hub, for an encoder of the given kind.

    Args:
        name: folder or repository. One of this project's own model folders gives the tokenizer that it has.
        kind: `compact`, `wangchanberta` or `generic`.

    Raises:
        FileNotFoundError: when it is neither here nor to be had.
        ValueError: when it gives other ids than the encoder was trained with, or lacks a special piece.
    """
    profile = Profile(kind)  # checks its name
    if kind == COMPACT or (Path(name) / PROFILE_FILE).is_file():
        tokenizer = load_tokenizer(Path(name))
        if tokenizer.profile.kind != kind and (tokenizer.profile.kind, kind) != (SLOW, GENERIC):
            raise ValueError(f"{name}: its tokenizer is of profile {tokenizer.profile.kind!r}, not {kind!r}")
        return tokenizer
    with explain_failure(name, option="tokenizer"):
        if kind == WANGCHANBERTA:
            return Tokenizer(_read_wangchanberta(name), profile)
        from transformers import AutoTokenizer

        loaded = AutoTokenizer.from_pretrained(name)
    fast = getattr(loaded, "backend_tokenizer", None)
    special = {
        "bos": loaded.cls_token or loaded.bos_token, "pad": loaded.pad_token, "unk": loaded.unk_token,
        "eos": loaded.sep_token or loaded.eos_token, "mask": loaded.mask_token or "",
    }  # fmt: skip
    missing = [role for role, piece in special.items() if piece is None]
    if missing:
        raise ValueError(f"{name}: its tokenizer has no special piece for {', '.join(missing)}; choose another encoder")
    special = {role: str(piece) for role, piece in special.items()}
    if fast is None:
        return Tokenizer(SlowTokenizer(loaded), Profile(SLOW, **special))
    fast = tokenizers.Tokenizer.from_str(fast.to_str())
    fast.no_truncation()
    fast.no_padding()
    return Tokenizer(fast, Profile(GENERIC, **special))


def _read_wangchanberta(name: str) -> tokenizers.Tokenizer:
    """Build the tokenizer from the SentencePiece model if there is one, else mend the converted one."""
    for file in SENTENCEPIECE_FILES:
        path = find_file(name, file)
        if path:
            return read_sentencepiece(path)
    path = find_file(name, "tokenizer.json")
    if not path:
        raise FileNotFoundError(f"no {' or '.join(SENTENCEPIECE_FILES)} and no tokenizer.json in it")
    return wangchanberta.repair_tokenizer(read_tokenizer_json(path), where=str(path))


def read_sentencepiece(path: Path) -> tokenizers.Tokenizer:
    """Return WangchanBERTa's tokenizer from its SentencePiece model.

    Raises:
        ValueError: when it is none, or is of another make.
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from transformers.utils import sentencepiece_model_pb2_new as format

    model = format.ModelProto()  # type: ignore[attr-defined]
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise ValueError(f"{path}: no SentencePiece model; fetch it again") from error
    pieces = [(piece.piece, piece.score) for piece in model.pieces]
    if [piece for piece, _ in pieces[:3]] != ["<unk>", "<s>", "</s>"]:
        raise ValueError(f"{path}: begins with {pieces[:3]}, not with <unk>, <s>, </s>: not WangchanBERTa's")
    return wangchanberta.build_tokenizer(pieces, model.normalizer_spec.precompiled_charsmap)
