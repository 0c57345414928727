import csv
import gzip
import io
import json
import lzma
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.inference import readers
from thaigov_events.inference.articles import Columns
from thaigov_events.inference.chunks import CHARACTERS, cut_chunks, skip_chunks
from thaigov_events.inference.inputs import Article, Failure, read_articles


def read(*inputs: Path | str, columns: Columns | None = None) -> list[Article | Failure]:
    return list(read_articles([str(item) for item in inputs], columns=columns))


def failures(items: list[Article | Failure]) -> list[str]:
    return [str(item) for item in items if isinstance(item, Failure)]


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def test_a_text_file_is_an_article_named_by_its_stem(tmp_path: Path) -> None:
    path = write(tmp_path, "ข่าว.txt", "\ufeffประชุม\nวันนี้ 👍")
    assert read(path) == [Article("ข่าว", "ประชุม\nวันนี้ 👍")]


def test_a_folder_gives_its_files_by_name(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "ข")
    write(tmp_path, "a.jsonl", '{"id": 7, "text": "ก"}\n\n{"text": "ค"}\n')
    write(tmp_path, "c.pdf", "x")
    assert read(tmp_path) == [Article("7", "ก"), Article("a-3", "ค"), Article("b", "ข")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("ก".encode("tis-620"), "not UTF-8: byte 0xa1 at 0"),
        (b"PK\x03\x04\0\0", "binary file"),
    ],
)
def test_what_is_no_text_is_told(tmp_path: Path, data: bytes, message: str) -> None:
    good = write(tmp_path, "good.txt", "ดี")
    (failure, article) = read(write(tmp_path, "bad.txt", data), good)
    assert isinstance(failure, Failure)
    assert "bad.txt" in str(failure)
    assert message in str(failure)
    assert article == Article("good", "ดี")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"),
        (b"[1]", "string field 'text'"),
        (b'{"id": "x"}', "string field 'text'"),
        (b'{"text": " "}', "empty"),
        (b'{"text": "a", "id": [1]}', "id [1]"),
        (b'{"text": "a", "id": true}', "id True"),
        (b'{"text": "a", "id": null}', "id None"),
        (b'{"text": "a", "id": ""}', "id '' is empty"),
        (b'{"text": "a", "id": " "}', "id ' ' is empty"),
        (b'{"text": "\\ud83d"}', "surrogate"),
        (b'{"text": "\xa1"}', "not UTF-8"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_read(tmp_path: Path, line: bytes, message: str) -> None:
    path = write(tmp_path, "news.jsonl", b'{"id": "a", "text": "x"}\n' + line + b'\n{"id": "b", "text": "y"}\n')
    first, failure, last = read(path)
    assert (first, last) == (Article("a", "x"), Article("b", "y"))
    assert isinstance(failure, Failure)
    assert failure.where == f"{path}:2"
    assert message in failure.reason


@pytest.mark.parametrize("line", [b'{"id": "\\ud800", "text": "x"}', b'{"id": ' + b"9" * 5000 + b', "text": "x"}'])
def test_odd_ids_are_told(tmp_path: Path, line: bytes) -> None:
    (failure,) = read(write(tmp_path, "odd.jsonl", line))
    assert isinstance(failure, Failure)
    assert "odd.jsonl:1" in failure.where


def test_endings_are_known_in_capitals_and_others_are_told(tmp_path: Path) -> None:
    assert read(write(tmp_path, "A.TXT", "ก"), write(tmp_path, "B.JSONL", '{"id": "b", "text": "ข"}')) == [
        Article("A", "ก"),
        Article("b", "ข"),
    ]
    (failure,) = read(write(tmp_path, "c.json", '{"text": "ค"}'))
    assert "rename it" in str(failure)


def test_files_of_one_name_keep_apart_by_their_paths(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "news.txt", name)
    assert read(tmp_path) == [Article("news", "a"), Article((tmp_path / "b" / "news").as_posix(), "b")]


def test_an_id_or_file_that_stood_before_is_told(tmp_path: Path) -> None:
    lines = write(tmp_path, "x.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n')
    first, second = read(lines)
    assert first == Article("a", "x")
    assert isinstance(second, Failure) and "'a'" in second.reason
    text = write(tmp_path, "b.txt", "ข")
    assert [type(item) for item in read(text, text, text)] == [Article, Article, Failure]


def test_the_output_of_the_run_is_no_input(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "ก")
    output = write(tmp_path, "out.jsonl", '{"id": "a", "text": "ก"}')
    assert list(read_articles([str(tmp_path)], leave_out=[output])) == [Article("a", "ก")]
    (tmp_path / "tables").mkdir()
    write(tmp_path / "tables", "events.csv", "id,text\nz,ข\n")
    out = [output, tmp_path / "tables"]
    for name in (tmp_path, tmp_path / "**"):
        assert list(read_articles([str(name)], leave_out=out)) == [Article("a", "ก")]


def test_a_text_given_for_a_name_is_told() -> None:
    (failure,) = read("ประชุม" * 100)
    assert isinstance(failure, Failure)


def test_missing_and_barren_inputs_are_told(tmp_path: Path) -> None:
    empty_folder = tmp_path / "empty"
    empty_folder.mkdir()
    empty_lines = write(tmp_path, "empty.jsonl", "\n")
    reasons = [
        item.reason for item in read(tmp_path / "none.txt", empty_folder, empty_lines) if isinstance(item, Failure)
    ]
    assert [reason.split(":")[0] for reason in reasons] == [
        "no such file or folder",
        "no .txt, .jsonl, .csv or .parquet file in this folder or below",
        "empty",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("\ufeffข่าว", [Article("stdin", "ข่าว")]),
        (" \n\n ข่าว\n{", [Article("stdin", " \n\n ข่าว\n{")]),
        ('\ufeff\n {"text": "ก"}', [Article("stdin-2", "ก")]),
        ('{"text": "ก"}\n{"id": "z", "text": "ข"}', [Article("stdin-1", "ก"), Article("z", "ข")]),
    ],
)
def test_standard_input_is_an_article_or_lines(
    monkeypatch: pytest.MonkeyPatch, data: str, expected: list[Article]
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode("utf-8"))))
    assert read("-") == expected


