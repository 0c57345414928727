"""The model in the loop of a real Label Studio server: it proposes for a task that is opened, and hears of what is submitted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from thaigov_events.annotations import Schema
from thaigov_events.annotations.label_studio import read_predictions
from thaigov_events.annotations.labelling_config import build_config
from thaigov_events.annotations.labelling_count import Submitted
from thaigov_events.inference import Extractor
from thaigov_events.inference.labelling_backend import authorisation
from thaigov_events.models.bundle import released_folder
from thaigov_events.models.version import name_version

pytestmark = pytest.mark.slow  # starting the server takes a third of a minute, on a busy machine a whole one

USER, PASSWORD = "label-studio", "nicht-erraten"
TEXT = "😀 นายสมชาย ใจงาม  ผู้ว่าราชการจังหวัดตราด\nเป็นประธานการประชุมคณะกรมการจังหวัด ครั้งที่ 3/2566"


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[str]:
    """The verb as a process; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "thaigov_events.inference.cli", "labelstudio", "backend", "--threads", "1"]
    command += ["--port", str(port), "--count", str(tmp_path / "new.json"), "--needed", "2"]
    with (tmp_path / "log").open("wb") as log:
        environment = os.environ | {"LABEL_STUDIO_BACKEND_PASSWORD": PASSWORD}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        wait_for(lambda: can_connect(port), 240)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
    assert PASSWORD not in (tmp_path / "log").read_text("utf-8")


def can_connect(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(condition: Callable[[], Any], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, condition
        time.sleep(0.2)


def attach(client: Any, project: int, backend: str) -> None:
    """Connect the backend; Label Studio waits a second for its health, so a busy machine may need several tries."""
    from label_studio_sdk.core.api_error import ApiError

    for tries in range(10):
        try:
            client.ml.create(
                url=backend, project=project, title="thaigov-events", auth_method="BASIC_AUTH",
                basic_auth_user=USER, basic_auth_pass=PASSWORD,
            )  # fmt: skip
            return
        except ApiError as error:
            assert tries < 9, error.body
            time.sleep(2)


def test_opening_a_task_shows_fresh_predictions_and_submitting_it_counts(
    label_studio: Any, backend: str, schema: Schema, tmp_path: Path
) -> None:
    from label_studio_sdk import LabelStudio

    client = LabelStudio(base_url=label_studio.url, api_key=label_studio.token)
    project = client.projects.create(title="loop", label_config=build_config(schema), show_collab_predictions=True).id
    # before the backend, since Label Studio else makes a webhook of its own for it, without the header
    client.webhooks.create(
        url=f"{backend}/webhook", project=project, headers={"Authorization": authorisation(USER, PASSWORD)},
        send_payload=True, send_for_all_actions=True, is_active=True,
    )  # fmt: skip
    attach(client, project, backend)
    assert len(list(client.webhooks.list(project=project))) == 1
    client.projects.import_tasks(project, request=[{"data": {"id": "a-1", "text": TEXT, "source": ""}}])
    (number,) = [task.id for task in client.tasks.list(project=project)]
    http = client._client_wrapper.httpx_client

    def open_task() -> Any:
        return http.request(f"api/tasks/{number}/", method="GET").json()

    wait_for(lambda: open_task()["predictions"], 120)
    (predicted,) = read_predictions(open_task(), schema)
    expected = Extractor.load(threads=1)(TEXT, id="a-1").document
    assert predicted.document == expected and expected.relations
    assert predicted.model_version == name_version(released_folder())
    task = open_task()
    annotation = client.annotations.create(number, result=task["predictions"][0]["result"]).id
    wait_for(lambda: Submitted.load(tmp_path / "new.json").annotations == {annotation}, 60)
    skipped = client.annotations.create(number, result=[], was_cancelled=True).id
    second = client.annotations.create(number, result=task["predictions"][0]["result"]).id
    wait_for(lambda: len(Submitted.load(tmp_path / "new.json")) == 2, 60)
    assert Submitted.load(tmp_path / "new.json").annotations == {annotation, second} != {skipped}
    wait_for(lambda: "2 new annotations are in" in (tmp_path / "log").read_text("utf-8"), 10)
    client.annotations.delete(second)
    wait_for(lambda: Submitted.load(tmp_path / "new.json").annotations == {annotation}, 60)


def test_a_wrong_password_and_a_strange_project_are_refused_by_name(
    label_studio: Any, backend: str, schema: Schema
) -> None:
    from label_studio_sdk import LabelStudio
    from label_studio_sdk.core.api_error import ApiError

    client = LabelStudio(base_url=label_studio.url, api_key=label_studio.token)
    project = client.projects.create(title="wrong", label_config=build_config(schema)).id
    with pytest.raises(ApiError) as caught:
        client.ml.create(
            url=backend, project=project, auth_method="BASIC_AUTH", basic_auth_user=USER, basic_auth_pass="falsch"
        )
    assert "authentication parameters" in str(caught.value.body)
    config = (
        "<View><Labels name='label' toName='text'><Label value='X'/></Labels><Text name='text' value='$text'/></View>"
    )
    other = client.projects.create(title="strange", label_config=config).id
    with pytest.raises(ApiError) as caught:
        client.ml.create(
            url=backend, project=other, auth_method="BASIC_AUTH", basic_auth_user=USER, basic_auth_pass=PASSWORD
        )
    assert "422" in str(caught.value.body)
