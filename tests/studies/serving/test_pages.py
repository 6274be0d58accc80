"""Does the local page answer readers on this machine, and nobody else, and never write?"""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from execution import netcdf
from execution.executors import Threads
from execution.run import Run, revised
from model.errors import InputError
from studies.numbers import signed
from studies.policy.compare import POLICIES
from studies.serving.choices import choices
from studies.serving.pages import SCRIPTS, pages
from studies.serving.shown import table
from tests.studies.serving.compared import compared_run, comparison


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return compared_run(tmp_path / "run")


class Browser(FlaskClient):
    """A client that closes the files of which answers are made."""

    def open(self, *words: Any, **options: Any) -> Any:
        return super().open(*words, **{"buffered": True, **options})


def opened(folder: Path) -> FlaskClient:
    app = pages(folder)
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture
def browser(folder: Path) -> FlaskClient:
    return opened(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_first_page_shows_the_table_and_the_verdict(browser: FlaskClient) -> None:
    text = browser.get("/").text
    for line in table(comparison(), choices(comparison(), MultiDict())):
        assert f">{signed(line.mean)}<" in text
    assert "surrogate, corrected" in text
    assert text.count("<svg") == 1 + 3 * 3


def test_a_choice_redraws_the_page(browser: FlaskClient) -> None:
    text = browser.get("/?case=10-kumasi&policy=zone&horizon=2").text
    assert '<option value="10-kumasi" selected>' in text
    assert '<option value="2" selected>' in text
    assert "over 2 years" in text
    assert text.count("<svg") == 1 + 2 * 3


def test_a_wrong_choice_is_told_and_escaped(browser: FlaskClient) -> None:
    answer = browser.get("/?policy=<script>&horizon=x")
    assert answer.status_code == 400
    assert "&lt;script&gt;" in answer.text
    assert "horizon: &#39;x&#39;: must be a whole number" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/status.json", "/report", f"/files/{POLICIES}"])
def test_nothing_can_be_sent(browser: FlaskClient, method: str, path: str) -> None:
    assert browser.open(path, method=method).status_code == 405


def test_another_name_for_this_machine_is_refused(browser: FlaskClient) -> None:
    assert browser.get("/", headers={"Host": "evil.example:8765"}).status_code == 403
    assert browser.get("/", headers={"Host": "127.0.0.1:8765"}).status_code == 200
    assert browser.get("/", headers={"Host": "localhost:1"}).status_code == 200


def test_every_answer_forbids_foreign_scripts(browser: FlaskClient) -> None:
    for path in ("/", "/?case=x", "/status.json", "/report", "/files/x", "/scripts/choose.js"):
        assert "default-src 'none'; script-src 'self'" in browser.get(path).headers["Content-Security-Policy"], path


def test_finished_files_are_sent_as_they_are_and_nothing_else(browser: FlaskClient, folder: Path) -> None:
    assert browser.get(f"/files/{POLICIES}").data == (folder / POLICIES).read_bytes()
    assert "A report" in browser.get("/report").text
    (folder / "secret.txt").write_text("secret", encoding="utf-8")
    for name in ("secret.txt", "fingerprint.json", "..%2Frun%2Fpolicies.nc", "%2e%2e", "chunks"):
        assert browser.get(f"/files/{name}").status_code == 404, name
    assert [browser.get(f"/scripts/{name}").status_code for name in (*SCRIPTS, "../pages.py")] == [200] * len(SCRIPTS) + [404]


def test_reading_writes_nothing(browser: FlaskClient, folder: Path) -> None:
    before = contents(folder)
    for path in ("/", "/?case=10-kumasi", "/status.json", "/report", "/files/policies.nc", "/nowhere"):
        browser.get(path)
    assert contents(folder) == before


def test_a_run_under_way_is_followed(tmp_path: Path) -> None:
    run = Run("calibration", tmp_path / "run", {}, (POLICIES,))
    with run.opened(Threads(1)):
        browser = opened(run.folder)
        text = browser.get("/").text
        assert "Not finished: nothing here is an answer yet" in text
        assert "follow.js" in text
        assert json.loads(browser.get("/status.json").data)["files"][POLICIES] is False


def test_a_damaged_file_is_told_and_not_shown(browser: FlaskClient, folder: Path) -> None:
    path = folder / POLICIES
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "<table>" not in answer.text.partition("<h2")[2]
    assert browser.get(f"/files/{POLICIES}").status_code == 500


def test_a_new_comparison_is_read_anew(browser: FlaskClient, folder: Path) -> None:
    assert "Something else" not in browser.get("/").text
    data = comparison()
    data["policy"].attrs["titles"] = ["Status quo", "Training", "Something else"]
    with revised(folder, [POLICIES]):
        netcdf.write(folder / POLICIES, data)
    assert "Something else" in browser.get("/").text


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run"):
        pages(tmp_path)
