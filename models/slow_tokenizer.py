"""Tokenizers that only transformers can run, and that say nothing of where in the text their pieces come from.

Pieces and text are compared by what no tokenizer changes: compatibility forms, case, white space and marks are put
aside. A piece that is not found, as an unknown one, stands for what lies between its neighbours.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thaigov_events.annotations.files import replace_safely

# How many characters a tokenizer may leave out between two pieces.
SLACK = 16


@dataclass(frozen=True, slots=True)
class Pieces:
    """What `tokenizers.Encoding` would hold: ids, and (start, end) of each piece in the text."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class SlowTokenizer:
    """A tokenizer of transformers behind that part of the interface of `tokenizers.Tokenizer` that is used here."""

    def __init__(self, tokenizer: Any) -> None:
        """Wrap a tokenizer that transformers has loaded."""
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path) -> SlowTokenizer:
        """Read what `save` wrote.

        Raises:
            ModuleNotFoundError: when transformers is not installed.
        """
        try:
            from transformers import AutoTokenizer
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"{folder}: only transformers runs this model's tokenizer; pip install 'thaigov-events[train]'"
            ) from error
        return cls(AutoTokenizer.from_pretrained(folder))

    def save(self, folder: Path) -> None:
        """Write its files into `folder`."""
        with tempfile.TemporaryDirectory() as name:
            self._tokenizer.save_pretrained(name)
            for file in Path(name).iterdir():
                with replace_safely(folder / file.name) as path:
                    path.write_bytes(file.read_bytes())

    def encode(self, text: str, *, add_special_tokens: bool) -> Pieces:
        """Tokenise `text` whole."""
        if add_special_tokens:
            raise ValueError("add_special_tokens: windows get theirs later")
        pieces = self._tokenizer.tokenize(text)
        unknown = self._tokenizer.unk_token
        clean = ["" if piece == unknown else self._tokenizer.convert_tokens_to_string([piece]) for piece in pieces]
        return Pieces(self._tokenizer.convert_tokens_to_ids(pieces), align_pieces(text, clean))

    def token_to_id(self, piece: str) -> int | None:
        """Return the id of a piece, None if there is no such piece."""
        return self.get_vocab().get(piece)

    def get_vocab(self) -> dict[str, int]:
        """Return every piece with its id."""
        return dict(self._tokenizer.get_vocab())

    def get_vocab_size(self) -> int:
        """Return how many ids there are."""
        return len(self._tokenizer)


def align_pieces(text: str, pieces: Sequence[str]) -> list[tuple[int, int]]:
    """Return (start, end) in `text` of each piece, in order; pieces that are not found, or are "", fill the gaps."""
    bare, owners = _strip(text)
    found: list[tuple[int, int] | None] = []
    place = 0
    for piece in pieces:
        wanted = _strip(piece.removeprefix("##").removesuffix("@@"))[0]
        at = bare.find(wanted, place, place + SLACK + len(wanted)) if wanted else -1
        found.append((owners[at], owners[at + len(wanted) - 1] + 1) if at >= 0 else None)
        place = at + len(wanted) if at >= 0 else place
    following, gaps = len(text), []
    for span in reversed(found):
        gaps.append(following)
        following = span[0] if span else following
    offsets: list[tuple[int, int]] = []
    before = 0
    for span, gap in zip(found, reversed(gaps), strict=True):
        offsets.append(span or (before, max(before, gap)))
        before = offsets[-1][1]
    return offsets


def _strip(text: str) -> tuple[str, list[int]]:
    """Return what is compared, and which character of `text` each of it comes from."""
    kept = [
        (letter, place)
        for place, character in enumerate(text)
        for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
        if not (letter.isspace() or letter == "▁" or unicodedata.category(letter) == "Mn")
    ]
    return "".join(letter for letter, _ in kept), [place for _, place in kept]
