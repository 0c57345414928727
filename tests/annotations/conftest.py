"""Documents that are hard to carry: what offsets, line-based files and file names stumble over."""

from itertools import pairwise

import pytest
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, Relation

PIECES = [
    "นาย",
    "น้ำ",
    "ำ",
    "😀",
    "👩\u200d👧",
    "\u200b",
    "\ufeff",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "\u2028",
    "\x85",
]
PIECES += ["-DOCSTART-", "2562)", '"', "a", "\\n", "e\u0301", "๑๒"]
LABELS = ["PERSON", "DATE_TIME", "ชื่อ", "A-B"]


@st.composite
def hard_documents(draw: st.DrawFn) -> Document:
    name = draw(st.text(st.sampled_from("กa./\\%: 😀"), min_size=1, max_size=5))
    text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=20)))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=10)))
    entities: list[Entity] = []
    for first, last in pairwise(cuts):
        piece = text[first:last]
        if piece.strip() and draw(st.integers(0, 3)):
            start = first + len(piece) - len(piece.lstrip())
            number = len(entities) + 1
            entities.append(Entity(f"T{number}", draw(st.sampled_from(LABELS)), start, start + len(piece.strip())))
    ends = st.sampled_from([entity.id for entity in entities] or ["T1"])
    pairs = st.tuples(st.sampled_from(["chairs", "เป็น"]), ends, ends).filter(lambda link: link[1] != link[2])
    links = draw(st.lists(pairs, unique=True, max_size=4)) if len(entities) > 1 else []
    return Document(name, text, tuple(entities), tuple(Relation(*link) for link in links))


@pytest.fixture(scope="session")
def hard_corpora() -> st.SearchStrategy[list[Document]]:
    """Lists of documents with emoji, combining marks, zero-width characters, and every kind of white space."""
    return st.lists(hard_documents(), min_size=1, max_size=4, unique_by=lambda document: document.id)
