"""Run the joint network in torch: while training, and on GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from thaigov_events.models.bundle import ModelSettings
from thaigov_events.models.encoders import build_encoder
from thaigov_events.models.network import JointNetwork, NetworkConfig
from thaigov_events.models.runtime import ENCODER, Batch, Floats, Integers

WEIGHTS = "model.safetensors"


class TorchRuntime:
    """A `JointNetwork` behind the numpy interface of `runtime.Runtime`; it puts the network into evaluation mode.

    On a GPU the encoder's products are computed in 16 bits; the relation head, whose sums run over a whole text, in 32.
    """

    def __init__(self, network: JointNetwork, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.on_one_core = self.device.type == "cpu" and torch.get_num_threads() == 1
        self.network = network.to(self.device).eval()
        self.batch_tokens = 16_384 if self.device.type == "cuda" else 4096

    @classmethod
    def load(cls, folder: Path, *, device: str = "auto", threads: int | None = None) -> TorchRuntime:
        """Open the network in the folder of a run or a model; the device `auto` is a GPU if there is one.

        `threads` holds for the whole process, as PyTorch has it.

        Raises:
            FileNotFoundError: when the folder has no weights.
            ValueError: when the device is `cuda` and there is none, or as `load_network`.
        """
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device 'cuda': PyTorch finds no GPU here; take --device cpu")
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(load_network(folder)[0], device)

    def _tensor(self, values: Floats | Integers) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def _autocast(self) -> torch.autocast:
        is_gpu = self.device.type == "cuda"
        dtype = torch.float16 if is_gpu and not torch.cuda.is_bf16_supported() else torch.bfloat16
        return torch.autocast(self.device.type, dtype, enabled=is_gpu)

    @torch.inference_mode()
    def encode(self, batches: Sequence[Batch]) -> list[tuple[Floats, Floats]]:
        """See `Runtime.encode`."""
        outputs = []
        for ids, mask in batches:
            with self._autocast():
                states, logits = self.network(self._tensor(ids), self._tensor(mask))
            outputs.append((states.float().cpu().numpy(), logits.float().cpu().numpy()))
        return outputs

    @torch.inference_mode()
    def relate(
        self, states: Floats, starts: Integers, ends: Integers, kinds: Integers, documents: Integers,
        heads: Integers, tails: Integers,
    ) -> Floats:  # fmt: skip
        """See `Runtime.relate`."""
        values = [self._tensor(v) for v in (states, starts, ends, kinds, documents, heads, tails)]
        return self.network.relations(*values).float().cpu().numpy()  # type: ignore[no-any-return]


def load_network(folder: Path) -> tuple[JointNetwork, ModelSettings]:
    """Read a trained network from the folder of a run, or of an exported model, in fp32.

    Both have `config.json` and `settings.json`; the weights are those of a run's `model.safetensors`, or of a model's
    graphs, which needs onnx.

    Raises:
        FileNotFoundError: when the folder lacks one of them.
        ModuleNotFoundError: when onnx is not installed, for graphs.
        ValueError: when graphs and settings do not belong together.
    """
    if not has_weights(folder) or not (folder / "config.json").is_file():
        raise FileNotFoundError(
            f"{folder}: no weights and config.json here; name the folder of a finished run or of an exported model"
        )
    settings = ModelSettings.load(folder)
    network = JointNetwork(build_encoder(folder), NetworkConfig(**settings.network))
    weights = folder / WEIGHTS
    if weights.is_file():
        network.load_state_dict(load_file(weights))
    else:
        if find_spec("onnx") is None:
            raise ModuleNotFoundError(
                f"{folder}: to read a model's weights from its graphs onnx is needed; install it by "
                "pip install 'thaigov-events[train]'"
            )
        from thaigov_events.models.graph_weights import load_graphs

        load_graphs(network, folder)
    return network, settings


def has_weights(folder: Path) -> bool:
    """Tell whether there are weights in a folder that `load_network` can read."""
    return (folder / WEIGHTS).is_file() or (folder / ENCODER).is_file()
