"""The service: answers, limits, token, counts, and a real process under load and at its end."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.annotations import Document, Entity, read_corpus
from thaigov_events.inference import Article, Extraction, Extractor
from thaigov_events.inference.articles import Failure
from thaigov_events.inference.batcher import Batcher, OverloadError, extract_apart
from thaigov_events.inference.cli import main
from thaigov_events.inference.serve_command import is_loopback

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("prometheus_client", reason="needs the extra serve")
pytest.importorskip("httpx2", reason="TestClient needs httpx2")

from fastapi.testclient import TestClient

from thaigov_events.inference.service import create_app
from thaigov_events.inference.service_requests import Limits

SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"
TOKEN = "a-token-of-the-tests"


class WordExtractor(Extractor):
    """Marks the first character of each text; fails on those with `poison`; waits at a gate that may be shut."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[str]] = []

    def extract(self, articles: Any) -> Iterator[Extraction]:
        taken = list(articles)
        self.batches.append([article.id for article in taken])
        assert self.gate.wait(30)
        for article in taken:
            if "poison" in article.text:
                raise ZeroDivisionError("poison")
            yield Extraction.tell(Document(article.id, article.text, (Entity("T1", "EVENT", 0, 1, 0.9),)))


def write_articles(count: int) -> list[Article]:
    return [Article(f"a{k}", f"การประชุม {k}") for k in range(count)]


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@contextmanager
def serve(extractor: Extractor, *, token: str | None = None, **limits: Any) -> Iterator[TestClient]:
    with TestClient(create_app(extractor, limits=Limits(**limits), token=token)) as client:
        yield client


# The queue


def test_what_waits_is_read_together_and_in_order() -> None:
    extractor = WordExtractor()
    extractor.gate.clear()
    articles = write_articles(8)
    with Batcher(extractor, capacity=10, batch=4) as batcher:
        (first,) = batcher.submit(articles[:1])
        wait_until(lambda: extractor.batches)  # the engine is busy with it
        later = [future for article in articles[1:] for future in batcher.submit([article])]
        assert batcher.waiting == 7
        with pytest.raises(OverloadError, match="ask again in"):
            batcher.submit(write_articles(4))
        assert batcher.waiting == 7  # all or none
        assert later[2].cancel()
        extractor.gate.set()
        assert first.result(30) == next(WordExtractor().extract(articles[:1]))
        assert [future.result(30).document.id for future in later if not future.cancelled()] == [
            "a1", "a2", "a4", "a5", "a6", "a7",
        ]  # fmt: skip
    assert extractor.batches == [["a0"], ["a1", "a2", "a4", "a5"], ["a6", "a7"]]


def test_leaving_answers_what_waits_and_takes_no_more() -> None:
    extractor = WordExtractor()
    extractor.gate.clear()
    with Batcher(extractor, capacity=10, batch=2) as batcher:
        futures = batcher.submit(write_articles(7))
        threading.Timer(0.05, extractor.gate.set).start()
    assert all(isinstance(future.result(0), Extraction) for future in futures)
    with pytest.raises(RuntimeError):
        batcher.submit(write_articles(1))


def test_only_articles_that_fail_are_lost() -> None:
    articles = [Article("a", "ดี"), Article("b", "poison", where="news.jsonl:2"), Article("c", "ดี")]
    first, second, third = extract_apart(WordExtractor(), articles)
    assert isinstance(first, Extraction) and isinstance(third, Extraction)
    assert isinstance(second, Failure) and second.where == "news.jsonl:2" and "ZeroDivisionError" in second.reason


@pytest.mark.parametrize(("capacity", "batch"), [(0, 0), (4, 5), (4, 0)])
def test_a_queue_has_room_for_a_batch(capacity: int, batch: int) -> None:
    with pytest.raises(ValueError, match="capacity"):
        Batcher(WordExtractor(), capacity=capacity, batch=batch)


# Requests


def test_an_article_and_a_list_are_answered_in_kind() -> None:
    articles = write_articles(5)
    expected = [extraction.to_dict() for extraction in WordExtractor().extract(articles)]
    with serve(WordExtractor()) as client:
        one = client.post("/extract", json={"id": "a0", "text": articles[0].text, "source": "passed over"})
        assert one.status_code == 200 and one.json() == expected[0]
        several = client.post("/extract", json=[{"id": each.id, "text": each.text} for each in articles])
        assert several.status_code == 200 and several.json() == expected
        assert client.post("/extract", json=[]).json() == []


