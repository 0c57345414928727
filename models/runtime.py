"""What runs the network. Everything above it, in training and in use, sees numpy arrays only."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Runtime(Protocol):
    """A network that is ready to run."""

    def encode(self, ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        """Return states `[windows, length, hidden]` and token logits `[windows, length, labels]`."""
        ...

    def relate(
        self, states: Floats, starts: Integers, ends: Integers, kinds: Integers, documents: Integers,
        heads: Integers, tails: Integers,
    ) -> Floats:  # fmt: skip
        """Return pair logits `[pairs, 1 + relations]`; see `network.RelationHead.forward`."""
        ...


class OnnxRuntime:
    """The network as two ONNX graphs, `encoder.onnx` and `relations.onnx`, on the CPU."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Open the graphs in `folder`; `threads` is how many cores one call may use, by default all."""
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # without it the int8 products of x86 processors that lack VNNI overflow
        options.add_session_config_entry("session.x64quantprecision", "1")
        if threads is not None:
            options.intra_op_num_threads = threads
        self._encoder = self._open(folder / "encoder.onnx", options)
        self._relations = self._open(folder / "relations.onnx", options)

    @staticmethod
    def _open(path: Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such graph; a model folder is written by `make export`")
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def encode(self, ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        """See `Runtime.encode`."""
        states, logits = self._encoder.run(None, {"ids": ids, "mask": mask})
        return states, logits

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
