"""Files by URL, in memory and on disk; no Ray is needed."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from thaigov_events.inference import Article
from thaigov_events.inference.articles import Columns, Failure
from thaigov_events.inference.readers import read_file
from thaigov_events.inference.run_state import Counts
from thaigov_events.inference.tables import write_tables
from thaigov_events.inference.workers import Reading, read_together

pytest.importorskip("fsspec", reason="needs the extra ray")
pytest.importorskip("pyarrow", reason="needs the extra ray")

import fsspec
import pyarrow
import pyarrow.parquet

from thaigov_events.inference.url_files import list_files, mark_complete, name_new_folder, read_url, write_part

LINES = b'{"id": "a", "text": "one"}\nbroken\n{"text": "two"}\n'


@pytest.fixture(params=["memory", "file"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty folder."""
    if request.param == "file":
        yield tmp_path.as_uri()
        return
    url = f"memory://{uuid4()}"
    system, path = fsspec.core.url_to_fs(url)
    system.makedirs(path)
    yield url
    system.rm(path, recursive=True)


def put(url: str, data: bytes) -> None:
    system, path = fsspec.core.url_to_fs(url)
    system.makedirs(path.rpartition("/")[0], exist_ok=True)
    system.pipe_file(path, data)


def get_lines(url: str) -> list[dict]:  # type: ignore[type-arg]
    with fsspec.open(url, "rb") as file:
        return [json.loads(line) for line in file.read().decode().splitlines()]


def test_files_folders_and_patterns_are_found_once(folder: str) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "deep/c.parquet", "photo.png", "d.parquet.gz"):
        put(f"{folder}/{name}", b"")
    full = [
        f"{folder}/{name}".replace("memory://", "memory:///") for name in ("a.jsonl.gz", "b.jsonl", "deep/c.parquet")
    ]
    assert list_files([folder, f"{folder}/b.jsonl"]) == full
    assert list_files([f"{folder}/*.jsonl*"]) == full[:2]
    assert list_files([f"{folder}/**/*.parquet"]) == full[2:]
    for name, message in (("none.jsonl", "no such"), ("*.csv", "no file"), ("photo.png", "rename")):
        with pytest.raises((FileNotFoundError, ValueError), match=message):
            list_files([f"{folder}/{name}"])


def test_paths_are_files_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    monkeypatch.chdir(tmp_path)
    assert list_files(["a.jsonl"]) == [(tmp_path / "a.jsonl").as_uri()]
    assert name_new_folder("out") == (tmp_path / "out").as_uri()


def compress(data: bytes, ending: str) -> bytes:
    if ending == ".zst":
        return pyarrow.compress(data, codec="zstd", asbytes=True)  # type: ignore[no-any-return]
    return {".gz": gzip.compress, ".xz": lzma.compress}.get(ending, bytes)(data)


@pytest.mark.parametrize("ending", ["", ".gz", ".xz", ".zst"])
def test_json_lines_are_read_as_from_a_path(folder: str, tmp_path: Path, ending: str) -> None:
    data = compress(LINES, ending)
    put(f"{folder}/news.jsonl{ending}", data)
    place = tmp_path / f"news.jsonl{ending}"
    place.write_bytes(data)
    items = list(read_url(f"{folder}/news.jsonl{ending}", Columns()))
    assert [item for item in items if isinstance(item, Article)] == [
        item for item in read_file(place, Columns()) if isinstance(item, Article)
    ]
    assert [item.id for item in items if isinstance(item, Article)] == ["a", "news-3"]
    (failure,) = [item for item in items if isinstance(item, Failure)]
    assert failure.where == f"{folder}/news.jsonl{ending}:2"


def test_other_kinds_are_read(folder: str) -> None:
    put(f"{folder}/a.csv", b"name,body\nx,one\ny,two\n")
    put(f"{folder}/b.txt", "ประชุม".encode())
    table = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"name": ["x"], "body": ["one"], "other": [1]}), table)
    put(f"{folder}/c.parquet", table.getvalue().to_pybytes())
    columns = Columns("body", "name")
    assert list(read_url(f"{folder}/a.csv", columns)) == [Article("x", "one"), Article("y", "two")]
    assert list(read_url(f"{folder}/b.txt", columns)) == [Article("b", "ประชุม")]
    assert list(read_url(f"{folder}/c.parquet", columns)) == [Article("x", "one")]


def test_a_damaged_file_is_a_failure(folder: str) -> None:
    put(f"{folder}/a.jsonl.gz", gzip.compress(LINES * 50)[:-20])
    put(f"{folder}/b.parquet", b"PAR1")
    for name in ("a.jsonl.gz", "b.parquet"):
        *_, last = read_url(f"{folder}/{name}", Columns())
        assert isinstance(last, Failure) and name in last.where


def test_a_folder_in_use_is_refused(folder: str) -> None:
    assert name_new_folder(folder).startswith(folder[:7])
    assert name_new_folder(f"{folder}/new").endswith("/new")
    put(f"{folder}/x", b"")
    for name in (folder, f"{folder}/x"):
        with pytest.raises(FileExistsError, match="new folder"):
            name_new_folder(name)


def read_articles(engines: ModuleType) -> list[Reading | Failure]:
    articles = [Article(f"a{k}", f"แมว {k} ตัว") for k in range(3)] + [Article("p", engines.POISON)]
    return read_together(engines.open_small(), articles)


def test_a_part_holds_records_and_failures(folder: str, engines: ModuleType) -> None:
    results = read_articles(engines)
    counts = write_part(folder, 7, results, kind="jsonl")
    assert counts == Counts().add(results) and (counts.done, counts.failed) == (3, 1)
    written = get_lines(f"{folder}/part-000007.jsonl")
    assert written == [json.loads(result.line) for result in results if isinstance(result, Reading)]
    assert [line["where"] for line in get_lines(f"{folder}/_errors/part-000007.jsonl")] == ["p"]
    write_part(folder, 7, results[:1], kind="jsonl")  # a second try takes the place of the first
    assert get_lines(f"{folder}/part-000007.jsonl") == written[:1]
    mark_complete(folder, counts)
    assert get_lines(f"{folder}/_SUCCESS")[0]["done"] == 3


def test_a_part_of_tables_is_what_tables_are(folder: str, engines: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="needs the extra tables")
    results = read_articles(engines)
    assert write_part(folder, 0, results, kind="parquet").done == 3
    write_tables(tmp_path / "local", (r.extraction() for r in results if isinstance(r, Reading)), kind="parquet")
    for table in (tmp_path / "local").iterdir():
        with fsspec.open(f"{folder}/{table.stem}/part-000000.parquet", "rb") as file:
            assert pyarrow.parquet.read_table(file).equals(pyarrow.parquet.read_table(table))
