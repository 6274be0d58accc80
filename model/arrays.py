"""Which types of arrays do functions exchange? Their names stand here, once for all packages."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Seeds: TypeAlias = NDArray[np.uint64]
Arrays: TypeAlias = dict[str, np.ndarray]
