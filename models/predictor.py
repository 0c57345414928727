"""From text to mentions and links: tokenise, cut, run the network, stitch, decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.models.bundle import Calibration, ModelSettings
from thaigov_events.models.candidates import NO_RELATION, Candidates
from thaigov_events.models.decoding import decode_spans, log_softmax
from thaigov_events.models.runtime import Floats, Integers, Runtime
from thaigov_events.models.tokenizer import Tokenizer, Tokens
from thaigov_events.models.windows import Window, cut_windows, stitch

# A text of any length is worked on in sections of at most so many tokens, so that memory stays flat. Within
# one, relations join any two mentions; most articles are one section of a few hundred tokens.
SECTION, SECTION_OVERLAP = 8192, 1024


@dataclass(frozen=True, slots=True)
class Span:
    """A mention in tokens: first, one past the last, type index, confidence."""

    start: int
    end: int
    kind: int
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between the spans at places `head` and `tail` of a list: class index (from 1), confidence."""

    head: int
    tail: int
    kind: int
    score: float


class Predictor:
    """A network with its tokenizer and settings, that turns texts into documents."""

    def __init__(
        self, runtime: Runtime, tokenizer: Tokenizer, settings: ModelSettings, *, batch_tokens: int = 4096
    ) -> None:
        """`batch_tokens` is how many tokens, padding included, one call of the encoder sees at most."""
        if batch_tokens < settings.window + 2:
            raise ValueError(f"batch_tokens = {batch_tokens}: one window has {settings.window + 2}")
        self.runtime, self.tokenizer, self.settings = runtime, tokenizer, settings
        self.batch_tokens = batch_tokens
        self.candidates = Candidates(settings.schema, settings.maximum_distance)

    def predict(self, texts: Sequence[tuple[str, str]]) -> list[Document]:
        """Return a document for each (id, text), with scored entities `T1…` in order of place and relations."""
        tokens = [self.tokenizer.encode(text) for _, text in texts]
        sections = [
            (number, section)
            for number, part in enumerate(tokens)
            for section in cut_windows(len(part), size=SECTION, overlap=SECTION_OVERLAP)
        ]
        parts = [_slice(tokens[number], section) for number, section in sections]
        states, logits = self.encode(parts)
        spans = [find_spans(part, values) for part, values in zip(parts, logits, strict=True)]
        links = self.relate(states, spans)
        found: list[list[tuple[Window, list[Span], list[Link]]]] = [[] for _ in texts]
        for (number, section), section_spans, section_links in zip(sections, spans, links, strict=True):
            found[number].append((section, section_spans, section_links))
        return [
            self._document(name, text, tokens[number], *_merge(found[number]))
            for number, (name, text) in enumerate(texts)
        ]

    def encode(self, parts: Sequence[Tokens]) -> tuple[list[Floats], list[Floats]]:
        """Return token states `[n, hidden]` and logits `[n, labels]` of each token sequence.

        The windows of all sequences are sorted by length and run in batches, so that little is padding.
        """
        size, overlap = self.settings.window, self.settings.overlap
        windows = [cut_windows(len(part), size=size, overlap=overlap) for part in parts]
        jobs = [(number, window) for number, cut in enumerate(windows) for window in cut]
        order = sorted(range(len(jobs)), key=lambda job: len(jobs[job][1]))
        outputs: dict[int, tuple[Floats, Floats]] = {}
        while order:
            batch = [order.pop()]
            width = len(jobs[batch[0]][1]) + 2
            while order and (len(batch) + 1) * width <= self.batch_tokens:
                batch.append(order.pop())
            ids = np.full((len(batch), width), self.tokenizer.pad, dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, job in enumerate(batch):
                number, window = jobs[job]
                line = window_ids(self.tokenizer, parts[number], window)
                ids[row, : len(line)], mask[row, : len(line)] = line, 1
            states, logits = self.runtime.encode(ids, mask)
            for row, job in enumerate(batch):
                length = len(jobs[job][1])
                outputs[job] = states[row, 1 : 1 + length], logits[row, 1 : 1 + length]
        stitched: tuple[list[Floats], list[Floats]] = ([], [])
        job = 0
        for cut in windows:
            own = [outputs[job + k] for k in range(len(cut))]
            job += len(cut)
            for kind, output in enumerate(stitched):
                output.append(stitch(cut, [values[kind] for values in own]) if own else np.zeros((0, 1), np.float32))
        return stitched

    def relate(self, states: Sequence[Floats], spans: Sequence[Sequence[Span]]) -> list[list[Link]]:
        """Return the links between the spans of each section."""
        links: list[list[Link]] = []
        for own, section in zip(states, spans, strict=True):
            pairs = self.candidates.pairs([span.kind for span in section])
            links.append(self._choose(section, pairs, self.score_pairs(own, section, pairs)) if len(pairs[0]) else [])
        return links

    def score_pairs(self, states: Floats, spans: Sequence[Span], pairs: tuple[Integers, Integers]) -> Floats:
        """Return the probabilities `[pairs, 1 + relations]` of candidate pairs; impossible classes have 0."""
        logits = self.runtime.relate(frame_states([states]), *span_arrays([spans], [len(states)]), *pairs)
        kinds = np.array([span.kind for span in spans])
        allowed = self.candidates.allowed[kinds[pairs[0]], kinds[pairs[1]]]
        return np.exp(log_softmax(np.where(allowed, logits, np.float32(-1e9))))

    def _choose(self, spans: Sequence[Span], pairs: tuple[Integers, Integers], scores: Floats) -> list[Link]:
        names = self.settings.schema.relation_names
        limits = np.array([2.0, *(self.settings.thresholds.get(name, 0.5) for name in names)])
        best = scores[:, NO_RELATION + 1 :].argmax(1) + 1
        chosen = scores[np.arange(len(best)), best]
        return [
            Link(int(pairs[0][k]), int(pairs[1][k]), int(best[k]), float(chosen[k]))
            for k in np.flatnonzero(chosen >= limits[best])
        ]

    def _document(self, name: str, text: str, tokens: Tokens, spans: list[Span], links: list[Link]) -> Document:
        schema = self.settings.schema
        entities = tuple(
            Entity(
                f"T{place}",
                schema.entity_names[span.kind],
                int(tokens.starts[span.start]),
                int(tokens.ends[span.end - 1]),
                calibrate(span.score, self.settings.entity_calibration),
            )
            for place, span in enumerate(spans, 1)
        )
        relations = tuple(
            Relation(
                schema.relation_names[link.kind - 1],
                f"T{link.head + 1}",
                f"T{link.tail + 1}",
                calibrate(link.score, self.settings.relation_calibration),
            )
            for link in links
        )
        return Document(name, text, entities, relations)


def window_ids(tokenizer: Tokenizer, tokens: Tokens, window: Window) -> Integers:
    """Return the ids of a window between `<s>` and `</s>`."""
    return np.concatenate([[tokenizer.bos], tokens.ids[window.start : window.end], [tokenizer.eos]])


def find_spans(tokens: Tokens, logits: Floats) -> list[Span]:
    """Decode the spans of a token sequence; pieces that stand for no character take no part."""
    visible = np.flatnonzero(tokens.visible)
    return [
        Span(int(visible[start]), int(visible[end - 1]) + 1, kind, score)
        for start, end, kind, score in decode_spans(logits[visible])
    ]


def frame_states(states: Sequence[Floats]) -> Floats:
    """Lay sections one after another with a zero state before, between and after them."""
    edge = np.zeros((1, states[0].shape[1]), np.float32)
    return np.concatenate([edge, *(part for section in states for part in (section, edge))])


def span_arrays(
    spans: Sequence[Sequence[Span]], lengths: Sequence[int]
) -> tuple[Integers, Integers, Integers, Integers]:
    """Return starts, ends, kinds and section numbers of all spans, in the frame of `frame_states`."""
    bases = np.concatenate([[0], np.cumsum(np.asarray(lengths) + 1)[:-1]]) + 1
    rows = [
        (span.start + base, span.end + base, span.kind, number)
        for number, (section, base) in enumerate(zip(spans, bases, strict=True))
        for span in section
    ]
    starts, ends, kinds, numbers = np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy()
    return starts, ends, kinds, numbers


def calibrate(score: float, calibration: Calibration) -> float:
    """Return the calibrated confidence, rounded to four places."""
    clipped = min(max(score, 1e-6), 1 - 1e-6)
    logit = calibration.scale * np.log(clipped / (1 - clipped)) + calibration.shift
    return round(float(1 / (1 + np.exp(-logit))), 4)


def _slice(tokens: Tokens, window: Window) -> Tokens:
    part = slice(window.start, window.end)
    return Tokens(tokens.ids[part], tokens.starts[part], tokens.ends[part])


def _merge(sections: list[tuple[Window, list[Span], list[Link]]]) -> tuple[list[Span], list[Link]]:
    """Join sections: a span is kept by the section in whose kept part it begins, a link by that of its first end."""
    spans: list[Span] = []
    places: dict[tuple[int, int, int], int] = {}
    for section, own, _ in sections:
        for span in own:
            start, end = span.start + section.start, span.end + section.start
            free = not spans or spans[-1].end <= start
            if section.keep_start <= start < section.keep_end and free:
                places[start, end, span.kind] = len(spans)
                spans.append(Span(start, end, span.kind, span.score))
    links: list[Link] = []
    for section, own, found in sections:
        keys = [(span.start + section.start, span.end + section.start, span.kind) for span in own]
        for link in found:
            first = min(keys[link.head], keys[link.tail])[0]
            if (
                keys[link.head] in places
                and keys[link.tail] in places
                and section.keep_start <= first < section.keep_end
            ):
                links.append(Link(places[keys[link.head]], places[keys[link.tail]], link.kind, link.score))
    return spans, links
