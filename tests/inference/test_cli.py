"""The command line and the engine, end to end on the released model and the sample articles."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from thaigov_events.annotations import Document, Schema, read_corpus
from thaigov_events.annotations.metrics import compare
from thaigov_events.inference import Article, Extraction, Extractor
from thaigov_events.inference.cli import main
from thaigov_events.inference.table_rows import list_rows
from thaigov_events.models.bundle import released_folder

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "annotations" / "samples"
GOLD = ROOT / "annotations" / "samples.jsonl"

# What the released model reached on the samples, less two points: it may get better, not worse.
ENTITY_FLOOR, RELATION_FLOOR = 0.91, 0.70


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.load()


def read_lines(path: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_samples_are_extracted_in_order_and_well_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "events.jsonl"
    assert main(["extract", str(SAMPLES), "-o", str(output)]) == 0
    assert "15 articles read" in capsys.readouterr().err
    records = read_lines(output)
    gold = read_corpus(GOLD, Schema.load())
    assert [record["id"] for record in records] == [document.id for document in gold]
    found = [Document.from_dict(record).check(Schema.load()) for record in records]
    result = compare(gold, found, resamples=0)
    assert result.entities.total.f1 > ENTITY_FLOOR
    assert result.relations.total.f1 > RELATION_FLOOR
    for record in records:
        ids = {entity["id"] for entity in record["entities"]}
        assert all(0 <= entity["score"] <= 1 for entity in record["entities"])
        assert record["events"], record["id"]
        assert {name for event in record["events"] for name in event.get("mentions", ())} <= ids


def test_a_meeting_is_understood(extractor: Extractor) -> None:
    text = (
        "วันที่ 10 กันยายน 2562 เวลา 09.30 น. นายสมชาย ใจงาม ผู้ว่าราชการจังหวัดตราด เป็นประธานการประชุม"
        "คณะกรรมการพัฒนาเศรษฐกิจฐานรากจังหวัดตราด (คพร.) ครั้งที่ 4/2562 ณ ห้องประชุมพลอยแดง ศาลากลางจังหวัดตราด"
    )
    extraction = extractor(text)
    (meeting,) = [event for event in extraction.events if event["kind"] == "event"]
    assert meeting["type"] == "meeting"
    assert meeting["chair"]["name"] == "นายสมชาย ใจงาม"
    assert meeting["chair"]["position"] == "ผู้ว่าราชการจังหวัดตราด"
    assert meeting["committee"]["code"] == "คพร."
    assert meeting["session"]["number"] == "4"
    assert meeting["session"]["year_ce"] == 2019
    assert meeting["dates"][0]["start"] == "2019-09-10"
    assert meeting["place"]["iso_3166_2"] == "TH-23"


def test_output_is_the_same_in_a_crowd_and_alone(extractor: Extractor) -> None:
    gold = read_corpus(GOLD)[:4]
    together = [e.document for e in extractor.extract(Article(d.id, d.text) for d in gold)]
    for document, crowd in zip(gold, together, strict=True):
        alone = extractor(document.text, id=document.id).document
        assert [(e.label, e.start, e.end) for e in alone.entities] == [
            (e.label, e.start, e.end) for e in crowd.entities
        ]


@pytest.mark.parametrize("kind", ["events", "jsonl", "html"])
def test_formats_go_to_standard_output(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", str(SAMPLES / "sample-01.txt"), "--format", kind]) == 0
    out = capsys.readouterr().out
    if kind == "jsonl":
        assert json.loads(out)["id"] == "sample-01"
    else:
        assert "sample-01" in out
        assert out.startswith("<!") == (kind == "html")


def test_bad_inputs_are_told_and_the_others_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "old.txt").write_bytes("ประชุม".encode("tis-620"))
    (tmp_path / "photo.txt").write_bytes(b"\x89PNG\0")
    (tmp_path / "bom.txt").write_text("\ufeffการประชุมคณะกรรมการ", encoding="utf-8")
    (tmp_path / "news.jsonl").write_text('{"id": "a", "text": "การประชุม"}\nnot json\n', encoding="utf-8")
    output = tmp_path / "out" / "x.jsonl"
    assert main(["extract", str(tmp_path), str(tmp_path / "none.txt"), "-o", str(output)]) == 1
    assert [record["id"] for record in read_lines(output)] == ["bom", "a"]
    err = capsys.readouterr().err
    for name in ("empty.txt", "old.txt", "photo.txt", "news.jsonl:2", "none.txt"):
        assert name in err
    assert "2 articles read" in err and "5 inputs failed" in err


def test_a_failed_run_leaves_the_old_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "x.jsonl"
    output.write_text("old")
    monkeypatch.setattr(Extractor, "load", lambda *args, **kwargs: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        main(["extract", str(SAMPLES), "-o", str(output)])
    assert output.read_text() == "old"
    assert list(tmp_path.iterdir()) == [output]


def test_articles_that_the_engine_fails_on_are_told(
    engines: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Extractor, "load", engines.open_small)
    (tmp_path / "a.txt").write_text("3 คน", "utf-8")
    (tmp_path / "b.txt").write_text(engines.POISON, "utf-8")
    output, errors = tmp_path / "out" / "x.txt", tmp_path / "log" / "errors.jsonl"
    arguments = ["extract", str(tmp_path / "*.txt")]
    for more, expected in (
        (["-o", str(output)], tmp_path / "out" / "x.txt.errors.jsonl"),
        (["-o", str(output), "--errors", str(errors)], errors),
        (["--errors", str(errors)], errors),
    ):
        assert main([*arguments, *more]) == 1
        out, err = capsys.readouterr()
        assert "── a: 1 mentions" in (out or output.read_text("utf-8"))
        (failure,) = read_lines(expected)
        assert failure["where"].endswith("b.txt") and "RuntimeError: swallowed poison" in failure["reason"]
        assert "1 articles read" in err and "1 inputs failed, 1 windows, 0 truncated" in err
        expected.unlink()
    assert [path.name for path in output.parent.iterdir()] == ["x.txt"]
    (tmp_path / "a.txt").unlink()
    assert main([*arguments, "-o", str(output)]) == 1
    assert "no article could be read" in capsys.readouterr().err
    assert "── a" in output.read_text("utf-8") and len(list(output.parent.iterdir())) == 2


@pytest.mark.parametrize(("kind", "ending"), [("events", "txt"), ("jsonl", "jsonl"), ("html", "html")])
def test_a_file_holds_what_goes_to_standard_output(
    engines: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    ending: str,
) -> None:
    monkeypatch.setattr(Extractor, "load", engines.open_small)
    assert main(["extract", str(SAMPLES), "--format", kind]) == 0
    out = capsys.readouterr().out
    assert main(["extract", str(SAMPLES), "-o", str(tmp_path / f"x.{ending}")]) == 0
    assert (tmp_path / f"x.{ending}").read_bytes() == out.encode("utf-8")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_record_holds_all_of_an_extraction(extractor: Extractor) -> None:
    extraction = extractor(read_corpus(GOLD)[0].text)
    again = Extraction.from_dict(json.loads(json.dumps(extraction.to_dict())))
    assert again == extraction
    assert list_rows(again) == list_rows(extraction)


def test_engines_side_by_side_write_what_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thaigov_events.inference.chunks.ARTICLES", 1)
    inputs = [str(SAMPLES / f"sample-0{number}.txt") for number in (1, 2, 3)]
    for jobs in ("1", "2"):
        assert main(["extract", *inputs, "-o", str(tmp_path / f"{jobs}.jsonl"), "--jobs", jobs, "--threads", "2"]) == 0
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()


def test_a_run_that_is_interrupted_says_how_to_go_on(
    engines: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Extractor, "load", engines.open_small)
    output = tmp_path / "x.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr("thaigov_events.inference.extract_command.publish_records", interrupt)
        assert main(["extract", str(SAMPLES), "-o", str(output)]) == 130
    assert "--resume" in capsys.readouterr().err
    assert main(["extract", str(SAMPLES), "-o", str(output), "--resume"]) == 0
    assert [record["id"] for record in read_lines(output)] == [document.id for document in read_corpus(GOLD)]
    assert list(tmp_path.iterdir()) == [output]


def test_nothing_read_leaves_the_old_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "x.jsonl"
    output.write_text("old")
    assert main(["extract", str(tmp_path / "none.txt"), "-o", str(output)]) == 1
    assert "no article could be read" in capsys.readouterr().err
    assert output.read_text() == "old"


def test_a_very_long_article_is_read_whole(extractor: Extractor) -> None:
    part = read_corpus(GOLD)[0].text + "\n"
    text = part * (150_000 // len(part))
    extraction = extractor(text)
    thirds = [
        sum(k * len(text) <= 3 * e.start < (k + 1) * len(text) for e in extraction.document.entities) for k in range(3)
    ]
    assert min(thirds) > 0.9 * max(thirds)


def test_evaluate_prints_and_writes_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(GOLD), "-o", str(tmp_path)]) == 0
    assert "| PERSON |" in capsys.readouterr().out
    assert "Relations" in (tmp_path / "metrics.md").read_text("utf-8")
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["documents"] == 15


def test_wrong_calls_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", str(SAMPLES), "--model", str(tmp_path)]) == 1
    assert "not a model folder" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "none.jsonl")]) == 1
    for output, message in ((tmp_path, "is a folder"), (tmp_path / "x.json", "--format")):
        assert (
            main(["extract", str(SAMPLES), "-o", str(output), *(["--format", "jsonl"] if output == tmp_path else [])])
            == 1
        )
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["extract"])


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json", "settings.json"])
def test_damaged_models_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(released_folder(), folder)
    (folder / name).write_text('{"format": 2}')
    assert main(["extract", str(SAMPLES), "--model", str(folder)]) == 1
    assert "SHA256SUMS" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux counts it")
def test_import_and_loading_are_light() -> None:
    program = (
        "import re, sys, pathlib\n"
        "from thaigov_events.inference import Extractor\n"
        "Extractor.load()\n"
        "assert not {'torch', 'transformers', 'datasets', 'thaigov_events.training'} & set(sys.modules)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(out) / 1024 < 400


def test_the_released_model_has_its_card_and_sums() -> None:
    folder = released_folder()
    assert "Model card" in (folder / "MODEL_CARD.md").read_text("utf-8")
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
