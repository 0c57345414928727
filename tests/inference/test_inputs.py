import io
import sys
from pathlib import Path

import pytest

from thaigov_events.inference.inputs import Article, Failure, read_articles


def read(*inputs: Path | str) -> list[Article | Failure]:
    return list(read_articles([str(item) for item in inputs]))


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
    assert list(read_articles([str(tmp_path)], leave_out=output)) == [Article("a", "ก")]


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
        "no .txt or .jsonl file in this folder or below",
        "empty",
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("\ufeffข่าว", [Article("stdin", "ข่าว")]),
        ('{"text": "ก"}\n{"id": "z", "text": "ข"}', [Article("stdin-1", "ก"), Article("z", "ข")]),
    ],
)
def test_standard_input_is_an_article_or_lines(
    monkeypatch: pytest.MonkeyPatch, data: str, expected: list[Article]
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode("utf-8"))))
    assert read("-") == expected
