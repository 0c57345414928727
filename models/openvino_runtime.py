"""Run the encoder by OpenVINO, on the CPU: about twice as fast as ONNX Runtime on x86."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from thaigov_events.models.runtime import ENCODER, Floats, Integers, RelationGraph, find_graph


class OpenVinoRuntime(RelationGraph):
    """The same two ONNX graphs, the encoder's run by OpenVINO. One call at a time: others wait."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Open the graphs in `folder`; `threads` is how many cores one call may use, by default all.

        Raises:
            ModuleNotFoundError: when OpenVINO is not installed.
        """
        try:
            import openvino
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "the backend openvino needs OpenVINO; install it by pip install 'thaigov-events[openvino]'"
            ) from error
        super().__init__(folder)
        core = openvino.Core()
        model = core.read_model(find_graph(folder / ENCODER))
        # What an int8 graph leaves in floats is bf16 where the processor has it: rounding to int8 is coarser.
        is_coarse = any(node.get_type_name() == "FakeQuantize" for node in model.get_ops())
        has_half = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if is_coarse and has_half else "f32",
            # pinned, two processes would share one core
            "ENABLE_CPU_PINNING": False,
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = threads
        self._request = core.compile_model(model, "CPU", options).create_infer_request()
        self._lock = threading.Lock()

    def encode(self, ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        """See `Runtime.encode`."""
        with self._lock:
            self._request.infer({"ids": ids, "mask": mask})
            # the next call overwrites them
            states, logits = (np.array(self._request.get_tensor(name).data) for name in ("states", "logits"))
        return states, logits
