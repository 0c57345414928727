"""The joint network in torch: an encoder, an entity head over tokens, a relation head over a document's mentions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from thaigov_events.models.attention_heads import shrink_attention
from thaigov_events.models.blocks import cut_blocks
from thaigov_events.models.labels import label_count
from thaigov_events.models.local_attention import use_local_attention

# Borders of the buckets for distances in tokens: 0, 1, 2, 3-4, 5-8, 9-16, …
DISTANCE_BORDERS = (1, 2, 3, 5, 9, 17, 33, 65, 129, 257)


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the heads. `entity_types` and `relation_types` follow from the schema.

    `local_attention` says of each layer of the encoder how many tokens its attention keeps to, 0 for the whole window;
    left empty, all do so. `heads` says of each layer how many attention heads it has; left empty, as many as its family
    gives it.
    """

    entity_types: int
    relation_types: int
    mention_size: int = 256
    mention_layers: int = 2
    mention_heads: int = 8
    dropout: float = 0.1
    neighbours: int = 32
    local_attention: tuple[int, ...] = ()
    heads: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.entity_types < 1 or self.relation_types < 0:
            raise ValueError(f"{self.entity_types} entity types, {self.relation_types} relation types: too few")
        for name in ("local_attention", "heads"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # of JSON they come as lists
        if self.mention_size % self.mention_heads:
            raise ValueError(
                f"mention_size {self.mention_size} must be a multiple of mention_heads {self.mention_heads}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a plain dictionary."""
        return asdict(self)


class MentionLayer(nn.Module):
    """Self-attention among a document's mentions, with a learnt bias by how many mentions lie between two.

    A mention attends to those of its document within `neighbours` places.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        size = config.mention_size
        self.heads, self.neighbours = config.mention_heads, config.neighbours
        self.bias = nn.Embedding(2 * config.neighbours + 1, config.mention_heads)
        nn.init.zeros_(self.bias.weight)
        self.before_attention, self.before_feed = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.feed = nn.Sequential(nn.Linear(size, 2 * size), nn.GELU(), nn.Linear(2 * size, size))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, mentions: Tensor, offsets: Tensor, hidden_from: Tensor) -> Tensor:
        """Return new `[mentions, size]`; `offsets` and `hidden_from` are `[mentions, mentions]`."""
        count, size = mentions.shape
        parts = self.project(self.before_attention(mentions)).reshape(count, 3, self.heads, size // self.heads)
        query, key, value = (parts[:, k].transpose(0, 1) for k in range(3))
        scores = query @ key.transpose(1, 2) * (size // self.heads) ** -0.5
        scores = scores + self.bias(offsets).permute(2, 0, 1)
        weights = scores.masked_fill(hidden_from, -1e4).softmax(-1)
        attended = (weights @ value).transpose(0, 1).reshape(count, size)
        mentions = mentions + self.dropout(self.out(attended))
        return mentions + self.dropout(self.feed(self.before_feed(mentions)))  # type: ignore[no-any-return]


class RelationHead(nn.Module):
    """Score every candidate pair of mentions from both spans, their types, their distance and the text between."""

    def __init__(self, hidden: int, config: NetworkConfig) -> None:
        super().__init__()
        size = config.mention_size
        self.neighbours = config.neighbours
        self.span = nn.Linear(5 * hidden, size)
        self.kind = nn.Embedding(config.entity_types, size)
        self.layers = nn.ModuleList(MentionLayer(config) for _ in range(config.mention_layers))
        self.norm = nn.LayerNorm(size)
        self.head, self.tail = nn.Linear(size, size), nn.Linear(size, size)
        self.product = nn.Linear(size, size)
        self.between = nn.Linear(hidden, size)
        self.distance = nn.Embedding(2 * (len(DISTANCE_BORDERS) + 1), size)
        self.order = nn.Embedding(2 * config.neighbours + 1, size)
        self.kinds = nn.Embedding(config.entity_types**2, size)
        self.classify = nn.Sequential(
            nn.GELU(), nn.LayerNorm(size), nn.Dropout(config.dropout),
            nn.Linear(size, size), nn.GELU(), nn.Dropout(config.dropout),
            nn.Linear(size, 1 + config.relation_types),
        )  # fmt: skip
        self.dropout = nn.Dropout(config.dropout)
        self.entity_types = config.entity_types
        self.borders: Tensor
        self.register_buffer("borders", torch.tensor(DISTANCE_BORDERS), persistent=False)

    def forward(
        self,
        states: Tensor,
        starts: Tensor,
        ends: Tensor,
        kinds: Tensor,
        documents: Tensor,
        heads: Tensor,
        tails: Tensor,
    ) -> Tensor:
        """Return logits `[pairs, 1 + relations]`, class 0 being no relation.

        Args:
            states: token states of one document or of several, one after another, `[tokens, hidden]`, with one
                more token before the first and after the last (the neighbours of spans at the borders).
            starts, ends: first token and one past the last of each mention, `[mentions]`, in `states`.
            kinds: entity type index of each mention, `[mentions]`.
            documents: number of the document that each mention is of, `[mentions]`, rising.
            heads, tails: places of the pairs' mentions, `[pairs]`.
        """
        sums = torch.cat([states.new_zeros(1, states.shape[1]), states.cumsum(0)])
        mean = (sums[ends] - sums[starts]) / (ends - starts).unsqueeze(1)
        spans = torch.cat([states[starts - 1], states[starts], mean, states[ends - 1], states[ends]], dim=1)
        mentions = self.dropout(self.span(spans)) + self.kind(kinds)
        place = torch.arange(starts.shape[0], device=starts.device)
        steps = place.unsqueeze(0) - place.unsqueeze(1)
        hidden_from = (documents.unsqueeze(0) != documents.unsqueeze(1)) | (steps.abs() > self.neighbours)
        offsets = steps.clamp(-self.neighbours, self.neighbours) + self.neighbours
        for layer in self.layers:
            mentions = layer(mentions, offsets, hidden_from)
        mentions = self.norm(mentions)
        first, second = torch.minimum(heads, tails), torch.maximum(heads, tails)
        gap = (starts[second] - ends[first]).clamp(min=0)
        between = self._project_between(sums, starts, ends, first, second) / gap.clamp(min=1).unsqueeze(1)
        bucket = (gap.unsqueeze(1) >= self.borders).sum(1) * 2 + (heads < tails).long()
        step = (tails - heads).clamp(-self.neighbours, self.neighbours) + self.neighbours
        pair = (
            (self.head(mentions) + self.between.bias)[heads]
            + self.tail(mentions)[tails]
            + self.product(mentions[heads] * mentions[tails])
            + between
            + self.distance(bucket)
            + self.order(step)
            + self.kinds(kinds[heads] * self.entity_types + kinds[tails])
        )
        return self.classify(pair)  # type: ignore[no-any-return]

    def _project_between(self, sums: Tensor, starts: Tensor, ends: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Return the projected sums of the states between the mentions of pairs, `[pairs, size]`.

        What lies between one border of a mention and the next is projected once, and summed up again for each pair.
        """
        borders = torch.stack([starts, ends], dim=1).reshape(-1)
        steps = nn.functional.linear(sums[borders[1:]] - sums[borders[:-1]], self.between.weight)
        projected = torch.cat([steps.new_zeros(1, steps.shape[1]), steps]).cumsum(0, dtype=sums.dtype)
        return projected[2 * second] - projected[2 * first + 1]


class JointNetwork(nn.Module):
    """Any Hugging Face encoder with the two heads on it."""

    def __init__(self, encoder: PreTrainedModel, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        if config.heads:
            shrink_attention(encoder, config.heads)
        self.encoder = encoder
        hidden = encoder.config.hidden_size
        self.dropout = nn.Dropout(config.dropout)
        self.entities = nn.Linear(hidden, label_count(config.entity_types))
        self.relations = RelationHead(hidden, config)
        self.set_local_attention(config.local_attention)

    def set_local_attention(self, spans: tuple[int, ...]) -> None:
        """Let the encoder's layers keep to so many tokens each; see `NetworkConfig`.

        Raises:
            ValueError: when `spans` does not fit the encoder.
        """
        self.config = replace(self.config, local_attention=spans)
        if spans:
            use_local_attention(self.encoder, spans)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return states `[windows, length, hidden]` and token logits `[windows, length, labels]`.

        Ids and mask, 1 where there is an id, are `[windows, length]`. Where attention is local they may be cut already
        as `cut_blocks` does, which a graph of free sizes needs.
        """
        options: dict[str, Any] = {}
        if spans := self.config.local_attention:
            ids, mask = cut_blocks(ids), cut_blocks(mask)
            options = {"spans": spans, "blocks": ids.shape[1:3]}
            ids, mask = ids.flatten(1), mask.flatten(1)
        states = self.encoder(input_ids=ids, attention_mask=mask, **options).last_hidden_state
        return states, self.entities(self.dropout(states))
