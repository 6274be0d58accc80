"""How does a command tell its result? In lines for people, or under ``--json`` as one JSON value for programs."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from studies.progress import Progress

# Exit code of a command that is done, whose result is not whole: it has not converged, or a history was stopped.
NOT_WHOLE: Final = 3


def exit_code(converged: bool) -> int:
    """Return the exit code of a command whose result stands on a posterior."""
    return 0 if converged else NOT_WHOLE


def tell(arguments: argparse.Namespace, content: Callable[[], Any], lines: Callable[[], Iterable[str]]) -> None:
    """Print a result on standard output.

    Parameters
    ----------
    content : callable
        Returns what a program reads; called only under ``--json``.
    lines : callable
        Returns what people read; called only otherwise.
    """
    if arguments.json:
        sys.stdout.write(json.dumps(plain(content()), indent=1, allow_nan=False) + "\n")
    else:
        sys.stdout.write("\n".join(lines()) + "\n")
    sys.stdout.flush()


def progress_asked(arguments: argparse.Namespace) -> Progress:
    """Return what shows the progress of a command: nothing under ``--quiet``."""
    return Progress(quiet=arguments.quiet)


def plain(content: Any) -> Any:
    """Return content as JSON holds it: records become objects, and a number that is not finite becomes null."""
    if hasattr(content, "tolist"):
        content = content.tolist()
    if hasattr(content, "model_dump"):
        content = content.model_dump(mode="json", by_alias=True)
    if isinstance(content, float):
        return content if abs(content) < float("inf") else None
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if is_dataclass(content) and not isinstance(content, type):
        return {field.name: plain(getattr(content, field.name)) for field in fields(content)}
    if hasattr(content, "_asdict"):
        return plain(content._asdict())
    if isinstance(content, list | tuple | set | frozenset):
        return [plain(value) for value in content]
    return str(content) if isinstance(content, Path) else content
