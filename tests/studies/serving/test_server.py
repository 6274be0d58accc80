"""Does the server listen on this machine alone, and tell of a port that is taken?"""

import socket
from pathlib import Path

import pytest

from model.errors import InputError
from studies.cli import main
from studies.serving.server import LOOPBACK, server
from tests.studies.serving.compared import compared_run


def test_it_listens_on_the_loopback_address_alone(tmp_path: Path) -> None:
    with server(compared_run(tmp_path / "run"), 0) as listening:
        assert listening.host == LOOPBACK
        assert listening.port > 0


def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = compared_run(tmp_path / "run")
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"--port: {port}: cannot be listened on"):
            server(folder, port)
        assert main(["serve", str(folder), "--port", str(port)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "name another, or 0 for a free one" in lines[0]
