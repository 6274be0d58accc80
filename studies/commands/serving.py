"""Command ``serve``: a local page on a run, until it is interrupted."""

import argparse
import sys
from pathlib import Path


def serve(arguments: argparse.Namespace) -> int:
    """Run ``takeoff serve``."""
    from studies.serving.server import LOOPBACK, server

    folder = Path(arguments.folder)
    with server(folder, arguments.port) as listening:
        sys.stdout.write(f"http://{LOOPBACK}:{listening.port} shows {folder}, to this machine alone; Ctrl-C ends it\n")
        sys.stdout.flush()
        # An interruption, which is the only end of it, is caught inside.
        listening.serve_forever()
    sys.stdout.write("\nended; nothing was written\n")
    return 0
