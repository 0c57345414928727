"""The labelling configuration holds what the schema says, escaped, and no two labels on one key."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import EntityType, RelationType, Schema, SchemaError
from thaigov_events.annotations.labelling_config import build_config


def test_every_label_and_relation_of_the_schema_stands_in_its_order(schema: Schema) -> None:
    view = ElementTree.fromstring(build_config(schema))
    assert [tag.get("value") for tag in view.findall("Labels/Label")] == list(schema.entity_names)
    assert [tag.get("value") for tag in view.findall("Relations/Relation")] == list(schema.relation_names)
    assert view.find("Labels").attrib == {"name": "label", "toName": "text"}
    assert view.find("Text").attrib == {"name": "text", "value": "$text", "granularity": "symbol"}
    for tag, entity in zip(view.iter("Label"), schema.entities, strict=True):
        assert (tag.get("background"), tag.get("hotkey")) == (entity.colour, entity.hotkey)
        assert tag.get("hint") == f"{entity.thai} · {entity.english}: {entity.definition}"


def test_results_hold_the_names_of_the_schema(schema: Schema) -> None:
    # Label Studio stores a label's alias in place of its value wherever there is one.
    assert all("alias" not in tag.attrib for tag in ElementTree.fromstring(build_config(schema)).iter("Label"))


def test_a_pair_may_bear_several_relations(schema: Schema) -> None:
    assert ElementTree.fromstring(build_config(schema)).find("Relations").attrib == {"choice": "multiple"}


def test_the_same_schema_gives_the_same_configuration(schema: Schema) -> None:
    assert build_config(schema) == build_config(Schema.from_dict(schema.to_dict()))


def test_a_bare_schema_has_no_empty_attributes() -> None:
    view = ElementTree.fromstring(build_config(Schema((EntityType("SHIP"),))))
    assert view.find("Labels/Label").attrib == {"value": "SHIP", "background": "#888888"}
    assert view.find("Relations") is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("a", "a"), "'a' of TWO belongs to ONE"),
        (("a", "A"), "'A' of TWO belongs to ONE"),
        (("b", "u"), "Label Studio"),
    ],
)
def test_a_key_that_is_taken_is_named(keys: tuple[str, str], told: str) -> None:
    with pytest.raises(SchemaError, match=told):
        build_config(Schema((EntityType("ONE", hotkey=keys[0]), EntityType("TWO", hotkey=keys[1]))))


NAMES = st.text(st.sampled_from("ก<>&\"'/]é ำ🎉\n\t"), min_size=1, max_size=12)


@given(NAMES, NAMES, NAMES)
def test_names_survive_the_xml(name: str, thai: str, relation: str) -> None:
    schema = Schema((EntityType(name, thai=thai),), (RelationType(relation, (name,), (name,)),))
    view = ElementTree.fromstring(build_config(schema))
    label = view.find("Labels/Label")
    assert (label.get("value"), label.get("hint")) == (name, thai)
    assert view.find("Relations/Relation").get("value") == relation
