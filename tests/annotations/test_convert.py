"""The converter goes from any format to any other, says what was lost, and leaves no half of a file."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from thaigov_events.annotations import CorpusError, Document, Entity, Relation, read_corpus, write_corpus
from thaigov_events.annotations.convert import detect_format, main

ANNOTATIONS = Path(__file__).parents[2] / "annotations"
SAMPLES = ANNOTATIONS / "samples.jsonl"
DOCUMENT = Document(
    "news-1",
    "นายสมมุติ ใจดี 😀 ประชุม",
    (Entity("T1", "PERSON", 0, 14), Entity("T2", "EVENT", 17, 23)),
    (Relation("chairs", "T1", "T2"),),
)
needs = {"docbin": "spacy", "dataset": "datasets"}


def missing(name: str) -> bool:
    return name in needs and not importlib.util.find_spec(needs[name])


@pytest.mark.parametrize(
    ("ending", "name", "keeps_relations"),
    [
        ("a.brat", "brat", True),
        ("a.spacy.jsonl", "spacy-json", True),
        ("a.spacy", "docbin", True),
        ("a.json", "label-studio", True),
        ("a.min.json", "label-studio-min", False),
        ("a.conll", "conll", False),
        ("a.dataset", "dataset", False),
    ],
)
def test_the_samples_go_there_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str, name: str, keeps_relations: bool
) -> None:
    if missing(name):
        pytest.skip(f"needs {needs[name]}")
    between, back = tmp_path / ending, tmp_path / "back.jsonl"
    schema = ["--schema", str(ANNOTATIONS / "schema.toml")]
    assert main([str(SAMPLES), str(between), *schema]) == 0
    told = capsys.readouterr().out
    assert f"{SAMPLES} (corpus): 15 documents, 892 entities, 710 relations" in told
    assert (f"lost in {name}: 710 relations" in told) is not keeps_relations
    assert main([str(between), str(back), *schema]) == 0
    told = capsys.readouterr().out
    assert f"{between} ({name}): 15 documents, 892 entities, {710 if keeps_relations else 0} relations" in told
    assert "lost" not in told
    samples, again = read_corpus(SAMPLES), read_corpus(back)
    if keeps_relations:
        assert again == samples
    else:
        assert [document.entities for document in again] == [document.entities for document in samples]


def test_what_was_not_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "news.txt").write_text("ไป", "utf-8")
    (tmp_path / "news.ann").write_text("#1\tAnnotatorNotes T1\tdoubtful\n", "utf-8")
    assert main([str(tmp_path), str(tmp_path / "news.jsonl")]) == 0
    assert "not read from brat: 1 notes" in capsys.readouterr().out


def test_formats_may_be_named(tmp_path: Path) -> None:
    write_corpus(tmp_path / "plain.json", [DOCUMENT])
    assert main([str(tmp_path / "plain.json"), str(tmp_path / "news.txt"), "--from", "corpus", "--to", "conll"]) == 0
    assert main([str(tmp_path / "news.txt"), str(tmp_path / "out.jsonl"), "--from", "conll"]) == 0
    (again,) = read_corpus(tmp_path / "out.jsonl")
    assert (again.id, again.text, again.entities) == ("news-1", DOCUMENT.text, DOCUMENT.entities)


def test_words_may_be_joined_by_spaces(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("EU\tB-ORG\nrejects\tO\n", "utf-8")
    assert main([str(tmp_path / "a.conll"), str(tmp_path / "a.jsonl"), "--separator", " "]) == 0
    assert read_corpus(tmp_path / "a.jsonl")[0].text == "EU rejects"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jsonl", "corpus"),
        ("a.spacy.jsonl", "spacy-json"),
        ("a.spacy", "docbin"),
        ("a.iob", "conll"),
        ("b.brat", "brat"),
        ("a.json", "label-studio"),
        ("a.min.json", "label-studio-min"),
    ],
)
def test_endings_tell_the_format(name: str, expected: str) -> None:
    assert detect_format(Path(name)) == expected


def test_a_folder_tells_its_format_by_its_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="--from and --to"):
        detect_format(tmp_path)
    (tmp_path / "a.ann").touch()
    assert detect_format(tmp_path) == "brat"
    (tmp_path / "state.json").touch()
    assert detect_format(tmp_path) == "dataset"


def refuse_ending(folder: Path) -> list[str]:
    return [str(SAMPLES), str(folder / "out.xml")]


def refuse_missing(folder: Path) -> list[str]:
    return [str(folder / "none.jsonl"), str(folder / "out.conll")]


def refuse_bad_line(folder: Path) -> list[str]:
    (folder / "bad.conll").write_text("ดี\tO\nคำ\tPERSON\n", "utf-8")
    return [str(folder / "bad.conll"), str(folder / "out.jsonl")]


def refuse_label(folder: Path) -> list[str]:
    write_corpus(folder / "a.jsonl", [DOCUMENT, Document("d2", "ก", (Entity("T1", "CITY", 0, 1),))])
    return [str(folder / "a.jsonl"), str(folder / "out.brat"), "--schema", str(ANNOTATIONS / "schema.toml")]


def refuse_to_replace(folder: Path) -> list[str]:
    (folder / "out").mkdir()
    (folder / "out" / "thesis.tex").write_text("mine")
    return [str(SAMPLES), str(folder / "out"), "--to", "brat"]


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (refuse_ending, ["out.xml: nothing tells its format", "--to"]),
        (refuse_missing, ["none.jsonl: no such corpus file"]),
        (refuse_bad_line, ["bad.conll:1: ", "'PERSON' of 'คำ' should be O"]),
        (refuse_label, ["a.jsonl: document d2: entity T1 has the unknown label 'CITY'"]),
        (refuse_to_replace, ["holds other things, such as 'thesis.tex'; name a new folder"]),
    ],
)
def test_an_error_is_told_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], prepare: Callable[[Path], list[str]], told: list[str]
) -> None:
    arguments = prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert all(part in error for part in told), error
    assert sorted(tmp_path.rglob("*")) == before
