"""Commands that look and tell: ``explain``, ``doctor``, ``status``, ``verify``, ``diff``, and those that are not yet there."""

import argparse
import sys
from pathlib import Path


def not_yet(arguments: argparse.Namespace) -> int:
    """Say that a command is not yet there."""
    sys.stderr.write(
        f"takeoff: {arguments.command}: is not yet there in this version; see the list of what is missing in README.md\n"
    )
    return 2


def explain(arguments: argparse.Namespace) -> int:
    """Run ``takeoff explain``."""
    from studies.inspect.explain import explanation

    sys.stdout.write(explanation(arguments.what) + "\n")
    return 0


def doctor(arguments: argparse.Namespace) -> int:
    """Run ``takeoff doctor``."""
    from studies.inspect.doctor import Finding, examine

    def tell(finding: Finding) -> None:
        sys.stdout.write(f"{'ok  ' if finding.fine else 'LOOK'} {finding.name:14} {finding.seen}\n")
        sys.stdout.flush()

    return 0 if examine(tell) else 1


def status(arguments: argparse.Namespace) -> int:
    """Run ``takeoff status``."""
    from studies.inspect.run_folder import status_lines

    sys.stdout.write("\n".join(status_lines(Path(arguments.folder))) + "\n")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Run ``takeoff verify``."""
    from studies.inspect.verify import verify_folder

    return verify_folder(Path(arguments.folder), arguments.repair, lambda line: sys.stdout.write(line + "\n"))


def diff(arguments: argparse.Namespace) -> int:
    """Run ``takeoff diff``."""
    from studies.inspect.diff import folder_differences

    lines = folder_differences(Path(arguments.folder), Path(arguments.other))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
