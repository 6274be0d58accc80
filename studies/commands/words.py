"""What can be typed of the commands that value measurements, plan, and look into runs? ``studies.cli`` adds them to the rest."""

import argparse
from typing import TYPE_CHECKING, Final

from studies import parsing
from studies.parsing import Parser, add_command

# Options that go before the profile's entry ``slurm``, by the names of its keys.
BATCH_OPTIONS: Final = (
    ("account", "NAME", "account that the job is charged to"),
    ("partition", "NAME", "partition that it runs in"),
    ("qos", "NAME", "quality of service"),
    ("constraint", "NAME", "features that its node must have"),
    ("walltime", "TIME", "the longest that one job may run, as 04:00:00"),
    ("memory", "SIZE", "memory of the job, as 16G; with --script-only, since the plan finds it out"),
)

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


def add_learning(commands: "Commands") -> None:
    """Add ``learn``."""
    learn = add_command(
        commands,
        "learn",
        "learning:value_measurements",
        "value what could be measured before a policy is chosen",
        "takeoff learn runs/first --case 10 12",
        json=True,
    )
    learn.add_argument("folder", metavar="DIR", help="run folder of a calibration in which policies were compared")
    learn.add_argument("--case", nargs="+", metavar="N", dest="cases", help="clusters (default: all that were compared)")
    learn.add_argument("--out", metavar="F", help="table: .csv, .parquet or .nc (default: learning.csv in DIR)")


def add_planning(commands: "Commands") -> None:
    """Add ``plan``."""
    plan = add_command(
        commands,
        "plan",
        "planning:plan",
        "tell what a profile would cost, before it is spent",
        "takeoff plan --profile standard --account industry --out plan.sbatch\n"
        "takeoff plan --profile standard --script-only --walltime 04:00:00 --memory 16G",
        json=True,
    )
    plan.add_argument("--profile", default="quick", help="as for run (default: %(default)s)")
    plan.add_argument("--on", type=parsing.executor, default="local", metavar="WHERE", help="as for run (default: %(default)s)")
    plan.add_argument("--out", metavar="F", default="plan.sbatch", help="batch script to write (default: %(default)s)")
    plan.add_argument("--script-only", action="store_true", help="write the script at once: time and predict nothing")
    for name, metavar, meaning in BATCH_OPTIONS:
        plan.add_argument(f"--{name}", metavar=metavar, help=f"{meaning} (default: the profile's)")


def add_inspection(commands: "Commands") -> None:
    """Add ``status``, ``verify``, ``diff``, ``serve``, ``guide`` and ``doctor``."""
    for name, meaning in (("status", "tell how far a run is"), ("verify", "tell whether a run's files are whole")):
        parser = add_command(commands, name, f"inspecting:{name}", meaning, f"takeoff {name} runs/first", json=True)
        parser.add_argument("folder", metavar="DIR", help="run folder")
        if name == "verify":
            parser.add_argument(
                "--repair", action="store_true", help="put damaged pieces aside, so that --resume makes them again"
            )
    diff = add_command(
        commands, "diff", "inspecting:diff", "tell where two runs part", "takeoff diff runs/first runs/second", json=True
    )
    diff.add_argument("folder", metavar="DIR", help="run folder")
    diff.add_argument("other", metavar="DIR", help="another run folder")
    serve = add_command(
        commands,
        "serve",
        "serving:serve",
        "show a run on a local page: how far it is, then clusters and policies to choose from",
        "takeoff serve runs/first",
    )
    serve.add_argument("folder", metavar="DIR", help="run folder")
    serve.add_argument("--port", type=parsing.port, default=8765, metavar="N", help="port (default: %(default)s; 0: a free one)")
    add_command(
        commands, "guide", "guiding:guide", "show on one page what to type for which question", "takeoff guide", json=False
    )
    add_command(commands, "doctor", "inspecting:doctor", "tell what works on this machine", "takeoff doctor", json=True)
