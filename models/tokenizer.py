"""Character-true tokenisation: every piece knows the whole characters of the original text that it stands for.

Three things make the offsets of a subword tokenizer treacherous in Thai, and each is undone here: a piece such
as `▁เป็น` claims the space before the word; `ำ` is normalised to two characters, so that two pieces may share
one; and a piece may begin with a vowel or tone mark that belongs to the consonant before it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers import Regex, models, normalizers, pre_tokenizers

from thaigov_events.annotations.files import write_safely
from thaigov_events.models import wangchanberta
from thaigov_events.models.slow_tokenizer import SlowTokenizer
from thaigov_events.models.tokenizer_profile import COMPACT, SLOW, WANGCHANBERTA, Profile

BOS, PAD, EOS, UNK = "<s>", "<pad>", "</s>", "<unk>"
MASK = "<mask>"
LINE_BREAK = "↵"
UNK_ID = 3

# Thai glyph variants that old web pages kept in the private use area, each with its standard character.
_PRIVATE_USE = str.maketrans(
    {0xF700 + i: c for i, c in enumerate("ฐิีึื่้๊๋์่้๊๋์ญัํ็่้๊๋์ฺุู")},
)
# The log probability of a piece that is not wanted: any other way to cut the text is likelier.
_AVOIDED = -99.0
# A run of digits, a Latin word, or one mark of punctuation is never inside a piece with anything else, so
# that a span may begin or end at each of them. The space before it (`▁`) stays with it.
_SPLIT = r"▁?\p{Nd}+|▁?\p{Latin}+|▁?[^\p{L}\p{M}\p{Nd}▁]"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenised text, without special tokens.

    Attributes:
        ids: piece ids, `[n]`.
        starts: first character of each piece, `[n]`, code points of the original text.
        ends: one past the last character, `[n]`. Non-empty ranges rise strictly, begin and end on whole
            characters and have no white space at their borders. A piece with `start == end` is invisible:
            it stands for white space only, or shares its character with the piece before it.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.starts) == len(self.ends):
            raise ValueError(f"{len(self.ids)} ids, {len(self.starts)} starts, {len(self.ends)} ends: must agree")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Which pieces stand for characters, `[n]`."""
        return self.starts < self.ends


def build_tokenizer(pieces: list[tuple[str, float]]) -> tokenizers.Tokenizer:
    """Return the tokenizer of the compact profile over `pieces` (text, log probability), `<unk>` at id 3."""
    tokenizer = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=UNK_ID, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\u200b\u200c\u200d\u2060\ufeff\u00ad]"), ""),
            normalizers.Replace(Regex(r"(?<!\s)\s*[\n\r\u2028\u2029]\s*"), LINE_BREAK),
            normalizers.NFKC(),
            normalizers.Replace("เเ", "แ"),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True),
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
        ]
    )
    return tokenizer


class Tokenizer:
    """A subword tokenizer whose pieces are aligned to whole characters of the original text.

    Attributes:
        profile: how it is fed.
        bos, pad, eos, unk: ids of the special pieces.
    """

    def __init__(self, tokenizer: tokenizers.Tokenizer | SlowTokenizer, profile: Profile | None = None) -> None:
        """Wrap a tokenizer that has the special pieces of `profile`, by default those of the compact one.

        Raises:
            ValueError: when one of the special pieces is not in its vocabulary.
        """
        self._tokenizer = tokenizer
        self.profile = profile or Profile()
        special = (self.profile.bos, self.profile.pad, self.profile.eos, self.profile.unk)
        self.bos, self.pad, self.eos, self.unk = (self._special(piece, special) for piece in special)

    @property
    def mask(self) -> int:
        """The id of the piece that hides another.

        Raises:
            ValueError: when there is none.
        """
        index = self._tokenizer.token_to_id(self.profile.mask)
        if index is None:
            raise ValueError("the tokenizer has no piece that hides others; set mask_share = 0")
        return int(index)

    def _special(self, piece: str, special: tuple[str, ...]) -> int:
        index = self._tokenizer.token_to_id(piece)
        if index is None:
            raise ValueError(f"the tokenizer has no piece {piece!r}; it needs {' '.join(special)}")
        return int(index)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read a compact tokenizer's `tokenizer.json`; `load_tokenizer` reads a folder with one of any kind."""
        return cls(read_tokenizer_json(path))

    def serialise(self) -> str:
        """Return the content of its `tokenizer.json`.

        Raises:
            ValueError: when it is a slow one, which has none.
        """
        if isinstance(self._tokenizer, SlowTokenizer):
            raise ValueError("a tokenizer that only transformers runs has no tokenizer.json; save it into a folder")
        return str(self._tokenizer.to_str(pretty=True))

    def save(self, folder: Path) -> None:
        """Write what `load_tokenizer` reads: `tokenizer.json`, or a slow tokenizer's files, and its profile.

        A compact tokenizer needs no profile.
        """
        if isinstance(self._tokenizer, SlowTokenizer):
            self._tokenizer.save(folder)
        else:
            text = self.serialise()
            write_safely(folder / "tokenizer.json", lambda path: path.write_text(text, encoding="utf-8"))
        if self.profile.kind != COMPACT:
            self.profile.save(folder)

    def avoid(self, pieces: Set[str]) -> Tokenizer:
        """Return a tokenizer that cuts text into other pieces than these, wherever it can; ids stay as they are.

        Raises:
            ValueError: when it is not of the unigram kind.
        """
        values = {} if isinstance(self._tokenizer, SlowTokenizer) else json.loads(self._tokenizer.to_str())
        model = values.get("model", {})
        if model.get("type") != "Unigram":
            raise ValueError("only a unigram tokenizer can do without some of its pieces; set split_crossed = false")
        model["vocab"] = [(piece, _AVOIDED if piece in pieces else score) for piece, score in model["vocab"]]
        return Tokenizer(tokenizers.Tokenizer.from_str(json.dumps(values)), self.profile)

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    @property
    def vocabulary(self) -> dict[str, int]:
        """Every piece with its id."""
        return dict(self._tokenizer.get_vocab())

    def encode(self, text: str) -> Tokens:
        """Tokenise `text` whole, of any length; nothing is truncated."""
        fed, borders = text.translate(_PRIVATE_USE), None
        if self.profile.kind == WANGCHANBERTA:
            fed, borders = wangchanberta.prepare_text(fed)
        encoding = self._tokenizer.encode(fed, add_special_tokens=False)
        offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        ends = _unshadow(offsets)
        starts, ends = _align(text, ends if borders is None else borders[ends])
        return Tokens(np.array(encoding.ids, dtype=np.int64), starts, ends)


