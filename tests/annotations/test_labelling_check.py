"""Projects whose configuration can, and cannot, show what a model proposes."""

import pytest

from thaigov_events.annotations import Schema
from thaigov_events.annotations.labelling_check import check_config
from thaigov_events.annotations.labelling_config import build_config
from thaigov_events.annotations.labelling_result import LabelStudioError


def test_our_own_configuration_fits(schema: Schema) -> None:
    check_config(build_config(schema), schema)


def test_a_configuration_may_have_more_and_look_otherwise(schema: Schema) -> None:
    config = build_config(schema).replace("</Labels>", '<Label value="MINE" background="#000"/></Labels>')
    check_config(config.replace("<View>", "<View><Header value='อ่าน'/>"), schema)


def test_without_named_relations_any_may_be_drawn(schema: Schema) -> None:
    config = build_config(schema)
    begin, end = config.index("<Relations"), config.index("</Relations>") + len("</Relations>")
    check_config(config[:begin] + config[end:], schema)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<View>", "<View", "not XML"),
        ('value="$text"', 'value="$body"', "needs <Labels"),
        ('toName="text"', 'toName="other"', "needs <Labels"),
        ('value="PERSON"', 'value="HUMAN"', "lacks the labels PERSON"),
        ('value="chairs"', 'value="leads"', "lacks the relations chairs"),
        ('<Label value="PERSON"', '<Label alias="P" value="PERSON"', "alias"),
    ],
)
def test_what_does_not_fit_is_named_with_its_mend(schema: Schema, old: str, new: str, told: str) -> None:
    config = build_config(schema)
    assert old in config
    with pytest.raises(LabelStudioError, match=told) as caught:
        check_config(config.replace(old, new), schema)
    assert "labelstudio setup" in str(caught.value)


def test_entities_that_grow_without_bounds_are_refused(schema: Schema) -> None:
    """Ten levels of a tenfold entity would be 10 GB; the parser gives up long before."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{levels}]><View><Header value="&e9;"/></View>'
    with pytest.raises(LabelStudioError, match="not XML"):
        check_config(bomb, schema)
