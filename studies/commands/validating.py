"""Are known parameters found? ``takeoff validate``."""

import argparse
from pathlib import Path
from typing import Any

from studies.commands.telling import exit_code, progress_asked, tell
from studies.commands.working import work_asked


def validate_posterior(arguments: argparse.Namespace) -> int:
    """Run ``takeoff validate``."""
    from calibration.validation import VALIDATION_FILE, validate

    progress = progress_asked(arguments)
    data = validate(
        arguments.folder,
        arguments.out,
        replicates=arguments.replicates,
        seed=arguments.seed,
        **work_asked(arguments, progress, arguments.on),
    )
    progress.end()
    path = Path(arguments.out) / VALIDATION_FILE
    tell(arguments, lambda: {**_content(data), "validation": path}, lambda: [*_lines(data), f"validation {path}"])
    return exit_code(bool(data["passed"].all()))


def _content(data: Any) -> dict[str, Any]:
    return {
        "replicates": data.sizes["replicate"],
        "false_alarm": data.attrs["false_alarm"],
        "passed": bool(data["passed"].all()),
        "parameters": {
            str(name): {
                "passed": bool(one["passed"]),
                "chance": float(one["chance"]),
                **{f"covered_{100 * float(level):.0f}": float(one["covered"].sel(level=level)) for level in data["level"].values},
            }
            for name in data["parameter"].values
            for one in [data.sel(parameter=name)]
        },
    }


def _lines(data: Any) -> list[str]:
    told = _content(data)
    expected = ", ".join(f"{100 * share:.0f}" for share in data["expected"].values.tolist())
    lines = [f"{'parameter':<32} verdict  chance  intervals cover, where {expected} % are expected"]
    for name, one in told["parameters"].items():
        shares = "  ".join(f"{100 * share:3.0f} %" for key, share in one.items() if key.startswith("covered"))
        lines.append(f"{name:<32} {'passed' if one['passed'] else 'OFF':<7} {one['chance']:7.3g}  {shares}")
    off = sum(not one["passed"] for one in told["parameters"].values())
    alarms = f"a false alarm on any parameter in {100 * told['false_alarm']:.0f} % of such runs"
    total = f"{told['replicates']} synthetic tables; {alarms}"
    return [*lines, f"{'passed' if told['passed'] else f'NOT PASSED: {off} parameters are off'}: {total}"]