def load_tokenizer(folder: Path) -> Tokenizer:
    """Read the tokenizer of a model folder, of whatever kind.

    Raises:
        FileNotFoundError: when there is none.
        ValueError: when it gives other ids than the encoder was trained with.
        ModuleNotFoundError: when only transformers runs it, and that is not installed.
    """
    profile = Profile.load(folder)
    if profile.kind == SLOW:
        return Tokenizer(SlowTokenizer.load(folder), profile)
    path = folder / "tokenizer.json"
    tokenizer = read_tokenizer_json(path)
    if profile.kind == WANGCHANBERTA:
        wangchanberta.check_tokenizer(tokenizer, where=str(path))
    return Tokenizer(tokenizer, profile)


def read_tokenizer_json(path: Path) -> tokenizers.Tokenizer:
    """Read a `tokenizer.json`, without limit of length or padding.

    Raises:
        FileNotFoundError: when there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no tokenizer here; name a folder that holds a tokenizer.json")
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _unshadow(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pieces' ends, from `[n, 2]`.

    A `▁` that was put before a word claims the word's first character, though it stands for none: the next piece
    begins at the same place and reaches farther.
    """
    starts, ends = offsets[:, 0], offsets[:, 1].copy()
    shadow = (starts[:-1] == starts[1:]) & (ends[:-1] < ends[1:])
    ends[:-1][shadow] = starts[:-1][shadow]
    return ends


@cache
def _classes() -> NDArray[np.uint8]:
    """For each code point: 1 for one that extends the character before it, 2 for white or invisible space."""
    table = np.zeros(0x110000, dtype=np.uint8)
    for point in range(0x20000):
        character = chr(point)
        if unicodedata.category(character) in {"Mn", "Mc", "Me"}:
            table[point] = 1
        elif character.isspace():
            table[point] = 2
    table[[0x0E33, 0x0EB3]] = 1  # SARA AM, Thai and Lao: a letter by category, yet never apart from its consonant
    table[0xF701:0xF70F] = table[0xF710:0xF71B] = 1  # the marks of _PRIVATE_USE
    table[[0x200B, 0xFEFF, 0x2060, 0x00AD]] = 2
    table[[0x200C, 0x200D]] = 1
    table[0x1F3FB : 0x1F3FF + 1] = 1  # emoji skin tones
    table[0xE0000:0xE01F0] = 1  # tags and variation selectors
    return table


def character_classes(text: str) -> NDArray[np.uint8]:
    """Return, for each code point of `text`, 1 if it extends the one before, 2 if it is space, else 0."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    classes: NDArray[np.uint8] = _classes()[points]
    return classes


def _align(text: str, ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return starts and ends from raw ends: on whole characters, without space, a shared character to the earlier."""
    length = len(text)
    classes = character_classes(text)
    positions = np.arange(length + 1)
    border = np.append(classes != 1, True)
    # next_border[i]: the smallest border >= i. A piece ends there, so it takes the marks that follow it.
    next_border = np.minimum.accumulate(np.where(border, positions, length)[::-1])[::-1]
    solid = np.append(classes != 2, True)
    next_solid = np.minimum.accumulate(np.where(solid, positions, length)[::-1])[::-1]
    # last_solid[i]: one past the last code point before i that is not space, 0 if there is none.
    last_solid = np.maximum.accumulate(np.insert(np.where(classes != 2, positions[1:], 0), 0, 0))
    if len(ends):
        ends = np.append(ends[:-1], length)  # characters that the tokenizer leaves out after the last piece
    ends = np.maximum.accumulate(next_border[ends])
    # A piece begins where the one before ended: normalisation may have aligned it to the last character of
    # several that became one (`เเ` for `แ`).
    starts = next_solid[np.insert(ends, 0, 0)[:-1]] if length else ends
    ends = np.maximum(last_solid[ends], starts)
    return starts, ends
