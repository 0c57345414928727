"""Convert annotated corpora between formats, and tell what the new one cannot hold.

python -m thaigov_events.annotations.convert INPUT OUTPUT [--from FORMAT] [--to FORMAT] [--schema FILE]

The format follows from the path's ending, or from what a folder holds: corpus (.jsonl, JSON lines of this project),
conll (.conll, .iob, .bio, .tsv), dataset (a folder that Hugging Face datasets saved, .dataset), brat (a folder of
stand-off files, .brat), spacy-json (.spacy.jsonl), docbin (.spacy; needs spaCy), label-studio (.json, an export
or import of Label Studio), label-studio-min (.min.json, its JSON_MIN).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from thaigov_events.annotations.brat import ANNOTATIONS, read_brat, write_brat
from thaigov_events.annotations.columns import (
    DATASET_FILES,
    read_conll,
    read_dataset,
    write_conll,
    write_dataset,
)
from thaigov_events.annotations.columns import ENDINGS as CONLL_ENDINGS
from thaigov_events.annotations.corpus import CorpusError, count_labels, read_corpus, write_corpus
from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.annotations.label_studio_files import read_label_studio, write_json_min, write_label_studio
from thaigov_events.annotations.labelling_result import LabelStudioError
from thaigov_events.annotations.schema import Schema, SchemaError
from thaigov_events.annotations.spacy_format import read_docbin, read_spacy_json, write_docbin, write_spacy_json

# Longer endings first: `.spacy.jsonl` ends in `.jsonl` too.
ENDINGS = {
    ".spacy.jsonl": "spacy-json",
    ".jsonl": "corpus",
    ".spacy": "docbin",
    ".brat": "brat",
    ".dataset": "dataset",
    ".min.json": "label-studio-min",
    ".json": "label-studio",
    **dict.fromkeys(CONLL_ENDINGS, "conll"),
}
FORMATS = ("corpus", "conll", "dataset", "brat", "spacy-json", "docbin", "label-studio", "label-studio-min")


def detect_format(path: Path) -> str:
    """Return the format of a path by its ending or, for an existing folder without one, by the files in it.

    Raises:
        CorpusError: when neither tells.
    """
    for ending, name in ENDINGS.items():
        if path.name.endswith(ending):
            return name
    if path.is_dir():
        if any((path / name).is_file() for name in DATASET_FILES):
            return "dataset"
        if any(path.rglob(f"*{ANNOTATIONS}")):
            return "brat"
    known = f"use an ending ({', '.join(ENDINGS)}) or --from and --to ({', '.join(FORMATS)})"
    raise CorpusError(f"{path}: nothing tells its format; {known}")


def read_documents(
    path: Path, name: str, *, separator: str = "", schema: Schema | None = None
) -> tuple[list[Document], Counter[str]]:
    """Return the documents of a corpus in the format `name`, and how much had to be left out, by kind.

    `separator` stands between the words of `conll` and `dataset`. Label Studio's forms are read by `schema`, by default
    the project's own.

    Raises:
        CorpusError: with file, place, value and mend.
    """
    if name == "brat":
        return read_brat(path)
    if name == "spacy-json":
        return read_spacy_json(path)
    if name == "docbin":
        return read_docbin(path)
    if name.startswith("label-studio"):
        return read_label_studio(path, schema or Schema.load())
    if name == "conll":
        return read_conll(path, separator=separator), Counter()
    if name == "dataset":
        return read_dataset(path, separator=separator), Counter()
    return read_corpus(path), Counter()


def write_documents(path: Path, documents: Sequence[Document], name: str) -> Counter[str]:
    """Write documents in the format `name`, whole or not at all; return how much it cannot hold, by kind.

    Raises:
        CorpusError: when something has no place in the format, or a folder holds other things.
    """
    if name == "brat":
        return write_brat(path, documents)
    if name == "conll":
        return write_conll(path, documents)
    if name == "dataset":
        return write_dataset(path, documents)
    if name == "label-studio-min":
        return write_json_min(path, documents)
    if name == "label-studio":
        write_label_studio(path, documents)
    elif name == "spacy-json":
        write_spacy_json(path, documents)
    elif name == "docbin":
        write_docbin(path, documents)
    else:
        write_corpus(path, documents)
    return Counter()


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert an annotated corpus from one format to another; print counts and what was lost. Status 1 on an error."""
    program = "python -m thaigov_events.annotations.convert"
    description = (main.__doc__ or "").strip()
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("input", type=Path, metavar="INPUT", help="file or folder to read")
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="file or folder to write")
    parser.add_argument("--from", dest="source", choices=FORMATS, help="format of INPUT, else by its ending")
    parser.add_argument("--to", dest="target", choices=FORMATS, help="format of OUTPUT, else by its ending")
    parser.add_argument("--schema", type=Path, metavar="FILE", help="check labels against this schema")
    parser.add_argument("--separator", default="", help="stands between words of conll and dataset; nothing by default")
    options = parser.parse_args(arguments)
    try:
        source = options.source or detect_format(options.input)
        target = options.target or detect_format(options.output)
        schema = Schema.load(options.schema) if options.schema else None
        documents, left_out = read_documents(options.input, source, separator=options.separator, schema=schema)
        if schema:
            _check(options.input, documents, schema)
        lost = write_documents(options.output, documents, target)
    except (CorpusError, DocumentError, LabelStudioError, SchemaError, OSError, UnicodeEncodeError) as error:
        print(error, file=sys.stderr)
        return 1
    entities, relations = (count.total() for count in count_labels(documents))
    counts = f"{len(documents):,} documents, {entities:,} entities, {relations:,} relations"
    print(f"{options.input} ({source}): {counts}")
    _report(f"not read from {source}", left_out)
    print(f"{options.output} ({target}): written")
    _report(f"lost in {target}", lost)
    return 0


def _check(path: Path, documents: Sequence[Document], schema: Schema) -> None:
    errors = []
    for document in documents:
        try:
            document.check(schema)
        except DocumentError as error:
            errors.append(f"{path}: {error}")
    if errors:
        raise CorpusError("\n".join(errors))


def _report(what: str, counts: Counter[str]) -> None:
    for kind, count in sorted(counts.items()):
        print(f"  {what}: {count:,} {kind}")


if __name__ == "__main__":
    sys.exit(main())
