"""Articles to a Label Studio project, and what annotators made of them back.

The server is the only memory: which articles are there is asked anew by each call. So whatever broke off may be called
again; nothing is lost, and nothing comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from thaigov_events.annotations.corpus import text_hash
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.label_studio import Annotated, read_task, to_task
from thaigov_events.annotations.labelling_config import TEXT
from thaigov_events.annotations.labelling_project import Project
from thaigov_events.annotations.labelling_result import LabelStudioError
from thaigov_events.annotations.labelling_server import Server, ServerError
from thaigov_events.annotations.schema import Schema

BATCH = 50
"""Tasks a request. A batch is imported whole or not at all."""


@dataclass(frozen=True, slots=True)
class PushedTask:
    """An article on the server: the number of its task, and the hash of the text that it was pushed with."""

    number: int
    sha256: str


def list_pushed(server: Server, project: Project) -> dict[str, PushedTask]:
    """Return the tasks of a project under the ids of their articles; tasks that have no article's id are passed over.

    Raises:
        ServerError: when two tasks have one id, or the server cannot be asked.
    """
    pushed: dict[str, PushedTask] = {}
    for task in server.iterate_tasks(project.number):
        data, meta = task.get("data") or {}, task.get("meta") or {}
        name, text = data.get("id"), data.get(TEXT)
        if name is None or not isinstance(text, str):
            continue
        if str(name) in pushed:
            raise ServerError(
                f"{server.url}: project {project.number}: the tasks {pushed[str(name)].number} and {task['id']} "
                f"both have the article id {name!r}; delete one of them"
            )
        pushed[str(name)] = PushedTask(task["id"], str(meta.get("sha256") or text_hash(text)))
    return pushed


def find_new(texts: dict[str, str], pushed: dict[str, PushedTask]) -> list[str]:
    """Return the ids of the articles that are not on the server yet, in the order of `texts`, from id to text.

    Raises:
        ServerError: when an article is there with another text, naming each.
    """
    changed = [name for name, text in texts.items() if name in pushed and pushed[name].sha256 != text_hash(text)]
    if changed:
        tasks = ", ".join(f"{name} (task {pushed[name].number})" for name in changed)
        raise ServerError(
            f"{len(changed)} articles are on the server with another text: {tasks}. "
            "Give them other ids, or delete those tasks"
        )
    return [name for name in texts if name not in pushed]


def push_documents(
    server: Server,
    project: Project,
    documents: Sequence[Document],
    *,
    model_version: str | None = None,
    batch: int = BATCH,
    report: Callable[[int], object] = lambda count: None,
) -> int:
    """Make tasks of the documents that are not on the server yet, in their order; return how many.

    Their entities and relations become pre-annotations with their scores. The hash of the text goes into the task's
    `meta`. After each batch `report` is called with its size.

    Raises:
        ServerError: when an article is there with another text, or the server refuses or breaks off; what was
            pushed until then stays, and the next call goes on from there.
        LabelStudioError: when a document makes no task.
    """
    if len({document.id for document in documents}) < len(documents):
        raise ServerError("a document id stands twice; ids must differ")
    texts = {document.id: document.text for document in documents}
    new = set(find_new(texts, list_pushed(server, project)))
    waiting = (document for document in documents if document.id in new)
    for chunk in _batches(waiting, batch):
        tasks = [
            to_task(document, model_version=model_version) | {"meta": {"sha256": text_hash(document.text)}}
            for document in chunk
        ]
        server.import_tasks(project.number, tasks)
        report(len(chunk))
    return len(new)


def list_outdated(server: Server, project: Project, *, model_version: str) -> Iterator[tuple[int, Document]]:
    """Yield number and bare article of each task that nobody worked on and that this model has not proposed for."""
    for task in server.iterate_tasks(project.number, annotated=True):
        versions = [version.strip() for version in str(task.get("predictions_model_versions") or "").split(",")]
        if task["annotations"] or task["draft_exists"] or model_version in versions:
            continue
        data = task["data"]
        yield task["id"], Document(str(data.get("id", task["id"])), data[TEXT], source=str(data.get("source") or ""))


def push_predictions(
    server: Server,
    project: Project,
    predicted: Iterable[tuple[int, Document]],
    *,
    model_version: str,
    batch: int = BATCH,
) -> int:
    """Add a model's proposals to tasks, given by number; return how many. Older proposals stay beside them."""
    count = 0
    for chunk in _batches(predicted, batch):
        predictions = [
            to_task(document, model_version=model_version)["predictions"][0] | {"task": number}
            for number, document in chunk
        ]
        server.import_predictions(project.number, predictions)
        count += len(chunk)
    return count


