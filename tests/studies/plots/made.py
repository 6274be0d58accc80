"""Results made by hand, whose every number is known: a comparison, budgets, a sensitivity study, histories, a posterior."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from calibration.results import Posterior
from model.observe import UNITS
from studies.page.pictures import SHOWN
from studies.policy.outcomes import NAMES, RANKED_BY

LABEL = "converged; made by hand"
CASES = ("10-kumasi", "06-bac-ninh")
POLICIES = {"status-quo": "Status quo", "training": "Training", "zone": "Zone", "credit": "Credit"}
# What each policy adds to net value (wage-years); histories differ by what stands below.
GAINS = {"status-quo": 0.0, "training": 40.0, "zone": -30.0, "credit": 39.0}
COUNT, HORIZON = 40, 20
QUANTITIES = ("firms", "workers", "profitability", "improved_firms")
FAN = np.array([0.5, 0.8, 1.0, 1.3, 2.0])
DECISION = 2005.5


def comparison() -> xr.Dataset:
    """Two clusters, four policies: effects spread evenly around gains, two futures a draw, a last history without weight."""
    spread = np.linspace(-20.0, 20.0, COUNT)
    level = np.zeros((1, len(CASES), len(POLICIES), COUNT, len(NAMES)))
    for number, gain in enumerate(GAINS.values()):
        level[..., number, :, NAMES.index(RANKED_BY)] = 1000.0 + gain + (spread if gain else 0.0)
    level[..., -1, :] = np.nan
    weight = np.ones((1, len(CASES), COUNT))
    weight[..., -1] = 0.0
    years = np.arange(1985.5, DECISION + HORIZON + 1)
    size = np.linspace(0.0, 400.0, len(years))
    path = np.stack([np.stack([size * quantile for quantile in FAN])] * len(QUANTITIES))
    path[:, :, :2] = np.nan
    since = np.arange(HORIZON + 1.0)
    sizes = 200.0 + 10 * np.arange(len(POLICIES))
    after = np.array([[[size * quantile + since for quantile in FAN]] * len(QUANTITIES) for size in sizes])
    data = xr.Dataset(
        {
            "level": (("structure", "case", "policy", "history", "outcome"), level),
            "weight": (("structure", "case", "history"), weight),
            "draw": (("case", "history"), np.tile(np.repeat(np.arange(COUNT // 2), 2.0).astype(float), (len(CASES), 1))),
            "path": (("case", "quantity", "probability", "step"), np.stack([path] * len(CASES))),
            "year": (("case", "step"), np.stack([years] * len(CASES))),
            "after": (("structure", "case", "policy", "quantity", "probability", "years_after"), np.stack([after] * 2)[None]),
        },
        coords={
            "structure": ["base"],
            "case": list(CASES),
            "policy": list(POLICIES),
            "outcome": list(NAMES),
            "quantity": list(QUANTITIES),
            "probability": [0.05, 0.25, 0.5, 0.75, 0.95],
            "years_after": since,
        },
        attrs={"label": LABEL, "horizon": HORIZON},
    )
    data["policy"].attrs["titles"] = list(POLICIES.values())
    return data


def budgets() -> xr.Dataset:
    """One cluster, three policies at four budgets; training leads while money is short, then the zone."""
    shares = np.array([0.0, 0.5, 1.0, 2.0])
    cost = np.outer([0.0, 100.0, 140.0], shares)
    gain = np.array([[0.0, 0, 0, 0], [0, 120, 190, 220], [0, 80, 180, 330.0]])
    best = np.array([[0.4, 0.1, 0.1, 0.1], [0.3, 0.6, 0.5, 0.2], [0.3, 0.3, 0.4, 0.7]])
    frontier = np.array([[True, False, False, False], [False, True, True, False], [False, False, False, True]])
    values = {
        "net_value": gain - cost, "low": gain - cost - 50, "high": gain - cost + 50, "mc_se": np.full(gain.shape, 5.0),
        "cost": cost, "gain": gain, "acceptability": best, "frontier": frontier,
    }  # fmt: skip
    return xr.Dataset(
        {name: (("case", "policy", "share"), value[None]) for name, value in values.items()},
        coords={
            "case": ["10-kumasi"],
            "policy": ("policy", list(POLICIES)[:3], {"titles": list(POLICIES.values())[:3]}),
            "share": shares,
        },
        attrs={"label": LABEL},
    )


def study(method: str = "morris") -> xr.Dataset:
    """Three factors, of which the last has no index; two outcomes over the clusters together and one cluster."""
    names = ("mu", "mu_star", "sigma") if method == "morris" else ("S1", "ST")
    value = np.array([[0.3, 0.9, np.nan]] * len(names)) * (1 + np.arange(len(names)))[:, None]
    whole = np.stack([np.stack([value, value / 2], axis=-1)] * 2, axis=-2)
    dims = ("index", "factor", "cluster", "outcome")
    return xr.Dataset(
        {
            **{name: (dims, whole + shift) for name, shift in (("value", 0.0), ("low", -0.1), ("high", 0.2))},
            "outcome_settled": (("cluster", "outcome"), np.ones((2, 2), bool)),
            "constant": (("cluster", "outcome"), np.zeros((2, 2), bool)),
            "largest_change": (("cluster", "outcome"), np.full((2, 2), 0.02)),
            "leaders_stay": (("cluster", "outcome"), np.ones((2, 2), bool)),
        },
        coords={
            "index": list(names),
            "factor": ["entry_intensity", "exit_base", "training_gain"],
            "cluster": ["all clusters", "10-kumasi"],
            "outcome": ["fit", "net_value:training"],
            "unit": ("outcome", ["log density", "wage-years"]),
        },
        attrs={"method": method, "label": LABEL, "by": "parameter", "horizon": 20},
    )


def histories() -> xr.Dataset:
    """Two histories of Kumasi over ten years; the second was stopped after five."""
    years = 2000.0 + np.arange(0.0, 10.25, 0.25)
    names = [name for name, _ in SHOWN]
    values = np.stack([np.linspace(10, 50, len(years)), np.linspace(10, 90, len(years))])
    values[1, 21:] = np.nan
    return xr.Dataset(
        {name: (("seed", "time"), values, {"units": UNITS[name]}) for name in names},
        coords={"seed": [1, 2], "time": years - years[0], "year": ("time", years)},
        attrs={"case": "Kumasi, metalwork", "policy": "Status quo", "decision": "2005.5", "parameters": "defaults"},
    )


def posterior(path: Path = Path("made")) -> Posterior:
    """Two parameters, of which the tables moved one; three figures of Kumasi, of which one lies outside its band."""
    score = np.linspace(-2.0, 2.0, 401)
    z = np.stack([0.5 * score + 1.0, score], axis=-1)[None]
    names = ["entry_intensity", "exit_base"]
    draws = {name: (("chain", "draw"), np.exp(z[:, :, column])) for column, name in enumerate(names)}
    groups: dict[str, Any] = {
        "posterior": xr.Dataset(draws),
        "prior": xr.Dataset(draws),
        "sample_stats": xr.Dataset({"log_weight": (("chain", "draw"), np.zeros(z.shape[:2]))}),
        "unconstrained_posterior": xr.Dataset({"z": (("chain", "draw", "parameter"), z)}, coords={"parameter": names}),
    }
    told = (("log_firms", np.log(500.0), np.log([20.0, 200, 2000]), 0.7), ("schooling", 11.0, [8.0, 9, 10], 0.99))
    cells = [
        {"case": "10-kumasi", "date": 0, "figure": figure, "observed": float(seen), "rank": rank}
        | dict(zip(("low", "middle", "high"), map(float, band), strict=True))
        for figure, seen, band, rank in told
    ]
    cells.append({**cells[0], "figure": "log_workers_per_firm", "rank": None, "low": None, "middle": None, "high": None})
    checks = {"label": "surrogate, corrected", "converged": True, "checks": [{"name": "a", "passed": True}], "coverage": cells}
    stored = xr.Dataset({"weight": (("case", "draw"), np.ones((1, 5)))}, coords={"case": ["10-kumasi"], "draw": np.arange(5)})
    return Posterior(path, groups, stored, xr.Dataset(), checks, {})
