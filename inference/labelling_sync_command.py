"""`thaigov-events labelstudio setup`, `push` and `pull`: articles to annotators, and their work back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from thaigov_events.annotations.document import Document
from thaigov_events.annotations.labelling_check import check_config
from thaigov_events.annotations.labelling_files import write_pulled
from thaigov_events.annotations.labelling_project import DEFAULT_TITLE, Project, set_up
from thaigov_events.annotations.labelling_server import Server, find_connection
from thaigov_events.annotations.labelling_sync import (
    BATCH,
    PullCounts,
    find_new,
    list_outdated,
    list_pushed,
    pull_tasks,
    push_documents,
    push_predictions,
    show_version,
)
from thaigov_events.annotations.schema import Schema
from thaigov_events.inference.command_options import add_engine_options, is_quiet, name_engine
from thaigov_events.inference.extractor import Extractor
from thaigov_events.inference.inputs import Article, Failure, read_articles
from thaigov_events.models.active_learning import rank_articles
from thaigov_events.models.bundle import released_folder
from thaigov_events.models.version import name_version

T = TypeVar("T")


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs to those of `labelstudio`."""
    setup = verbs.add_parser("setup", help="make a project, or bring its labels and instructions up to date")
    setup.add_argument("--schema", type=Path, metavar="FILE", help="labels and relations (default: the project's own)")
    setup.add_argument("--annotators", type=int, metavar="N", help="how many annotate each article (default: 1)")
    setup.set_defaults(run=run_setup)
    push = verbs.add_parser("push", help="make tasks of articles, with the model's proposals, the least certain first")
    push.add_argument("inputs", nargs="*", metavar="INPUT", help=".txt or .jsonl file, folder, or - for standard input")
    push.add_argument(
        "--refresh", action="store_true", help="propose anew, too, for tasks that nobody has worked on yet"
    )
    push.add_argument("--batch", type=int, default=BATCH, metavar="N", help=f"tasks a request (default: {BATCH})")
    push.set_defaults(run=run_push)
    add_engine_options(push)
    pull = verbs.add_parser("pull", help="write annotators' work, their agreement and conflicts to a folder")
    pull.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write")
    pull.add_argument("--schema", type=Path, metavar="FILE", help="labels and relations (default: the project's own)")
    pull.set_defaults(run=run_pull)
    for parser in (setup, push, pull):
        add_server_options(parser)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add what names the server and the project."""
    parser.add_argument("--project", default=DEFAULT_TITLE, help=f"title or number (default: {DEFAULT_TITLE})")
    parser.add_argument("--url", help="the server's address (default: the environment's LABEL_STUDIO_URL)")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="(default: the environment's LABEL_STUDIO_API_KEY)"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML with url and token (default: in the user's settings)"
    )


def open_server(options: argparse.Namespace) -> Server:
    """Return the server that the options name."""
    return Server(find_connection(url=options.url, token_file=options.token_file, config=options.config))


def run_setup(options: argparse.Namespace) -> int:
    """Make or update the project; return the exit status."""
    if options.annotators is not None and options.annotators < 1:
        raise ValueError(f"--annotators {options.annotators}: somebody has to annotate; give 1 or more")
    server = open_server(options)
    project, change = set_up(server, options.project, schema=Schema.load(options.schema), annotators=options.annotators)
    _tell(f"{server.url}projects/{project.number}: {change}, {project.tasks} tasks")
    return 0


def run_push(options: argparse.Namespace) -> int:
    """Push what the options name; return the exit status."""
    if not options.inputs and not options.refresh:
        raise ValueError("name articles to push, or --refresh the proposals of those that are there")
    if options.batch < 1:
        raise ValueError(f"--batch {options.batch}: a request needs at least one task")
    server = open_server(options)
    project = Project.get(server, options.project)
    version = name_version(options.model or released_folder())
    has_backend = project.model_version in server.list_backends(project.number)
    if project.tasks and project.model_version not in ("", version) and not has_backend and not options.refresh:
        raise ValueError(
            f"project {project.number} shows the proposals of {project.model_version}, and of one model at a time; "
            f"this model is {version}: add --refresh to let it propose for the tasks that nobody has worked on, too"
        )
    extractor = Extractor.load(options.model, threads=options.threads, **name_engine(options))
    check_config(project.config, extractor.predictor.settings.schema)
    articles, failures = _read(options.inputs)
    new = set(find_new({article.id: article.text for article in articles}, list_pushed(server, project)))
    waiting = [article for article in articles if article.id in new]
    documents = [
        extraction.document for extraction in _watch(extractor.extract(waiting), "proposing", total=len(waiting))
    ]
    with tqdm(total=len(documents), unit=" tasks", desc="pushing", disable=is_quiet()) as bar:
        count = push_documents(
            server, project, rank_articles(documents), model_version=version, batch=options.batch, report=bar.update
        )
    told = f"{count} articles pushed, {len(articles) - len(new)} were there, {failures} inputs failed"
    if options.refresh:
        outdated = _propose(extractor, list_outdated(server, project, model_version=version))
        refreshed = push_predictions(
            server, project, _watch(outdated, "refreshing"), model_version=version, batch=options.batch
        )
        told += f", {refreshed} tasks with new proposals"
    if not has_backend and (project.tasks or count) and Project.get(server, options.project).model_version != version:
        show_version(server, project, version)
    _tell(f"{server.url}projects/{project.number}: {told}; model {version}")
    return 1 if failures else 0


def run_pull(options: argparse.Namespace) -> int:
    """Pull to the folder that the options name; return the exit status."""
    server = open_server(options)
    project = Project.get(server, options.project)
    counts = PullCounts()
    pulled = pull_tasks(server, project, Schema.load(options.schema), counts)
    lines = write_pulled(options.output, _watch(pulled, "pulling", total=project.tasks), counts)
    for name, number in sorted(lines.items()):
        _tell(f"{options.output / name}: {number} lines")
    told = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in asdict(counts).items())
    _tell(f"{server.url}projects/{project.number}: {told}")
    return 0


def _read(inputs: Iterable[str]) -> tuple[list[Article], int]:
    articles, failures = [], 0
    for item in read_articles(inputs):
        if isinstance(item, Failure):
            failures += 1
            _tell(f"thaigov-events: {item}")
        else:
            articles.append(item)
    return articles, failures


def _propose(extractor: Extractor, tasks: Iterable[tuple[int, Document]]) -> Iterator[tuple[int, Document]]:
    for number, bare in tasks:
        yield number, extractor(bare.text, id=bare.id).document


def _watch(stream: Iterable[T], what: str, *, total: int | None = None) -> Iterable[T]:
    return tqdm(stream, desc=what, total=total, unit=" tasks", disable=is_quiet())


def _tell(line: str) -> None:
    tqdm.write(line, file=sys.stderr)
