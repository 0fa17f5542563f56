"""The command ``tangent-ls``."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import logging
import sys
from collections.abc import Sequence

from tangent_ls import __version__


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is neither PORT nor HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "tangent-ls",
        description="The language server of Tangent, started by an editor: derivatives of Python "
        "functions beside their source. It reads code and never runs it.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--stdio", action="store_true", help="speak on standard streams (default)")
    how.add_argument(
        "--tcp", type=_address, metavar="[HOST:]PORT", help="listen there for one client"
    )
    parser.add_argument("--log-file", metavar="FILE", help="log there, not to standard error")
    parser.add_argument("--version", action="version", version=f"tangent-ls {__version__}")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the server until its client goes. Returns the exit code."""
    arguments = _arguments(argv)
    # Whatever prints lands in the log; the protocol has the real standard output to itself.
    protocol_out = sys.stdout.buffer
    sys.stdout = sys.stderr
    faulthandler.enable(sys.stderr)
    # An answer changes threads several times; each change waits for a derivation to pause.
    sys.setswitchinterval(0.0005)
    # Syntax trees come and go by the hundred thousand: a full collection takes a tenth of a
    # second, so it waits until nobody does (`Scheduler`).
    gc.set_threshold(100_000, 20, 1000)
    try:
        logging.basicConfig(
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            filename=arguments.log_file,
            encoding="utf-8" if arguments.log_file else None,
        )
    except OSError as error:
        print(f"tangent-ls: cannot write the log: {error}", file=sys.stderr)
        return 2
    logging.getLogger("pygls").setLevel(logging.WARNING)  # below, it logs every payload

    from tangent_ls.server import create_server

    server = create_server()
    try:
        if arguments.tcp is not None:
            server.start_tcp(*arguments.tcp)
        else:
            server.start_io(sys.stdin.buffer, protocol_out)
        # Leaving without `shutdown` is an error, by the protocol.
        code = 0 if server.stopped else 1
    except OSError as error:
        print(f"tangent-ls: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        server.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
