"""The model in a project of Label Studio: the backend that proposes, and the webhook that tells it of annotations."""

from __future__ import annotations

from base64 import b64encode

from thaigov_events.annotations.labelling_project import Project
from thaigov_events.annotations.labelling_server import Server

TITLE = "thaigov-events"


def connect_backend(server: Server, project: Project, url: str, *, user: str, password: str) -> str:
    """Connect the backend at this address, or give what is connected this user and password; tell which.

    Raises:
        ServerError: when the server cannot reach the backend, or is refused by it.
        ValueError: when user or password are unfit.
    """
    url = url.rstrip("/")
    headers = {"Authorization": authorisation(user, password)}
    # The webhook first: where there is none, Label Studio makes one for a backend, without the header.
    server.connect_webhook(project.number, f"{url}/webhook", headers=headers)
    is_new = server.connect_backend(project.number, url, title=TITLE, user=user, password=password)
    return "connected" if is_new else "updated"


def authorisation(user: str, password: str) -> str:
    """Return the value of the `Authorization` header, which a webhook needs.

    Raises:
        ValueError: when the user is empty or has a colon, or the password is empty.
    """
    if not user or ":" in user or not password:
        raise ValueError("the backend needs a user without a colon, and a password")
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
