"""Cores that a process may use: what its control group and Slurm grant."""

from pathlib import Path

import pytest

from model.cores import control_group_cores, granted_cores


def test_cores_of_a_control_group(tmp_path: Path) -> None:
    assert control_group_cores(tmp_path) is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert control_group_cores(tmp_path) == 1.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert control_group_cores(tmp_path) is None


def test_cores_of_the_first_generation(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("200000\n")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert control_group_cores(tmp_path) == 2.0
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    assert control_group_cores(tmp_path) is None


def test_slurm_can_only_lower_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    assert granted_cores() == 1
    for many in ("100000", "9" * 5000, "two", ""):
        monkeypatch.setenv("SLURM_CPUS_PER_TASK", many)
        assert 0 < granted_cores() < 100000


def test_a_control_group_may_say_anything(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(f"{'9' * 5000} 100000\n")
    assert control_group_cores(tmp_path) is None


def test_slurm_may_ask_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "100000")
    assert granted_cores() < 100000
