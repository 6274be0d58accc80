"""What can a user type? Every command with its options; each is one function in ``studies/commands``, imported when it is run.

Exit codes: 0 done, 2 wrong input, 3 done but not converged, 4 a damaged run folder, 75 interrupted, 1 a fault of ours.
"""

import argparse
import importlib
import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final, NoReturn

from industrial_takeoff import hidden_package

PROGRAM: Final = "takeoff"
INPUT_IS_WRONG: Final = 2
INTERRUPTED: Final = 75
SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGUSR1")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like all of ours."""

    def error(self, message: str) -> NoReturn:
        """Write one line and leave."""
        self.exit(INPUT_IS_WRONG, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


class Stopped(KeyboardInterrupt):
    """A signal asked us to stop."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(signal.Signals(number).name)


def _seeds(text: str) -> tuple[int, ...] | range:
    """Read ``7`` or ``1:50``, both ends included."""
    try:
        ends = [int(part) for part in text.split(":")]
    except ValueError:
        ends = []
    if not 1 <= len(ends) <= 2 or min(ends) < 0 or max(ends) >= 2**64 or ends[-1] < ends[0]:
        raise argparse.ArgumentTypeError(
            f"{text!r}: must be a whole number N, or A:B with A no larger than B; write for instance 1:50"
        )
    return range(ends[0], ends[-1] + 1)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**64:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 0 to 2^64-1; write for instance 1")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number above 0; write for instance 20")
    return int(text)


def _years(text: str) -> float:
    try:
        years = float(text)
    except ValueError:
        years = -1.0
    if not 0 <= years <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number of years from 0 to 1000; write for instance 30")
    return years


def _place(text: str) -> str:
    if not re.fullmatch(r"local(:[1-9][0-9]*)?|slurm|dask:\S+", text):
        raise argparse.ArgumentTypeError(f"{text!r}: is no executor; choose local, local:N, dask:ADDRESS or slurm")
    return text


def _shard(text: str) -> tuple[int, int]:
    """Read ``3/8`` as the part, from 0, and the number of parts."""
    part, slash, of = text.partition("/")
    if not (slash and part.isdecimal() and of.isdecimal() and 1 <= int(part) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r}: must be I/N with I from 1 to N; write for instance 3/8")
    return int(part) - 1, int(of)


def _change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r}: must be name=value; write for instance entry_intensity=3")
    return name.strip(), value.strip()


def _long(parser: argparse.ArgumentParser) -> None:
    """Add what long commands share."""
    parser.add_argument(
        "--profile", default="quick", help="how much work: quick, standard, batch, or a YAML file (default: %(default)s)"
    )
    parser.add_argument("--out", metavar="DIR", help="run folder (default: runs/COMMAND-PROFILE)")
    parser.add_argument("--resume", action="store_true", help="go on with the folder's run; start it where there is none")
    parser.add_argument("--seed", type=_seed, help="seed of the run (default: the profile's)")
    _where(parser)


def _profile(parser: argparse.ArgumentParser) -> None:
    """Add the profile of a command that does without one."""
    parser.add_argument(
        "--profile", help="quick, standard, batch, or a YAML file: its threads, its batch system, and what else it says"
    )


def _where(parser: argparse.ArgumentParser) -> None:
    """Add who does the work of a long command."""
    parser.add_argument(
        "--shard", type=_shard, metavar="I/N", help="part I of N, beside other jobs of an array (default: SLURM_ARRAY_TASK_*)"
    )
    parser.add_argument(
        "--on", type=_place, default="local", metavar="WHERE", help="local[:N], dask:ADDRESS or slurm (default: every core)"
    )


def _changes(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--set", dest="changes", type=_change, action="append", default=[], metavar="NAME=VALUE", help=text)


def _add_histories(commands: "argparse._SubParsersAction[Parser]") -> None:
    simulate = commands.add_parser("simulate", help="histories of one cluster", allow_abbrev=False)
    simulate.set_defaults(function="simulating:simulate_case")
    simulate.add_argument("case", metavar="CASE", help="1-19, a name, or a YAML file")
    simulate.add_argument("--engine", choices=("compiled", "simpy"), default="compiled")
    simulate.add_argument("--policy", default="status-quo", metavar="NAME")
    simulate.add_argument(
        "--seed", type=_seeds, default=(1,), metavar="N|A:B", dest="seeds", help="one seed or a range, both ends included"
    )
    _changes(simulate, "a parameter's value, or structure.NAME=OPTION; may be repeated")
    simulate.add_argument("--draw", type=int, metavar="K", help="take history K of a stored posterior; needs --posterior")
    simulate.add_argument("--posterior", metavar="DIR", help="run folder of a calibration")
    simulate.add_argument("--years", type=_years, metavar="H", help="length of the history")
    simulate.add_argument("--out", metavar="F", help="panel: .csv, .parquet or .nc; without it, a plot in the terminal")
    simulate.add_argument("--events", metavar="F", help="event log: .csv, .parquet or .nc")
    simulate.add_argument("--plot", metavar="F.png", help="a picture of the histories")
    sweep = commands.add_parser("sweep", help="histories for the rows of a table", allow_abbrev=False)
    sweep.set_defaults(function="sweeping:sweep")
    sweep.add_argument("table", metavar="TABLE", help=".csv or .parquet: case, policy, seed (N or A:B), parameters")
    sweep.add_argument("--out", metavar="F", help="panel: .csv, .parquet or .nc (default: TABLE-panel with the table's suffix)")
    sweep.add_argument("--years", type=_years, metavar="H", help="length of each history")
    sweep.add_argument(
        "--keep", choices=("quarters", "years", "last"), default="quarters", help="rows kept of a history (default: %(default)s)"
    )
    sweep.add_argument("--resume", action="store_true", help="go on with an interrupted sweep")
    _profile(sweep)
    _where(sweep)


def _add_chain(commands: "argparse._SubParsersAction[Parser]") -> None:
    run = commands.add_parser("run", help="the main job: calibrate, check, compare, report", allow_abbrev=False)
    run.set_defaults(function="chain:run")
    calibrate = commands.add_parser("calibrate", help="the posterior of Tables 1-2", allow_abbrev=False)
    calibrate.set_defaults(function="chain:calibrate_tables")
    for parser in (run, calibrate):
        _long(parser)
        _changes(
            parser, "prior.NAME=VALUE (a number fixes, [low, high] bounds, {normal: [0, 1]} replaces) or structure.NAME=OPTION"
        )
    check = commands.add_parser("check", help="the gates of a calibration", allow_abbrev=False)
    check.set_defaults(function="chain:check_run")
    compare = commands.add_parser("compare", help="policies on the posterior's histories", allow_abbrev=False)
    compare.set_defaults(function="chain:compare_policies")
    report = commands.add_parser("report", help="one self-contained page", allow_abbrev=False)
    report.set_defaults(function="chain:report_run")
    for parser in (check, compare, report):
        parser.add_argument("folder", metavar="DIR", help="run folder")
    advise = commands.add_parser("advise", help="paths and policies for a cluster of one's own", allow_abbrev=False)
    advise.set_defaults(function="advising:advise_cluster")
    advise.add_argument("cluster", metavar="CLUSTER.yaml")
    advise.add_argument(
        "--posterior", default="runs/run-quick", metavar="DIR", help="run folder of a calibration (default: %(default)s)"
    )
    advise.add_argument("--out", metavar="DIR", help="folder for the answer (default: runs/advise-CLUSTER)")
    compare.add_argument("--case", nargs="+", metavar="N", dest="cases", help="clusters to compare in (default: all)")
    for parser in (compare, advise):
        parser.add_argument(
            "--policy", nargs="+", metavar="NAME", dest="policies", help="policies to compare (default: the profile's, or ten)"
        )
        parser.add_argument("--horizon", type=_count, metavar="H", help="years after the decision (default: the profile's or 20)")
        _profile(parser)
        parser.add_argument("--resume", action="store_true", help="replays that are stored are used again in any case")
        _where(parser)


def _add_studies(commands: "argparse._SubParsersAction[Parser]") -> None:
    sensitivity = commands.add_parser("sensitivity", help="which parameter matters", allow_abbrev=False)
    sensitivity.set_defaults(function="sensitivity:analyse")
    sensitivity.add_argument("--method", choices=("morris", "sobol", "given-data"), default="morris")
    _long(sensitivity)
    sensitivity.add_argument("--case", nargs="+", metavar="N", dest="cases", help="clusters (default: the profile's)")
    sensitivity.add_argument("--policy", nargs="+", metavar="NAME", dest="policies", help="policies whose effects are studied")
    sensitivity.add_argument(
        "--parameter", nargs="+", metavar="NAME", dest="parameters", help="parameters to vary (default: every uncertain one)"
    )
    sensitivity.add_argument(
        "--by", choices=("parameter", "mechanism"), help="one index for each of these (default: parameter; sobol: mechanism)"
    )
    plan = commands.add_parser("plan", help="what a profile would cost, before it is spent", allow_abbrev=False)
    plan.set_defaults(function="planning:plan")
    plan.add_argument("--profile", default="quick", help="as for run (default: %(default)s)")
    plan.add_argument("--on", type=_place, default="local", metavar="WHERE", help="as for run (default: %(default)s)")
    plan.add_argument("--out", metavar="F", default="plan.sbatch", help="batch script to write (default: %(default)s)")
    validate = commands.add_parser("validate", help="simulation-based calibration (not yet there)", allow_abbrev=False)
    validate.add_argument("--replicates", type=_count, metavar="N")
    validate.add_argument("--profile", default="quick")
    validate.set_defaults(function="inspecting:not_yet")


def _add_inspection(commands: "argparse._SubParsersAction[Parser]") -> None:
    for name, text in (("status", "how far a run is"), ("verify", "whether a run's files are whole")):
        parser = commands.add_parser(name, help=text, allow_abbrev=False)
        parser.set_defaults(function=f"inspecting:{name}")
        parser.add_argument("folder", metavar="DIR")
        if name == "verify":
            parser.add_argument(
                "--repair", action="store_true", help="put damaged pieces aside, so that --resume makes them again"
            )
    diff = commands.add_parser("diff", help="where two runs part", allow_abbrev=False)
    diff.set_defaults(function="inspecting:diff")
    diff.add_argument("folder", metavar="DIR")
    diff.add_argument("other", metavar="DIR")
    explain = commands.add_parser("explain", help="the order of events, the equations, the priors, a case", allow_abbrev=False)
    explain.set_defaults(function="inspecting:explain")
    explain.add_argument("what", nargs="?", metavar="WHAT", help="schedule, equations, parameters, or a CASE")
    doctor = commands.add_parser("doctor", help="what works on this machine", allow_abbrev=False)
    doctor.set_defaults(function="inspecting:doctor")


def build_parser() -> Parser:
    """Return the parser of every command."""
    parser = Parser(
        prog=PROGRAM, description="Industrial clusters: simulate, calibrate, compare policies, report.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_chain(commands)
    _add_histories(commands)
    _add_studies(commands)
    _add_inspection(commands)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from model.errors import TakeoffError, shown

    home, function = arguments.function.split(":")
    try:
        if hasattr(arguments, "shard"):
            from studies.commands.working import shard_asked

            arguments.shard = shard_asked(arguments.shard, os.environ)
        return int(getattr(importlib.import_module(f"studies.commands.{home}"), function)(arguments))
    except TakeoffError as error:
        sys.stderr.write(f"{PROGRAM}: {shown(' '.join(str(error).split()))}\n")
        return error.exit_code
    except BrokenPipeError:
        # The reader of a pipe has seen enough; keep Python from complaining when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"{PROGRAM}: {shown(str(error.filename))}: {error.strerror}; name another path\n")
        return INPUT_IS_WRONG


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
    if any("\0" in word for word in words):
        sys.stderr.write(f"{PROGRAM}: a word of the command holds a NUL, which no name can hold; leave it out\n")
        return INPUT_IS_WRONG
    arguments = build_parser().parse_args(words)
    for name in SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{PROGRAM}: interrupted{_kept(words, arguments)}\n")
        return INTERRUPTED


def _kept(words: Sequence[str], arguments: argparse.Namespace) -> str:
    """Return what an interrupted command has kept and how to go on; nothing where it keeps no pieces of its work."""
    from model.errors import shown

    if not hasattr(arguments, "on") or arguments.command == "plan":
        return ""
    resume = ["--resume"] if hasattr(arguments, "resume") and "--resume" not in words else []
    return f"; what was finished is kept. Go on with: {shown(shlex.join([PROGRAM, *words, *resume]))}"


if __name__ == "__main__":
    sys.exit(main())
