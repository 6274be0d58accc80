"""Does what the documents say still hold? Their code runs, their links lead somewhere, their tables agree with the files."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from model.config import all_cases
from model.profile import Batch
from model.schema import Case

REPOSITORY = Path(__file__).resolve().parents[1]
BESIDE = [REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
WRITTEN = [path for path in (REPOSITORY / "docs").rglob("*.md") if "_build" not in path.relative_to(REPOSITORY).parts]
DOCUMENTS = [*BESIDE, *sorted(WRITTEN)]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ("3.11", "3.12", "3.13")
# Commands that end in seconds are run as they are written; of the others, the help.
CHEAP = {"explain", "simulate", "doctor", "list", "new", "completion"}
# Blocks that tests below run or read, those that the build of the site executes, and what MyST makes of the others.
TESTED = {"python", "bash", "yaml"}
EXECUTED = "{code-cell} ipython3"
DIRECTIVES = {"{toctree}", "{include}", "{eval-rst}"}
REASON = re.compile(r"<!-- not run: \S.*-->\n$")


def blocks(language: str) -> list[tuple[str, str]]:
    """Every fenced block of code in a language, with the file and the line where it begins."""
    fenced = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            fenced.append((f"{path.relative_to(REPOSITORY).as_posix()}:{line}", match.group(1)))
    return fenced


def openings() -> list[tuple[str, str, str]]:
    """Every fence that opens a block: where it stands, what follows the fence, and the text before it."""
    opened = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        # Fences of one kind come in pairs.
        for match in list(re.finditer(r"^```(.*)$", text, flags=re.MULTILINE))[::2]:
            line = text.count("\n", 0, match.start()) + 1
            opened.append((f"{path.relative_to(REPOSITORY).as_posix()}:{line}", match.group(1), text[: match.start()]))
    return opened


def shell_lines() -> list[tuple[str, list[str]]]:
    joined = [(where, code.replace("\\\n", " ")) for where, code in blocks("bash")]
    # What follows a `>` is a file of the shell.
    lines = [(where, shlex.split(line.split(" > ")[0], comments=True)) for where, code in joined for line in code.splitlines()]
    return [(where, words) for where, words in lines if words]


def ids(pairs: list[tuple[str, list[str]]]) -> list[str]:
    return [f"{where} {' '.join(words)}" for where, words in pairs]


def exit_code(arguments: list[str]) -> int:
    from studies.cli import main

    try:
        return int(main(arguments) or 0)
    except SystemExit as end:
        return int(end.code or 0)


def test_the_documents_hold_code() -> None:
    assert {words[0] for _, words in shell_lines()} >= {"make", ".venv/bin/takeoff"}
    assert blocks("python")


def test_every_block_is_run_or_says_why_it_is_not() -> None:
    untold = [
        f"{where}: {kind or 'a block without a language'}"
        for where, kind, before in openings()
        if kind not in TESTED | {EXECUTED} and kind.split(" ")[0] not in DIRECTIVES and not REASON.search(before)
    ]
    assert untold == [], "say above the block: <!-- not run: REASON -->"


def test_cells_stand_in_notebooks_and_none_is_skipped() -> None:
    cells = {where.rpartition(":")[0] for where, kind, _ in openings() if kind == EXECUTED}
    notebooks = {path.relative_to(REPOSITORY).as_posix() for path in WRITTEN if "file_format: mystnb" in path.read_text("utf-8")}
    assert cells == notebooks
    assert len(notebooks) == 6
    assert [
        name for name in notebooks if re.search("skip-execution|raises-exception", (REPOSITORY / name).read_text("utf-8"))
    ] == []


def test_every_page_of_the_site_is_in_an_index() -> None:
    listed = set()
    for index in WRITTEN:
        for names in re.findall(
            r"^```{toctree}\n(?::\w+:[^\n]*\n)*\n?(.*?)^```", index.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
        ):
            listed |= {(index.parent / f"{name}.md").resolve() for name in names.split()}
    assert {path for path in WRITTEN if path.name != "index.md" or path.parent.name != "docs"} == listed


@pytest.mark.parametrize(("where", "code"), blocks("diff"), ids=[where for where, _ in blocks("diff")])
def test_a_change_that_is_shown_could_be_made(where: str, code: str) -> None:
    files = re.split(r"^--- a/.*\n\+\+\+ b/(.*)\n", code, flags=re.MULTILINE)[1:]
    assert files
    for name, change in zip(files[::2], files[1::2], strict=True):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        for hunk in re.split(r"^@@ (.*)\n", change, flags=re.MULTILINE)[1:]:
            # The place first, then lines that stay or go; those that come are not there yet.
            stays = [line[1:] for line in hunk.splitlines() if line[:1] in {" ", "-"}] if hunk[:1] in "+- " else [hunk]
            assert "\n".join(stays) in text, f"{where}: {name}: {hunk}"


@pytest.mark.parametrize(("where", "text"), blocks("yaml"), ids=[where for where, _ in blocks("yaml")])
def test_yaml_is_read_as_it_stands(where: str, text: str) -> None:
    content = yaml.safe_load(text)
    if "slurm" in content:
        assert Batch.model_validate(content["slurm"]).jobs > 0
    else:
        assert Case.model_validate({**content, "title": content["name"], "name": "my-town"}).observations


@pytest.mark.parametrize(("where", "code"), blocks("python"), ids=[where for where, _ in blocks("python")])
def test_python_runs(where: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "documentation"}
    exec(compile(code, where, "exec"), names)  # noqa: S102  (our own documents)
    assert len(names) > 2, f"{where} defines nothing: is it an example?"


@pytest.mark.parametrize(("where", "words"), shell_lines(), ids=ids(shell_lines()))
def test_shell_commands_exist(where: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program, arguments = Path(words[0]).name, words[1:]
    if program == "make":
        targets = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(arguments) <= set(targets)
    elif program == "takeoff":
        assert exit_code(arguments if arguments[0] in CHEAP else [arguments[0], "--help"]) == 0
    elif program in {"python", "python3"} and arguments[:2] == ["-m", "pytest"]:
        assert [path for path in arguments[2:] if not (REPOSITORY / path).exists()] == []
    elif program in {"python", "python3"}:
        assert arguments[0] == "-m", f"{where}: write `python -m PACKAGE.MODULE`"
        assert (REPOSITORY / f"{arguments[1].replace('.', '/')}.py").is_file()
    else:
        pytest.fail(f"{where}: nothing here checks {program}")


@pytest.mark.slow
def test_the_guide_runs_as_it_is_printed(tmp_path: Path) -> None:
    # The commands begin with `.venv/bin/`; the environment of the tests is that folder here, and it is installed already.
    (tmp_path / ".venv").symlink_to(sys.prefix)
    blocks_of_guide = [code for where, code in blocks("bash") if where.startswith("docs/guide.md")]
    for line in "".join(blocks_of_guide).splitlines():
        if line == "make install":
            continue
        done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S602
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert "Warning" not in done.stderr
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_symlink() and path.is_file()}
    assert {"panel.csv", "sweep.json", "runs/first/report.html", "runs/my-town/decision.csv", "my-town.yaml"} <= left


def test_every_command_named_in_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    named = sorted(set(re.findall(r"`takeoff ([a-z]+)", text)))
    assert "run" in named
    assert {name: exit_code([name, "--help"]) for name in named} == dict.fromkeys(named, 0)
    assert capsys.readouterr().out.count("usage") >= len(named)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_start_years_are_those_of_the_cases() -> None:
    text = (REPOSITORY / "docs" / "evidence.md").read_text(encoding="utf-8").split("## 2. Start years")[1]
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| (\d{4}) \| (\d{4}) \| (\d{4}) \|", text, flags=re.MULTILINE)
    written = {int(number): tuple(map(int, years)) for number, *years in rows}
    assert written == {case.number: (case.start.low, case.start.mode, case.start.high) for case in all_cases()}


def test_the_36_propositions_are_numbered_through() -> None:
    text = (REPOSITORY / "docs" / "evidence.md").read_text(encoding="utf-8").split("## 4.")[1].split("## 5.")[0]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)] == list(range(1, 37))


def requirements() -> list[Requirement]:
    extras = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]


def test_every_dependency_is_explained() -> None:
    text = (REPOSITORY / "docs" / "dependencies.md").read_text(encoding="utf-8").split("## Refused")[0].lower()
    assert [wanted.name for wanted in requirements() if not re.search(rf"\b{re.escape(wanted.name.lower())}\b", text)] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_within_its_range(python: str) -> None:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    valid = [pin for pin in pins if pin.marker is None or pin.marker.evaluate({"python_version": python})]
    versions = {pin.name.lower(): str(pin.specifier).removeprefix("==") for pin in valid}
    assert len(versions) == len(valid), "a library pinned twice for one Python"
    pinned = {wanted: versions.get(wanted.name.lower(), "0") for wanted in requirements()}
    assert [str(wanted) for wanted, version in pinned.items() if not wanted.specifier.contains(version)] == []


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert [part["family-names"] for part in citation["references"][0]["authors"]] == ["Otsuka", "Sonobe"]


def test_the_changelog_says_which_entries_move_results() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "[results]" in text
    kinds = set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
