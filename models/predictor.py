"""From text to mentions and links: tokenise, cut, run the network, stitch, decode."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thaigov_events.annotations.document import Document, Entity, Relation
from thaigov_events.models.brackets import mend_borders
from thaigov_events.models.bundle import Calibration, ModelSettings
from thaigov_events.models.candidates import NO_RELATION, Candidates
from thaigov_events.models.decoding import decode_spans, log_softmax
from thaigov_events.models.runtime import Batch, Floats, Integers, Runtime
from thaigov_events.models.sections import Section, gather_sections
from thaigov_events.models.tokenizer import Tokenizer, Tokens
from thaigov_events.models.windows import Window, batch_alike, cut_windows, padded_width, stitch

# A text of any length is worked on in sections of at most so many tokens, one after another, so that memory stays
# flat. The overlap is wider than any candidate pair. Most articles are one section of a few hundred tokens.
SECTION, SECTION_OVERLAP = 4096, 1024
# Confidences nearer than this to 0 or 1 are taken for equal: their logits say little.
CLIP = 1e-4
# Places that confidences are rounded to.
DIGITS = 4


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
        self, runtime: Runtime, tokenizer: Tokenizer, settings: ModelSettings, *, batch_tokens: int | None = None
    ) -> None:
        """`batch_tokens` is how many tokens, padding included, one call of the encoder sees at most.

        By default what suits the runtime, and at least a window.
        """
        if batch_tokens is None:
            batch_tokens = max(runtime.batch_tokens, settings.window + 2)
        if batch_tokens < settings.window + 2:
            raise ValueError(f"batch_tokens = {batch_tokens}: one window has {settings.window + 2}")
        self.runtime, self.tokenizer, self.settings = runtime, tokenizer, settings
        self.batch_tokens = batch_tokens
        self.candidates = Candidates(settings.schema, settings.maximum_distance)

    def predict(self, texts: Iterable[tuple[str, str]]) -> list[Document]:
        """Return a document for each (id, text), with scored entities `T1…` in order of place and relations."""
        return list(self.stream(texts))

    def predict_one(self, name: str, text: str) -> Document:
        """Return the document of one text."""
        return next(self.stream([(name, text)]))

    def stream(
        self, texts: Iterable[tuple[str, str]], *, observe: Callable[[Tokens, list[Window]], object] | None = None
    ) -> Iterator[Document]:
        """Yield what `predict` returns, in order; of the texts only a few are held at a time.

        Windows of several texts are encoded together. A text's document does not depend on those beside it: each
        window is padded to a width that follows from its own length, and shares a batch with windows of that width.
        Before each document, `observe` is told its tokens and the sections that they were read in.
        """
        found: list[tuple[Window, list[Span], list[Link]]] = []
        for group, outputs in self._encode_ahead(gather_sections(self._sections(texts))):
            for section, (own, own_links) in zip(group, self._read(group, outputs), strict=True):
                found.append((section.window, own, own_links))
                if section.is_last:
                    spans, links = _merge(found)
                    if observe:
                        observe(section.tokens, [window for window, _, _ in found])
                    yield self._document(section.name, section.text, section.tokens, spans, self._keep_best(links))
                    found = []

    def _sections(self, texts: Iterable[tuple[str, str]]) -> Iterator[Section]:
        for name, text in texts:
            tokens = self.tokenizer.encode(text)
            windows = cut_windows(len(tokens), size=SECTION, overlap=SECTION_OVERLAP)
            yield from (Section(name, text, tokens, window) for window in windows or [Window(0, 0, 0, 0)])

    def _encode_ahead(
        self, groups: Iterable[list[Section]]
    ) -> Iterator[tuple[list[Section], list[tuple[Floats, Floats]]]]:
        """Yield each group with what `encode` gives for its sections that have tokens.

        While a group is decoded, a thread encodes the next: most of decoding keeps one core busy at most. On a single
        core the two take turns.
        """
        if self.runtime.on_one_core:
            yield from ((group, self._encode_group(group)) for group in groups)
            return
        with ThreadPoolExecutor(1, thread_name_prefix="encoder") as thread:
            waiting: deque[tuple[list[Section], Future[list[tuple[Floats, Floats]]]]] = deque()
            for group in groups:
                waiting.append((group, thread.submit(self._encode_group, group)))
                if len(waiting) == 2:
                    first, outputs = waiting.popleft()
                    yield first, outputs.result()
            for group, outputs in waiting:
                yield group, outputs.result()

    def _encode_group(self, group: Sequence[Section]) -> list[tuple[Floats, Floats]]:
        return self.encode([section.part for section in group if len(section.window)])

    def _read(
        self, sections: Sequence[Section], outputs: Sequence[tuple[Floats, Floats]]
    ) -> Iterator[tuple[list[Span], list[Link]]]:
        """Yield the spans and links of each section, in its own tokens.

        A section's pairs are scored in one call, those of several sections not: joined, sixteen articles take half as
        long again, since all their mentions attend to each other behind a mask, and sums would round otherwise.
        """
        full = [section.part for section in sections if len(section.window)]
        read = zip(find_spans(full, [logits for _, logits in outputs]), outputs, strict=True)
        for section in sections:
            if len(section.window):
                spans, (states, _) = next(read)
                yield spans, self.relate(states, spans)
            else:
                yield [], []

    def encode(self, sequences: Sequence[Tokens]) -> list[tuple[Floats, Floats]]:
        """Return token states `[n, hidden]` and logits `[n, labels]` of sequences of at least one token each."""
        size, overlap = self.settings.window, self.settings.overlap
        cuts = [cut_windows(len(tokens), size=size, overlap=overlap) for tokens in sequences]
        rows = [
            window_ids(self.tokenizer, tokens, window)
            for tokens, cut in zip(sequences, cuts, strict=True)
            for window in cut
        ]
        widths = [padded_width(len(row), limit=size + 2) for row in rows]
        alike = list(batch_alike(widths, budget=self.batch_tokens))
        batches = [pad_rows([rows[place] for place in batch], widths[batch[0]], self.tokenizer.pad) for batch in alike]
        outputs: dict[int, tuple[Floats, Floats]] = {}
        for batch, (states, logits) in zip(alike, self.runtime.encode(batches), strict=True):
            for line, place in enumerate(batch):
                inner = slice(1, len(rows[place]) - 1)  # without `<s>` and `</s>`
                outputs[place] = states[line, inner], logits[line, inner]
        ends = np.cumsum([len(cut) for cut in cuts]).tolist()
        own = [[outputs[place] for place in range(end - len(cut), end)] for cut, end in zip(cuts, ends, strict=True)]
        return [
            (stitch(cut, [states for states, _ in parts]), stitch(cut, [logits for _, logits in parts]))
            for cut, parts in zip(cuts, own, strict=True)
        ]

    def relate(self, states: Floats, spans: Sequence[Span]) -> list[Link]:
        """Return the links between spans of a section, from its token states `[n, hidden]`."""
        pairs = self.candidates.pairs([span.kind for span in spans])
        return self._choose(pairs, self.score_pairs(states, spans, pairs), spans) if len(pairs[0]) else []

    def score_pairs(self, states: Floats, spans: Sequence[Span], pairs: tuple[Integers, Integers]) -> Floats:
        """Return the probabilities `[pairs, 1 + relations]` of candidate pairs; impossible classes have 0."""
        logits = self.runtime.relate(frame_states([states]), *span_arrays([spans], [len(states)]), *pairs)
        kinds = np.array([span.kind for span in spans])
        allowed = self.candidates.allowed[kinds[pairs[0]], kinds[pairs[1]]]
        return np.exp(log_softmax(np.where(allowed, logits, np.float32(-1e9))))

    def _choose(self, pairs: tuple[Integers, Integers], scores: Floats, spans: Sequence[Span]) -> list[Link]:
        names = self.settings.schema.relation_names
        limits = np.array([2.0, *(self.settings.thresholds.get(name, 0.5) for name in names)])
        best = scores[:, NO_RELATION + 1 :].argmax(1) + 1
        ends = np.array([span.score for span in spans])
        confidence = calibrate(
            scores[np.arange(len(best)), best], self.settings.relation_calibration, ends[pairs[0]], ends[pairs[1]]
        )
        return [
            Link(int(pairs[0][k]), int(pairs[1][k]), int(best[k]), round(float(confidence[k]), DIGITS))
            for k in np.flatnonzero(confidence >= limits[best])
        ]

    def _keep_best(self, links: Sequence[Link]) -> list[Link]:
        """Of links that the schema does not allow beside each other, keep the one of greatest score."""
        relations = self.settings.schema.relations
        taken: set[tuple[str, int, int]] = set()
        kept = []
        for link in sorted(links, key=lambda link: -link.score):
            relation = relations[link.kind - 1]
            claims = {("tail", link.kind, link.tail)} if relation.one_head else set()
            claims |= {("head", link.kind, link.head)} if relation.one_tail else set()
            if not claims & taken:
                taken |= claims
                kept.append(link)
        return sorted(kept, key=lambda link: (link.head, link.tail))

    def _document(self, name: str, text: str, tokens: Tokens, spans: list[Span], links: list[Link]) -> Document:
        settings = self.settings
        sure = calibrate([span.score for span in spans], settings.entity_calibration)
        linked = {place for link in links for place in (link.head, link.tail)}
        kept = [place for place in range(len(spans)) if place in linked or sure[place] >= settings.mention_threshold]
        names = {place: f"T{number}" for number, place in enumerate(kept, 1)}
        starts = [int(tokens.starts[spans[place].start]) for place in kept]
        entities = tuple(
            Entity(
                names[place],
                settings.schema.entity_names[spans[place].kind],
                *mend_borders(text, start, int(tokens.ends[spans[place].end - 1]), limit=limit),
                round(float(sure[place]), DIGITS),
            )
            for place, start, limit in zip(kept, starts, [*starts[1:], len(text)], strict=False)
        )
        relations = tuple(
            Relation(settings.schema.relation_names[link.kind - 1], names[link.head], names[link.tail], link.score)
            for link in links
        )
        return Document(name, text, entities, relations)


def pad_rows(rows: Sequence[Integers], width: int, pad: int) -> Batch:
    """Lay rows of ids out under each other, padded to `width`."""
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for line, row in enumerate(rows):
        ids[line, : len(row)], mask[line, : len(row)] = row, 1
    return ids, mask


def window_ids(tokenizer: Tokenizer, tokens: Tokens, window: Window) -> Integers:
    """Return the ids of a window between `<s>` and `</s>`."""
    return np.concatenate([[tokenizer.bos], tokens.ids[window.start : window.end], [tokenizer.eos]])


def find_spans(sequences: Sequence[Tokens], logits: Sequence[Floats]) -> list[list[Span]]:
    """Decode the spans of token sequences, from logits `[n, labels]` of each; invisible pieces take no part."""
    visible = [np.flatnonzero(tokens.visible) for tokens in sequences]
    decoded = decode_spans([own[places] for own, places in zip(logits, visible, strict=True)])
    return [
        [Span(int(places[start]), int(places[end - 1]) + 1, kind, score) for start, end, kind, score in spans]
        for places, spans in zip(visible, decoded, strict=True)
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


def calibrate(scores: ArrayLike, calibration: Calibration, *ends: ArrayLike) -> NDArray[np.float64]:
    """Return calibrated confidences; `ends` are those of a relation's mentions as they come out of the network."""
    logit = calibration.scale * logits(scores) + calibration.shift
    if ends:
        own = np.stack([logits(scores_of_end) for scores_of_end in ends])
        logit = logit + calibration.ends * own.sum(0) + calibration.weaker * own.min(0)
    return 1 / (1 + np.exp(-logit))


def logits(scores: ArrayLike) -> NDArray[np.float64]:
    """Return the log odds of probabilities, those too near to 0 or 1 taken as `CLIP` from it."""
    clipped = np.clip(np.asarray(scores, dtype=np.float64), CLIP, 1 - CLIP)
    return np.log(clipped / (1 - clipped))


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
