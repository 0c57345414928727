"""The wheel holds what the installed program needs, and works away from the repository."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("setuptools")
    # from a copy of the sources, so that no leftover of an earlier build comes along
    folder, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    for name in ("annotations", "models", "training", "inference"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY_NOTICES.md"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", str(folder), "."], cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_every_module_and_data_file_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for room in ("annotations", "models", "training", "inference"):
        modules = {f"thaigov_events/{room}/{path.name}" for path in (ROOT / room).glob("*.py")}
        assert modules and modules <= names
    assert {f"thaigov_events/models/released/{path.name}" for path in (ROOT / "models" / "released").iterdir()} <= names
    data = [path for path in (ROOT / "inference").iterdir() if path.suffix in (".toml", ".css", ".js", ".json")]
    assert len(data) > 5
    for path in (ROOT / "annotations" / "schema.toml", *data):
        assert f"thaigov_events/{path.relative_to(ROOT).as_posix()}" in names
    assert not [name for name in names if not name.startswith("thaigov_events")]
    assert not [name for name in names if "compact/" in name or name.endswith("authored.jsonl")]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_wheel_extracts(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    article = tmp_path / "news.txt"
    article.write_text("นายสมชาย ใจงาม ผู้ว่าราชการจังหวัดตราด เป็นประธานการประชุมคณะกรมการจังหวัด", encoding="utf-8")
    program = "import sys, thaigov_events.inference.cli as c; print(c.__file__); sys.exit(c.main(sys.argv[1:]))"
    out = subprocess.run(
        [sys.executable, "-c", program, "extract", str(article)], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(target)}, check=True,
    ).stdout  # fmt: skip
    assert out.startswith(str(target))
    assert "นายสมชาย ใจงาม" in out


def test_rooms_import_only_what_they_may() -> None:
    allowed = {
        "annotations": {"annotations"},
        "models": {"annotations", "models"},
        "training": {"annotations", "models", "training"},
        "inference": {"annotations", "models", "inference"},
    }
    for room, may in allowed.items():
        for path in (ROOT / room).glob("*.py"):
            for line in path.read_text("utf-8").splitlines():
                words = line.split()
                if len(words) > 1 and words[0] in ("from", "import") and words[1].startswith("thaigov_events."):
                    assert words[1].split(".")[1] in may, f"{path}: {line.strip()}"
                if room == "inference":
                    assert words[:2] not in (["import", "torch"], ["import", "transformers"]), path
