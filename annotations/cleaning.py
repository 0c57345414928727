"""Clean a raw press release of the source repositories into the very text that was annotated.

The offsets of the stand-off corpus count the characters of the cleaned text, so every rule here is part of
the corpus: a change that alters one text makes its recorded hash fail.
"""

from __future__ import annotations

import re

TITLE_START = 60
"""Letters and digits that two title lines must share to be the same title."""

TITLE_LIMIT = 400
"""Characters from which a second line is a paragraph that quotes the title, and no title itself."""

_ODD_CHARACTERS = str.maketrans({"\u200b": "", "\ufeff": "", "\u00a0": " ", "\r": ""})
_SITE_NAME = re.compile("รัฐบาลไทย-(?:ข่าวทำเนียบรัฐบาล-)?")
_BLANKS = re.compile(r"[ \t]+")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^0-9A-Za-z\u0e00-\u0e7f]+")
_FURNITURE = re.compile(
    r"วัน\S*ที่ \d{1,2} [\u0e00-\u0e7f]+ \d{4}"  # the date that the page shows under its title
    r"|\d{2}/\d{2}/\d{4}"
    r"|[\d,]+"  # how often the page was read
    r"|พิมพ์"
    r"|[.\-–—]+"
    r"|ที่มา\s*:.*"
    r"|https?://\S+"
)


def clean_text(raw: str) -> str:
    """Return the text of a raw file as it was annotated: no furniture, no repeated line, one title."""
    lines: list[str] = []
    seen: set[str] = set()
    for raw_line in raw.translate(_ODD_CHARACTERS).split("\n"):
        line = _clean_line(raw_line)
        if not line or _FURNITURE.fullmatch(line):
            continue
        letters = _letters(line)
        if letters not in seen:
            seen.add(letters)
            lines.append(line)
    while len(lines) > 1 and _same_title(lines[0], lines[1]):
        del lines[0]
    return "\n".join(lines)


def _clean_line(line: str) -> str:
    line = line.strip()
    name = _SITE_NAME.match(line)
    if name:
        line = line[name.end() :]
    return _BLANKS.sub(" ", line).strip()


def _same_title(first: str, second: str) -> bool:
    # Pages show a cut title and then the whole one: the second, if it is still a title, is the better.
    return len(second) < TITLE_LIMIT and _letters(second).startswith(_letters(first)[:TITLE_START])


def _letters(line: str) -> str:
    return _NEITHER_LETTER_NOR_DIGIT.sub("", line)
