"""Which ordered pairs of mentions the relation head scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from thaigov_events.annotations.schema import Schema

NO_RELATION = 0


class Candidates:
    """The pairs that a schema allows, up to a distance in mentions.

    Relation classes are numbered from 1 in the schema's order; class 0 is no relation.
    """

    def __init__(self, schema: Schema, maximum_distance: int) -> None:
        """`maximum_distance`: how many places apart two mentions may stand in the order of the text."""
        if maximum_distance < 1:
            raise ValueError(f"maximum_distance = {maximum_distance}: must be 1 or more")
        self.schema = schema
        self.maximum_distance = maximum_distance

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """Which classes a pair of types may have, `[types, types, 1 + relations]`; class 0 always."""
        types = self.schema.entity_names
        table = np.zeros((len(types), len(types), 1 + len(self.schema.relations)), dtype=bool)
        table[:, :, NO_RELATION] = True
        for index, relation in enumerate(self.schema.relations, 1):
            heads = [types.index(name) for name in relation.heads]
            tails = [types.index(name) for name in relation.tails]
            table[np.ix_(heads, tails, [index])] = True
        return table

    def pairs(self, kinds: Sequence[int] | NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return heads and tails, `[pairs]` each, as places in `kinds`, the type indices of a text's mentions."""
        types = np.asarray(kinds, dtype=np.int64)
        count = len(types)
        near = np.arange(-self.maximum_distance, self.maximum_distance + 1)
        heads = np.repeat(np.arange(count), len(near))
        tails = heads + np.tile(near, count)
        inside = (tails >= 0) & (tails < count) & (tails != heads)
        heads, tails = heads[inside], tails[inside]
        possible = self.allowed[types[heads], types[tails], NO_RELATION + 1 :].any(-1)
        return heads[possible], tails[possible]
