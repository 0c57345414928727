"""WangchanBERTa's tokenizer: the text as its pretraining saw it, and the ids that it was trained with.

Its pretraining lower-cased the text, folded white space and wrote `<_>` for each space that was left. Programs that
convert its SentencePiece model tend to put `▁`, which belongs at the beginning of a text, after each `<_>` as well:
the ids are then other ones, and nothing tells. So every tokenizer is checked by a sample before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, models, normalizers, pre_tokenizers

SPACE = "<_>"
SPECIAL_IDS = {"<pad>": 1, "<unk>": 3, "<s>": 5, "</s>": 6, SPACE: 8}
# The commonest words are pieces of their own, the same in all tokenizers of this make.
SAMPLE = "เป็น<_>ที่<_>และ<_>ได้"
SAMPLE_END = (8, 12, 8, 13, 8, 15)

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_RUNS = re.compile(rf"[\s{_ZERO_WIDTH}]+|[^\s{_ZERO_WIDTH}]+")


def prepare_text(text: str) -> tuple[str, NDArray[np.int64]]:
    """Return `text` as the pretraining saw it, and for each border in it the border in `text`, `[length + 1]`.

    What is left out belongs to what stands before it, save at the beginning.
    """
    parts: list[str] = []
    borders: list[int] = [0]
    for run in _RUNS.finditer(text):
        part, start, end = run[0], run.start(), run.end()
        if part[0].isspace() or part[0] in _ZERO_WIDTH:
            if start > 0 and end < len(text) and any(map(str.isspace, part)):
                parts.append(SPACE)
                borders += [end] * len(SPACE)
            continue
        lowered = part.lower()
        if len(lowered) == len(part):
            borders += range(start + 1, end + 1)
        else:  # a few letters become two, such as İ
            letters = [letter.lower() for letter in part]
            lowered = "".join(letters)
            borders += [place for place, letter in enumerate(letters, start + 1) for _ in letter]
        parts.append(lowered)
    return "".join(parts), np.array(borders, dtype=np.int64)


def build_tokenizer(pieces: Sequence[tuple[str, float]], charsmap: bytes) -> tokenizers.Tokenizer:
    """Return the tokenizer of a SentencePiece model.

    Args:
        pieces: (text, log probability) in the model's own order, which begins with `<unk>`, `<s>` and `</s>`.
        charsmap: its table of normalisation.
    """
    vocabulary = [
        ("<s>NOTUSED", 0.0), ("<pad>", 0.0), ("</s>NOTUSED", 0.0), ("<unk>", 0.0), ("<unk>NOTUSED", -100.0),
        *pieces[1:], ("<mask>", 0.0),
    ]  # fmt: skip
    tokenizer = tokenizers.Tokenizer(models.Unigram(vocabulary, unk_id=SPECIAL_IDS["<unk>"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.add_tokens([AddedToken(SPACE, normalized=False)])
    return repair_tokenizer(tokenizer, where="SentencePiece model")


def repair_tokenizer(tokenizer: tokenizers.Tokenizer, *, where: str) -> tokenizers.Tokenizer:
    """Return the tokenizer with `▁` at the beginning of a text alone, and no limit of length.

    Raises:
        ValueError: when it still does not give the ids that WangchanBERTa was trained with; `where` is named.
    """
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=True)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    check_tokenizer(tokenizer, where=where)
    return tokenizer


def check_tokenizer(tokenizer: tokenizers.Tokenizer, *, where: str) -> None:
    """See that special pieces, a sample and the normalisation of `ำ` are as in training.

    Raises:
        ValueError: naming `where`, what was found, what was expected, and the mend.
    """
    special = {piece: tokenizer.token_to_id(piece) for piece in SPECIAL_IDS}
    end = tuple(tokenizer.encode(SAMPLE, add_special_tokens=False).ids[-len(SAMPLE_END) :])
    vowel = tokenizer.normalizer.normalize_str("ำ") if tokenizer.normalizer else "ำ"
    for what, found, expected in (
        ("ids of special pieces", special, SPECIAL_IDS),
        (f"ids at the end of {SAMPLE!r}", end, SAMPLE_END),
        ("normal form of 'ำ'", vowel, "ํา"),
    ):
        if found != expected:
            raise ValueError(
                f"{where}: wrongly converted, {what}: {found}, in training {expected}; "
                "lay the model's own sentencepiece.bpe.model beside it"
            )
