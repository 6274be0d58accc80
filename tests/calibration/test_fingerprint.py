"""Does a fingerprint change with what decides a calibration, name the part, and with nothing else?"""

from typing import Any

import pytest

from calibration.fingerprint import FREE, fingerprint
from calibration.observation import ErrorModel
from model.config import all_cases, load_priors, load_profile


def mark(
    changes: dict[str, Any] | None = None,
    structures: dict[str, str] | None = None,
    counts: dict[str, Any] | None = None,
    seed: int = 1,
    errors: ErrorModel | None = None,
    cases: int = 2,
) -> dict[str, Any]:
    profile = load_profile("quick").model_copy(update=counts or {})
    priors = load_priors().changed(changes or {})
    return fingerprint(all_cases()[:cases], priors, structures or {"ladder": "3"}, profile, seed, errors or ErrorModel())


def differing(**changed: Any) -> list[str]:
    return [part for part, value in mark().items() if mark(**changed)[part] != value]


def test_the_same_calibration_has_the_same_fingerprint() -> None:
    assert differing() == []


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"changes": {"exit_base": 0.1}}, "priors"),
        ({"structures": {"ladder": "2"}}, "structures"),
        ({"counts": {"steps": 77}}, "configuration"),
        ({"seed": 2}, "configuration"),
        ({"errors": ErrorModel(outlier=0.1)}, "errors"),
        ({"cases": 3}, "data"),
    ],
)
def test_a_change_is_named_by_the_part_that_differs(changed: dict[str, Any], part: str) -> None:
    assert differing(**changed) == [part]


def test_what_moves_no_number_is_free() -> None:
    assert {"threads", "title"} <= set(FREE)
    assert differing(counts={"threads": 7, "title": "another", "horizon": 3}) == []
