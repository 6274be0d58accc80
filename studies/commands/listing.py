"""``takeoff list``: the names that a command line may use, one a line, with a few words on each."""

import argparse
from typing import NamedTuple

from model.config import all_cases, load_policy, load_priors, load_profile, policy_names, profile_names
from studies.commands.telling import tell
from studies.parsing import subcommands


class Name(NamedTuple):
    """A name that may be typed, and what it stands for."""

    name: str
    meaning: str


def names_of(kind: str, parser: argparse.ArgumentParser) -> list[Name]:
    """Return what there is of a kind: cases, commands, parameters, policies or profiles.

    Parameters
    ----------
    parser : ArgumentParser
        The program's, which knows its commands.
    """
    if kind == "cases":
        return [Name(case.name, f"{case.title}; {case.location}") for case in all_cases()]
    if kind == "policies":
        return [Name(name, load_policy(name).title) for name in policy_names()]
    if kind == "profiles":
        return [Name(name, load_profile(name).title) for name in profile_names()]
    if kind == "commands":
        return [Name(name, command.description or "") for name, command in subcommands(parser).items()]
    priors = load_priors()
    return [Name(name, f"{priors.entry(name).meaning} ({priors.entry(name).unit})") for name in priors.names()]


def list_names(arguments: argparse.Namespace) -> int:
    """Run ``takeoff list``."""
    names = names_of(arguments.kind, arguments.parser)
    width = max(len(one.name) for one in names)
    tell(arguments, lambda: names, lambda: [f"{one.name:<{width}}  {one.meaning}" for one in names])
    return 0
