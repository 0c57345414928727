"""What Label Studio sends to a machine-learning backend. Needs pydantic, which comes with the extra `serve`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

MOST_TASKS = 500
"""Tasks of one request: what a slow machine does before Label Studio's patience of 100 seconds ends."""

Number = Annotated[int, Field(strict=True, ge=1)]


def _refuse_halves(text: str) -> str:
    text.encode()  # half of a surrogate pair is no character, and an error here
    return text


class TaskData(BaseModel):
    """A task's data as far as we read them; `<Text value="$text">` shows the rest to nobody."""

    text: Annotated[str, Field(strict=True), AfterValidator(_refuse_halves)]


class Task(BaseModel):
    """A task to be annotated."""

    id: Number
    data: TaskData


class PredictRequest(BaseModel):
    """Asks for predictions; `label_config` is the project's labelling configuration."""

    tasks: list[Task] = Field(max_length=MOST_TASKS)
    label_config: str = Field(strict=True)


class SetupRequest(BaseModel):
    """Announces a project; the token for Label Studio's API that comes along is not read, and never kept."""

    label_config: str = Field(strict=True, alias="schema")


class Annotation(BaseModel):
    """An annotation as a webhook tells it; `was_cancelled` where the annotator skipped the task."""

    id: Number
    was_cancelled: bool = False


class Identified(BaseModel):
    """Something that was deleted."""

    id: Number


class WebhookRequest(BaseModel):
    """Tells what happened in a project; what we do not count has other fields."""

    action: str = Field(strict=True, min_length=1)
    annotation: Annotation | list[Annotation] | None = None
    annotations: list[Identified] | None = None
