"""Read an experiment's TOML file into a typed configuration; what it does not know is an error."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


class ConfigError(ValueError):
    """A configuration file has an unknown, missing or ill-typed setting."""


def read_config(path: Path, kind: type[T]) -> T:
    """Return the dataclass `kind` filled from a TOML file.

    Raises:
        ConfigError: naming the file, the key and the mend.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such configuration; those that come along are in training/configs/")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    return build_config(values, kind, where=str(path))


def build_config(values: dict[str, Any], kind: type[T], *, where: str) -> T:
    """Return the dataclass `kind` filled from `values`, checked against its fields and their types."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    types = get_type_hints(kind)
    for key, value in values.items():
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            raise ConfigError(f"{where}: unknown setting {key!r}; {hint}")
        if not _fits(value, types[key]):
            raise ConfigError(f"{where}: {key} = {value!r} should be {types[key]}")
    missing = [
        name
        for name, f in known.items()
        if name not in values and f.default is MISSING and f.default_factory is MISSING
    ]
    if missing:
        raise ConfigError(f"{where}: {', '.join(missing)} must be set")
    try:
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def _fits(value: object, kind: object) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in (str, bool):
        return type(value) is kind
    return isinstance(value, list) and all(_fits(item, get_args(kind)[0]) for item in value)
