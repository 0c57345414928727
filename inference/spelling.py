"""Names as they are compared: one form for all spellings of a name, and slips of one letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from thaigov_events.inference.reading import write_plainly

_IGNORED = re.compile("[ \"'“”‘’]")


@lru_cache(maxsize=4096)  # records are assembled by comparing the same few names many times
def fold_name(text: str) -> str:
    """Return a form in which spellings of one name agree: no spaces and quotes, Arabic digits, lower case.

    `ฎ` and `ฏ` count as one letter, since each is often typed for the other, and so do two orders of the marks
    of one letter.
    """
    return _IGNORED.sub("", write_plainly(text)).replace("ฎ", "ฏ")


def find_slip(one: str, other: str) -> int | None:
    """Return where two different names part, if one letter more, less or other, or an exchange of two, is all.

    The place is a code point of both names. None where they are equal or differ by more.
    """
    if abs(len(one) - len(other)) > 1 or one == other:
        return None
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        return at if swapped or one[at + 1 :] == other[at + 1 :] else None
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return at if longer[at + 1 :] == shorter[at:] else None


def pair_misspelt(counts: Mapping[str, int]) -> dict[str, str]:
    """Return for each name that looks like a slip of one letter in another that other name.

    `counts` has how often each name stands, in the order of the text: what stands more often, or else first,
    is right. A name that could be a slip of several names, or they of it, is left alone.
    """
    near: dict[str, set[str]] = defaultdict(set)
    # Names one slip apart become equal by leaving out at most one letter of each.
    shortened: dict[int, list[str]] = defaultdict(list)
    for name in counts:
        for key in {hash(name), *(hash(name[:at] + name[at + 1 :]) for at in range(len(name)))}:
            for other in shortened[key]:
                if find_slip(name, other) is not None:
                    near[name].add(other)
                    near[other].add(name)
            shortened[key].append(name)
    order = {name: place for place, name in enumerate(counts)}
    misspelt: dict[str, str] = {}
    for name, others in near.items():
        other = next(iter(others))
        if len(others) == len(near[other]) == 1 and (counts[name], -order[name]) < (counts[other], -order[other]):
            misspelt[name] = other
    return misspelt
