"""Several engines give what one gives, in order, whatever happens to one of them."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from thaigov_events.inference.articles import Article, Failure
from thaigov_events.inference.chunks import Chunk
from thaigov_events.inference.workers import Reading, Worker, open_engines, read_in_order, share_cores


def articles(count: int) -> list[Article]:
    return [Article(f"a{number}", f"ผู้เข้าร่วม {number} คน " * (1 + number % 5)) for number in range(count)]


def chunks(count: int, *, size: int = 2) -> Iterator[Chunk]:
    items = articles(count)
    for end in range(size, count + 1, size):
        yield Chunk(tuple(items[end - size : end]), end, "")


def test_several_processes_give_what_one_engine_gives(engines: ModuleType) -> None:
    with open_engines(engines.open_small, jobs=1) as read:
        alone = list(read_in_order(chunks(12), read, jobs=1))
    with open_engines(engines.open_small, jobs=2) as read:
        together = list(read_in_order(chunks(12), read, jobs=2))
    assert together == alone
    assert [chunk.end for chunk, _ in alone] == [2, 4, 6, 8, 10, 12]
    assert all(
        isinstance(result, Reading) and result.windows and not result.unread for _, done in alone for result in done
    )


def test_a_poisonous_article_fails_alone(engines: ModuleType) -> None:
    with open_engines(engines.open_small, jobs=1) as read:
        first, failure, last = read(
            [Article("a", "1 คน"), Article("b", f"2 คน {engines.POISON}"), Article("c", "3 คน")]
        )
    assert isinstance(first, Reading) and isinstance(last, Reading)
    assert first.extraction().document.entities[0].label == "QUANTITY"
    assert isinstance(failure, Failure) and failure.where == "b" and "swallowed poison" in failure.reason


def test_an_article_that_kills_its_engine_fails_alone(engines: ModuleType) -> None:
    deadly = [Article("a", "1 คน"), Article("b", f"2 คน {engines.DEADLY}"), Article("c", "3 คน")]
    with open_engines(engines.open_mortal, jobs=2) as read:
        first, failure, last = read(deadly)
        assert isinstance(read([Article("d", "4 คน")])[0], Reading)
    assert isinstance(first, Reading) and isinstance(last, Reading)
    assert isinstance(failure, Failure) and failure.where == "b" and "twice (signal 9)" in failure.reason


def test_what_was_under_way_when_an_engine_was_killed_is_read_again(engines: ModuleType, tmp_path: Path) -> None:
    worker = Worker(partial(engines.open_mortal, tmp_path / "scar"))
    try:
        worker.wait()
        results = worker.read([Article("a", "1 คน"), Article("b", engines.DEADLY)])
        assert [type(result) for result in results] == [Reading, Reading]
        assert (tmp_path / "scar").exists()
        killed = worker._process.pid
        assert killed
        os.kill(killed, signal.SIGKILL)  # while it waits
        assert isinstance(worker.read([Article("c", "3 คน")])[0], Reading)
    finally:
        worker.stop()
    assert worker._process.exitcode is not None


def test_engines_that_cannot_be_opened_are_told(engines: ModuleType) -> None:
    for jobs in (1, 2):
        with pytest.raises(ValueError, match="damaged"), open_engines(engines.open_broken, jobs=jobs):
            raise AssertionError
    with pytest.raises(OSError, match="signal 9"), open_engines(engines.open_dead, jobs=2):
        raise AssertionError


def test_results_keep_their_order_and_few_are_taken_ahead() -> None:
    taken = 0
    busy: list[int] = []
    lock = threading.Lock()

    def count() -> Iterator[Chunk]:
        nonlocal taken
        for chunk in chunks(80):
            taken += 1
            yield chunk

    def read(some: Sequence[Article]) -> list[Reading | Failure]:
        with lock:
            busy.append(threading.active_count())
        time.sleep(0.02 if some[0].id.endswith("0") else 0.001)
        return [Reading(article.id, 1, 0) for article in some]

    for done, (chunk, results) in enumerate(read_in_order(count(), read, jobs=3), 1):
        assert [result.line for result in results if isinstance(result, Reading)] == [a.id for a in chunk.articles]
        assert chunk.end == 2 * done
        assert taken <= done + 6
    assert taken == 40


def test_failures_of_inputs_keep_their_place() -> None:
    lost = Failure("x:2", "not JSON")
    chunk = Chunk((Article("a", "x"), lost, Article("b", "y")), 3, "")
    read = lambda some: [Reading(article.id, 1, 0) for article in some]  # noqa: E731
    ((_, results),) = read_in_order(
        [
            chunk,
        ],
        read,
        jobs=1,
    )
    assert results == [Reading("a", 1, 0), lost, Reading("b", 1, 0)]


def test_cores_are_shared() -> None:
    assert share_cores(2, threads=4) == 2
    assert share_cores(8, threads=4) == 1
    assert share_cores(1, threads=None) >= 1
    with pytest.raises(ValueError, match="--jobs 0"):
        share_cores(0, threads=None)
