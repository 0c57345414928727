"""The connection to a Label Studio server: where it is, the token that opens it, and its answers as plain JSON."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

URL_VARIABLE, TOKEN_VARIABLE = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"

# Nothing is sent twice of itself: an import that the server finished, but could not confirm, would stand there twice.
_ONCE: Any = {"max_retries": 0}
_TIMEOUT = 120.0  # seconds; a page of long articles takes a busy server some
_INSTALL = "Label Studio needs its client: pip install 'thaigov-events[labelstudio]'"


class ServerError(ValueError):
    """The server cannot be reached, or refused a request; the message names it, the reason and the mend."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A server's address and a token: a personal access token, or a legacy one where the server still takes those.

    The token is in no representation and no message.

    Raises:
        ServerError: when the address is none, or the token holds what no token does.
    """

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            known = False
        if not known:
            raise ServerError("the server's URL is none; write it like http://127.0.0.1:8080")
        if parts.username is not None or parts.query or parts.fragment:
            raise ServerError(
                f"the URL of {parts.hostname} holds more than scheme, host, port and path; the token goes apart"
            )
        # Else the client's complaint about a header would show the token.
        if not self.token or not self.token.isascii() or not self.token.isprintable() or " " in self.token:
            raise ServerError(f"the token for {self.url} is empty or holds white space or other strange characters")
        object.__setattr__(self, "url", self.url.rstrip("/") + "/")


def find_connection(
    *,
    url: str | None = None,
    token_file: Path | None = None,
    config: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Connection:
    """Return the connection that is given, else that of the environment, else that of the configuration file.

    Args:
        url: The server's address.
        token_file: A file that holds the token alone. The token itself is no argument, since others see those.
        config: A TOML file with `url` and `token`; by default `labelstudio.toml` in the user's folder for settings.
        environment: May hold `LABEL_STUDIO_URL` and `LABEL_STUDIO_API_KEY`.

    Raises:
        ServerError: when either is nowhere, or a file with the token is open to other users.
        OSError: when a file cannot be read.
    """
    url = url or environment.get(URL_VARIABLE)
    token = _read_private(token_file).strip() if token_file else environment.get(TOKEN_VARIABLE)
    path = config or default_config()
    if (not url or not token) and (config or path.is_file()):
        settings = _read_config(path)
        url, token = url or settings.get("url"), token or settings.get("token")
    for value, name, option, variable in (
        (url, "URL", "--url", URL_VARIABLE),
        (token, "token", "--token-file", TOKEN_VARIABLE),
    ):
        if not value:
            raise ServerError(f"no {name} of a Label Studio server: give {option}, set {variable}, or write {path}")
    return Connection(str(url), str(token))


def default_config() -> Path:
    """Return the path of the configuration file in the user's folder for settings."""
    try:
        from platformdirs import user_config_path
    except ImportError as error:
        raise ModuleNotFoundError(_INSTALL) from error
    return Path(user_config_path("thaigov-events", appauthor=False)) / "labelstudio.toml"


def _read_config(path: Path) -> dict[str, str]:
    try:
        settings = tomllib.loads(_read_private(path))
    except tomllib.TOMLDecodeError as error:
        raise ServerError(f"{path}: not TOML: {error}") from None
    for name, value in settings.items():
        if name not in ("url", "token") or not isinstance(value, str):
            raise ServerError(f'{path}: {name}: only url = "…" and token = "…" stand here')
    return settings


