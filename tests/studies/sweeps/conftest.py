"""What the tests of sweeps share: a table with rows of every kind, and chunks so small that rows are cut."""

from pathlib import Path

import pytest

from studies.sweeps import sweep as sweeping
from tests.studies.sweeps.tables import HEADER, ROWS


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(HEADER + "".join(",".join(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two histories a chunk: the three seeds of a row are cut."""
    monkeypatch.setattr(sweeping, "HISTORIES_A_CHUNK", 2)
    monkeypatch.setattr(sweeping, "MOST_A_CHUNK", 2)
    monkeypatch.setattr(sweeping, "LARGEST", 1)