ROWS = [
    {"id": "ก", "text": 'ประชุม\n"วันนี้", 👍'},
    {"id": "ข", "text": "พิธี\r\nเปิด"},
    {"id": "ค", "text": " ตลาด "},
]
ARTICLES = [Article(row["id"], row["text"]) for row in ROWS]


def write_jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), "utf-8")


def write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["text", "other", "id"], restval="x")
        writer.writeheader()
        writer.writerows(ROWS)


def write_parquet(path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"other": [1, 2, 3], **{name: [row[name] for row in ROWS] for name in ("text", "id")}})
    parquet.write_table(table, path, row_group_size=2, compression="zstd")


@pytest.mark.parametrize(
    ("name", "make"), [("a.jsonl", write_jsonl), ("a.csv", write_csv), ("a.PARQUET", write_parquet)]
)
def test_records_of_every_kind_of_file(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    make(tmp_path / name)
    assert read(tmp_path / name) == ARTICLES
    assert read(tmp_path) == ARTICLES
    columns = Columns("id", "text")
    assert read(tmp_path / name, columns=columns) == [Article(row["text"], row["id"]) for row in ROWS]
    for wrong, words in ((Columns("body"), "'body'"), (Columns("text", "number"), "'number'")):
        found = failures(read(tmp_path / name, columns=wrong))
        assert found and all(words in failure and name in failure for failure in found)


@pytest.mark.parametrize("kind", [".txt", ".jsonl", ".csv"])
@pytest.mark.parametrize("packing", [".gz", ".xz", ".zst"])
def test_compressed_files(tmp_path: Path, kind: str, packing: str) -> None:
    plain = tmp_path / f"a{kind}"
    {".jsonl": write_jsonl, ".csv": write_csv, ".txt": lambda path: path.write_text("ก", "utf-8")}[kind](plain)
    data, packed = plain.read_bytes() * (1 if kind == ".csv" else 2), tmp_path / f"a{kind}{packing}"
    if packing == ".zst":
        pyarrow = pytest.importorskip("pyarrow")
        pack = lambda block: pyarrow.compress(block, codec="zstd", asbytes=True)  # noqa: E731
    else:
        pack = {".gz": gzip.compress, ".xz": lzma.compress}[packing]
    packed.write_bytes(pack(data))
    if kind == ".txt":
        assert read(packed) == [Article("a", "กก")]
        return
    expected = ARTICLES if kind == ".csv" else [*ARTICLES, *["stood before"] * 3]
    assert [item if isinstance(item, Article) else "stood before" for item in read(packed)] == expected
    many = b"".join(b'{"text": "%d"}\n' % number for number in range(20_000))
    packed.write_bytes(pack(many if kind == ".jsonl" else b"text\n" + many.replace(b"{", b"").replace(b"}", b"")))
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) * 2 // 3])
    *some, last = read(packed)
    assert isinstance(last, Failure) and ("damaged" in last.reason or "not read from here on" in last.reason)
    assert len(some) < 20_000 and not failures(some)


