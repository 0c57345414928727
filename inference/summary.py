"""Normalised values in figures, as short as they can be read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def summarise(value: dict[str, Any]) -> str:
    """Return what a normalised value, as `to_dict` gives it, says in figures; nothing for other dictionaries."""
    match value.get("type"):
        case "date" | "time" | "period" if "start" in value:
            ends = dict.fromkeys(str(value[key]) for key in ("start", "end") if key in value)
            return _mark_approximate(value) + " – ".join(ends)
        case "period":
            return f"พ.ศ. {value.get('year_be', '')}"
        case "session":
            return "/".join(str(value[key]) for key in ("number", "year_be") if key in value)
        case "amount" | "count":
            return _summarise_measure(value)
        case "unparsed":
            return f"? {value.get('reason', '')}"
    return ""


def _summarise_measure(value: dict[str, Any]) -> str:
    low, high = (f"{Decimal(value[key]):,f}" if key in value else "" for key in ("minimum", "maximum"))
    least, most = (">", "<") if value.get("exclusive") else ("≥", "≤")
    bound = f"{least} {low}" if low else f"{most} {high}"
    figures = low if low == high else f"{low} – {high}" if low and high else bound
    unit = f" {value['unit']}" if "unit" in value else ""
    per = f" / {value['per']}" if "per" in value else ""
    return f"{_mark_approximate(value)}{figures}{unit}{per}"


def _mark_approximate(value: dict[str, Any]) -> str:
    return "≈ " if value.get("approximate") else ""
