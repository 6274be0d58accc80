"""Is the printed schedule the order in which the engines really call? Read from their sources, which are not run."""

import ast
from pathlib import Path

import pytest

from model.events import SCHEDULE

ENGINES = ("compiled_engine", "quarter", "simpy_engine")
# Packages and modules whose functions are steps of a quarter. Others give room, sums and numbers.
STEPPING = ("model.mechanisms", "model.observe", "model.world")
# What is done once, at the start of a history.
BEFORE = ("build_ladder", "initiate")
# The agenda of SimPy puts events in order itself.
ONLY_COMPILED = ("put_in_order",)


@pytest.fixture
def sources(repository: Path) -> dict[str, str]:
    """The text of each engine's file."""
    return {name: (repository / "model" / "engines" / f"{name}.py").read_text(encoding="utf-8") for name in ENGINES}


class Reader:
    """Functions of the engines by name, and the steps that they call, in order."""

    def __init__(self, sources: dict[str, str], files: tuple[str, ...]) -> None:
        self.functions: dict[str, ast.FunctionDef] = {}
        self.steps: set[str] = {"happen"}
        for body in (ast.parse(sources[name]).body for name in files):
            for node in body:
                if isinstance(node, ast.FunctionDef):
                    self.functions[node.name] = node
                elif isinstance(node, ast.ImportFrom) and str(node.module).startswith(STEPPING):
                    self.steps |= {alias.name for alias in node.names}

    def called(self, node: ast.AST) -> list[str]:
        """Steps called below a node, in the order of the text; functions of the engines are looked into."""
        order: list[str] = []
        calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in self.steps:
                order.append(name)
            elif name in self.functions:
                order += self.called(self.functions[name])
        return [name for name in order if name not in BEFORE]


def compiled_order(sources: dict[str, str]) -> list[str]:
    """Steps of a quarter in the compiled engine."""
    reader = Reader(sources, ("quarter", "compiled_engine"))
    return reader.called(reader.functions["run_history"])


def simpy_order(sources: dict[str, str]) -> list[str]:
    """Steps of a quarter in the SimPy engine, by its processes' priorities; the first, the farewell, ends the quarter before."""
    reader = Reader(sources, ("quarter", "simpy_engine"))
    (priorities,) = (
        [name.id for name in node.targets[0].elts]  # type: ignore[attr-defined]
        for node in ast.parse(sources["simpy_engine"]).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
    )
    processes = {}
    for function in reader.functions.values():
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if getattr(call.func, "attr", "") == "step" and call.args:
                processes[ast.unparse(call.args[-1])] = function
    assert sorted(processes) == sorted(priorities), "a step of SimPy without a process, or a process without a step"
    assert priorities[0] == "FAREWELL"
    return [step for priority in [*priorities[1:], priorities[0]] for step in reader.called(processes[priority])]


def parting(sources: dict[str, str]) -> str | None:
    """Where an engine and the schedule part, if they do."""
    names = [step.name for step in SCHEDULE]
    known = [name for name in names if name not in ONLY_COMPILED]
    for engine, order, awaited in (("compiled", compiled_order(sources), names), ("simpy", simpy_order(sources), known)):
        if order != awaited:
            return f"{engine}: calls {order}, the schedule says {awaited}"
    return None


def test_the_schedule_is_the_order_in_which_both_engines_call(sources: dict[str, str]) -> None:
    assert parting(sources) is None


@pytest.mark.parametrize(
    ("file", "first", "second"),
    [
        ("quarter", "    govern(w)\n", "    open_market(w)\n"),
        ("quarter", "    value(w)\n", "    govern(w)\n"),
        ("quarter", "    count(w)\n", "    gather(w)\n"),
        ("quarter", "    supply(w)\n", "    clear(w)\n"),
        ("quarter", "    clear(w)\n", "    press(w)\n"),
        ("quarter", "    move_blocks(w, first, last)\n", "    book_growth(w, first, last)\n"),
        ("quarter", "    learn_blocks(w, first, last)\n", "    book_learning(w, first, last)\n"),
        ("quarter", "        move_group(w, first, last)\n", "        run_clocks(w, first, last)\n"),
        ("quarter", "    wind_up(w)\n", "    bury(w)\n"),
        ("compiled_engine", "        run_events(w)\n", "        close_quarter(w)\n"),
        ("simpy_engine", "        value(run.world)\n", "        govern(run.world)\n"),
        ("simpy_engine", "MARKET, ", "RECORD, "),
        ("simpy_engine", "        move_firms_and_clocks(run.world)\n", ""),
    ],
)
def test_an_exchanged_or_missing_call_is_caught(sources: dict[str, str], file: str, first: str, second: str) -> None:
    text = sources[file]
    assert first + second in text
    assert parting({**sources, file: text.replace(first + second, second + first if second else "")}) is not None


def test_a_step_is_a_function_of_its_home(repository: Path) -> None:
    for step in SCHEDULE:
        body = ast.parse((repository / step.home).read_text(encoding="utf-8")).body
        assert step.name in [node.name for node in body if isinstance(node, ast.FunctionDef)], step
