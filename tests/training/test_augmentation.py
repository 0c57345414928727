"""Versions of documents keep their annotation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations.document import Document, Entity
from thaigov_events.training.augmentation import ARABIC, THAI, Augmenter, Edit, apply_edits


@st.composite
def edited_documents(draw: st.DrawFn) -> tuple[Document, list[Edit], str, list[str]]:
    """Pieces of text, every other one a mention, some of either replaced; and what should come of them."""
    pieces = draw(st.lists(st.text("กขคงAB๑ำ่ ", min_size=1, max_size=6), min_size=1, max_size=9))
    text, entities, edits, new, mentions = "", list[Entity](), list[Edit](), "", list[str]()
    for place, piece in enumerate(pieces):
        mention = place % 2 == 1 and piece.strip() == piece
        replaced = draw(st.none() | st.text("จฉชCD๒", min_size=1, max_size=6))
        if mention:
            entities.append(Entity(f"T{place}", "PERSON", len(text), len(text) + len(piece)))
            mentions.append(piece if replaced is None else replaced)
        if replaced is not None:
            edits.append(Edit(len(text), len(text) + len(piece), replaced))
        text += piece
        new += piece if replaced is None else replaced
    return Document("made", text, tuple(entities)), draw(st.permutations(edits)), new, mentions


@given(edited_documents())
def test_spans_move_with_the_text(made: tuple[Document, list[Edit], str, list[str]]) -> None:
    document, edits, text, mentions = made
    result = apply_edits(document, edits)
    assert result.text == text
    assert [result.text_of(entity) for entity in result.entities] == mentions


def test_an_edit_within_a_mention_changes_it_alone() -> None:
    document = Document("made", "กก ABCD ขข", (Entity("T1", "PERSON", 3, 7),))
    result = apply_edits(document, [Edit(4, 6, "xyz"), Edit(8, 10, "")])
    assert result.text == "กก AxyzD "
    assert [result.text_of(entity) for entity in result.entities] == ["AxyzD"]


@pytest.mark.parametrize("edits", [[Edit(2, 4, "")], [Edit(6, 8, "")], [Edit(3, 5, "a"), Edit(4, 6, "b")]])
def test_edits_over_a_border_or_each_other_are_refused(edits: list[Edit]) -> None:
    document = Document("made", "กก ABCD ขข", (Entity("T1", "PERSON", 3, 7),))
    with pytest.raises(ValueError, match="document made"):
        apply_edits(document, edits)


def test_a_version_has_the_same_labels_and_links(documents: list[Document]) -> None:
    augment = Augmenter(documents, swaps=1.0, digits=0.5, spaces=1.0)
    for seed in range(20):
        for document in documents:
            version = augment(document, np.random.default_rng(seed))
            assert [(e.id, e.label) for e in version.entities] == [(e.id, e.label) for e in document.entities]
            assert version.relations == document.relations


def test_one_name_is_exchanged_for_one_name_throughout() -> None:
    names = [f"นาย{x}" for x in "กขคงจ"]
    text = " ".join([*names, *names])
    spans = tuple(Entity(f"T{k}", "PERSON", k * 5, k * 5 + 4) for k in range(10))
    version = Augmenter([Document("made", text, spans)], swaps=1.0, digits=0, spaces=0)(
        Document("made", text, spans), np.random.default_rng(3)
    )
    found = [version.text_of(entity) for entity in version.entities]
    assert found[:5] == found[5:] and found[:5] != names and set(found) <= set(names)


def test_digits_change_script_and_nothing_else() -> None:
    document = Document("made", "ครั้งที่ 3/๒๕๖๗")
    texts = {Augmenter([], digits=1.0, spaces=0)(document, np.random.default_rng(seed)).text for seed in range(9)}
    assert texts == {"ครั้งที่ 3/2567", "ครั้งที่ ๓/๒๕๖๗"}
    assert len(ARABIC) == len(THAI) == 10


def test_the_same_seed_gives_the_same_version(documents: list[Document]) -> None:
    augment = Augmenter(documents)
    first, second = (augment(documents[0], np.random.default_rng(5)) for _ in range(2))
    assert first == second
