"""The tiny network as graphs."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fp32(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from thaigov_events.training.export import export_model

    folder = tmp_path_factory.mktemp("fp32")
    export_model(trained_run, folder, precision="fp32")
    return folder


@pytest.fixture(scope="session")
def int8(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("nncf")
    from thaigov_events.training.export import export_model

    folder = tmp_path_factory.mktemp("int8")
    export_model(trained_run, folder, precision="int8")
    return folder
