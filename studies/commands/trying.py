"""``takeoff trial``: the randomised trial inside the model, estimated as in the field, with what was published beside it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studies import parsing
from studies.parsing import Parser, add_command
from studies.trials.defaults import DRAWS, FIRMS, POLICY, SHARE, YEARS

if TYPE_CHECKING:
    from studies.trials.run import Trial

# What the terminal shows, each with the word for it; the files hold all estimands, outcomes and years.
SHOWN: Final = (
    ("take_up", "", "take-up"),
    ("itt", "practices", "ITT, practices (SD)"),
    ("itt", "log_sales", "ITT, log sales"),
    ("itt", "log_value_added", "ITT, log value added"),
    ("itt", "profit", "ITT, profit / mean profit"),
    ("itt", "log_profit", "ITT, log profit, if positive"),
    ("itt", "log_productivity", "ITT, log productivity"),
    ("itt", "log_workers", "ITT, log workers"),
    ("itt", "alive", "ITT, survival"),
    ("late", "practices", "LATE, practices (SD)"),
    ("late", "log_value_added", "LATE, log value added"),
    ("did", "practices", "double diff., practices (SD)"),
    ("did", "log_value_added", "double diff., log value added"),
    ("spillover", "practices", "spillover, practices (SD)"),
    ("spillover", "log_value_added", "spillover, log value added"),
)
DIGITS: Final = 4
HEAD: Final = ("", "estimate", "90 % of histories", "s.e.", "truth", "works", "fails", "power", "least seen", "published")


def add_trial(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command and its options."""
    trial = add_command(
        commands,
        "trial",
        "trying:try_course",
        "hold a randomised trial inside the model",
        "takeoff trial 6\ntakeoff trial kumasi --policy training --firms 150 --share 0.35 --panel firms.csv",
        json=True,
    )
    trial.add_argument("case", metavar="CASE", help="1-19, a name, or a YAML file")
    trial.add_argument("--policy", default=POLICY, metavar="NAME", help="its first training is given (default: %(default)s)")
    trial.add_argument("--firms", type=parsing.count, default=FIRMS, metavar="N", help="firms sampled (default: %(default)s)")
    trial.add_argument("--share", type=parsing.share, default=SHARE, metavar="S", help="share invited (default: %(default)s)")
    trial.add_argument("--years", type=parsing.horizon, default=YEARS, metavar="H", help="years followed (default: %(default)s)")
    trial.add_argument("--draws", type=parsing.count, default=DRAWS, metavar="D", help="most histories (default: %(default)s)")
    trial.add_argument("--posterior", metavar="DIR", help="calibration (default: as for advise)")
    trial.add_argument("--out", metavar="DIR", help="run folder (default: runs/trial-CASE)")
    trial.add_argument("--panel", metavar="F", help="the firms, a row each and date: .csv, .parquet or .nc")
    trial.add_argument("--resume", action="store_true", help="a trial that is finished is read again in any case")


def try_course(arguments: argparse.Namespace) -> int:
    """Run ``takeoff trial``."""
    from studies.commands.telling import exit_code, progress_asked, tell
    from studies.files.labels import check_sidecar
    from studies.files.tables import check_suffix
    from studies.trials.run import TABLE, trial

    panel = check_suffix("--panel", arguments.panel) if arguments.panel else None
    if panel is not None:
        check_sidecar("--panel", panel)
    progress = progress_asked(arguments)
    held = trial(
        arguments.case,
        arguments.policy,
        firms=arguments.firms,
        share=arguments.share,
        years=arguments.years,
        draws=arguments.draws,
        posterior=arguments.posterior,
        out=arguments.out,
        panel=panel,
        progress=progress.step,
    )
    progress.end()
    table = Path(arguments.out or f"runs/trial-{held.case.name}") / TABLE
    tell(arguments, lambda: {**trial_content(held), "table": table}, lambda: [*trial_lines(held), f"table      {table}"])
    return exit_code(held.converged)


def trial_content(held: "Trial") -> dict[str, Any]:
    """Return a trial for programs: its terms, and every row of its table."""
    kept = held.data["kept"].values
    return {
        "case": held.case.name,
        "policy": held.policy.name,
        **held.terms._asdict(),
        "label": held.label,
        "converged": held.converged,
        "histories": len(kept),
        "kept": int(kept.sum()),
        "rows": held.table,
    }


def trial_lines(held: "Trial") -> list[str]:
    """Return a trial in words: under which label, on what terms, and the estimates of the last year."""
    from studies.commands.ranking import verdict_line
    from studies.inspect.explain import columns

    kept = held.data["kept"].values > 0
    firms, works = held.data["firms"].values[kept].mean(), held.data["site_works"].values[kept].mean()
    few = f" {len(kept) - kept.sum()} histories were stopped or have too few firms." if not kept.all() else ""
    last = held.terms.years
    return [
        verdict_line(held.label, held.converged),
        f"{held.case.title}: {held.policy.title.lower()} offered to {100 * held.terms.share:.0f} % of {firms:.0f} firms, "
        f"year {last} after, {kept.sum()} histories; the site works in {100 * works:.0f} % of them.{few}",
        columns(HEAD, [_cells(held, *asked, last) for asked in SHOWN], last=50),
        "Truth: the same firms in a twin of each history without the trial; works, fails: truth where the site works or fails.",
        "S.e.: as such a trial reports it. Power: share of trials that see the effect at 5 %. Least seen: what one sees in 80 %.",
    ]


def _cells(held: "Trial", estimand: str, outcome: str, word: str, last: int) -> list[str]:
    """Return one line of the table: all sites, then those that work and those that fail."""
    from studies.numbers import amount, share, signed
    from studies.trials.rows import SITES, chosen

    year = last if outcome else 0
    every, works, fails = (chosen(held.table, site, estimand, outcome, year) for site in SITES)
    # An effect below the last digit is none to a reader.
    shown = (lambda value: signed(round(value, DIGITS), 2)) if outcome else share
    interval = f"{shown(every.low)} to {shown(every.high)}"
    numbers = [shown(every.mean), interval, amount(every.standard_error, 2), *(shown(one.truth) for one in (every, works, fails))]
    return [word, *numbers, share(every.power), amount(every.detectable, 2), every.published]
