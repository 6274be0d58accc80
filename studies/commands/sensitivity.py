"""``takeoff sensitivity``: which parameters matter, for what, and how sure that is."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studies.commands.drawing import draw, plot_asked
from studies.commands.telling import progress_asked, tell
from studies.commands.working import work_asked

if TYPE_CHECKING:
    import xarray as xr

SETTLED, NOT_SETTLED = 0, 3


def analyse(arguments: argparse.Namespace) -> int:
    """Run ``takeoff sensitivity``."""
    from model.config import load_profile
    from studies.sensitivities.design import DEFAULT_BY, check_count, check_words

    plot, progress, profile = plot_asked(arguments), progress_asked(arguments), load_profile(arguments.profile)
    check_words(arguments.method, arguments.by)
    check_count(arguments.method, profile.morris_trajectories if arguments.method == "morris" else profile.sobol_samples)
    progress.stage("loading the compiled model (the first time on a machine compiles it)")
    from studies.plots.sensitivity import plot_sensitivity
    from studies.report.sensitivity import write_page
    from studies.sensitivities.arrays import settled
    from studies.sensitivities.study import TABLE, default_folder, sensitivity

    data = sensitivity(
        arguments.method,
        arguments.profile,
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
    calm = settled(data)
    tell(
        arguments,
        lambda: {**_content(data), "settled": calm, "table": out / TABLE, "page": shown},
        lambda: [*_lines(data), f"table      {out / TABLE}", f"page       {shown}"],
    )
    return SETTLED if calm else NOT_SETTLED


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


def _content(data: "xr.Dataset") -> dict[str, Any]:
    """Return a study for programs: every index of every outcome, over the clusters together."""
    from studies.sensitivities.arrays import headline, index_table

    table = index_table(headline(data).expand_dims("cluster"))
    names, rows = list(table), zip(*(column.tolist() for column in table.values()), strict=True)
    attributes = {name: data.attrs[name] for name in ("method", "by", "horizon", "label", "verdict")}
    return {**attributes, "on": "prior", "indices": [dict(zip(names, row, strict=True)) for row in rows]}
