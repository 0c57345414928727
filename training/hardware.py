"""Where a run computes, and in which precision."""

from __future__ import annotations

from typing import Any

import torch


def choose_device() -> torch.device:
    """Return the first CUDA device, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> torch.autocast:
    """Return a context in which matrices are multiplied in bf16, where `device` has instructions for it."""
    return torch.autocast(device.type, torch.bfloat16, enabled=_has_bf16(device))


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch before 2.11 cannot tell
    read: Any = getattr(torch.cpu, "get_capabilities", dict)
    capabilities: dict[str, object] = read()
    return any(bool(value) for name, value in capabilities.items() if name.endswith("bf16"))
