"""A project of Label Studio that follows the schema: made, or brought up to date, without losing what was labelled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from thaigov_events.annotations.labelling_config import LABELS, TEXT, build_config
from thaigov_events.annotations.labelling_server import Server, ServerError
from thaigov_events.annotations.schema import Schema

DEFAULT_TITLE = "thaigov-events"

# How a new project works. Whoever changes it in the browser keeps the change.
_SETTINGS: dict[str, Any] = {
    "show_collab_predictions": True,  # annotators start from what the model proposes
    "sampling": "Sequential sampling",  # in the order in which tasks were pushed
    "enable_empty_annotation": True,  # an article may have nothing to mark
    "show_skip_button": True,
    "show_instruction": True,
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project on the server. `model_version` is that of the proposals that annotators see, or a backend's title."""

    number: int
    title: str
    config: str
    instruction: str
    annotators: int
    model_version: str
    tasks: int

    @classmethod
    def find(cls, server: Server, name: str) -> Project | None:
        """Return the project of this title or number, or None.

        Raises:
            ServerError: when two have this title, or the server cannot be asked.
        """
        values = server.find_project(name)
        if values is None:
            return None
        return cls(
            int(values["id"]),
            str(values["title"] or ""),
            str(values["label_config"] or ""),
            str(values["expert_instruction"] or ""),
            int(values["maximum_annotations"] or 1),
            str(values["model_version"] or ""),
            int(values["task_number"] or 0),
        )

    @classmethod
    def get(cls, server: Server, name: str) -> Project:
        """Return the project of this title or number.

        Raises:
            ServerError: when there is none.
        """
        project = cls.find(server, name)
        if project is None:
            raise ServerError(f"{server.url}: no project {name!r}; make it by: thaigov-events labelstudio setup")
        return project


def set_up(server: Server, name: str, *, schema: Schema, annotators: int | None = None) -> tuple[Project, str]:
    """Make the project, or bring its labels and instructions up to date; tell which: created, updated, unchanged.

    Annotations are never deleted, and labels that some of them bear are never taken away. What else the project is
    set to stays, but for `annotators`, how many work on each task, if it is given.

    Raises:
        ServerError: when the new labels lack some that are in use, or the server refuses.
        SchemaError: when the schema makes no labelling configuration.
    """
    config, instruction = build_config(schema), write_instruction()
    project = Project.find(server, name)
    if project is None:
        if name.isdecimal():
            raise ServerError(f"{server.url}: no project has the number {name}; give a title to make a new one")
        number = server.create_project(
            title=name,
            label_config=config,
            expert_instruction=instruction,
            maximum_annotations=annotators or 1,
            **_SETTINGS,
        )
        return Project.get(server, str(number)), "created"
    changes: dict[str, Any] = {}
    if project.config.strip() != config.strip():  # the server trims it
        check_labels(server, project, schema=schema)
        changes["label_config"] = config
    if project.instruction != instruction:
        changes["expert_instruction"] = instruction
    if annotators is not None and project.annotators != annotators:
        changes["maximum_annotations"] = annotators
    if not changes:
        return project, "unchanged"
    server.update_project(project.number, **changes)
    return Project.get(server, str(project.number)), "updated"


def check_labels(server: Server, project: Project, *, schema: Schema) -> None:
    """Refuse a schema that lacks a label which an annotation of the project bears.

    Raises:
        ServerError: with each such label, how often it stands, and a task.
    """
    known = {("labels", name) for name in schema.entity_names} | {("relation", name) for name in schema.relation_names}
    lost: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], int] = {}
    for task in server.iterate_tasks(project.number, annotated=True):
        for annotation in task["annotations"]:
            for kind, label in _list_labels(annotation["result"] or []):
                if (kind, label) not in known:
                    lost[kind, label] += 1
                    example.setdefault((kind, label), task["id"])
    if lost:
        told = "; ".join(
            f"{label} ({kind}) stands {count} times, so in task {example[kind, label]}"
            for (kind, label), count in sorted(lost.items())
        )
        raise ServerError(
            f"{server.url}: project {project.number}: annotations bear labels that the schema lacks: {told}. "
            "Keep them in the schema, or begin a project of another title"
        )


def _list_labels(result: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return (kind, label) of all that a result bears; what other controls than ours made has a kind of its own."""
    found = []
    for item in result:
        kind, value = str(item.get("type")), item.get("value") or {}
        labels = item.get("labels") if kind == "relation" else value.get(kind)
        if kind != "relation" and (item.get("from_name"), item.get("to_name")) != (LABELS, TEXT):
            kind = f"{kind} of {item.get('from_name')}"
        found += [(kind, str(label)) for label in labels or ()]
    return found


def write_instruction() -> str:
    """Return the annotation guidelines as HTML for the annotators' page."""
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise ModuleNotFoundError("instructions need markdown-it: pip install 'thaigov-events[labelstudio]'") from error
    text = (files(__package__) / "GUIDELINES.md").read_text("utf-8")
    return str(MarkdownIt("commonmark").enable("table").render(text))
