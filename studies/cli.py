"""What can a user type? Every command with its options; each is one function in ``studies/commands``, imported when it is run.

Exit codes: 0 done, 2 wrong input, 3 done but the result is not whole, 4 a damaged run folder, 75 interrupted, 1 our own fault.
"""

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from industrial_takeoff import INTERRUPTED, hidden_package
from studies import parsing
from studies.commands.budgeting import add_budgets
from studies.commands.optimising import add_optimise
from studies.commands.trying import add_trial
from studies.commands.words import add_inspection, add_learning, add_planning
from studies.listening import Listening, Stopped
from studies.parsing import INPUT_IS_WRONG, Parser, add_command

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]

PROGRAM: Final = "takeoff"
HOW_MUCH: Final = "how much work: quick, standard, batch, or a YAML file (default: %(default)s)"
LISTS: Final = ("cases", "commands", "parameters", "policies", "profiles")
TEMPLATES: Final = ("cluster", "policy", "profile", "study", "table")
SHELLS: Final = ("bash", "zsh", "fish")


def _add_long(parser: Parser) -> None:
    """Add what long commands share."""
    parser.add_argument("--out", metavar="DIR", help="run folder (default: runs/COMMAND-PROFILE)")
    parser.add_argument("--resume", action="store_true", help="go on with the folder's run; start it where there is none")
    parser.add_argument("--seed", type=parsing.seed, help="seed of the run (default: the profile's)")
    _add_executor(parser)


def _add_profile(parser: Parser) -> None:
    """Add the profile of a command that does without one."""
    parser.add_argument("--profile", help="quick, standard, batch, or a YAML file: its threads, its batch system, and the rest")


def _add_executor(parser: Parser) -> None:
    """Add who does the work of a long command."""
    parser.add_argument(
        "--shard",
        type=parsing.shard,
        metavar="I/N",
        help="part I of N, beside other jobs of an array (default: SLURM_ARRAY_TASK_*)",
    )
    parser.add_argument(
        "--on",
        type=parsing.executor,
        default="local",
        metavar="WHERE",
        help="local[:N], dask:ADDRESS or slurm (default: every core)",
    )


def _add_changes(parser: Parser, text: str) -> None:
    parser.add_argument(
        "--set", dest="changes", type=parsing.change, action="append", default=[], metavar="NAME=VALUE", help=text
    )


def _add_beyond(parser: Parser) -> None:
    parser.add_argument("--beyond-prior", action="store_true", help="allow values beyond the central 99.9 %% of a prior")


def _add_plot(parser: Parser, what: str) -> None:
    parser.add_argument("--plot", metavar="F", help=f"a picture of {what}: .png, .svg or .pdf")


def _add_simulate(commands: "Commands") -> None:
    simulate = add_command(
        commands,
        "simulate",
        "simulating:simulate_case",
        "simulate histories of one cluster",
        "takeoff simulate 10\ntakeoff simulate kumasi --policy training --seed 1:3 --out panel.csv",
    )
    simulate.add_argument("case", metavar="CASE", help="1-19, a name, or a YAML file")
    simulate.add_argument("--engine", choices=("compiled", "simpy"), default="compiled", help="both give the same bits")
    simulate.add_argument("--policy", default="status-quo", metavar="NAME", help="a policy or a YAML file (default: %(default)s)")
    simulate.add_argument(
        "--seed", type=parsing.seeds, default=(1,), metavar="N|A:B", dest="seeds", help="one seed or a range, both ends included"
    )
    _add_changes(simulate, "a parameter's value, or structure.NAME=OPTION; may be repeated")
    _add_beyond(simulate)
    simulate.add_argument("--draw", type=parsing.draw, metavar="K", help="take history K of a posterior; needs --posterior")
    simulate.add_argument("--posterior", metavar="DIR", help="run folder of a calibration")
    simulate.add_argument("--years", type=parsing.years, metavar="H", help="length of the history")
    simulate.add_argument("--out", metavar="F", help="panel: .csv, .parquet or .nc; without it, a plot in the terminal")
    simulate.add_argument("--events", metavar="F", help="event log: .csv, .parquet or .nc")
    _add_plot(simulate, "the histories")


