"""Can every prior be sampled, does its default lie at its median, and is what cannot be sampled refused in one line?"""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from model.config import CONFIGS, load_priors
from model.errors import InputError
from model.priors import Prior


def one_line(error: pytest.ExceptionInfo[InputError], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    assert [part for part in parts if part not in message] == [], message


def test_a_default_is_the_prior_median() -> None:
    priors = load_priors()
    for name in priors.names():
        entry = priors.entry(name)
        if entry.prior is not None:
            assert entry.default == pytest.approx(entry.prior.median, rel=1e-5, abs=1e-12), name


def test_roles_partition_the_parameters() -> None:
    priors = load_priors()
    roles = [priors.names(role) for role in ("calibrated", "varying", "policy", "constant")]
    assert sorted(sum(roles, ())) == sorted(priors.names())
    assert all(roles)
    assert list(priors.defaults) == list(priors.names())


DISTRIBUTIONS = {
    "lognormal": {"lognormal": [2.0, 0.5]}, "normal": {"normal": [-1.0, 2.0]}, "beta": {"beta": [3, 5]},
    "truncated_normal": {"truncated_normal": [0.05, 0.04, 0, math.inf]}, "uniform": {"uniform": [-2, 3]},
    "gamma": {"gamma": [4, 2]}, "cut beta": {"beta": [34, 8.5], "between": [0.72, 0.86]},
    "cut lognormal": {"lognormal": [2.0, 0.5], "between": [1, 3]}, "cut gamma": {"gamma": [4, 2], "between": [1, 3]},
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_quantiles_are_those_of_scipy(name: str) -> None:
    from scipy import stats

    spec = DISTRIBUTIONS[name]
    first, second = next(iter(spec.values()))[:2]
    law = {
        "lognormal": lambda: stats.lognorm(second, scale=first),
        "normal": lambda: stats.norm(first, second),
        "truncated_normal": lambda: stats.truncnorm((0 - first) / second, np.inf, first, second),
        "beta": lambda: stats.beta(first, second),
        "uniform": lambda: stats.uniform(first, second - first),
        "gamma": lambda: stats.gamma(first, scale=1 / second),
    }[name.removeprefix("cut ")]()
    unit = np.linspace(0.001, 0.999, 41)
    low, high = spec.get("between", [-math.inf, math.inf])
    expected = law.ppf(law.cdf(low) + unit * (law.cdf(high) - law.cdf(low)))
    prior = Prior.model_validate(spec)
    np.testing.assert_allclose(prior.quantile(unit), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(prior.from_normal(stats.norm.ppf(unit)), expected, rtol=1e-9, atol=1e-12)
    assert prior.median == pytest.approx(float(law.ppf(law.cdf(low) + 0.5 * (law.cdf(high) - law.cdf(low)))), rel=1e-9)


def test_from_normal_is_finite_far_out_and_increasing() -> None:
    priors = load_priors()
    names = priors.names("calibrated")
    z = np.linspace(-8, 8, 33)[:, None] * np.ones(len(names))
    values = priors.from_normal(names, z)
    assert values.shape == (33, len(names))
    assert np.isfinite(values).all()
    assert (np.diff(values, axis=0) >= 0).all()


@pytest.mark.parametrize(("spec", "rule"), [
    ({"normal": [0, 0]}, "sd 0 must be above 0"), ({"lognormal": [1, -1]}, "log sd -1 must be above 0"),
    ({"lognormal": [0, 1]}, "median 0 must be above 0"), ({"beta": [0, 1]}, "a 0 must be above 0"),
    ({"gamma": [1, -2]}, "rate -2 must be above 0"), ({"uniform": [2, 2]}, "low 2 must lie below high 2"),
    ({"uniform": [0, math.inf]}, "not finite"), ({"normal": [math.nan, 1]}, "not finite"),
    ({"truncated_normal": [0, 1, 3, 1]}, "low 3 must lie below"), ({"truncated_normal": [0, 1e-3, 5, 6]}, "no mass"),
    ({"normal": [0]}, "cannot be sampled from 1"), ({}, "one distribution"),
    ({"normal": [0, 1], "beta": [1, 1]}, "one distribution"), ({"lognormal": [1, 1], "between": [-2, -1]}, "no mass"),
    ({"beta": [2, 2], "between": [0.9, 0.1]}, "low 0.9 must lie below"), ({"normal": "wide"}, "list of numbers"),
    ({"lognormal": [1e300, 5]}, "median 1e+300 must lie between"), ({"lognormal": [1, 200]}, "log sd 200 must lie between"),
    ({"uniform": [-1e308, 1e308]}, "low -1e+308 must lie between"), ({"normal": [0, 1e308]}, "sd 1e+308 must lie between"),
    ({"gamma": [1e-300, 1]}, "shape 1e-300 must lie between"), ({"gamma": [1, 1e-320]}, "rate 9.99989e-321 must lie between"),
    ({"beta": [1e-300, 1]}, "a 1e-300 must lie between"), ({"beta": [1e300, 1e300]}, "a 1e+300 must lie between"),
    ({"truncated_normal": [0, 1, -1e300, 1]}, "low -1e+300 must lie between"), ({"normal": [10**90, 1]}, "must lie between"),
    ({"truncated_normal": [0, 1, 4, math.inf]}, "tails are not finite"), ({"normal": [0, 1], "between": [5, math.inf]}, "tails"),
])
def test_a_prior_that_cannot_be_sampled_is_refused(tmp_path: Path, spec: dict[str, object], rule: str) -> None:
    content = yaml.safe_load((CONFIGS / "priors.yaml").read_text(encoding="utf-8"))
    content["parameters"]["success_intercept"]["prior"] = spec
    path = tmp_path / "priors.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_priors(path)
    one_line(error, str(path), "parameters.success_intercept.prior", rule, ";")


@pytest.mark.parametrize(("change", "parts"), [
    (lambda p: p["entry_floor"].update(unit="1/month"), ("entry_floor.unit", "1/month", "must be '1/year'", "convert")),
    (lambda p: p.pop("entry_floor"), ("entry_floor", "missing")),
    (lambda p: p.update(entry_flor=p["entry_floor"]), ("entry_flor", "did you mean `entry_floor`?")),
    (lambda p: p["entry_floor"].pop("value"), ("entry_floor", "`value` alone")),
    (lambda p: p["entry_intensity"].pop("default"), ("entry_intensity", "`prior` and `default`")),
    (lambda p: p["entry_intensity"].update(role="free"), ("entry_intensity.role", "'free'", "'calibrated'")),
])
def test_ones_own_priors_name_the_same_parameters(tmp_path: Path, change: object, parts: tuple[str, ...]) -> None:
    content = yaml.safe_load((CONFIGS / "priors.yaml").read_text(encoding="utf-8"))
    assert callable(change)
    change(content["parameters"])
    path = tmp_path / "priors.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_priors(path)
    one_line(error, str(path), *parts)


def test_a_user_may_fix_bound_or_replace_a_prior() -> None:
    priors = load_priors()
    before = priors.defaults["entry_intensity"]
    bounds, spread = [0.05, 0.1], {"lognormal": [0.1, 0.2]}
    changed = priors.changed({"entry_intensity": before + 0.5, "exit_base": bounds, "entry_floor": spread})
    assert changed.entry("entry_intensity").role == "constant"
    assert changed.defaults["entry_intensity"] == before + 0.5
    assert changed.defaults["exit_base"] == pytest.approx(0.075)
    assert changed.entry("entry_floor").role == "calibrated"
    assert priors.defaults["entry_intensity"] == before
    wrong = (("entry_intensty", 3, "entry_intensity"), ("exit_base", [2, 1], "must lie below"), ("exit_base", "x", "is no prior"))
    for name, change, rule in wrong:
        with pytest.raises(InputError) as error:
            priors.changed({name: change})
        one_line(error, name, rule)


@pytest.mark.parametrize("spec", [
    *DISTRIBUTIONS.values(), {"beta": [0.01, 0.01]}, {"beta": [1e6, 1e6]}, {"gamma": [0.01, 1e-9]}, {"gamma": [1e6, 1e9]},
    {"lognormal": [1e9, 10]}, {"lognormal": [1e-9, 10]}, {"normal": [1e9, 1e9]}, {"uniform": [-1e9, 1e9]},
])
def test_what_is_read_as_a_prior_has_finite_and_increasing_quantiles(spec: dict[str, object]) -> None:
    values = Prior.model_validate(spec).from_normal(np.linspace(-8, 8, 65))
    assert np.isfinite(values).all()
    assert (np.diff(values) >= 0).all()


def test_a_default_outside_its_prior_is_refused(tmp_path: Path) -> None:
    content = yaml.safe_load((CONFIGS / "priors.yaml").read_text(encoding="utf-8"))
    content["parameters"]["entry_intensity"]["default"] = 400
    (tmp_path / "priors.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_priors(tmp_path / "priors.yaml")
    one_line(error, "parameters.entry_intensity", "default 400 lies outside its prior", "give the prior's median")


@pytest.mark.parametrize("change", [[-1, 2], {"normal": [0, 1]}, {"lognormal": [1, 1]}])
def test_a_prior_of_values_without_a_meaning_is_refused(change: object) -> None:
    with pytest.raises(InputError) as error:
        load_priors().changed({"exit_base": change})
    one_line(error, "prior: exit_base", "must lie between 0 and 1")


def test_structures_begin_with_the_one_in_force() -> None:
    priors = load_priors()
    assert priors.structures_with()["attempt_form"] == "squeeze"
    assert priors.structures_with({"ladder": "3"})["ladder"] == "3"
    for changes in ({"lader": "3"}, {"ladder": "4"}):
        with pytest.raises(InputError):
            priors.structures_with(changes)


@pytest.mark.parametrize(("name", "value", "rule"), [
    ("entry_flor", 0.1, "did you mean `entry_floor`?"), ("entry_floor", math.nan, "finite"), ("entry_floor", "0.1", "finite"),
    ("entry_floor", -0.1, "between 0 and inf"), ("exit_base", 1.5, "between 0 and 1"), ("success_skill", -1, "between 0"),
])
def test_a_changed_value_stays_in_its_support(name: str, value: float, rule: str) -> None:
    priors = load_priors()
    with pytest.raises(InputError) as error:
        priors.checked({name: value})
    one_line(error, name, rule)
    unharmed = {"success_intercept": -7, "entry_connected_skill": -0.2, "attempt_rate": 0, "production_sunk_share": 0.95}
    assert priors.checked(unharmed) == unharmed


def test_every_default_lies_in_its_support() -> None:
    priors = load_priors()
    assert priors.checked(priors.defaults) == priors.defaults
