"""Shell completion: every command, option and name is in the script of each shell, and bash completes as it should."""

import shutil
import subprocess

import pytest

from model.config import policy_names
from studies.cli import SHELLS, build_parser, main
from studies.commands.completing import options_of, script, words_of
from studies.parsing import subcommands

PARSER = build_parser()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_holds_every_command_and_option(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert text == script(shell, PARSER)
    words = set(text.replace('"', " ").replace("'", " ").split())
    for name, command in subcommands(PARSER).items():
        assert name in words
        flags = {one.flag for one in options_of(command, words_of()) if one.flag}
        assert {"--help", "--quiet"} <= flags
        assert {flag[2:] if shell == "fish" else flag for flag in flags} <= words
    assert set(policy_names()) <= words


def completed(*words: str) -> list[str]:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    line = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _takeoff; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    program = f"{script('bash', PARSER)}\n{asked}"
    done = subprocess.run([bash, "--norc", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("takeoff", "simu"), {"simulate"}),
        (("takeoff", "simulate", "kuma"), {"kumasi"}),
        (("takeoff", "simulate", "10", "--policy", "technology"), {"technology-training"}),
        (("takeoff", "compare", "runs/first", "--policy", "training", "mark"), {"market-place"}),
        (("takeoff", "simulate", "10", "--eng"), {"--engine"}),
        (("takeoff", "simulate", "10", "--engine", ""), {"compiled", "simpy"}),
        (("takeoff", "list", "po"), {"policies"}),
        (("takeoff", "list", "--json", "po"), {"policies"}),
        (("takeoff", "explain", "entry_int"), {"entry_intensity"}),
        (("takeoff", "simulate", "10", "--set", "entry_int"), {"entry_intensity="}),
        (("takeoff", "status", ""), set()),
    ],
)
def test_bash_completes(words: tuple[str, ...], expected: set[str]) -> None:
    assert set(completed(*words)) == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_shell_itself_reads_its_script(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell}")
    subprocess.run([program, "-n"], input=script(shell, PARSER), text=True, check=True)
