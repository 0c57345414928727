"""Evaluations count what is lost and where, and the report shows it."""

import json
import re
from pathlib import Path

import pytest

from thaigov_events.annotations import read_corpus
from thaigov_events.inference.cli import main
from thaigov_events.inference.evaluation import Evaluation, evaluate
from thaigov_events.inference.evaluation_page import write_report
from thaigov_events.inference.extractor import Extractor

SAMPLES = Path(__file__).parents[2] / "annotations" / "samples.jsonl"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    extractor = Extractor.load()
    return evaluate(extractor.predictor, read_corpus(SAMPLES)[:3])


def test_scores_belong_to_what_was_found(evaluation: Evaluation) -> None:
    assert len(evaluation.entities) == sum(len(d.entities) for d in evaluation.found)
    assert len(evaluation.relations) == sum(len(d.relations) for d in evaluation.found)
    assert len(evaluation.candidates) > len(evaluation.relations)
    total = evaluation.comparison.entities.total
    assert sum(hit for _, hit in evaluation.entities) == total.right
    assert evaluation.events and evaluation.events.total.support > 10


def test_the_gold_relations_are_found_or_accounted_for(evaluation: Evaluation) -> None:
    right = evaluation.comparison.relations.total.right
    below = evaluation.lost["relations: scored, but below the threshold"]
    assert right + below <= evaluation.comparison.relations.total.support
    assert sum(hit for _, hit in evaluation.candidates) == right + below


def test_the_report_is_one_page_that_loads_nothing(evaluation: Evaluation, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    schema = Extractor.load().predictor.settings.schema
    points = [{"documents": n, "entities": 0.5, "relations": 0.4} for n in (10, 20)]
    write_report(tmp_path, evaluation, schema, curve=points)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    for heading in ("Entities by label", "Event fields by label", "Kinds of errors", "Confidences", "Learning curve"):
        assert heading in page
    assert page.count("<svg") == 7
    metrics = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert metrics["entities"]["by_label"]["PERSON"]["interval"][0] <= metrics["entities"]["by_label"]["PERSON"]["f1"]
    errors = json.loads((tmp_path / "errors.json").read_text("utf-8"))
    assert sum(errors["entities"]["PERSON"].values()) >= metrics["entities"]["by_label"]["PERSON"]["gold"]
    assert [d.id for d in read_corpus(tmp_path / "found.jsonl")] == [d.id for d in evaluation.gold]


def test_the_same_figures_give_the_same_page(evaluation: Evaluation, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    schema = Extractor.load().predictor.settings.schema
    for name in ("one", "two"):
        write_report(tmp_path / name, evaluation, schema)
    one, two = ((tmp_path / name / "report.html").read_text("utf-8") for name in ("one", "two"))
    assert "Learning curve" not in one
    assert one == two


def test_the_command_writes_the_report_and_reads_columns(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = "นายสมชาย\tB-PERSON\n ใจงาม\tI-PERSON\n เป็น\tO\nประธาน\tO\nการประชุม\tB-EVENT\n"
    (tmp_path / "gold.conll").write_text(words, encoding="utf-8")
    options = ["--report", str(tmp_path / "report"), "-o", str(tmp_path / "out")]
    assert main(["evaluate", str(tmp_path / "gold.conll"), *options]) == 0
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000
    assert json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))["documents"] == 1


def test_a_learning_curve_that_is_no_json_lines_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "curve.jsonl").write_text("{}\nnothing\n")
    assert main(["evaluate", str(SAMPLES), "--learning-curve", str(tmp_path / "curve.jsonl")]) == 1
    assert "curve.jsonl:2" in capsys.readouterr().err
