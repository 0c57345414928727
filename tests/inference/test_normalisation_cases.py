"""Every case of `normalisation_cases.toml`: the whole record or the reason of the refusal."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from thaigov_events.inference.values import normalise

TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("normalisation_cases.toml").read_text("utf-8")
)
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
CASES = [(label, case) for label, cases in TABLE.items() for case in cases]


@pytest.mark.parametrize(("label", "case"), CASES, ids=lambda part: part if isinstance(part, str) else part["text"])
def test_a_mention_is_read_as_worked_out_by_hand(label: str, case: dict[str, Any]) -> None:
    value = normalise(label, case["text"], year=case.get("year"), fiscal_year=case.get("fiscal_year"))
    assert value is not None
    refusal = {"type": "unparsed", "reason": case.get("refused")}
    assert value.to_dict() == case.get("value", refusal)


@pytest.mark.parametrize(("label", "case"), CASES, ids=lambda part: part if isinstance(part, str) else part["text"])
def test_thai_digits_and_spaces_that_do_not_break_change_nothing(label: str, case: dict[str, Any]) -> None:
    text = case["text"].translate(THAI_DIGITS).replace(" ", "\u00a0\u200b")
    years = {"year": case.get("year"), "fiscal_year": case.get("fiscal_year")}
    assert normalise(label, text, **years) == normalise(label, case["text"], **years)


def test_the_table_is_whole() -> None:
    assert set(TABLE) == {"DATE", "TIME", "SESSION_NUMBER", "PERIOD", "MONEY", "QUANTITY"}
    assert len(CASES) >= 300
    assert len({(label, case["text"], case.get("year"), case.get("fiscal_year")) for label, case in CASES}) == len(
        CASES
    )
    for _, case in CASES:
        assert case.keys() <= {"text", "year", "fiscal_year", "value", "refused"}, case
        assert ("value" in case) != ("refused" in case), case


def test_the_values_of_numbers_are_decimal_strings() -> None:
    for label in ("MONEY", "QUANTITY"):
        for case in TABLE[label]:
            numbers = [case.get("value", {}).get(side) for side in ("minimum", "maximum")]
            assert all(number is None or re.fullmatch(r"\d+(\.\d*[1-9])?", number) for number in numbers), case
