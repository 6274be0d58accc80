"""What did trials in the field find? The published effects beside which a trial inside the model is set, each with its source.

``docs/evidence.md`` says which of them was seen in what text.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

# Kinds of course: some days in a classroom with a visit or two, and consulting that goes on for months.
CLASSROOM: Final = "pilot"
CONSULTING: Final = "intensive"


class Published(NamedTuple):
    """One published finding.

    Attributes
    ----------
    course : the course of the model that is most like it
    estimand, outcome : of ``studies.trials.estimates``, or ``take_up`` and nothing
    text : what was found, in words
    low, high : the effect in the unit of the outcome, NaN where only its sign is known
    source : where it was published
    cases : the model's clusters in which it was found; empty for other ones
    """

    course: str
    estimand: str
    outcome: str
    text: str
    source: str
    low: float = float("nan")
    high: float = float("nan")
    cases: tuple[int, ...] = ()


_REVIEW: Final = "McKenzie 2021"
_KENYA: Final = "World Bank WPS 7993 and ILO Issue Brief 4 (2017)"
_VIETNAM: Final = "Higuchi, Nam and Sonobe 2015"
_TANZANIA: Final = "Higuchi, Mhede and Sonobe"
_GHANA: Final = "Mano et al. 2012"
_INDIA: Final = "Bloom et al. 2013"
_MEXICO: Final = "Bruhn, Karlan and Schoar 2018"

PUBLISHED: Final = (
    Published(CLASSROOM, "take_up", "", "80 of 150 firms in Mexico, of consulting", _MEXICO, 80 / 150, 80 / 150),
    Published(CONSULTING, "take_up", "", "80 of 150 firms in Mexico", _MEXICO, 80 / 150, 80 / 150),
    Published(CLASSROOM, "itt", "practices", "up at both sites in Vietnam, and still after 2 years", _VIETNAM, cases=(6, 14)),
    Published(CLASSROOM, "itt", "practices", "up in Tanzania, and still after 3 years", _TANZANIA, cases=(19,)),
    Published(CLASSROOM, "itt", "practices", "up in Ghana", _GHANA, cases=(10,)),
    Published(CLASSROOM, "itt", "log_value_added", "up at one of two sites in Vietnam", _VIETNAM, cases=(6, 14)),
    Published(CLASSROOM, "itt", "log_value_added", "not seen early, up after 3 years in Tanzania", _TANZANIA, cases=(19,)),
    Published(CLASSROOM, "itt", "log_value_added", "performance up in Ghana", _GHANA, cases=(10,)),
    Published(CLASSROOM, "itt", "profit", "+5 to 10 % on average", _REVIEW, 0.05, 0.10),
    Published(CLASSROOM, "itt", "profit", "+15 % after 3 years in Kenya", _KENYA, 0.15, 0.15),
    Published(CLASSROOM, "itt", "log_sales", "+5 to 10 % on average", _REVIEW, 0.05, 0.10),
    Published(CLASSROOM, "itt", "log_sales", "+18 % after 3 years in Kenya", _KENYA, 0.18, 0.18),
    Published(CLASSROOM, "spillover", "profit", "none seen in Kenya", _KENYA, 0.0, 0.0),
    Published(CLASSROOM, "spillover", "practices", "through dense networks in Vietnam", "Nam et al. 2020", cases=(6, 14)),
    Published(CONSULTING, "itt", "log_productivity", "+17 % in the first year in India", _INDIA, 0.17, 0.17),
    Published(CONSULTING, "itt", "log_workers", "about +50 % after 5 years in Mexico", _MEXICO, 0.5, 0.5),
)


def published_beside(course: str, case: int, estimand: str, outcome: str) -> list[Published]:
    """Return the findings that stand beside an estimate, those of the cluster itself first.

    Findings of another of the model's clusters are left out where this cluster has its own.
    """
    fits = [one for one in PUBLISHED if (one.course, one.estimand, one.outcome) == (course, estimand, outcome)]
    return sorted(_nearest(fits, case), key=lambda one: case not in one.cases)


def _nearest(fits: list[Published], case: int) -> Iterator[Published]:
    own = any(case in one.cases for one in fits)
    return (one for one in fits if not own or not one.cases or case in one.cases)
