"""What does a case look like in a few lines? Who the cluster is, when it began, and what was observed of it."""

from typing import Any, Final

# Observations that are shown.
SHOWN: Final = 5


def brief(case: Any) -> str:
    """Return a case as a table of ten lines at most, which Python shows in place of all its entries."""
    began, rows = case.start, case.observations[:SHOWN]
    more = [f"  and {len(case.observations) - SHOWN} more"] if len(case.observations) > SHOWN else []
    return "\n".join([
        f"Case {case.number or '(own)'}: {case.title}",
        f"  {case.covariates.region}, group {case.origin.group}, began {began.mode} ({began.low} to {began.high}), "
        f"programmes of history: {len(case.history)}",
        f"  {'time':>8} {'firms':>11} {'workers a firm':>14} {'schooling':>9} {'exports':>10}  improvement",
        *(_row(seen) for seen in rows),
        *more,
    ])


def _row(seen: Any) -> str:
    firms, workers, schooling = (_figure(one) for one in (seen.firms, seen.workers_per_firm, seen.schooling))
    exports = seen.exports.level if seen.exports else "-"
    return f"  {seen.time:8.1f} {firms:>11} {workers:>14} {schooling:>9} {exports:>10}  {seen.improvement or '-'}"


def _figure(figure: Any) -> str:
    """Return a figure as a table shows it: a number, the ends of a range, or a dash where it is unknown."""
    if figure is None:
        return "-"
    return f"{figure.value:.6g}" if figure.bounds is None else f"{figure.bounds[0]:g}-{figure.bounds[1]:g}"
