"""The count of submitted annotations."""

from pathlib import Path

import pytest

from thaigov_events.annotations.labelling_count import Submitted


def test_each_annotation_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "count.json"
    assert len(Submitted.load(path)) == 0
    Submitted().add([3, 1]).add([3]).save(path)
    assert Submitted.load(path).annotations == {1, 3}
    Submitted.load(path).remove([1, 99]).save(path)
    assert Submitted.load(path).annotations == {3}
    assert [file.name for file in path.parent.iterdir()] == ["count.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"annotations": 3}', '{"annotations": ["1"]}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "count.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"count\.json.*delete it"):
        Submitted.load(path)
