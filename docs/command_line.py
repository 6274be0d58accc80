"""What does each command take, and with which code may it end? Tables written from the parser and from the functions it names."""

import argparse
import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from docs.house import REPOSITORY, tree
from studies.cli import build_parser
from studies.parsing import Parser

EXAMPLE: Final = "example:"
# The words by which a function of ``studies/commands`` says that its result may not be whole.
NOT_WHOLE: Final = frozenset({"exit_code", "NOT_WHOLE"})


def commands() -> dict[str, Parser]:
    """Return the parser of every command, by its name, in the order of the help."""
    chosen = next(action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(chosen.choices)


def _help() -> dict[str, str]:
    chosen = next(action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return {one.dest: str(one.help) for one in chosen._choices_actions}


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


def _takes(parser: Parser) -> Iterator[argparse.Action]:
    """Yield what a command takes, its help left out."""
    return (action for action in parser._actions if not isinstance(action, argparse._HelpAction))


def _word(action: argparse.Action) -> str:
    """Return an argument as it is typed, with the word that stands for its value."""
    if not action.option_strings:
        return str(action.metavar or action.dest)
    if action.nargs == 0:
        return action.option_strings[-1]
    choices = "|".join(str(choice) for choice in action.choices or ())
    value = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    return f"{action.option_strings[-1]} {value}{' ...' if action.nargs == '+' else ''}"


def usage(name: str, parser: Parser) -> str:
    """Return how a command is typed: what must stand there, and that options may."""
    words = [action for action in _takes(parser) if not action.option_strings]
    typed = [f"[{_word(one)}]" if one.nargs == "?" else f"{_word(one)}{' ...' if one.nargs == '+' else ''}" for one in words]
    return " ".join(["takeoff", name, *typed, "[OPTIONS]"])


def _row(action: argparse.Action) -> str:
    told = (action.help or "") % {"default": action.default, "prog": "takeoff"}
    return f"| `{_cell(_word(action))}` | {_cell(told)} |"


def _example(parser: Parser) -> str:
    lines = (parser.epilog or "").partition(EXAMPLE)[2].strip().splitlines()
    return "\n".join(line.strip() for line in lines)


@cache
def _reached(module: str, function: str) -> frozenset[str]:
    """Return every name that a function of ``studies/commands`` reads, or a function of the same file that it reaches."""
    written = {
        node.name: {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        for node in tree(REPOSITORY / "studies" / "commands" / f"{module}.py").body
        if isinstance(node, ast.FunctionDef)
    }
    names, new = set[str](), {function}
    while new:
        names |= new
        new = set().union(*(written.get(name, set()) for name in new)) - names
    return frozenset(names)


def _asks(parser: Parser, option: str) -> bool:
    return any(option in action.option_strings for action in parser._actions)


def exit_codes(name: str, parser: Parser) -> list[int]:
    """Return the exit codes with which a command may end, but for 1, which is our own fault."""
    home, function = parser.get_default("function").split(":")
    folder = any(action.metavar == "DIR" for action in parser._actions)
    may = {
        0: True,
        2: True,
        3: bool(NOT_WHOLE & _reached(home, function)),
        4: folder,
        75: _asks(parser, "--on") and name != "plan",
    }
    return [code for code, possible in may.items() if possible]


def one(name: str, parser: Parser, meaning: str) -> str:
    """Return the entry of one command."""
    rows = "\n".join(map(_row, _takes(parser)))
    codes = ", ".join(map(str, exit_codes(name, parser)))
    return "\n\n".join(
        [
            f"## takeoff {name}",
            f"{meaning[:1].upper()}{meaning[1:]}.",
            f"<!-- not run: how it is typed -->\n```text\n{usage(name, parser)}\n```",
            f"| argument or option | meaning |\n| --- | --- |\n{rows}" if rows else "It takes no options.",
            f"```bash\n{_example(parser)}\n```",
            f"Exit codes: {codes}.",
        ]
    )


def reference() -> str:
    """Return the entries of all commands."""
    told = _help()
    return "\n\n".join(one(name, parser, told[name]) for name, parser in commands().items())


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {"commands": reference}
