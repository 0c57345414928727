from pathlib import Path

import pytest

from thaigov_events.models import runtime
from thaigov_events.models.runtime import choose_backend, open_runtime


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "abacus"}, "backend 'abacus': choose one of auto, openvino, onnx, torch"),
        ({"device": "tpu"}, "device 'tpu': choose one of auto, cpu, cuda"),
        ({"backend": "onnx", "device": "cuda"}, "runs on the CPU only; for a GPU take --backend torch"),
    ],
)
def test_what_there_is_not_is_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_runtime(tmp_path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_folder_without_graphs_is_told(tmp_path: Path, backend: str) -> None:
    pytest.importorskip("onnxruntime" if backend == "onnx" else backend)
    with pytest.raises(FileNotFoundError, match=r"\.onnx: no such graph.* needs --backend torch"):
        open_runtime(tmp_path, backend=backend)


@pytest.mark.parametrize(
    ("machine", "installed", "expected"),
    [("x86_64", True, "openvino"), ("AMD64", True, "openvino"), ("x86_64", False, "onnx"), ("arm64", True, "onnx")],
)
def test_openvino_is_taken_on_x86_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, machine: str, installed: bool, expected: str
) -> None:
    monkeypatch.setattr(runtime.platform, "machine", lambda: machine)
    monkeypatch.setattr(runtime, "find_spec", lambda name: object() if installed else None)
    assert choose_backend() == expected


def test_a_missing_engine_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"thaigov-events\[train\]"):
        open_runtime(tmp_path, backend="torch")
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(ModuleNotFoundError, match=r"thaigov-events\[openvino\]"):
        open_runtime(tmp_path, backend="openvino")