def test_a_broken_row_of_a_table_is_told(tmp_path: Path) -> None:
    rows = b'id,text\n1,\xe0\xb8\x81\n2,\xa1\xa2\n\n3,x,y\n"",x\n5,"a\nb"\n6,"a"b\n7,lost\n'
    path = write(tmp_path, "a.csv", rows)
    assert read(path)[0] == Article("1", "ก") and Article("5", "a\nb") in read(path)
    assert [failure.removeprefix(str(path)) for failure in failures(read(path))] == [
        ":3: not UTF-8: byte 0xa1 after ''",
        ":5: 3 cells, but the header has 2",
        ":6: id '' is empty; give it one, or leave the field out of all records",
        ":9: not read from here on: ',' expected after '\"'; mend the quotation marks there",
    ]
    for data, words in (
        (b"", "an empty header"),
        (b"a;text\nx;y\n", "only 'a;text'"),
        (b'text\n"open\n', "unexpected end"),
    ):
        (failure,) = failures(read(write(tmp_path, "b.csv", data)))
        assert words in failure


def test_rows_that_are_no_articles_are_told(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"text": ["ก", None, "", "ข"], "id": [1, 2, 3, None]})
    parquet.write_table(table, tmp_path / "a.parquet")
    first, *others = read(tmp_path / "a.parquet")
    assert first == Article("1", "ก")
    assert [str(other).rpartition("parquet")[2].split(" ")[0] for other in others] == [":2:", ":3:", ":4:"]
    parquet.write_table(table.select(["id"]), tmp_path / "a.parquet")
    assert "no column 'text', only 'id'" in failures(read(tmp_path / "a.parquet"))[0]
    parquet.write_table(table.slice(0, 0), tmp_path / "a.parquet")
    assert "no row" in failures(read(tmp_path / "a.parquet"))[0]
    for data in (b"PAR1 no", b""):
        (failure,) = failures(read(write(tmp_path, "a.parquet", data)))
        assert "cannot be read" in failure
    assert "is not known" in failures(read(write(tmp_path, "a.parquet.gz", b"")))[0]


def save_dataset(folder: Path, rows: list[dict[str, str]], *, pieces: int = 1) -> None:
    """Write a dataset as `datasets` does: Arrow streams, and a file of JSON that names them."""
    pyarrow = pytest.importorskip("pyarrow")
    folder.mkdir(parents=True)
    names = [f"data-{number:05}-of-{pieces:05}.arrow" for number in range(pieces)]
    for number, name in enumerate(names):
        table = pyarrow.Table.from_pylist(rows[number::pieces])
        with pyarrow.OSFile(str(folder / name), "wb") as file, pyarrow.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text("{}")


def test_a_saved_dataset_is_read_by_its_state(tmp_path: Path) -> None:
    save_dataset(tmp_path / "news", ROWS, pieces=2)
    assert read(tmp_path / "news") == [ARTICLES[0], ARTICLES[2], ARTICLES[1]]
    write(tmp_path, "z.txt", "ง")
    assert read(tmp_path) == [ARTICLES[0], ARTICLES[2], ARTICLES[1], Article("z", "ง")]
    save_dataset(tmp_path / "parts" / "train", [{"text": "ก"}])
    save_dataset(tmp_path / "parts" / "test", [{"text": "ข"}])
    (tmp_path / "parts" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert read(tmp_path / "parts") == [Article("train-1", "ก"), Article("test-1", "ข")]
    assert "no column 'body'" in failures(read(tmp_path / "news", columns=Columns("body")))[0]
    state = json.loads((tmp_path / "news" / "state.json").read_text())
    (tmp_path / "news" / "state.json").write_text(json.dumps(state | {"_indices_data_files": [{"filename": "x"}]}))
    assert "flatten_indices" in failures(read(tmp_path / "news"))[0]
    (tmp_path / "news" / "state.json").write_text("{")
    assert "news: cannot be read" in failures(read(tmp_path / "news"))[0]
    (tmp_path / "parts" / "test" / "data-00000-of-00001.arrow").write_bytes(b"\xff\xff\xff\xff\x10")
    first, last = read(tmp_path / "parts")
    assert first == Article("train-1", "ก") and isinstance(last, Failure) and "test" in last.where


def test_a_dataset_that_datasets_saved(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_list(ROWS)
    data.select([2, 0]).save_to_disk(str(tmp_path / "chosen"), num_shards=2)
    datasets.DatasetDict({"train": data}).save_to_disk(str(tmp_path / "all"))
    assert read(tmp_path / "chosen") == [ARTICLES[2], ARTICLES[0]]
    assert read(tmp_path / "all") == ARTICLES


def test_patterns_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.txt", "a.txt", "b/d.txt", "b/e.jsonl"):
        write(tmp_path, name, '{"text": "ก"}')
    names = lambda pattern: [item.where for item in read(tmp_path / pattern)]  # noqa: E731
    assert names("*.txt") == [str(tmp_path / name) for name in ("a.txt", "c.txt")]
    assert names("**/*.txt") == [str(tmp_path / name) for name in ("a.txt", "b/d.txt", "c.txt")]
    assert failures(read(tmp_path / "*.csv"))[0].endswith("*.csv: no file is of this pattern")
    write(tmp_path, "x[1].txt", "ข")
    assert names("x[1].txt") == [str(tmp_path / "x[1].txt")]  # a file of that name comes before a pattern


def test_ids_that_are_made_of_names_never_meet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "news.csv", "text\nก\nข\n")
    write(tmp_path, "z.jsonl", '{"id": "news-2", "text": "ค"}')
    *items, last = read(tmp_path)
    made = [f"{(tmp_path / 'b').as_posix()}/news-{line}" for line in (2, 3)]
    assert [item.id for item in items if isinstance(item, Article)] == ["news-2", "news-3", *made]
    assert isinstance(last, Failure) and last.where == f"{tmp_path / 'z.jsonl'}:1" and "'news-2'" in last.reason


def test_what_is_too_long_for_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LONGEST", 50)
    text, line = write(tmp_path, "a.txt", "x" * 51), '{"text": "%s"}'
    lines = write(tmp_path, "b.jsonl", "\n".join(line % word for word in ("a", "b" * 300, "c", "d" * 60)))
    table = write(tmp_path, "c.csv", "text\na\n" + "b" * 300 + "\nc\n")
    assert failures(read(text))[0].startswith(f"{text}: longer than")
    first, second, third, fourth = read(lines)
    assert (first, third) == (Article("b-1", "a"), Article("b-3", "c"))
    assert [item.where for item in (second, fourth)] == [f"{lines}:2", f"{lines}:4"]
    first, last = read(table)
    assert first == Article("c-2", "a") and "c.csv:3: not read from here on" in str(last)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 51)))
    assert "longer than" in failures(read("-"))[0]


