"""How does a browser reach the page? From this machine alone: the server listens on the loopback address and at no other."""

import socket
from pathlib import Path
from typing import Final

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from model.errors import InputError
from studies.serving.pages import pages

LOOPBACK: Final = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    """Answers without a line of log for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def server(folder: Path, port: int) -> BaseWSGIServer:
    """Return a server of a run's page, which is bound to its port and does not answer yet; ``serve_forever`` lets it.

    Parameters
    ----------
    port : its port; 0 for one that is free

    Raises
    ------
    InputError
        If the folder is no run, or the port is taken or not ours to take.
    DamagedRun
        If the folder's fingerprint is damaged.
    """
    app = pages(folder)
    try:
        # The library would print lines of its own about a port that is taken, and end the process.
        bound = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise InputError(f"--port: {port}: cannot be listened on: {error.strerror}; name another, or 0 for a free one") from error
    with bound:
        return make_server(LOOPBACK, port, app, threaded=True, request_handler=Quiet, fd=bound.fileno())
