"""``takeoff sensitivity``: which parameters matter, for what, and how sure that is."""

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studies.commands.drawing import draw, plot_asked
from studies.commands.telling import progress_asked, tell
from studies.commands.working import work_asked
from studies.numbers import amount

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

SETTLED, NOT_SETTLED = 0, 3
# Up to so many clusters every outcome of each is told; and so many factors are named in a line.
FEW = 3
MOST_NAMED = 5
QUICK = "quick"
# Options of a study that simulates, with their values where they are not given.
DESIGNED = {"profile": None, "out": None, "parameters": None, "resume": False, "seed": None, "shard": None, "on": "local"}


def analyse(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sensitivity``."""
    from studies.sensitivities.design import GIVEN_DATA

    return _analyse_posterior(arguments) if arguments.method == GIVEN_DATA else _analyse_prior(arguments)


def _analyse_prior(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sensitivity`` with a design of its own."""
    from model.config import load_profile
    from studies.sensitivities.design import DEFAULT_BY, check_count, check_words

    _refuse_folder(arguments)
    plot, progress, profile = plot_asked(arguments), progress_asked(arguments), load_profile(arguments.profile or QUICK)
    check_words(arguments.method, arguments.by)
    check_count(arguments.method, profile.morris_trajectories if arguments.method == "morris" else profile.sobol_samples)
    progress.stage("loading the compiled model (the first time on a machine compiles it)")
    from studies.plots.sensitivity import plot_sensitivity
    from studies.report.sensitivity import write_page
    from studies.sensitivities.arrays import headline, index_table, settled
    from studies.sensitivities.study import TABLE, default_folder, sensitivity

    data = sensitivity(
        arguments.method,
        arguments.profile or QUICK,
        arguments.out,
        cases=arguments.cases,
        policies=arguments.policies,
        parameters=arguments.parameters,
        by=arguments.by,
        seed=arguments.seed,
        **work_asked(arguments, progress, arguments.on),
    )
    progress.end()
    out = Path(arguments.out or default_folder(arguments.method, arguments.by or DEFAULT_BY[arguments.method], profile.name))
    shown = write_page(out, data)
    draw(plot, plot_sensitivity, data)
    calm, whole = settled(data), headline(data).expand_dims("cluster")
    tell(
        arguments,
        lambda: {**_content(data, index_table(whole), "prior"), "settled": calm, "table": out / TABLE, "page": shown},
        lambda: [*_lines(data), f"table      {out / TABLE}", f"page       {shown}"],
    )
    return SETTLED if calm else NOT_SETTLED


def _analyse_posterior(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sensitivity --method given-data``."""
    from execution.run import read_manifest
    from studies.commands.chain import main_profile
    from studies.plots.sensitivity import plot_sensitivity
    from studies.sensitivities.posterior import given_data
    from studies.sensitivities.shares import share_table
    from studies.sensitivities.study import TABLE

    _refuse_designed(arguments)
    folder = Path(arguments.folder or f"runs/run-{main_profile()}")
    plot, progress = plot_asked(arguments), progress_asked(arguments)
    data = given_data(
        folder,
        arguments.cases,
        policies=arguments.policies,
        by=arguments.by,
        say=lambda case: progress.stage(f"studying {case}"),
    )
    progress.end()
    draw(plot, plot_sensitivity, data)
    calm = bool(data["outcome_settled"].all())
    tell(
        arguments,
        lambda: {**_content(data, share_table(data), "posterior"), "settled": calm, "table": folder / TABLE},
        lambda: [*_lines_given(data), f"table      {folder / TABLE}"],
    )
    return SETTLED if calm and read_manifest(folder)["converged"] else NOT_SETTLED


def _refuse_folder(arguments: argparse.Namespace) -> None:
    """Refuse a folder to read from, which a study on the prior has no use for.

    Raises
    ------
    InputError
        If one is given.
    """
    from model.errors import InputError

    if arguments.folder is not None:
        raise InputError(f"DIR: {arguments.folder}: is for --method given-data; leave it out, or name the new folder with --out")


def _refuse_designed(arguments: argparse.Namespace) -> None:
    """Refuse options of studies that have a design of their own and simulate it.

    Raises
    ------
    InputError
        If one is given.
    """
    from model.errors import InputError

    given = vars(arguments)
    for option, value in DESIGNED.items():
        if given[option] not in (value, False):
            name = "parameter" if option == "parameters" else option
            raise InputError(f"--{name}: is for studies on the prior; with --method given-data leave it out")


def _lines_given(data: "xr.Dataset") -> list[str]:
    """Return a study on a posterior in lines: of few clusters every outcome, of many who leads in how many."""
    from studies.sensitivities.shares import leading

    answers = list(leading(data))
    settled, draws = data["outcome_settled"], data["draws"]
    lines = [
        str(data.attrs["label"]),
        f"Sensitivity on the posterior: share of an outcome's variance between draws that a {data.attrs['by']} explains alone,",
        "with all that goes with it (S1). Shown is what luck would reach less often than once in twenty times.",
        f"{float(draws.min()):.0f} to {float(draws.max()):.0f} effective draws; "
        f"S1 has settled for {int(settled.sum())} of {settled.size} outcomes.",
    ]
    if data.sizes["cluster"] <= FEW:
        return [*lines, *(f"  {cluster}, {outcome}: {_named(factors)}" for cluster, outcome, factors in answers)]
    for outcome in data["outcome"].values:
        here = [factors for _, name, factors in answers if name == outcome and factors]
        most = Counter(name for factors in here for name, _ in factors).most_common(MOST_NAMED)
        names = ", ".join(f"{name} ({times})" for name, times in most) or "nothing"
        lines.append(f"  {outcome}: told from luck in {len(here)} of {data.sizes['cluster']} clusters: {names}")
    return lines


def _named(factors: "list[tuple[str, float]]") -> str:
    return ", ".join(f"{name} ({amount(share, 2)})" for name, share in factors[:MOST_NAMED]) or "nothing is told from luck"


def _lines(data: "xr.Dataset") -> list[str]:
    """Return a study in lines: what was studied and whether it settled, then the leading factors of every outcome."""
    from studies.report.sensitivity import leaders, stopped_lines
    from studies.sensitivities.arrays import convergence_line, headline, settled
    from studies.sensitivities.indices import RANKING

    whole, method = headline(data), str(data.attrs["method"])
    scope, index = whole["cluster"].item(), RANKING[method]
    return [
        f"{'settled' if settled(data) else 'NOT SETTLED'}: {convergence_line(whole)}",
        f"Sensitivity on the prior, not on a posterior: no figure of Tables 1-2 was used to narrow a parameter ({method}).",
        f"The leading {data.attrs['by']}s of each outcome, by {index} ({scope}, horizon {data.attrs['horizon']} years):",
        *(f"  {outcome}: {leaders(whole.sel(outcome=outcome))}" for outcome in data["outcome"].values),
        *stopped_lines(data),
    ]


def _content(data: "xr.Dataset", table: "Mapping[str, NDArray[Any]]", on: str) -> dict[str, Any]:
    """Return a study for programs: what it was, and the rows of its table."""
    rows = zip(*(column.tolist() for column in table.values()), strict=True)
    attributes = {name: data.attrs[name] for name in ("method", "by", "horizon", "label", "verdict")}
    return {**attributes, "on": on, "indices": [dict(zip(table, row, strict=True)) for row in rows]}
