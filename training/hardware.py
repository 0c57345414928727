"""Where a run computes, and in which precision."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Rows and columns of the products that precisions are compared by, and how often each is computed.
TRIAL_SIZE, TRIALS = 1024, 5


def choose_device() -> torch.device:
    """Return this process's CUDA device, or the CPU where there is none.

    Launchers number the processes of a machine in `LOCAL_RANK`; a process alone takes the first device.

    Raises:
        ValueError: when there are fewer devices than processes.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    place, count = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if place >= count:
        raise ValueError(
            f"LOCAL_RANK = {place}: this process sees {count} GPUs, which are numbered from 0; "
            "start as many processes on a machine as it has GPUs, and let each see them all"
        )
    device = torch.device("cuda", place)
    torch.cuda.set_device(device)
    return device


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Return a context in which matrices are multiplied in `precision`: `bf16`, `fp16` or `fp32`.

    `auto` is as `choose_precision` says.
    """
    if precision == "auto":
        precision = choose_precision(device)
    dtype = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, dtype, enabled=precision != "fp32")


@cache
def choose_precision(device: torch.device) -> str:
    """Return `bf16` where `device` has instructions for it that make products quicker, else `fp32`.

    On a CPU they are tried: server processors without matrix units (AMX) have been seen to need twice as long in bf16.
    """
    if not _has_bf16(device) or (device.type == "cpu" and time_products(torch.bfloat16) > time_products(torch.float32)):
        return "fp32"
    return "bf16"


def time_products(dtype: torch.dtype) -> float:
    """Return the seconds of the quickest of some square matrix products on the CPU."""
    left, right = torch.ones(2, TRIAL_SIZE, TRIAL_SIZE, dtype=dtype)
    seconds = []
    for _ in range(TRIALS):
        began = time.perf_counter()
        torch.mm(left, right)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def round_products(device: torch.device) -> None:
    """Let products of fp32 matrices be rounded inside (TF32, bf16) where that is quicker; holds for the process."""
    torch.set_float32_matmul_precision("medium" if choose_precision(device) == "bf16" else "highest")


def build_scaler(device: torch.device, precision: str) -> torch.amp.GradScaler:
    """Return what keeps small gradients of fp16 from vanishing; in other precisions it leaves everything as it is.

    Raises:
        ValueError: for fp16 without a GPU.
    """
    if precision == "fp16" and device.type != "cuda":
        raise ValueError('precision = "fp16": needs a CUDA GPU, and PyTorch finds none here; set "auto"')
    return torch.amp.GradScaler(device.type, enabled=precision == "fp16")


def fuse_attention(encoder: PreTrainedModel, device: torch.device, precision: str = "auto") -> None:
    """Let an encoder that trains on a CPU in fp32 compute attention by PyTorch's fused kernel, which is faster then.

    In bf16 its backward pass is slower than plain products at these lengths. On a GPU, and where attention is local, it
    stays as it is.
    """
    if precision == "auto":
        precision = choose_precision(device)
    is_plain = encoder.config._attn_implementation == "eager" and encoder._supports_sdpa
    if device.type == "cpu" and precision == "fp32" and is_plain:
        encoder.set_attn_implementation("sdpa")


def prefers_padding(device: torch.device) -> bool:
    """Return whether windows of all widths are best read as one group (`batches.build_batch`).

    A GPU is quicker with few groups than with little padding; a CPU computes padding as it does the rest.
    """
    return device.type != "cpu"


def checkpoint_layers(encoder: PreTrainedModel) -> None:
    """Let an encoder keep only its layers' inputs in training, and compute the rest again for the gradients.

    Raises:
        ValueError: when its family cannot.
    """
    if not encoder.supports_gradient_checkpointing:
        raise ValueError(
            f"gradient_checkpointing = true: transformers has it not for {encoder.config.model_type}; leave it out"
        )
    # transformers 5.23 warns of this name, but earlier ones have no other
    encoder.gradient_checkpointing_enable(  # type: ignore[no-untyped-call]
        gradient_checkpointing_kwargs={"use_reentrant": False}
    )


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch before 2.11 cannot tell
    read: Any = getattr(torch.cpu, "get_capabilities", dict)
    capabilities: dict[str, object] = read()
    return any(bool(value) for name, value in capabilities.items() if name.endswith("bf16"))
