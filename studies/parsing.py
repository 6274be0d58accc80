"""How is a command line read? By ``argparse``, whose complaints become one line that names the nearest word that is known."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn

INPUT_IS_WRONG: Final = 2
# Characters of a user's word that a complaint repeats, and of a complaint of argparse, which may repeat a whole word.
SHOWN: Final = 60
LONGEST: Final = 600
# Characters of the longest path that systems take, and of any other word of the command.
LONGEST_WORD: Final = 4096
# As in `model`, which is imported only once the words are read.
MOST_YEARS: Final = 1000
MOST_THREADS: Final = 1000
_DIGITS: Final = re.compile(r"[0-9]{1,20}")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like all of ours, and name the nearest word that is known."""

    def error(self, message: str) -> NoReturn:
        """Write one line and leave."""
        line = " ".join(message.split())
        line = line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
        self.exit(INPUT_IS_WRONG, f"{self.prog}: {line}; see {self.prog} --help\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and refuse what is left over while the options of this command, and not of all, are at hand."""
        parsed, extra = super().parse_known_args(args, namespace)
        if extra:
            word = extra[0].partition("=")[0]
            options = [option for action in self._actions for option in action.option_strings]
            self.error(f"{shown(word)}: unknown {'option' if word.startswith('-') else 'argument'}{nearest(word, options)}")
        return parsed, extra

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if choices and value not in choices:
            known = f"choose from {', '.join(choices)}"
            raise argparse.ArgumentError(action, f"{shown(str(value))}: unknown{nearest(str(value), choices)}; {known}")


class Version(argparse.Action):
    """Prints the version and leaves; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> NoReturn:
        """Print the version and leave."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("industrial-takeoff")
        except PackageNotFoundError:
            number = "of a checkout that is not installed"
        sys.stdout.write(f"{parser.prog} {number}\n")
        parser.exit()


def shown(word: str) -> str:
    """Return a user's word as a complaint repeats it: shortened, and without characters that move a terminal's cursor."""
    return repr(word if len(word) <= SHOWN else word[:SHOWN] + "...")


def impossible(word: str) -> str | None:
    """Return what makes a word of the command impossible, whatever it is meant for; None where it may be right."""
    if "\0" in word:
        return f"{shown(word)}: holds a NUL, which no name can hold; leave it out"
    if len(word) > LONGEST_WORD:
        return f"{shown(word)}: has {len(word):,} characters, more than any path or value; shorten it"
    return None


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known word that is nearest, empty where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]}?" if near else ""


def add_command(
    commands: "argparse._SubParsersAction[Parser]",
    name: str,
    function: str,
    meaning: str,
    example: str,
    *,
    json: bool = False,
) -> Parser:
    """Add a command and return its parser.

    Parameters
    ----------
    function : str
        ``MODULE:FUNCTION`` below ``studies.commands``, imported when the command is run.
    meaning : str
        What the command does, for the list of commands and above its own help.
    example : str
        One command line, or several, that can be typed as they stand.
    json : bool
        Whether a program may read what the command prints.
    """
    parser = commands.add_parser(
        name,
        help=meaning,
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(function=function, example=example, json=False)
    parser.add_argument("--quiet", action="store_true", help="show no progress; results, warnings and errors are shown")
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def seeds(text: str) -> tuple[int, ...] | range:
    """Read ``7`` or ``1:50``, both ends included."""
    ends = [whole(part) for part in text.split(":", 2)]
    if len(ends) > 2 or min(ends) < 0 or max(ends) >= 2**64 or ends[-1] < ends[0]:
        raise argparse.ArgumentTypeError(
            f"{shown(text)}: must be a whole number N, or A:B with A no larger than B; write for instance 1:50"
        )
    return range(ends[0], ends[-1] + 1)


def seed(text: str) -> int:
    """Read one seed, a whole number from 0 to 2^64-1."""
    number = whole(text)
    if not 0 <= number < 2**64:
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be a whole number from 0 to 2^64-1; write for instance 1")
    return number


def draw(text: str) -> int:
    """Read the number of a stored history, from 0 on."""
    number = whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be the number of a history, from 0 on; write for instance 0")
    return number


def horizon(text: str) -> int:
    """Read a whole number of years above 0."""
    number = whole(text)
    if not 1 <= number <= MOST_YEARS:
        rule = f"must be a whole number of years from 1 to {MOST_YEARS}; write for instance 20"
        raise argparse.ArgumentTypeError(f"{shown(text)}: {rule}")
    return number


def count(text: str) -> int:
    """Read a whole number above 0."""
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be a whole number above 0; write for instance 100")
    return number


def port(text: str) -> int:
    """Read a port, 0 for one that is free."""
    number = whole(text)
    if not 0 <= number < 2**16:
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be a port from 0 to 65535; write for instance 8765")
    return number


def share(text: str) -> float:
    """Read a share strictly between 0 and 1."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number < 1.0:
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be a number between 0 and 1; write for instance 0.5")
    return number


def whole(text: str) -> int:
    """Return the whole number that at most twenty digits write, and -1 for any other text."""
    return int(text) if _DIGITS.fullmatch(text) else -1


def years(text: str) -> float:
    """Read a number of years, from 0 on."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= MOST_YEARS:
        rule = f"must be a number of years from 0 to {MOST_YEARS}; write for instance 30"
        raise argparse.ArgumentTypeError(f"{shown(text)}: {rule}")
    return number


def executor(text: str) -> str:
    """Read where work is done: ``local``, ``local:N``, ``dask:ADDRESS`` or ``slurm``."""
    kind, colon, detail = text.partition(":")
    if kind == "local" and colon and not 1 <= whole(detail) <= MOST_THREADS:
        rule = f"the number of threads must be a whole number from 1 to {MOST_THREADS}; write for instance local:2"
        raise argparse.ArgumentTypeError(f"{shown(text)}: {rule}")
    if not re.fullmatch(r"local(:[0-9]+)?|slurm|dask:\S+", text):
        near = nearest(kind, ("local", "slurm", "dask"))
        raise argparse.ArgumentTypeError(f"{shown(text)}: is no executor{near}; choose local, local:N, dask:ADDRESS or slurm")
    return text


def shard(text: str) -> tuple[int, int]:
    """Read ``3/8`` as the part, from 0, and the number of parts."""
    part, slash, of = text.partition("/")
    if not (slash and re.fullmatch(r"\d{1,9}/\d{1,9}", text) and 1 <= int(part) <= int(of)):
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be I/N with I from 1 to N; write for instance 3/8")
    return int(part) - 1, int(of)


def change(text: str) -> tuple[str, str]:
    """Read ``name=value``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{shown(text)}: must be name=value; write for instance entry_intensity=3")
    return name.strip(), value.strip()


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the commands of a program, by name, in the order in which they were added."""
    chosen: Sequence[argparse.Action] = parser._actions
    return next(dict(action.choices) for action in chosen if isinstance(action, argparse._SubParsersAction))
