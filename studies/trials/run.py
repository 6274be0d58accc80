"""How is a trial held on the histories of a posterior? Histories are read, followed and summed up, and files are left."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from calibration.histories import WeightedHistories, load_histories
from calibration.shipped import default_posterior
from execution import netcdf
from execution.executors import executor_on
from execution.fingerprint import content_hash, source_hashes, versions
from execution.labels import provenance, verdict_of
from execution.run import Run, checked, read_manifest
from execution.tasks import Progress, Runner, silent
from model.arrays import Floats
from model.calls import public
from model.config import Case, Policy, load_case, load_policy
from model.errors import InputError, shown
from model.latents import params_for, settings_for
from model.plans import PolicyProgramme
from model.policy import programmes_for
from model.trials import Followed, Terms, adopted_shares, course_of_trial, simulate_trials
from studies.files.labels import sidecar_of
from studies.files.tables import write_table
from studies.trials.defaults import DRAWS, FIRMS, POLICY, SHARE, YEARS
from studies.trials.estimates import ESTIMANDS, FEWEST, OUTCOMES, PROFIT, Estimates, Given, estimated, joined
from studies.trials.panel import Panel, write_panel
from studies.trials.rows import About, Row, rows

KIND: Final = "trial"
DECIDES: Final = ("model", "calibration", "studies.trials")
ESTIMATES: Final = "trial.nc"
TABLE: Final = "trial.csv"
FILES: Final = (ESTIMATES, TABLE, sidecar_of(Path(TABLE)).name)
# The variables that hold the estimates, in the order of their fields.
STORED: Final = ("estimate", "standard_error", "truth", "take_up", "invited", "firms", "mean_profit", "kept")
MOST_FIRMS: Final = 100_000
MOST_YEARS: Final = 50
MOST_DRAWS: Final = 1_000_000


@dataclass(frozen=True)
class Trial:
    """The trial of one cluster: what each history tells, the rows of its table, and under which label they stand."""

    case: Case
    policy: Policy
    terms: Terms
    data: xr.Dataset
    table: tuple[Row, ...]
    label: str
    converged: bool


class _Plan:
    """What is held where: a course of a policy, given on terms to the firms of a cluster in the histories of a posterior."""

    def __init__(
        self, case: Case, policy: Policy, terms: Terms, histories: WeightedHistories, manifest: Mapping[str, Any]
    ) -> None:
        self.case, self.policy, self.terms, self.histories, self.manifest = case, policy, terms, histories, manifest
        self.course = course_of(policy)
        alone = policy.model_copy(update={"programmes": (self.course,)})
        self.programmes = course_of_trial(programmes_for(alone, case, histories.structures))
        self.params = params_for(histories.values)
        self.settings, _ = settings_for(case, histories.values, histories.latents, histories.structures, terms.years)
        self.works = np.asarray(self.settings["site_works"], np.float64)

    @property
    def about(self) -> About:
        """What the table is about."""
        return About(self.case.name, self.case.number, self.policy.name, self.course.course)

    @property
    def depends(self) -> dict[str, Any]:
        """What the answer depends on."""
        return {
            "calibration": self.manifest["fingerprint"],
            "case": content_hash(self.case.model_dump(mode="json")),
            "course": self.course.model_dump(mode="json"),
            "policy": self.policy.name,
            "terms": self.terms._asdict(),
            "histories": len(self.histories),
            "equations": source_hashes(DECIDES),
            "versions": versions(),
        }

    @property
    def origin(self) -> dict[str, str]:
        """What the files say of themselves: the label and verdict of the posterior on which they stand."""
        verdict = verdict_of(self.manifest["converged"])
        return provenance(self.manifest["label"], verdict, self.manifest["seed"], self.depends)

    def followed(self, runner: Runner, threads: int | None) -> Iterator[tuple[slice, Followed]]:
        """Yield what was seen of each chunk of histories, and which these are."""
        count = len(self.histories)

        def heed(done: int) -> None:
            runner.stop.check()
            runner.progress("following firms with and without the trial", done, count)

        given = self.params, self.settings, self.histories.keys, self.programmes, self.terms, threads, heed
        for first, seen in simulate_trials(*given):
            yield slice(first, first + len(seen.whole)), seen

    def estimates(self, runner: Runner, threads: int | None, panel: Panel | None) -> Estimates:
        """Return what the trials of all histories tell; the firms go to the panel where one is wanted."""
        parts = []
        for part, seen in self.followed(runner, threads):
            adopted = np.stack([adopted_shares(p, self.terms.years) for p in self.params[part]])
            given = Given(adopted, self.works[part], np.asarray(self.params["production_span"][part], np.float64))
            parts.append(estimated(seen, given))
            if panel is not None:
                panel.add(part.start, seen, given)
        return joined(parts)


def course_of(policy: Policy) -> PolicyProgramme:
    """Return the first training of a policy.

    Raises
    ------
    InputError
        If the policy has no training.
    """
    trainings = [spec for spec in policy.funded() if spec.programme == "training"]
    if not trainings:
        raise InputError(f"--policy: {policy.name}: has no training that a trial could give; choose for instance {POLICY}")
    return trainings[0]


def terms_asked(firms: Any, share: Any, years: Any) -> Terms:
    """Return the terms of a trial.

    Raises
    ------
    InputError
        If the number of firms or years is no whole number within its bounds, or the share does not lie between 0 and 1.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 < share < 1.0:
        raise InputError(f"--share: {shown(share)}: must lie between 0 and 1; give for instance {SHARE}")
    sample, after = _whole("--firms", firms, FEWEST, MOST_FIRMS, FIRMS), _whole("--years", years, 1, MOST_YEARS, YEARS)
    return Terms(sample, float(share), after)


