"""What does a notebook show of a result, and what can be drawn of it? ``data.takeoff`` of every dataset tells and draws.

It is registered with xarray when a function that returns results is first taken from ``model``, ``calibration`` or ``studies``
(``industrial_takeoff.lazily``), or when this module is imported. Posteriors and advice are shown in the same way, by the table of
formatters of IPython.
"""

import sys
from typing import Any, Final

import xarray as xr

# What is shown by a function of ours, by the name of its class, which need not be imported for that.
SHOWN: Final = {("calibration.results", "Posterior"): "posterior", ("studies.policy.advice", "Advice"): "advice"}


@xr.register_dataset_accessor("takeoff")  # type: ignore[no-untyped-call]
class Takeoff:
    """Plots and a summary of a result of this project.

    Attributes
    ----------
    data : the dataset
    kind : histories, comparison, budgets or sensitivity; "other" for what is no result of this project
    """

    def __init__(self, data: xr.Dataset) -> None:
        self.data = data

    @property
    def kind(self) -> str:
        """Return what the dataset is, by its variables."""
        from studies.plots.summary import kind_of

        return kind_of(self.data)

    def plot_cluster(self, case: Any = None, **choices: Any) -> Any:
        """Draw histories; see ``studies.plot_cluster``."""
        from studies.plots.cluster import plot_cluster

        return plot_cluster(self.data, case, **choices)

    def plot_paths(self, case: Any = None, **choices: Any) -> Any:
        """Draw the fans of a comparison; see ``studies.plot_paths``."""
        from studies.plots.paths import plot_paths

        return plot_paths(self.data, case, **choices)

    def plot_policies(self, case: Any = None, **choices: Any) -> Any:
        """Draw the effects of a comparison; see ``studies.plot_policies``."""
        from studies.plots.policies import plot_policies

        return plot_policies(self.data, case, **choices)

    def plot_frontier(self, case: Any = None, **choices: Any) -> Any:
        """Draw gains by cost; see ``studies.plot_frontier``."""
        from studies.plots.budgets import plot_frontier

        return plot_frontier(self.data, case, **choices)

    def plot_acceptability(self, case: Any = None, **choices: Any) -> Any:
        """Draw chances of being the best by budget; see ``studies.plot_acceptability``."""
        from studies.plots.budgets import plot_acceptability

        return plot_acceptability(self.data, case, **choices)

    def plot_sensitivity(self, outcome: str | None = None, **choices: Any) -> Any:
        """Draw indices by factor; see ``studies.plot_sensitivity``."""
        from studies.plots.sensitivity import plot_sensitivity

        return plot_sensitivity(self.data, outcome, **choices)

    def __repr__(self) -> str:
        """Return the kind of the result, its sizes and its label."""
        from studies.plots.summary import in_a_line

        return in_a_line(self.data)

    def _repr_html_(self) -> str:
        """Return a small picture, a table and the label, for a notebook."""
        from studies.plots.summary import dataset_html

        return dataset_html(self.data)


def show_in_notebooks() -> None:
    """Let a running IPython show posteriors and advice with a picture and a table; nothing where none runs."""
    from importlib import import_module

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]
    for (module, name), kind in SHOWN.items():
        formatter.for_type_by_name(
            module, name, lambda result, kind=kind: getattr(import_module("studies.plots.summary"), f"{kind}_html")(result)
        )


show_in_notebooks()
