"""Check annotated corpora: every bad line with its file, line and document, then counts by label.

python -m thaigov_events.annotations.validate FILE...
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from thaigov_events.annotations.corpus import CorpusError, describe_corpus, iterate_corpus
from thaigov_events.annotations.document import Document
from thaigov_events.annotations.schema import Schema


def validate(path: Path, schema: Schema) -> tuple[list[Document], list[str]]:
    """Return the good documents of a corpus file, and what is wrong with each of its bad lines."""
    if not path.is_file():
        return [], [f"{path}: no such corpus file"]
    documents: list[Document] = []
    errors: list[str] = []
    for item in iterate_corpus(path, schema):
        if isinstance(item, CorpusError):
            errors.append(str(item))
        else:
            documents.append(item)
    return documents, errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Check annotated corpora against the schema and count their labels; status 1 if anything is bad."""
    program = "python -m thaigov_events.annotations.validate"
    parser = argparse.ArgumentParser(prog=program, description=main.__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="annotated corpus, JSON lines")
    schema = Schema.load()
    bad = 0
    for path in parser.parse_args(arguments).files:
        documents, errors = validate(path, schema)
        print("\n".join([f"## {path}", "", describe_corpus(documents, schema), ""]), flush=True)
        for error in errors:
            print(error, file=sys.stderr)
        bad += len(errors)
    if bad:
        print(f"{bad} bad", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
