"""`thaigov-events labelstudio`: the verbs of the annotation loop."""

from __future__ import annotations

import argparse

from thaigov_events.inference import labelling_backend_command, labelling_sync_command


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line, with verbs of its own."""
    parser = commands.add_parser("labelstudio", help="correct the model's proposals in Label Studio")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    labelling_sync_command.add_verbs(verbs)
    labelling_backend_command.add_verbs(verbs)
