"""So what? Policies compared on a posterior's histories, advice for a new cluster, the report, and the command line."""

import os
from typing import TYPE_CHECKING

from model.loading import lazily

# Linear algebra in one thread, before NumPy is first imported: the matrices are small, and no bit may depend on threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from studies.policy.advice import advise as advise
    from studies.policy.compare import compare as compare
    from studies.sensitivities.study import sensitivity as sensitivity
    from studies.sweeps.sweep import sweep as sweep

# Loaded when first used, so that the command line answers at once.
_HOMES = {
    "advise": "studies.policy.advice",
    "compare": "studies.policy.compare",
    "sensitivity": "studies.sensitivities.study",
    "sweep": "studies.sweeps.sweep",
}
__all__ = ["advise", "compare", "sensitivity", "sweep"]

__getattr__ = lazily(__name__, _HOMES)
