"""Texts as HTML that nothing in them can break."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import escape

# What would reorder, end or break the text that it stands in; joiners and zero-width spaces do no harm.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def show_text(text: str) -> str:
    """Return a text as HTML content; control characters and lone surrogates become visible, as ⟨U+202E⟩."""
    return _CONTROL.sub(lambda found: f'<span class="control">{_name(found)}</span>', escape(text))


def quote_text(text: str) -> str:
    """Return a text for a quoted attribute, with the same characters made visible."""
    return name_controls(escape(text))


def name_controls(text: str) -> str:
    """Return a text in which control characters and lone surrogates are visible, for a terminal."""
    return _CONTROL.sub(_name, text)


def fit_spans(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans (half open, in order, not overlapping) with borders moved out of what is read as one character.

    A vowel or tone mark that an element's border cuts from its consonant is drawn on a dotted circle. A border
    that two spans share stays where it is, so that none becomes empty.
    """
    before: tuple[int, int] | None = None
    reached = 0
    for start, end in (*spans, (len(text), len(text))):
        if before is not None:
            reached = find_break(text, before[1], limit=start)
            yield before[0], reached
        fitted = start
        while fitted > reached and _is_inside(text, fitted):
            fitted -= 1
        before = (fitted, end)


def find_break(text: str, position: int, *, limit: int) -> int:
    """Return the first offset from `position` up to `limit` that lies inside nothing that is read as one character."""
    while position < limit and _is_inside(text, position):
        position += 1
    return position


def _is_inside(text: str, position: int) -> bool:
    """Whether an offset lies inside a grapheme cluster; of Unicode's rules, those that Thai and joined signs need."""
    if not 0 < position < len(text):
        return False
    after = text[position]
    return unicodedata.category(after).startswith("M") or after in "ำ\u200d" or text[position - 1] == "\u200d"


def show_score(score: float | None) -> str:
    """Return a probability in per cent after a space; nothing of None."""
    return "" if score is None else f" {score:.0%}"


def _name(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"
