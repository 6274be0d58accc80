"""Do results reach ArviZ, of either generation, as the contract names them?"""

from pathlib import Path

import numpy as np
import pytest
import xarray

from calibration import arviz_adapter
from execution import netcdf

GROUPS = (
    "posterior",
    "prior",
    "sample_stats",
    "log_likelihood",
    "posterior_predictive",
    "observed_data",
    "unconstrained_posterior",
)


def groups() -> dict[str, xarray.Dataset]:
    draw = np.random.Generator(np.random.Philox(1))
    dataset = xarray.Dataset(
        {"exit_base": (("chain", "draw"), draw.normal(size=(4, 50)))}, {"chain": np.arange(4), "draw": np.arange(50)}
    )
    return dict.fromkeys(GROUPS, dataset)


def test_groups_are_written_and_read(tmp_path: Path) -> None:
    netcdf.write(tmp_path / "posterior.nc", groups())
    assert [entry.name for entry in tmp_path.iterdir()] == ["posterior.nc"]
    stored = arviz_adapter.assemble(netcdf.datasets(tmp_path / "posterior.nc"))
    for name in GROUPS:
        np.testing.assert_array_equal(stored[name]["exit_base"].values, groups()[name]["exit_base"].values)
    assert dict(stored["posterior"].sizes) == {"chain": 4, "draw": 50}


def test_arviz_itself_reads_the_file(tmp_path: Path) -> None:
    import arviz

    netcdf.write(tmp_path / "posterior.nc", groups())
    stored = arviz.from_netcdf(str(tmp_path / "posterior.nc"), engine="h5netcdf")
    assert set(GROUPS[:6]) <= {
        str(name).strip("/") for name in (stored.groups() if callable(stored.groups) else stored.groups)
    }


def test_statistics_agree_with_what_is_known() -> None:
    """Independent draws: bulk and tail ESS within a fifth of their number, R-hat below 1.01."""
    draws = np.random.Generator(np.random.Philox(2)).normal(size=(4, 1000, 1))
    assert arviz_adapter.effective_size(draws, "bulk")[0] == pytest.approx(4000, rel=0.2)
    assert arviz_adapter.effective_size(draws, "tail")[0] == pytest.approx(4000, rel=0.2)


def test_k_hat_knows_heavy_tails() -> None:
    """Pareto weights of tail index 1.5 give a k-hat near it, normal log weights of sd 0.3 a small one."""
    random = np.random.Generator(np.random.Philox(9))
    assert arviz_adapter.k_hat(1.5 * random.exponential(size=4000)) == pytest.approx(1.5, abs=0.3)
    assert arviz_adapter.k_hat(0.3 * random.normal(size=4000)) < 0.5
    assert arviz_adapter.k_hat(np.zeros(3)) == float("inf")
