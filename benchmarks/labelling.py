"""What 5,000 tasks cost to push to a Label Studio server and to pull from it, with the server killed midway each time.

python benchmarks/labelling.py [--tasks 5000] [--server .venv-labelstudio/bin/label-studio]

It starts a server of its own, on this machine only, with its data in a temporary folder. The tasks are the authored
articles over and over, with other ids and another first line. Label Studio itself makes each proposal an annotation.
The memory told is this program's, not the server's (Linux).
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from label_studio_sdk import LabelStudio
from tqdm import tqdm

from thaigov_events.annotations import Document, Schema, read_corpus
from thaigov_events.annotations.labelling_files import write_pulled
from thaigov_events.annotations.labelling_project import Project, set_up
from thaigov_events.annotations.labelling_server import Connection, Server, ServerError
from thaigov_events.annotations.labelling_sync import PullCounts, Pulled, list_pushed, pull_tasks, push_documents

ROOT = Path(__file__).parents[1]


class OwnServer:
    """A Label Studio server that can be killed and started again."""

    def __init__(self, program: Path, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.program, self.folder, self.token = program.absolute(), folder, secrets.token_hex(20)
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        quiet = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": ""}
        command = [self.program, "start", "--no-browser", "--data-dir", self.folder, "--port", str(self.port)]
        command += ["--internal-host", "127.0.0.1", "--username", "bench@example.invalid"]
        command += ["--password", secrets.token_hex(8), "--user-token", self.token, "--enable-legacy-api-token"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=os.environ | quiet, stdout=log, stderr=log)
        while self.process.poll() is None:
            with suppress(OSError), urlopen(f"{self.url}/health", timeout=5):
                return
            time.sleep(0.5)
        raise SystemExit(f"the server did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def kill(self) -> None:
        """Kill it as a failing machine would."""
        self.process.kill()
        self.process.wait()


def make_tasks(count: int) -> list[Document]:
    """Return the authored articles over and over as proposals of a model, with ids and first lines of their own."""
    authored = read_corpus(ROOT / "annotations" / "authored.jsonl")
    made = []
    for number in range(count):
        document, line = authored[number % len(authored)], f"ข่าวที่ {number}\n"
        entities = tuple(
            replace(e, start=e.start + len(line), end=e.end + len(line), score=0.5) for e in document.entities
        )
        relations = tuple(replace(relation, score=0.5) for relation in document.relations)
        made.append(Document(f"{document.id}-{number}", line + document.text, entities, relations))
    return made


def tell(what: str, began: float) -> None:
    """Print the seconds since `began` and the most memory that this program has used so far."""
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    print(f"{what}: {time.perf_counter() - began:.0f} s, peak {int(peak[1]) / 1024 if peak else 0:.0f} MB", flush=True)


def push(own: OwnServer, project: Project, documents: list[Document]) -> None:
    """Push half, kill the server, start it, push again, and check that each document is there once."""
    server, began, half = Server(Connection(own.url, own.token)), time.perf_counter(), len(documents) // 2
    with tqdm(total=len(documents), unit=" tasks", desc="pushing") as bar:

        def report(count: int) -> None:
            if bar.n < half <= bar.n + count:
                own.kill()
            bar.update(count)

        try:
            push_documents(server, project, documents, model_version="v1", report=report)
        except ServerError as error:
            print(f"as meant: {error}")
        own.start()
        push_documents(server, project, documents, model_version="v1", report=report)
        assert push_documents(server, project, documents, model_version="v1") == 0
    assert list(list_pushed(server, project)) == [document.id for document in documents]
    tell(f"{len(documents)} tasks pushed, the server killed at {half}", began)


def pull(own: OwnServer, project: Project, documents: list[Document], folder: Path) -> None:
    """Pull half, kill the server, start it, pull again, and check that each annotation comes back once and whole."""
    server, schema = Server(Connection(own.url, own.token)), Schema.load()

    def break_off(tasks: Iterable[Pulled]) -> Iterator[Pulled]:
        for number, task in enumerate(tasks):
            if number == len(documents) // 2:
                own.kill()
            yield task

    try:
        write_pulled(folder, break_off(pull_tasks(server, project, schema, PullCounts())), PullCounts())
    except ServerError as error:
        print(f"as meant: {error}")
    assert not folder.exists()
    own.start()
    began, counts = time.perf_counter(), PullCounts()
    tasks = tqdm(pull_tasks(server, project, schema, counts), total=len(documents), unit=" tasks", desc="pulling")
    write_pulled(folder, tasks, counts)
    tell(f"{counts.annotations} annotations pulled, after the server was killed at half", began)
    (file,) = folder.glob("annotator-*.jsonl")
    again = read_corpus(file, schema)
    assert [document.id for document in again] == [document.id for document in documents]
    for before, after in zip(documents, again, strict=True):
        assert [(e.label, e.start, e.end) for e in before.entities] == [
            (e.label, e.start, e.end) for e in after.entities
        ]
        assert {(r.label, r.head, r.tail) for r in before.relations} == {
            (r.label, r.head, r.tail) for r in after.relations
        }
    print("nothing lost, nothing twice")


def main() -> None:
    """Measure both ways."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--server", type=Path, default=ROOT / ".venv-labelstudio" / "bin" / "label-studio")
    options = parser.parse_args()
    documents = make_tasks(options.tasks)
    with TemporaryDirectory() as name:
        own = OwnServer(options.server, Path(name))
        began = time.perf_counter()
        own.start()
        try:
            tell("server started", began)
            project, _ = set_up(Server(Connection(own.url, own.token)), "benchmark", schema=Schema.load())
            push(own, project, documents)
            client, began = LabelStudio(base_url=own.url, api_key=own.token, timeout=3600), time.perf_counter()
            client.actions.create(
                id="predictions_to_annotations",
                project=project.number,
                selected_items={"all": True, "excluded": []},
                request_options={"max_retries": 0},
            )
            tell("annotated by the server itself", began)
            pull(own, project, documents, Path(name) / "pulled")
        finally:
            own.kill()


if __name__ == "__main__":
    main()
