"""Is a reader's choice taken as it is meant, and a wrong one told with a remedy?"""

import pytest
from werkzeug.datastructures import MultiDict

from model.errors import InputError
from studies.policy.arrays import WORTH
from studies.serving.choices import Choices, choices, horizons
from tests.studies.serving.compared import CASES, HORIZON, NAMED, comparison


def test_nothing_chosen_is_the_first_cluster_every_policy_and_the_whole_horizon() -> None:
    assert choices(comparison(), MultiDict()) == Choices(CASES[0], NAMED, "net_value", HORIZON, "base")


def test_choices_are_taken_and_the_status_quo_stays_first() -> None:
    asked = MultiDict([("case", CASES[1]), ("policy", "zone"), ("outcome", "firms"), ("horizon", "2")])
    assert choices(comparison(), asked) == Choices(CASES[1], ("status-quo", "zone"), "firms", 2, "base")


def test_all_faults_are_told_at_once_and_near_names_are_offered() -> None:
    asked = MultiDict([("case", "10-kumasy"), ("policy", "zones"), ("outcome", "x"), ("horizon", "6"), ("structure", "none")])
    with pytest.raises(InputError) as caught:
        choices(comparison(), asked)
    lines = caught.value.faults
    assert [line.partition(":")[0] for line in lines] == ["policy", "case", "outcome", "structure", "horizon"]
    assert lines[0] == "policy: 'zones': is not among them; did you mean `zone`?"
    assert "did you mean `10-kumasi`?" in lines[1]
    assert lines[-1] == "horizon: '6': must be a whole number of years from 1 to 5; give for instance 5"


@pytest.mark.parametrize("word", ["0", "-1", "1.5", "", "٣", "9" * 5000])
def test_a_horizon_that_is_no_year_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="whole number of years"):
        choices(comparison(), MultiDict([("horizon", word)]))


def test_without_values_by_year_there_is_one_horizon() -> None:
    assert list(horizons(comparison())) == [5, 4, 3, 2, 1]
    assert list(horizons(comparison().drop_vars(WORTH))) == [HORIZON]
