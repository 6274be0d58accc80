"""How do the firms of a trial reach a file? One row a history, firm and date, with what the firm shows in the twin beside it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from execution.writing import write_atomic
from model.arrays import Ints
from model.trials import CAME, NOBODY, NOT_INVITED, READ, TWIN, WITH_TRIAL, Followed
from studies.files.labels import labelled
from studies.files.writing import BlockWriter, block_writer
from studies.trials.estimates import OUTCOMES, PRACTICES, Given, outcomes

UNITS: Final = {"year": "years", **READ, PRACTICES: "SD", **{f"twin_{name}": unit for name, unit in READ.items()}}


class Panel:
    """A file of firms that is written a chunk of histories at a time."""

    def __init__(self, writer: BlockWriter, draw: Ints) -> None:
        self._writer, self._draw = writer, draw

    def add(self, first: int, seen: Followed, given: Given) -> None:
        """Write the firms of a chunk of histories, whose first is ``first``."""
        practised = outcomes(seen, given)[list(OUTCOMES).index(PRACTICES), :, WITH_TRIAL]
        history, firm = np.nonzero(seen.arm != NOBODY)
        years = seen.values.shape[2]
        arm = np.repeat(seen.arm[history, firm], years)
        worlds = [np.moveaxis(seen.values[:, world], 1, 2)[history, firm].reshape(-1, len(READ)) for world in (WITH_TRIAL, TWIN)]
        if len(history) == 0:
            return
        self._writer.write(
            {
                "history": np.repeat(first + history, years),
                "draw": np.repeat(self._draw[first + history], years),
                "firm": np.repeat([f"{name:016x}" for name in seen.lineage[history, firm].tolist()], years),
                "year": np.tile(np.arange(years), len(history)),
                "invited": (arm > NOT_INVITED).astype(np.int64),
                "came": (arm == CAME).astype(np.int64),
                "site_works": np.repeat(given.works[history].astype(np.int64), years),
                "alive": np.isfinite(worlds[0][:, 0]).astype(np.int64),
                **{name: worlds[0][:, column] for column, name in enumerate(READ)},
                PRACTICES: np.moveaxis(practised, 1, 2)[history, firm].ravel(),
                **{f"twin_{name}": worlds[1][:, column] for column, name in enumerate(READ)},
            }
        )


def write_panel(path: Path, draw: Ints, attributes: Mapping[str, str], fill: Callable[[Panel], object]) -> None:
    """Have ``fill`` add the firms of all histories to a panel, which is then whole or not there at all.

    Parameters
    ----------
    path : whose suffix names the format
    draw : int64, shape (n,); which parameter vector of the posterior each history belongs to
    attributes : what the file says of itself
    """

    def write(partial: Path) -> None:
        with block_writer(partial, UNITS, attributes) as writer:
            fill(Panel(writer, draw))

    with labelled(path, attributes):
        write_atomic(path, write)
