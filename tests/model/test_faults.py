"""Are all faults of a file told at once, each on a line with file, key, value, rule and remedy?"""

from pathlib import Path

import pytest

from model.config import load_case, load_policy
from model.errors import InputError
from model.faults import LONGEST_LIST, nearest, several

CASE = """
orgin: {group: 1, firms: tailors, product: suits}
start: {low: 1980, mode: 1985, high: 19900}
covariates: {region: mars}
observations:
  - year: 2001
    firms: -3
  - year: 2010
    firms: "400 firms"
    exports: mars
"""


def faults(load: object, path: Path, text: str) -> tuple[str, ...]:
    path.write_text(text, encoding="utf-8")
    assert callable(load)
    with pytest.raises(InputError) as error:
        load(path)
    return error.value.faults


def test_every_fault_of_a_case_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    told = faults(load_case, path, CASE)
    keys = ["orgin", "start.high", "covariates.region", "observations.0.firms", "observations.1.firms"]
    assert [fault.removeprefix(f"{path}: ").split(":")[0] for fault in told] == [*keys, "observations.1.exports"]
    assert "did you mean `origin`?" in told[0]
    assert all("; " in fault for fault in told)


def test_a_missing_key_is_told_unless_a_misspelt_one_is_taken_for_it(tmp_path: Path) -> None:
    told = faults(load_policy, tmp_path / "mine.yaml", "titel: Mine\nprogramme: []\n")
    assert [fault.split(": ")[1] for fault in told] == ["titel", "programme", "question"]


def test_a_key_that_follows_from_the_file_is_told_with_the_others(tmp_path: Path) -> None:
    told = faults(load_policy, tmp_path / "mine.yaml", "name: mine\ntitle: Mine\nquestion: ''\n")
    assert [fault.split(": ")[1] for fault in told] == ["name", "question"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("budget: 1e300", "must lie between"), ("budget: 1e-300", "nearer to it"), ("effect: 1e9", "less than or equal to 100"),
        ("at: .inf", "must be finite"), ("captured: .nan", "must be finite"), (f"budget: {'9' * 90}", "must lie between"),
        ("when: {improved_firms: 99999999999}", "less than or equal to 100000"), ("course: 0300", "must be text"),
        ("note: [1]", "must be text"),
    ],
)  # fmt: skip
def test_a_number_without_a_meaning_is_refused(line: str, rule: str, tmp_path: Path) -> None:
    text = f"title: Mine\nquestion: What?\nprogrammes: [{{programme: zone, {line}}}]\n"
    (told,) = faults(load_policy, tmp_path / "mine.yaml", text)
    assert rule in told


def test_of_very_many_faults_the_first_are_told() -> None:
    lines = several("a.yaml", [f"{key}: wrong" for key in range(50)]).faults
    assert lines[0] == "a.yaml: 0: wrong"
    assert lines[-1] == "a.yaml: has 30 more faults; correct these first"
    assert len(lines) == 21


def test_the_nearest_name_is_offered_or_all() -> None:
    assert nearest("entry_flor", ["entry_floor", "exit_base"]) == "did you mean `entry_floor`?"
    assert nearest("colour", ["a", "b"]) == "known are a, b"
    assert nearest("x" * 10**6, ["a"]) == "known are a"
    many = [f"a_long_name_{number}" for number in range(1000)]
    assert nearest("colour", many, "parameters") == "see takeoff list parameters"
    assert nearest("a_long_nam", many, "parameters") == "did you mean `a_long_name_9`?"
    assert nearest("colour", many).endswith(", and others")
    assert len(nearest("colour", many)) < LONGEST_LIST + 30
