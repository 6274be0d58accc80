"""Is what we know read as it is written, and is what is wrong refused in one line?"""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.config import (
    CONFIGS,
    all_cases,
    load_case,
    load_policy,
    load_priors,
    load_profile,
    policy_names,
    profile_names,
)
from model.errors import InputError
from model.state import PROGRAMMES

# Table 2: year, firms, workers a firm, schooling, export level ("na" is None).
TABLE_2 = {
    1: [(1968, 200, None, 10.6, "none"), (1998, 100, None, 13.7, "none")],
    2: [((1950, 1959), 150, None, None, "none"), (1965, 3, None, None, "world")],
    3: [(1998, 100, 70, 13.0, "distant")],
    4: [(1999, 5000, 15, 7.5, "distant")],
    5: [(2000, 200, 340, 10.6, "none")],
    6: [(2006, 133, 22.1, 6.7, "none")],
    7: [(2008, 1200, 22.3, 9.4, "none")],
    8: [(2007, 700, 26.1, 10.1, "none")],
    9: [(2002, 640, 4.8, 8.6, "neighbours")],
    10: [(2005, 500, 5.9, 11.0, "none")],
    11: [(2000, 60, 930, 13.2, "world")],
    12: [(2001, 50, 900, 15.1, "distant")],
    13: [(2003, 200, 107, 12.1, "none")],
    14: [(2007, 160, 12.0, 7.9, "distant")],
    15: [(2005, 1000, 10.1, 9.2, "neighbours")],
    16: [(2008, 130, 72.5, 10.8, "none")],
    17: [(2006, 150, 7.2, 11.0, "none")],
    18: [(2005, 4100, 1231, 15.0, "world")],
    19: [(2010, 700, 5.0, 10.7, "neighbours")],
}
SUCCESSES = {1, 2, 3, 4, 5, 11, 12, 13, 14}
OWN = """
name: My cluster
origin: {group: 1, firms: tailors, product: suits}
start: {low: 1980, mode: 1985, high: 1990}
covariates: {region: africa}
observations:
  - year: 2001
    firms: [150, 300]
  - year: 2010
    firms: 400
    workers_per_firm: {value: 6.5, log_sd: 0.4}
    exports: neighbours
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_all_nineteen_cases_stand_in_order() -> None:
    assert [case.number for case in all_cases()] == list(range(1, 20))
    assert [case.origin.group for case in all_cases()] == [1] * 10 + [2] * 7 + [3] * 2


@pytest.mark.parametrize("number", TABLE_2)
def test_table_2_is_carried_over(number: int) -> None:
    rows = [
        (
            seen.year,
            seen.firms and seen.firms.value,
            seen.workers_per_firm and seen.workers_per_firm.value,
            seen.schooling and seen.schooling.value,
            seen.exports and seen.exports.level,
        )
        for seen in load_case(number).observations
    ]
    assert rows == TABLE_2[number]


def test_who_succeeded_is_what_the_paper_says() -> None:
    last = {case.number: case.observations[-1].improvement for case in all_cases()}
    assert {number for number, status in last.items() if status == "success"} == SUCCESSES
    assert last[15] == "transition"
    assert last[18] == "never_needed"
    assert all(load_case(number).observations[0].improvement == "not_listed" for number in (1, 2))
    assert {status for number, status in last.items() if number not in SUCCESSES | {15, 18}} == {"not_listed"}


def test_covariates_are_those_of_the_paper() -> None:
    cases = all_cases()
    assert {case.number for case in cases if case.origin.traders} == {1, 4, 5, 7, 13, 15}
    assert {case.number for case in cases if case.covariates.region == "africa"} == {8, 9, 10, 15, 16, 17, 19}
    assert {case.number for case in cases if case.covariates.heavy_product} == {2, 3, 6, 11, 12, 13}
    assert {case.number for case in cases if case.covariates.material_shock} == {10, 16, 17}
    assert {case.number for case in cases if case.start.reform} == {10, 14, 15, 16}
    assert [case.covariates.trained_founders for case in cases if case.covariates.quota_buyers] == [60]
    trained = {case.number for case in cases for past in case.history if past.programme == "training"}
    assert trained == {6, 8, 10, *range(14, 20)}
    markets = {case.number for case in cases for past in case.history if past.programme == "market_place"}
    assert markets == {4, 5, 12, 13}


def test_footnotes_and_traps_are_kept_as_notes() -> None:
    for number in (4, 8, 10, 15):
        firms = load_case(number).observations[-1].firms
        assert firms is not None
        assert firms.note
        assert firms.sd == 0.4
    dhaka = load_case(18).observations[-1].workers_per_firm
    assert dhaka is not None
    assert dhaka.alternative == 490
    assert dhaka.selection_bias == 0.25


@pytest.mark.parametrize("ref", [10, "10", "10-kumasi", "kumasi", "kum", "10-k", CONFIGS / "cases" / "10-kumasi.yaml"])
def test_a_case_has_many_names(ref: int | str | Path) -> None:
    case = load_case(ref)
    assert (case.number, case.name) == (10, "10-kumasi")
    assert case.path is not None
    assert case.path.is_file()


def test_configs_are_found_from_any_folder(tmp_path: Path, repository: Path) -> None:
    code = "from model.config import load_case; print(load_case(3).location)"
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "Taichung, Taiwan, China\n"


def test_a_number_fixes_a_pair_bounds_and_what_is_missing_is_unknown(own: Path) -> None:
    case = load_case(own)
    early, late = case.observations
    assert (case.number, case.name, case.title, case.path) == (0, "mine", "My cluster", own)
    assert early.firms is not None
    assert early.firms.middle == pytest.approx(math.sqrt(150 * 300))
    assert early.firms.sd == pytest.approx(math.log(2) / (2 * 1.6448536269514722))
    assert early.workers_per_firm is None
    assert late.firms is not None
    assert late.firms.middle == 400
    assert late.workers_per_firm is not None
    assert late.workers_per_firm.sd == 0.4
    assert late.exports is not None
    assert late.exports.level == "neighbours"


def test_a_start_may_be_a_year_or_a_pair(tmp_path: Path) -> None:
    text = OWN.replace("{low: 1980, mode: 1985, high: 1990}", "[1980, 1990]")
    (tmp_path / "pair.yaml").write_text(text, encoding="utf-8")
    start = load_case(tmp_path / "pair.yaml").start
    assert (start.low, start.mode, start.high) == (1980, 1985, 1990)


def test_only_the_region_is_needed_and_a_start_is_told_from_the_first_observation(tmp_path: Path) -> None:
    path = tmp_path / "few.yaml"
    path.write_text("covariates: {region: oceania}\nobservations: [{year: [2010, 2012], firms: 30}]\n", encoding="utf-8")
    case = load_case(path)
    assert (case.title, case.origin.group) == ("few", 1)
    assert (case.start.low, case.start.mode, case.start.high) == (1960, 1990, 2009)
    path.write_text("covariates: {region: oceania}\n", encoding="utf-8")
    assert load_case(path).start.source == "not known"


def test_all_contradictions_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    people = "covariates: {region: africa, home_population: {value: 1, year: 2000}}\n"
    rows = "observations:\n  - {year: 2015, firms: 60000, workers_per_firm: 3000}\n  - {year: 2014, firms: 5}\n"
    path.write_text(f"{people}start: 2016\n{rows}", encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_case(path)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    rules = ("must ascend", "start: 2016: must lie before the first", "180,000,000 workers in 2015")
    for line, words in zip(lines, rules, strict=True):
        assert words in line


WRONG = {
    "key": ("covariates: {region", "covariates: {regoin", "covariates.regoin", "did you mean `region`?"),
    "nested key": ("log_sd: 0.4", "lod_sd: 0.4", "observations.1.workers_per_firm.lod_sd", "did you mean `log_sd`?"),
    "number given": ("name: My cluster", "name: My cluster\nnumber: 3", "number", "leave it out"),
    "type": ("firms: 400", "firms: many", "observations.1.firms: 'many'", "must be a number"),
    "unit": ("firms: 400", 'firms: "400 firms"', "observations.1.firms: '400 firms'", "without quotes or unit"),
    "truth for number": ("firms: 400", "firms: true", "observations.1.firms: True", "must be a number"),
    "range": ("firms: 400", "firms: -3", "observations.1.firms", "must be above 0"),
    "infinite": ("firms: 400", "firms: .inf", "observations.1.firms: inf", "must be finite"),
    "not a number": ("firms: 400", "firms: .nan", "observations.1.firms: nan", "must be finite"),
    "pair upside down": ("[150, 300]", "[300, 150]", "observations.0.firms: ", "low end must lie below"),
    "three ends": ("[150, 300]", "[1, 2, 3]", "observations.0.firms: ", "[low, high]"),
    "year": ("year: 2010", "year: '2010'", "observations.1.year: '2010'", "must be a year"),
    "year far away": ("year: 2010", "year: 20100", "observations.1.year: 20100", "between 1800 and 2100"),
    "dates descend": ("year: 2010", "year: 1999", "years of observations must ascend", "earliest first"),
    "start descends": ("mode: 1985", "mode: 1995", "start", "low <= mode <= high"),
    "start too late": ("high: 1990", "high: 2005", "start: 2005: ", "before the first observation"),
    "long form": ("firms: 400", "firms: {value: many}", "observations.1.firms.value: 'many'", "must be a number"),
    "long exports": ("exports: neighbours", "exports: {level: mars}", "observations.1.exports.level: 'mars'", "'world'"),
    "word": ("exports: neighbours", "exports: mars", "observations.1.exports: 'mars'", "'world'"),
    "region": ("region: africa", "region: mars", "covariates.region: 'mars'", "'asia', 'africa'"),
    "missing": ("covariates: {region: africa}", "", "covariates", "add `covariates:`"),
    "half a firm": ("firms: 400", "firms: 0.5", "observations.1.firms: 0.5", "must not be below 1"),
    "name": ("name: My cluster", "name: 7", "name: 7", "must be text"),
    "twice": ("name: My cluster", "name: My cluster\nname: Yours", "line 3", "given twice"),
    "not YAML": ("covariates: {", "covariates: {{[", "line", "not valid YAML"),
    "tag": ("name: My cluster", "name: !!python/object:os.system ls", "line 2", "is not read; leave it out"),
    "list for mapping": ("{region: africa}", "[africa]", "covariates", "must be a mapping"),
    "mapping for list": ("\n  - year: 2001\n    firms: [150, 300]\n  - year: 2010", "\n    year: 2010", "observations", "a list"),
    "odd key": ("{region: africa}", "{region: africa, true: 1}", "line", "key `True` is not a word"),
}


def one_line(error: pytest.ExceptionInfo[InputError], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_in_one_line(own: Path, name: str) -> None:
    right, wrong, key, remedy = WRONG[name]
    assert right in OWN
    own.write_text(OWN.replace(right, wrong), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_case(own)
    one_line(error, str(own), key, remedy)


@pytest.mark.parametrize(("content", "rule"), [
    (b"", "is empty"), (b"# nothing\n", "is empty"), (b"- a\n- b\n", "must be a mapping"), (b"word", "must be a mapping"),
    (b"\xff\xfe\x00", "not a text file"), (b"a: \x00", "not valid YAML"),
])
def test_a_file_that_says_nothing_is_refused(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    for load in (load_case, load_policy, load_profile, load_priors):
        with pytest.raises(InputError) as error:
            load(path)
        one_line(error, str(path), rule)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(InputError) as error:
            load_case(path if path.suffix else Path(path))
        one_line(error, str(path))


@pytest.mark.parametrize(("load", "ref", "parts"), [
    (load_case, "kumsi", ("unknown case", "10-kumasi")), (load_case, 20, ("unknown case", "19-dar-es-salaam")),
    (load_case, 0, ("unknown case",)), (load_case, "", ("unknown case",)), (load_case, "9" * 5000, ("unknown case", "...")),
    (load_case, "addis", ("08-addis", "15-addis", "say which")),
    (load_policy, "trainig", ("unknown policy", "did you mean `training`?", "status-quo")),
    (load_profile, "fast", ("unknown profile", "quick", "standard", "batch")),
])
def test_unknown_names_list_the_known(load: object, ref: int | str, parts: tuple[str, ...]) -> None:
    assert callable(load)
    with pytest.raises(InputError) as error:
        load(ref)
    one_line(error, *parts)


def test_a_name_that_lacks_the_ending_of_a_file_is_told_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-plan.yaml").write_text("", encoding="utf-8")
    for load in (load_case, load_policy, load_profile):
        with pytest.raises(InputError) as error:
            load("my-plan")
        one_line(error, "my-plan: unknown", "a file my-plan.yaml is here: name it with its ending, my-plan.yaml", "known are")
    with pytest.raises(InputError) as error:
        load_policy("a\0b")
    one_line(error, "unknown policy; known are")


# ------------------------------------------------------------------------------------------------------- policies and profiles


def test_the_contract_s_policies_are_shipped() -> None:
    wanted = {
        "status-quo", "training", "technology-training", "credit", "zone", "market-place", "training-then-credit-and-zone",
        "credit-and-zone-then-training", "all-at-once", "pilot", "captured-credit", "foreign-investment", "protection",
        "training-for-a-fee", "campaign",
    }
    assert wanted <= set(policy_names())
    for name in policy_names():
        policy = load_policy(name)
        assert policy.name == name
        assert policy.question.endswith("?")
        assert all(spec.programme in PROGRAMMES and spec.source for spec in policy.programmes)


def test_budgets_are_equal_over_policies() -> None:
    free = {"status-quo", "protection", "liberalisation"}
    for name in set(policy_names()) - free:
        funded = load_policy(name).funded()
        assert sum(spec.budget_share or 0.0 for spec in funded) == pytest.approx(0.2), name
        assert all(spec.budget is None for spec in funded)


@pytest.mark.parametrize(("line", "parts"), [
    ("programmes: [{programme: traning, at: 0}]", ("programmes.0.programme", "traning", "training")),
    ("programmes: [{programme: training, at: 0}]", ("unit_cost of training",)),
    ("programmes: [{programme: zone, at: -1}]", ("programmes.0.at", "greater than or equal to 0")),
    ("programmes: [{programme: zone, captured: 1.5}]", ("programmes.0.captured", "1.5", "less than or equal to 1")),
    ("programmes: [{programme: zone, budget: 3, budget_share: 0.1}]", ("exclude each other",)),
    ("programmes: [{programme: zone, when: {improved_firm: 5}}]", ("did you mean `improved_firms`?",)),
    ("name: mine", ("name", "leave it out")),
    ("programmes: [{programme: zone, course: pilot}]", ("programmes.0.course: 'pilot': is not used by zone", "leave it out")),
    ("programmes: [{programme: protection, budget: 0}]", ("programmes.0.budget", "a rate and no budget", "takes effect")),
    ("programmes: [{programme: campaign, effect: -0.1}]", ("programmes.0.effect", "-0.1", "only protection")),
    ("programmes: [{programme: protection, effect: 1.5}]", ("programmes.0.effect", "must not be above 1")),
    ("programmes: [{programme: zone, name: a}, {programme: credit, name: a}]", ("is the name of two programmes", "rename")),
    ("programmes: [{programme: zone, when: {improved_firms: 5}, repeat: {every: 2, times: 2}}]", ("repeat and when exclude",)),
    ("programmes: [{programme: matching_grant}]", ("unit_cost of matching_grant",)),
])
def test_a_wrong_policy_is_refused(tmp_path: Path, line: str, parts: tuple[str, ...]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"title: Mine\nquestion: What?\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_policy(path)
    one_line(error, str(path), *parts)


def test_profiles_hold_counts_and_grow() -> None:
    assert set(profile_names()) >= {"quick", "standard", "batch"}
    quick, standard, batch = (load_profile(name) for name in ("quick", "standard", "batch"))
    assert quick.training_simulations < standard.training_simulations < batch.training_simulations
    assert min(profile.ensembles for profile in (quick, standard, batch)) >= 4
    assert quick.threads is None
    assert (quick.slurm.queue, batch.slurm.walltime) == ("slurm", "24:00:00")


def test_a_profile_refuses_clocks(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text((CONFIGS / "profiles" / "quick.yaml").read_text(encoding="utf-8") + "minutes: 5\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_profile(path)
    one_line(error, "minutes", "unknown key")