def _add_sweep(commands: "Commands") -> None:
    sweep = add_command(
        commands,
        "sweep",
        "sweeping:sweep",
        "simulate a history for each row of a table",
        "takeoff new table\ntakeoff sweep table.csv --out sweep.csv",
    )
    sweep.add_argument("table", metavar="TABLE", help=".csv or .parquet: case, policy, seed (N or A:B), parameters")
    sweep.add_argument("--out", metavar="F", help="panel: .csv, .parquet or .nc (default: TABLE-panel with the table's suffix)")
    sweep.add_argument("--years", type=parsing.years, metavar="H", help="length of each history")
    sweep.add_argument(
        "--keep", choices=("quarters", "years", "last"), default="quarters", help="rows kept of a history (default: %(default)s)"
    )
    sweep.add_argument("--resume", action="store_true", help="go on with an interrupted sweep")
    _add_beyond(sweep)
    _add_profile(sweep)
    _add_executor(sweep)


def _add_chain(commands: "Commands") -> None:
    run = add_command(
        commands,
        "run",
        "chain:run",
        "take the shipped posterior or calibrate anew, check, compare policies and report: the main job",
        "takeoff run --profile quick --out runs/first",
        json=True,
    )
    calibrate = add_command(
        commands,
        "calibrate",
        "chain:calibrate_tables",
        "find the posterior of Tables 1-2",
        "takeoff calibrate --profile quick --out runs/mine --set 'prior.entry_intensity=[1, 5]'",
        json=True,
    )
    shipped = "shipped (take the posterior that comes with the house), quick, standard, batch, or a YAML file"
    run.add_argument("--profile", help=f"{shipped} (default: shipped where one is there, else quick)")
    calibrate.add_argument("--profile", default="quick", help=f"{shipped} (default: %(default)s)")
    calibrate.add_argument("--anew", action="store_true", help="with the profile shipped: calibrate all the same")
    calibrate.add_argument("--warm", metavar="DIR", help="begin with the emulator of this calibration, say of another structure")
    for parser in (run, calibrate):
        _add_long(parser)
        _add_changes(
            parser, "prior.NAME=VALUE (a number fixes, [low, high] bounds, {normal: [0, 1]} replaces) or structure.NAME=OPTION"
        )
        _add_beyond(parser)
    for name, function, meaning in (
        ("check", "chain:check_run", "tell whether a calibration passes its checks"),
        ("report", "chain:report_run", "write one self-contained page"),
    ):
        parser = add_command(commands, name, function, meaning, f"takeoff {name} runs/first", json=True)
        parser.add_argument("folder", metavar="DIR", help="run folder of a calibration")


def _add_trust(commands: "Commands") -> None:
    """Add what tells how far a posterior can be trusted."""
    alternatives = add_command(
        commands,
        "alternatives",
        "chain:compare_structures",
        "set calibrations of other structures side by side, with stacking weights",
        "takeoff calibrate --profile standard --set structure.spillover=off --warm runs/shipped --out runs/no-spillover\n"
        "takeoff alternatives runs/shipped runs/no-spillover",
        json=True,
    )
    alternatives.add_argument("folders", nargs="+", metavar="DIR", help="calibrations, the main one first")
    validate = add_command(
        commands,
        "validate",
        "validating:validate_posterior",
        "simulation-based calibration: are known parameters found?",
        "takeoff validate --replicates 200 --out runs/validate",
        json=True,
    )
    validate.add_argument("folder", nargs="?", metavar="DIR", help="run folder (default: as for advise)")
    validate.add_argument("--replicates", type=int, default=200, metavar="N", help="synthetic tables (default: %(default)s)")
    validate.add_argument("--seed", type=parsing.seed, default=1, help="seed of the tables (default: %(default)s)")
    validate.add_argument("--out", default="runs/validate", metavar="DIR", help="run folder (default: %(default)s)")
    validate.add_argument("--resume", action="store_true", help="go on with the folder's run; start it where there is none")
    _add_executor(validate)


