"""What does the report know? Plain views of a finished run, so that the page can be built and tested without one."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.arrays import Floats
from studies.page.figures import Observed
from studies.policy.decision_table import Contrast, Effects
from studies.policy.outcomes import RANKED_BY


@dataclass(frozen=True)
class Verdict:
    """The label that no number of a run is shown without.

    Attributes
    ----------
    label : "exact", "surrogate, corrected" or "surrogate, checked, not corrected"
    converged : whether the run passed its gate
    reasons : what was missed, in plain words
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

    @property
    def line(self) -> str:
        """Return the verdict as one line."""
        if self.converged:
            return f"Converged. This posterior is: {self.label}."
        return f"NOT CONVERGED. This posterior is: {self.label}. Read every figure below as provisional."


@dataclass(frozen=True)
class ClusterView:
    """A cluster as the report shows it: curves (5, t) of its histories at the probabilities of a fan, and what was observed."""

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


@dataclass(frozen=True)
class ParameterView:
    """A calibrated parameter: prior and posterior medians with 90 % bounds in its unit, and scores of the prior (5,)."""

    name: str
    unit: str
    meaning: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    scores: Floats
    sd: float

    @property
    def contraction(self) -> float:
        """Return the share of the prior's variance that the tables took away (negative where it grew)."""
        return 1.0 - self.sd * self.sd

    @property
    def word(self) -> str:
        """Return what these data did to the parameter."""
        shift = float(self.scores[2])
        if abs(shift) < 0.3 and self.contraction < 0.15:
            return "not moved by these data"
        parts = [f"{'raised' if shift > 0 else 'lowered'} by {abs(shift):.1f} sd"] if abs(shift) >= 0.3 else []
        parts += [f"variance down {100 * self.contraction:.0f} %"] if self.contraction >= 0.15 else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Covered:
    """One figure of Table 2 beside its posterior predictive distribution; ``rank`` is the share of the latter below it."""

    case: str
    figure: str
    observed: float
    low: float
    middle: float
    high: float
    rank: float
    unit: str

    @property
    def inside(self) -> bool:
        """Tell whether the figure lies in the central 90 %."""
        return 0.05 <= self.rank <= 0.95

    @property
    def width(self) -> float:
        """Return the upper bound over the lower (of figures on a ratio scale)."""
        return self.high / self.low if self.low > 0 else float("nan")


@dataclass(frozen=True)
class Statement:
    """A statement of the paper's (who succeeded, who exports) beside the chance that the posterior gives to its being made."""

    case: str
    figure: str
    said: str
    chance: float


@dataclass(frozen=True)
class RunView:
    """All that the report shows; empty parts make empty sections, which say so."""

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
    policy_questions: dict[str, str] = field(default_factory=dict)
    horizon: float = float("nan")
    manifest: dict[str, Any] = field(default_factory=dict)

    def ranked(self, case: str, structure: str = "") -> list[Effects]:
        """Return the effects on the ranking outcome in a cluster, best first; the status quo is among them with effect zero."""
        rows = [
            row
            for row in self.effects
            if (row.case, row.outcome, row.structure) == (case, RANKED_BY, structure) and not np.isnan(row.mean)
        ]
        return sorted(rows, key=lambda row: (-row.mean, row.policy))
