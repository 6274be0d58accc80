"""How does a sensitivity study become a page? Its arrays become a view, and the view fills in ``sensitivity.html``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from execution.run import checked, holds, revised
from execution.writing import write_text
from model.config import load_priors
from studies.numbers import amount, share
from studies.page.rendering import rendered
from studies.report.sensitivity_outcomes import Pictured, luck, outcome, shown_as
from studies.sensitivities.arrays import INDEX_MEANINGS, convergence_line, headline, ranked, settled
from studies.sensitivities.indices import RANKING

PAGE: Final = "sensitivity.html"
# Leading factors that are named in a line.
NAMED: Final = 3
# A reader is warned from this share of stopped histories on.
MANY_STOPPED: Final = 0.01


class Leading(NamedTuple):
    """The leading factors of an outcome in one cluster, or in all; ``explained`` is the parameters' share of the variance."""

    outcome: str
    cluster: str
    factors: str
    settled: bool
    explained: float


def page(data: xr.Dataset, meanings: Mapping[str, str]) -> str:
    """Return a study as one HTML document.

    Parameters
    ----------
    data : a study as ``studies.sensitivities.arrays.assemble`` gives it
    meanings : what each parameter means, by its name
    """
    whole = headline(data)
    reach = [f"{100 * float(end):g} %" for end in data.attrs["reach"]]
    return rendered(
        "report/templates/sensitivity.html",
        study=data.attrs,
        sizes={name: f"{count:,}" for name, count in data.sizes.items()},
        simulations=f"{int(data.attrs['simulations']):,}",
        reach=reach,
        cases=data["case"].values.tolist(),
        worlds=data["world"].values.tolist(),
        stopped=stopped_lines(data),
        many_stopped=float(data["stopped"].mean()) > MANY_STOPPED,
        settled=settled(data),
        convergence=convergence_line(whole),
        ranking=shown_as(RANKING[str(data.attrs["method"])]),
        answer=[_leading(whole, str(name)) for name in whole["outcome"].values],
        scope=whole["cluster"].item(),
        indices=[(shown_as(str(name)), INDEX_MEANINGS[str(name)]) for name in data["index"].values],
        outcomes=_outcomes(whole),
        by_cluster=_by_cluster(data),
        luck=luck(whole),
        parameters=_parameters(data, meanings),
    )


def write_page(folder: Path, data: xr.Dataset) -> Path:
    """Write the page of a finished study into its folder, unless it is there, and return its path.

    Raises
    ------
    InputError
        If the folder holds no finished study, or cannot be written.
    """
    if not holds(folder, PAGE):
        text = page(data, {name: entry.meaning for name, entry in load_priors().parameters.items()})
        with revised(folder, [PAGE]):
            write_text(folder / PAGE, text)
    return checked(folder, PAGE)


def _outcomes(whole: xr.Dataset) -> list[Pictured]:
    return [outcome(whole.sel(outcome=name)) for name in whole["outcome"].values]


def _leading(data: xr.Dataset, name: str) -> Leading:
    """Return who leads for one outcome of one cluster."""
    one = data.sel(outcome=name)
    explained = float(one["share"].sel(part="parametric"))
    return Leading(name, str(one["cluster"].item()), leaders(one), bool(one["outcome_settled"]), explained)


def _by_cluster(data: xr.Dataset) -> list[Leading]:
    return [
        _leading(data.sel(cluster=cluster), str(name)) for name in data["outcome"].values for cluster in data["cluster"].values
    ]


def _parameters(data: xr.Dataset, meanings: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return every parameter with its factor and its meaning."""
    pairs = zip(data["parameter"].values.tolist(), data["group"].values.tolist(), strict=True)
    return [(name, group, meanings.get(name, "")) for name, group in pairs]


def stopped_lines(data: xr.Dataset) -> list[str]:
    """Return how many histories outgrew the bound, by cluster, over all worlds."""
    counts = data["stopped"].astype(np.int64).sum(dim=("point", "seed", "world")).values
    whole = data.sizes["point"] * data.sizes["seed"] * data.sizes["world"]
    return [
        f"{case}: {count:,} of {whole:,} histories ({share(count / whole)}) outgrew the bound and were stopped"
        for case, count in zip(data["case"].values, counts.tolist(), strict=True)
    ]


def leaders(one: xr.Dataset, count: int = NAMED) -> str:
    """Return the leading factors of one outcome of one cluster in words, with their index."""
    if bool(one["constant"]):
        return "constant"
    values = one["value"].sel(index=RANKING[str(one.attrs["method"])]).values
    return ", ".join(f"{one['factor'].values[row]} ({amount(float(values[row]), 2)})" for row in ranked(one)[:count])
