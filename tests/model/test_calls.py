"""Does a function of the Python interface refuse, in one line and before any work, what is of a wrong type?"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from model import load_case, simulate
from model.calls import public
from model.errors import InputError


class Worker(Protocol):
    """Whoever can run."""

    def run(self) -> None: ...


@public
def asked(
    name: str | Path = "",
    years: float | None = None,
    count: int = 1,
    many: Sequence[int | str] | None = None,
    changes: Mapping[str, float] | None = None,
    flag: bool = False,
    rows: np.ndarray | None = None,
    work: str | Worker = "",
    heard: Callable[[str], object] = print,
    seeds: int | Iterable[int] = 1,
    later: "nobody.Knows | None" = None,  # type: ignore[name-defined] # noqa: F821
) -> str:
    return "done"


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"years": "ten"}, "years: 'ten': must be a number; give one, or leave it out"),
        ({"years": True}, "years: True: must be a number; give one, or leave it out"),
        ({"count": 1.5}, "count: 1.5: must be a whole number; give one"),
        ({"count": None}, "count: None: must be a whole number; give one"),
        ({"name": 7}, "name: 7: must be text or a path; give one"),
        ({"many": "training"}, "many: 'training': must be a list of whole numbers or texts; put it in a list: ['training']"),
        ({"many": ["a", 1.5]}, "many: 1.5: must be a whole number or text; give one"),
        ({"changes": {"rate": "3"}}, "changes: rate: '3': must be a number; give one"),
        ({"changes": [3]}, "changes: [3]: must be a mapping of names to numbers; give one, or leave it out"),
        ({"flag": "yes"}, "flag: 'yes': must be True or False; give one"),
        ({"rows": "abc"}, "rows: 'abc': must be an array; give one, or leave it out"),
        ({"heard": 3}, "heard: 3: must be a function; give one"),
    ],
)
def test_a_value_of_a_wrong_type_is_answered_with_name_value_rule_and_remedy(given: dict[str, Any], answer: str) -> None:
    with pytest.raises(InputError) as error:
        asked(**given)
    assert error.value.faults == (answer,)


def test_all_wrong_types_are_told_at_once_and_by_place_too() -> None:
    with pytest.raises(InputError) as error:
        asked(7, "ten", flag=2)  # type: ignore[arg-type]
    assert [line.split(":")[0] for line in error.value.faults] == ["name", "years", "flag"]


def test_numbers_of_numpy_and_what_cannot_be_looked_at_are_taken() -> None:
    taken: list[dict[str, Any]] = [
        {"years": 3}, {"years": np.float32(3)}, {"years": np.array(3)}, {"count": np.uint8(3)}, {"many": np.array([1, 2])},
        {"many": ("a", np.int64(3))}, {"rows": [[1.0]]}, {"work": object()}, {"seeds": "not looked at"}, {"later": 5},
        {"changes": {"rate": np.float64(2)}},
    ]  # fmt: skip
    assert {asked(**given) for given in taken} == {"done"}


@pytest.mark.parametrize("package", ["model", "calibration", "studies"])
def test_every_function_of_the_interface_looks_at_what_it_is_given(package: str) -> None:
    home = import_module(package)
    offered = [getattr(home, name) for name in home.__all__]
    functions = [one for one in offered if not inspect.isclass(one) and inspect.signature(one).parameters]
    assert len(functions) > 1
    for function in functions:
        with pytest.raises(TypeError, match=f"^{function.__name__}: rainfall: is no argument; known are"):
            function(rainfall=1)


def test_a_wrong_type_is_refused_before_anything_runs() -> None:
    with pytest.raises(InputError, match=r"^years: 'ten': must be a number"):
        simulate(10, years="ten")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^ref: \[10\]: must be a whole number, text or a path"):
        load_case([10])  # type: ignore[arg-type]
