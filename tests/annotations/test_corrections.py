"""From the folder of a pull to articles to learn from."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from thaigov_events.annotations import CorpusError, Document, Schema, write_corpus
from thaigov_events.annotations.corrections import gather_corrections


def change(document: Document) -> Document:
    """Return what another annotator, who forgets a link, makes of an article."""
    return replace(document, relations=document.relations[1:])


def test_annotators_that_agree_count_once_and_disputes_wait(
    documents: list[Document], schema: Schema, tmp_path: Path
) -> None:
    write_corpus(tmp_path / "annotator-1.jsonl", documents[:4])
    write_corpus(tmp_path / "annotator-2.jsonl", [documents[1], change(documents[2]), documents[5]])
    (tmp_path / "conflicts.jsonl").write_text("not a corpus\n")
    found = gather_corrections(tmp_path, schema, held_out=[replace(documents[3], id="other")])
    assert [document.id for document in found.documents] == ["made-0", "made-1", "made-5"]
    assert found.documents[1] == documents[1]
    assert (found.disputed, found.held_out, found.annotators) == (("made-2",), ("made-3",), 2)
    write_corpus(tmp_path / "settled.jsonl", [change(documents[2])])
    settled = gather_corrections(tmp_path, schema, adjudicated=tmp_path / "settled.jsonl")
    assert [document.id for document in settled.documents] == [f"made-{n}" for n in (0, 1, 2, 3, 5)]
    assert settled.documents[2] == change(documents[2])
    assert (settled.disputed, settled.adjudicated) == ((), 1)
    assert json.loads(json.dumps(settled.describe()))["corrected"] == 5


def test_the_numbering_of_marks_is_no_dispute(documents: list[Document], schema: Schema, tmp_path: Path) -> None:
    names = {entity.id: f"x{entity.id}" for entity in documents[0].entities}
    other = replace(
        documents[0],
        entities=tuple(replace(entity, id=names[entity.id]) for entity in documents[0].entities),
        relations=tuple(replace(r, head=names[r.head], tail=names[r.tail]) for r in documents[0].relations),
    )
    write_corpus(tmp_path / "annotator-1.jsonl", [documents[0]])
    write_corpus(tmp_path / "annotator-2.jsonl", [other])
    assert not gather_corrections(tmp_path, schema).disputed


def test_what_is_wrong_is_told_whole(documents: list[Document], schema: Schema, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="labelstudio pull"):
        gather_corrections(tmp_path, schema)
    bad = documents[0].to_dict()
    bad["entities"][0]["label"] = "NOTHING"
    (tmp_path / "annotator-1.jsonl").write_text(json.dumps(bad) + "\n{\n")
    with pytest.raises(CorpusError, match=r"annotator-1\.jsonl:1: .*NOTHING[\s\S]*annotator-1\.jsonl:2"):
        gather_corrections(tmp_path, schema)
    write_corpus(tmp_path / "annotator-1.jsonl", [documents[0]])
    write_corpus(tmp_path / "annotator-2.jsonl", [replace(documents[1], id="made-0")])
    with pytest.raises(CorpusError, match="made-0 has several texts"):
        gather_corrections(tmp_path, schema)
    (tmp_path / "annotator-2.jsonl").unlink()
    write_corpus(tmp_path / "settled.jsonl", [documents[7]])
    with pytest.raises(CorpusError, match="made-7 is not in"):
        gather_corrections(tmp_path, schema, adjudicated=tmp_path / "settled.jsonl")
