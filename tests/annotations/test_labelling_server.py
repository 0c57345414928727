"""Where the address and the token come from, and that the token goes nowhere else."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.annotations.labelling_server import Connection, Server, ServerError, find_connection

TOKEN = "geheim-0123456789abcdef"
NOWHERE = {"LABEL_STUDIO_URL": "", "LABEL_STUDIO_API_KEY": ""}


def write_private(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_options_come_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    config = write_private(tmp_path / "c.toml", f'url = "http://file.invalid"\ntoken = "{TOKEN}-file"\n')
    token_file = write_private(tmp_path / "token", f"{TOKEN}-option\n")
    environment = {"LABEL_STUDIO_URL": "http://variable.invalid/ls/", "LABEL_STUDIO_API_KEY": f"{TOKEN}-variable"}
    for given, url, token in (
        ({"environment": NOWHERE}, "http://file.invalid/", "file"),
        ({"environment": environment}, "http://variable.invalid/ls/", "variable"),
        ({"environment": environment, "token_file": token_file}, "http://variable.invalid/ls/", "option"),
        ({"environment": environment, "url": "https://option.invalid:1"}, "https://option.invalid:1/", "variable"),
    ):
        found = find_connection(config=config, **given)
        assert (found.url, found.token) == (url, f"{TOKEN}-{token}")
        assert TOKEN not in repr(found) and TOKEN not in f"{found}"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such permissions")
def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = write_private(tmp_path / "token", TOKEN)
    path.chmod(0o640)
    with pytest.raises(ServerError, match="chmod 600") as caught:
        find_connection(url="http://a.invalid", token_file=path, environment=NOWHERE)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("url = 1", "c.toml: url: only"),
        ("tokem = 'x'", "c.toml: tokem: only"),
        ("url", "not TOML"),
        ("", "no URL of a"),
    ],
)
def test_a_bad_file_names_itself(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ServerError, match=told):
        find_connection(config=write_private(tmp_path / "c.toml", text), environment=NOWHERE)


@pytest.mark.parametrize("url", ["", "127.0.0.1", "ftp://a.invalid", f"http://user:{TOKEN}@a.invalid", "http://a:x",
                                 f"http://a.invalid/?token={TOKEN}", "http://"])  # fmt: skip
def test_what_is_no_address_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ServerError) as caught:
        Connection(url, "x")
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("token", ["", f"{TOKEN}\n", f"{TOKEN} x", f"{TOKEN}ก", f"{TOKEN}\x00"])
def test_a_strange_token_is_refused_without_telling_it(token: str) -> None:
    with pytest.raises(ServerError) as caught:
        Connection("http://a.invalid", token)
    assert TOKEN not in str(caught.value)


class Answers(BaseHTTPRequestHandler):
    status, body, kind, asked = 200, b"{}", "application/json", list[tuple[str, str]]()

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[type[Answers]]:
    class Own(Answers):
        asked: list[tuple[str, str]] = []  # noqa: RUF012

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Own.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield Own
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (401, b'{"detail": "Invalid token."}', "application/json", "401, Invalid token.; the token is wrong, expired"),
        (302, b"<html>", "text/html", "302, no JSON; it has moved"),
        (404, b"<html>", "text/html", "404, no JSON; there is none such, or the URL"),
        (200, b"<html>", "text/html", "no answer of Label Studio"),
    ],
)
def test_refusals_are_told_with_their_mend(answers: Any, status: int, body: bytes, kind: str, told: str) -> None:
    pytest.importorskip("label_studio_sdk", reason="no client: pip install 'thaigov-events[labelstudio]'")
    answers.status, answers.body, answers.kind = status, body, kind
    with pytest.raises(ServerError, match=told) as caught:
        Server(Connection(answers.url, TOKEN)).find_project("x")
    assert TOKEN not in str(caught.value) and answers.asked[0][1] == f"Token {TOKEN}"
    assert len(answers.asked) == 1, "no redirect is followed"


def test_two_projects_of_one_title_are_an_error_and_titles_are_whole(answers: Any) -> None:
    pytest.importorskip("label_studio_sdk", reason="no client: pip install 'thaigov-events[labelstudio]'")
    server = Server(Connection(answers.url, TOKEN))
    answers.body = json.dumps(
        {"next": None, "results": [{"id": 1, "title": "news"}, {"id": 2, "title": "news"}]}
    ).encode()
    with pytest.raises(ServerError, match=r"2 projects are called 'news': \[1, 2\]"):
        server.find_project("news")
    assert server.find_project("new") is None
