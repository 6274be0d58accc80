"""Does the local page work in a browser: at every width, with a choice at once, and with a run that is followed to its answer?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from execution.executors import Threads
from execution.run import Run
from studies.policy.compare import POLICIES
from studies.serving.server import LOOPBACK, server
from tests.studies.serving.compared import compared_run

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a run's page, answered by a thread of this process."""
    with server(folder, 0) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://{LOOPBACK}:{listening.port}/"
        listening.shutdown()
        thread.join()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with served(compared_run(tmp_path / "run")) as told:
        yield told


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("choice", ["", "?case=10-kumasi&policy=zone&horizon=2&outcome=firms"])
def test_the_page_has_no_fault(
    page_at: Callable[[int], Any], faults: Callable[[Any], list[str]], address: str, width: int, choice: str
) -> None:
    page = page_at(width)
    page.goto(address + choice)
    assert faults(page) == []


def test_a_choice_redraws_the_page_at_once(
    page_at: Callable[[int], Any], faults: Callable[[Any], list[str]], address: str
) -> None:
    page = page_at(1280)
    page.goto(address)
    assert page.locator("button").is_hidden()
    drawn = page.locator("figure svg").count()
    with page.expect_navigation():
        page.select_option("select[name=case]", "10-kumasi")
    assert page.locator("h1").inner_text().startswith("10 Kumasi")
    with page.expect_navigation():
        page.select_option("select[name=horizon]", "2")
    assert "over 2 years" in page.locator("#policies + p").inner_text()
    with page.expect_navigation():
        page.get_by_label("Zone").uncheck()
    # One policy less has three drawings less.
    assert page.locator("figure svg").count() == drawn - 3
    assert page.locator("select[name=case]").input_value() == "10-kumasi"
    assert faults(page) == []


def test_without_scripts_the_button_does_the_same(chromium: Any, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.select_option("select[name=case]", "10-kumasi")
    page.get_by_role("button", name="Show").click()
    assert page.locator("h1").inner_text().startswith("10 Kumasi")
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_run_is_followed_until_it_has_an_answer(
    page_at: Callable[[int], Any], faults: Callable[[Any], list[str]], tmp_path: Path, width: int
) -> None:
    folder = tmp_path / "run"
    with Run("calibration", folder, {"of": "this test"}, (POLICIES, "report.html")).opened(Threads(1)), served(folder) as address:
        page = page_at(width)
        page.goto(address)
        assert "Not finished" in page.locator(".banner").inner_text()
        page.get_by_text("Seen at").wait_for()
        assert faults(page) == []
    with served(folder) as address:
        page = page_at(width)
        page.goto(address)
        compared_run(folder, resume=True)
        page.wait_for_selector("#choices")
        assert faults(page) == []


def test_a_wrong_choice_has_a_page_that_leads_back(
    page_at: Callable[[int], Any], faults: Callable[[Any], list[str]], address: str
) -> None:
    page = page_at(390)
    page.goto(address + "?case=nowhere")
    page.complaints.clear()  # the browser itself notes that the answer is an error
    assert "case: 'nowhere': is not among them" in page.locator("main").inner_text()
    assert faults(page) == []
    page.get_by_role("link", name="Back to the run").click()
    page.wait_for_selector("#choices")
