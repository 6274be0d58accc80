"""Templates: each validates as it stands, says what its entries mean, and never replaces a file."""

from argparse import Namespace
from pathlib import Path

import pytest

from model.config import CONFIGS, load_case, load_policy, load_profile
from model.errors import InputError
from model.idle import idle_programmes
from studies.cli import TEMPLATES, main
from studies.commands.creating import create, template_of
from studies.files.rows import table_rows
from studies.policy.study_file import load_study
from studies.sweeps.table import survey


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_is_written_once_and_not_over_another_file(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = template_of(kind).name
    assert main(["new", kind]) == 0
    assert f"wrote {name}" in capsys.readouterr().err
    Path(name).write_text("mine")
    assert main(["new", kind]) == 2
    assert Path(name).read_text() == "mine"
    assert main(["new", kind, "--out", f"sub/other{Path(name).suffix}"]) == 0
    assert main(["new", kind, "--out", "-"]) == 0
    assert capsys.readouterr().out == Path(f"sub/other{Path(name).suffix}").read_text() == template_of(kind).read_text()
    assert main(["new", kind, "--out", "other.txt"]) == 2


def test_a_cluster_loads() -> None:
    main(["new", "cluster"])
    assert load_case("./cluster.yaml").observations[-1].firms is not None


def test_a_policy_loads_and_acts_before_the_usual_horizon() -> None:
    main(["new", "policy"])
    policy = load_policy("./policy.yaml")
    assert len(policy.programmes) == 2
    assert idle_programmes(policy, 20) == ()


def test_a_profile_loads_with_the_counts_of_quick() -> None:
    main(["new", "profile"])
    named = {"name", "title"}
    assert load_profile("./profile.yaml").model_dump(exclude=named) == load_profile("quick").model_dump(exclude=named)


def test_a_study_of_optimisation_loads_and_nothing_in_it_is_idle() -> None:
    main(["new", "study"])
    study = load_study("./study.yaml")
    assert [one.name for one in study.opened] == ["training.at", "training.part", "credit.at", "budget_share"]
    assert idle_programmes(study.policy("latest", study.latest()), study.horizon) == ()
    assert study.trials >= 10 * len(study.opened)


def test_a_table_has_rows_that_work() -> None:
    main(["new", "table"])
    surveyed = survey(Path("table.csv"), 32)
    assert surveyed.rows == len(list(table_rows(Path("table.csv")))) == 5
    assert surveyed.histories == 13


@pytest.mark.parametrize("kind", ["cluster", "policy", "profile", "study"])
def test_every_key_of_a_template_is_explained_or_speaks_for_itself(kind: str) -> None:
    lines = template_of(kind).read_text().splitlines()
    assert lines[0].startswith("# ")
    assert sum("#" in line for line in lines) >= len(lines) // 3


def test_options_in_comments_are_right() -> None:
    # What is commented out must validate too, once it is used.
    text = template_of("policy").read_text()
    for line in ("# when:", "# captured:", "# name:", "# repeat:", "# until:"):
        text = text.replace(line, line[2:])
    Path("used.yaml").write_text(text)
    assert load_policy("./used.yaml").programmes[1].when is not None
    text = template_of("study").read_text().replace("# eligible:", "eligible:")
    Path("used-study.yaml").write_text(text.replace("# posterior:", "posterior:"))
    assert load_study("./used-study.yaml").posterior == "runs/first"
    text = template_of("cluster").read_text()
    for line in (
        "# heavy_product:",
        "# material_shock:",
        "# improvement:",
        "# history:",
        "#   - programme:",
        "#     from:",
        "#     source:",
    ):
        assert line in text
        text = text.replace(line, line[2:])
    Path("used-cluster.yaml").write_text(text)
    assert load_case("./used-cluster.yaml").history[0].programme == "market_place"


def test_a_path_that_cannot_be_written_is_named() -> None:
    Path("file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        create(Namespace(kind="table", out="file/table.csv"))


@pytest.mark.parametrize(("name", "facts"), [("three-facts", 3), ("not-begun", 0)])
def test_the_examples_of_clusters_load(name: str, facts: int) -> None:
    case = load_case(CONFIGS.parent / "docs" / "examples" / f"{name}.yaml")
    figures = [(seen.firms, seen.workers_per_firm, seen.schooling) for seen in case.observations]
    assert sum(one is not None for row in figures for one in row) == facts
