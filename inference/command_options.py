"""What several verbs of the command line share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add what every verb that runs the model takes."""
    parser.add_argument("--model", type=Path, help="model folder (default: the released weights)")
    parser.add_argument("--threads", type=int, help="cores to use (default: all)")


def is_quiet() -> bool:
    """Tell whether progress bars stay away, since nobody watches a terminal."""
    return not sys.stderr.isatty()
