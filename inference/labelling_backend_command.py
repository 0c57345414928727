"""`thaigov-events labelstudio backend` and `connect`: the model in Label Studio's loop."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from thaigov_events.annotations.labelling_connection import connect_backend
from thaigov_events.annotations.labelling_project import Project
from thaigov_events.inference.command_options import add_engine_options
from thaigov_events.inference.labelling_sync_command import add_server_options, open_server
from thaigov_events.models.bundle import released_folder

PASSWORD = "LABEL_STUDIO_BACKEND_PASSWORD"
"""Environment variable that holds the password."""


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs to those of `labelstudio`."""
    parser = verbs.add_parser("backend", help="serve fresh predictions to Label Studio, and count its annotations")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=9090, help="(default: 9090)")
    parser.add_argument(
        "--count",
        type=Path,
        default=Path("out/labelstudio/new.json"),
        metavar="FILE",
        help="where new annotations are counted (default: out/labelstudio/new.json)",
    )
    parser.add_argument("--needed", type=int, default=20, metavar="N", help="annotations that make a round due")
    parser.set_defaults(run=run_backend)
    add_engine_options(parser)
    connect = verbs.add_parser("connect", help="connect a project to the backend that is served, and its webhook")
    connect.add_argument(
        "--backend", default="http://127.0.0.1:9090", metavar="URL", help="(default: http://127.0.0.1:9090)"
    )
    connect.set_defaults(run=run_connect)
    add_server_options(connect)
    for one in (parser, connect):
        one.add_argument("--user", default="label-studio", help="name that Label Studio gives (default: label-studio)")
        one.add_argument("--password-file", type=Path, metavar="FILE", help=f"(default: the environment's {PASSWORD})")


def run_backend(options: argparse.Namespace) -> int:
    """Serve until interrupted; return the exit status."""
    try:
        from thaigov_events.inference.labelling_backend import Counter, Engine, build_application, serve, tell
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("the backend needs FastAPI: pip install 'thaigov-events[serve]'") from error
    if options.needed < 1:
        raise ValueError(f"--needed {options.needed}: a round needs at least one annotation")
    password = read_password(options.password_file)
    engine = Engine(options.model or released_folder(), threads=options.threads)
    counter = Counter(options.count, needed=options.needed, tell=tell)
    application = build_application(engine, counter, user=options.user, password=password)
    state = counter.update()
    tell(f"{engine.describe()[0]} on http://{options.host}:{options.port}, {state['new']} new annotations")
    serve(application, host=options.host, port=options.port)
    return 0


def run_connect(options: argparse.Namespace) -> int:
    """Connect the backend that is served to the project; return the exit status."""
    password = read_password(options.password_file)
    server = open_server(options)
    project = Project.get(server, options.project)
    change = connect_backend(server, project, options.backend, user=options.user, password=password)
    print(f"{server.url}projects/{project.number}: {options.backend} {change}", file=sys.stderr)
    return 0


def read_password(path: Path | None) -> str:
    """Return the password of a file, else of the environment.

    Raises:
        ValueError: when there is none, since everyone could then use the backend.
    """
    password = path.read_text(encoding="utf-8").strip() if path else os.environ.get(PASSWORD, "")
    if not password:
        raise ValueError(f"no password in {path or PASSWORD}; choose one, and give it to Label Studio too")
    return password