def test_a_poisonous_article_fails_alone() -> None:
    asked = [{"id": "a", "text": "ดี"}, {"id": "b", "text": "poison"}, {"id": "c", "text": "ดี"}]
    with serve(WordExtractor()) as client:
        first, second, third = client.post("/extract", json=asked).json()
        assert (first["id"], third["id"]) == ("a", "c") and "entities" in first and "entities" in third
        assert second["id"] == "b" and "ZeroDivisionError" in second["error"] and "entities" not in second
        alone = client.post("/extract", json=asked[1])
        assert alone.status_code == 500 and "ZeroDivisionError" in alone.json()["detail"]
        assert client.post("/extract", json=asked[0]).status_code == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('{"id": "a"}', ["text"]),
        ('{"text": "a"}', ["id"]),
        ('[{"id": "a", "text": "b"}, {"id": "c", "text": 3}]', [1, "text"]),
        ('[{"id": "a", "text": "b"}, {"id": 7, "text": "c"}]', [1, "id"]),
        ('[{"id": "a", "text": "  \\n"}]', [0, "text"]),
        ('[{"id": "", "text": "a"}]', [0, "id"]),
        ('[{"id": "a", "text": "half \\ud83d"}]', [0, "text"]),
        ('[{"id": "a", "text": "b"}, {"id": "c", "text": "b"}, {"id": "a", "text": "c"}]', [2, "id"]),
        ('[{"id": "a", "text": "b"}, 3]', [1]),
        ("3", []),
        ("not json", []),
        ("[" * 100_000, []),
        ("1" * 5000, []),
        ("", []),
    ],
)
def test_a_bad_item_is_told_with_its_index_and_field(body: str, place: list[int | str]) -> None:
    extractor = WordExtractor()
    with serve(extractor) as client:
        answer = client.post("/extract", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["body", *place] and problem["msg"]
    assert not extractor.batches


def test_requests_that_are_too_large_are_refused() -> None:
    with serve(WordExtractor(), body=1000, articles=3) as client:
        fitting = {"id": "a", "text": "ก" * 300}
        assert client.post("/extract", json=fitting).status_code in (200, 413)
        asked = json.dumps({"id": "a", "text": "a" * 1000})
        head = {"Content-Type": "application/json"}
        told = client.post("/extract", content=asked, headers=head)
        assert told.status_code == 413 and "1000 bytes" in told.json()["detail"]
        untold = client.post("/extract", content=(part.encode() for part in asked), headers=head)  # no length given
        assert untold.status_code == 413
        exact = json.dumps({"id": "a", "text": ""})
        exact = json.dumps({"id": "a", "text": "a" * (1000 - len(exact))})
        assert client.post("/extract", content=exact, headers=head).status_code == 200
        many = client.post("/extract", json=[{"id": str(k), "text": "a"} for k in range(4)])
        assert many.status_code == 413 and "4 articles" in many.json()["detail"]


def test_what_is_not_json_by_its_type_is_refused() -> None:
    with serve(WordExtractor()) as client:
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            answer = client.post("/extract", content='{"id": "a", "text": "b"}', headers={"Content-Type": kind})
            assert answer.status_code == 415 and "application/json" in answer.json()["detail"]
        kind = "Application/JSON; charset=utf-8"
        assert client.post("/extract", content='{"id":"a","text":"b"}', headers={"Content-Type": kind}).is_success


def test_too_many_waiting_are_sent_away_with_a_time_to_come_back() -> None:
    extractor = WordExtractor()
    extractor.gate.clear()
    with serve(extractor, articles=4, waiting=4, batch=1) as client, ThreadPoolExecutor(2) as askers:
        asked = [{"id": str(k), "text": "a"} for k in range(4)]
        first = askers.submit(client.post, "/extract", json=asked[0])
        wait_until(lambda: extractor.batches)
        second = askers.submit(client.post, "/extract", json=asked)
        wait_until(lambda: client.get("/health").json()["waiting"] == 4)
        refused = client.post("/extract", json=asked[0])
        assert refused.status_code == 503 and int(refused.headers["Retry-After"]) >= 1
        extractor.gate.set()
        assert first.result().status_code == 200 and len(second.result().json()) == 4


def test_a_late_answer_is_given_up_and_what_waits_for_it_not_read() -> None:
    extractor = WordExtractor()
    extractor.gate.clear()
    with serve(extractor, batch=1, seconds=0.1) as client:
        answer = client.post("/extract", json=[{"id": "a", "text": "b"}, {"id": "c", "text": "d"}])
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1
        extractor.gate.set()
        assert client.post("/extract", json={"id": "e", "text": "f"}).status_code == 200
    assert extractor.batches == [["a"], ["e"]]


def test_a_token_is_asked_for() -> None:
    extractor = WordExtractor()
    with serve(extractor, token=TOKEN) as client:
        for head in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"},
                     {"Authorization": b"Bearer \xe0\xb8\x81"}):  # fmt: skip
            answer = client.post("/extract", json={"id": "a", "text": "b"}, headers=head)
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
            assert client.get("/metrics", headers=head).status_code == 401
        assert not extractor.batches
        head = {"Authorization": f"Bearer {TOKEN}"}
        assert client.post("/extract", json={"id": "a", "text": "b"}, headers=head).status_code == 200
        assert client.get("/metrics", headers=head).status_code == 200
        assert client.get("/health").status_code == 200
    for bad in ("", "two words", "ลับ"):
        with pytest.raises(ValueError, match="token"):
            create_app(WordExtractor(), token=bad)


