"""Which annotations were submitted since the last round of training: a small file that the backend keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from thaigov_events.annotations.files import write_safely


@dataclass(frozen=True, slots=True)
class Submitted:
    """The server's numbers of submitted annotations."""

    annotations: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.annotations)

    def add(self, numbers: Iterable[int]) -> Submitted:
        """Return this with more; one that is submitted again counts once."""
        return Submitted(self.annotations.union(numbers))

    def remove(self, numbers: Iterable[int]) -> Submitted:
        """Return this without some, known or not."""
        return Submitted(self.annotations.difference(numbers))

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        text = json.dumps({"annotations": sorted(self.annotations)}) + "\n"
        write_safely(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    @classmethod
    def load(cls, path: Path) -> Submitted:
        """Read the file; where there is none, nothing was submitted.

        Raises:
            ValueError: when it is damaged.
        """
        try:
            numbers = json.loads(path.read_text(encoding="utf-8"))["annotations"]
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: not a count of annotations ({error!r}); delete it to count anew") from error
        if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
            raise ValueError(f"{path}: 'annotations' should be a list of numbers; delete it to count anew")
        return cls(frozenset(numbers))
