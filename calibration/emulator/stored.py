"""How does a taught emulator reach a file and come back? As arrays with names, so that no code is read with them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray

from calibration.emulator.evaluate import Emulator, rows_of
from calibration.emulator.features import Features
from calibration.emulator.network import Layout
from calibration.emulator.training import Scale
from calibration.observation import ErrorModel, Table
from model.arrays import Arrays

# The group of the network's arrays, of the scale of figures, and of what tunes the chains.
NETWORK: Final = "network"
SCALE: Final = "scale"
TUNED: Final = "tuned"


def stored_emulator(emulator: Emulator, scale: Scale, tuned: Arrays) -> dict[str, xarray.Dataset]:
    """Return the groups of ``emulator.nc``: the network, the scale of its figures, and step and metric of the joint chains."""
    layout = emulator.layout
    told = {"components": layout.components, "figures": np.array(layout.figures), "heads": np.array(layout.heads)}
    return {
        NETWORK: _dataset(emulator.network).assign_attrs(told),
        SCALE: _dataset(scale._asdict()),
        TUNED: _dataset(tuned),
    }


def restored_emulator(
    groups: dict[str, xarray.Dataset], features: Features, tables: Sequence[Table], errors: ErrorModel
) -> tuple[Emulator, Arrays]:
    """Return the emulator of stored groups, which scores the rows of ``tables``, and what tunes the joint chains."""
    network, components = stored_network(groups)
    told = groups[NETWORK].attrs
    whole = [tuple(int(one) for one in np.atleast_1d(told[name])) for name in ("figures", "heads")]
    layout = Layout(components, *whole)
    rows = rows_of(tables, layout, stored_scale(groups), errors)
    return Emulator(network, layout, features, rows), _arrays(groups[TUNED])


def stored_network(groups: dict[str, xarray.Dataset]) -> tuple[Arrays, int]:
    """Return the arrays of a stored network, and the number of its mixture components."""
    return _arrays(groups[NETWORK]), int(groups[NETWORK].attrs["components"])


def stored_scale(groups: dict[str, xarray.Dataset]) -> Scale:
    """Return the scale of an emulator's figures."""
    return Scale(**_arrays(groups[SCALE]))


def _dataset(arrays: Arrays) -> xarray.Dataset:
    """Return arrays as variables whose dimensions bear their own names."""
    return xarray.Dataset(
        {name: (tuple(f"{name}_{axis}" for axis in range(np.ndim(array))), np.asarray(array)) for name, array in arrays.items()}
    )


def _arrays(dataset: xarray.Dataset) -> Arrays:
    return {str(name): variable.values for name, variable in dataset.data_vars.items()}
