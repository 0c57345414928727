import shutil
from pathlib import Path

import pytest

from thaigov_events.models.bundle import released_folder
from thaigov_events.models.version import name_version


def test_a_version_is_of_the_contents_alone(tmp_path: Path) -> None:
    shutil.copy(released_folder() / "SHA256SUMS", tmp_path)
    assert name_version(tmp_path) == name_version(released_folder())
    (tmp_path / "SHA256SUMS").write_text("0" * 64 + "  encoder.onnx\n")
    assert name_version(tmp_path) != name_version(released_folder())


def test_another_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make export"):
        name_version(tmp_path)
