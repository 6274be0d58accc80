"""Does ``takeoff serve`` answer until it is interrupted, and end well?"""

import os
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from studies.serving.server import LOOPBACK
from tests.studies.serving.compared import compared_run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_answers_until_it_is_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    folder = compared_run(tmp_path / "run")
    command = [sys.executable, "-m", "studies.cli", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        port = re.search(r"http://127\.0\.0\.1:(\d+)", first)
        assert port is not None, first
        asking = HTTPConnection(LOOPBACK, int(port.group(1)), timeout=60)
        asking.request("GET", "/")
        assert b"surrogate, corrected" in asking.getresponse().read()
        asking.close()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "ended; nothing was written" in out
