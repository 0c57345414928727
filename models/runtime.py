"""What runs the network. Everything above it, in training and in use, sees numpy arrays only."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from thaigov_events.models.blocks import cut_blocks

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Batch = tuple[Integers, Integers]
"""Ids of windows and a mask that is 1 where there is one and 0 for padding, both `[windows, length]`."""

BACKENDS = ("auto", "openvino", "onnx", "torch")
DEVICES = ("auto", "cpu", "cuda")
ENCODER, RELATIONS = "encoder.onnx", "relations.onnx"


class Runtime(Protocol):
    """A network that is ready to run.

    What it gives for a window depends on the window and the width of the batch; the other rows change nothing, or
    with torch no more than rounding does.

    Attributes:
        batch_tokens: how many tokens a batch had best have.
        on_one_core: whether it may use a single core, so that nothing is won by working beside it.
    """

    batch_tokens: int
    on_one_core: bool

    def encode(self, batches: Sequence[Batch]) -> list[tuple[Floats, Floats]]:
        """Return states `[windows, length, hidden]` and token logits `[windows, length, labels]` of each batch."""
        ...

    def relate(
        self, states: Floats, starts: Integers, ends: Integers, kinds: Integers, documents: Integers,
        heads: Integers, tails: Integers,
    ) -> Floats:  # fmt: skip
        """Return pair logits `[pairs, 1 + relations]`; see `network.RelationHead.forward`."""
        ...


class RelationGraph:
    """The relation head as the ONNX graph `relations.onnx`, run by ONNX Runtime, on the CPU.

    OpenVINO needs twice the time for it: the sizes differ from article to article.
    """

    # A core is busy with a window or two. More take no less time each, but more memory: with 4096 half as much again.
    batch_tokens = 512

    def __init__(self, folder: Path, *, threads: int | None) -> None:
        self.on_one_core = threads == 1
        # its products are small, and threads that wait for more of them would take the encoder's cores
        self._relations = open_session(folder / RELATIONS, threads=1, keep_memory=False)

    def relate(
        self, states: Floats, starts: Integers, ends: Integers, kinds: Integers, documents: Integers,
        heads: Integers, tails: Integers,
    ) -> Floats:  # fmt: skip
        """See `Runtime.relate`."""
        values = {
            "states": states, "starts": starts, "ends": ends, "kinds": kinds, "documents": documents,
            "heads": heads, "tails": tails,
        }  # fmt: skip
        return self._relations.run(None, values)[0]  # type: ignore[no-any-return]


class OnnxRuntime(RelationGraph):
    """The network as two ONNX graphs, `encoder.onnx` and `relations.onnx`, run by ONNX Runtime, on the CPU."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Open the graphs in `folder`; `threads` is how many cores one call may use, by default all."""
        self._encoder = open_session(folder / ENCODER, threads=threads)
        self._rank = len(self._encoder.get_inputs()[0].shape)
        super().__init__(folder, threads=threads)

    def encode(self, batches: Sequence[Batch]) -> list[tuple[Floats, Floats]]:
        """See `Runtime.encode`."""
        outputs = (self._encoder.run(None, graph_inputs(batch, rank=self._rank)) for batch in batches)
        return [(states, logits) for states, logits in outputs]


def graph_inputs(batch: Batch, *, rank: int) -> dict[str, Integers]:
    """Return a batch as the encoder's graph takes it: cut into blocks where its inputs have more than two axes."""
    ids, mask = batch if rank == 2 else map(cut_blocks, batch)
    return {"ids": ids, "mask": mask}


def find_graph(path: Path) -> Path:
    """Return `path` if there is a file.

    Raises:
        FileNotFoundError: when there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such graph; a model folder is written by `make export`, a run's folder needs --backend torch"
        )
    return path


def open_session(path: Path, *, threads: int | None, keep_memory: bool = True) -> Any:
    """Open a graph as a session of ONNX Runtime.

    It keeps the memory of a call for the next one, which suits calls of like sizes. Where sizes differ from call to
    call, that only grows, and saves no time.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # without it the int8 products of x86 processors that lack VNNI overflow
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.enable_cpu_mem_arena = options.enable_mem_pattern = keep_memory
    if threads is not None:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(find_graph(path)), options, providers=["CPUExecutionProvider"])


def open_runtime(
    folder: Path, *, backend: str = "auto", device: str = "auto", threads: int | None = None
) -> Runtime:  # fmt: skip
    """Open the network of a folder.

    Args:
        folder: a model folder; for the backend `torch` that of a training run too.
        backend: one of `BACKENDS`; `auto` takes `choose_backend`, but torch for the device `cuda`.
        device: one of `DEVICES`; `auto` is the CPU, save for torch on a machine with a GPU.
        threads: cores that one call may use, by default all.

    Raises:
        FileNotFoundError: when the folder lacks what the backend needs.
        ModuleNotFoundError: when the backend is not installed.
        ValueError: when there is no such backend or device, or the two do not go together.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r}: choose one of {', '.join(BACKENDS)}")
    if device not in DEVICES:
        raise ValueError(f"device {device!r}: choose one of {', '.join(DEVICES)}")
    if device == "cuda" and backend not in ("auto", "torch"):
        raise ValueError(f"backend {backend!r} runs on the CPU only; for a GPU take --backend torch")
    if backend == "auto":
        backend = "torch" if device == "cuda" else choose_backend()
    if backend == "onnx":
        return OnnxRuntime(folder, threads=threads)
    if backend == "openvino":
        from thaigov_events.models.openvino_runtime import OpenVinoRuntime

        return OpenVinoRuntime(folder, threads=threads)
    if find_spec("torch") is None:
        raise ModuleNotFoundError("the backend torch needs PyTorch; install it by pip install 'thaigov-events[train]'")
    from thaigov_events.models.torch_runtime import TorchRuntime

    return TorchRuntime.load(folder, device=device, threads=threads)


def choose_backend() -> str:
    """Return the fastest backend for this processor of those installed: OpenVINO on x86, else ONNX Runtime.

    `benchmarks/engines.py` measures it.
    """
    is_x86 = platform.machine().lower() in {"x86_64", "amd64"}
    return "openvino" if is_x86 and find_spec("openvino") else "onnx"
