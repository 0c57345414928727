"""How a tokenizer is to be fed, and which of its pieces are special: what its `tokenizer.json` does not tell."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from thaigov_events.annotations.files import write_safely

PROFILE_FILE = "tokenizer_profile.json"
COMPACT, WANGCHANBERTA, GENERIC, SLOW = KINDS = ("compact", "wangchanberta", "generic", "slow")


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of tokenizer and the text of its special pieces.

    Attributes:
        kind: `compact`, the project's own; `wangchanberta`, for it and what was trained like it; `generic`, any
            other that the `tokenizers` library runs; `slow`, one that only transformers runs.
        bos, pad, eos, unk: pieces that every tokenizer has, whatever it calls them (`[CLS]`, `[SEP]`).
        mask: the piece that hides another in training; empty if there is none.
    """

    kind: str = COMPACT
    bos: str = "<s>"
    pad: str = "<pad>"
    eos: str = "</s>"
    unk: str = "<unk>"
    mask: str = "<mask>"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"tokenizer profile {self.kind!r}: choose one of {', '.join(KINDS)}")

    def save(self, folder: Path) -> None:
        """Write `tokenizer_profile.json`."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"
        write_safely(folder / PROFILE_FILE, lambda path: path.write_text(text, encoding="utf-8"))

    @classmethod
    def load(cls, folder: Path) -> Profile:
        """Read `tokenizer_profile.json`; a folder without one holds a compact tokenizer.

        Raises:
            ValueError: when the file is damaged.
        """
        path = folder / PROFILE_FILE
        if not path.is_file():
            return cls()
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged, {error}; compare SHA256SUMS or export the model again") from error
