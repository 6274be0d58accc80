"""Does ``simulate`` take what it says, and answer what it does not take in one line?"""

import inspect
from typing import Any

import numpy as np
import pytest

from model import simulate
from model.arguments import SEEDS, different_seeds, seed_words
from model.calls import public
from model.config import load_case, load_policy, load_priors
from model.errors import InputError, shown
from model.latents import LATENTS, conditional_medians, default_values

# Python refuses to write a number of so many digits, and no float holds it.
MANY = 10**5000
VALUES = default_values(load_priors(), 1)
Z = conditional_medians(load_case(10), load_priors())


def test_the_signature_names_every_argument() -> None:
    parameters = inspect.signature(simulate).parameters
    assert {"seeds", "years", "years_after", "changes", "structures", "values", "latents"} < set(parameters)
    assert all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    documented = (simulate.__doc__ or "").split("Parameters")[1].split("Returns")[0]
    assert [name for name in parameters if name not in documented] == []


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"seed": 3}, "simulate: seed: is no argument; did you mean `seeds`?"),
        ({"change": {}}, "simulate: change: is no argument; did you mean `changes`?"),
        ({"rainfall": 1}, "simulate: rainfall: is no argument; known are case"),
    ],
)
def test_an_unknown_argument_is_answered_with_the_nearest(given: dict[str, Any], answer: str) -> None:
    with pytest.raises(TypeError) as error:
        simulate(10, **given)
    assert str(error.value).startswith(answer)
    assert "\n" not in str(error.value)


def test_other_mistakes_of_a_call_are_left_to_python() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'case'"):
        simulate()  # type: ignore[call-arg]
    assert public(len)([1, 2]) == 2


def test_one_seed_needs_no_list() -> None:
    one = simulate(10, seeds=3, years=2)
    assert one.identical(simulate(10, seeds=[3], years=2))
    assert one.identical(simulate(10, seeds=np.array([3]), years=2))
    assert one.seed.values.tolist() == [3]
    assert simulate(10, years=2).seed.values.tolist() == [1]


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        (0, [0]), (SEEDS - 1, [SEEDS - 1]), (np.uint64(SEEDS - 1), [SEEDS - 1]), (np.int32(7), [7]), (np.array(7), [7]),
        (range(3), [0, 1, 2]), (iter((5, 2)), [5, 2]), (np.arange(2, 4, dtype=np.uint8), [2, 3]),
    ],
)  # fmt: skip
def test_seeds_are_whole_numbers_of_any_integer_type(seeds: Any, expected: list[int]) -> None:
    checked = different_seeds(seeds)
    assert checked == expected
    assert {type(seed) for seed in checked} == {int}


@pytest.mark.parametrize(
    "seeds",
    [
        1.5, 1.0, True, -1, SEEDS, MANY, -MANY, "1", "12", None, float("nan"), [1, 2.0], [True], np.array([1.0]), ["1"], [None],
        [[1]],
    ],
    ids=shown,
)  # fmt: skip
def test_what_is_no_seed_is_refused(seeds: Any) -> None:
    with pytest.raises(InputError) as error:
        simulate(10, seeds=seeds)
    assert str(error.value).startswith("seeds: ")
    assert "must be a whole number from 0 to 2^64-1" in str(error.value)
    assert "\n" not in str(error.value)


def test_equal_seeds_and_no_seeds_are_refused() -> None:
    with pytest.raises(InputError, match=r"^seeds: 2: is given twice"):
        simulate(10, seeds=(1, 2, np.int64(2)))
    with pytest.raises(InputError, match=r"^seeds: none is given"):
        simulate(10, seeds=())


def test_seeds_of_a_batch_may_be_equal_and_are_unsigned() -> None:
    words = seed_words([3, 3])
    assert (words.dtype, words.tolist()) == (np.uint64, [3, 3])
    kept = np.arange(3, dtype=np.uint64)
    assert seed_words(kept) is kept
    for wrong in ([-1], [1.5], [True], 3, [[1]], ["1"]):
        with pytest.raises(InputError, match=r"^seeds: must be an array of whole numbers"):
            seed_words(wrong)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"years": 0.1}, "years: 0.1: must be at least a quarter"),
        ({"years": float("nan")}, "years: nan: must be at least a quarter"),
        ({"years_after": -500}, "must be at least a quarter"),
        *(({"years": sign * MANY}, "years: a number of too many digits: must be at") for sign in (1, -1)),
        *(({"years_after": sign * MANY}, "years_after: a number of too many digits: must be at most") for sign in (1, -1)),
        ({"years": float("inf")}, "years: inf: must be at most 1000"),
        ({"values": {name: VALUES[name] for name in VALUES if name != "exit_base"}}, "values: exit_base: is missing"),
        ({"latents": Z[:-1]}, f"latents: shape .*: must be .{len(LATENTS)},."),
        ({"latents": np.tile(Z, (2, 1))}, "latents: shape"),
        ({"engine": "abacus"}, "engine: abacus: is no engine"),
        ({"mechanisms": [print]}, "takes no mechanisms of your own"),
    ],
)
def test_a_wrong_value_is_answered_in_one_line(given: dict[str, Any], answer: str) -> None:
    with pytest.raises(InputError, match=answer) as error:
        simulate(10, **given)
    assert "\n" not in str(error.value)


def test_a_drawn_history_is_the_default_one_where_it_is_drawn_so() -> None:
    drawn = simulate(10, policy=load_policy("training"), values=VALUES, latents=Z, years=3)
    assert drawn.identical(simulate(load_case(10), policy="training", years=3))
