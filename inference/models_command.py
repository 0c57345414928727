"""`thaigov-events models`: list, download and verify weights."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from thaigov_events.models.bundle import released_folder
from thaigov_events.models.store import download_model, models_folder, release_address, verify_model
from thaigov_events.models.version import SUMS


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser("models", help="list, download and verify weights")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="tell the models on this machine: name, size, folder")
    listing.set_defaults(run=run_list)
    download = verbs.add_parser("download", help="fetch a released model and check it")
    download.add_argument("name", metavar="NAME", help="of the release")
    download.add_argument("--url", help="address below which NAME/SHA256SUMS is (default: GitHub releases)")
    download.set_defaults(run=run_download)
    verify = verbs.add_parser("verify", help="compare a model's files with their checksums")
    verify.add_argument("model", nargs="?", metavar="MODEL", help="name or folder (default: the released weights)")
    verify.set_defaults(run=run_verify)
    for verb in (listing, download, verify):
        verb.add_argument("--folder", type=Path, help="where models are kept (default: in the user's cache)")


def run_list(options: argparse.Namespace) -> int:
    """Print a line for each model; return the exit status."""
    kept = options.folder or models_folder()
    folders = [released_folder(), *(sorted(kept.iterdir()) if kept.is_dir() else [])]
    for folder in folders:
        if folder.is_dir():
            size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
            state = "" if (folder / SUMS).is_file() else "\tnot whole: download it again"
            print(f"{folder.name}\t{size:.1f} MiB\t{folder}{state}")
    return 0


def run_download(options: argparse.Namespace) -> int:
    """Fetch a model; return the exit status."""
    folder, fetched = download_model(
        options.name, address=options.url or release_address(), folder=options.folder or models_folder(),
        report=lambda file: print(f"fetching {file}", file=sys.stderr),
    )  # fmt: skip
    print(f"{fetched} files fetched, all as released; use it by --model {folder}")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Check a model; return the exit status: 1 where a file is not as released."""
    folder = released_folder()
    if options.model:
        named = (options.folder or models_folder()) / options.model
        folder = named if named.is_dir() else Path(options.model)
    check = verify_model(folder)
    for word, names in (("changed", check.changed), ("missing", check.missing), ("not listed", check.unlisted)):
        for name in names:
            print(f"{folder / name}: {word}", file=sys.stderr)
    print(f"{folder}: " + ("as released" if check.whole else "not as released; download or export it again"))
    return 0 if check.whole else 1