def test_what_cannot_be_opened_does_not_stop_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", "x.txt", "x")
    good = write(tmp_path, "b.txt", "ก")
    real = os.scandir

    def scan(path: Path | str) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    assert read(tmp_path) == [Failure(str(tmp_path / "a"), "Permission denied"), Article("b", "ก")]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    missing, article = read(write(tmp_path, "c.parquet", b""), good)
    assert "thaigov-events[files]" in str(missing) and article == Article("b", "ก")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xa1.txt")).write_text("ก", "utf-8")
    (tmp_path / os.fsdecode(b"\xa2")).mkdir()
    write(tmp_path / os.fsdecode(b"\xa2"), "b.txt", "ข")
    first, second = read(tmp_path)
    assert isinstance(first, Failure) and "byte 0xa1" in first.reason
    assert second == Article("b", "ข")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "dataset"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, kind: str) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.{kind}"
        rows = [{"id": f"{count}-{n}", "text": f"{n} " * 2000} for n in range(count)]
        if kind == "dataset":
            save_dataset(path, rows)
        elif kind == "parquet":
            pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
            parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=50)
        elif kind == "csv":
            path.write_text("id,text\n" + "".join(f"{row['id']},{row['text']}\n" for row in rows))
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        del rows
        tracemalloc.start()
        assert sum(1 for _ in read_articles([str(path)])) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # what is imported and cached
    assert peak(900) < 1.5 * peak(300) + 100_000


ITEMS = st.one_of(
    st.builds(Article, st.text(max_size=3), st.text(max_size=50), st.text(max_size=3)),
    st.builds(Failure, st.text(max_size=3), st.text(max_size=3)),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(ITEMS, max_size=150), st.data())
def test_chunks_hold_all_and_can_be_skipped(items: list[Article | Failure], data: st.DataObject) -> None:
    chunks = list(cut_chunks(iter(items)))
    assert [item for chunk in chunks for item in chunk.items] == items
    assert [chunk.end for chunk in chunks] == [sum(len(c.items) for c in chunks[: n + 1]) for n in range(len(chunks))]
    place = data.draw(st.integers(0, len(chunks)))
    end, digest = (chunks[place - 1].end, chunks[place - 1].digest) if place else (0, "")
    assert list(skip_chunks(cut_chunks(items), items=end, digest=digest)) == chunks[place:]
    if end:
        changed = [*items]
        at = data.draw(st.integers(0, end - 1))
        changed[at] = Failure("other", "than it was")
        if changed[at] != items[at]:
            with pytest.raises(ValueError, match="not those"):
                skip_chunks(cut_chunks(changed), items=end, digest=digest)
        with pytest.raises(ValueError, match=r"not those|inputs end"):
            skip_chunks(cut_chunks(items[: end - 1]), items=end, digest=digest)


def test_long_articles_fill_a_chunk_and_few_are_read_ahead() -> None:
    read = 0

    def articles() -> Iterator[Article]:
        nonlocal read
        for read in range(1, 1000):
            yield Article(str(read), "x" * CHARACTERS)

    assert [len(chunk.items) for chunk in islice(cut_chunks(articles()), 3)] == [1, 1, 1]
    assert read == 3