def show_version(server: Server, project: Project, model_version: str) -> None:
    """Let annotators start from the proposals of this model; Label Studio shows those of one model at a time."""
    server.update_project(project.number, model_version=model_version)


@dataclass(frozen=True, slots=True)
class Pulled:
    """An article of a task and the latest work of each annotator on it, drafts and skipped work left out."""

    id: str
    task: int
    work: tuple[Annotated, ...]


@dataclass(slots=True)
class PullCounts:
    """What a pull met; grows as tasks are read."""

    tasks: int = 0
    untouched: int = 0
    annotations: int = 0
    empty: int = 0
    skipped: int = 0
    superseded: int = 0
    tasks_with_drafts: int = 0
    foreign: int = 0


def pull_tasks(server: Server, project: Project, schema: Schema, counts: PullCounts) -> Iterator[Pulled]:
    """Yield the tasks of a project with submitted work, in order, page by page; count what is left out in `counts`.

    Work that was skipped is left out, and so are drafts, which were never submitted. Of several annotations of one
    annotator on a task the last one counts. Tasks without an article's id are foreign and left out.

    Raises:
        LabelStudioError: at the end, listing everything that cannot be read: a text that was changed after it was
            pushed, a span whose text is not what stands there, a relation that may not be.
        ServerError: when the server breaks off.
    """
    errors: list[str] = []
    seen: dict[str, int] = {}
    for task in server.iterate_tasks(project.number, annotated=True):
        counts.tasks += 1
        counts.tasks_with_drafts += bool(task.get("draft_exists"))
        entries = task["annotations"]
        submitted = [entry for entry in entries if not entry.get("was_cancelled")]
        counts.skipped += len(entries) - len(submitted)
        name = (task.get("data") or {}).get("id")
        if name is None:
            counts.foreign += 1
            continue
        if not entries:
            counts.untouched += 1
        if not submitted:
            continue
        try:
            _check_task(task, seen)
            work = read_task(task | {"annotations": submitted, "drafts": []}, schema)
        except LabelStudioError as error:
            errors.append(str(error))
            continue
        latest = _keep_latest(work)
        counts.superseded += len(work) - len(latest)
        counts.annotations += len(latest)
        counts.empty += sum(not annotated.document.entities for annotated in latest)
        yield Pulled(str(name), task["id"], latest)
    if errors:
        raise LabelStudioError("\n".join(errors))


def _check_task(task: dict[str, Any], seen: dict[str, int]) -> None:
    """Refuse a task whose text is not the one that was pushed, or whose article another task has, too."""
    data, number = task["data"], task["id"]
    name, recorded = str(data["id"]), (task.get("meta") or {}).get("sha256")
    if name in seen:
        raise LabelStudioError(f"task {number}: has the article {name!r}, as task {seen[name]} has; delete one of them")
    seen[name] = number
    if recorded and recorded != text_hash(str(data.get(TEXT))):
        raise LabelStudioError(
            f"task {number}: the text of {name!r} was changed after it was pushed, so that spans may have shifted; "
            "delete the task and push the article again"
        )


def _keep_latest(work: Iterable[Annotated]) -> tuple[Annotated, ...]:
    latest: dict[int | None, Annotated] = {}
    for annotated in sorted(work, key=lambda one: (one.updated, one.annotation or 0)):
        latest[annotated.annotator] = annotated
    return tuple(latest[who] for who in sorted(latest, key=lambda who: (who is None, who)))


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk
