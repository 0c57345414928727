"""Labels and spans that are carried from one tokenizer's pieces to another's."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("torch")

from thaigov_events.models.labels import (
    BEGIN,
    END,
    INSIDE,
    SINGLE,
    encode_spans,
    label_count,
    label_index,
)
from thaigov_events.models.predictor import Span, find_spans
from thaigov_events.models.tokenizer import Tokenizer, Tokens, character_classes, load_tokenizer
from thaigov_events.training.projection import project_labels, project_spans

ROOT = Path(__file__).parents[2]
TYPES = 3
LABELS = label_count(TYPES)
COVERED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

thai_text = st.text(
    st.one_of(
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B),
        st.sampled_from("กขคนมาำ่้ัิีุูเแโใไ \n\u200b09๐๙(),./-–“”AZaz😀🇹🇭é①"),
    ),
    max_size=50,
)


@st.composite
def cuts(draw: st.DrawFn, text: str) -> Tokens:
    """A way to cut a text into pieces: any, with invisible pieces here and there."""
    solid = np.flatnonzero(character_classes(text) != 2).tolist()
    borders = sorted({solid[0], *draw(st.sets(st.sampled_from(solid)))})
    rows = []
    for start, end in zip(borders, [*borders[1:], len(text)], strict=True):
        last = max(place for place in solid if place < end)
        rows += [(start, start)] * draw(st.sampled_from([0, 0, 0, 1]))
        rows += [(start, last + 1)]
        rows += [(last + 1, last + 1)] * draw(st.sampled_from([0, 0, 0, 2]))
    starts, ends = np.array(rows, dtype=np.int64).T
    return Tokens(np.arange(len(rows)), starts, ends)


@st.composite
def two_cuts(draw: st.DrawFn) -> tuple[Tokens, Tokens]:
    text = draw(thai_text.filter(lambda text: bool((character_classes(text) != 2).any())))
    return draw(cuts(text)), draw(cuts(text))


@st.composite
def mentions(draw: st.DrawFn, tokens: Tokens) -> list[Span]:
    """Mentions that do not overlap, from a visible piece to a visible piece."""
    places = np.flatnonzero(tokens.visible).tolist()
    borders = sorted(draw(st.sets(st.integers(0, len(places)), max_size=8)))
    pairs = [pair for pair in pairwise(borders) if draw(st.booleans())]
    return [Span(places[a], places[b - 1] + 1, draw(st.integers(0, TYPES - 1))) for a, b in pairs]


def write_labels(spans: list[Span], tokens: Tokens) -> NDArray[np.float32]:
    """Certain labels of spans, as probabilities; invisible pieces are outside."""
    places = np.flatnonzero(tokens.visible)
    inner = [(*np.searchsorted(places, (span.start, span.end)).tolist(), span.kind) for span in spans]
    labels = np.zeros((len(tokens), LABELS), dtype=np.float32)
    labels[:, 0] = 1
    labels[places] = np.eye(LABELS, dtype=np.float32)[encode_spans(inner, len(places))]
    return labels


def draw_probabilities(data: st.DataObject, count: int) -> NDArray[np.float32]:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    return random.dirichlet(np.full(LABELS, 0.2), size=count).astype(np.float32)


def pieces_of(span: Span, source: Tokens, target: Tokens) -> list[int]:
    """The target's pieces that share a character with a span of the source's, one by one."""
    first, last = int(source.starts[span.start]), int(source.ends[span.end - 1])
    return [k for k in range(len(target)) if max(first, target.starts[k]) < min(last, target.ends[k])]


@pytest.fixture(scope="module")
def compact() -> Tokenizer:
    return load_tokenizer(ROOT / "models" / "compact")


def check_certain_labels(spans: list[Span], source: Tokens, target: Tokens) -> None:
    """See that certain labels come over as those of the mentions' pieces, but where two mentions share a piece."""
    projected = project_labels(write_labels(spans, source), source, target)
    places = [pieces_of(span, source, target) for span in spans]
    covering = [Span(own[0], own[-1] + 1, span.kind) for own, span in zip(places, spans, strict=True)]
    assert project_spans(spans, source, target) == covering
    together = [piece for own in places for piece in own]
    shared = {piece for piece in together if together.count(piece) > 1}
    expected = write_labels([], target)
    for span, own in zip(covering, places, strict=True):
        expected[own] = write_labels([span], target)[own]
    alone = [piece for piece in range(len(target)) if piece not in shared]
    assert projected[alone].tolist() == expected[alone].tolist()
    assert projected.sum(1) == pytest.approx(1)
    if not shared:  # decoding sees nothing of how the labels came
        found = find_spans([target], [np.log(projected + 1e-12)])[0]
        assert [(s.start, s.end, s.kind) for s in found] == [(s.start, s.end, s.kind) for s in covering]


@COVERED
@given(data=st.data(), tokens=two_cuts())
def test_certain_labels_come_over_whatever_the_cuts(data: st.DataObject, tokens: tuple[Tokens, Tokens]) -> None:
    check_certain_labels(data.draw(mentions(tokens[0])), *tokens)


@pytest.mark.parametrize("way", [1, -1])
@COVERED
@given(data=st.data(), text=thai_text)
def test_certain_labels_come_over_between_real_tokenizers(
    compact: Tokenizer, other_tokenizer: Tokenizer, way: int, data: st.DataObject, text: str
) -> None:
    source, target = [own.encode(text) for own in (compact, other_tokenizer)][::way]
    if len(source) and len(target):
        check_certain_labels(data.draw(mentions(source)), source, target)


@COVERED
@given(data=st.data(), tokens=two_cuts())
def test_probabilities_stay_probabilities(data: st.DataObject, tokens: tuple[Tokens, Tokens]) -> None:
    source, target = tokens
    projected = project_labels(draw_probabilities(data, len(source)), source, target)
    assert projected.dtype == np.float32
    assert projected.min() >= 0
    assert projected.sum(1) == pytest.approx(1, abs=1e-5)


@COVERED
@given(data=st.data(), tokens=two_cuts())
def test_pieces_of_both_keep_what_they_have_to_the_bit(data: st.DataObject, tokens: tuple[Tokens, Tokens]) -> None:
    source, target = tokens
    labels = draw_probabilities(data, len(source))
    assert np.array_equal(project_labels(labels, source, source)[source.visible], labels[source.visible])
    projected = project_labels(labels, source, target)
    theirs = list(zip(source.starts.tolist(), source.ends.tolist(), strict=True))
    for place in np.flatnonzero(target.visible):
        piece = (int(target.starts[place]), int(target.ends[place]))
        if piece in theirs:
            assert projected[place].tolist() == labels[theirs.index(piece)].tolist()
    spans = data.draw(mentions(source))
    assert project_spans(spans, source, source) == spans


def split(*borders: int) -> Tokens:
    return Tokens(np.arange(len(borders) - 1), np.array(borders[:-1]), np.array(borders[1:]))


def test_an_uncertain_mention_is_as_uncertain_in_fewer_pieces() -> None:
    """B and E of one half each are a whole mention of one half, not a quarter."""
    labels = np.zeros((2, LABELS), dtype=np.float32)
    labels[:, 0] = 0.5
    labels[0, label_index(1, BEGIN)] = labels[1, label_index(1, END)] = 0.5
    joined = project_labels(labels, split(0, 2, 4), split(0, 4))[0]
    assert joined[label_index(1, SINGLE)] == joined[0] == pytest.approx(0.5)


def test_an_uncertain_piece_is_cut_label_by_label() -> None:
    labels = np.zeros((1, LABELS), dtype=np.float32)
    labels[0, [0, *(label_index(2, part) for part in (BEGIN, INSIDE, END, SINGLE))]] = (0.1, 0.2, 0.3, 0.15, 0.25)
    first, middle, last = project_labels(labels, split(0, 3), split(0, 1, 2, 3))[:, label_index(2, BEGIN) :]
    assert first.tolist() == pytest.approx([0.45, 0.45, 0, 0])
    assert middle.tolist() == pytest.approx([0, 0.9, 0, 0])
    assert last.tolist() == pytest.approx([0, 0.5, 0.4, 0])


def test_mentions_that_meet_inside_a_piece_share_it() -> None:
    source, target = split(0, 2, 4, 6, 8), split(0, 2, 6, 8)
    labels = write_labels([Span(0, 2, 0), Span(2, 4, 1)], source)
    shared = project_labels(labels, source, target)[1]
    assert shared[label_index(0, END)] == shared[label_index(1, BEGIN)] == 0.5
