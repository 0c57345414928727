"""Borders of mentions at quotation marks and brackets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import read_corpus
from thaigov_events.models.brackets import mend_borders

ANNOTATIONS = Path(__file__).parents[2] / "annotations"


def mend(marked: str) -> str:
    """Return what is left or gained of the part between `<` and `>`; a `/` is where the next mention begins."""
    limit = marked.replace("<", "").replace(">", "").find("/")
    start, end = marked.index("<"), marked.index(">") - 1
    text = marked.replace("<", "").replace(">", "").replace("/", "")
    first, last = mend_borders(text, start, end, limit=len(text) if limit < 0 else limit)
    return text[first:last]


@pytest.mark.parametrize(
    ("marked", "mended"),
    [
        ("เปิด<โครงการ “ปลูกป่าต้นน้ำ>” ที่น่าน", "โครงการ “ปลูกป่าต้นน้ำ”"),
        ('เปิด<โครงการ "ปลูกป่าต้นน้ำ>” ที่น่าน', 'โครงการ "ปลูกป่าต้นน้ำ”'),
        ("เปิด “<ปลูกป่าต้นน้ำ”> ที่น่าน", "ปลูกป่าต้นน้ำ"),
        ("เปิด <“ปลูกป่าต้นน้ำ>", "ปลูกป่าต้นน้ำ"),
        ("ครั้ง <( ก.บ.จ.> ที่", "ก.บ.จ."),
        ("(<ก.บ.จ. )> ที่", "ก.บ.จ."),
        ("<ก.บ.จ.”)> ที่", "ก.บ.จ."),
        ("<ที่ปรึกษา (ประจำกระทรวง>) นาย", "ที่ปรึกษา (ประจำกระทรวง)"),
        ("<แผน [ก (ข>)] ค", "แผน [ก (ข)]"),
    ],
)
def test_marks_are_kept_with_their_partners(marked: str, mended: str) -> None:
    assert mend(marked) == mended


@pytest.mark.parametrize(
    "marked",
    [
        "<โครงการ “ปลูกป่าต้นน้ำ”> ที่น่าน",
        '<โครงการ "ปลูกป่าต้นน้ำ”> ที่น่าน',
        "<พันเอก(พิเศษ) สมมุติ ใจดี> นายก",
        "<Bachelor’s Degree> ปี",
        "<แผน (ก> ข)",  # the partner stands further off
        "<แผน ก) ข> ค",
        "<แผน (ก>/) ข",  # the partner is another mention's
        "<(> ก",
    ],
)
def test_other_borders_stay(marked: str) -> None:
    assert mend(marked) == marked[marked.index("<") + 1 : marked.index(">")]


@pytest.mark.parametrize("corpus", ["authored.jsonl", "samples.jsonl"])
def test_annotated_mentions_need_no_mending(corpus: str) -> None:
    for document in read_corpus(ANNOTATIONS / corpus):
        limits = [*(entity.start for entity in document.entities[1:]), len(document.text)]
        for entity, limit in zip(document.entities, limits, strict=False):
            borders = mend_borders(document.text, entity.start, entity.end, limit=limit)
            assert borders == (entity.start, entity.end)


@given(st.text('ก (”“")[', min_size=1), st.data())
def test_a_mended_mention_stays_in_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    limit = data.draw(st.integers(end, len(text)))
    first, last = mend_borders(text, start, end, limit=limit)
    assert start <= first < last <= max(end, limit)
    assert mend_borders(text, first, last, limit=limit) == (first, last)
    if text[start:end] == text[start:end].strip():
        assert text[first:last] == text[first:last].strip()
