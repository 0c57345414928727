"""A run that is broken off anywhere and gone on with leaves, byte for byte, what an unbroken one leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thaigov_events.inference import Extractor, extract_command, run
from thaigov_events.inference.articles import Failure
from thaigov_events.inference.chunks import Chunk
from thaigov_events.inference.cli import main
from thaigov_events.inference.run import open_run
from thaigov_events.inference.run_state import Counts, RunFiles
from thaigov_events.inference.workers import Reading

OUTPUT, ERRORS = "x.jsonl", "x.jsonl.errors.jsonl"
PARTS = ("x.jsonl.partial", f"{ERRORS}.partial", "x.jsonl.journal")


@pytest.fixture(scope="module")
def place(engines: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model folder and inputs: good articles, bad lines and poisonous articles."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "model").mkdir()
    engines.small_settings().save(folder / "model")
    rows = [{"id": f"ก{n}", "text": f"ผู้เข้าร่วม {n} คน 😀\u2028\n" * (1 + n % 3)} for n in range(23)]
    rows[7]["text"] += engines.POISON
    rows[8]["id"] = "ก3"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    lines[11] = "no record"
    (folder / "news.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture(autouse=True)
def small_chunks(engines: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small engine, few articles a chunk, and a commit after each."""
    monkeypatch.setattr("thaigov_events.inference.chunks.ARTICLES", 3)
    monkeypatch.setattr(run, "COMMIT_SECONDS", 0.0)
    monkeypatch.setattr(Extractor, "load", engines.open_small)


def extract(place: Path, output: Path, *more: str) -> int:
    arguments = ["extract", str(place / "news.jsonl"), "--model", str(place / "model"), "-o", str(output), *more]
    return main(arguments)


