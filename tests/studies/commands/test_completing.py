"""Shell completion: every command, option and name is in the script of each shell, and bash completes as it should."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

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


COMPLETED = (
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
    ],
)


@pytest.mark.parametrize(*COMPLETED)
def test_bash_completes(words: tuple[str, ...], expected: set[str]) -> None:
    assert set(completed(*words)) == expected


def test_bash_leaves_folders_to_itself() -> None:
    assert completed("takeoff", "status", "") == []


@pytest.mark.parametrize(*COMPLETED)
def test_fish_completes(words: tuple[str, ...], expected: set[str], tmp_path: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("no fish")
    program = f"{script('fish', PARSER)}\ncomplete -C '{' '.join(words)}'"
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    words_of_fish = [fish, "--no-config", "-c", program]
    done = subprocess.run(words_of_fish, cwd=tmp_path, env=home, capture_output=True, text=True, check=True)
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == expected
    assert done.stderr == ""


def typed(keys: str, folder: Path) -> str:
    """Return what zsh shows in a terminal in which the script was read and keys are typed: it completes nowhere else."""
    terminal, end = pty.openpty()
    settings = {**os.environ, "TERM": "dumb", "HOME": str(folder)}
    shell = subprocess.Popen(["zsh", "-f", "-i"], cwd=folder, env=settings, stdin=end, stdout=end, stderr=end)
    os.close(end)

    def until(mark: str) -> str:
        seen = ""
        while mark not in seen:
            seen += os.read(terminal, 4096).decode()
        return seen

    try:
        # The marks are typed in two parts, lest their echo is taken for them.
        os.write(terminal, b"source ./script; LISTMAX=1000; PROMPT='REA''DY'\n")
        until("READY")
        os.write(terminal, f"{keys}\x15print DO''NE\n".encode())
        return until("DONE")
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)


@pytest.mark.parametrize(*COMPLETED)
def test_zsh_completes(words: tuple[str, ...], expected: set[str], tmp_path: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("no zsh")
    (tmp_path / "script").write_text(script("zsh", PARSER), encoding="utf-8")
    shown = typed(" ".join(words) + "\t\t", tmp_path)
    assert {word for word in expected if word in shown} == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_shell_itself_reads_its_script(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell}")
    subprocess.run([program, "-n"], input=script(shell, PARSER), text=True, check=True)
