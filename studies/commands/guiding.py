"""Command ``guide``: what to type for which question, on one page of a terminal."""

import argparse
import sys
from pathlib import Path
from typing import Final

GUIDE: Final = Path(__file__).resolve().parent / "templates" / "guide.txt"


def guide(arguments: argparse.Namespace) -> int:
    """Run ``takeoff guide``."""
    sys.stdout.write(GUIDE.read_text(encoding="utf-8"))
    return 0