@pytest.fixture(scope="module")
def unbroken(place: Path, engines: ModuleType) -> dict[str, bytes]:
    """What an unbroken run leaves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Extractor, "load", engines.open_small)
        patch.setattr("thaigov_events.inference.chunks.ARTICLES", 3)
        assert extract(place, place / "whole" / OUTPUT) == 1
    files = {path.name: path.read_bytes() for path in (place / "whole").iterdir()}
    assert set(files) == {OUTPUT, ERRORS}
    assert files[OUTPUT].count(b"\n") == 20
    assert [json.loads(line)["where"].split(":")[-1] for line in files[ERRORS].splitlines()] == ["8", "9", "12"]
    return files


@pytest.fixture(scope="module")
def broken(place: Path, engines: ModuleType) -> dict[str, bytes]:
    """The files of a run whose power fails just before its output gets its name."""

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("power cut")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Extractor, "load", engines.open_small)
        patch.setattr("thaigov_events.inference.chunks.ARTICLES", 3)
        patch.setattr(run, "COMMIT_SECONDS", 0.0)
        patch.setattr(extract_command, "publish_records", fail)
        with pytest.raises(RuntimeError):
            extract(place, place / "broken" / OUTPUT)
    files = {path.name: path.read_bytes() for path in (place / "broken").iterdir()}
    assert set(files) == set(PARTS)
    assert files[PARTS[2]].count(b"\n") == 1 + 8 + 1
    return files


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.tuples(*[st.one_of(st.just(1.0), st.floats(0, 1)) for _ in PARTS]), tail=st.binary(max_size=20))
def test_any_kill_can_be_gone_on_from(
    place: Path, unbroken: dict[str, bytes], broken: dict[str, bytes], cuts: tuple[float, ...], tail: bytes
) -> None:
    folder = place / "resumed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, cut in zip(PARTS, cuts, strict=True):
        kept = broken[name][: round(cut * len(broken[name]))]
        (folder / name).write_bytes(kept)
    # what a disk may hold behind the last line of the journal that was synced
    if cuts[2] < 1:
        with (folder / PARTS[2]).open("ab") as journal:
            journal.write(tail.replace(b"\n", b""))
    assert extract(place, folder / OUTPUT, "--resume") == 1
    assert contents(folder) == unbroken


@pytest.mark.parametrize("published", range(4))
def test_a_kill_between_the_last_renames_can_be_gone_on_from(
    place: Path, unbroken: dict[str, bytes], broken: dict[str, bytes], published: int, tmp_path: Path
) -> None:
    for name in PARTS:
        (tmp_path / name).write_bytes(broken[name])
    if published > 0:
        (tmp_path / PARTS[0]).rename(tmp_path / OUTPUT)
    if published > 1:
        (tmp_path / PARTS[1]).rename(tmp_path / ERRORS)
    if published > 2:
        (tmp_path / PARTS[2]).unlink()
    assert extract(place, tmp_path / OUTPUT, "--resume") == 1
    assert contents(tmp_path) == unbroken


def test_what_is_done_is_not_read_again(
    place: Path, broken: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: ModuleType
) -> None:
    for name in PARTS:
        (tmp_path / name).write_bytes(broken[name])
    journal = broken[PARTS[2]].splitlines(keepends=True)
    (tmp_path / PARTS[2]).write_bytes(b"".join(journal[:4]))  # settings and three commits: nine items
    read: list[str] = []
    extractor = engines.open_small()
    original = extractor.extract

    def note(articles):  # type: ignore[no-untyped-def]
        for extraction in original(articles):
            read.append(extraction.document.id)
            yield extraction

    extractor.extract = note
    monkeypatch.setattr(Extractor, "load", lambda *args, **kwargs: extractor)
    assert extract(place, tmp_path / OUTPUT, "--resume") == 1
    assert read == [f"ก{n}" for n in range(9, 23) if n != 11]


def test_an_unfinished_run_is_not_overwritten(
    place: Path, broken: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in PARTS:
        (tmp_path / name).write_bytes(broken[name])
    assert extract(place, tmp_path / OUTPUT) == 1
    assert "--resume" in capsys.readouterr().err
    assert contents(tmp_path) == broken
    (tmp_path / PARTS[2]).unlink()
    for more in ([], ["--resume"]):
        assert extract(place, tmp_path / OUTPUT, *more) == 1
        assert "no journal tells what it is" in capsys.readouterr().err
    assert (tmp_path / PARTS[0]).read_bytes() == broken[PARTS[0]]


def test_other_inputs_models_and_files_are_refused(
    place: Path,
    broken: dict[str, bytes],
    unbroken: dict[str, bytes],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    journal = b"".join(broken[PARTS[2]].splitlines(keepends=True)[:5])
    for name in PARTS:
        (tmp_path / name).write_bytes(broken[name])
    (tmp_path / PARTS[2]).write_bytes(journal)
    before = contents(tmp_path)

    def refuse(message: str, *arguments: str) -> None:
        assert main(["extract", "-o", str(tmp_path / OUTPUT), "--resume", *arguments]) == 1
        assert message in capsys.readouterr().err
        # what is beyond the journal may be cut, what it vouches for stays
        assert all(before[name].startswith(data) and data for name, data in contents(tmp_path).items())

    model, news = str(place / "model"), str(place / "news.jsonl")
    other = tmp_path.parent / "other.jsonl"
    other.write_text((place / "news.jsonl").read_text("utf-8").replace("ผู้เข้าร่วม 2", "ผู้เข้าร่วม 9"), "utf-8")
    refuse("not those of the unfinished run", str(other), "--model", model)
    other.write_text('{"text": "ก"}', "utf-8")
    refuse("the inputs end before", str(other), "--model", model)
    changed = tmp_path.parent / "changed"
    shutil.copytree(model, changed, dirs_exist_ok=True)
    (changed / "encoder.onnx").write_text("other")
    refuse("another model", news, "--model", str(changed))
    refuse("another errors file", news, "--model", model, "--errors", str(tmp_path.parent / "e.jsonl"))
    records = bytearray(before[PARTS[0]])
    records[30] ^= 1
    (tmp_path / PARTS[0]).write_bytes(records)
    assert main(["extract", news, "--model", model, "-o", str(tmp_path / OUTPUT), "--resume"]) == 1
    assert "was changed" in capsys.readouterr().err
    (tmp_path / PARTS[0]).write_bytes(before[PARTS[0]])
    assert extract(place, tmp_path / OUTPUT, "--resume") == 1
    assert contents(tmp_path) == unbroken


def test_with_nothing_to_go_on_with_a_run_begins(place: Path, unbroken: dict[str, bytes], tmp_path: Path) -> None:
    assert extract(place, tmp_path / OUTPUT, "--resume") == 1
    assert contents(tmp_path) == unbroken


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / OUTPUT, tmp_path / ERRORS)
    with open_run(files, settings={}, resume=False) as first:
        first.add(Chunk((Failure("a", "b"),), 1, "d"), [Failure("a", "b")])
        with pytest.raises(FileExistsError, match="another run"), open_run(files, settings={}, resume=True):
            raise AssertionError
    with open_run(files, settings={}, resume=True) as second:
        assert second.counts == Counts(failed=1)


def test_a_run_that_has_done_nothing_leaves_nothing(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / OUTPUT, tmp_path / ERRORS)
    with pytest.raises(RuntimeError), open_run(files, settings={}, resume=False):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_errors_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    files = RunFiles(tmp_path / OUTPUT, tmp_path / ERRORS)
    files.errors.write_text("old")
    for keep, expected in ((True, b""), (False, None)):
        files = RunFiles(files.output, files.errors, keep_errors=keep)
        with open_run(files, settings={}, resume=False) as one:
            one.add(Chunk((Failure("a", ""),), 1, ""), [Reading("{}", 1, 0)])
            one.finish()
            one.publish(lambda records: records.replace(tmp_path / OUTPUT))
        assert (files.errors.read_bytes() if files.errors.exists() else None) == expected
    assert files.output.read_bytes() == b"{}\n"


def test_truncated_articles_are_counted() -> None:
    counts = Counts().add([Reading("", 2, 0), Reading("", 3, 7), Failure("a", "b")])
    assert counts == Counts(done=2, failed=1, windows=5, truncated=1)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_a_killed_process_is_gone_on_from(place: Path, unbroken: dict[str, bytes], tmp_path: Path) -> None:
    program = (
        "import sys, small_engine\n"
        "from thaigov_events.inference import Extractor, chunks, run\n"
        "from thaigov_events.inference.cli import main\n"
        "chunks.ARTICLES, run.COMMIT_SECONDS, Extractor.load = 3, 0.0, small_engine.open_slow\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ["extract", str(place / "news.jsonl"), "--model", str(place / "model"), "-o", str(tmp_path / OUTPUT)]
    journal = tmp_path / PARTS[2]
    for commits in (2, 5):
        process = subprocess.Popen([sys.executable, "-c", program, *arguments, "--resume"], stderr=subprocess.PIPE)
        try:
            until = time.monotonic() + 120
            while not (journal.exists() and journal.read_bytes().count(b"\n") > commits):
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.01)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        assert not (tmp_path / OUTPUT).exists()
    assert main([*arguments, "--resume"]) == 1
    assert contents(tmp_path) == unbroken


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux counts it")
def test_memory_does_not_grow_with_the_articles(place: Path, tmp_path: Path) -> None:
    program = (
        "import re, sys, pathlib, small_engine\n"
        "from thaigov_events.inference import Extractor\n"
        "from thaigov_events.inference.cli import main\n"
        "Extractor.load = small_engine.open_small\n"
        "assert main(sys.argv[1:]) == 0\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )

    def peak(count: int) -> float:
        news = tmp_path / f"{count}.jsonl"
        with news.open("w", encoding="utf-8") as file:
            for number in range(count):
                file.write(json.dumps({"text": f"ผู้เข้าร่วม {number} คน " * 40}) + "\n")
        arguments = ["extract", str(news), "--model", str(place / "model"), "-o", str(tmp_path / f"out-{count}.jsonl")]
        run = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        return int(run.stdout) / 1024

    few, many = peak(300), peak(3000)  # megabytes; the texts alone differ by 10
    assert many < few + 8