def _whole(option: str, value: Any, least: int, most: int, example: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        rule = f"must be a whole number from {least} to {most:,}; give for instance {example}"
        raise InputError(f"{option}: {shown(value)}: {rule}")
    return int(value)


@public
def trial(
    case: Case | int | str | Path,
    policy: Policy | str | Path = POLICY,
    *,
    firms: int = FIRMS,
    share: float = SHARE,
    years: int = YEARS,
    draws: int = DRAWS,
    posterior: str | Path | None = None,
    out: str | Path | None = None,
    panel: str | Path | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> Trial:
    """Hold a randomised trial inside the model, on histories of a posterior.

    Parameters
    ----------
    case : cluster, its number, its name, or the path of a YAML file
    policy : the policy whose first training is given, at the decision date; its budget, dates and other programmes do not count
    firms, share, years : firms in the sample, the share invited, and the years for which they are followed
    draws : the most histories of the posterior
    posterior : run folder of a calibration; the shipped one, or what ``make run`` left where none is shipped, if not given
    out : run folder for ``trial.nc`` and ``trial.csv``, ``runs/trial-CASE`` if not given
    panel : file for the firms, one row a history, firm and date
    threads, progress : threads of the simulator, and who is told how far it is

    Raises
    ------
    InputError
        If a name is unknown, a number out of range, the policy has no training, the posterior has no histories of the cluster, or
        no history has firms enough at the decision.
    """
    cluster = case if isinstance(case, Case) else load_case(case)
    asked = policy if isinstance(policy, Policy) else load_policy(policy)
    terms, most = terms_asked(firms, share, years), _whole("--draws", draws, 1, MOST_DRAWS, DRAWS)
    course_of(asked)
    home = Path(posterior or default_posterior())
    plan = _Plan(cluster, asked, terms, load_histories(home, [cluster], most)[0], read_manifest(home))
    run = Run(KIND, Path(out or f"runs/trial-{cluster.name}"), plan.depends, FILES)
    with executor_on("local") as executor, run.opened(executor, resume=True, progress=progress) as runner:
        if panel is not None:
            write_panel(Path(panel), plan.histories.draw, plan.origin, lambda firms: _hold(run, runner, plan, threads, firms))
        elif not run.finished:
            _hold(run, runner, plan, threads)
    return _read(run, plan)


def _hold(run: Run, runner: Runner, plan: _Plan, threads: int | None, panel: Panel | None = None) -> None:
    """Hold the trial in every history, and finish the run, unless it is finished and only the panel is wanted."""
    told = plan.estimates(runner, threads, panel)
    if not told.kept.any():
        few = f"fewer than {FEWEST} firms are alive at the decision in every history, or it was stopped"
        raise InputError(f"{plan.case.name}: {few}; choose another cluster")
    run.finish(runner, lambda: _write(run, plan, told))


def _write(run: Run, plan: _Plan, told: Estimates) -> dict[str, Any]:
    """Write the estimates and the table, and return what the manifest says beyond every manifest."""
    netcdf.write(run.folder / ESTIMATES, dataset(plan.histories, plan.works, told).assign_attrs(plan.origin))
    table = rows(plan.about, told, plan.works, plan.histories.weights)
    write_table(run.folder / TABLE, columns_of(table), attributes=plan.origin)
    return {name: plan.manifest[name] for name in ("seed", "label", "converged")}


def columns_of(table: Sequence[Row]) -> dict[str, Any]:
    """Return rows as a table: each field as a column, shape (rows,)."""
    lines = [asdict(row) for row in table]
    return {field.name: np.array([line[field.name] for line in lines]) for field in fields(Row)}


def dataset(histories: WeightedHistories, works: Floats, told: Estimates) -> xr.Dataset:
    """Return what the trial of each history tells, as ``trial.nc`` stores it."""
    by_year = ("history", "estimand", "outcome", "year")
    # The table divides profits by the mean profit of all histories; each history has them in money.
    units = {name: one.unit for name, one in OUTCOMES.items()} | {PROFIT: "wage-years/year"}
    unit = {"units": "; ".join(f"{name}: {one}" for name, one in units.items())}
    return xr.Dataset(
        {
            "estimate": (by_year, told.value, {**unit, "long_name": "as a trial in the field estimates it"}),
            "standard_error": (by_year, told.error, {**unit, "long_name": "as that trial reports it (HC1)"}),
            "truth": (by_year, told.truth, {**unit, "long_name": "mean difference to the twin of the history without the trial"}),
            "take_up": ("history", told.take_up, {"units": "1", "long_name": "share of the invited who came"}),
            "invited": ("history", told.invited, {"units": "firms"}),
            "firms": ("history", told.firms, {"units": "firms", "long_name": "firms in the sample"}),
            "mean_profit": (("history", "year"), told.mean_profit, {"units": "wage-years/year", "long_name": "in the twin"}),
            "site_works": ("history", works, {"units": "0/1", "long_name": "whether training works in the cluster"}),
            "kept": ("history", told.kept, {"long_name": "whether the history counts"}),
            "weight": ("history", histories.weights, {"units": "1"}),
        },
        {
            "history": np.arange(len(works)),
            "draw": ("history", histories.draw),
            "estimand": list(ESTIMANDS),
            "outcome": list(OUTCOMES),
            "year": ("year", np.arange(told.value.shape[3]), {"long_name": "years after the invitations"}),
        },
    )


def _read(run: Run, plan: _Plan) -> Trial:
    """Return the trial that a finished run folder holds."""
    data = netcdf.read(checked(run.folder, ESTIMATES))
    told = estimates_in(data)
    table = tuple(rows(plan.about, told, plan.works, plan.histories.weights))
    return Trial(plan.case, plan.policy, plan.terms, data, table, str(plan.manifest["label"]), bool(plan.manifest["converged"]))


def estimates_in(data: xr.Dataset) -> Estimates:
    """Return the estimates that ``dataset`` has stored."""
    return Estimates._make(data[name].values for name in STORED)
