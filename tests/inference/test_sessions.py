"""Running numbers of meetings."""

from __future__ import annotations

import pytest

from thaigov_events.inference.reading import UnreadableError
from thaigov_events.inference.sessions import Session, read_session


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ครั้งที่ 4/2562", Session("4", 2562, 2019)),
        ("ครั้งที่ ๑/๒๕๖๖", Session("1", 2566, 2023)),
        ("ครั้งที่ 3-1/2567", Session("3-1", 2567, 2024)),
        ("ครั้งที่ 2/65", Session("2", 2565, 2022)),
        ("2/65", Session("2", 2565, 2022)),
        ("ครั้งที่1/2565", Session("1", 2565, 2022)),
        ("ครั้งที่ 1 / 2562", Session("1", 2562, 2019)),
        ("ครั้งที่ 1//2565", Session("1", 2565, 2022)),
        ("ครั้งที่ 1/2022", Session("1", 2565, 2022)),
        ("ครั้งที่ 12", Session("12")),
        ("ครั้งที่ 1 - 2", Session("1-2")),
        ("ครั้งที่ 44 และ 45", Session("44,45")),
        ("44th and 45th", Session("44,45")),
        ("ครั้งที่ ๒๔ ของปีงบประมาณ พ.ศ. ๒๕๖๖", Session("24", 2566, 2023)),
        ("ครั้งที่ 1 ประจำปี 2566", Session("1", 2566, 2023)),
        ("ครั้งพิเศษที่ 1/2566", Session("พิเศษ 1", 2566, 2023)),
    ],
)
def test_sessions(text: str, expected: Session) -> None:
    assert read_session(text) == expected


@pytest.mark.parametrize("text", ["", "ครั้งที่", "ครั้งที่ 1/2562 และ 2/2562", "ครั้งแรก", "ครั้งที่ 1/1234", "ครั้งที่ 1/256"])
def test_what_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_session(text)


def test_years_of_both_eras_must_agree() -> None:
    with pytest.raises(ValueError, match="543"):
        Session("1", 2566, 2022)
