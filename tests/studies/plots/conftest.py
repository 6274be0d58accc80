"""Every test of a plot leaves Matplotlib as it was: no setting changed, no figure left open but those that it closes itself."""

from collections.abc import Iterator

import matplotlib
import pytest
from matplotlib import pyplot


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    pyplot.close("all")
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    pyplot.close("all")
