"""Join the stand-off corpora with their texts: `make corpus`.

    python -m thaigov_events.annotations.sources --output .cache/corpus [--shared DIR]

The texts come from a folder that holds the annotated corpora, where there is one, else from the public
repositories at fixed revisions. A text that is not, to the letter, the one that was annotated is reported and
left out.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
import os
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from thaigov_events.annotations.cleaning import clean_text
from thaigov_events.annotations.corpus import CorpusError, read_corpus, write_corpus
from thaigov_events.annotations.document import Document, DocumentError
from thaigov_events.annotations.standoff_corpus import SPLITS, Standoff, join_text, read_standoff


class SourceError(RuntimeError):
    """A repository cannot be read; the message names its address and the way round it."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A public git repository at a revision; sources that begin with `prefix` are paths in it."""

    prefix: str
    url: str
    revision: str


REPOSITORIES = (
    Repository("thaigov:thaigov-v2/", "https://github.com/PyThaiNLP/thaigov-v2-corpus", "ee81431"),
    Repository("thaigov:thaigov-v1/", "https://github.com/PyThaiNLP/thaigov-corpus", "ee227b2"),
)

PREFIX = "thaigov:"
"""What a source begins with, before a repository's short name and a path in it."""
UNLABELLED = "unlabeled/thaigov.jsonl.xz"

Texts = Mapping[str, Sequence[str]]
"""The texts found for a document's `source`: several where a name stands in more than one archive."""


