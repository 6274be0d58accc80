"""Which comparison is small and known by hand? Two clusters, three policies, four draws in two futures, five years."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from calibration.weights import FAN
from execution import netcdf
from execution.executors import Threads
from execution.run import Run
from studies.policy.arrays import WORTH
from studies.policy.compare import POLICIES
from studies.policy.counterfactuals import SHOWN
from studies.policy.outcomes import NAMES, OUTCOMES

CASES = ("06-bac-ninh", "10-kumasi")
NAMED = ("status-quo", "training", "zone")
TITLES = ("Status quo", "Training", "Zone")
HORIZON, DRAWS, FUTURES = 5, 4, 2
COUNT = DRAWS * FUTURES
LOSES = 3.0


def comparison() -> xr.Dataset:
    """Training brings 10 a year in the first draw and 2 more in each next; a zone brings 20 at once, less LOSES a year."""
    years, draw = np.arange(HORIZON + 1.0), np.repeat(np.arange(DRAWS), FUTURES)
    gains = np.stack(
        [
            np.zeros((COUNT, HORIZON + 1)),
            (10.0 + 2 * draw)[:, None] * years,
            20.0 * (years > 0) - LOSES * years + np.zeros((COUNT, 1)),
        ]
    )
    worth = np.stack([gains, gains])[None]
    level = np.zeros((1, len(CASES), len(NAMED), COUNT, len(NAMES)))
    level[..., NAMES.index("firms")] = 100.0 - np.arange(len(NAMED))[:, None]
    level[..., NAMES.index("treasury")] = -5.0 * np.arange(len(NAMED))[:, None]
    dims = ("structure", "case", "policy", "history")
    return xr.Dataset(
        {
            WORTH: ((*dims, "years_after"), worth),
            "level": ((*dims, "outcome"), level),
            "weight": (("structure", "case", "history"), np.full((1, len(CASES), COUNT), 1 / COUNT)),
            "draw": (("case", "history"), np.tile(draw.astype(float), (len(CASES), 1))),
            **fans(),
        },
        {
            "structure": ["base"],
            "case": list(CASES),
            "policy": ("policy", list(NAMED), {"titles": list(TITLES)}),
            "outcome": (
                "outcome",
                list(NAMES),
                {"units": [one.unit for one in OUTCOMES], "meanings": [one.meaning for one in OUTCOMES]},
            ),
            "quantity": list(SHOWN),
            "probability": list(FAN),
            "years_after": years,
        },
        {"horizon": HORIZON, "futures": FUTURES, "label": "surrogate, corrected", "verdict": "converged"},
    )


def fans() -> dict[str, tuple[tuple[str, ...], Any]]:
    """Every quantity has the same fan up to 2010, and under every policy one that grows by as much each year."""
    whole, fan = np.arange(2010.0 - 8, 2010.0 + HORIZON + 1), np.array([50.0, 80.0, 100.0, 120.0, 200.0])[:, None]
    grown, (many, quantities) = fan * (1 + np.arange(HORIZON + 1.0)), (len(CASES), len(SHOWN))
    return {
        "path": (
            ("case", "quantity", "probability", "step"),
            np.broadcast_to(fan, (many, quantities, len(FAN), len(whole))).copy(),
        ),
        "year": (("case", "step"), np.tile(whole, (many, 1))),
        "after": (
            ("structure", "case", "policy", "quantity", "probability", "years_after"),
            np.broadcast_to(grown, (1, many, len(NAMED), quantities, *grown.shape)).copy(),
        ),
    }


def compared_run(folder: Path, resume: bool = False) -> Path:
    """Write a finished run that holds the comparison and a report."""
    run = Run("calibration", folder, {"of": "this test"}, (POLICIES, "report.html"))

    def write() -> dict[str, object]:
        netcdf.write(folder / POLICIES, comparison())
        (folder / "report.html").write_text("<!DOCTYPE html><title>A report</title>", encoding="utf-8")
        return {}

    with run.opened(Threads(1), resume=resume) as runner:
        run.finish(runner, write)
    return folder