def read_metrics(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_metrics_count_what_was_done() -> None:
    with serve(WordExtractor(), batch=4) as client:
        before = read_metrics(client)
        assert before['thaigov_events_articles_total{outcome="done"}'] == 0
        client.post(
            "/extract", json=[{"id": str(k), "text": "abcde"} for k in range(3)] + [{"id": "p", "text": "poison"}]
        )
        client.post("/extract", json={"id": "a"})
        client.get("/no/such/path")
        counts = read_metrics(client)
    assert counts['thaigov_events_articles_total{outcome="done"}'] == 3
    assert counts['thaigov_events_articles_total{outcome="failed"}'] == 1
    assert counts["thaigov_events_characters_total"] == 15
    assert counts["thaigov_events_batch_articles_sum"] == 4 and counts["thaigov_events_batch_articles_count"] == 1
    assert counts['thaigov_events_requests_total{path="/extract",status="200"}'] == 1
    assert counts['thaigov_events_requests_total{path="/extract",status="422"}'] == 1
    assert counts['thaigov_events_requests_total{path="other",status="404"}'] == 1
    assert counts['thaigov_events_request_seconds_count{path="/extract"}'] == 2
    assert counts["thaigov_events_waiting_articles"] == 0


def find_references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(find_references, value.values()))
    return set().union(*map(find_references, value)) if isinstance(value, list) else set()


def test_openapi_declares_records_with_examples_and_needs_no_network() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    with serve(WordExtractor(), token=TOKEN) as client:
        described = client.get("/openapi.json").json()
        assert client.get("/openapi.json").json() == described
        page = client.get("/docs").text
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert links and not [link for link in links if not link.startswith("/")]
        assert all(client.get(link).status_code == 200 for link in links)
        head = {"Authorization": f"Bearer {TOKEN}"}
        post = described["paths"]["/extract"]["post"]
        assert {"200", "401", "408", "413", "415", "422", "500", "503"} <= set(post["responses"])
        schema = {
            **post["responses"]["200"]["content"]["application/json"]["schema"],
            "components": described["components"],
        }
        validator = jsonschema.Draft202012Validator(schema)
        examples = post["requestBody"]["content"]["application/json"]["examples"]
        assert len(examples) == 2
        for example in examples.values():
            answer = client.post("/extract", json=example["value"], headers=head)
            assert answer.status_code == 200
            validator.validate(answer.json())
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({"id": "a"})
    assert post["security"]
    for reference in find_references(described):
        assert reference.removeprefix("#/components/schemas/") in described["components"]["schemas"]


@pytest.mark.parametrize(
    "limits",
    [{"body": 0}, {"seconds": -1.0}, {"articles": 10, "waiting": 5}, {"batch": 9, "waiting": 8, "articles": 1}],
)
def test_limits_that_contradict_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limits(**limits)


# The process


