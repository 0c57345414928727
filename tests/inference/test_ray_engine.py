"""Extraction on Ray, beside the local engine.

Ray listens on every address of the machine. So each test runs it in a process with a network and process numbers of
its own, in which there is nothing but the loop-back; where that cannot be had, the tests are skipped.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from thaigov_events.inference.cli import main
from thaigov_events.inference.ray_command import read_place

ENGINES = Path(__file__).parent / "engines"
SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"
ALONE = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]
START = """
import os, sys, json
from functools import partial
from pathlib import Path
import ray
from thaigov_events.inference.ray_engine import Pool, extract_with_ray
import small_engine
folder = Path(sys.argv[1])
ray.init(num_cpus=2, object_store_memory=200 * 2**20, include_dashboard=False, log_to_driver=False)
"""


def can_be_alone() -> bool:
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    return subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode == 0


needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None or not can_be_alone(),
    reason="needs the extra ray, and a network namespace of its own to run it in",
)


def run_alone(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # Ray leaves a token in the home folder, and sockets with long names in the temporary one
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ENGINES), "OMP_NUM_THREADS": "1"}
    command = (*ALONE, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, *command)
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL
    )


def run_program(tmp_path: Path, program: str) -> None:
    done = run_alone(tmp_path, "-c", START + program, str(tmp_path))
    assert done.returncode == 0, done.stderr[-4000:]


def read_parts(folder: Path) -> list[dict]:  # type: ignore[type-arg]
    lines = [line for part in sorted(folder.glob("part-*.jsonl")) for line in part.read_text("utf-8").splitlines()]
    return sorted(map(json.loads, lines), key=lambda record: record["id"])


def write_articles(path: Path, texts: dict[str, str]) -> None:
    path.write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in texts.items()), "utf-8")


@needs_ray
@pytest.mark.slow
def test_the_command_writes_what_the_local_engine_does(tmp_path: Path) -> None:
    local, url = tmp_path / "local.jsonl", (tmp_path / "out").as_uri()
    assert main(["extract", str(SAMPLES), "-o", str(local), "--threads", "1"]) == 0
    command = [
        "-m",
        "thaigov_events.inference.cli",
        "extract",
        str(SAMPLES),
        "-o",
        url,
        "--engine",
        "ray",
        "--threads",
        "1",
    ]
    done = run_alone(tmp_path, *command)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "15 articles read" in done.stderr and "0 truncated" in done.stderr
    expected = [json.loads(line) for line in local.read_text("utf-8").splitlines()]
    assert read_parts(tmp_path / "out") == sorted(expected, key=lambda record: record["id"])
    assert json.loads((tmp_path / "out" / "_SUCCESS").read_text())["done"] == 15


@needs_ray
@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_loses_nothing(tmp_path: Path, engines: object) -> None:
    pytest.importorskip("duckdb", reason="needs the extra tables")
    import pyarrow.parquet
    import small_engine

    texts = {f"a{k:04}": f"แมว {k} ตัว" for k in range(500)}
    texts |= {"a0300": f"แมว 300 ตัว {small_engine.DEADLY}", "a0100": small_engine.POISON}
    write_articles(tmp_path / "news.jsonl", texts)
    with (tmp_path / "news.jsonl").open("a") as file:
        file.write("broken\n")
    pyarrow.parquet.write_table(
        pyarrow.table({"name": list(texts), "body": list(texts.values())}), tmp_path / "news.parquet"
    )
    run_program(
        tmp_path,
        """
from thaigov_events.inference.articles import Columns
scar = folder / "scar"
load = partial(small_engine.open_mortal, scar)
counts = extract_with_ray([str(folder / "news.jsonl")], str(folder / "out"), load=load, pool=Pool(1))
assert scar.exists()  # the worker's process was killed by SIGKILL once
assert (counts.done, counts.failed, counts.truncated) == (499, 2, 0), counts
scar.unlink()
counts = extract_with_ray(
    [str(folder / "news.parquet")], str(folder / "tables"), load=load, pool=Pool(1), kind="parquet",
    columns=Columns("body", "name"),
)
assert scar.exists()
assert (counts.done, counts.failed) == (499, 1), counts
try:
    extract_with_ray([str(folder / "news.jsonl")], str(folder / "out"), load=load)
except FileExistsError:
    pass
else:
    raise AssertionError("wrote over what was there")
""",
    )
    expected = [small_engine.open_small()(text, id=name).to_dict() for name, text in texts.items() if name != "a0100"]
    assert read_parts(tmp_path / "out") == expected
    failures = [json.loads(line) for part in (tmp_path / "out" / "_errors").iterdir() for line in part.open()]
    assert sorted(failure["where"].rpartition(":")[2] for failure in failures) == ["101", "501"]
    articles = pyarrow.parquet.read_table(tmp_path / "tables" / "articles")
    assert sorted(articles["id"].to_pylist()) == [record["id"] for record in expected]
    mentions = pyarrow.parquet.read_table(tmp_path / "tables" / "mentions")
    assert mentions.num_rows == sum(len(record["entities"]) for record in expected) > 400


@needs_ray
@pytest.mark.slow
def test_an_article_that_kills_every_worker_ends_the_run(tmp_path: Path, engines: object) -> None:
    import small_engine

    write_articles(tmp_path / "news.jsonl", {"a": "แมว 1 ตัว", "b": small_engine.DEADLY})
    run_program(
        tmp_path,
        """
try:
    extract_with_ray([str(folder / "news.jsonl")], str(folder / "out"), load=small_engine.open_mortal, pool=Pool(1))
except OSError as error:
    assert "Ray gave up" in str(error), error
else:
    raise AssertionError("it went on")
assert not (folder / "out" / "_SUCCESS").exists()
""",
    )


def test_wrong_calls_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ray = ["extract", str(SAMPLES), "--engine", "ray"]
    for options, message in (
        ([], "-o"),
        (["-o", "x", "--format", "html"], "jsonl or parquet"),
        (["-o", "x", "--resume"], "--resume"),
        (["-o", "x", "--errors", "y"], "_errors"),
        (["-o", "x", "--model", str(tmp_path)], "not a model folder"),
    ):
        assert main([*ray, *options]) == 1
        assert message in capsys.readouterr().err
    assert main(["extract", str(SAMPLES), "-o", "memory://x"]) == 1
    assert "only --engine ray" in capsys.readouterr().err
    assert read_place("s3://bucket/events") == "s3://bucket/events"
    assert read_place("out/events.jsonl") == Path("out/events.jsonl")


def test_without_ray_the_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "thaigov_events.inference.ray_engine", raising=False)
    assert main(["extract", str(SAMPLES), "--engine", "ray", "-o", str(tmp_path / "out")]) == 1
    assert "thaigov-events[ray]" in capsys.readouterr().err