def _read_private(path: Path) -> str:
    """Read a file with a token, which no other user may read."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ServerError(f"{path}: holds a token, but other users may open it; chmod 600 {path}")
    return path.read_text("utf-8")


class Server:
    """A Label Studio server: its projects, and their tasks as the JSON that the server gave.

    The client's own task classes are not used: they change what they do not know.

    Raises:
        ServerError: of every method, when the server cannot be reached or refuses.
    """

    def __init__(self, connection: Connection) -> None:
        try:
            import httpx
            from label_studio_sdk import LabelStudio
        except ImportError as error:
            raise ModuleNotFoundError(_INSTALL) from error
        self.url = connection.url
        with self._speak("sign in"):
            # no redirect is followed, since it would take the token along
            http = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
            self._client: LabelStudio = LabelStudio(
                base_url=connection.url, api_key=connection.token, httpx_client=http, timeout=_TIMEOUT
            )

    def find_project(self, name: str) -> dict[str, Any] | None:
        """Return the project of this number or title, or None; the title must be the only such."""
        if name.isdecimal():
            return self._get_project(int(name))
        number, found = 1, []
        while True:
            page = self._get("api/projects/", title=name, page=number, page_size=100)
            found += [project["id"] for project in page["results"] if project["title"] == name]
            if not page.get("next"):
                break
            number += 1
        if len(found) > 1:
            raise ServerError(f"{self.url}: {len(found)} projects are called {name!r}: {found}; name one by its number")
        return self._get_project(found[0]) if found else None

    def create_project(self, **settings: Any) -> int:
        """Create a project; return its number."""
        with self._speak("create a project"):
            return int(self._client.projects.create(**settings, request_options=_ONCE).id)

    def update_project(self, project: int, **settings: Any) -> None:
        """Change settings of a project."""
        with self._speak(f"update project {project}"):
            self._client.projects.update(project, **settings)

    def import_tasks(self, project: int, tasks: Sequence[dict[str, Any]]) -> None:
        """Create tasks with their predictions, all or none of them, in one request that is not repeated."""
        with self._speak(f"import {len(tasks)} tasks into project {project}"):
            answer = self._client.projects.import_tasks(project, request=tasks, request_options=_ONCE)
            if answer.task_count != len(tasks):
                raise ServerError(
                    f"{self.url}: {len(tasks)} tasks were sent to project {project}, {answer.task_count} taken"
                )

    def import_predictions(self, project: int, predictions: Sequence[dict[str, Any]]) -> None:
        """Add predictions, each with the number of its `task`, in one request that is not repeated."""
        with self._speak(f"import {len(predictions)} predictions into project {project}"):
            self._client.projects.import_predictions(project, request=predictions, request_options=_ONCE)

    def list_backends(self, project: int) -> list[str]:
        """Return the titles of a project's machine-learning backends."""
        with self._speak(f"list the backends of project {project}"):
            return [str(backend.title) for backend in self._client.ml.list(project=project)]

    def connect_backend(self, project: int, url: str, *, title: str, user: str, password: str) -> bool:
        """Connect a machine-learning backend, or give it this user and password; return whether it is new.

        The server asks for its health first, and refuses one that does not answer.
        """
        settings = {"auth_method": "BASIC_AUTH", "basic_auth_user": user, "basic_auth_pass": password}
        with self._speak(f"connect {url} to project {project}"):
            known = [backend for backend in self._client.ml.list(project=project) if backend.url == url]
            for backend in known:
                self._client.ml.update(backend.id, project=project, url=url, title=title, **settings)
            if not known:
                self._client.ml.create(project=project, url=url, title=title, **settings, request_options=_ONCE)
        return not known

    def connect_webhook(self, project: int, url: str, *, headers: Mapping[str, str]) -> bool:
        """Let all that happens in a project be told to an address, with its content; return whether that is new."""
        settings: dict[str, Any] = {
            "headers": dict(headers), "send_payload": True, "send_for_all_actions": True, "is_active": True,
        }  # fmt: skip
        with self._speak(f"add the webhook {url} to project {project}"):
            known = [webhook for webhook in self._client.webhooks.list(project=str(project)) if webhook.url == url]
            for webhook in known:
                self._client.webhooks.update(webhook.id, url=url, **settings)
            if not known:
                self._client.webhooks.create(project=project, url=url, **settings, request_options=_ONCE)
        return not known

    def iterate_tasks(self, project: int, *, annotated: bool = False, page_size: int = 100) -> Iterator[dict[str, Any]]:
        """Yield a project's tasks in order of their numbers, page by page, as the server gives them.

        A task has `id`, `data` and `meta`; if `annotated`, also all `annotations`, `draft_exists` and
        `predictions_model_versions`. What others add or delete meanwhile makes no other task come twice or not at all.
        """
        # what a page would cost the server, and this program's memory, without being used
        unused = "predictions,predictions_results,annotations_results,storage_filename,drafts"
        wanted = {"fields": "all", "omit": unused} if annotated else {"include": "id,data,meta"}
        last = 0
        while True:
            after = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}
            query = json.dumps({"filters": {"conjunction": "and", "items": [after]}})
            page = self._get(
                "api/tasks/", project=project, query=query, page_size=page_size, resolve_uri=False, **wanted
            )
            yield from page["tasks"]
            if len(page["tasks"]) < page_size:
                break
            last = page["tasks"][-1]["id"]

    def _get_project(self, number: int) -> dict[str, Any] | None:
        found = self._get("api/projects/", ids=number)["results"]
        return dict(self._get(f"api/projects/{number}/")) if found else None

    def _get(self, path: str, **parameters: Any) -> Any:
        with self._speak(f"read {path}"):
            http = self._client._client_wrapper.httpx_client  # its typed methods would not give plain JSON
            answer = http.request(path, method="GET", params=parameters)
            if not answer.is_success:
                is_json = answer.headers.get("content-type", "").startswith("application/json")
                raise ServerError(self._explain(f"read {path}", answer.status_code, answer.json() if is_json else None))
            return answer.json()

    @contextmanager
    def _speak(self, what: str) -> Iterator[None]:
        """Turn the client's errors into our own, which show neither headers nor the token."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        try:
            yield
        except ApiError as error:
            message = self._explain(what, error.status_code, error.body)
        except httpx.HTTPError as error:
            message = f"{self.url}: cannot {what}: {error or type(error).__name__}; is the server running there?"
        except ServerError:
            raise
        except ValueError as error:
            message = f"{self.url}: cannot {what}: no answer of Label Studio ({type(error).__name__}); is it there?"
        else:
            return
        raise ServerError(message) from None  # what was caught may hold the token

    def _explain(self, what: str, status: int | None, body: object) -> str:
        told = (body.get("validation_errors") or body.get("detail") or body) if isinstance(body, dict) else "no JSON"
        mend = {
            301: "; it has moved, give its real URL",
            302: "; it has moved, give its real URL",
            401: "; the token is wrong, expired, or of a kind that the server does not take: make one under "
            "Account & Settings, Personal Access Token",
            403: "; the token's user may not do that",
            404: "; there is none such, or the URL's path is wrong",
        }.get(status or 0, "")
        return f"{self.url}: cannot {what}: {status}, {told!s:.500}{mend}"