class Service:
    """A process of `thaigov-events serve` on a free port of this machine."""

    def __init__(self, log: Path, *options: str) -> None:
        self.log = log
        command = [sys.executable, "-m", "thaigov_events.inference.cli", "serve", "--port", "0", *options]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*command, "--threads", "1"],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        end = time.monotonic() + 120
        while not (found := re.search(r"running on http://127\.0\.0\.1:(\d+)", log.read_text("utf-8"))):
            assert self.process.poll() is None and time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.05)
        self.port = int(found[1])

    def ask(self, method: str, path: str, value: object = None, **head: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            body = None if value is None else json.dumps(value)
            connection.request(method, path, body, {"Content-Type": "application/json", **head})
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if "json" in answer.headers["Content-Type"] else data.decode()
        finally:
            connection.close()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


@pytest.fixture(scope="module")
def articles() -> list[dict[str, str]]:
    return [{"id": document.id, "text": document.text} for document in read_corpus(SAMPLES)]


@pytest.fixture(scope="module")
def expected(articles: Sequence[dict[str, str]]) -> dict[str, Any]:
    extractor = Extractor.load(threads=1)
    return {each["id"]: extractor(each["text"], id=each["id"]).to_dict() for each in articles}


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends a process at once there")


@needs_signals
def test_a_process_answers_a_crowd_as_one_by_one_and_all_it_accepted(
    tmp_path: Path, articles: list[dict[str, str]], expected: dict[str, Any]
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    service = Service(tmp_path / "log", "--token-file", str(token))
    head = {"Authorization": f"Bearer {TOKEN}"}
    try:
        assert service.ask("POST", "/extract", articles[0])[0] == 401
        with ThreadPoolExecutor(16) as askers:
            # a crowd of single articles, each of them twice at the same time under one id, and lists
            singles = [askers.submit(service.ask, "POST", "/extract", each, **head) for each in articles * 2]
            lists = [askers.submit(service.ask, "POST", "/extract", articles[k::3], **head) for k in range(3)]
            for each, answer in zip(articles * 2, singles, strict=True):
                assert answer.result() == (200, expected[each["id"]])
            for k, answer in enumerate(lists):
                assert answer.result() == (200, [expected[each["id"]] for each in articles[k::3]])
            done = 3 * len(articles)
            # and another, most of which waits when the signal comes
            crowd = [askers.submit(service.ask, "POST", "/extract", each, **head) for each in articles]
            wait_until(lambda: service.ask("GET", "/health")[1]["waiting"] > 5)
            counts = service.ask("GET", "/metrics", **head)[1]
            assert float(re.search(r'articles_total\{outcome="done"\} (\S+)', counts)[1]) < done + len(articles)
            service.process.send_signal(signal.SIGTERM)
            for each, answer in zip(articles, crowd, strict=True):
                assert answer.result() == (200, expected[each["id"]])
        assert service.process.wait(120) == 0  # a second signal at the very end would kill it
        with pytest.raises(ConnectionError):
            service.ask("GET", "/health")
    finally:
        service.stop()
    log = (tmp_path / "log").read_text("utf-8")
    assert TOKEN not in log and "warning" not in log
    assert articles[0]["text"][:20] not in log


@needs_signals
def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    service = Service(tmp_path / "log", "--max-bytes", "5000", "--send-timeout", "0.3")
    try:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        connection.putrequest("POST", "/extract")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b'{"id":')
        answer = connection.getresponse()
        assert answer.status == 408 and "0.3 s" in json.loads(answer.read())["detail"]
        connection.close()
        status, told = service.ask("POST", "/extract", {"id": "a", "text": "a" * 6000})
        assert status == 413 and "5000 bytes" in told["detail"]
    finally:
        assert service.stop() == 0


def test_who_may_reach_it_is_told() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "10.1.2.3", "example.org")] == [False] * 4


def test_wrong_options_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--queue", "10", "--max-articles", "20"]) == 1
    assert "limit waiting = 10" in capsys.readouterr().err
    assert main(["serve", "--token-file", str(tmp_path / "none")]) == 1
    assert "none" in capsys.readouterr().err


def test_an_open_address_without_a_token_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import uvicorn

    ran: list[str] = []

    def run(server: uvicorn.Server) -> None:
        ran.append(server.config.host)
        server.started = True

    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr(Extractor, "load", lambda *args, **options: WordExtractor())
    monkeypatch.setattr(signal, "signal", lambda *args: None)
    token = tmp_path / "token"
    token.write_text(TOKEN)
    for options, warned in (
        (["--host", "0.0.0.0"], True),
        ([], False),
        (["--host", "0.0.0.0", "--token-file", str(token)], False),
    ):
        assert main(["serve", *options]) == 0
        told = capsys.readouterr()
        assert ("warning" in told.err) == warned and TOKEN not in told.out + told.err
    assert ran == ["0.0.0.0", "127.0.0.1", "0.0.0.0"]
