"""How does a run folder become the view that a report shows? Its files are read, and its checks are put into words."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from calibration.results import Otherwise
from calibration.weights import effective_draws
from execution import netcdf
from execution.run import checked, holds
from model.arrays import Floats
from model.config import Case, Priors, load_case, load_priors
from model.errors import InputError
from model.observe import PHASES
from studies.files.tables import read_table
from studies.numbers import amount
from studies.page.phases import Timing, timing
from studies.page.pictures import observed_of
from studies.policy.arrays import titles
from studies.policy.compare import DECISION, POLICIES, PROPOSITIONS, path_fans, path_shares
from studies.policy.counterfactuals import STATES, TRANSITIONED
from studies.policy.decision_table import Contrast, Effects, contrast_rows
from studies.policy.learn import LEARNING, Learnt
from studies.policy.propositions import Held
from studies.policy.structures import ALTERNATIVES, Ranked
from studies.report.data import ClusterView, LeftOutView, Money, RunView, Statement, Unseen, Verdict
from studies.taught.coverage import Covered, covered, row_title, title
from studies.taught.parameters import parameters

IMPOSED: Final = {18: "Its success is imposed by its trained founders, a rung of technology and a wide export market."}
Line = TypeVar("Line", Effects, Held, Learnt, Ranked)


def load_view(folder: Path) -> RunView:
    """Read a finished run.

    Raises
    ------
    InputError
        When the folder holds no finished calibration, a decision table lacks a column, or the file of a cluster is no longer what
        the run was calibrated on.
    """
    from calibration.histories import check_content
    from calibration.results import load_posterior

    posterior, priors = load_posterior(folder), load_priors()
    cases = [load_case(str(name)) for name in posterior.histories["case"].values]
    check_content(folder, posterior.manifest["fingerprint"], cases)
    checks = posterior.checks
    effects, contrasts, policies = _comparison(folder)
    inside = covered(checks, cases)
    return RunView(
        verdict=_verdict(checks),
        clusters=tuple(_clusters(posterior, cases, policies)),
        parameters=tuple(parameters(posterior, priors)),
        covered=inside,
        statements=_statements(checks, cases),
        effects=effects,
        contrasts=contrasts,
        noise=_noise(checks),
        gates=tuple((check["name"], _short(check["value"]), _rule(check), bool(check["passed"])) for check in checks["checks"]),
        unfitted=_unfitted(checks, cases, inside),
        structures=_structures(posterior, priors),
        kept_priors=priors.names("policy"),
        policy_titles={} if policies is None else titles(policies),
        horizon=float(policies.attrs["horizon"]) if policies is not None else float("nan"),
        manifest=posterior.manifest,
        left_out=_left_out(posterior, cases),
        held=_further(folder, PROPOSITIONS, Held),
        otherwise=tuple(_choice(row) for row in checks.get("otherwise", ())),
        learnt=_further(folder, LEARNING, Learnt),
        other_structures=_further(folder, ALTERNATIVES, Ranked),
    )


def _short(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3g}"


def _rule(check: dict[str, Any]) -> str:
    return str(check["rule"]).replace(">=", "\u2265").replace("<=", "\u2264")


def _verdict(checks: dict[str, Any]) -> Verdict:
    missed = [check for check in checks["checks"] if not check["passed"]]
    reasons = tuple(f"{check['name']}: {_short(check['value'])}, where the rule is {_rule(check)}." for check in missed)
    return Verdict(str(checks["label"]), bool(checks["converged"]), reasons)


def _clusters(posterior: Any, cases: list[Case], policies: Any) -> list[ClusterView]:
    held = set() if policies is None else {str(name) for name in policies["case"].values}
    views = []
    for case in cases:
        told = _compared_paths(policies, case.name) if case.name in held else _calibrated_paths(posterior, case.name)
        started = np.flatnonzero(np.isfinite(told.firms).any(axis=0))
        part = slice(int(started[0]) if len(started) else 0, None)
        views.append(
            ClusterView(
                case.name,
                case.number,
                title(case),
                f"{case.location}: {case.product.lower()}",
                case.observations[-1].time,
                told.years[part],
                told.firms[:, part],
                told.profit[:, part],
                observed_of(case, "firms"),
                case.start.confidence,
                effective_draws(posterior.histories["weight"].sel(case=case.name).values, posterior.histories["draw"].values),
                told.lost,
                IMPOSED.get(case.number, ""),
                None if told.workers is None else told.workers[:, part],
                None if told.phases is None else told.phases[:, part],
                told.improves,
                _wage_year(case),
            )
        )
    return views


def _wage_year(case: Case) -> Money | None:
    """Return what a wage-year is in US$, which belongs to the case; None where it is not known."""
    known = case.covariates.wage_year
    return None if known is None else Money(known.value, known.year)


class _Paths(NamedTuple):
    """A cluster over calendar years (t,): fans (5, t), weight lost, and phases (phases, t) where they were counted."""

    years: Floats
    firms: Floats
    profit: Floats
    lost: float = 0.0
    workers: Floats | None = None
    phases: Floats | None = None
    improves: Timing | None = None


def _compared_paths(policies: Any, name: str) -> _Paths:
    """Return the status quo of a comparison."""
    years, firms = path_fans(policies, name, "firms")
    workers, profit = (path_fans(policies, name, quantity)[1] for quantity in ("workers", "profitability"))
    lost, shares = float(policies["lost"].sel(case=name).isel(structure=0)), path_shares(policies, name)
    if shares is None:
        return _Paths(years, firms, profit, lost, workers)
    improves = timing(years, shares[STATES.index(TRANSITIONED)])
    return _Paths(years, firms, profit, lost, workers, shares[: len(PHASES)], improves)


def _calibrated_paths(posterior: Any, name: str) -> _Paths:
    """Return the histories of a calibration that no comparison went on with."""
    one = posterior.paths.sel(case=name)
    years = one["year"].values
    known = np.isfinite(years)
    return _Paths(years[known], one["firms"].values.T[:, known], one["profitability"].values.T[:, known])


def _statements(checks: dict[str, Any], cases: list[Case]) -> tuple[Statement, ...]:
    by_name = {case.name: case for case in cases}
    words = {"improvement": "improvement (IPM)", "exports": "markets"}
    return tuple(
        Statement(
            row_title(by_name[row["case"]], row["date"]),
            words[row["statement"]],
            str(row["said"]).replace("_", " "),
            float(row["chance"]),
        )
        for row in checks["statements"]
    )


def _left_out(posterior: Any, cases: list[Case]) -> LeftOutView | None:
    """Return how clusters are predicted from the others, where the run has enough of them and stored their likelihoods."""
    from calibration.left_out import FEWEST, ahead, left_out, pulled, untrusted

    if len(cases) < FEWEST or "log_likelihood" not in posterior.group_names:
        return None
    predicted, names = left_out(posterior, cases), posterior.whitened()[0]
    rows = []
    for row, case in enumerate(cases):
        most = pulled(predicted, row)
        elpd, population, regression, k_hat, pull = (
            float(one) for one in (*(part[row] for part in predicted[:4]), predicted.influence[row, most])
        )
        rows.append(Unseen(title(case), elpd, population, regression, k_hat, names[most], pull))
    return LeftOutView(
        ahead(predicted.elpd, predicted.population),
        ahead(predicted.elpd, predicted.regression),
        tuple(title(cases[row]) for row in untrusted(predicted)),
        tuple(rows),
    )


def _unfitted(checks: dict[str, Any], cases: list[Case], cells: tuple[Covered, ...]) -> tuple[tuple[str, str], ...]:
    """Return what fails, one line a cluster and date."""
    failures: dict[str, list[str]] = {}
    for case in cases:
        if case.name in checks["unfitted"]:
            failures.setdefault(title(case), []).append("a broad guess explains its row as well as the posterior does")
    for cell in cells:
        if not cell.inside:
            told = f"{cell.figure}: observed {amount(cell.observed)}, predicted {amount(cell.low)} to {amount(cell.high)} (90 %)"
            failures.setdefault(cell.case, []).append(told)
    return tuple((name, "; ".join(texts)) for name, texts in failures.items())


def _noise(checks: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [
        ("sd of log L at one draw", f"{_short(checks['noise_sd'])} nats, both halves together"),
        ("exact minus emulated", f"sd {_short(checks['error_sd'])} nats over the posterior, free of noise"),
        ("k-hat of the weights", _short(checks["k_hat"])),
        ("most of it comes from", ", ".join(checks.get("blamed", []))),
    ]
    replicates = checks.get("replicates")
    if replicates:
        rows.append(("histories a half", ", ".join(f"{name} {count}" for name, count in replicates.items())))
    return tuple(rows)


def _structures(posterior: Any, priors: Priors) -> tuple[tuple[str, str, str], ...]:
    from calibration.histories import structures

    return tuple((name, option, priors.structures[name].meaning) for name, option in structures(posterior.histories).items())


def _comparison(folder: Path) -> tuple[tuple[Effects, ...], tuple[Contrast, ...], Any]:
    """Return the decision table, the contrasts and the stored comparison: empty, empty and None where the folder has none."""
    if not holds(folder, POLICIES, DECISION):
        return (), (), None
    policies, rows = netcdf.read(checked(folder, POLICIES)), _lines(folder, DECISION, Effects)
    contrasts: list[Contrast] = []
    for case in policies["case"].values:
        one = policies.sel(case=case)
        values = {str(kind): one["contrast"].sel(kind=kind).values for kind in policies["kind"].values}
        weights = one["weight"].isel(structure=0).values
        contrasts += contrast_rows(str(case), values, weights, np.nan_to_num(one["draw"].values).astype(np.int64))
    return tuple(rows), tuple(contrasts), policies


def _choice(row: dict[str, Any]) -> Otherwise:
    """Return a choice made otherwise; what is no finite number was stored as nothing."""
    known: dict[str, Any] = {name: float("nan") if value is None else value for name, value in row.items()}
    return Otherwise(**known)


def _further(folder: Path, name: str, kind: type[Line]) -> tuple[Line, ...]:
    """Return the lines of a table that stands beside a comparison; nothing where no such table was made for it."""
    return tuple(_lines(folder, name, kind)) if holds(folder, POLICIES, DECISION, name) else ()


def _lines(folder: Path, name: str, kind: type[Line]) -> list[Line]:
    """Return the lines of a stored table.

    Raises
    ------
    InputError
        If a column is missing.
    """
    columns = read_table(checked(folder, name))
    command = {LEARNING: "learn", ALTERNATIVES: "alternatives"}.get(name, "compare")
    if missing := [field.name for field in fields(kind) if field.name not in columns]:
        raise InputError(f"{folder / name}: {missing[0]}: this column is missing; run `takeoff {command} {folder}` again")
    read: dict[Any, Callable[[Any], Any]] = {str: _text, int: int, float: float}
    cells = [(field.name, read[field.type]) for field in fields(kind)]
    count = len(next(iter(columns.values())))
    return [kind(**{cell: convert(columns[cell][line]) for cell, convert in cells}) for line in range(count)]


def _text(value: Any) -> str:
    return "" if isinstance(value, float) and np.isnan(value) else str(value)
