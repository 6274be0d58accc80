"""Does the gate open only for answers that earned it?"""

from dataclasses import replace

import numpy as np
import pytest

from calibration.correction import Error, error_variance
from calibration.diagnostics import Convergence, convergence
from calibration.gate import (
    CHECKED,
    CORRECTED,
    Agreement,
    Chain,
    Correction,
    Limits,
    Verdict,
    agreement,
    correction,
    correction_checks,
    judge,
    noisiest,
    sampler_checks,
    weights_suffice,
    worst,
)
from model.arrays import Floats
from tests.calibration.test_correction import estimate

GOOD = Convergence(np.array([1.001]), np.array([20.0]), np.array([5000.0]), np.array([4000.0]), np.array([0.3, 0.25]))
ERROR = Error(np.array([0.1, 0.2]), np.full(2, 0.05), 0.3, 0.07)
FINE = Correction(np.full(400, 1 / 400), 300.0, 0.4, ERROR, 0.5, 0.6, 0.7, 0.9, np.array([0.1, 0.7]), np.zeros(2))
AGREED = Agreement(0.05, 0.06, "one", 400.0)
NAMES = ("one", "two")


def judged(found: Convergence = GOOD, compared: Correction = FINE, agreed: Agreement = AGREED, steps: int = 2000) -> Verdict:
    chains = (Chain("joint", GOOD, 2000), Chain("emcee", found, steps))
    return judge(chains, agreed, compared, NAMES, np.array([-1.0, -1.0]))


def missed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if not check.passed]


def test_an_answer_that_passes_everything_is_corrected() -> None:
    assert judged().label == CORRECTED
    assert judged().converged


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"ess": 99.0}, "ESS of weights"),
        ({"k_hat": 0.71}, "k-hat"),
        ({"k_hat": float("inf")}, "k-hat"),
        ({"error_bound": 1.01}, "error sd"),
        ({"halves_bound": 1.01}, "split-half error sd"),
        ({"noise_sd": 1.51}, "noise sd"),
        ({"noise_sd": float("nan")}, "noise sd"),
        ({"weights": np.full(399, 1 / 399)}, "exact draws"),
        ({"weights": np.concatenate([[0.2], np.full(399, 0.8 / 399)])}, "largest weight"),
    ],
)
def test_each_check_of_the_correction_can_fail(change: dict[str, object], name: str) -> None:
    verdict = judged(compared=replace(FINE, **change))
    assert verdict.label == CHECKED
    assert missed(verdict) == [name]


def test_enough_effective_draws_waive_the_error_but_nothing_else() -> None:
    many = replace(FINE, ess=400.0, error_bound=1.4, halves_bound=1.4)
    assert judged(compared=many).converged
    assert missed(judged(compared=replace(many, ess=399.0))) == ["error sd", "split-half error sd"]
    assert missed(judged(compared=replace(many, noise_sd=1.6))) == ["noise sd"]


@pytest.mark.parametrize(
    "change",
    [
        {"acceptance": np.array([0.3, 0.09])},
        {"r_hat": np.array([1.02])},
        {"tau": np.array([41.0])},
        {"tau": np.array([np.inf])},
        {"ess_bulk": np.array([399.0])},
        {"ess_tail": np.array([10.0])},
        {"r_hat": np.array([np.nan])},
    ],
)
def test_each_check_of_a_sampler_can_fail(change: dict[str, object]) -> None:
    verdict = judged(GOOD._replace(**change))
    assert verdict.label == CHECKED
    assert len(missed(verdict)) == 1
    assert missed(verdict)[0].startswith("emcee: ")


@pytest.mark.parametrize("change", [{"ess": 99.0}, {"k_hat": 0.71}, {"noise_sd": 1.6}])
def test_noise_that_is_too_large_asks_for_more_histories_of_the_noisiest(change: dict[str, float]) -> None:
    assert weights_suffice(FINE)
    assert weights_suffice(replace(FINE, error_bound=5.0))
    noisy = replace(FINE, noise_by_case=np.array([0.1, 0.5, 0.2]), **change)
    assert not weights_suffice(noisy)
    assert noisiest(noisy, 2) == [1, 2]


def test_samplers_that_disagree_fail() -> None:
    assert missed(judged(agreed=replace(AGREED, apart=0.26))) == ["samplers: means apart"]
    assert missed(judged(agreed=replace(AGREED, spread_apart=0.26))) == ["samplers: log sds apart"]
    assert missed(judged(agreed=replace(AGREED, ess=149.0))) == ["samplers: ESS compared"]


def autoregressive(steps: int, walkers: int, slowness: float, seed: int) -> Floats:
    """Chains (2, steps, walkers, 1) of a standard normal whose autocorrelation is ``slowness`` a step."""
    random = np.random.Generator(np.random.Philox(seed))
    z = np.empty((2, steps, walkers))
    state = random.normal(size=(2, walkers))
    for step in range(steps):
        state = slowness * state + np.sqrt(1 - slowness**2) * random.normal(size=state.shape)
        z[:, step] = state
    return z[..., None]


def verdict_of(z: Floats, acceptance: float = 0.3) -> list[str]:
    return missed(judged(convergence(z, np.full(2, acceptance), 1), steps=z.shape[1]))


def test_a_long_chain_of_one_mode_passes() -> None:
    assert verdict_of(autoregressive(2000, 20, 0.5, 1)) == []


def test_ensembles_in_different_modes_fail() -> None:
    z = autoregressive(2000, 20, 0.5, 2)
    z[1] += 6.0
    assert "emcee: nested R-hat" in verdict_of(z)


