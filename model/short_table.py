"""How does a cluster look at a glance? As a few lines: its name, its start, its figures by year, and what government did."""

from typing import Any, Final

# The unit in which each figure is shown.
UNITS: Final = {"firms": "firms", "workers_per_firm": "workers a firm", "schooling": "years of schooling"}


def short_table(case: Any) -> str:
    """Return what is known of a case in a few lines; ``takeoff explain CASE`` says everything."""
    start = case.start
    return "\n".join(
        [
            f"{case.title} ({case.name})",
            f"  began     {start.low} / {start.mode} / {start.high}",
            *(_line(seen) for seen in case.observations),
            f"  history   {', '.join(spec.programme for spec in case.history) or 'no programme'}",
        ]
    )


def _line(seen: Any) -> str:
    """Return the figures of one observation."""
    known = [(getattr(seen, name), unit) for name, unit in UNITS.items()]
    figures = [f"{figure.middle:g} {unit}" for figure, unit in known if figure is not None]
    figures += [f"exports: {seen.exports.level}"] if seen.exports is not None else []
    figures += [f"improvement: {seen.improvement}"] if seen.improvement is not None else []
    year = "-".join(map(str, seen.year)) if isinstance(seen.year, tuple) else str(seen.year)
    return f"  {year:<9} {', '.join(figures)}"
