"""Which run folder holds something to learn? One in which a programme pays where a plot is cheap, and fails where it is dear."""

from pathlib import Path

import numpy as np
import xarray as xr

from calibration.histories import weighted_histories
from calibration.results import FILES
from execution import netcdf
from execution.executors import Threads
from execution.run import Run, revised
from model.arrays import Ints
from model.config import load_case, load_priors
from model.latents import LATENTS, draw_values
from studies.policy.compare import POLICIES
from studies.policy.outcomes import RANKED_BY

CASES = ("10-kumasi", "06-bac-ninh")
STORED, COMPARED = 90, 80
WAGE_BILL = 500.0
# The mechanisms of which parameters vary; all others are known, so that tests value few quantities.
UNCERTAIN = ("zone", "market", "credit")
# What the programme loses where a plot costs what it usually does, and what it brings for each prior deviation less (wage-years).
LOSS, SLOPE = 50.0, 100.0


def stored_histories(count: int = STORED) -> xr.Dataset:
    """Histories whose parameters and latents are drawn from their priors; each draw has a number, and the last comes twice."""
    priors, generator = load_priors(), np.random.default_rng(1)
    drawn = draw_values(priors, count, generator).items()
    values = {name: row if name.split("_")[0] in UNCERTAIN else np.full(count, priors.defaults[name]) for name, row in drawn}
    number: Ints = np.minimum(10 * np.arange(count), 10 * (count - 2))
    latents = generator.standard_normal((len(CASES), count, len(LATENTS)))
    for array in (*values.values(), *latents):
        array[-1] = array[-2]
    by_case = np.stack([np.stack([row] * len(CASES), axis=1) for row in values.values()])
    return xr.Dataset(
        {
            "values": (("parameter", "draw", "case"), by_case),
            "latents": (("case", "draw", "latent"), latents),
            "seed": (("case", "draw"), np.tile(np.arange(count, dtype=np.uint64), (len(CASES), 1))),
            "weight": (("case", "draw"), np.full((len(CASES), count), 1 / count)),
        },
        {"case": list(CASES), "parameter": list(values), "latent": list(LATENTS), "draw": number},
        {"structures": "; ".join(f"{name}={option}" for name, option in priors.structures_with().items())},
    )


def compared_policies(stored: xr.Dataset, count: int = COMPARED) -> xr.Dataset:
    """A comparison of ``count`` of these histories, padded as that of clusters with unequal numbers is."""
    level, draw = np.full((1, len(CASES), 2, count + 1, 1), np.nan), np.full((len(CASES), count + 1), np.nan)
    for row, name in enumerate(CASES):
        histories = weighted_histories(stored, load_case(name), count)
        draw[row, :count] = histories.draw
        level[0, row, 0, :count, 0] = 0.0
        level[0, row, 1, :count, 0] = -LOSS - SLOPE * np.log(histories.values["zone_cost"] / 3.3) / 0.6
    weight = np.where(np.isfinite(draw), 1 / count, 0.0)[None]
    dims = ("structure", "case", "policy", "history", "outcome")
    bill = np.full((1, len(CASES), 2, 1, 1, 2), WAGE_BILL)
    after = ((*dims[:3], "quantity", "probability", "years_after"), bill)
    return xr.Dataset(
        {"level": (dims, level), "weight": (dims[:2] + dims[3:4], weight), "draw": (("case", "history"), draw), "after": after},
        {
            "structure": ["base"],
            "case": list(CASES),
            "policy": ["status-quo", "zone"],
            "outcome": [RANKED_BY],
            "quantity": ["workers"],
            "probability": [0.5],
            "years_after": [0.0, 1.0],
        },
        {"fingerprint": "that of the comparison"},
    )


def learnable(folder: Path, stored: xr.Dataset, compared: xr.Dataset | None) -> Path:
    """Write a finished calibration, and the comparison where there is one, and return its folder."""
    run = Run("calibration", folder, {}, FILES)

    def write() -> dict[str, object]:
        netcdf.write(folder / "histories.nc", stored)
        return {"files": ["histories.nc"], "label": "surrogate, corrected", "converged": True, "seed": 1}

    with run.opened(Threads(1)) as runner:
        run.finish(runner, write)
    if compared is not None:
        with revised(folder, [POLICIES]):
            netcdf.write(folder / POLICIES, compared)
    return folder
