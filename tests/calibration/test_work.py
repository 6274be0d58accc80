"""Is what the stages share left as it was by every stage?"""

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.observation import ErrorModel, Table
from calibration.predictive import predict
from calibration.stages import training_pairs
from execution.executors import Threads
from execution.store import RunFolder
from execution.tasks import Runner
from tests.calibration.test_stages import work


def test_no_stage_changes_what_all_share(tmp_path: Path, cluster: Any, tables: list[Table], errors: ErrorModel) -> None:
    with RunFolder(tmp_path / "run", {}) as folder:
        job = work(Runner(folder, Threads(1)), cluster, tables, errors)
        rows, bounds = [[part.copy() for part in row] for row in job.tables], job.bounds.copy()
        training_pairs(job)
        predict(job, np.zeros((5, 3)), job.tables)
        for row, before in zip(job.tables, rows, strict=True):
            for part, other in zip(row, before, strict=True):
                np.testing.assert_array_equal(part, other)
        np.testing.assert_array_equal(job.bounds, bounds)
        with pytest.raises(FrozenInstanceError):
            job.seed = 2  # type: ignore[misc]
