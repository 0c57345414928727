"""`thaigov-events serve`: answer requests over HTTP."""

from __future__ import annotations

import argparse
import ipaddress
import signal
import sys
from pathlib import Path

from thaigov_events.inference.command_options import add_engine_options, name_engine
from thaigov_events.inference.extractor import Extractor


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser("serve", help="answer requests over HTTP", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="holds the bearer token to ask for")
    parser.add_argument("--max-bytes", type=int, default=1_000_000, help="of a request (default: 1000000)")
    parser.add_argument("--max-articles", type=int, default=100, help="of a request (default: 100)")
    parser.add_argument("--queue", type=int, default=256, help="articles that may wait, of all requests (default: 256)")
    parser.add_argument("--batch", type=int, default=8, help="articles to read together (default: 8)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds to answer in (default: 60)")
    parser.add_argument("--send-timeout", type=float, default=10, help="seconds for a request to arrive (default: 10)")
    parser.set_defaults(run=run_serve)
    add_engine_options(parser)


def run_serve(options: argparse.Namespace) -> int:
    """Serve as the options say until SIGTERM or SIGINT; then answer what was accepted, and return the exit status."""
    try:
        import uvicorn

        from thaigov_events.inference.service import create_app
        from thaigov_events.inference.service_requests import Limits
    except ImportError as error:
        raise ModuleNotFoundError(f"the service lacks {error.name}: pip install 'thaigov-events[serve]'") from error
    limits = Limits(
        body=options.max_bytes,
        articles=options.max_articles,
        waiting=options.queue,
        batch=options.batch,
        sending=options.send_timeout,
        seconds=options.timeout,
    )
    token = options.token_file.read_text("utf-8").strip() if options.token_file else None
    if token is None and not is_loopback(options.host):
        print(
            f"thaigov-events: warning: {options.host} may be reached from other machines, and without --token-file "
            "whoever reaches it may use it",
            file=sys.stderr,
        )
    extractor = Extractor.load(options.model, threads=options.threads, **name_engine(options))
    app = create_app(extractor, limits=limits, token=token)
    server = uvicorn.Server(uvicorn.Config(app, host=options.host, port=options.port, server_header=False))
    # uvicorn raises the signal that stopped it once more when all is answered, which would tell of a crash
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, frame: None)
    server.run()
    return 0 if server.started else 1


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
