"""What a user may type wrongly: one line, exit code 2, no traceback, and no file."""

import subprocess
import sys
from pathlib import Path

import pytest

from studies.cli import build_parser, main

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "numba", "matplotlib", "scipy", "pandas", "xarray", "pydantic", "jax", "arviz")


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    try:
        code = main(words)
    except SystemExit as leave:
        code = int(str(leave.code))
    return code, capsys.readouterr().err


BAD = [
    ["simulate"],
    ["simulate", "20"],
    ["simulate", "atlantis"],
    ["simulate", "10", "--engine", "abacus"],
    ["simulate", "10", "--policy", "free-beer"],
    ["simulate", "10", "--seed", "x"],
    ["simulate", "10", "--seed", "5:2"],
    ["simulate", "10", "--seed", "-1"],
    ["simulate", "10", "--seed", "1:2:3"],
    ["simulate", "10", "--set", "production_span"],
    ["simulate", "10", "--set", "production_spam=0.8"],
    ["simulate", "10", "--set", "production_span=much"],
    ["simulate", "10", "--set", "production_span=0.99"],
    ["simulate", "10", "--set", "entry_intensity=-1"],
    ["simulate", "10", "--set", "entry_intensity=0"],
    ["simulate", "10", "--set", "entry_intensity=nan"],
    ["simulate", "10", "--set", "entry_intensity=400"],
    ["simulate", "10", "--set", "entry_intensity=1e12"],
    ["simulate", "10", "--set", "initiation_skill=1e6"],
    ["simulate", "10", "--set", "entry_intensity=-1", "--beyond-prior"],
    ["simulate", "10", "--set", "structure.ladder=9"],
    ["simulate", "10", "--set", "structure.colour=red"],
    ["simulate", "10", "--years", "-3"],
    ["simulate", "10", "--years", "a while"],
    ["simulate", "10", "--years", "0"],
    ["simulate", "10", "--out", "panel.xlsx"],
    ["simulate", "10", "--out", "panel"],
    ["simulate", "10", "--events", "events.txt"],
    ["simulate", "10", "--plot", "plot.jpg"],
    ["simulate", "10", "--out", "same.csv", "--events", "same.csv"],
    ["simulate", "10", "--draw", "3"],
    ["simulate", "10", "--draw", "3", "--posterior", "nowhere"],
    ["simulate", "missing.yaml"],
    ["simulate", "10", "--ouput", "x.csv"],
    ["sweep", "missing.csv"],
    ["sweep", "table.json"],
    ["calibrate", "--profile", "instant"],
    ["calibrate", "--set", "production_span=0.8"],
    ["calibrate", "--set", "prior.production_spam=0.8"],
    ["calibrate", "--set", "prior.production_span={normal: [0, -1]}"],
    ["calibrate", "--set", "prior.production_span=[0.9, 0.8]"],
    ["calibrate", "--set", "prior.production_span=plenty"],
    ["calibrate", "--set", "prior.entry_intensity=1e12"],
    ["calibrate", "--set", "prior.entry_intensity={lognormal: [1, 400]}"],
    ["calibrate", "--seed", "one"],
    ["calibrate", "--on", "moon"],
    ["calibrate", "--on", "local:0"],
    ["calibrate", "--on", "dask:"],
    ["calibrate", "--shard", "3/2"],
    ["calibrate", "--shard", "0/2"],
    ["sweep", "missing.csv", "--shard", "one"],
    ["run", "--profile", "instant"],
    ["check", "nowhere"],
    ["compare", "nowhere"],
    ["compare", ".", "--policy", "credit", "credit"],
    ["compare", ".", "--horizon", "0"],
    ["budgets", "nowhere"],
    ["budgets", ".", "--shares", "0"],
    ["budgets", ".", "--shares", "0.1", "0.1"],
    ["budgets", ".", "--out", "table.xlsx"],
    ["optimise", "missing.yaml"],
    ["optimise", "missing.yaml", "--on", "moon"],
    ["learn", "nowhere"],
    ["learn", ".", "--out", "table.xlsx"],
    ["report", "nowhere"],
    ["advise", "missing.yaml"],
    ["status", "nowhere"],
    ["serve", "nowhere"],
    ["serve", ".", "--port", "99999"],
    ["status", "."],
    ["verify", "."],
    ["diff", ".", "."],
    ["explain", "love"],
    ["sensitivity", "--by", "love"],
    ["plan", "--on", "moon"],
    ["dance"],
    [],
]


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_wrong_input_is_one_line_and_leaves_nothing(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run(words, capsys)
    assert code == 2
    assert said.count("\n") == 1, said
    assert said.startswith("takeoff")
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


FILES = {
    "tag": "name: !!bool foo\n", "deep": "- " * 40_000, "deeper": "name: " + "{a: " * 3000, "digits": f"title: {'9' * 400}\n",
    "empty": "", "binary": "a: \x00", "list": "- a\n", "twice": "title: a\ntitle: b\n",
}  # fmt: skip
READERS = (
    ["explain"], ["simulate"], ["simulate", "10", "--policy"], ["calibrate", "--profile"], ["plan", "--profile"],
    ["advise", "--posterior", "nowhere"], ["compare", "nowhere", "--policy"], ["optimise"],
)  # fmt: skip


@pytest.mark.parametrize("words", READERS, ids=" ".join)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_case_policy_or_profile_is_one_line(
    words: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(FILES[name], encoding="utf-8")
    code, said = run([*words, "./own.yaml"], capsys)
    assert code == 2
    assert said.count("\n") == 1, said
    assert said.startswith("takeoff: own.yaml: ")
    assert len(said) < 300
    assert [path.name for path in tmp_path.iterdir()] == ["own.yaml"]


def test_every_fault_of_a_file_is_a_line_and_no_line_steers_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("titel: a\nprogrammes: [{programme: zon, budget: many}]\n", encoding="utf-8")
    code, said = run(["simulate", "10", "--policy", str(path)], capsys)
    assert code == 2
    assert [line.split(": ")[2] for line in said.splitlines()] == [
        "titel", "question", "programmes.0.programme", "programmes.0.budget",
    ]  # fmt: skip
    code, said = run(["simulate", "10", "--policy", "./a\n\x1b[31m.yaml"], capsys)
    assert (code, said.count("\n"), "\x1b" in said) == (2, 1, False)


def test_a_misspelt_name_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert "entry_intensity" in run(["simulate", "10", "--set", "entry_intensitty=3"], capsys)[1]
    assert "did you mean `training`" in run(["simulate", "10", "--policy", "trainin"], capsys)[1]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "empty"),
        ("case,seed\n", "empty"),
        ("seed\n1\n", "case"),
        ("case,entry_intensity\n10,3,4\n", "line 2"),
        ("case,case\n10,10\n", "twice"),
        ("case,colour\n10,3\n", "colour"),
    ],
)
def test_wrong_tables(content: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.csv"
    table.write_text(content)
    code, said = run(["sweep", str(table)], capsys)
    assert code == 2
    assert said.count("\n") == 1
    assert word in said
    assert list(tmp_path.iterdir()) == [table]


def test_a_binary_file_is_no_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.yaml").write_bytes(bytes(range(256)))
    code, said = run(["simulate", str(tmp_path / "case.yaml")], capsys)
    assert code == 2
    assert said.count("\n") == 1


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from studies.commands import inspecting

    def broken(arguments: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(inspecting, "explain", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["explain"])


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGUSR1"])
def test_a_signal_interrupts_and_says_how_to_go_on(name: str) -> None:
    code = (
        "import os, signal, sys\n"
        "from studies import cli\n"
        "from studies.commands import chain\n"
        f"chain.run = lambda arguments: os.kill(os.getpid(), signal.{name}) or signal.pause()\n"
        "sys.exit(cli.main(['run', '--out', 'somewhere']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 75
    assert "takeoff run --out somewhere --resume" in done.stderr
    assert "Traceback" not in done.stderr


KEEPING = [
    (["calibrate", "--out", "a folder"], "takeoff calibrate --out 'a folder' --resume"),
    (["calibrate", "--out", "x; rm -rf ~", "--resume"], "takeoff calibrate --out 'x; rm -rf ~' --resume"),
    (["sweep", "$(table).csv"], "takeoff sweep '$(table).csv' --resume"),
    (["compare", "a\x1bfolder"], "takeoff compare 'a\\x1bfolder' --resume"),
    (["simulate", "10"], ""),
    (["explain"], ""),
    (["status", "a folder"], ""),
    (["plan"], ""),
]


@pytest.mark.parametrize(("words", "hint"), KEEPING)
def test_an_interruption_says_only_what_is_true(
    words: list[str], hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*given: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("studies.cli._run", interrupted)
    assert main(words) == 75
    line = f"takeoff: interrupted{f'; what was finished is kept. Go on with: {hint}' if hint else ''}"
    assert capsys.readouterr().err == f"\n{line}\n"


def test_a_nul_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "10", "--out", "a\0b.csv"]) == 2
    assert "holds a NUL" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["loop/x.csv", f"{'n' * 300}.csv", "file/x.csv"])
@pytest.mark.parametrize("words", [["sweep", "table.csv", "--years", "1"], ["simulate", "10", "--years", "1"]])
def test_a_path_that_leads_nowhere_is_one_line(
    words: list[str], out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("case,seed\n1,1\n", encoding="utf-8")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    code, said = run([*words, "--out", out], capsys)
    assert code == 2
    assert said.splitlines()[-1].startswith("takeoff: ")
    assert "name another" in said


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from studies.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as leave:\n    assert leave.code == 0\n"
        "sys.stderr.write(' '.join(sorted({name.split('.')[0] for name in sys.modules})) + f'\\n{len(sys.modules)}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    names, count = done.stderr.rsplit("\n", 1)
    assert not set(HEAVY) & set(names.split())
    # A count instead of a time: a plain interpreter with argparse has about a hundred.
    assert int(count) < 250
    assert "simulate" in done.stdout


def test_every_command_of_the_contract_exists() -> None:
    said = build_parser().format_help()
    for command in (
        "run",
        "simulate",
        "sweep",
        "calibrate",
        "check",
        "alternatives",
        "compare",
        "advise",
        "learn",
        "trial",
        "budgets",
        "optimise",
        "sensitivity",
        "report",
        "plan",
        "status",
        "verify",
        "diff",
        "explain",
        "serve",
        "doctor",
        "list",
        "new",
        "completion",
    ):
        assert f" {command}" in said


def test_every_command_names_a_function_that_exists() -> None:
    import importlib

    parser = build_parser()
    words = {
        "simulate": ["10"],
        "sweep": ["t.csv"],
        "check": ["."],
        "compare": ["."],
        "budgets": ["."],
        "optimise": ["s.yaml"],
        "learn": ["."],
        "serve": ["."],
        "alternatives": [".", "."],
        "report": ["."],
        "advise": ["c.yaml"],
        "trial": ["10"],
        "status": ["."],
        "verify": ["."],
        "diff": [".", "."],
        "list": ["cases"],
        "new": ["table"],
        "completion": ["bash"],
    }
    choices = next(action.choices for action in parser._actions if action.choices)
    assert choices is not None
    for command in choices:
        arguments = parser.parse_args([str(command), *words.get(str(command), [])])
        home, function = arguments.function.split(":")
        assert callable(getattr(importlib.import_module(f"studies.commands.{home}"), function))
