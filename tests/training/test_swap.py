"""A model's folder is replaced by renaming, and a swap that was broken off is finished by the next call."""

import shutil
from pathlib import Path

import pytest

from thaigov_events.models.version import name_version
from thaigov_events.training.swap import swap_folder


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    new, target = tmp_path / "round-001" / "model", tmp_path / "model"
    for folder, content in ((new, "new"), (target, "old")):
        folder.mkdir(parents=True)
        (folder / "SHA256SUMS").write_text(content)
        (folder / "encoder.onnx").write_text(content * 1000)
    return new, target


def test_the_old_folder_is_kept(folders: tuple[Path, Path]) -> None:
    new, target = folders
    kept = swap_folder(new, target, old=name_version(target), mark="round-001")
    assert (target / "encoder.onnx").read_text() == "new" * 1000
    assert (kept / "encoder.onnx").read_text() == "old" * 1000
    assert kept.name == "model-before-round-001"
    assert (new / "SHA256SUMS").exists()
    assert sorted(path.name for path in target.parent.iterdir()) == ["model", "model-before-round-001", "round-001"]


@pytest.mark.parametrize("moment", ["while it copies", "between the renames", "after the last rename"])
def test_a_broken_swap_is_finished(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    new, target = folders
    old = name_version(target)
    rename, copytree = Path.rename, shutil.copytree

    def copy_some(source: Path, goal: Path) -> None:
        goal.mkdir()
        shutil.copy(source / "SHA256SUMS", goal)
        raise KeyboardInterrupt

    def rename_until(path: Path, goal: Path) -> Path:
        last = path != target  # first the old folder makes room, then the copy takes its name
        if last and moment == "between the renames":
            raise KeyboardInterrupt
        result = rename(path, goal)
        if last:
            raise KeyboardInterrupt
        return result

    if moment == "while it copies":
        monkeypatch.setattr(shutil, "copytree", copy_some)
    else:
        monkeypatch.setattr(Path, "rename", rename_until)
    with pytest.raises(KeyboardInterrupt):
        swap_folder(new, target, old=old, mark="round-001")
    assert target.exists() == (moment != "between the renames")
    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(shutil, "copytree", copytree)
    kept = swap_folder(new, target, old=old, mark="round-001")
    assert name_version(target) == name_version(new)
    assert name_version(kept) == old
    assert not [path for path in target.parent.iterdir() if path.name.endswith(".tmp")]


def test_a_strange_model_is_not_replaced(folders: tuple[Path, Path]) -> None:
    new, target = folders
    old = name_version(target)
    (target / "SHA256SUMS").write_text("of somebody else")
    with pytest.raises(ValueError, match="any more"):
        swap_folder(new, target, old=old, mark="round-001")
    assert (target / "SHA256SUMS").read_text() == "of somebody else"


def test_what_was_kept_before_is_not_overwritten(folders: tuple[Path, Path]) -> None:
    new, target = folders
    target.with_name("model-before-round-001").mkdir()
    with pytest.raises(ValueError, match="move it away"):
        swap_folder(new, target, old=name_version(target), mark="round-001")
    assert name_version(target) != name_version(new)
