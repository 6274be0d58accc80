"""Does any loop over firms store by condition? Some processors whose vectors have 256 bits do it so slowly that half a quarter's
time goes into it, so every column is written whether anything changes or not.
"""

import re
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from llvmlite import binding

from model.compiling import kernel
from model.mechanisms.agglomeration import add_up
from model.mechanisms.clocks import OF_FIRMS, pass_of, run_passes
from model.mechanisms.growth import move_blocks
from model.mechanisms.knowledge import learn_blocks
from model.mechanisms.luck import draw_luck
from model.mechanisms.production import supply
from tests.model.worlds import small_world

llvm: Any = binding
FEATURES = llvm.get_host_cpu_features()
# What stores by condition writes two registers, then an address.
STORE = re.compile(r"\bvp?maskmov\w+\s+%[xy]mm\d+, %[xy]mm\d+, [^%\n]*\(")
BY_NAME = {clock.name: clock for clock in OF_FIRMS}
LOOPS: dict[str, tuple[Callable[..., None], int]] = {
    "counts": (add_up, 0),
    "luck": (draw_luck, 0),
    "efficiency and output": (supply, 0),
    "growth": (move_blocks, 2),
    "learning": (learn_blocks, 2),
    "clock of exit": (pass_of(BY_NAME["exit"]), 2),
    "clock of relocation": (pass_of(BY_NAME["relocation"]), 2),
}

pytestmark = [
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="reads machine code"),
    pytest.mark.skipif(bool(numba.config.BOUNDSCHECK), reason="a loop that checks bounds is not vectorised"),
    pytest.mark.skipif(numba.config.CPU_NAME is not None, reason="compiles for another processor"),
    pytest.mark.skipif(
        not FEATURES.get("avx2") or bool(FEATURES.get("avx512f")), reason="only vectors of 256 bits store by condition so slowly"
    ),
]


def assembly_of(loop: Callable[..., None], *given: Any) -> str:
    compiled = kernel(cache=False)(loop)
    compiled(*given)
    (assembly,) = compiled.inspect_asm().values()
    return str(assembly)


def assert_no_store_by_condition(loop: Callable[..., None], rows: int) -> None:
    assembly = assembly_of(loop, small_world(), *[0] * rows)
    assert re.search(r"\bv(mul|add)pd\s.*%ymm", assembly), "the loop runs in vector registers"
    assert STORE.findall(assembly) == []


def test_a_store_by_condition_is_recognised() -> None:
    def mend(values: np.ndarray) -> None:
        for k in range(len(values)):
            if values[k] < 0.0:
                values[k] = 0.0

    assert STORE.search(assembly_of(mend, np.zeros(64)))


@pytest.mark.parametrize("name", LOOPS)
def test_no_loop_over_firms_stores_by_condition(name: str) -> None:
    assert_no_store_by_condition(*LOOPS[name])


@pytest.mark.slow
def test_no_clock_stores_by_condition() -> None:
    assert_no_store_by_condition(run_passes, 2)
