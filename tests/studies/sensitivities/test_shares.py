"""Are shares of clusters that differ by their factors laid out by name, with a reason where there is none?"""

import numpy as np

from model.config import load_case
from studies.sensitivities.given import SHARES
from studies.sensitivities.indices import GROWTH
from studies.sensitivities.shares import NOT_TOLD, STILL, Shared, Studied, assembled, leading, share_table

OUTCOMES = [("growth", "log points", "what grows")]


def shared(case: int, factors: list[str], first: list[float], floor: float) -> Shared:
    """Shares alone as given, unique ones half of them; on fewer draws the shares were .02 higher."""
    value = np.array([first, [0.5 * share for share in first]])[:, :, None]
    studied = Studied(load_case(case), np.ones(40), {name: np.zeros((40, 1)) for name in factors}, np.zeros((40, 1)))
    trail = np.stack([value[0] + shift for shift in (0.02, 0.02, 0.0)])
    return Shared(studied, value, value - 0.1, value + 0.1, np.full((len(SHARES), 1), floor), np.array([0.6]), trail)


def test_a_factor_that_does_not_vary_in_a_cluster_has_no_share_there() -> None:
    found = [shared(10, ["a", "b"], [0.1, 0.4], 0.2), shared(6, ["b", "c"], [0.3, 0.5], 0.1)]
    data = assembled(found, OUTCOMES, {"method": "given-data"})
    assert data["factor"].values.tolist() == ["a", "b", "c"]
    assert list(leading(data)) == [("10-kumasi", "growth", [("b", 0.4)]), ("06-bac-ninh", "growth", [("c", 0.5), ("b", 0.3)])]
    assert data.sizes["growth"] == len(GROWTH)
    assert data["outcome_settled"].values.all()
    np.testing.assert_allclose(data["largest_change"], 0.02)
    np.testing.assert_allclose(data["draws"], 40.0)
    table = share_table(data)
    rows = dict(zip(zip(*(table[name] for name in ("cluster", "parameter", "index")), strict=True), table["note"], strict=True))
    assert len(rows) == 2 * 3 * len(SHARES)
    assert rows["10-kumasi", "c", "S1"] == rows["06-bac-ninh", "a", "unique"] == STILL
    assert rows["10-kumasi", "a", "S1"] == rows["10-kumasi", "b", "unique"] == NOT_TOLD
    assert rows["10-kumasi", "b", "S1"] == ""
