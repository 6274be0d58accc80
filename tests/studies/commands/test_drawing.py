"""Do commands draw with the functions of the package, and refuse a picture before any work?"""

from argparse import Namespace
from pathlib import Path

import pytest

from model.errors import InputError
from studies import plot_policies
from studies.cli import main
from studies.commands.drawing import draw, plot_asked
from tests.studies.plots import made

SIGNS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", SIGNS)
def test_a_picture_is_written_in_the_format_of_its_suffix(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = plot_asked(Namespace(plot=str(tmp_path / f"new/plot{suffix}")))
    draw(path, plot_policies, made.comparison(), 10)
    assert path is not None
    assert path.read_bytes().startswith(SIGNS[suffix])
    assert capsys.readouterr().err == f"wrote {path}\n"


def test_nothing_is_drawn_where_nothing_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert plot_asked(Namespace(plot=None)) is None
    draw(None, plot_policies, None)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words", [["simulate", "10"], ["compare", "runs/none"], ["advise", "none.yaml"], ["sensitivity"]], ids=lambda words: words[0]
)
def test_a_format_that_is_none_is_refused_before_any_work(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--plot", "plot.jpg"]) == 2
    assert "--plot: plot.jpg: unknown format '.jpg'; end the name in .png, .svg, .pdf" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_seeds_that_were_simulated_in_blocks_are_one_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from studies.files import histories

    drawn = []
    monkeypatch.setattr(histories, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr("studies.plots.paper.save_plot", lambda path, function, data, case: drawn.append(data))
    assert main(["simulate", "10", "--years", "2", "--seed", "1:5", "--plot", str(tmp_path / "plot.png")]) == 0
    assert drawn[0]["seed"].values.tolist() == [1, 2, 3, 4, 5]
    assert drawn[0].attrs["stopped"] == "none"


def test_a_wrong_choice_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="case"):
        draw(tmp_path / "plot.png", plot_policies, made.comparison(), "nowhere")
    assert list(tmp_path.iterdir()) == []
