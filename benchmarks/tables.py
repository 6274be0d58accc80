"""The tables of ``docs/performance.md``, from what the benchmarks last wrote into ``benchmarks/results/``."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).resolve().parent / "results"


def read(name: str) -> dict[str, Any]:
    """Return what a benchmark wrote."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return rows as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Return a number with three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def told(spread: Mapping[str, float]) -> str:
    """Return a median with the least and the largest."""
    return f"{number(spread['median'])} ({number(spread['least'])} to {number(spread['largest'])})"


def about(name: str) -> str:
    """Return where and with what a benchmark ran."""
    machine = read(name)["machine"]
    versions = ", ".join(f"{key} {machine[key]}" for key in ("python", "numba", "numpy") if key in machine)
    return f"`python -m benchmarks.{name}` on {machine['cores']} shared cores of an {machine['processor']}: {versions}."


def engine() -> str:
    """Return what a firm-quarter costs in each engine and peer."""
    rows = [row for row in read("engine")["rows"] if "firms" in row]
    cells = [
        [
            f"{row['firms']:,} ({row['mean_firms']:,.0f})",
            row["engine"],
            told(row["ns_per_firm_quarter"]),
            number(row["ns_per_event"]),
            "1" if row["engine"] == "compiled" else told(row["over_compiled"]),
        ]
        for row in rows
    ]
    fixed = next(row for row in read("engine")["rows"] if "what" in row)
    head = ["firms (mean alive)", "engine", "ns a firm-quarter", "ns an event", "beside compiled"]
    return f"{about('engine')}\n\n{table(head, cells)}\n\nFixed cost of a history: {told(fixed)} microseconds."


def stages() -> str:
    """Return what each stage of a quarter and each kind of event costs, a column for each number of firms."""
    rows = read("stages")["rows"]
    sizes = sorted({row["firms"] for row in rows})
    found = {(row["stage"], row["firms"]): row for row in rows}
    cells = []
    for name in dict.fromkeys(row["stage"] for row in rows):
        at = [found.get((name, size)) for size in sizes]
        event = any(row is not None and row["events_a_firm_quarter"] is not None for row in at)
        often = [row["events_a_firm_quarter"] for row in at if row is not None and event]
        said = [told(row["ns"]) if row is not None else "" for row in at]
        cells.append([name, f"an event ({number(min(often))} to {number(max(often))})" if event else "a firm-quarter", *said])
    head = ["what", "ns for (events a firm-quarter)", *(f"{size:,} firms" for size in sizes)]
    return f"{about('stages')}\n\n{table(head, cells)}"


def batch() -> str:
    """Return what a batch costs beside its parts."""
    rows = []
    for row in read("batch")["rows"]:
        histories = f"{row['histories']:,}" if "histories" in row else ""
        rows.append([row["what"], histories, told(row) if "least" in row else number(row["median"])])
    return f"{about('batch')}\n\n{table(['what', 'histories', 'median (least to largest)'], rows)}"


def start() -> str:
    """Return what a first result takes."""
    rows = []
    for row in read("start")["rows"]:
        what = row["what"]
        if "processes" in row:
            what = f"{row['processes']} processes at once, empty cache: {row['compiled']} compiled, {row['failed']} failed"
        rows.append([what, told(row) if "least" in row else number(row["median"])])
    return f"{about('start')}\n\n{table(['command', 's, median (least to largest)'], rows)}"


def scale() -> str:
    """Return how cost grows."""
    rows = []
    for row in read("scale")["rows"]:
        if "slope" in row:
            sizes = f"{row['sizes'][0]:,.0f} to {row['sizes'][-1]:,.0f}"
            rows.append([f"cost against {row['what']}", sizes, f"slope {row['slope']:.3f}"])
        else:
            sizes = f"{row['sizes'][0]:,.0f} to {row['sizes'][-1]:,.0f} firms"
            rows.append(["memory", sizes, f"{row['bytes_a_firm']:.0f} bytes a firm"])
    return f"{about('scale')}\n\n{table(['what', 'from, to', 'found'], rows)}"


def variance() -> str:
    """Return what pairing, draws and sharing save."""
    rows = []
    for row in read("variance")["rows"]:
        what = row["what"] if "policy" not in row else f"{row['what']}: {row['policy']}, {row['outcome']}"
        rows.append([what, str(row["clusters"]), told(row)])
    return f"{about('variance')}\n\n{table(['what', 'clusters', 'equivalent runs'], rows)}"


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {
    f"benchmark_{name.__name__}": name for name in (engine, stages, batch, start, scale, variance)
}
