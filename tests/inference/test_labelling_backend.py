"""Label Studio's machine-learning backend interface, served in this process and by a real server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient

from thaigov_events.annotations import Schema
from thaigov_events.annotations.label_studio import read_predictions
from thaigov_events.annotations.labelling_config import build_config
from thaigov_events.annotations.labelling_connection import authorisation
from thaigov_events.annotations.labelling_count import Submitted
from thaigov_events.inference import Extractor
from thaigov_events.inference.cli import main
from thaigov_events.inference.labelling_backend import Counter, Engine, build_application
from thaigov_events.inference.labelling_payloads import MOST_TASKS
from thaigov_events.models.bundle import released_folder
from thaigov_events.models.version import name_version

USER, PASSWORD = "label-studio", "ลับมาก-1"
TEXT = "😀 นายสมชาย  ใจงาม ผู้ว่าราชการจังหวัดตราด\nเป็นประธานการประชุมคณะกรมการจังหวัด ครั้งที่ 3/2566"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(released_folder(), threads=1)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def counter(tmp_path: Path, told: list[str]) -> Counter:
    return Counter(tmp_path / "new.json", needed=3, tell=told.append)


@pytest.fixture
def client(engine: Engine, counter: Counter) -> Iterator[TestClient]:
    application = build_application(engine, counter, user=USER, password=PASSWORD, largest=100_000)
    with TestClient(application, headers={"Authorization": authorisation(USER, PASSWORD)}) as client:
        yield client


def ask(schema: Schema, *texts: str, **other: Any) -> dict[str, Any]:
    """Return what Label Studio 1.23 sends for predictions."""
    tasks = [
        {"id": number, "data": {"text": text, "id": f"a-{number}", "source": ""}, "annotations": [], "meta": {}}
        for number, text in enumerate(texts, 1)
    ]
    params = {"login": None, "password": None, "context": None}
    return {"tasks": tasks, "project": "1.1700000000", "label_config": build_config(schema), "params": params} | other


def test_predictions_are_those_of_the_engine(client: TestClient, schema: Schema) -> None:
    answer = client.post("/predict", json=ask(schema, TEXT, "ไม่มีอะไร", ""))
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert len(results) == 3
    expected = Extractor.load(threads=1)(TEXT).document
    assert len(expected.entities) >= 4 and expected.relations
    task = {"id": 1, "data": {"text": TEXT, "id": "article"}, "predictions": results[:1]}
    (predicted,) = read_predictions(task, schema)
    assert predicted.document == expected
    assert predicted.model_version == name_version(released_folder())
    assert results[2]["result"] == []


def test_label_studio_itself_takes_the_predictions(client: TestClient, schema: Schema) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(build_config(schema))
    (result,) = client.post("/predict", json=ask(schema, TEXT)).json()["results"]
    assert interface.validate_prediction(result, return_errors=True) == []


def test_health_and_setup_name_the_model(client: TestClient, schema: Schema) -> None:
    assert client.get("/health").json() == {"status": "UP", "model_version": name_version(released_folder())}
    payload = {"project": "1.17", "schema": build_config(schema), "hostname": "http://localhost:8080"}
    payload |= {"access_token": "geheim-token", "extra_params": None}  # type: ignore[dict-item]
    answer = client.post("/setup", json=payload)
    assert answer.json() == {"model_version": name_version(released_folder())}


@pytest.mark.parametrize("route", ["/health", "/setup", "/predict", "/webhook", "/docs"])
@pytest.mark.parametrize("header", [None, "", "Basic", "Bearer x", authorisation(USER, "ลับมาก-2"), "Basic \xff"])
def test_without_the_password_nothing_answers(client: TestClient, route: str, header: str | None) -> None:
    client.headers.pop("authorization")
    headers = [] if header is None else [("Authorization", header.encode("latin-1"))]
    method = "GET" if route in ("/health", "/docs") else "POST"
    answer = client.request(method, route, headers=headers, content=b"{" if method == "POST" else None)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_basic_authentication_is_what_clients_make_of_user_and_password(client: TestClient) -> None:
    client.headers.pop("authorization")
    assert client.get("/health", auth=(USER, PASSWORD)).status_code == 200
    assert client.get("/health", auth=("other", PASSWORD)).status_code == 401


def drop(payload: dict[str, Any], *path: str | int) -> dict[str, Any]:
    payload = json.loads(json.dumps(payload))
    place: Any = payload
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return payload


def put(payload: dict[str, Any], value: Any, *path: str | int) -> dict[str, Any]:
    payload = json.loads(json.dumps(payload))
    place: Any = payload
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return payload


def test_bad_payloads_are_refused_with_the_field(
    engine: Engine, counter: Counter, schema: Schema, told: list[str]
) -> None:
    good = ask(schema, TEXT)
    config = build_config(schema)
    cases: list[tuple[str, Any, str]] = [
        ("/predict", drop(good, "tasks"), "tasks"),
        ("/predict", put(good, {"id": 1}, "tasks"), "tasks"),
        ("/predict", drop(good, "tasks", 0, "id"), "tasks.0.id"),
        ("/predict", put(good, "1", "tasks", 0, "id"), "tasks.0.id"),
        ("/predict", drop(good, "tasks", 0, "data"), "tasks.0.data"),
        ("/predict", drop(good, "tasks", 0, "data", "text"), "tasks.0.data.text"),
        ("/predict", put(good, 7, "tasks", 0, "data", "text"), "tasks.0.data.text"),
        ("/predict", put(good, "ก\ud800", "tasks", 0, "data", "text"), "tasks.0.data.text"),
        ("/predict", put(good, good["tasks"] * (MOST_TASKS + 1), "tasks"), "tasks"),
        ("/predict", drop(good, "label_config"), "label_config"),
        ("/predict", put(good, config.replace("PERSON", "HUMAN"), "label_config"), "label_config"),
        ("/predict", [1], "body"),
        ("/setup", {"project": "1.1"}, "schema"),
        ("/setup", {"schema": "<View/>"}, "schema"),
        ("/webhook", {}, "action"),
        ("/webhook", {"action": 3}, "action"),
        ("/webhook", {"action": "ANNOTATION_CREATED"}, "annotation"),
        ("/webhook", {"action": "ANNOTATION_CREATED", "annotation": {"id": "x"}}, "annotation"),
        ("/webhook", {"action": "ANNOTATIONS_DELETED"}, "annotations"),
    ]
    application = build_application(engine, counter, user=USER, password=PASSWORD)
    with TestClient(application, headers={"Authorization": authorisation(USER, PASSWORD)}) as roomy:
        for route, payload, field in cases:
            # escaped, as Label Studio writes it
            content, kind = json.dumps(payload), {"Content-Type": "application/json"}
            answer = roomy.post(route, content=content, headers=kind)
            assert answer.status_code == 422, (route, field, answer.text)
            fields = [item["field"] for item in answer.json()["detail"]]
            assert any(name == field or name.startswith(field + ".") for name in fields), (route, field, fields)
    assert any("lacks the labels PERSON" in line for line in told)


def test_a_refusal_does_not_repeat_what_was_sent(client: TestClient) -> None:
    answer = client.post("/setup", json={"schema": 3, "access_token": "geheim-token"})
    assert answer.status_code == 422
    assert "geheim" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'"text"'])
def test_what_is_no_json_object_is_refused(client: TestClient, content: bytes) -> None:
    answer = client.post("/predict", content=content, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"]


def test_the_size_of_a_request_is_limited(client: TestClient, schema: Schema) -> None:
    answer = client.post("/predict", json=ask(schema, "ก" * 100_000))
    assert answer.status_code == 413
    assert "fewer tasks" in answer.text
    chunks = (b"x" for _ in range(3))
    assert client.post("/predict", content=chunks).status_code == 411


def test_webhooks_count_annotations_and_tell_once(client: TestClient, counter: Counter, told: list[str]) -> None:
    def send(action: str, **fields: Any) -> dict[str, Any]:
        answer = client.post("/webhook", json={"action": action, "project": {"id": 1}, **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    assert send("PROJECT_UPDATED") == {"new": 0, "needed": 3, "due": False}
    assert send("START_TRAINING")["new"] == 0
    one = {"id": 11, "was_cancelled": False, "result": [], "task": 5, "completed_by": 1}
    assert send("ANNOTATION_CREATED", annotation=one, task={"id": 5})["new"] == 1
    assert send("ANNOTATION_UPDATED", annotation=one)["new"] == 1
    assert send("ANNOTATION_CREATED", annotation=one | {"id": 12, "was_cancelled": True})["new"] == 1
    assert not told
    assert send("ANNOTATIONS_CREATED", annotation=[one | {"id": 13}, one | {"id": 14}])["due"]
    assert send("ANNOTATION_CREATED", annotation=one | {"id": 15})["new"] == 4
    assert len(told) == 1 and "make annotation-round" in told[0]
    assert send("ANNOTATIONS_DELETED", annotations=[{"id": 13}, {"id": 14}, {"id": 99}])["new"] == 2
    assert send("ANNOTATION_UPDATED", annotation=one | {"was_cancelled": True})["new"] == 1
    assert Submitted.load(counter.path).annotations == {15}
    send("ANNOTATIONS_CREATED", annotation=[one | {"id": 16}, one | {"id": 17}])
    assert len(told) == 2, "it is due again"


def test_webhooks_that_come_at_once_are_all_counted(counter: Counter) -> None:
    threads = [threading.Thread(target=counter.update, kwargs={"added": [n]}) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Submitted.load(counter.path).annotations == set(range(40))


def test_a_swapped_model_is_served_without_a_restart(tmp_path: Path, counter: Counter, schema: Schema) -> None:
    model = tmp_path / "model"
    shutil.copytree(released_folder(), model)
    engine = Engine(model, threads=1)
    first = engine.describe()[0]
    model.rename(tmp_path / "old")
    assert engine.describe()[0] == first, "in the middle of a swap the open model serves"
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "old", other)
    (other / "SHA256SUMS").write_text("another\n")
    other.rename(model)
    application = build_application(engine, counter, user=USER, password=PASSWORD)
    with TestClient(application, headers={"Authorization": authorisation(USER, PASSWORD)}) as client:
        (result,) = client.post("/predict", json=ask(schema, TEXT)).json()["results"]
        assert result["model_version"] == name_version(model) != first
        shutil.rmtree(model)
        shutil.copytree(tmp_path / "old", model)
        (model / "SHA256SUMS").write_text("damaged\n")
        (model / "encoder.onnx").write_bytes(b"no graph")
        answer = client.post("/predict", json=ask(schema, TEXT))
        assert answer.status_code == 503
        assert "damaged" in answer.text


def test_no_password_no_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LABEL_STUDIO_BACKEND_PASSWORD", raising=False)
    assert main(["labelstudio", "backend", "--count", str(tmp_path / "new.json")]) == 1
    assert "LABEL_STUDIO_BACKEND_PASSWORD" in capsys.readouterr().err
    (tmp_path / "empty").write_text("\n")
    assert main(["labelstudio", "backend", "--password-file", str(tmp_path / "empty")]) == 1
    assert "no password" in capsys.readouterr().err
    with pytest.raises(ValueError, match="colon"):
        authorisation("a:b", "c")


def test_the_command_line_does_without_fastapi() -> None:
    program = (
        "import sys, thaigov_events.inference.cli; print([m for m in ('fastapi', 'pydantic') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"


def test_a_real_server_answers_and_keeps_secrets(tmp_path: Path, schema: Schema) -> None:
    """The verb as a process: what Label Studio sends over the wire, and nothing secret in what is printed."""
    import httpx2 as httpx  # Starlette's test client comes with it

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "thaigov_events.inference.cli", "labelstudio", "backend", "--threads", "1"]
    command += ["--port", str(port), "--password-file", str(tmp_path / "password"), "--needed", "1"]
    command += ["--count", str(tmp_path / "new.json")]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=(USER, PASSWORD), timeout=60) as client:
            for _ in range(300):
                try:
                    assert client.get("/health").json()["status"] == "UP"
                    break
                except httpx.TransportError:
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    time.sleep(0.1)
            else:
                pytest.fail((tmp_path / "log").read_text())
            answers = [client.post("/predict", json=ask(schema, TEXT)).json() for _ in range(2)]
            assert answers[0] == answers[1]
            assert answers[0]["results"][0]["result"]
            payload = {"action": "ANNOTATION_CREATED", "annotation": {"id": 5, "was_cancelled": False}}
            assert client.post("/webhook", json=payload).json() == {"new": 1, "needed": 1, "due": True}
            setup = {"schema": build_config(schema), "access_token": "geheim-token"}
            assert client.post("/setup", json=setup).status_code == 200
            refused = client.post("/webhook", json=payload, auth=("x", "y"))
            assert refused.status_code == 401
            with pytest.raises(httpx.TransportError):
                httpx.get(f"http://127.0.0.2:{port}/health", timeout=5)
    finally:
        process.terminate()
        process.wait(20)
    log_text = (tmp_path / "log").read_text("utf-8")
    assert "run `make annotation-round`" in log_text
    assert "geheim" not in log_text and PASSWORD not in log_text
    assert Submitted.load(tmp_path / "new.json").annotations == {5}
