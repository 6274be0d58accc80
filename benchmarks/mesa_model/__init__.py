"""What does the model cost where every firm is a Python object? The same mechanisms in Mesa 3, an agent a firm, a step a quarter.

Two of them. In ``ClusterByEquations`` a firm's methods put together the package's own equations, as a modeller writes it. In
``ClusterModel`` what a firm does in every quarter is written out by hand in ``firm.py``, for a call of an equation costs more
than its arithmetic: as fast as we could make Mesa. Both have plain attributes and floats, the C library's exp and log, what firms
share worked out once a quarter, and rows in a list, since a ``DataCollector`` makes a deep copy of every number. What happens
once a quarter, or now and then, is the package's own in both; ``tests/benchmarks/test_mesa_model.py`` holds them to the package.

Left out are the event log and all programmes, those of a case's history too, and with them what cannot happen without: no zone
has room to move to, no fund lends, so that no firm has debt, and no course is held. Each omission spares Mesa work. Chance is
Mesa's own generator: the same law, other draws.
"""

from benchmarks.mesa_model.cluster import ClusterModel, run_mesa
from benchmarks.mesa_model.equations import ClusterByEquations, FirmByEquations
from benchmarks.mesa_model.firm import Firm

__all__ = ["ClusterByEquations", "ClusterModel", "Firm", "FirmByEquations", "run_mesa"]
