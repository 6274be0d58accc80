"""What does a reader's browser say of a page? Chromium opens it without a network; what is wrong comes back as lines.

``page_at(width)`` gives a page of a width, and ``faults(page)`` what is wrong with what it shows. Any page that is a file on this
machine, or is served by it, can be looked at so.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

# Commands by which Chromium is known, and the package of Debian that brings it.
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
PACKAGE: Final = "chromium"
# Asks for Chromium to be installed where it is not, which only root on Debian can do.
ASKED: Final = "TAKEOFF_TEST_BROWSER"
PATIENCE: Final = 600  # s, for packages
HEIGHT: Final = 900
# What axe calls so is a fault; what it calls minor or moderate is not.
GRAVE: Final = frozenset({"serious", "critical"})
BROKEN: Final = "images => images.filter(one => !(one.complete && one.naturalWidth > 0)).map(one => one.src)"
# Elements that reach beyond the page's right edge, unless one that scrolls or clips holds them.
BEYOND: Final = """() => {
    const edge = document.documentElement.clientWidth + 1;
    if (document.documentElement.scrollWidth <= edge) return [];
    const held = one => {
        for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== "visible") return true;
        return false;
    };
    return [...document.body.querySelectorAll("*")]
        .filter(one => one.getBoundingClientRect().right > edge && !held(one))
        .slice(0, 5)
        .map(one => `${one.tagName.toLowerCase()}.${one.getAttribute("class") || ""} ${one.textContent.trim().slice(0, 40)}`)
        .concat("the page scrolls sideways");
}"""


def executable() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def obstacle() -> str:
    """Return why there can be no browser, or nothing."""
    if executable():
        return ""
    if os.getuid() != 0:
        return "Chromium is not installed, and only root can install it"
    if not Path("/etc/debian_version").is_file():
        return "Chromium is not installed, and this is not Debian"
    if os.environ.get(ASKED) != "1":
        return f"Chromium is not installed; {ASKED}=1 installs it"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE]):
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if ended.returncode != 0:
            return f"{' '.join(command)}: {ended.stderr.strip()[-200:]}"
    return ""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    driver = pytest.importorskip("playwright.sync_api", reason="no playwright: the extra `docs` brings it (make docs)")
    pytest.importorskip("axe_core_python", reason="no axe-core-python: the extra `docs` brings it (make docs)")
    if reason := obstacle():
        pytest.skip(f"no browser: {reason}")
    with driver.sync_playwright() as play:
        # Root has no sandbox, and containers have little shared memory.
        started = play.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()


@pytest.fixture
def page_at(chromium: Any) -> Iterator[Callable[[int], Any]]:
    """Opens a page of a width in pixels. It has no network; what its console complains of is kept for ``faults``."""
    contexts = []

    def opened(width: int) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": HEIGHT})
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(f"script: {error}"))
        page.on("requestfailed", lambda asked: page.complaints.append(f"not loaded: {asked.url}"))
        page.on("request", lambda asked: page.complaints.append(f"elsewhere: {asked.url}") if _is_elsewhere(asked.url) else None)
        return page

    yield opened
    for context in contexts:
        context.close()


def _is_elsewhere(address: str) -> bool:
    return not address.startswith(("file:", "data:", "blob:", "about:", "http://127.0.0.1", "http://localhost"))


@pytest.fixture
def faults() -> Callable[[Any], list[str]]:
    """Tells what is wrong with what a page shows: complaints, missing pictures, a sideways scroll, barriers for readers."""
    return _faults


def _faults(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_core_python.sync_playwright")
    missing = [f"no picture: {source}" for source in page.eval_on_selector_all("img", BROKEN)]
    beyond = [f"too wide: {element}" for element in page.evaluate(BEYOND)]
    told = axe.Axe().run(page, options={"resultTypes": ["violations"]})
    barriers = [
        f"{one['impact']}: {one['id']}: {one['help']}: {node['html'][:120]}"
        for one in told["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]
    return [*page.complaints, *missing, *beyond, *barriers]
