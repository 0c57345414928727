"""The schema as data: loading, order, signatures, and what it refuses."""

import pytest

from thaigov_events.annotations import EntityType, RelationType, Schema, SchemaError


def small() -> dict[str, object]:
    return {
        "entities": [{"name": "PERSON"}, {"name": "EVENT", "thai": "เหตุการณ์", "colour": "#b07aa1"}],
        "relations": [
            {"name": "chairs", "heads": ["PERSON"], "tails": ["EVENT"]},
            {"name": "same_event", "heads": ["EVENT"], "tails": ["EVENT"]},
        ],
    }


def test_the_packaged_schema_has_sixteen_types_and_fifteen_relations_in_a_fixed_order() -> None:
    schema = Schema.load()
    assert schema.entity_names == (
        "PERSON", "POSITION", "ORGANIZATION", "COMMITTEE", "COMMITTEE_CODE", "EVENT", "SESSION_NUMBER", "DATE",
        "TIME", "PERIOD", "VENUE", "LOCATION", "PROJECT", "POLICY", "MONEY", "QUANTITY",
    )  # fmt: skip
    assert schema.relation_names == (
        "holds_position", "member_of", "chairs", "participates", "organizes", "meeting_of", "has_session",
        "has_code", "held_on", "held_at", "located_in", "concerns", "has_value", "in_period", "same_event",
    )  # fmt: skip


def test_every_packaged_type_is_described_for_people_and_told_apart() -> None:
    schema = Schema.load()
    for item in (*schema.entities, *schema.relations):
        assert item.thai and item.english and item.definition.endswith(".")
    assert len({entity.colour for entity in schema.entities}) == len(schema.entities)
    assert len({entity.hotkey for entity in schema.entities}) == len(schema.entities)


@pytest.mark.parametrize(
    ("head", "tail", "names"),
    [
        ("PERSON", "EVENT", ("chairs", "participates", "organizes")),
        ("EVENT", "PERSON", ()),
        ("EVENT", "EVENT", ("concerns", "same_event")),
        ("LOCATION", "LOCATION", ("located_in",)),
        ("MONEY", "PERIOD", ("in_period",)),
        ("NOTHING", "EVENT", ()),
    ],
)
def test_allowed_follows_the_direction(head: str, tail: str, names: tuple[str, ...]) -> None:
    assert Schema.load().allowed(head, tail) == names


def test_from_dict_is_the_inverse_of_to_dict() -> None:
    for schema in (Schema.load(), Schema.from_dict(small())):
        assert Schema.from_dict(schema.to_dict()) == schema


def test_a_schema_file_is_read_from_a_path(tmp_path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[[entities]]\nname = "SHIP"\nthai = "เรือ"\n', "utf-8")
    schema = Schema.load(path)
    assert schema.entity_names == ("SHIP",)
    assert schema.entities[0].thai == "เรือ"
    assert schema.relations == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[entities]]\nname = ", "Invalid value"),
        ("[[relations]]\nname = 'chairs'\n", "'entities'"),
        ("[[entities]]\nname = 'A'\nshape = 'round'\n", "shape"),
        ("[[entities]]\nthai = 'ก'\n", "name"),
        ("[[entities]]\nname = 'A'\n[[relations]]\nname = 'r'\nheads = ['A']\n", "'tails'"),
        ("[[entities]]\nname = 'A'\n[[entities]]\nname = 'A'\n", "A stands twice"),
        ("[[entities]]\nname = 'A'\n[[relations]]\nname = 'r'\nheads = ['B']\ntails = ['A']\n", "B"),
    ],
)
def test_a_bad_schema_file_is_named_with_what_is_wrong(tmp_path, text: str, told: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SchemaError) as caught:
        Schema.load(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_names_that_stand_twice_are_refused() -> None:
    with pytest.raises(SchemaError, match="PERSON stands twice"):
        Schema((EntityType("PERSON"), EntityType("PERSON")))
    relation = RelationType("same", ("PERSON",), ("PERSON",))
    with pytest.raises(SchemaError, match="same stands twice"):
        Schema((EntityType("PERSON"),), (relation, relation))


@pytest.mark.parametrize(("heads", "tails"), [(("PERSON",), ("SHIP",)), ((), ("PERSON",)), (("PERSON",), ())])
def test_relations_join_known_types(heads: tuple[str, ...], tails: tuple[str, ...]) -> None:
    with pytest.raises(SchemaError, match="boards joins unknown or no types"):
        Schema((EntityType("PERSON"),), (RelationType("boards", heads, tails),))
