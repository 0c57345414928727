import json
from pathlib import Path

import pytest

from thaigov_events.annotations import Schema
from thaigov_events.models.bundle import Calibration, ModelSettings
from thaigov_events.models.runtime import OnnxRuntime


def test_settings_survive_saving(tmp_path: Path) -> None:
    settings = ModelSettings(
        Schema.load(), window=100, thresholds={"chairs": 0.4}, entity_calibration=Calibration(0.7, -0.1),
        network={"mention_size": 64}, record={"note": "ทดสอบ"},
    )  # fmt: skip
    settings.save(tmp_path)
    assert ModelSettings.load(tmp_path) == settings


def test_what_is_no_model_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a model folder"):
        ModelSettings.load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"encoder\.onnx"):
        OnnxRuntime(tmp_path)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    ModelSettings(Schema.load()).save(tmp_path)
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format": 99}), "utf-8")
    with pytest.raises(ValueError, match="format 2"):
        ModelSettings.load(tmp_path)
