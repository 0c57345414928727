"""From a sentence's words and tags to a document's spans, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate, pairwise

from thaigov_events.annotations.corpus import CorpusError
from thaigov_events.annotations.document import Document, DocumentError, Entity

# What cannot be seen is not part of a mention: zero-width characters hang on words of old web pages.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
DOCUMENT_START = "-DOCSTART-"
Tokenise = Callable[[str], Iterable[str]]


def join_words(name: str, words: Sequence[str], tags: Sequence[str], *, separator: str = "") -> Document:
    """Return the document of a tagged sentence; white space and zero-width characters border no span.

    Raises:
        DocumentError: when a tag has no known form, or a span has no visible character.
    """
    text, before = "", "O"
    spans: list[tuple[str, int, int]] = []
    for word, tag in zip(words, tags, strict=True):
        text += separator if text else ""
        part, _, label = tag.partition("-")
        if (tag != "O" and not label) or part not in ("O", *"BISUELM"):
            raise DocumentError(f"document {name}: tag {tag!r} of {word!r} should be O, or like B-PERSON or I-PERSON")
        if part == "O":
            before = "O"
        else:
            goes_on = part not in "BSU" and before == label
            start = spans.pop()[1] if goes_on else len(text)
            spans.append((label, start, len(text) + len(word)))
            before = label if part not in "SUEL" else "O"
        text += word
    entities = []
    for number, (label, start, end) in enumerate(spans, 1):
        first, last = _narrow(text, start, end)
        if first == last:
            raise DocumentError(f"document {name}: {label} at {start} has no visible character; tag it O")
        entities.append(Entity(f"T{number}", label, first, last))
    return Document(name, text, tuple(entities))


def _narrow(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without white space and zero-width characters at its borders; it may become empty."""
    while start < end and _is_blank(text[start]):
        start += 1
    while start < end and _is_blank(text[end - 1]):
        end -= 1
    return start, end


def _is_blank(character: str) -> bool:
    return character.isspace() or character in INVISIBLE


def split_words(text: str) -> list[str]:
    """Return the runs of white space and of other characters; joined they are the text."""
    return re.findall(r"\s+|\S+", text)


def cut_words(document: Document, borders: Collection[int], tokenise: Tokenise) -> list[str]:
    """Return a document's words, cut further at `borders` (offsets of the text); joined they are the text.

    Raises:
        CorpusError: when the words of `tokenise` do not join to the text.
    """
    words = list(tokenise(document.text))
    if "".join(words) != document.text:
        raise CorpusError(
            f"document {document.id}: its words do not join to its text; the tokeniser must keep white space"
        )
    cuts = sorted({0, *accumulate(map(len, words)), *borders})
    return [document.text[start:end] for start, end in pairwise(cuts)]


def tag_words(document: Document, tokenise: Tokenise = split_words) -> tuple[list[str], list[str], Counter[str]]:
    """Return a document's words, their IOB2 tags, and how much of what tags cannot hold.

    The words of `tokenise` are cut further at each entity's borders, so no span is widened. Zero-width characters at
    a border leave the span, as `join_words` has it.

    Raises:
        CorpusError: when the words do not join to the text, or a label cannot be part of a tag.
    """
    lost = Counter({"relations": len(document.relations), "sources": int(bool(document.source))})
    # a word that begins so would be read as a line between documents
    borders = {match.start() + 1 for match in re.finditer(DOCUMENT_START, document.text)}
    starts: dict[int, tuple[str, int]] = {}
    for entity in document.entities:
        if not entity.label or re.search(r"[\t\r\n]", entity.label):
            raise CorpusError(f"document {document.id}: no tag can hold the label {entity.label!r}; rename it")
        start, end = _narrow(document.text, entity.start, entity.end)
        lost["entities without a visible character"] += start == end
        lost["zero-width characters at entities' borders"] += entity.end - entity.start - (end - start)
        if start < end:
            starts[start] = (entity.label, end)
            borders |= {start, end}
            lost["entity ids"] += entity.id != f"T{len(starts)}"
            lost["scores"] += entity.score is not None
    words = cut_words(document, borders, tokenise)
    tags: list[str] = []
    place, label, until = 0, "", 0
    for word in words:
        if place in starts:
            label, until = starts[place]
        tags.append("O" if place >= until else f"{'B' if place in starts else 'I'}-{label}")
        place += len(word)
    return words, tags, lost
