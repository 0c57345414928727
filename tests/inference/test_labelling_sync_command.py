"""The verbs `labelstudio setup`, `push` and `pull`, as a user gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.inference.cli import main

SAMPLES = Path(__file__).parents[2] / "annotations" / "samples"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the tests away from a server that the user has."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    pytest.importorskip("platformdirs", reason="no client: pip install 'thaigov-events[labelstudio]'")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["setup"], "no URL of a Label Studio server: give --url, set LABEL_STUDIO_URL, or write "),
        (["setup", "--annotators", "0"], "--annotators 0: somebody has to annotate"),
        (["push"], "name articles to push, or --refresh"),
        (["push", "x.txt", "--batch", "0"], "--batch 0: a request needs at least one task"),
        (["pull", "-o", "x"], "no URL of a Label Studio server"),
    ],
)
def test_a_wrong_call_is_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["labelstudio", *arguments]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.slow
def test_the_verbs_work_together(
    label_studio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    token = tmp_path / "token"
    token.write_text(label_studio.token)
    token.chmod(0o600)

    def run(verb: str, *arguments: str) -> str:
        common = ["--project", "verbs", "--token-file", str(token)]
        assert main(["labelstudio", verb, *arguments, *common]) == 0
        told = capsys.readouterr()
        assert label_studio.token not in told.out + told.err
        return told.err

    assert ": created, 0 tasks" in run("setup")
    assert ": unchanged, 0 tasks" in run("setup")
    articles = [str(SAMPLES / f"sample-0{number}.txt") for number in (1, 2, 3)]
    assert "2 articles pushed, 0 were there" in run("push", *articles[:2])
    assert "1 articles pushed, 2 were there" in run("push", *articles)
    assert "0 tasks with new proposals" in run("push", "--refresh")
    assert "3 tasks, 3 untouched" in run("pull", "-o", str(tmp_path / "pulled"))
    assert json.loads((tmp_path / "pulled" / "counts.json").read_text("utf-8"))["tasks"] == 3
