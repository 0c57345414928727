"""The command `thaigov-events`; each of its verbs is a module named after it."""

from __future__ import annotations

import argparse
import sys

from thaigov_events.inference import (
    evaluate_command,
    extract_command,
    labelstudio_command,
    models_command,
    serve_command,
)

COMMANDS = (extract_command, evaluate_command, serve_command, labelstudio_command, models_command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 where an input failed, 2 on a wrong call."""
    parser = argparse.ArgumentParser(prog="thaigov-events", description="Structured events from Thai government news.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_command(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
        return 1
    except (OSError, ValueError, ModuleNotFoundError) as error:
        print(f"thaigov-events: {error}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
