"""What several verbs of the command line share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from thaigov_events.models.runtime import BACKENDS, DEVICES


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add what every verb that runs the model takes."""
    parser.add_argument("--model", type=Path, help="model folder (default: the released weights)")
    parser.add_argument("--threads", type=int, help="cores to use (default: all)")
    parser.add_argument(
        "--backend", choices=BACKENDS, default="auto",
        help="what runs the network (default: openvino where installed, else onnx); torch takes a run's folder too",
    )  # fmt: skip
    parser.add_argument("--device", choices=DEVICES, default="auto", help="cuda needs torch")
    parser.add_argument(
        "--batch-tokens", type=int, help="tokens that the network sees at once (default: by the backend)"
    )


def name_engine(options: argparse.Namespace) -> dict[str, Any]:
    """Return what of the options `Extractor.load` takes beside the model and the threads."""
    return {"backend": options.backend, "device": options.device, "batch_tokens": options.batch_tokens}


def is_quiet() -> bool:
    """Tell whether progress bars stay away, since nobody watches a terminal."""
    return not sys.stderr.isatty()
