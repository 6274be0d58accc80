"""How do tests read the sources of a house? By its root folder, so that a small house with planted violations is read like ours.

Nothing is imported that can be read instead: a file that does not run yet is judged all the same.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any

from docs.house import PACKAGES, imports, tree

REPOSITORY = Path(__file__).resolve().parents[1]
# All that is written in Python: folders, and files beside them.
CODE = (*PACKAGES, "docs", "benchmarks", "tests", *(path.name for path in REPOSITORY.glob("*.py")))


def sources(root: Path, *folders: str) -> list[Path]:
    """The Python files of some folders; a file that is named itself is one of them."""
    paths = [root / folder for folder in folders]
    return sorted(path for start in paths for path in ([start] if start.is_file() else start.rglob("*.py")))


def where(root: Path, path: Path, line: int | None = None) -> str:
    return path.relative_to(root).as_posix() + ("" if line is None else f":{line}")


def nodes(root: Path, kind: type | UnionType, *folders: str) -> Iterator[tuple[Path, Any]]:
    """Every node of a kind in the files of some folders, with its file."""
    for path in sources(root, *folders):
        yield from ((path, node) for node in ast.walk(tree(path)) if isinstance(node, kind))


def importers(root: Path, library: str, *folders: str) -> set[str]:
    """The files that import a library or one of its modules."""
    return {
        where(root, path)
        for path in sources(root, *folders)
        if library in {one.name.split(".")[0] for one in imports(root, path)}
    }


def bound_names(path: Path) -> Iterator[tuple[int, str]]:
    """Every name that a file binds, with its line: assigned, looped over, caught, or a parameter of a function."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.lineno, node.name


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write a small house of these files, every folder with Python files a package."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        for folder in path.relative_to(root).parents if path.suffix == ".py" else ():
            if folder.parts:
                (root / folder / "__init__.py").touch()
    return root
