"""Do the facts of a cluster agree with each other, and with what is known of clusters? In absolute terms, a fact at a time.

The calibration's density has room for gross errors, so that it flattens bad fits: an effective number of histories cannot tell
them. Here every fact is set against three things. The 19 clusters of the tables: is it unlike any of them? The posterior's own
population: would it be seen in a new cluster of this kind? The other facts of the same cluster: given them, without room for its
own gross error, would it be seen, and if it is left out, do the others agree?
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.stats import norm, t

from calibration.observation import ALIVE, EXHAUSTED, FIGURES, STATEMENTS, ErrorModel, Outcomes, Table, log_density
from calibration.tables import table
from calibration.weights import normalised
from model.arrays import Floats
from model.config import all_cases
from model.figures import Observation
from model.schema import Case
from studies.numbers import amount, share
from studies.policy.conditioning import Candidates, weights_of

# A fact with a smaller chance of lying so far out, on either side, is refused. Of the dozen chances that a full row has, one
# comes to it in some six of a hundred clusters though nothing is wrong.
UNLIKELY: Final = 0.005
# A fact with a smaller chance is warned of, though policies are ranked. Of a dozen such chances, one comes to it in every second
# cluster though nothing is wrong, so that it is a reason to look at the figure and none to refuse.
IMPROBABLE: Final = 0.05
# Above this chance that the whole row has gross errors, its facts contradict each other.
GROSS: Final = 0.5
# Years beyond the last observation of the tables in which a decision is still like theirs (judgement).
LATER: Final = 35
WORDS: Final = {"log_firms": "firms", "log_workers_per_firm": "workers_per_firm", "schooling": "schooling"}
# The first figure of schooling, which is what the founders' is taken to be.
FOUNDING: Final = "schooling (first)"
WORKERS: Final = "firms times workers_per_firm"
GROWTH: Final = {"log_firms": "growth of firms", "log_workers_per_firm": "growth of workers_per_firm"}


class Fact(NamedTuple):
    """One thing that is known of a cluster, set against what else is known.

    Attributes
    ----------
    name, year, value : what it is, of which year, and the figure or word itself
    population : chance of a figure at least as far out in a new cluster of this kind, by the posterior; NaN where not told
    others : the same, given all other facts of the cluster; of a statement, the chance that it would be made
    gross : chance that the figure has a gross error, or the statement is wrong
    row_without : chance that the other facts still hold gross errors if this one is left out
    """

    name: str
    year: int
    value: str
    population: float = float("nan")
    others: float = float("nan")
    gross: float = float("nan")
    row_without: float = float("nan")


class Misfit(NamedTuple):
    """What is wrong with a cluster's facts: each of them, the chance of gross errors in the row, and the reasons to refuse."""

    facts: tuple[Fact, ...]
    gross: float
    reasons: tuple[str, ...]


def unlike_the_tables(case: Case) -> tuple[str, ...]:
    """Return each fact of a cluster that lies beyond the 19 clusters of the tables, one line each, before anything is simulated.

    A figure is held against the t distribution that predicts one more cluster from theirs, on a log scale but for schooling.
    """
    known = all_cases()
    lines = []
    for seen in case.observations:
        for name, value, others in _compared(seen, known):
            chance = _beyond(value, others)
            if chance < UNLIKELY:
                shown = amount(value if name == WORDS["schooling"] else float(np.exp(value)))
                lines.append(f"{name} {int(seen.time)}: {shown} is unlike the 19 clusters of the tables ({_chance(chance)})")
    return (*lines, *_unlike_before_it_began(case, known))


def _compared(seen: Observation, known: Sequence[Case]) -> Iterator[tuple[str, float, list[float]]]:
    """Return the name and value of each figure of an observation, and the same figure of the clusters of the tables."""
    for name, read in (("firms", _firms), ("workers_per_firm", _size), (WORKERS, _workers), ("schooling", _schooling)):
        value = read(seen)
        if value is not None:
            every = [[read(one) for one in case.observations] for case in known]
            # The last figure of each: two of one cluster are not two clusters.
            yield name, value, [figures[-1] for one in every if (figures := [figure for figure in one if figure is not None])]


def _firms(seen: Observation) -> float | None:
    return None if seen.firms is None else float(np.log(seen.firms.middle))


def _size(seen: Observation) -> float | None:
    return None if seen.workers_per_firm is None else float(np.log(seen.workers_per_firm.middle))


def _workers(seen: Observation) -> float | None:
    return None if seen.workers is None else float(np.log(seen.workers))


def _schooling(seen: Observation) -> float | None:
    return None if seen.schooling is None else seen.schooling.middle


def _beyond(value: float, others: Sequence[float]) -> float:
    """Return the chance that one more of others lies at least as far out as a value, on either side."""
    count, spread = len(others), float(np.std(others, ddof=1)) * float(np.sqrt(1.0 + 1.0 / len(others)))
    return float(2.0 * t.sf(abs(value - float(np.mean(others))) / spread, count - 1))


