"""Is what a plot is given taken in every form, and what cannot be chosen refused?"""

from pathlib import Path

import pytest

from execution import netcdf
from model.config import load_case
from model.errors import InputError
from studies.plots.given import case_name, case_title, chosen, dataset, known_case, several
from tests.studies.plots import made


def test_a_dataset_may_be_given_itself_or_by_its_file(tmp_path: Path) -> None:
    netcdf.write(tmp_path / "a.nc", made.budgets())
    data = made.budgets()
    assert dataset(data, "b.nc", ("gain",), "studies.budgets") is data
    assert dataset(str(tmp_path / "a.nc"), "b.nc", ("gain",), "studies.budgets").identical(data)
    with pytest.raises(InputError, match="is missing"):
        dataset(tmp_path / "c.nc", "b.nc", ("gain",), "studies.budgets")


@pytest.mark.parametrize("case", [10, "10-kumasi"])
def test_a_cluster_may_be_named_in_every_way(case: int | str) -> None:
    assert case_name(case, made.CASES) == case_name(load_case(10), made.CASES) == "10-kumasi"


@pytest.mark.parametrize(
    ("case", "remedy"),
    [
        (11, "known are 10-kumasi, 06-bac-ninh"),
        ("kumasi-10", "did you mean `10-kumasi`?"),
        ("nowhere", "known are 10-kumasi, 06-bac-ninh"),
        (True, "known are 10-kumasi, 06-bac-ninh"),
    ],
)
def test_a_cluster_that_is_not_there_is_refused(case: int | str, remedy: str) -> None:
    with pytest.raises(InputError) as refused:
        case_name(case, made.CASES)
    assert str(refused.value).startswith("case: ")
    assert str(refused.value).endswith(remedy)


def test_choices_keep_their_order_and_come_once() -> None:
    assert several("policies", ["b", "a", "b"], "abc") == ["b", "a"]
    assert several("policies", None, "abc") == ["a", "b", "c"]
    with pytest.raises(InputError, match="policies: is empty"):
        several("policies", [], "abc")


def test_a_value_of_any_length_gives_one_line() -> None:
    with pytest.raises(InputError) as refused:
        chosen("outcome", "x\n" * 10_000, ["firms"])
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_a_case_is_known_by_name_and_title_and_ones_own_is_not() -> None:
    assert known_case("10-kumasi") == known_case("Kumasi, metalwork") == load_case(10)
    assert known_case("my-town") is None
    assert known_case("my-town", load_case(10)) == load_case(10)
    assert (case_title("my-town", None), case_title("x", load_case(10))) == ("my-town", "10 Kumasi, metalwork")
