"""The validator tells every bad line and counts the rest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from thaigov_events.annotations import Document, Entity, Relation, Schema, write_corpus
from thaigov_events.annotations.validate import main, validate


def meeting(name: str) -> Document:
    entities = (Entity("T1", "PERSON", 0, 9), Entity("T2", "EVENT", 10, 16))
    return Document(name, "นายสมมุติ ประชุม", entities, (Relation("chairs", "T1", "T2"),))


BAD = json.dumps({**meeting("d8").to_dict(), "relations": [{"label": "chairs", "head": "T2", "tail": "T1"}]})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "good.jsonl", [meeting("d1"), meeting("d2")])
    return tmp_path / "good.jsonl"


@pytest.fixture
def bad(good: Path) -> Path:
    path = good.with_name("bad.jsonl")
    path.write_text(good.read_text("utf-8") + BAD + "\n{\n", "utf-8")
    return path


def test_a_good_corpus_is_counted(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(good)]) == 0
    captured = capsys.readouterr()
    assert f"## {good}" in captured.out
    assert "2 documents, 32 characters" in captured.out
    assert "| PERSON | 2 |" in captured.out
    assert "| chairs | 2 |" in captured.out
    assert captured.err == ""


def test_every_bad_line_is_told_with_file_line_and_document(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(bad)]) == 1
    captured = capsys.readouterr()
    first, second, total = captured.err.splitlines()
    assert first.startswith(f"{bad}:3: document d8: chairs may not go from T2 (EVENT) to T1 (PERSON)")
    assert second.startswith(f"{bad}:4: ")
    assert total == "2 bad"
    assert "2 documents" in captured.out  # the good ones are counted all the same


def test_all_files_are_checked_though_the_first_is_bad(
    bad: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = good.with_name("missing.jsonl")
    assert main([str(bad), str(missing), str(good)]) == 1
    captured = capsys.readouterr()
    assert f"{missing}: no such corpus file" in captured.err
    assert captured.err.endswith("3 bad\n")
    assert captured.out.count("## ") == 3


def test_validate_returns_both(bad: Path) -> None:
    documents, errors = validate(bad, Schema.load())
    assert documents == [meeting("d1"), meeting("d2")]
    assert len(errors) == 2


def test_the_module_is_a_command(bad: Path) -> None:
    command = [sys.executable, "-m", "thaigov_events.annotations.validate", str(bad)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 1
    assert "document d8" in result.stderr
