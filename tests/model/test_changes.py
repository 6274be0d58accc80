"""What a user asks to change: values within their priors, structural choices, priors; and what is refused."""

import math

import pytest

from model.changes import Changes, read_changes, read_priors, support
from model.config import load_priors
from model.errors import InputError

PRIORS = load_priors()


def test_words_become_values_and_options() -> None:
    words = [("entry_intensity", "2.5"), ("structure.ladder", "3"), ("entry_intensity", "3e0")]
    assert read_changes(PRIORS, words) == Changes({"entry_intensity": 3.0}, {"ladder": "3"})
    assert read_changes(PRIORS, []) == Changes({}, {})


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("entry_intensity", "much", "--set: entry_intensity: much: must be a number; give it in 1/year"),
        ("entry_intensity", "inf", "must be finite"),
        ("entry_intensity", "nan", "must be finite"),
        ("entry_intensity", "0", "lies outside its prior, 0 to inf; choose a value within"),
        ("entry_intensty", "1", "did you mean `entry_intensity`"),
        ("structure.ladder", "9", "unknown option"),
        ("structure.colour", "3", "colour"),
    ],
)
def test_a_wrong_change_is_refused_with_its_reason(name: str, text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        read_changes(PRIORS, [(name, text)])
    assert reason in str(error.value)


@pytest.mark.parametrize("name", PRIORS.names())
def test_a_value_beyond_its_prior_is_refused_unless_it_is_meant(name: str) -> None:
    low, high = PRIORS.entry(name).reach
    assert low <= PRIORS.defaults[name] <= high
    for inside in (PRIORS.defaults[name], low + 1e-4 * (high - low), high - 1e-4 * (high - low)):
        assert read_changes(PRIORS, [(name, repr(inside))]).values == {name: inside}
    least, most = support(PRIORS, name)
    outside = high + 2 * (high - low)
    if outside < most:
        with pytest.raises(InputError, match=f"--set: {name}: .* lies beyond .* or add --beyond-prior"):
            read_changes(PRIORS, [(name, repr(outside))])
        assert read_changes(PRIORS, [(name, repr(outside))], beyond=True).values == {name: outside}
    for never in (least - 1.0, most + 1.0):
        if math.isfinite(never):
            with pytest.raises(InputError, match="lies outside its prior"):
                read_changes(PRIORS, [(name, repr(never))], beyond=True)


def test_the_printed_bounds_of_a_prior_are_within_it() -> None:
    low, high = PRIORS.entry("entry_intensity").reach
    z = 3.2905267314919255
    median, spread = PRIORS.defaults["entry_intensity"], 0.4
    assert (low, high) == pytest.approx((median * math.exp(-spread * z), median * math.exp(spread * z)), rel=2e-5)
    for bound in (f"{low:.6g}", f"{high:.6g}"):
        assert read_changes(PRIORS, [("entry_intensity", bound)]).values == {"entry_intensity": float(bound)}


def test_all_wrong_changes_are_told_at_once() -> None:
    words = [("entry_intensity", "400"), ("structure.ladder", "9"), ("exit_base", "much"), ("trader_speed", "1e9")]
    with pytest.raises(InputError) as error:
        read_changes(PRIORS, words)
    assert [fault.split(": ")[1] for fault in error.value.faults] == ["entry_intensity", "ladder", "exit_base", "trader_speed"]
    with pytest.raises(InputError) as error:
        read_priors(PRIORS, [("prior.exit_base", "[2, 1]"), ("exit_base", "3"), ("prior.entry_floor", "{lognormal: [1, 400]}")])
    assert len(error.value.faults) == 3


def test_a_fixed_parameter_keeps_to_its_prior_unless_it_is_meant() -> None:
    with pytest.raises(InputError, match="lies beyond"):
        read_priors(PRIORS, [("prior.entry_intensity", "400")])
    priors, _ = read_priors(PRIORS, [("prior.entry_intensity", "400")], beyond=True)
    assert priors.defaults["entry_intensity"] == 400.0
    with pytest.raises(InputError, match="lies outside"):
        read_priors(PRIORS, [("prior.entry_intensity", "-3")], beyond=True)


def test_a_constant_is_unbounded_and_a_prior_bounds_its_parameter() -> None:
    constants = PRIORS.names("constant")
    assert {support(PRIORS, name) for name in constants} == {(-math.inf, math.inf)}
    for name in PRIORS.names():
        low, high = support(PRIORS, name)
        assert low <= PRIORS.defaults[name] <= high, name


def test_priors_are_changed_by_a_number_a_pair_or_a_name() -> None:
    changed, structures = read_priors(
        PRIORS, [("prior.entry_intensity", "[1, 5]"), ("prior.exit_base", "{lognormal: [0.1, 0.5]}"), ("structure.ladder", "3")]
    )
    assert support(changed, "entry_intensity") == (1.0, 5.0)
    assert changed.entry("exit_base").prior != PRIORS.entry("exit_base").prior
    assert structures == PRIORS.structures_with({"ladder": "3"})
    fixed, _ = read_priors(PRIORS, [("prior.entry_intensity", "3")])
    assert fixed.defaults["entry_intensity"] == 3.0
    assert PRIORS.entry("entry_intensity").prior != changed.entry("entry_intensity").prior


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("entry_intensity", "3", "must begin with prior. or structure.; write prior.entry_intensity=3"),
        ("prior.entry_intensity", "much", "is no prior; write 3, [1, 5] or {normal: [0, 1]}"),
        ("prior.entry_intensity", "true", "is no prior"),
        ("prior.entry_intensity", "{normal: 3}", "is no prior"),
        ("prior.entry_intensity", "[" * 40_000, "is no prior"),
        ("prior.entry_intensity", "9" * 5000, "is no prior"),
        ("prior.entry_intensity", "!!set {1}", "is no prior"),
        ("prior.entry_intensity", "1\x1b[31m", "is no prior"),
        ("prior.entry_intensty", "3", "entry_intensity"),
    ],
)
def test_a_wrong_prior_is_refused_with_its_reason(name: str, text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        read_priors(PRIORS, [(name, text)])
    assert reason in str(error.value)