def _unlike_before_it_began(case: Case, known: Sequence[Case]) -> Iterator[str]:
    """Return what of a cluster's country and calendar lies beyond the tables."""
    home = case.covariates.home_population
    if home is not None:
        people = [one.covariates.home_population for one in known]
        chance = _beyond(np.log(home.value), [float(np.log(one.value)) for one in people if one is not None])
        if chance < UNLIKELY:
            yield f"home_population: {amount(home.value)} million is unlike the countries of the tables ({_chance(chance)})"
    first, last = min(one.start.low for one in known), int(max(one.observations[-1].time for one in known)) + LATER
    for word, year in (("start", case.start.low), ("decision", int(_decision(case)))):
        if not first <= year <= last:
            yield f"{word}: {year} lies outside {first}-{last}, the years that the tables can speak of"
    most = 10 * max(one.covariates.trained_founders for one in known)
    if case.covariates.trained_founders > most:
        yield f"trained_founders: {case.covariates.trained_founders} are more than {most}, ten times the most in the tables"


def _decision(case: Case) -> float:
    return case.observations[-1].time if case.observations else float(case.start.high)


def judged_facts(case: Case, candidates: Candidates, errors: ErrorModel) -> Misfit:
    """Return the facts of a cluster set against the posterior's population and against each other.

    Raises
    ------
    ValueError
        If nothing was seen of the cluster.
    """
    if candidates.outcomes is None:
        raise ValueError("nothing was seen of the cluster, so that nothing can be judged")
    row, years = table(case, errors), _years(case)
    base = _Base(row, candidates.outcomes, weights_of(candidates.log_population), errors)
    facts = [*_figures(base, years), *_combined(base, years), *_statements(base, years)]
    gross = row_gross(row, base)
    return Misfit((*facts, *_founding(case, errors)), gross, tuple(_reasons(facts, gross)))


def _founding(case: Case, errors: ErrorModel) -> Iterator[Fact]:
    """Return the first figure of schooling, which centres the founders' and is not weighed: it is held against the tables."""
    first = next((seen for seen in case.observations if seen.schooling is not None), None)
    if first is not None and not errors.score_founding_schooling:
        for name, value, others in _compared(first, all_cases()):
            if name == WORDS["schooling"]:
                yield Fact(FOUNDING, int(first.time), amount(value), _beyond(value, others))


class _Base(NamedTuple):
    """A row, what the candidates show, their weights in the population, (n,), and the errors of tables."""

    row: Table
    outcomes: Outcomes
    population: Floats
    errors: ErrorModel


def _years(case: Case) -> tuple[int, ...]:
    """Return the years of a table's dates: the last one, then the earliest."""
    return tuple(int(seen.time) for seen in (case.observations[-1], *case.observations[:-1][:1]))


def row_gross(row: Table, base: _Base) -> float:
    """Return the chance that a row has gross errors, given all that it says, among histories that are alive.

    The rest of the chance belongs to usual errors, so that it is large where no history comes near all figures at once.
    """
    seen = np.isfinite(row.value)
    if not seen.any():
        return float("nan")
    said = row._replace(value=np.full_like(row.value, np.nan))
    stated = np.exp(log_density(said, base.outcomes, base.errors)) * base.population * (base.outcomes.status == ALIVE)
    sd = np.where(seen, row.sd, 1.0)
    miss = np.where(seen, row.value - row.bias - base.outcomes.figures, 0.0)
    usual, rough = (
        float(stated @ np.exp(np.where(seen, norm.logpdf(miss, scale=scale), 0.0).sum(axis=(1, 2))))
        for scale in (sd, np.hypot(sd, base.errors.outlier_sd))
    )
    return _gross(usual, rough, base.errors)


def _gross(usual: float, rough: float, errors: ErrorModel) -> float:
    """Return the chance of a gross error by the mean densities under usual and under gross errors."""
    rough, usual = errors.outlier * rough, (1.0 - errors.outlier) * usual
    return rough / (rough + usual) if rough + usual > 0 else 1.0


def _without(row: Table, date: int, figure: int) -> Table:
    value = row.value.copy()
    value[date, figure] = np.nan
    return row._replace(value=value)


def _given(row: Table, base: _Base) -> Floats:
    """Return the weights of the candidates given a row, of those that are alive, float64, shape (n,), summing to one."""
    score = log_density(row, base.outcomes, base.errors)
    weights = np.exp(score - score.max()) * base.population * (base.outcomes.status == ALIVE)
    return normalised(weights) if weights.sum() > 0 else base.population


def _figures(base: _Base, years: Sequence[int]) -> Iterator[Fact]:
    """Return each figure of the row that is scored."""
    row = base.row
    for date, year in enumerate(years):
        for figure, name in enumerate(FIGURES):
            value, sd = float(row.value[date, figure]), float(row.sd[date, figure])
            if not np.isfinite(value):
                continue
            rest = _without(row, date, figure)
            given, shown = _given(rest, base), base.outcomes.figures[:, date, figure] + row.bias[date, figure]
            usual, rough = (
                float(given @ norm.pdf(value - shown, scale=scale)) for scale in (sd, float(np.hypot(sd, base.errors.outlier_sd)))
            )
            text = amount(value if name == "schooling" else float(np.exp(value)))
            yield Fact(
                WORDS[name],
                year,
                text,
                _tail(base, base.population, shown, value, sd),
                _tail(base, given, shown, value, sd),
                _gross(usual, rough, base.errors),
                row_gross(rest, base),
            )


