"""No character of a text is lost on its way through the network, and one that were would be counted."""

from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thaigov_events.inference import Extractor
from thaigov_events.inference.coverage import Coverage, measure_coverage
from thaigov_events.models import predictor as module
from thaigov_events.models.tokenizer import Tokens
from thaigov_events.models.windows import cut_windows

PIECES = [
    "ประชุม",
    "น้ำ",
    "ำ",
    "12",
    "๓",
    "😀",
    "👩\u200d👧",
    "\u200b",
    "\ufeff",
    "\xad",
    " ",
    "\n\n",
    "e\u0301",
    "…",
    "\x00",
    "ﷺ",
]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=120).map("".join))


@cache
def extractor(engines: ModuleType) -> Extractor:
    return engines.open_small()  # type: ignore[no-any-return]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_every_character_is_read(engines: ModuleType, text: str) -> None:
    coverage = extractor(engines)(text).coverage
    assert coverage is not None and coverage.unread == 0


def test_windows_are_those_that_the_network_sees(engines: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECTION", 128)
    monkeypatch.setattr(module, "SECTION_OVERLAP", 32)
    engine, rows = engines.open_small(), []
    encode = engine.predictor.runtime.encode

    def count(batches):  # type: ignore[no-untyped-def]
        rows.extend(len(ids) for ids, _ in batches)
        return encode(batches)

    engine.predictor.runtime.encode = count
    for text in ("", "ก", "ประชุม 12 คน " * 10, "ประชุม 12 คน " * 200):
        rows.clear()
        assert engine(text).coverage == Coverage(sum(rows), 0)


def test_what_a_tokenizer_or_window_leaves_out_is_counted(engines: ModuleType) -> None:
    predictor = extractor(engines).predictor
    text = "ประชุม 12 คน\n" * 40
    tokens = predictor.tokenizer.encode(text)
    sections = cut_windows(len(tokens), size=64, overlap=16)
    whole = measure_coverage(text, tokens, sections, predictor.settings)
    assert whole.unread == 0 and whole.windows >= len(sections)
    cut = Tokens(tokens.ids[:-3], tokens.starts[:-3], tokens.ends[:-3])
    lost = len("".join(text[tokens.starts[-3] :].split()))
    assert measure_coverage(text, cut, cut_windows(len(cut), size=64, overlap=16), predictor.settings).unread == lost
    assert measure_coverage(text, tokens, sections[:-1], predictor.settings).unread > 0
    assert measure_coverage(text, tokens, [], predictor.settings) == Coverage(0, len("".join(text.split())))
    gap = replace(sections[1], keep_start=sections[1].keep_start + 4)
    assert measure_coverage(text, tokens, [sections[0], gap, *sections[2:]], predictor.settings).unread > 0
    with pytest.raises(ValueError, match="neither"):
        Coverage(1, -1)
