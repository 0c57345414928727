"""Folders of brat stand-off files: a text in `NAME.txt`, its entities (`T`) and relations (`R`) in `NAME.ann`.

brat's offsets are those of `Document`: half open, in code points of the text file, whose characters are kept to
the last line break. A span over line breaks stands, as brat itself writes it, as one fragment a line
(`T1<tab>PERSON 0 3;4 9<tab>นาย สมชาย`). A document's id is its file's path in the folder; characters that no file name
may have are percent-encoded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from thaigov_events.annotations.corpus import CorpusError
from thaigov_events.annotations.document import Document, DocumentError, Entity, Relation
from thaigov_events.annotations.folders import replace_folder

TEXT, ANNOTATIONS = ".txt", ".ann"
# Lines that hold what a document has no place for, by their first letter.
OTHERS = {
    "E": "events",
    "A": "attributes",
    "M": "attributes",
    "N": "normalisations",
    "#": "notes",
    "*": "equivalences",
}
_ENTITY = re.compile(r"(\S+) ([0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)")
_RELATION = re.compile(r"(\S+) Arg1:(\S+) Arg2:(\S+)\s*")
_UNSAFE = re.compile(r'^\.|[\x00-\x1f\x7f/\\:*?"<>|%]')


def read_brat(folder: Path) -> tuple[list[Document], Counter[str]]:
    """Return the documents of a folder and its sub-folders by name, and how many lines had to be left out, by kind.

    Raises:
        CorpusError: with file, line, value and mend, for discontinuous spans too.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder of brat files")
    left_out: Counter[str] = Counter()
    documents: dict[str, Document] = {}
    for path in sorted(folder.rglob(f"*{ANNOTATIONS}")):
        if not path.with_suffix(TEXT).is_file():
            raise CorpusError(f"{path}: has no text file {path.stem}{TEXT} beside it; add the file")
    for path in sorted(folder.rglob(f"*{TEXT}")):
        name = unquote(path.relative_to(folder).with_suffix("").as_posix())
        if name in documents:
            raise CorpusError(f"{path}: document {name!r} stands in another file already; rename one")
        documents[name] = _read_document(path, name, left_out)
    if not documents:
        raise CorpusError(f"{folder}: holds no {TEXT} file; name a folder of brat files")
    return list(documents.values()), left_out


