"""Does a training give the same bits whatever options of JAX the user's program has changed, and leave them as they were?"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import jax
import numpy as np
import pytest

from calibration import jax_setup
from calibration.emulator.network import Layout
from calibration.emulator.training import Lesson, Scale, Schedule, fit
from calibration.jax_setup import FLAGS, OPTIONS, flags_read, jax_alone
from calibration.pipeline import calibrate
from execution.chunks import digest
from model.errors import InputError

CHANGED: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "double precision": lambda: jax.enable_x64(True),
    "coarse products": lambda: jax.default_matmul_precision("bfloat16"),
    "strict types": lambda: jax.numpy_dtype_promotion("strict"),
    "another generator": lambda: jax.default_prng_impl("rbg"),
    "another order of draws": lambda: jax.threefry_partitionable(False),
    "no compiler": lambda: jax.disable_jit(True),
    "no broadcasting": lambda: jax.numpy_rank_promotion("raise"),
    "no tracing": lambda: jax.no_tracing(True),
    "no transfers": lambda: jax.transfer_guard("disallow"),
}


def trained() -> str:
    draw = np.random.Generator(np.random.Philox(1))
    inputs, outcome = draw.normal(size=(64, 3)).astype(np.float32), draw.normal(size=(64, 2)).astype(np.float32)
    lesson, scale = Lesson(inputs, outcome, np.zeros((64, 1), np.int32), np.zeros(64, np.int32)), Scale(*np.ones((3, 2)))
    return digest(fit(lesson, Layout(2, (0, 1), (0,)), scale, Schedule(4, 2, 16), 3, lambda epoch: None))


@pytest.fixture(scope="module")
def plain() -> str:
    return trained()


@pytest.mark.parametrize("name", CHANGED)
def test_an_option_that_the_program_has_set_moves_no_bit(name: str, plain: str) -> None:
    with CHANGED[name]():
        before = dict(jax.config.values)
        assert trained() == plain
        assert dict(jax.config.values) == before


def test_every_option_is_one_of_jax() -> None:
    assert [name for name in OPTIONS if not hasattr(jax, name)] == []


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    before = dict(os.environ)
    with jax_alone():
        assert jax.numpy.zeros(1).devices() == {jax.local_devices(backend="cpu")[0]}
    assert dict(os.environ) == before


def test_flags_that_xla_read_before_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibration.jax_setup._first", lambda: False)
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    assert flags_read() == "--xla_cpu_enable_fast_math=true"
    monkeypatch.setattr("calibration.jax_setup._first", lambda: True)
    assert flags_read() == FLAGS


def test_an_absent_library_is_named_before_any_work_with_what_still_works(monkeypatch, tmp_path):
    monkeypatch.setattr(jax_setup, "find_spec", lambda name: None if name == "blackjax" else object())
    with pytest.raises(InputError, match=r"calibrate: blackjax: not installed.*make install.*simulate"):
        calibrate("quick", tmp_path / "run")
    assert not (tmp_path / "run").exists()
