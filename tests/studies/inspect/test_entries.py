"""Every name that can be listed can be explained, and what is near to one is named."""

from pathlib import Path

import pytest

from model.config import all_cases, load_policy, load_priors, policy_names
from model.errors import InputError
from studies.commands.creating import template_of
from studies.inspect.entries import TOPICS, entries_named, explanation

PRIORS = load_priors()


@pytest.mark.parametrize("name", PRIORS.names())
def test_every_parameter_has_its_own_text(name: str) -> None:
    text, entry = explanation(name), PRIORS.entry(name)
    for word in (name, entry.meaning, entry.unit, entry.source, f"{entry.used:g}"):
        assert word in text


@pytest.mark.parametrize("name", PRIORS.structures)
def test_every_structural_choice_has_its_own_text(name: str) -> None:
    text = explanation(name)
    assert all(option in text for option in PRIORS.structures[name].options)


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_has_its_own_text(name: str) -> None:
    text, policy = explanation(name), load_policy(name)
    assert policy.question in text
    for spec in policy.programmes:
        assert f"{spec.at:g} to {spec.at + spec.years:g}" in text


def test_no_name_stands_for_two_things() -> None:
    # A parameter and a structural choice of one name are shown together.
    names = [*{*PRIORS.names(), *PRIORS.structures}, *TOPICS, *policy_names(), *(case.name[3:] for case in all_cases())]
    assert len(set(names)) == len(names)
    assert list(entries_named("state_capacity")) == ["parameter", "structure"]
    assert "structure.state_capacity=off" in explanation("state_capacity")


def test_a_path_is_what_its_file_says(tmp_path: Path) -> None:
    for kind, named in (("policy", "policy"), ("cluster", "case")):
        copy = tmp_path / f"{kind}.yaml"
        copy.write_text(template_of(kind).read_text())
        assert list(entries_named(str(copy))) == [named]
    with pytest.raises(InputError, match="cannot be read"):
        explanation("./missing.yaml")


@pytest.mark.parametrize(
    ("word", "near"),
    [("entry_intensty", "entry_intensity"), ("trainin", "training"), ("kumassi", "kumasi"), ("schedul", "schedule")],
)
def test_the_nearest_name_of_any_kind_is_named(word: str, near: str) -> None:
    with pytest.raises(InputError, match=f"did you mean {near}"):
        explanation(word)
