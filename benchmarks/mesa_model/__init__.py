"""What does the model cost where every firm is a Python object? The same mechanisms in Mesa 3, an agent a firm, a step a quarter.

Written as a user of Mesa would who wants it fast and stays in Python: plain attributes and floats, the C library's exp and log,
what firms share worked out once a quarter, rows in a list, since a ``DataCollector`` makes a deep copy of every number. What a
firm does in every quarter is written out in ``firm.py``, for a call of an equation costs more than its arithmetic; what happens
once a quarter, or now and then, calls the package's own equations. ``tests/benchmarks/test_mesa_model.py`` holds both together.

Left out are the event log and all programmes, those of a case's history too, and with them what cannot happen without: no zone
has room to move to, no fund lends, so that no firm has debt, and no course is held. Each omission spares Mesa work. Chance is
Mesa's own generator: the same law, other draws.
"""

from benchmarks.mesa_model.cluster import ClusterModel, run_mesa
from benchmarks.mesa_model.firm import Firm

__all__ = ["ClusterModel", "Firm", "run_mesa"]
