"""What does the report know? Plain views of a finished run, so that the page can be built and tested without one."""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.results import Otherwise
from model.arrays import Floats
from studies.page.figures import Observed
from studies.page.phases import Timing
from studies.policy.chosen import STATUS_QUO
from studies.policy.decision_table import Contrast, Effects
from studies.policy.learn import Learnt
from studies.policy.outcomes import RANKED_BY
from studies.policy.propositions import Held
from studies.policy.structures import Ranked
from studies.taught.coverage import Covered
from studies.taught.parameters import ParameterView

# The outcome whose level under the status quo is the wage bill.
WAGES: Final = "value_wages"


@dataclass(frozen=True)
class Verdict:
    """The label that no number of a run is shown without.

    Attributes
    ----------
    label : "exact", "surrogate, corrected" or "surrogate, checked, not corrected"
    converged : whether the run passed its gate
    reasons : each check that the run failed, in plain words
    """

    label: str
    converged: bool
    reasons: tuple[str, ...] = ()

    @property
    def mood(self) -> str:
        """Return the banner's class: good, doubtful or bad."""
        if not self.converged:
            return "bad"
        return "doubtful" if "not corrected" in self.label else "good"


class Money(NamedTuple):
    """What one wage-year of a cluster is: US$ of a stated year."""

    dollars: float
    year: int


@dataclass(frozen=True)
class ClusterView:
    """A cluster as the report shows it: its histories over time, and what was observed.

    Attributes
    ----------
    decision : year of the last observation, from which policies are compared
    years : float64, shape (t,); calendar years
    firms, profitability : float64, shape (5, t); quantiles at ``calibration.weights.FAN``
    ess : effective number of histories
    lost : share of the weight whose histories outgrew the simulator
    imposed : what the model imposes on this cluster, in a sentence, or nothing
    workers : float64, shape (5, t); quantiles as of firms. None where no policies were compared, as with the next two
    phases : float64, shape (phases, t); share of the histories in each of ``model.observe.PHASES``
    improves : when improved firms come to employ half of the workers; None as well where that comes in no history
    wage_year : what one wage-year is in US$, where it is known
    """

    name: str
    number: int
    title: str
    product: str
    decision: float
    years: Floats
    firms: Floats
    profitability: Floats
    observed: tuple[Observed, ...] = ()
    start_confidence: str = ""
    ess: float = float("nan")
    lost: float = 0.0
    imposed: str = ""
    workers: Floats | None = None
    phases: Floats | None = None
    improves: Timing | None = None
    wage_year: Money | None = None


@dataclass(frozen=True)
class Statement:
    """A statement of the paper (who succeeded, who exports), and the chance that the posterior gives to this statement."""

    case: str
    figure: str
    said: str
    chance: float


@dataclass(frozen=True)
class Unseen:
    """How a cluster is predicted from the others: log densities (nats) by the model and by two baselines, and what it pulls.

    ``pull`` is by how many posterior standard deviations the cluster moves the parameter that it moves most.
    """

    case: str
    elpd: float
    population: float
    regression: float
    k_hat: float
    parameter: str
    pull: float


@dataclass(frozen=True)
class LeftOutView:
    """Clusters left out one by one: by how much the model is ahead of each baseline (nats, standard error), and a row for each.

    ``doubtful`` are the clusters that weights cannot leave out.
    """

    population: tuple[float, float]
    regression: tuple[float, float]
    doubtful: tuple[str, ...]
    clusters: tuple[Unseen, ...]


@dataclass(frozen=True)
class RunView:
    """All that the report shows. A section whose part is empty says so."""

    verdict: Verdict
    clusters: tuple[ClusterView, ...] = ()
    parameters: tuple[ParameterView, ...] = ()
    covered: tuple[Covered, ...] = ()
    statements: tuple[Statement, ...] = ()
    effects: tuple[Effects, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    noise: tuple[tuple[str, str], ...] = ()
    gates: tuple[tuple[str, str, str, bool], ...] = ()
    unfitted: tuple[tuple[str, str], ...] = ()
    structures: tuple[tuple[str, str, str], ...] = ()
    kept_priors: tuple[str, ...] = ()
    policy_titles: dict[str, str] = field(default_factory=dict)
    horizon: float = float("nan")
    manifest: dict[str, Any] = field(default_factory=dict)
    left_out: LeftOutView | None = None
    held: tuple[Held, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()
    learnt: tuple[Learnt, ...] = ()
    other_structures: tuple[Ranked, ...] = ()

    def policy_title(self, name: str) -> str:
        """Return a policy's title, or its name where none is known."""
        return self.policy_titles.get(name, name.replace("-", " "))

    def ranked(self, case: str, structure: str = "", outcome: str = RANKED_BY) -> list[Effects]:
        """Return the effects on an outcome in a cluster, the highest first; the status quo is among them with effect zero."""
        rows = [
            row
            for row in self.effects
            if (row.case, row.outcome, row.structure) == (case, outcome, structure) and not np.isnan(row.mean)
        ]
        return sorted(rows, key=lambda row: (-row.mean, row.policy))

    def wage_bill(self, case: str) -> float:
        """Return a cluster's discounted wage bill under the status quo (wage-years), by which clusters are made comparable."""
        rows = [row.status_quo for row in self.ranked(case, outcome=WAGES) if row.policy == STATUS_QUO and row.status_quo > 0]
        return rows[0] if rows else float("nan")

    @property
    def one_future(self) -> bool:
        """Tell whether a history goes on in one future only, so that luck cannot be told from what is not known."""
        return any(row.futures < 2 for row in self.effects)
