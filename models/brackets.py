"""Borders of mentions at quotation marks and brackets, which belong to a mention with their partners or not at all."""

from __future__ import annotations

_BRACKETS = {"(": ")", "[": "]", "{": "}", "‘": "’", "«": "»"}
# Writers mix them, so that any of these ends what any of them began.
_QUOTES = frozenset('"“”„‟')


def mend_borders(text: str, start: int, end: int, *, limit: int) -> tuple[int, int]:
    """Return the borders of a mention whose own border parts a quotation mark or bracket from its partner.

    `โครงการ “ปลูกป่า` takes in the `”` that follows it, and `ปลูกป่า”` leaves its last character out. Marks further
    inside that have no partner stay, and so does a mention that is nothing but such marks.

    Args:
        text: of the document.
        start, end: of the mention, in code points, half open.
        limit: where the next mention begins, or the text ends.
    """
    lone = _find_lone(text, start, end)
    if lone and lone[-1] == end - 1:
        first, last = start, end - 1
    elif lone and lone[0] == start:
        first, last = start + 1, end
    elif lone and end < limit and _is_partner(text[lone[-1]], text[end]):
        first, last = start, end + 1
    else:
        return start, end
    inner = text[first:last]
    if not inner.strip():
        return start, end
    first, last = last - len(inner.lstrip()), first + len(inner.rstrip())
    return mend_borders(text, first, last, limit=limit)


def _find_lone(text: str, start: int, end: int) -> list[int]:
    """Return the places of the marks in `[start, end)` whose partner is not there; a lone `’` is an apostrophe."""
    lone: list[int] = []
    opened: list[int] = []
    for place in range(start, end):
        mark = text[place]
        if opened and _is_partner(text[opened[-1]], mark):
            opened.pop()
        elif mark in _BRACKETS or mark in _QUOTES:
            opened.append(place)
        elif mark in ")]}»":
            lone.append(place)
    return sorted(lone + opened)


def _is_partner(opening: str, mark: str) -> bool:
    return mark in _QUOTES if opening in _QUOTES else _BRACKETS.get(opening) == mark
