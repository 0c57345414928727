"""Whether what a model proposes can be shown in a Label Studio project."""

from __future__ import annotations

from xml.etree import ElementTree

from thaigov_events.annotations.labelling_config import LABELS, TEXT
from thaigov_events.annotations.labelling_result import LabelStudioError
from thaigov_events.annotations.schema import Schema

MEND = "run `thaigov-events labelstudio setup`"


def check_config(config: str, schema: Schema) -> None:
    """Accept a project's labelling configuration if it has all labels and relations of the schema, where we write them.

    It may have more, and other colours, keys and names. An arrow bears any label where `<Relations>` is absent or
    empty.

    Raises:
        LabelStudioError: naming the tag or the labels that are missing, and the mend.
    """
    try:
        root = ElementTree.fromstring(config)
    except ElementTree.ParseError as error:
        raise LabelStudioError(f"the labelling configuration is not XML: {error}; {MEND}") from error
    texts = [tag for tag in root.iter("Text") if tag.get("name") == TEXT and tag.get("value") == f"${TEXT}"]
    controls = [tag for tag in root.iter("Labels") if tag.get("name") == LABELS and tag.get("toName") == TEXT]
    if not texts or not controls:
        raise LabelStudioError(
            f"the labelling configuration needs <Labels name={LABELS!r} toName={TEXT!r}> and "
            f"<Text name={TEXT!r} value='${TEXT}'>; {MEND}"
        )
    if any(label.get("alias") for tag in controls for label in tag.iter("Label")):
        raise LabelStudioError(f"the labelling configuration gives labels an alias, which takes their place; {MEND}")
    known = {label.get("value") for tag in controls for label in tag.iter("Label")}
    if missing := [name for name in schema.entity_names if name not in known]:
        raise LabelStudioError(f"the labelling configuration lacks the labels {', '.join(missing)}; {MEND}")
    arrows = {tag.get("value") for tag in root.iter("Relation")}
    if arrows and (missing := [name for name in schema.relation_names if name not in arrows]):
        raise LabelStudioError(f"the labelling configuration lacks the relations {', '.join(missing)}; {MEND}")
