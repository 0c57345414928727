"""Documents cannot contradict themselves, and their records lose nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import Document, DocumentError, Entity, Relation, Schema

TEXT = "นายสมมุติ ใจดี เป็นประธานการประชุม 🎉 ครั้งที่ 1/2570"
SPANS = {
    "T1": ("PERSON", "นายสมมุติ ใจดี"),
    "T2": ("EVENT", "การประชุม"),
    "T3": ("SESSION_NUMBER", "ครั้งที่ 1/2570"),
}


def entity(name: str) -> Entity:
    label, words = SPANS[name]
    start = TEXT.index(words)
    return Entity(name, label, start, start + len(words))


def meeting() -> Document:
    relations = (Relation("chairs", "T1", "T2"), Relation("has_session", "T2", "T3"))
    return Document("d1", TEXT, tuple(entity(name) for name in SPANS), relations, "ที่มา/1.txt")


def record(**changes: Any) -> dict[str, Any]:
    return {**meeting().to_dict(), **changes}


def test_offsets_are_code_points_also_after_an_emoji() -> None:
    document = meeting()
    assert document.text_of(document.by_id()["T3"]) == "ครั้งที่ 1/2570"


def test_entities_stand_in_the_order_of_the_text() -> None:
    document = Document("d1", TEXT, (entity("T3"), entity("T1"), entity("T2")))
    assert [e.id for e in document.entities] == ["T1", "T2", "T3"]
    assert list(document.by_id()) == ["T1", "T2", "T3"]


def test_spans_may_touch() -> None:
    document = Document("d1", "กข", (Entity("T1", "A", 0, 1), Entity("T2", "A", 1, 2)))
    assert len(document.entities) == 2


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (-1, 2)])
def test_an_entity_needs_a_span(start: int, end: int) -> None:
    with pytest.raises(DocumentError, match=r"entity T1: .* is no span"):
        Entity("T1", "PERSON", start, end)


def test_a_relation_joins_two() -> None:
    with pytest.raises(DocumentError, match="same_event: T1 is linked to itself"):
        Relation("same_event", "T1", "T1")


@pytest.mark.parametrize(
    ("text", "entities", "relations", "told"),
    [
        ("กข", [Entity("T1", "A", 0, 3)], [], "T1 ends at 3, the text at 2"),
        ("ก ข", [Entity("T1", "A", 0, 2)], [], "white space at a border"),
        ("\u00a0ก", [Entity("T1", "A", 0, 2)], [], "white space at a border"),
        ("กข", [Entity("T1", "A", 0, 1), Entity("T1", "A", 1, 2)], [], "id T1 stands twice"),
        ("กขค", [Entity("T1", "A", 0, 2), Entity("T2", "A", 1, 3)], [], "T1 and T2 overlap at 1"),
        ("กข", [Entity("T1", "A", 0, 2), Entity("T2", "B", 0, 2)], [], "overlap at 0"),
        ("กข", [Entity("T1", "A", 0, 1)], [Relation("r", "T1", "T9")], "names entity T9"),
        ("กข", [Entity("T1", "A", 0, 1)], [Relation("r", "T9", "T1")], "names entity T9"),
        (
            "กข",
            [Entity("T1", "A", 0, 1), Entity("T2", "A", 1, 2)],
            [Relation("r", "T1", "T2"), Relation("r", "T1", "T2", 0.5)],
            "r T1 → T2 stands twice",
        ),
    ],
)
def test_contradictions_are_refused(text: str, entities: list[Entity], relations: list[Relation], told: str) -> None:
    with pytest.raises(DocumentError, match=f"^document d7: .*{told}"):
        Document("d7", text, tuple(entities), tuple(relations))


def test_check_returns_the_document_itself() -> None:
    document = meeting()
    assert document.check(Schema.load()) is document


@pytest.mark.parametrize(
    ("entities", "relations", "told"),
    [
        ([Entity("T1", "SHIP", 0, 3)], [], "T1 has the unknown label 'SHIP'; known: PERSON, "),
        (
            [entity("T1"), entity("T2")],
            [Relation("sails", "T1", "T2")],
            "unknown relation 'sails'; known: holds",
        ),
        (
            [entity("T1"), entity("T2")],
            [Relation("chairs", "T2", "T1")],
            r"from T2 \(EVENT\) to T1 \(PERSON\)",
        ),
        (
            [entity("T1"), entity("T2")],
            [Relation("has_code", "T1", "T2")],
            "allowed there: chairs, participates",
        ),
    ],
)
def test_check_names_what_the_schema_does_not_know(
    entities: list[Entity], relations: list[Relation], told: str
) -> None:
    document = Document("d7", TEXT, tuple(entities), tuple(relations))
    with pytest.raises(DocumentError, match=f"^document d7: .*{told}"):
        document.check(Schema.load())


def test_from_dict_is_the_inverse_of_to_dict() -> None:
    document = meeting()
    again = Document.from_dict(document.to_dict())
    assert again == document
    assert again.source == document.source


def test_scores_are_kept_and_absent_ones_not_written() -> None:
    scored = Document(
        "d1", "กข", (Entity("T1", "A", 0, 1, 0.5), Entity("T2", "A", 1, 2)), (Relation("r", "T1", "T2", 0.0),)
    )
    written = scored.to_dict()
    assert written["entities"][0]["score"] == 0.5
    assert "score" not in written["entities"][1]
    assert written["relations"][0]["score"] == 0.0
    assert "source" not in written
    assert Document.from_dict(written) == scored


def test_numbers_serve_as_ids() -> None:
    spans = [{"id": 1, "label": "A", "start": 0, "end": 1}, {"id": 2, "label": "A", "start": 1, "end": 2}]
    document = Document.from_dict(
        {"id": 7, "text": "กข", "entities": spans, "relations": [{"label": "r", "head": 1, "tail": 2}]}
    )
    assert document.id == "7"
    assert document.relations == (Relation("r", "1", "2"),)


@pytest.mark.parametrize("field", ["entities", "relations"])
def test_a_text_without_marks_is_a_document(field: str) -> None:
    assert Document.from_dict({"id": "d1", "text": "", field: None}) == Document("d1", "")


def without(values: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != field}


ENTITY = {"id": "T1", "label": "PERSON", "start": 0, "end": 3}
LINK = {"label": "chairs", "head": "T1", "tail": "T2"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"text": "ก"}, "document None: needs a string 'id'"),
        ({"id": ["d1"], "text": "ก"}, "needs a string 'id'"),
        ({"id": "d7"}, "document 'd7': needs"),
        ({"id": "d7", "text": 5}, "document 'd7': needs"),
        *[(record(id="d7", entities=[without(ENTITY, field)], relations=[]), f"document d7: .*'{field}'") for field in ENTITY],
        *[(record(id="d7", relations=[without(LINK, field)]), f"document d7: .*'{field}'") for field in LINK],
        (record(id="d7", entities=[ENTITY | {"start": "0"}], relations=[]), "document d7: .*ill-typed"),
        (record(id="d7", entities=[ENTITY | {"end": 1.5}], relations=[]), "document d7: .*ill-typed"),
        (record(id="d7", entities=[ENTITY | {"label": ["PERSON"]}], relations=[]), "document d7: .*ill-typed"),
        (record(id="d7", relations=[LINK | {"label": None}]), "document d7: .*ill-typed"),
        (record(id="d7", entities=["T1"], relations=[]), "document d7: .*ill-typed"),
        (record(id="d7", entities=5), "document d7: .*ill-typed"),
        (record(id="d7", entities=[ENTITY | {"end": 0}], relations=[]), "document d7: entity T1: .* is no span"),
        (record(id="d7", relations=[LINK | {"tail": "T1"}]), "document d7: relation chairs: T1 is linked to itself"),
        (record(id="d7", entities=[ENTITY | {"text": "นาง"}], relations=[]), "document d7: entity T1 says 'นาง', but at 0:3 stands 'นาย'"),
    ],
)  # fmt: skip
def test_a_bad_record_is_named_with_what_is_wrong(values: dict[str, Any], told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        Document.from_dict(values)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.text("กำ้า 1.\n\u200b🎉e\u0301", max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=10)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    scores = st.none() | st.floats(0, 1)
    spans = [(a, b) for a, b in pairs if text[a:b] == text[a:b].strip()]
    entities = tuple(Entity(f"T{n}", draw(st.sampled_from("AB")), a, b, draw(scores)) for n, (a, b) in enumerate(spans))
    ends = [(one.id, other.id) for one in entities for other in entities if one is not other]
    links = draw(st.lists(st.sampled_from(ends), unique=True, max_size=4)) if ends else []
    relations = tuple(Relation("r", head, tail, draw(scores)) for head, tail in links)
    return Document(draw(st.text(max_size=4)), text, entities, relations, draw(st.text(max_size=4)))


@given(documents())
def test_every_document_survives_its_record(document: Document) -> None:
    again = Document.from_dict(document.to_dict())
    assert again == document
    assert again.source == document.source
