"""``takeoff new``: a commented template of a cluster, a policy, a profile, a study or a table, which can be used as it stands."""

import argparse
import sys
from pathlib import Path
from typing import Final

from execution.writing import write_text
from model.errors import InputError

HOME: Final = Path(__file__).resolve().parent / "templates"
TERMINAL: Final = "-"


def template_of(kind: str) -> Path:
    """Return the path of the template of a kind: ``cluster``, ``policy``, ``profile``, ``study`` or ``table``."""
    return HOME / ("table.csv" if kind == "table" else f"{kind}.yaml")


def create(arguments: argparse.Namespace) -> int:
    """Run ``takeoff new``.

    Raises
    ------
    InputError
        If the file exists, or its suffix is not the template's.
    """
    template = template_of(arguments.kind)
    text = template.read_text(encoding="utf-8")
    if arguments.out == TERMINAL:
        sys.stdout.write(text)
        return 0
    out = Path(arguments.out or template.name)
    right = {".yaml", ".yml"} if template.suffix == ".yaml" else {template.suffix}
    if out.suffix.lower() not in right:
        raise InputError(f"--out: {out}: is no name of a {arguments.kind}; end it in {template.suffix}")
    if out.exists() or out.is_symlink():
        raise InputError(f"--out: {out}: is there already, and nothing is replaced; name another file with --out")
    write_text(out, text)
    sys.stderr.write(f"wrote {out}\n")
    return 0
