"""``takeoff optimise``: the dates, shares and total budget with the least expected regret, and how flat the optimum is."""

import argparse
from typing import TYPE_CHECKING, Any, Final

from studies import parsing
from studies.parsing import Parser, add_command

if TYPE_CHECKING:
    from model.arrays import Arrays
    from studies.policy.optimise import Optimum

HEAD: Final = ("setting", "fresh value", "MC s.e.", "90 % of histories", "cost", "behind", "MC s.e.", "regret", "in the search")
FLAT: Final = ("number", "from", "to", "recommended", "within one s.e.", "within two s.e.", "importance")
SOUGHT: Final = (
    "Sought: the highest mean net value (wage-years) over the posterior's histories, which is the least expected regret against",
    "any benchmark that does not depend on the setting. Fresh values are from histories that the search never saw.",
)


def add_optimise(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command and its options."""
    optimise = add_command(
        commands,
        "optimise",
        "optimising:optimise_study",
        "search dates, shares and budgets with the least expected regret",
        "takeoff new study --out my-study.yaml\ntakeoff optimise my-study.yaml --out runs/my-study",
        json=True,
    )
    optimise.add_argument(
        "study", metavar="STUDY.yaml", help="programmes with open numbers, and how much work (takeoff new study)"
    )
    optimise.add_argument("--out", metavar="DIR", help="run folder (default: runs/optimise-STUDY)")
    optimise.add_argument("--resume", action="store_true", help="go on with the folder's run; start it where there is none")
    optimise.add_argument(
        "--on",
        type=parsing.executor,
        default="local",
        metavar="WHERE",
        help="local[:N], dask:ADDRESS or slurm (default: every core)",
    )


def optimise_study(arguments: argparse.Namespace) -> int:
    """Run ``takeoff optimise``."""
    from studies.commands.telling import exit_code, progress_asked, tell
    from studies.policy.optimise import FLATNESS, OPTIMUM, optimise

    progress = progress_asked(arguments)
    done = optimise(
        arguments.study,
        out=arguments.out,
        resume=arguments.resume,
        on=arguments.on,
        progress=progress.step,
        say=progress.say,
    )
    progress.end()
    files = {"optimum": done.folder / OPTIMUM, "flatness": done.folder / FLATNESS}
    tell(
        arguments,
        lambda: {**optimum_content(done), "files": files},
        lambda: [*optimum_lines(done), *(f"{name:<10} {path}" for name, path in files.items())],
    )
    return exit_code(done.converged)


def optimum_content(done: "Optimum") -> dict[str, Any]:
    """Return an optimum for programs: every row of both tables."""
    return {
        "label": done.label,
        "converged": done.converged,
        "unit": "wage-years",
        "recommended": str(done.table["name"][done.recommended]),
        "optimum": _records(done.table),
        "flatness": _records(done.flat),
    }


def _records(table: "Arrays") -> list[dict[str, Any]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*(column.tolist() for column in table.values()), strict=True)]


def optimum_lines(done: "Optimum") -> list[str]:
    """Return an optimum for people: verdict, the best settings and the references, the winner's curse, and how flat it is."""
    from studies.commands.ranking import verdict_line
    from studies.inspect.explain import columns
    from studies.numbers import amount, signed
    from studies.policy.optimise import TRIAL

    table = done.table
    shown = [row for row in range(len(table["name"])) if table["kind"][row] != TRIAL]
    shown.sort(key=lambda row: -table["value"][row])
    cells = [
        (
            str(table["name"][row]) + (" *" if row == done.recommended else ""),
            signed(table["value"][row]),
            amount(table["se"][row], 2),
            f"{signed(table['low'][row])} to {signed(table['high'][row])}",
            amount(table["cost"][row]),
            signed(table["behind"][row]),
            amount(table["behind_se"][row], 2),
            amount(table["regret"][row]),
            signed(table["search_value"][row]),
        )
        for row in shown
    ]
    return [
        verdict_line(done.label, done.converged),
        *SOUGHT,
        "",
        columns(HEAD, cells),
        "* the best of the search on fresh histories. Behind: that one, paired. Regret: against the best of these in each draw.",
        *_words(done),
        "",
        "How far each number can be moved until the search could tell the loss:",
        columns(FLAT, _flat_cells(done.flat)),
        "",
    ]


def _words(done: "Optimum") -> list[str]:
    """Return sentences on what the recommended setting is, what the search promised too much, and whether anything beats it."""
    from studies.numbers import amount, signed
    from studies.policy.optimise import FINALIST, REFERENCE

    table = done.table
    numbers = ", ".join(
        f"{name} {amount(value)}" for name, value in zip(done.flat["number"], done.flat["recommended"], strict=True)
    )
    curse = table["curse"][table["kind"] == FINALIST].mean()
    references = table["kind"] == REFERENCE
    first = int(table["behind"][references].argmin())
    name, ahead, error = (table[key][references][first] for key in ("name", "behind", "behind_se"))
    ahead_of = f"{name} is worth {amount(abs(ahead))} {'more' if ahead < 0 else 'less'} (s.e. {amount(error, 2)})"
    told = "these histories cannot tell them apart" if abs(ahead) <= 2 * error else "which these histories can tell"
    return [
        f"Best of the search on fresh histories: {numbers}.",
        f"Winner's curse: in the search the best settings looked better by {signed(curse)} on average than on fresh histories.",
        f"The best of the references, {ahead_of}; {told}.",
    ]


def _flat_cells(flat: "Arrays") -> list[tuple[str, ...]]:
    from studies.numbers import amount, share

    return [
        (
            str(flat["number"][row]),
            amount(flat["low"][row]),
            amount(flat["high"][row]),
            amount(flat["recommended"][row]),
            *(
                f"{amount(flat[f'low_{errors}'][row])} to {amount(flat[f'high_{errors}'][row])}, "
                f"{flat[f'settings_{errors}'][row]} settings"
                for errors in (1, 2)
            ),
            share(flat["importance"][row]),
        )
        for row in range(len(flat["number"]))
    ]
