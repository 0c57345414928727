"""Stand-off folders hold entities and relations without loss, and refuse what a document cannot hold."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations import CorpusError, Document, Entity, Relation, read_corpus
from thaigov_events.annotations.brat import read_brat, write_brat

SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"
TEXT = "😀 นายสมมุติ\n ใจดี เป็นประธานการประชุม"
MEETING = Document(
    "น่าน/1",
    TEXT,
    (Entity("T1", "PERSON", 2, 17), Entity("T7", "EVENT", 28, 37)),
    (Relation("chairs", "T1", "T7"),),
)


def put(folder: Path, annotations: str, text: str = TEXT, name: str = "news") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(annotations.encode())
    return folder


def test_the_files_are_those_that_brat_writes(tmp_path: Path) -> None:
    assert MEETING.text_of(MEETING.entities[0]) == "นายสมมุติ\n ใจดี"
    assert not write_brat(tmp_path / "out", [MEETING])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["น่าน%2F1.ann", "น่าน%2F1.txt"]
    assert (tmp_path / "out" / "น่าน%2F1.txt").read_bytes().decode() == TEXT
    assert (tmp_path / "out" / "น่าน%2F1.ann").read_bytes().decode() == (
        "T1\tPERSON 2 11;13 17\tนายสมมุติ ใจดี\nT7\tEVENT 28 37\tการประชุม\nR1\tchairs Arg1:T1 Arg2:T7\n"
    )
    assert read_brat(tmp_path / "out") == ([MEETING], {})


@given(data=st.data())
def test_nothing_is_lost_on_the_way_there_and_back(
    data: st.DataObject, hard_corpora: st.SearchStrategy[list[Document]]
) -> None:
    documents = data.draw(hard_corpora)
    with TemporaryDirectory() as folder:
        assert not write_brat(Path(folder) / "out", documents)
        again, left_out = read_brat(Path(folder) / "out")
    assert {document.id: document for document in again} == {document.id: document for document in documents}
    assert len(again) == len(documents) and not left_out


def test_the_samples_come_back_but_for_their_sources(tmp_path: Path) -> None:
    samples = read_corpus(SAMPLES)
    assert write_brat(tmp_path / "out", samples) == {"sources": len(samples)}
    assert read_brat(tmp_path / "out")[0] == samples


def test_what_has_no_place_is_counted(tmp_path: Path) -> None:
    entities = (Entity("e1", "PERSON", 0, 3, 0.5), Entity("T1", "EVENT", 3, 6))
    document = Document("a", "กกกขขข", entities, (Relation("chairs", "e1", "T1", 0.25),), "page")
    assert write_brat(tmp_path / "out", [document]) == {"entity ids": 2, "scores": 2, "sources": 1}
    (again,), _ = read_brat(tmp_path / "out")
    assert again.relations == (Relation("chairs", "T1", "T2"),)
    assert [(e.id, e.label, e.start, e.end) for e in again.entities] == [("T1", "PERSON", 0, 3), ("T2", "EVENT", 3, 6)]


def test_others_annotations_are_read_and_what_is_left_out_counted(tmp_path: Path) -> None:
    lines = "T1\tPERSON 2 11\tนายสมมุติ\r\nT2\tEVENT 28 37\tการประชุม\nE1\tEVENT:T2 Chair:T1\nA1\tNegated E1\n"
    lines += "#1\tAnnotatorNotes T1\tdoubtful\n*\tEquiv T1 T2\nR9\tchairs Arg1:T1 Arg2:T2\t\n"
    put(tmp_path, "", name="bare")
    put(tmp_path / "deeper", lines)
    (tmp_path / "bare.ann").unlink()
    documents, left_out = read_brat(tmp_path)
    assert [document.id for document in documents] == ["bare", "deeper/news"]
    assert documents[1].relations == (Relation("chairs", "T1", "T2"),)
    assert left_out == {"events": 1, "attributes": 1, "notes": 1, "equivalences": 1}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("T2\tPERSON 2 5;28 37\tนาย การประชุม", "T2 'PERSON 2 5;28 37' is discontinuous"),
        ("T2\tPERSON 2 5;5 11\tนาย สมมุติ", "discontinuous"),
        ("T2\tPERSON 3 11\tนายสมมุติ", "says 'นายสมมุติ', but at 3 11 stands 'ายสมมุติ'"),
        ("T2\tPERSON 30 99\tประชุม", "ends at 99, the text at 37"),
        ("T2\tPERSON two 11\tนายสมมุติ", "should be like"),
        ("T2\tPERSON 5 5\t", "is no span"),
        ("R1\tchairs Arg1:T1", "should be like"),
        ("R1\tchairs Arg1:T1 Arg2:T1", "linked to itself"),
        ("Z1\tPERSON", "is no line of brat's"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    put(tmp_path, f"T1\tEVENT 28 37\tการประชุม\n\n{line}\n")
    with pytest.raises(CorpusError, match=r"news\.ann:3: ") as error:
        read_brat(tmp_path)
    assert told in str(error.value)


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        read_brat(tmp_path / "none")
    with pytest.raises(CorpusError, match=r"no \.txt file"):
        read_brat(tmp_path)
    put(tmp_path, "R1\tchairs Arg1:T1 Arg2:T2\n")
    with pytest.raises(CorpusError, match=r"news\.ann: document news: relation chairs names entity T1"):
        read_brat(tmp_path)
    (tmp_path / "news.txt").write_bytes(b"\xff")
    with pytest.raises(CorpusError, match=r"news\.txt: not UTF-8 at byte 0"):
        read_brat(tmp_path)
    (tmp_path / "news.txt").unlink()
    with pytest.raises(CorpusError, match=r"news\.ann: has no text file news\.txt"):
        read_brat(tmp_path)
    put(tmp_path / "two", "", name="a%41")
    put(tmp_path / "two", "", name="aA")
    with pytest.raises(CorpusError, match="document 'aA' stands in another file"):
        read_brat(tmp_path / "two")


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_brat(folder, [MEETING])
    for bad in (
        [Document("a", ""), Document("", "")],
        [Document("a", ""), Document("a", "")],
        [Document("b", "ก", (Entity("T1", "TWO WORDS", 0, 1),))],
    ):
        with pytest.raises(CorpusError):
            write_brat(folder, bad)
        assert read_brat(folder)[0] == [MEETING]
    write_brat(folder, [Document("new", "")])
    assert [document.id for document in read_brat(folder)[0]] == ["new"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_of_other_things_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(CorpusError, match=r"'thesis\.tex'; name a new folder"):
        write_brat(tmp_path, [MEETING])
    with pytest.raises(CorpusError, match="is a file"):
        write_brat(tmp_path / "thesis.tex", [MEETING])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_texts_without_annotations_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text("ไป", "utf-8")
    with pytest.raises(CorpusError, match=r"'article\.txt'"):
        write_brat(tmp_path, [MEETING])
    assert (tmp_path / "article.txt").read_text("utf-8") == "ไป"


def test_the_old_folder_stands_again_when_the_new_one_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    write_brat(folder, [MEETING])
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.suffix == ".tmp":
            raise PermissionError("not now")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PermissionError, match="not now"):
        write_brat(folder, [Document("new", "")])
    assert read_brat(folder)[0] == [MEETING]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    write_brat(tmp_path / "real", [Document("old", "")])
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_brat(tmp_path / "link", [MEETING])
    assert (tmp_path / "link").is_symlink()
    assert read_brat(tmp_path / "real")[0] == [MEETING]
