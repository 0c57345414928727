"""Texts as HTML that nothing in them can break."""

from __future__ import annotations

import re
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


def show_score(score: float | None) -> str:
    """Return a probability in per cent after a space; nothing of None."""
    return "" if score is None else f" {score:.0%}"


def _name(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"
