"""How many rooms, floors and arrows has the house? All are counted from the imports, those inside functions included.

A *room* of a package is one of its own files or one of its sub-packages; the *rooms* of the whole house are the packages. An
*arrow* leads from a room to another one of which it imports something. A room stands one *floor* above the highest room that it
imports, and rooms that import each other in a *circle* share a floor. ``python -m docs.house`` prints the counts for this house,
or for the folder that it is given; ``python -m docs.generate`` writes them, and the rooms of ``studies``, into
``docs/design.md``.
"""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

REPOSITORY: Final = Path(__file__).resolve().parents[1]
# The arrow of imports: a package may import those that stand before it.
PACKAGES: Final = ("model", "execution", "calibration", "studies")
HEAD: Final = ("of", "files", "rooms", "floors", "arrows", "circles", "arrows back")


class Import(NamedTuple):
    """A statement that imports, and the module, or the package, that holds what is imported."""

    line: int
    name: str


class Plan(NamedTuple):
    """The rooms of a package, or of the whole house, and the arrows between them."""

    rooms: tuple[str, ...]
    arrows: frozenset[tuple[str, str]]


# ---------------------------------------------------------------------------------------------------- what a file imports


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def home(root: Path, name: str) -> Path | None:
    """Return the file of a module, or the ``__init__.py`` of a package, by its dotted name; None where there is none."""
    folder = root.joinpath(*name.split("."))
    return next((path for path in (folder.with_suffix(".py"), folder / "__init__.py") if path.is_file()), None)


def dotted(root: Path, path: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(root: Path, path: Path) -> Iterator[Import]:
    """Yield what a file imports, wherever the statement stands; a name that a package hands on is followed to its home."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (Import(node.lineno, _holder(root, module, alias.name)) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            # The beginning of a name that is put together when the program runs still tells the package.
            first = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Import(node.lineno, first.value.rstrip("."))


def _holder(root: Path, module: str, name: str) -> str:
    if home(root, f"{module}.{name}"):
        return f"{module}.{name}"
    door = home(root, module)
    if door is None or door.name != "__init__.py":
        return module
    handed_on = (
        node.module
        for node in ast.walk(tree(door))
        if isinstance(node, ast.ImportFrom) and node.module and name in {alias.asname or alias.name for alias in node.names}
    )
    return next(handed_on, module)


# ---------------------------------------------------------------------------------------------------- rooms, floors, arrows


def files(root: Path, package: str) -> list[Path]:
    """Return the Python files of a package, those of its sub-packages included."""
    return sorted(root.joinpath(*package.split(".")).rglob("*.py"))


def plan_of(root: Path, package: str) -> Plan:
    """Return the rooms of a package; its own ``__init__.py`` is the door and no room."""
    return _plan(root, [path for path in files(root, package) if dotted(root, path) != package], 2, package)


def house(root: Path, packages: Sequence[str] = PACKAGES) -> Plan:
    """Return the packages as the rooms of one house."""
    return _plan(root, [path for package in packages for path in files(root, package)], 1, "")


def _plan(root: Path, paths: Sequence[Path], depth: int, within: str) -> Plan:
    """Return the rooms that the first ``depth`` words of the files' dotted names tell apart, and their arrows."""
    room = {path: ".".join(dotted(root, path).split(".")[:depth]) for path in paths}
    rooms = tuple(dict.fromkeys(room.values()))
    leads = {
        (room[path], ".".join(one.name.split(".")[:depth]))
        for path in paths
        for one in imports(root, path)
        if one.name.startswith(within)
    }
    return Plan(rooms, frozenset((start, end) for start, end in leads if start != end and end in rooms))


def reached(plan: Plan) -> dict[str, frozenset[str]]:
    """Return, for every room, the rooms to which its arrows lead, over other rooms too."""
    beyond = {room: {end for start, end in plan.arrows if start == room} for room in plan.rooms}
    for between in plan.rooms:
        for ends in beyond.values():
            if between in ends:
                ends |= beyond[between]
    return {room: frozenset(ends) for room, ends in beyond.items()}


def circles(plan: Plan) -> list[tuple[str, ...]]:
    """Return the groups of rooms that import each other in a circle."""
    beyond = reached(plan)
    groups = {tuple(other for other in plan.rooms if other in beyond[room] and room in beyond[other]) for room in plan.rooms}
    return sorted(group for group in groups if group)


def floors(plan: Plan) -> dict[str, int]:
    """Return the floor of every room, counted from 1."""
    beyond = reached(plan)

    @cache
    def floor(room: str) -> int:
        return 1 + max((floor(end) for end in beyond[room] if room not in beyond[end]), default=0)

    return {room: floor(room) for room in plan.rooms}


def back(plan: Plan, order: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return the arrows that run against an order of the rooms; without an order, those that stay on their floor, in a circle."""
    level = {room: number for number, room in enumerate(order)} or floors(plan)
    return sorted((start, end) for start, end in plan.arrows if level[end] >= level[start])


def direct(plan: Plan) -> list[tuple[str, str]]:
    """Return the arrows that no longer path implies, in alphabetical order; a path through a circle implies nothing."""
    beyond, level = reached(plan), floors(plan)
    return sorted(
        (start, end)
        for start, end in plan.arrows
        if not any(end in beyond[between] and level[start] > level[between] > level[end] for between in beyond[start])
    )


# --------------------------------------------------------------------------------------------------------------- tables


def counts(root: Path) -> list[tuple[str, ...]]:
    """Return one row for the whole house and one for each package, in the order of ``HEAD``."""
    present = [package for package in PACKAGES if (root / package).is_dir()]
    rows = [_row(root, "the house", house(root, present), present, present)]
    return rows + [_row(root, f"{package}/", plan_of(root, package), [package]) for package in reversed(present)]


def _row(root: Path, name: str, plan: Plan, packages: Sequence[str], order: Sequence[str] = ()) -> tuple[str, ...]:
    held = sum(len(files(root, package)) for package in packages)
    highest = max(floors(plan).values(), default=0)
    figures = (held, len(plan.rooms), highest, len(plan.arrows), len(circles(plan)), len(back(plan, order)))
    return (name, *map(str, figures))


def table() -> str:
    """Return the counts of this house as a Markdown table."""
    lines = [HEAD, ("---", *["---:"] * (len(HEAD) - 1)), *counts(REPOSITORY)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rooms_table() -> str:
    """Return the rooms of ``studies`` as a Markdown table: the highest floor first, with what each imports directly."""
    rooms = plan_of(REPOSITORY, "studies")
    level, arrows = floors(rooms), direct(rooms)
    lines = [("floor", "room", "imports"), ("---:", "---", "---")]
    for room in sorted(rooms.rooms, key=lambda room: (-level[room], room)):
        below = [f"`{_word(end)}`" for start, end in arrows if start == room]
        lines.append((str(level[room]), f"`{_word(room)}`", ", ".join(below)))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _word(room: str) -> str:
    return room.removeprefix("studies.")


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {"counts": table, "rooms": rooms_table}


def main(arguments: Sequence[str]) -> int:
    """Print the counts, and below them every circle."""
    root = Path(arguments[0]).resolve() if arguments else REPOSITORY
    for line in (HEAD, *counts(root)):
        sys.stdout.write(f"{line[0]:<14}" + "".join(f"{word:>13}" for word in line[1:]) + "\n")
    for package in PACKAGES:
        if (root / package).is_dir():
            for rooms in circles(plan_of(root, package)):
                sys.stdout.write(f"circle: {', '.join(rooms)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