def read_shared_texts(folder: Path, sources: Collection[str]) -> Texts:
    """Return the texts of sources in a folder: from its annotated corpora, or else from its unlabelled articles.

    Raises:
        CorpusError: when there is no corpus, or one has bad lines.
    """
    texts: dict[str, list[str]] = {}
    corpora = sorted(folder.glob("*.jsonl"))
    if not corpora:
        raise CorpusError(f"{folder}: holds no annotated corpus, such as train.jsonl")
    for path in corpora:
        for document in read_corpus(path):
            texts.setdefault(document.source, []).append(document.text)
    archive = folder / UNLABELLED
    missing = {source.removeprefix(PREFIX): source for source in sources if source not in texts}
    if missing and archive.is_file():
        with lzma.open(archive, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                if record["path"] in missing:
                    texts.setdefault(missing[record["path"]], []).append(clean_text(record["text"]))
    return texts


def fetch_texts(sources: Collection[str], repositories: Sequence[Repository] = REPOSITORIES) -> Texts:
    """Return the cleaned texts of sources that the repositories hold; the others are absent.

    Raises:
        SourceError: when a repository cannot be read.
    """
    texts: dict[str, list[str]] = {}
    for repository in repositories:
        paths = [s.removeprefix(repository.prefix) for s in sources if s.startswith(repository.prefix)]
        print(f"{repository.url}: fetching {len(paths)} files of revision {repository.revision}")
        for path, contents in fetch_files(repository, paths).items():
            # A byte that is no UTF-8 makes the hash fail, which is then reported with the document's name.
            texts[repository.prefix + path] = [clean_text(c.decode("utf-8", "replace")) for c in contents]
    return texts


def fetch_files(repository: Repository, paths: Collection[str]) -> Mapping[str, list[bytes]]:
    """Return the contents of files of a repository, or of its zip archives where the tree does not have them.

    Raises:
        SourceError: when git is missing or cannot reach the repository or the revision.
    """
    with TemporaryDirectory(prefix="thaigov-events-", ignore_cleanup_errors=True) as folder:
        git = _Git(Path(folder), repository.url)
        git.run("clone", "--quiet", "--filter=blob:none", "--no-checkout", "--", repository.url, ".")
        tree = _list_tree(git, repository.revision)
        blobs = _read_blobs(git, [tree[path] for path in paths if path in tree])
        found = {path: [blobs[tree[path]]] for path in paths if path in tree}
        missing = set(paths) - set(found)
        if missing:
            names = [name for name in tree if name.endswith(".zip")]
            archives = _read_blobs(git, [tree[name] for name in names])
            for name in names:
                for path, content in _search_archive(name, archives[tree[name]], missing):
                    found.setdefault(path, []).append(content)
        return found


def join_corpus(standoffs: Sequence[Standoff], texts: Texts) -> tuple[list[Document], list[str]]:
    """Join documents with their texts; return those that fit, and for every other one what is wrong."""
    documents: list[Document] = []
    problems: list[str] = []
    for standoff in standoffs:
        problem = f"document {standoff.id}: {standoff.source} was not found"
        for text in texts.get(standoff.source, ()):
            try:
                documents.append(join_text(standoff, text))
                break
            except DocumentError as error:
                problem = str(error)
        else:
            problems.append(problem)
    return documents, problems


@dataclass(frozen=True, slots=True)
class _Git:
    folder: Path
    url: str

    def run(self, *arguments: str, data: bytes = b"", check: bool = True) -> bytes:
        # A private or vanished repository must fail, and not wait for a password.
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
        try:
            result = subprocess.run(
                ["git", *arguments], cwd=self.folder, input=data, capture_output=True, env=environment
            )
        except FileNotFoundError:
            raise self.error("git is not installed") from None
        if check and result.returncode:
            raise self.error(result.stderr.decode("utf-8", "replace").strip())
        return result.stdout

    def error(self, what: str) -> SourceError:
        return SourceError(
            f"{self.url}: {what}\nThe texts cannot be fetched; with a copy of the annotated corpora "
            "(train.jsonl, dev.jsonl), give its folder as --shared DIR."
        )


def _list_tree(git: _Git, revision: str) -> dict[str, str]:
    """Return the object name of every file of a revision."""
    listing = git.run("ls-tree", "-r", "-z", "--full-tree", f"{revision}^{{commit}}").decode("utf-8", "replace")
    entries = (entry.split("\t", 1) for entry in listing.split("\0") if entry)
    return {path: description.split()[2] for description, path in entries}


def _read_blobs(git: _Git, names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of objects, fetched in one go."""
    lines = "".join(f"{name}\n" for name in names).encode()
    if not names:
        return {}
    # Only a matter of speed: cat-file would fetch the missing objects one by one.
    fetch = (
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--filter=blob:none",
        "--stdin",
        "origin",
    )
    git.run("-c", "fetch.negotiationAlgorithm=noop", *fetch, data=lines, check=False)
    stream = io.BytesIO(git.run("cat-file", "--batch", data=lines))
    blobs = {}
    for name in names:
        header = stream.readline().split()
        if len(header) != 3:
            raise git.error(f"object {name} cannot be read")
        blobs[name] = stream.read(int(header[2]))
        stream.readline()
    return blobs


def _search_archive(name: str, content: bytes, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the wanted files of a zip archive, none of what is no archive.

    A source names a folder and a file; the folder may be in the archive or be the archive's own name.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        print(f"{name} is no zip archive", file=sys.stderr)
        return
    wanted = defaultdict(list)
    for path in paths:
        wanted[PurePosixPath(path).name].append(path)
    root = name.removesuffix(".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            full = f"/{root}/{_member_name(member)}"
            for path in wanted.get(PurePosixPath(full).name, ()):
                if full.endswith(f"/{path}"):
                    yield path, archive.read(member)


def _member_name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 0x800:  # the name is marked as UTF-8
        return member.filename
    name = member.filename.encode("cp437")
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp874", "replace")  # Thai Windows


def main(arguments: Sequence[str] | None = None, repositories: Sequence[Repository] = REPOSITORIES) -> int:
    """Write the annotated corpora: the labels that come with the package, joined with their texts."""
    program = "python -m thaigov_events.annotations.sources"
    parser = argparse.ArgumentParser(prog=program, description=main.__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for the corpora")
    parser.add_argument(
        "--shared",
        type=Path,
        default=Path("../shared/corpus"),
        help=f"folder with annotated corpora and {UNLABELLED}; where it does not exist, the texts are "
        "fetched from the public repositories (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    corpora = {split: read_standoff(split) for split in SPLITS}
    sources = [d.source for documents in corpora.values() for d in documents]
    try:
        if options.shared.is_dir():
            texts = read_shared_texts(options.shared, sources)
        else:
            print(f"{options.shared}: no such folder; fetching the texts from the public repositories")
            texts = fetch_texts(sources, repositories)
    except (CorpusError, SourceError) as error:
        print(error, file=sys.stderr)
        return 1
    missing = 0
    for split, standoffs in corpora.items():
        documents, problems = join_corpus(standoffs, texts)
        for problem in problems:
            print(f"{split}: {problem}", file=sys.stderr)
        # a corpus with gaps must not be taken for the whole one
        path = options.output / (f"{split}.partial.jsonl" if problems else f"{split}.jsonl")
        if documents:
            write_corpus(path, documents)
        print(f"{path}: {len(documents)} of {len(standoffs)} documents")
        missing += len(problems)
    if missing:
        print(
            f"{missing} documents are left out, each listed above; rename the .partial file to do without them",
            file=sys.stderr,
        )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
