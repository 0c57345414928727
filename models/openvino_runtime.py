"""Run the encoder by OpenVINO, on the CPU: about twice as fast as ONNX Runtime on x86."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from thaigov_events.models.runtime import ENCODER, Batch, Floats, RelationGraph, find_graph, graph_inputs


class OpenVinoRuntime(RelationGraph):
    """The same two ONNX graphs, the encoder's run by OpenVINO. One call at a time: others wait.

    Of many batches each core takes one after another, so that none waits for the others after every layer. On batches
    that are fewer than the cores all work together, and the answer comes soonest. Both give the same numbers.
    """

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
        super().__init__(folder, threads=threads)
        core = openvino.Core()
        model = core.read_model(find_graph(folder / ENCODER))
        # What an int8 graph leaves in floats is bf16 where the processor has it: rounding to int8 is coarser.
        is_coarse = any(node.get_type_name() == "FakeQuantize" for node in model.get_ops())
        has_half = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        options: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if is_coarse and has_half else "f32",
            # pinned, two processes would share one core
            "ENABLE_CPU_PINNING": False,
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = threads
        self._rank = model.input("ids").partial_shape.rank.get_length()
        self._compile = partial(core.compile_model, model, "CPU")
        self._options = options
        self._apart = openvino.AsyncInferQueue(self._compile(options | {"PERFORMANCE_HINT": "THROUGHPUT"}))
        self._apart.set_callback(_keep)
        self._lock = threading.Lock()

    @cached_property
    def _together(self) -> Any:
        return self._compile(self._options | {"PERFORMANCE_HINT": "LATENCY"}).create_infer_request()

    def encode(self, batches: Sequence[Batch]) -> list[tuple[Floats, Floats]]:
        """See `Runtime.encode`."""
        outputs: dict[int, tuple[Floats, Floats]] = {}
        with self._lock:
            for place, batch in enumerate(batches):
                inputs, target = graph_inputs(batch, rank=self._rank), (outputs, place)
                if len(batches) < len(self._apart):
                    self._together.infer(inputs)
                    _keep(self._together, target)
                else:
                    self._apart.start_async(inputs, target)
            self._apart.wait_all()
        return [outputs[place] for place in range(len(batches))]


def _keep(request: Any, target: tuple[dict[int, tuple[Floats, Floats]], int]) -> None:
    """Copy what a request gave, which its next batch overwrites."""
    outputs, place = target
    states, logits = (np.array(request.get_tensor(name).data) for name in ("states", "logits"))
    outputs[place] = states, logits
