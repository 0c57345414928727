"""The benchmarks run: on a few articles each, since a figure of theirs is no matter for a test."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(name: str, *options: str) -> str:
    command = [sys.executable, f"benchmarks/{name}.py", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_latency_and_memory_are_told() -> None:
    assert "articles of 200 characters: median " in run("latency", "--characters", "200", "--articles", "5")
    assert "peak " in run("memory", "--articles", "10")


@pytest.mark.slow
def test_engines_stand_beside_each_other(tmp_path: Path) -> None:
    lines = run("engines", "--articles", "4", "--dev", str(tmp_path / "none")).splitlines()
    assert lines[0].startswith("| engine | entities | relations | articles/s | tokens/s |")
    assert lines[2].startswith("| onnx int8 | – | – | ")


@pytest.mark.slow
def test_the_encoder_has_a_share_of_the_peak() -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("torch")
    assert "threads: peak " in run("peak", "--rounds", "1")
