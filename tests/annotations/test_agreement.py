"""The agreement of two annotators is printed, and texts that differ are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from thaigov_events.annotations import Document, write_corpus
from thaigov_events.annotations.agreement import main


def test_agreement_is_the_same_both_ways(
    documents: list[Document], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [replace(d, relations=d.relations[1:]) for d in documents]
    for name, corpus in (("one", documents), ("two", others)):
        write_corpus(tmp_path / f"{name}.jsonl", corpus)
    totals = []
    for names in (("one", "two"), ("two", "one")):
        assert main([str(tmp_path / f"{name}.jsonl") for name in names]) == 0
        lines = capsys.readouterr().out.splitlines()
        totals.append([line.split("|")[4].split()[0] for line in lines if line.startswith("| **all**")])
    assert totals[0] == totals[1] == ["**1.0000**", f"**{2 * 5 / (6 + 5):.4f}**"]


def test_other_documents_are_refused(
    documents: list[Document], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_corpus(tmp_path / "one.jsonl", documents)
    write_corpus(tmp_path / "two.jsonl", documents[1:])
    assert main([str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl")]) == 1
    assert documents[0].id in capsys.readouterr().err