def test_a_chain_that_is_too_short_fails() -> None:
    assert "emcee: autocorrelation times" in verdict_of(autoregressive(200, 20, 0.95, 3))


def test_a_stuck_chain_fails_although_its_r_hat_is_good() -> None:
    """Walkers that stay where the prior put them: both ensembles look alike, and nothing moves."""
    stuck = np.repeat(np.random.Generator(np.random.Philox(4)).normal(size=(2, 1, 400, 1)), 100, axis=1)
    found = verdict_of(stuck, acceptance=0.0)
    assert "emcee: acceptance" in found
    assert "emcee: autocorrelation times" in found


def corrected(error: Floats, noise: Floats, draws: int = 400, histories: int = 16) -> Correction:
    found = estimate(error, noise, draws, histories)
    return correction(found, error_variance(found), 0.5)


def test_a_good_emulator_passes_at_the_counts_of_the_gate() -> None:
    assert missed(judged(compared=corrected(np.full(3, 0.2), np.full(3, 0.8)))) == []


def test_an_emulator_tilted_by_a_nat_in_one_cluster_fails_and_the_cluster_is_named() -> None:
    tilted = corrected(np.array([0.1, 1.0, 0.1]), np.full(3, 0.5), draws=401)
    verdict = judge((Chain("joint", GOOD, 2000),), AGREED, tilted, ("one", "two", "three"), np.full(3, -1.0))
    assert {"error sd", "split-half error sd"} <= set(missed(verdict))
    assert worst(tilted, ("one", "two", "three"))[0] == "two"


def test_noise_beyond_one_and_a_half_nats_fails() -> None:
    noisy = corrected(np.zeros(12), np.full(12, 1.4), histories=8)
    assert noisy.noise_sd > 1.5
    assert "noise sd" in missed(judged(compared=noisy))


def test_the_split_halves_tell_error_from_noise() -> None:
    compared = corrected(np.array([0.8, 0.0]), np.array([0.7, 0.7]), draws=4000)
    assert compared.error_sd == pytest.approx(0.8, rel=0.1)
    assert compared.error_bound > compared.error_sd
    # The mean of 16 log-normal ratios varies by a little more than its relative error.
    assert compared.noise_sd == pytest.approx(np.sqrt(2 * np.expm1(0.49) / 16), rel=0.1)


def test_few_draws_do_not_pass_the_checks_of_error() -> None:
    few = corrected(np.zeros(2), np.full(2, 2.0), draws=5, histories=4)
    assert few.halves_bound > Limits().error_sd


def test_clusters_that_a_history_without_a_cluster_explains_as_well_are_named() -> None:
    chains = (Chain("joint", GOOD, 2000),)
    assert judge(chains, AGREED, FINE, NAMES, np.array([0.5, -3.0])).unfitted == ("one",)
    assert worst(FINE, NAMES) == ["two", "one"]


def test_the_rules_print_the_limits() -> None:
    """As the report and ``takeoff check`` show them."""
    rules = [(check.name, check.rule) for check in judged().checks]
    sampler = [
        ("acceptance", "> 0.1 in every ensemble"),
        ("autocorrelation times", ">= 50"),
        ("nested R-hat", "<= 1.01 across ensembles"),
        ("bulk ESS", ">= 400"),
        ("tail ESS", ">= 400"),
    ]
    assert rules == [
        *((f"{name}: {what}", rule) for name in ("joint", "emcee") for what, rule in sampler),
        ("samplers: means apart", "< 0.25 standard deviations"),
        ("samplers: log sds apart", "< 0.25"),
        ("samplers: ESS compared", ">= 150"),
        ("exact draws", ">= 400"),
        ("ESS of weights", ">= 100"),
        ("k-hat", "< 0.7"),
        ("noise sd", "< 1.5 nats"),
        ("largest weight", "< 0.05"),
        ("error sd", "< 1 nats, one se added, or ESS >= 400"),
        ("split-half error sd", "< 1 nats, one se added, or ESS >= 400"),
    ]


def test_a_value_at_its_limit_is_judged_as_the_rule_says() -> None:
    at = Convergence(np.array([1.01]), np.array([40.0]), np.array([400.0]), np.array([400.0]), np.array([0.1]))
    passed = {check.name: check.passed for check in sampler_checks(Chain("x", at, 2000), Limits())}
    assert [name for name, holds in passed.items() if not holds] == ["x: acceptance"]
    at_limit = replace(FINE, ess=100.0, k_hat=0.7, error_bound=1.0, halves_bound=1.0, noise_sd=1.5, weights=np.full(20, 0.05))
    assert [check.passed for check in correction_checks(at_limit, Limits())] == [False, True, *[False] * 5]
    lost = replace(FINE, ess=np.nan, k_hat=np.nan, error_bound=np.inf)
    assert not any(check.passed for check in correction_checks(lost, Limits())[1:3])
    assert not correction_checks(lost, Limits())[5].passed


def test_samplers_are_compared_parameter_by_parameter() -> None:
    random = np.random.Generator(np.random.Philox(1))
    first = random.normal(size=(50_000, 2))
    found = agreement(first, first * [1.0, 2.0] + [0.5, 0.0], np.full(len(first), 1 / len(first)), ("a", "b"))
    assert found.apart == pytest.approx(0.5, abs=0.02)
    assert found.parameter == "a"
    assert found.spread_apart == pytest.approx(np.log(2.0), abs=0.01)