def _add_policies(commands: "Commands") -> None:
    compare = add_command(
        commands,
        "compare",
        "chain:compare_policies",
        "compare policies on the posterior's histories",
        "takeoff compare runs/first --case 10 5 --policy training zone credit --horizon 15",
        json=True,
    )
    compare.add_argument("folder", metavar="DIR", help="run folder of a calibration")
    compare.add_argument("--case", nargs="+", metavar="N", dest="cases", help="clusters to compare in (default: all)")
    advise = add_command(
        commands,
        "advise",
        "advising:advise_cluster",
        "rank policies for a cluster of one's own",
        "takeoff new cluster --out my-town.yaml\ntakeoff advise my-town.yaml --posterior runs/first --out runs/my-town",
        json=True,
    )
    advise.add_argument("cluster", metavar="CLUSTER.yaml", help="what is known of the cluster")
    advise.add_argument("--posterior", metavar="DIR", help="calibration (default: the shipped one, else runs/run-quick)")
    advise.add_argument("--out", metavar="DIR", help="folder for the answer (default: runs/advise-CLUSTER)")
    compare.add_argument("--draws", type=parsing.count, metavar="N", help="most histories of a cluster that are replayed")
    compare.add_argument("--futures", type=parsing.count, metavar="F", help="futures of luck of each history (default: 2)")
    for parser in (compare, advise):
        parser.add_argument(
            "--policy", nargs="+", metavar="NAME", dest="policies", help="policies to compare (default: the profile's, or ten)"
        )
        parser.add_argument(
            "--horizon", type=parsing.horizon, metavar="H", help="years after the decision (default: the profile's or 20)"
        )
        _add_plot(parser, "the ranking")
        _add_profile(parser)
        parser.add_argument("--resume", action="store_true", help="replays that are stored are used again in any case")
        _add_executor(parser)


def _add_studies(commands: "Commands") -> None:
    sensitivity = add_command(
        commands,
        "sensitivity",
        "sensitivity:analyse",
        "find which parameters matter, on the prior or on a posterior",
        "takeoff sensitivity --case 10 --policy training\ntakeoff sensitivity --method given-data runs/first --case 10",
        json=True,
    )
    sensitivity.add_argument(
        "--method",
        choices=("morris", "sobol", "given-data"),
        default="morris",
        help="morris or sobol on the prior, given-data on a posterior (default: %(default)s)",
    )
    where = "for given-data: run folder in which policies were compared (default: that of make run)"
    sensitivity.add_argument("folder", nargs="?", metavar="DIR", help=where)
    sensitivity.add_argument("--profile", help=HOW_MUCH.replace("%(default)s", "quick"))
    _add_plot(sensitivity, "the indices of the first outcome")
    _add_long(sensitivity)
    sensitivity.add_argument("--case", nargs="+", metavar="N", dest="cases", help="clusters (default: the profile's)")
    sensitivity.add_argument("--policy", nargs="+", metavar="NAME", dest="policies", help="policies whose effects are studied")
    sensitivity.add_argument(
        "--parameter", nargs="+", metavar="NAME", dest="parameters", help="parameters to vary (default: every uncertain one)"
    )
    sensitivity.add_argument(
        "--by", choices=("parameter", "mechanism"), help="one index for each of these (default: parameter; sobol: mechanism)"
    )