def _read_document(path: Path, name: str, left_out: Counter[str]) -> Document:
    text = _read_text(path)
    annotations = path.with_suffix(ANNOTATIONS)
    entities: list[Entity] = []
    relations: list[Relation] = []
    lines = _read_text(annotations).split("\n") if annotations.is_file() else []
    for number, line in enumerate(lines, 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        try:
            if line[0] == "T":
                entities.append(_parse_entity(line, text))
            elif line[0] == "R":
                relations.append(_parse_relation(line))
            elif line[0] in OTHERS:
                left_out[OTHERS[line[0]]] += 1
            else:
                raise DocumentError(f"{line!r} is no line of brat's; it should begin with T, R or {', '.join(OTHERS)}")
        except DocumentError as error:
            raise CorpusError(f"{annotations}:{number}: {error}") from error
    try:
        return Document(name, text, tuple(entities), tuple(relations))
    except DocumentError as error:
        raise CorpusError(f"{annotations}: {error}") from error


def _parse_entity(line: str, text: str) -> Entity:
    name, _, rest = line.partition("\t")
    place, _, words = rest.partition("\t")
    match = _ENTITY.fullmatch(place)
    if not match:
        raise DocumentError(f"{line!r} should be like 'T1<tab>PERSON 0 9<tab>words'")
    fragments = [tuple(map(int, fragment.split())) for fragment in match[2].split(";")]
    for (_, end), (start, _) in pairwise(fragments):
        gap = text[end:start]
        if start < end or gap.strip() or "\n" not in gap:
            raise DocumentError(
                f"{name} {place!r} is discontinuous; only line breaks may part a span: annotate one piece"
            )
    entity = Entity(name, match[1], fragments[0][0], fragments[-1][1])
    if entity.end > len(text):
        raise DocumentError(f"{name} ends at {entity.end}, the text at {len(text)}; mend the offset")
    stands = " ".join(text[start:end] for start, end in fragments)
    if words.replace("\n", " ") != stands.replace("\n", " "):
        raise DocumentError(f"{name} says {words!r}, but at {match[2]} stands {stands!r}; mend the offsets")
    return entity


def _parse_relation(line: str) -> Relation:
    _, _, rest = line.partition("\t")
    match = _RELATION.fullmatch(rest)
    if not match:
        raise DocumentError(f"{line!r} should be like 'R1<tab>chairs Arg1:T1 Arg2:T2'")
    return Relation(match[1], match[2], match[3])


def _read_text(path: Path) -> str:
    try:
        # a leading byte order mark is a character that brat counts, so it stays
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not UTF-8 at byte {error.start}; convert the file") from error


def write_brat(folder: Path, documents: Iterable[Document]) -> Counter[str]:
    """Write a folder of stand-off files, whole or not at all; return how much of what the form cannot hold.

    These are scores, sources, and entity ids that are not `T` and a number: a document with such ids is numbered anew.

    Raises:
        CorpusError: on ids that give no file name, labels with white space, or a folder that holds other things.
    """
    lost: Counter[str] = Counter()
    with replace_folder(folder, is_own=_is_brat) as temporary:
        for document in documents:
            path = temporary / f"{_file_name(document)}{TEXT}"
            if path.exists():
                raise CorpusError(f"document {document.id!r} stands twice; ids must differ")
            path.write_bytes(document.text.encode("utf-8"))
            lines = "".join(f"{line}\n" for line in _format_lines(document, lost))
            path.with_name(path.name.removesuffix(TEXT) + ANNOTATIONS).write_bytes(lines.encode("utf-8"))
    return +lost


def _format_lines(document: Document, lost: Counter[str]) -> list[str]:
    items: tuple[Entity | Relation, ...] = (*document.entities, *document.relations)
    for item in items:
        if not item.label or re.search(r"\s", item.label):
            raise CorpusError(
                f"document {document.id}: brat cannot hold the label {item.label!r}; take out white space"
            )
    ids = {entity.id: entity.id for entity in document.entities}
    if not all(re.fullmatch(r"T[0-9]+", name) for name in ids):
        ids = {entity.id: f"T{number}" for number, entity in enumerate(document.entities, 1)}
    lost["entity ids"] += sum(old != new for old, new in ids.items())
    lost["scores"] += sum(item.score is not None for item in items)
    lost["sources"] += bool(document.source)
    lines = []
    for entity in document.entities:
        fragments = _split_lines(document.text, entity)
        place = ";".join(f"{start} {end}" for start, end in fragments)
        words = " ".join(document.text[start:end] for start, end in fragments)
        lines.append(f"{ids[entity.id]}\t{entity.label} {place}\t{words}")
    for number, relation in enumerate(document.relations, 1):
        lines.append(f"R{number}\t{relation.label} Arg1:{ids[relation.head]} Arg2:{ids[relation.tail]}")
    return lines


def _split_lines(text: str, entity: Entity) -> list[tuple[int, int]]:
    """Return the parts of a span in each line, without white space at their borders."""
    fragments = []
    start = entity.start
    for line in text[entity.start : entity.end].split("\n"):
        if line.strip():
            first = start + len(line) - len(line.lstrip())
            fragments.append((first, first + len(line.strip())))
        start += len(line) + 1
    return fragments


def _file_name(document: Document) -> str:
    if not document.id:
        raise CorpusError("a document has an empty id, so there is no name for its files; give it one")
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", document.id)


def _is_brat(path: Path) -> bool:
    """Return whether a file is one of a pair; a text alone may be someone's only copy."""
    return path.suffix in (TEXT, ANNOTATIONS) and all(path.with_suffix(end).is_file() for end in (TEXT, ANNOTATIONS))
