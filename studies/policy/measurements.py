"""What could be measured before a policy is chosen? What each measurement of ``configs/measurements.yaml`` sees and costs."""

from functools import cache
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from model.arrays import Floats
from model.config import CONFIGS
from model.figures import Entry
from model.reading import read_mapping
from model.values import Number, Positive, Text

Amount = Annotated[Number, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Measurement(Entry):
    """One entry of ``configs/measurements.yaml``; a comment there says what each key means."""

    title: Text
    sees: dict[str, Positive]
    unit: Text
    sample: Count
    sizes: tuple[Count, ...]
    fixed: Amount
    each: Amount
    source: Text
    price_source: Text

    def errors(self, names: tuple[str, ...], size: int) -> Floats:
        """Return the standard deviations of the errors with which quantities are seen by a number of units, (names,)."""
        return np.array([self.sees[name] for name in names]) * float(np.sqrt(self.sample / size))

    def price(self, size: int) -> float:
        """Return the price of a number of units (wage-years)."""
        return self.fixed + self.each * size


class Asked(NamedTuple):
    """One measurement at one size."""

    name: str
    measurement: Measurement
    size: int


@cache
def measurements() -> dict[str, Measurement]:
    """Return the shipped measurements by name."""
    entries = read_mapping(CONFIGS / "measurements.yaml")["measurements"]
    return {name: Measurement.model_validate(entry) for name, entry in entries.items()}


def asked() -> tuple[Asked, ...]:
    """Return every shipped measurement at each of its sizes."""
    return tuple(Asked(name, one, size) for name, one in measurements().items() for size in one.sizes)
