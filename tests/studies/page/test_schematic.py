"""The drawing of Figure 1 says what the paper says: profit falls before the curves part, then they part as stated."""

import xml.etree.ElementTree as ET

import numpy as np

from studies.page.schematic import PARTING, firms, profit, schematic

TIME = np.linspace(0.0, 1.0, 501)
SOLID, DOTTED = (firms(TIME, True), profit(TIME, True)), (firms(TIME, False), profit(TIME, False))


def test_firms_rise_and_profit_falls_until_the_curves_part() -> None:
    before = (TIME > 0.25) & (TIME < PARTING - 0.08)
    for numbers, earned in (SOLID, DOTTED):
        assert (np.diff(numbers[before]) > 0.0).all()
        assert (np.diff(earned[before]) < 0.0).all()


def test_with_improvement_firms_are_fewer_and_profit_recovers() -> None:
    numbers, earned = SOLID
    assert numbers[-1] < 0.5 * numbers.max()
    assert earned[-1] > 3.0 * earned[(TIME > 0.4) & (TIME < 0.7)].min()


def test_without_it_many_firms_survive_on_low_profit() -> None:
    numbers, earned = DOTTED
    assert numbers[-1] > 0.99 * numbers.max()
    assert earned[-1] < 0.2 * earned.max()


def test_the_dotted_curves_leave_the_solid_ones_where_they_part() -> None:
    at = np.searchsorted(TIME, PARTING)
    for solid, dotted in zip(SOLID, DOTTED, strict=True):
        assert abs(solid[at] - dotted[at]) < 0.05
    assert all(curve.min() >= 0.0 and curve.max() <= 1.0 for curve in (*SOLID, *DOTTED))


def test_it_has_two_solid_and_two_dotted_curves_and_names_its_phases() -> None:
    root = ET.fromstring(schematic().svg())  # noqa: S314 - our own drawing
    kinds = [element.attrib["class"] for element in root if element.tag.endswith("path")]
    assert sorted(kinds) == ["median", "median", "median dotted", "median dotted"]
    texts = {element.text for element in root if element.tag.endswith("text")}
    assert {"initiation", "quantity expansion", "number of firms (no scale)", "profit of a firm (no scale)"} <= texts
