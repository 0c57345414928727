"""How far two annotations of the same texts agree.

python -m thaigov_events.annotations.agreement FIRST.jsonl SECOND.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from thaigov_events.annotations.corpus import read_corpus
from thaigov_events.annotations.metrics import compare
from thaigov_events.annotations.report import format_comparison


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the agreement of two annotators, the first taken for gold: F1 is the same the other way round."""
    program = "python -m thaigov_events.annotations.agreement"
    parser = argparse.ArgumentParser(prog=program, description=main.__doc__)
    parser.add_argument("first", type=Path, help="annotated corpus, JSON lines")
    parser.add_argument("second", type=Path, help="another annotation of the same documents")
    options = parser.parse_args(arguments)
    try:
        print(format_comparison(compare(read_corpus(options.first), read_corpus(options.second))))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
