"""A model's folder: what belongs to the network besides its weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from thaigov_events.annotations.files import write_safely
from thaigov_events.annotations.schema import Schema

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling of a confidence: `sigmoid(scale · logit(p) + shift)`.

    For a relation, which is only right if both its mentions are, `ends` times the logits of their confidences is added,
    and `weaker` times the lesser of them.
    """

    scale: float = 1.0
    shift: float = 0.0
    ends: float = 0.0
    weaker: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How text becomes windows, and scores become decisions.

    Attributes:
        schema: labels, in the order of the network's outputs.
        window: tokens of a window, special ones left out.
        overlap: tokens that two neighbouring windows share.
        maximum_distance: how many mentions apart the two of a candidate pair may stand.
        thresholds: least calibrated confidence of a relation, by label; 0.5 where none is given.
        mention_threshold: least calibrated confidence of a mention that stands in no relation.
        entity_calibration, relation_calibration: of the confidences.
        network: sizes of the heads, for the torch network.
        record: how the model came about: settings, data hash, versions, figures.
    """

    schema: Schema
    window: int = 510
    overlap: int = 64
    maximum_distance: int = 48
    thresholds: dict[str, float] = field(default_factory=dict)
    mention_threshold: float = 0.0
    entity_calibration: Calibration = Calibration()
    relation_calibration: Calibration = Calibration()
    network: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write `settings.json`."""
        values: dict[str, Any] = {"format": FORMAT}
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, Calibration):
                value = asdict(value)
            values[name] = value.to_dict() if isinstance(value, Schema) else value
        text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
        write_safely(folder / "settings.json", lambda path: path.write_text(text, encoding="utf-8"))

    @classmethod
    def load(cls, folder: Path) -> ModelSettings:
        """Read `settings.json`.

        Raises:
            FileNotFoundError: when `folder` is no model folder.
            ValueError: when it was written by a later version.
        """
        path = folder / "settings.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"{folder}: not a model folder, it has no settings.json; write one by `make export`"
            )
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format", None) != FORMAT:
            raise ValueError(f"{path}: not of format {FORMAT}; update thaigov-events or export the model again")
        try:
            values["schema"] = Schema.from_dict(values["schema"], where=str(path))
            for name in ("entity_calibration", "relation_calibration"):
                values[name] = Calibration(**values[name])
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path}: damaged, {error}; compare SHA256SUMS or export the model again") from error


def released_folder() -> Path:
    """Return the folder of the weights that come with the package."""
    return Path(str(files("thaigov_events.models"))) / "released"
