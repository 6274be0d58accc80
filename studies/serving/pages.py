"""What does the local page answer? How far a run is, or what a reader chooses of it; it reads a folder and writes nothing."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import xarray as xr
from flask import Flask, Response, request, send_file

from execution import netcdf
from execution.run import checked, holds, path_of, read_manifest, run_at
from model.config import load_case
from model.errors import InputError, TakeoffError
from studies.inspect.run_folder import status_content
from studies.page.rendering import rendered
from studies.policy.arrays import described, titles
from studies.policy.compare import POLICIES
from studies.serving.choices import Asked, choices, horizons, labels
from studies.serving.shown import answer
from studies.taught.coverage import title

REPORT: Final = "report.html"
# Names under which a browser on this machine asks for the page. Another name is that of a site which points to this machine.
HOSTS: Final = ("127.0.0.1", "localhost")
# A page takes scripts and data from this server alone; its style stands in it.
SOURCES: Final = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:"
SCRIPTS: Final = {path.name: path for path in (Path(__file__).resolve().parent / "scripts").glob("*.js")}
WRONG: Final = 400
FORBIDDEN: Final = 403
MISSING: Final = 404
DAMAGED: Final = 500


class Stored:
    """A run's comparison, which is read again when its file changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[int, int] | None = None
        self._data: xr.Dataset | None = None

    @property
    def compared(self) -> bool:
        """Whether policies were compared."""
        return holds(self.folder, POLICIES)

    def comparison(self) -> xr.Dataset:
        """Return the comparison.

        Raises
        ------
        DamagedRun
            If its file is not as it was written.
        """
        state = path_of(self.folder, POLICIES).stat()
        seen = state.st_mtime_ns, state.st_size
        if self._data is None or seen != self._seen:
            self._data, self._seen = netcdf.read(checked(self.folder, POLICIES)), seen
        return self._data


def pages(folder: Path) -> Flask:
    """Return the application that shows a run folder; it answers requests to read and no others.

    Parameters
    ----------
    folder : run folder, finished or not

    Raises
    ------
    InputError
        If the folder is no run.
    DamagedRun
        If its fingerprint is damaged.
    """
    run_at(folder)
    app, stored = Flask(__name__, static_folder=None, template_folder=None), Stored(folder)
    app.before_request(_foreign)
    app.after_request(_guarded)
    rules: dict[str, Callable[..., Response]] = {
        "/": lambda: _made(lambda: _choosing(stored, request.args) if stored.compared else _progress(folder)),
        "/status.json": lambda: _made(lambda: json.dumps(status_content(folder)), "application/json"),
        "/report": lambda: _sent(folder, REPORT),
        "/files/<name>": lambda name: _sent(folder, name, as_download=True),
        "/scripts/<name>": _script,
    }
    for rule, view in rules.items():
        app.add_url_rule(rule, rule, view, methods=["GET"])
    return app


def _foreign() -> Response | None:
    """Refuse a request under a foreign name: another site's page could read the answer."""
    name = request.host.rsplit(":", 1)[0]
    return None if name in HOSTS else _fault([f"{name}: is not this machine; open http://127.0.0.1 with the port"], FORBIDDEN)


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = SOURCES
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _choosing(stored: Stored, asked: Asked) -> str:
    data, folder = stored.comparison(), stored.folder
    chosen = choices(data, asked)
    return rendered(
        "serving/templates/choosing.html",
        folder=folder.name,
        verdict=str(data.attrs["verdict"]),
        label=str(data.attrs["label"]),
        chosen=chosen,
        cases={name: title(load_case(name)) for name in labels(data, "case")},
        policies=titles(data),
        outcomes={name: f"{name.replace('_', ' ')}: {words}" for name, words in described(data, "outcome", "meanings").items()},
        structures=labels(data, "structure"),
        horizons=horizons(data),
        answer=answer(data, chosen),
        files=[name for name in read_manifest(folder)["files"] if "/" not in name],
        report=REPORT if holds(folder, REPORT) else "",
    )


def _progress(folder: Path) -> str:
    return rendered("serving/templates/progress.html", folder=folder.name, status=status_content(folder))


def _made(make: Callable[[], str], kind: str = "text/html") -> Response:
    """Return what was made; where the reader's choice or the folder is at fault, a page that says so."""
    try:
        return Response(make(), mimetype=kind)
    except InputError as error:
        return _fault(error.faults, WRONG)
    except TakeoffError as error:
        return _fault(error.faults, DAMAGED)


def _sent(folder: Path, name: str, as_download: bool = False) -> Response:
    """Return a finished file of the run as it was written; nothing else of the folder can be asked for."""
    try:
        if "/" in name or not holds(folder, name):
            return _fault([f"{name}: is no finished file of this run"], MISSING)
        return send_file(checked(folder, name).resolve(), as_attachment=as_download)
    except TakeoffError as error:
        return _fault(error.faults, DAMAGED)


def _script(name: str) -> Response:
    return (
        send_file(SCRIPTS[name], "text/javascript")
        if name in SCRIPTS
        else _fault([f"{name}: is no script of this page"], MISSING)
    )


def _fault(faults: Sequence[str], code: int) -> Response:
    return Response(rendered("serving/templates/fault.html", faults=faults), code, mimetype="text/html")
