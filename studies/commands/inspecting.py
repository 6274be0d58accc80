"""Commands that look and tell: ``explain``, ``doctor``, ``status``, ``verify`` and ``diff``."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from studies.commands.telling import tell

# How lines of ``verify`` and ``diff`` begin that say what is damaged, on what runs depend, and which pieces they share.
DAMAGED: Final = "damaged: "
DEPENDS: Final = "depends on: "
PIECES: Final = "pieces: "


def explain(arguments: argparse.Namespace) -> int:
    """Run ``takeoff explain``."""
    from studies.inspect.entries import explained, explanation

    tell(arguments, lambda: explained(arguments.what), lambda: [explanation(arguments.what)])
    return 0


def doctor(arguments: argparse.Namespace) -> int:
    """Run ``takeoff doctor``: what is fine and what is not, each at once; as JSON, all at the end."""
    from studies.inspect.doctor import Finding, examine

    findings: list[Finding] = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        if not arguments.json:
            sys.stdout.write(f"{'ok  ' if finding.fine else 'LOOK'} {finding.name:14} {finding.seen}\n")
            sys.stdout.flush()

    fine = examine(note)
    if arguments.json:
        tell(arguments, lambda: {"fine": fine, "findings": findings}, list)
    return 0 if fine else 1


def status(arguments: argparse.Namespace) -> int:
    """Run ``takeoff status``."""
    from studies.inspect.run_folder import status_content, status_lines

    folder = Path(arguments.folder)
    tell(arguments, lambda: status_content(folder), lambda: status_lines(folder))
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Run ``takeoff verify``: a line at once on everything seen; as JSON, all at the end."""
    from studies.inspect.verify import verify_folder

    lines: list[str] = []

    def note(line: str) -> None:
        lines.append(line)
        if not arguments.json:
            sys.stdout.write(line + "\n")

    code = verify_folder(Path(arguments.folder), arguments.repair, note)
    if arguments.json:
        damaged = [line.removeprefix(DAMAGED) for line in lines if line.startswith(DAMAGED)]
        rest = [line for line in lines if not line.startswith(DAMAGED)]
        tell(arguments, lambda: {"whole": not damaged, "damaged": damaged, "told": rest}, list)
    return code


def diff(arguments: argparse.Namespace) -> int:
    """Run ``takeoff diff``."""
    from studies.inspect.diff import folder_differences

    lines = folder_differences(Path(arguments.folder), Path(arguments.other))
    tell(arguments, lambda: _parted(lines), lambda: lines)
    return 0


def _parted(lines: list[str]) -> dict[str, Any]:
    """Return where two runs part, for programs: by what they depend on, by pieces, and by results."""
    depends = [line.removeprefix(DEPENDS) for line in lines if line.startswith(DEPENDS)]
    pieces = next((line.removeprefix(PIECES) for line in lines if line.startswith(PIECES)), "")
    results = [line for line in lines if not line.startswith((DEPENDS, PIECES))]
    return {"depends_on": depends, "pieces": pieces, "results": results}
