"""Names for the array types that the calibration passes around."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Seeds: TypeAlias = NDArray[np.uint64]
Arrays: TypeAlias = dict[str, np.ndarray]
# stage, done, total
Progress: TypeAlias = Callable[[str, int, int], None]
