"""What does a result show of itself: in a notebook, in a line, by its methods, in pandas and in ArviZ?"""

import pydoc
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr

import calibration
import model
import studies
from calibration import arviz_adapter
from execution.labels import verdict_of
from model import simulate
from model.config import load_case
from studies.page.palette import MARKS
from studies.plots import accessor, caption, summary
from studies.plots.summary import KINDS, SCOPE, advice_html, kind_of, posterior_html
from tests.studies.plots import made


def parsed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)  # noqa: S314 - made by the function under test


RESULTS = {"histories": made.histories, "comparison": made.comparison, "budgets": made.budgets, "sensitivity": made.study}


@pytest.mark.parametrize("kind", KINDS)
def test_a_dataset_says_what_it_is_and_on_what_it_stands(kind: str) -> None:
    told = repr(RESULTS[kind]().takeoff)
    assert told.startswith(f"<{kind}: ")
    assert ("made by hand" in told) == (kind != "histories")
    assert len(told) < 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_shows_a_picture_a_table_and_the_label(kind: str) -> None:
    page = parsed(RESULTS[kind]().takeoff._repr_html_())
    assert page.get("class") == SCOPE
    assert page.find(".//{http://www.w3.org/2000/svg}svg") is not None
    assert len(page.findall(".//tbody/tr")) >= 2
    label = page.findall("p")[-1].text
    assert label == ("Simulated, on no posterior; parameters: defaults" if kind == "histories" else made.LABEL)


def test_the_style_of_a_result_reaches_nothing_else_and_has_the_colours_of_the_table() -> None:
    style = parsed(made.study().takeoff._repr_html_()).find("style")
    assert style is not None
    rules = (style.text or "").split("}")[:-1]
    assert all(selector.strip().startswith(f".{SCOPE}") for rule in rules for selector in rule.split("{")[0].split(","))
    assert f".{SCOPE} .thin {{ stroke: {MARKS['thin'].colour}" in (style.text or "")


def test_texts_of_a_result_are_escaped() -> None:
    html = made.budgets().assign_attrs(label="<script>alert(1)</script>").takeoff._repr_html_()
    assert "<script>" not in html


def test_the_table_of_a_comparison_names_who_leads() -> None:
    page = parsed(made.comparison().takeoff._repr_html_())
    cells = [[cell.text for cell in row] for row in page.findall(".//tbody/tr")]
    assert [row[:2] for row in cells] == [["10-kumasi", "Training"], ["06-bac-ninh", "Training"]]


def test_what_is_no_result_of_ours_is_said_to_be_other() -> None:
    data = xr.Dataset({"a": ("x", [1.0])})
    assert kind_of(data) == data.takeoff.kind == "other"
    assert "dimension" in data.takeoff._repr_html_()


@pytest.mark.parametrize(
    ("method", "result", "choice"),
    [
        ("plot_cluster", made.histories, {"quantities": "firms"}),
        ("plot_paths", made.comparison, {"case": 10}),
        ("plot_policies", made.comparison, {"case": 10}),
        ("plot_frontier", made.budgets, {}),
        ("plot_acceptability", made.budgets, {}),
        ("plot_sensitivity", made.study, {}),
    ],
)
def test_a_result_draws_itself_as_the_function_does(method: str, result: Any, choice: dict[str, Any]) -> None:
    assert caption(getattr(result().takeoff, method)(**choice)) == caption(getattr(studies, method)(result(), **choice))


def test_the_accessor_has_every_plot_of_a_dataset() -> None:
    own = {name for name in dir(accessor.Takeoff) if name.startswith("plot_")}
    of_posteriors = {"plot_parameters", "plot_coverage"}
    assert own == {name for name in dir(studies) if name.startswith("plot_")} - of_posteriors


@pytest.mark.parametrize(
    "line", ["from model import simulate", "from calibration import load_posterior", "from studies import plot_paths"]
)
def test_the_accessor_is_there_once_a_function_that_returns_results_is_taken(line: str) -> None:
    program = f"{line}\nimport xarray as xr\nprint(xr.Dataset().takeoff.kind)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "other"


def test_operations_of_xarray_keep_the_accessor_and_the_class() -> None:
    data = simulate(10, seeds=[1, 2], years=2.0)
    part = data.isel(seed=0, time=slice(0, 4)).mean()
    assert type(data) is type(part) is xr.Dataset
    assert data.sel(seed=[2]).takeoff.kind == "histories"


def test_results_open_in_pandas_in_one_line() -> None:
    pandas = pytest.importorskip("pandas")
    panel = made.histories().to_dataframe()
    assert isinstance(panel, pandas.DataFrame)
    assert panel.loc[(1, 0.0), "firms"] == 10.0
    assert len(made.comparison()["level"].isel(structure=0).to_dataframe()) == len(made.CASES) * len(
        made.POLICIES
    ) * made.COUNT * len(made.comparison()["outcome"])
    assert made.study()["value"].to_dataframe().index.names == ["index", "factor", "cluster", "outcome"]
    assert made.budgets().to_dataframe()["frontier"].sum() == int(made.budgets()["frontier"].sum())


def test_a_posterior_opens_in_the_arviz_that_is_installed_and_in_pandas() -> None:
    arviz = pytest.importorskip("arviz")
    groups = arviz_adapter.assemble({"posterior": made.posterior().groups["posterior"].assign_coords(chain=[0])})
    told = arviz.summary(groups, kind="stats")
    assert list(told.index) == ["entry_intensity", "exit_base"]
    frame = groups["posterior"].to_dataset().to_dataframe() if arviz_adapter.modern() else groups["posterior"].to_dataframe()
    assert len(frame) == 401


def test_a_posterior_shows_what_it_moved_and_its_checks() -> None:
    page = parsed(posterior_html(made.posterior()))
    texts = ["".join(part.itertext()) for part in page.iter()]
    assert "entry_intensity" in texts
    assert "1 of 1" in texts
    assert page.findall("p")[-1].text == f"{verdict_of(True)}; surrogate, corrected"


def test_an_advice_without_a_ranking_shows_its_reasons() -> None:
    grounds = SimpleNamespace(reasons=("two facts contradict each other",))
    advice: Any = SimpleNamespace(case=load_case(10), supported=False, grounds=grounds, label="a <b>", converged=False)
    html = advice_html(advice)
    assert "two facts contradict each other" in html
    assert "NOT CONVERGED; a &lt;b&gt;" in html


def test_ipython_is_told_of_posteriors_and_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[tuple[str, str], Any] = {}
    formatter = SimpleNamespace(for_type_by_name=lambda module, name, function: known.setdefault((module, name), function))
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter}))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[arg-type]
    accessor.show_in_notebooks()
    assert set(known) == set(accessor.SHOWN)
    assert known["calibration.results", "Posterior"](made.posterior()) == posterior_html(made.posterior())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))  # type: ignore[arg-type]
    accessor.show_in_notebooks()


@pytest.mark.parametrize("package", [model, calibration, studies], ids=lambda package: package.__name__)
def test_help_shows_every_public_function_with_its_arguments(package: ModuleType) -> None:
    text = pydoc.plain(pydoc.render_doc(package))
    assert [name for name in package.__all__ if f"    {name}(" not in text and f"class {name}(" not in text] == []


def test_a_history_that_was_stopped_is_summed_up_as_far_as_it_came() -> None:
    canvas, _, rows = summary._histories(made.histories())
    assert "firms" in canvas.title
    assert all(np.isfinite(float(row[1])) for row in rows)
