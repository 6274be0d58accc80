"""``takeoff completion``: a script with which bash, zsh or fish completes commands, options and the names that options take.

The scripts hold the words themselves, so that completing starts no Python; a name that is new appears once the script is
printed again.
"""

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from model.config import all_cases, load_priors, policy_names, profile_names
from studies.inspect.explain import TOPICS
from studies.parsing import subcommands

_BASH: Final = """\
# Completion of {program} for bash. Print it again after an update: {program} completion bash
_{program}() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}" option="" words="" index
    for (( index = COMP_CWORD - 1; index > 1; index-- )); do
        if [[ "${{COMP_WORDS[index]}}" == --* ]]; then option="${{COMP_WORDS[index]}}"; break; fi
    done
    if (( COMP_CWORD == 1 )); then
        words="{commands}"
    elif [[ "$current" == -* ]]; then
        case "$command" in
{options}
        esac
    else
        case "$command $option" in
{values}
        esac
    fi
    COMPREPLY=( $(compgen -W "$words" -- "$current") )
}}
complete -o default -F _{program} {program}
"""
_ZSH: Final = """\
# Completion of {program} for zsh, which runs that of bash; source it. Print it again after an update: {program} completion zsh
(( $+functions[compdef] )) || {{ autoload -U compinit && compinit }}
autoload -U bashcompinit && bashcompinit
"""


class Option(NamedTuple):
    """An option, or an argument where ``flag`` is empty.

    Attributes
    ----------
    takes, several : whether a word follows, or more than one
    words : the words it may be
    only : whether it may be nothing else, such as the name of a file
    """

    flag: str
    meaning: str
    takes: bool
    several: bool
    words: Sequence[str]
    only: bool


def print_script(arguments: argparse.Namespace) -> int:
    """Run ``takeoff completion``."""
    sys.stdout.write(script(arguments.shell, arguments.parser))
    return 0


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return the script for a shell: ``bash``, ``zsh`` or ``fish``."""
    if shell == "fish":
        return _fish(parser)
    bash = _bash(parser)
    return bash if shell == "bash" else _ZSH.format(program=parser.prog) + bash


def words_of() -> dict[str, list[str]]:
    """Return the names that arguments take, by the argument's name in the parsed command line."""
    cases = [case.name.split("-", 1)[1] for case in all_cases()]
    policies, profiles, parameters = list(policy_names()), list(profile_names()), list(load_priors().names())
    return {
        "case": cases,
        "cases": cases,
        "policy": policies,
        "policies": policies,
        "profile": profiles,
        "parameters": parameters,
        "changes": [f"{name}=" for name in parameters],
        "what": [*TOPICS, *cases, *policies, *parameters],
        "on": ["local", "slurm", "dask:"],
    }


def options_of(command: argparse.ArgumentParser, words: Mapping[str, list[str]]) -> Iterator[Option]:
    """Yield the options and arguments of a command."""
    for action in command._actions:
        choices = [str(choice) for choice in action.choices or ()]
        known, meaning = choices or words.get(action.dest, []), (action.help or "") % vars(action)
        for flag in [flag for flag in action.option_strings if flag.startswith("--")] or [""]:
            yield Option(flag, meaning, action.nargs != 0, action.nargs == "+", known, bool(choices))


def _bash(parser: argparse.ArgumentParser) -> str:
    words, commands = words_of(), subcommands(parser)
    options, values = [], []
    for name, command in commands.items():
        every = list(options_of(command, words))
        options.append(f'            {name}) words="{" ".join(one.flag for one in every if one.flag)}" ;;')
        plain = " ".join(word for one in every if not one.flag for word in one.words)
        for one in every:
            if one.flag:
                # After an option that takes no word, the command's own argument is due.
                values.append(f'            "{name} {one.flag}") words="{" ".join(one.words) if one.takes else plain}" ;;')
        values.append(f'            "{name} ") words="{plain}" ;;')
    return _BASH.format(program=parser.prog, commands=" ".join(commands), options="\n".join(options), values="\n".join(values))


def _fish(parser: argparse.ArgumentParser) -> str:
    words, program = words_of(), parser.prog
    lines = [f"# Completion of {program} for fish. Print it again after an update: {program} completion fish"]
    for name, command in subcommands(parser).items():
        told = shlex.quote(command.description or "")
        lines.append(f"complete -c {program} -f -n __fish_use_subcommand -a {name} -d {told}")
        for one in options_of(command, words):
            begin = f"complete -c {program} -n '__fish_seen_subcommand_from {name}'"
            named = f" -a {shlex.quote(' '.join(one.words))}" if one.words else ""
            if one.flag:
                takes = " -x" if one.only else " -r" if one.takes else ""
                lines.append(f"{begin} -l {one.flag[2:]}{takes}{named} -d {shlex.quote(one.meaning)}")
            if one.several and named:
                lines.append(f"{begin[:-1]}; and contains -- {one.flag} (commandline -opc)'{named}")
            elif not one.flag and named:
                lines.append(begin + named)
    return "\n".join(lines) + "\n"
