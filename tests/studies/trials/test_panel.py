"""Does the panel of a trial hold each firm of the sample at each date, and nobody else?"""

from pathlib import Path

import numpy as np

from model.trials import CAME, NOT_INVITED, READ, TWIN, WITH_TRIAL, Terms, room
from studies.files.tables import read_table
from studies.trials.estimates import Given
from studies.trials.panel import Panel, write_panel


def test_rows_go_firm_by_firm_and_year_by_year(tmp_path: Path) -> None:
    seen = room(2, Terms(3, 0.5, 1))
    seen.arm[1, :2] = CAME, NOT_INVITED
    seen.lineage[1, :2] = 15, 255
    seen.dose[1, 0] = 0.2
    seen.values[1, :, :, :2] = 1.0
    seen.values[1, WITH_TRIAL, 1, 1] = np.nan
    seen.values[1, TWIN, :, :, list(READ).index("cash")] = 7.0
    adopted = np.array([[0.0, 0.5], [0.0, 0.5]])

    def fill(panel: Panel) -> None:
        panel.add(0, room(1, Terms(3, 0.5, 1)), Given(adopted[:1], np.zeros(1), np.ones(1)))
        panel.add(4, seen, Given(adopted, np.zeros(2), np.ones(2)))

    write_panel(tmp_path / "firms.csv", np.arange(10) + 100, {"label": "a test"}, fill)
    table = read_table(tmp_path / "firms.csv")
    assert table["history"].tolist() == [5] * 4
    assert table["draw"].tolist() == [105] * 4
    assert table["year"].tolist() == [0, 1, 0, 1]
    assert [str(firm)[-2:] for firm in table["firm"]] == ["0f", "0f", "ff", "ff"]
    assert (table["invited"].tolist(), table["came"].tolist()) == ([1, 1, 0, 0], [1, 1, 0, 0])
    assert table["alive"].tolist() == [1, 1, 1, 0]
    assert table["practices"].tolist()[:2] == [1.0, 1.1], "taught, though the site fails"
    assert np.isnan(table["workers"][3])
    assert table["twin_cash"].tolist() == [7.0] * 4