def _combined(base: _Base, years: Sequence[int]) -> Iterator[Fact]:
    """Return what figures say together, against the population: all workers at each date, and growth between two."""
    row, shown = base.row, base.outcomes.figures + base.row.bias
    for date, year in enumerate(years):
        value, sd = float(row.value[date, :2].sum()), float(np.hypot(*row.sd[date, :2]))
        if np.isfinite(value):
            tail = _tail(base, base.population, shown[:, date, :2].sum(axis=1), value, sd)
            yield Fact(WORKERS, year, amount(float(np.exp(value))), tail)
    for figure, name in enumerate(FIGURES[:2] if len(years) > 1 else ()):
        value, sd = float(row.value[0, figure] - row.value[1, figure]), float(np.hypot(*row.sd[:, figure]))
        if np.isfinite(value):
            tail = _tail(base, base.population, shown[:, 0, figure] - shown[:, 1, figure], value, sd)
            yield Fact(GROWTH[name], years[0], f"{amount(float(np.exp(value)))} times since {years[1]}", tail)


def _tail(base: _Base, weights: Floats, shown: Floats, value: float, sd: float) -> float:
    """Return the chance of a figure at least as far out as a value, on either side, with its usual error.

    A history that outgrew the simulator counts as beyond any figure, since it was stopped there.
    """
    alive, beyond = base.outcomes.status == ALIVE, base.outcomes.status == EXHAUSTED
    above = np.where(alive, norm.sf((value - shown) / sd), beyond.astype(np.float64))
    counted = weights * (alive | beyond)
    if not counted.sum() > 0:
        return 0.0
    share_above = float(counted @ above / counted.sum())
    return float(np.clip(2.0 * min(share_above, 1.0 - share_above), 0.0, 1.0))


def _statements(base: _Base, years: Sequence[int]) -> Iterator[Fact]:
    """Return each statement of the row: the chance that it would be made given all else, and that it is wrong."""
    row = base.row
    for date, year in enumerate(years):
        for number, (name, matrix) in enumerate(zip(STATEMENTS, base.errors.matrices(), strict=True)):
            said = int(row.said[date, number])
            if said < 0:
                continue
            silent = row.said.copy()
            silent[date, number] = -1
            given, classes = _given(row._replace(said=silent), base), base.outcomes.classes[:, date, number]
            made = given * matrix[classes, said]
            wrong = float(made[classes != said].sum() / made.sum())
            yield Fact(name, year, _WORD[name][said], others=float(made.sum()), gross=wrong)


_WORD: Final[dict[str, Any]] = {
    "improvement": ("not_listed", "transition", "success"),
    "exports": ("none or neighbours", "distant", "world"),
}


def improbable(facts: Sequence[Fact]) -> list[tuple[Fact, float, str]]:
    """Return each fact that the model finds improbable, with its smaller chance and what that is given, the smallest first."""
    doubtful = []
    for fact in facts:
        among = "beside the 19 clusters" if fact.name == FOUNDING else "in a cluster of this kind"
        known = [(fact.others, "given the other facts"), (fact.population, among)]
        chance, given = min((one for one in known if np.isfinite(one[0])), default=(1.0, ""))
        if chance < IMPROBABLE:
            doubtful.append((fact, chance, given))
    return sorted(doubtful, key=lambda one: one[1])


def warning(facts: Sequence[Fact]) -> str:
    """Return one line that names every improbable fact, its chance and what to do; nothing where there is none."""
    told = [f"{fact.name} {fact.year}: {fact.value} ({_chance(chance)} {given})" for fact, chance, given in improbable(facts)]
    if not told:
        return ""
    remedy = "check the file, or give a range where a figure is unsure; if all is right, the model knows few such clusters"
    return f"improbable under the model: {', '.join(told)}; {remedy}"


def _reasons(facts: Sequence[Fact], gross: float) -> Iterator[str]:
    """Return why a ranking is refused, a line each: facts that are beyond the population, and the one that contradicts others."""
    for fact in facts:
        if fact.population < UNLIKELY:
            yield (
                f"{fact.name} {fact.year}: {fact.value} is beyond what the posterior expects of a new cluster of this kind "
                f"({_chance(fact.population)})"
            )
    figures = [fact for fact in facts if np.isfinite(fact.row_without)]
    odd = [fact for fact in figures if fact.others < UNLIKELY]
    suspects = odd or (figures if gross > GROSS else [])
    if not suspects:
        return
    worst = min(suspects, key=lambda fact: (fact.row_without, fact.others))
    agree = "without it the others agree" if worst.row_without <= GROSS else "without it the others still do not agree"
    yield (
        f"{worst.name} {worst.year}: {worst.value} contradicts the other facts ({_chance(worst.others)} given them; "
        f"a gross error with {share(worst.gross)}); {agree}"
    )


def _chance(value: float) -> str:
    return "chance below 0.1 %" if value < 1e-3 else f"chance {100 * value:.1f} %"
