"""What do money and training do? Pairs of the same history that differ in one thing, with the same keyed draws.

*Grant*: at year 12, before any improvement, every second micro firm (fewer than five workers, by its key) is given .15
wage-years. *Loan*: every fourth firm is given one wage-year a worker, which is the return before interest and repayment. The
return is the extra profit a year over three years of the firms that are alive in both copies then, per wage-year given.
*Training*: intensive training for five years from year 15, in clusters where training works; its effect on the cluster's mean
managerial capital 8 and 20 years later, where neither copy has improved.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.shape.draws import Plan, Unhelped, ask
from benchmarks.shape.firms import FEWEST_OF_A_CLASS, Firms, Fork, begun, field, forked, picked, profits, together
from benchmarks.shape.paths import QUARTERS, Features, MissingError
from model.arrays import Floats
from model.batch import simulate_policies
from model.config import load_policy
from model.observe import COLUMNS, IMPROVING_SHARE
from model.policy import programmes_for
from model.state import LANES
from model.world import World

GRANT_YEAR: Final = 12
GRANT: Final = 0.15
MICRO: Final = 5.0
FOLLOWED: Final = 3 * QUARTERS
# Of firms by key, one in so many is given money.
GRANTED, LENT = 2, 4
TRAINED_FROM: Final = 15.0
AFTER: Final = (8.0, 20.0)


class Gift(NamedTuple):
    """Who is given how much: lineages, and wage-years each."""

    lineages: NDArray[np.uint64]
    amounts: Floats


def sampled(firms: Firms, one_in: int) -> NDArray[np.bool_]:
    """Return a keyed sample of firms, bool, shape (firms,): a firm is in it by its lineage alone."""
    return np.asarray((firms["lineage"] >> np.uint64(40)) % np.uint64(one_in) == 0)


def micro_gift(firms: Firms) -> Gift:
    """Return the grants to micro firms."""
    chosen = sampled(firms, GRANTED) & (firms["workers"] < MICRO)
    return Gift(firms["lineage"][chosen], np.full(int(chosen.sum()), GRANT))


def loans(firms: Firms) -> Gift:
    """Return the loans of one wage-year a worker."""
    chosen = sampled(firms, LENT)
    return Gift(firms["lineage"][chosen], firms["workers"][chosen])


def giver(gift: Gift) -> Callable[[World], None]:
    """Return a function that gives a world's firms their money."""
    amounts = dict(zip(gift.lineages.tolist(), gift.amounts.tolist(), strict=True))

    def give(w: World) -> None:
        for block in w.firms[: -(-int(w.cluster.rows) // LANES)]:
            names = block["lineage"].tolist()
            block["cash"] += np.array([amounts.get(name, 0.0) for name in names])

    return give


def earned(seen: list[Firms], lineages: NDArray[np.uint64]) -> Floats:
    """Return profits a year of some firms over the quarters seen, shape (firms,); NaN where a firm did not live through them."""
    summed = np.zeros(len(lineages))
    for before, after in pairwise(seen):
        alive, profit = profits(before, after)
        of = dict(zip(before["lineage"][alive].tolist(), profit.tolist(), strict=True))
        summed += np.array([of.get(name, math.nan) for name in lineages.tolist()])
    return summed / max(1, len(seen) - 1)


def gains(control: list[Firms], treated: list[Firms], gift: Gift) -> Floats:
    """Return extra profit a year per wage-year given, shape (firms given,)."""
    return (earned(treated, gift.lineages) - earned(control, gift.lineages)) / gift.amounts


def average(values: Floats) -> float:
    """Return the mean over firms alive in both copies; NaN where they are few."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) >= FEWEST_OF_A_CLASS else math.nan


def money(unhelped: Unhelped, most: int) -> Features:
    """Return the returns to grants and loans in at most so many histories that have not improved at year 12."""
    features = unhelped.features
    chosen = (features["unimproved_12"] == 1.0) & (features["firms_12"] >= 2.0 * LENT * FEWEST_OF_A_CLASS)
    years = np.full(len(chosen), float(GRANT_YEAR))
    tick = GRANT_YEAR * QUARTERS
    return together(
        _returns(forked(begun(one, index, tick + FOLLOWED + 1), tick))
        for one, index, _ in picked(unhelped.asked, features, chosen, years, most)
    )


def _returns(fork: Fork | None) -> dict[str, float]:
    """Return the returns to the grants of one history, to those of firms that are short of cash, and to the loans."""
    control = [] if fork is None else fork.future(FOLLOWED)
    if fork is None or not control:
        return {}
    firms = control[0]
    grant, loan = micro_gift(firms), loans(firms)
    short = np.isin(grant.lineages, firms["lineage"][field(firms, "cash") < field(firms, "outlay")])
    granted, lent = fork.future(FOLLOWED, giver(grant)), fork.future(FOLLOWED, giver(loan))
    if not granted or not lent:
        return {}
    gain = gains(control, granted, grant)
    return {
        "grant": average(gain),
        "grant_short": average(gain[short]),
        "short_share": float(short.mean()) if len(short) else math.nan,
        "loan": average(gains(control, lent, loan)),
    }


def training(plan: Plan, default: bool) -> Features:
    """Return what training adds to mean skill after 8 and 20 years (SD), shape (n,), and the share that its decay leaves."""
    structures = plan.chosen(history="off")
    policy = load_policy("training")
    told: dict[str, list[Floats]] = {"early": [], "late": [], "left": []}
    for case in plan.cases:
        asked = ask(plan, case, default, structures)
        count = min(plan.histories, max(1, plan.experiments // 4))
        settings = asked.settings[:count]
        settings["decision"], settings["site_works"] = TRAINED_FROM, 1.0
        settings["quarters"] = round((TRAINED_FROM + AFTER[1]) * QUARTERS)
        ticks = np.tile(np.rint((TRAINED_FROM + np.array(AFTER)) * QUARTERS).astype(np.int64), (count, 1))
        policies = [programmes_for(None, case, structures), programmes_for(policy, case, structures)]
        rows = simulate_policies(asked.params[:count], settings, asked.seeds[:count], policies, ticks)
        early, late = trained_effect(rows)
        told["early"].append(early)
        told["late"].append(late)
        told["left"].append(np.where(np.isfinite(late), np.exp(-(AFTER[1] - AFTER[0]) * _decay(asked.params[:count])), np.nan))
    return Features({name: np.concatenate(parts) for name, parts in told.items()})


def _decay(params: NDArray[np.void]) -> Floats:
    if "training_decay" not in (params.dtype.names or ()):
        raise MissingError("parameter training_decay")
    return np.asarray(params["training_decay"], np.float64)


def trained_effect(rows: Floats, columns: tuple[str, ...] = COLUMNS) -> tuple[Floats, Floats]:
    """Return the effects at both dates, shape (n,) each, from rows of shape (2 policies, n, 2 dates, columns).

    NaN where a copy has no firms at a date, or has improved at the later one.
    """
    if "managerial_capital" not in columns:
        raise MissingError("managerial_capital")
    skill, firms, workers, improved = (
        rows[..., columns.index(name)] for name in ("managerial_capital", "firms", "workers", "improved_workers")
    )
    peopled = (firms > 0.0).all(axis=(0, 2))
    trapped = np.asarray(peopled & (improved[:, :, 1] < IMPROVING_SHARE * workers[:, :, 1]).all(axis=0))
    effect = np.where(trapped[:, np.newaxis], skill[1] - skill[0], np.nan)
    return effect[:, 0], effect[:, 1]
