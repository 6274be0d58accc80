"""Who is given a bad input? Whatever reads what a user writes: each target answers, or refuses in a line that helps."""

import io
import random
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from execution.executors import Threads
from model.changes import read_changes, read_priors
from model.config import CONFIGS, load_case, load_policy, load_priors, load_profile
from model.errors import TakeoffError
from model.latents import conditional_medians
from model.policy import programmes_for
from model.simulation import simulate
from studies.cli import build_parser
from studies.files.tables import read_table
from studies.sweeps.sweep import failures_of, sweep

# Of the inputs that are accepted, one in so many is simulated for a year.
SIMULATED: Final = 40
LONGEST_LINE: Final = 600


class Target(NamedTuple):
    """Where inputs go: a name, the suffix of their file, good inputs to begin with, and what is done with a file."""

    name: str
    suffix: str
    good: tuple[str, ...]
    use: Callable[[Path, random.Random], None]


def texts(folder: str) -> tuple[str, ...]:
    """Return the shipped files of a folder of ``configs/``."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted((CONFIGS / folder).glob("*.yaml")))


def use_case(path: Path, draw: random.Random) -> None:
    """Read a case; of some that are accepted, simulate a year."""
    case = load_case(path)
    medians = conditional_medians(case, load_priors())
    assert np.isfinite(medians).all(), "medians of latents are finite"
    if draw.randrange(SIMULATED) == 0:
        panel = simulate(case, years=1)
        assert np.isfinite(panel["firms"].values).any(), "a history has a first row"


def use_priors(path: Path, draw: random.Random) -> None:
    """Read priors; what is accepted has finite values out to eight standard deviations."""
    priors = load_priors(path)
    names = priors.names("calibrated")
    for z in (-8.0, 0.0, 8.0):
        assert np.isfinite(priors.from_normal(names, np.full((1, len(names)), z))).all(), "a prior's quantiles are finite"


def use_policy(path: Path, draw: random.Random) -> None:
    """Read a policy and put it on the timeline of a cluster."""
    policy = load_policy(path)
    programmes_for(policy, load_case(10), load_priors().structures_with())
    if draw.randrange(SIMULATED) == 0:
        simulate(10, policy=policy, years=1)


def use_profile(path: Path, draw: random.Random) -> None:
    """Read a profile."""
    load_profile(path)


def use_table(path: Path, draw: random.Random) -> None:
    """Sweep a table; the panel of what worked holds finite numbers."""
    out = path.with_name(f"out{draw.getrandbits(60):x}.csv")
    done = sweep(path, out, years=0.5, keep="last", on=Threads(1))
    columns = read_table(done.out)
    for name in ("time", "firms", "workers", "output", "price"):
        assert np.isfinite(columns[name].astype(float)).all(), f"{name}: a panel holds finite numbers"
    failures_of(out).unlink(missing_ok=True)


def use_options(path: Path, draw: random.Random) -> None:
    """Read the words of a command line, one a line, and the changes among them."""
    words = path.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    arguments = build_parser().parse_args(words)
    changes = getattr(arguments, "changes", [])
    if arguments.command == "simulate":
        read_changes(load_priors(), changes)
    elif changes:
        read_priors(load_priors(), changes)


COMMANDS: Final = (
    "simulate\n10\n--seed\n1:3\n--set\nentry_intensity=3\n--years\n5\n--policy\ntraining\n--out\nx.csv",
    "run\n--profile\nquick\n--set\nprior.entry_intensity=[1, 5]\n--set\nstructure.ladder=3\n--on\nlocal:2\n--shard\n1/2",
    "calibrate\n--set\nprior.exit_base=[0.02, 0.1]\n--seed\n7",
    "compare\nruns/run\n--case\n1\n2\n--policy\ncredit\nzone\n--horizon\n20",
    "sensitivity\n--method\nsobol\n--by\nmechanism\n--parameter\nentry_intensity\n--case\n10",
    "advise\nmine.yaml\n--posterior\nruns/run",
    "sweep\ntable.csv\n--keep\nlast\n--years\n3",
    "plan\n--profile\nquick\n--on\nslurm\n--out\nplan.sbatch",
)
TABLES: Final = (
    "case,policy,seed,entry_intensity,structure.ladder\n10,training,1:2,3,3\n9,status-quo,5,2.5,6\n12,,1,,\n",
    "seed,case\n1,kumasi\n2,10-kumasi\n",
    "case;seed;spin_off_rate\n10;1;0.1\n",
    "case\tpolicy\n10\tcredit\n",
    '"case","seed"\n"10","3"\n',
)
TARGETS: Final = (
    Target("case", ".yaml", texts("cases"), use_case),
    Target("prior", ".yaml", ((CONFIGS / "priors.yaml").read_text(encoding="utf-8"),), use_priors),
    Target("policy", ".yaml", texts("policies"), use_policy),
    Target("profile", ".yaml", texts("profiles"), use_profile),
    Target("table", ".csv", TABLES, use_table),
    Target("option", ".txt", COMMANDS, use_options),
)


def fault_of(target: Target, path: Path, draw: random.Random) -> str:
    """Return what is wrong with the answer to an input, or nothing: an answer, or a refusal in words, is right."""
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            target.use(path, draw)
    except TakeoffError as error:
        return fault_of_words(str(error))
    except SystemExit as ended:
        return "" if ended.code in (0, 2) else f"exit code {ended.code}"
    except Exception as error:  # noqa: BLE001 - a traceback that a user would see is what is looked for
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def fault_of_words(words: str) -> str:
    """Return what is wrong with the words of a refusal, or nothing."""
    if not words.strip():
        return "a refusal without words"
    if max(map(len, words.split("\n"))) > LONGEST_LINE:
        return f"a line of {max(map(len, words.split(chr(10))))} characters"
    if any((ord(sign) < 32 and sign not in "\n\t") or sign == "\x7f" for sign in words):
        return f"control characters in {words[:100]!r}"
    return ""
