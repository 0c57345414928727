"""Files are replaced whole or not at all."""

from pathlib import Path

import pytest

from thaigov_events.annotations.files import replace_safely, write_safely


def fail(path: Path) -> None:
    path.write_text("half", "utf-8")
    raise OSError("disk full")


def test_a_file_is_written_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    write_safely(path, lambda temporary: temporary.write_text("ครบ", "utf-8"))
    assert path.read_text("utf-8") == "ครบ"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old", "utf-8")
    with pytest.raises(OSError, match="disk full"):
        write_safely(path, fail)
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_first_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"):
        write_safely(tmp_path / "file.txt", fail)
    assert list(tmp_path.iterdir()) == []


def test_nobody_sees_the_new_content_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old", "utf-8")
    with replace_safely(path) as temporary:
        temporary.write_text("new", "utf-8")
        assert path.read_text("utf-8") == "old"
        assert temporary.parent == path.parent  # a rename across file systems would copy
    assert path.read_text("utf-8") == "new"


def test_a_block_that_writes_no_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old", "utf-8")
    with pytest.raises(FileNotFoundError):
        write_safely(path, lambda temporary: None)
    assert path.read_text("utf-8") == "old"