def _add_knowledge(commands: "Commands", parser: Parser) -> None:
    explain = add_command(
        commands,
        "explain",
        "inspecting:explain",
        "explain the order of events, the equations, a parameter, a policy or a case",
        "takeoff explain schedule\ntakeoff explain entry_intensity\ntakeoff explain training\ntakeoff explain kumasi",
        json=True,
    )
    explain.add_argument(
        "what", nargs="?", metavar="WHAT", help="schedule, equations, parameters, or a PARAMETER, a POLICY or a CASE"
    )
    listing = add_command(
        commands, "list", "listing:list_names", "list what there is, a line each", "takeoff list policies", json=True
    )
    listing.add_argument("kind", choices=LISTS, metavar="KIND", help=", ".join(LISTS))
    new = add_command(
        commands,
        "new",
        "creating:create",
        "write a commented template of a cluster, a policy, a profile, a study or a table",
        "takeoff new policy --out my-plan.yaml",
    )
    new.add_argument("kind", choices=TEMPLATES, metavar="KIND", help=", ".join(TEMPLATES))
    new.add_argument("--out", metavar="F", help="file to write, or - for the terminal (default: KIND.yaml, or table.csv)")
    completion = add_command(
        commands,
        "completion",
        "completing:print_script",
        "print the script with which a shell completes commands, options and names",
        "takeoff completion bash > ~/.local/share/bash-completion/completions/takeoff",
    )
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    for one in (listing, completion):
        one.set_defaults(parser=parser)


def build_parser() -> Parser:
    """Return the parser of every command."""
    parser = Parser(
        prog=PROGRAM,
        description="Industrial clusters: simulate, calibrate, compare policies, report.",
        epilog="example:\n  takeoff explain kumasi\n  takeoff simulate kumasi --policy training",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=parsing.Version, nargs=0, help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_chain(commands)
    _add_trust(commands)
    _add_policies(commands)
    _add_executor(add_budgets(commands))
    add_optimise(commands)
    add_learning(commands)
    add_trial(commands)
    _add_simulate(commands)
    _add_sweep(commands)
    _add_studies(commands)
    add_planning(commands)
    _add_knowledge(commands, parser)
    add_inspection(commands)
    return parser


def _run(arguments: argparse.Namespace, listening: Listening) -> int:
    home, function = arguments.function.split(":")
    try:
        if hasattr(arguments, "shard"):
            from studies.commands.working import shard_asked

            arguments.shard = shard_asked(arguments.shard, os.environ)
        return int(getattr(importlib.import_module(f"studies.commands.{home}"), function)(arguments))
    except Exception as error:
        # A stop in the middle of a library's compiled code may come out of it as an error of another kind.
        if listening.asked:
            raise Stopped(listening.asked) from error
        return _told(error)


def _told(error: Exception) -> int:
    """Tell what a user can mend, and return the exit code; a fault of ours is raised again."""
    from model.errors import TakeoffError, plain

    if isinstance(error, TakeoffError):
        sys.stderr.writelines(f"{PROGRAM}: {fault}\n" for fault in error.faults)
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # The reader of a pipe has seen enough; keep Python from complaining when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, OSError) and error.filename is not None:
        sys.stderr.write(f"{PROGRAM}: {plain(str(error.filename))}: {error.strerror}; name another path\n")
        return INPUT_IS_WRONG
    raise error


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after the program's name; those of the process if not given.

    Returns
    -------
    int
        The exit code.
    """
    if (hidden := hidden_package()) is not None:
        sys.stderr.write(f"{PROGRAM}: {hidden}\n")
        return INPUT_IS_WRONG
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser().parse_args(words)
    if (fault := next(filter(None, map(parsing.impossible, words)), None)) is not None:
        sys.stderr.write(f"{PROGRAM}: {fault}\n")
        return INPUT_IS_WRONG
    listening = Listening()
    try:
        listening.begin()
        code = _run(arguments, listening)
        listening.end()
        return code
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{PROGRAM}: interrupted{_kept(words, arguments)}\n")
        return INTERRUPTED
    finally:
        listening.end()


def _kept(words: Sequence[str], arguments: argparse.Namespace) -> str:
    """Return what an interrupted command has kept and how to go on; nothing where it keeps no pieces of its work."""
    from model.errors import plain

    if not hasattr(arguments, "on") or arguments.command == "plan":
        return ""
    resume = ["--resume"] if hasattr(arguments, "resume") and "--resume" not in words else []
    return f"; what was finished is kept. Go on with: {plain(shlex.join([PROGRAM, *words, *resume]))}"


if __name__ == "__main__":
    from industrial_takeoff import main as start

    sys.exit(start())
