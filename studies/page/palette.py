"""Which colour means what? One table, for the pages, for the plots, and for the pictures of the documentation.

The hues are those that Okabe and Ito (2008) chose for readers who do not tell red from green. ``templates/style.css`` writes the
same colours for the pages; a test holds it to this table.
"""

from typing import Final, NamedTuple

# The variables at the head of the style sheet.
COLOURS: Final = {
    "ink": "#1c2430",
    "soft": "#5a6676",
    "faint": "#e4e8ee",
    "paper": "#ffffff",
    "wash": "#f5f7fa",
    "blue": "#0072b2",
    "sky": "#56b4e9",
    "orange": "#d55e00",
    "gold": "#e69f00",
    "green": "#009e73",
}


class Mark(NamedTuple):
    """One kind of mark: its colour, how opaque it is, how wide its line is (CSS pixels; 0 of an area), and what it means."""

    colour: str
    opacity: float
    width: float
    meaning: str


# By the class that the style sheet gives to the same mark. The dot of a parameter is its posterior median, as its caption says.
MARKS: Final = {
    "thin": Mark(COLOURS["blue"], 1.0, 1.5, "central 90 % of the histories or draws"),
    "thick": Mark(COLOURS["blue"], 0.55, 5.0, "sampling error: two Monte Carlo standard errors either way"),
    "mean": Mark(COLOURS["blue"], 1.0, 0.0, "the mean"),
    "band90": Mark(COLOURS["blue"], 0.16, 0.0, "central 90 % of the histories"),
    "band50": Mark(COLOURS["blue"], 0.28, 0.0, "central 50 % of the histories"),
    "median": Mark(COLOURS["blue"], 1.0, 2.0, "median of the histories"),
    "seen": Mark(COLOURS["orange"], 1.0, 0.0, "an observed figure"),
    "error": Mark(COLOURS["orange"], 1.0, 2.0, "central 90 % of the error of an observed figure"),
    "missed": Mark(COLOURS["orange"], 1.0, 0.0, "an observed figure outside the central 90 % of its prediction"),
    "prior": Mark("#eceff3", 1.0, 0.0, "central 90 % of the prior, or of the prediction"),
    "projection": Mark("#f1f3f6", 1.0, 0.0, "after the decision"),
    "zero": Mark("#8a95a3", 1.0, 1.0, "no effect"),
    "grid": Mark(COLOURS["faint"], 1.0, 1.0, "a round number"),
    "axis": Mark("#8a95a3", 1.0, 1.0, "an axis"),
}
# The frame and the ground of a policy of the set that cannot be beaten.
UNBEATEN: Final = (COLOURS["ink"], "#eaf3f9")

# What is drawn side by side in one picture, such as policies: the status quo comes first, as blue as it is alone. Lines differ in
# their dashes too, and orange is left to what was observed.
SERIES: Final = (COLOURS["blue"], COLOURS["gold"], COLOURS["green"], "#cc79a7", COLOURS["ink"], COLOURS["sky"])
DASHES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))


def series(number: int) -> tuple[str, str | tuple[int, tuple[int, ...]]]:
    """Return the colour and the dashes of one of several lines, from 0; the first 36 pairs differ."""
    turn, colour = divmod(number, len(SERIES))
    return SERIES[colour], DASHES[(colour + turn) % len(DASHES)]
