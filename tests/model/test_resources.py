"""Memory, walltime and options as batch systems write them; nothing passes that could begin another line or option."""

from typing import Any

import pytest
from pydantic import ValidationError

from model.profile import Batch
from model.resources import TAKEN, hours_minutes_seconds, megabytes, option_value, shell_line, slurm_options


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("16G", "16G"),
        ("16GB", "16G"),
        ("16 GiB", "16G"),
        ("16gb", "16G"),
        ("16384MB", "16G"),
        ("16000M", "16000M"),
        ("16000", "16000M"),
        (2048, "2G"),
        ("1T", "1024G"),
        ("2000000K", "1954M"),
    ],
)
def test_memory_is_read_as_batch_systems_write_it(given: Any, read: str) -> None:
    assert megabytes(given) == read
    assert megabytes(read) == read


@pytest.mark.parametrize(
    "given", ["0", "G", "-1G", "1.5G", "1e3", "16GG", "16G\n#", "much", "", None, True, 2.5, "9" * 50, "\u0663G"]
)
def test_what_is_no_memory_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=r"must be an amount of memory .*; write"):
        megabytes(given)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("01:00:00", "01:00:00"),
        ("4:00:00", "04:00:00"),
        ("2-00:00:00", "48:00:00"),
        ("1-12", "36:00:00"),
        ("1-12:30", "36:30:00"),
        ("90", "01:30:00"),
        (90, "01:30:00"),
        ("30:00", "00:30:00"),
        ("100:01:01", "100:01:01"),
    ],
)
def test_a_walltime_is_read_in_every_form_of_slurms(given: Any, read: str) -> None:
    assert hours_minutes_seconds(given) == read
    assert hours_minutes_seconds(read) == read


@pytest.mark.parametrize(
    "given",
    [
        "0",
        "00:00:00",
        "1:60:00",
        "1:00:60",
        "1-24",
        "1-0:60",
        "4h",
        "-1",
        "1:2:3:4",
        "99999:00:00",
        "9" * 50,
        "1\n",
        "",
        None,
        True,
        1.5,
        "UNLIMITED",
    ],
)
def test_what_is_no_walltime_is_refused(given: Any) -> None:
    if given == "1\n":  # Surrounding blanks are no part of it.
        assert hours_minutes_seconds(given) == "00:01:00"
        return
    with pytest.raises(ValueError, match="must be a walltime; write"):
        hours_minutes_seconds(given)


@pytest.mark.parametrize(
    "value", ["main", "a,b", "node[1-4]", "[rack1|rack2]", "intel&gpu", "gpu:2", "me@example.org", "1", "(a|b)*2"]
)
def test_values_of_options_pass_as_they_are(value: str) -> None:
    assert option_value(value) == value


# Each would end the line, the option or the word, or is read by a shell.
DANGEROUS = [
    "main\ntouch x",
    "a b; touch x",
    "a\rb",
    "a\tb",
    "a#b",
    "a\\b",
    "a'b",
    'a"b',
    "$(x)",
    "`x`",
    "a;b",
    "a\0b",
    "a\u2028b",
    "-x",
    "",
    " ",
]


@pytest.mark.parametrize("value", DANGEROUS)
@pytest.mark.parametrize("key", ["partition", "account", "qos", "constraint", "interface", "options"])
def test_no_value_of_a_batch_reaches_further_than_its_option(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match="must be one word without blanks"):
        Batch.model_validate({key: {"reservation": value} if key == "options" else value})


@pytest.mark.parametrize("name", ["a b", "--mail-user", "a=b", "a\nb", "", "A", *TAKEN])
def test_no_name_of_an_option_is_another_line_or_decided_elsewhere(name: str) -> None:
    with pytest.raises(ValueError, match=r"(is no option|is set by the script itself); "):
        slurm_options({name: "x"})


@pytest.mark.parametrize("given", [["a"], "a", {"a": None}, {"a": False}, {"a": [1]}, {1: "a"}])
def test_options_are_words_by_name(given: Any) -> None:
    with pytest.raises(ValueError, match="; write"):
        slurm_options(given)


@pytest.mark.parametrize("line", ["module load a\ntouch x", "a\x1bb", "a\0", "a\rb"])
def test_an_entry_of_the_prologue_is_one_line(line: str) -> None:
    with pytest.raises(ValueError, match="control character; give each line"):
        shell_line(line)
    with pytest.raises(ValidationError, match="control character"):
        Batch(prologue=(line,))


def test_directives_are_those_of_sbatch() -> None:
    batch = Batch(qos="normal", constraint="intel&gpu", options=slurm_options({"exclusive": True, "nice": 100}))
    assert batch.directives == ("--qos=normal", "--constraint=intel&gpu", "--exclusive", "--nice=100")
    assert Batch().directives == ()


def test_memory_is_said_once_and_slurms_options_to_slurm_only() -> None:
    assert Batch(memory_per_cpu="4GB").memory_per_cpu == "4G"
    with pytest.raises(ValidationError, match="memory and memory_per_cpu exclude each other; keep one"):
        Batch(memory="4G", memory_per_cpu="4G")
    for given in ({"qos": "a"}, {"options": {"a": "b"}}, {"memory_per_cpu": "1G"}):
        with pytest.raises(ValidationError, match="belong to Slurm, not to pbs; leave them out"):
            Batch.model_validate({"queue": "pbs", **given})
