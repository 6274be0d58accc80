"""How does JAX give the same bits whatever the user has set? On the processor, in one thread, with options that are fixed here.

JAX reads its environment when it is imported, and XLA when its backend is first used. Options may also have been changed by a
user's own program, so those that can move a number are set again around every training, in the thread that trains.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from model.compiling import cache_home
from model.errors import InputError
from model.surroundings import TRAINING, without

LIBRARIES: Final = ("jax", "optax", "blackjax")
FLAGS: Final = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
# Options of JAX that can move a number or stop a training, each a context manager of this name.
OPTIONS: Final[dict[str, Any]] = {
    "default_matmul_precision": None,
    "numpy_dtype_promotion": "standard",
    "numpy_rank_promotion": "allow",
    "default_prng_impl": "threefry2x32",
    "threefry_partitionable": True,
    "legacy_prng_key": "allow",
    "softmax_custom_jvp": False,
    "disable_jit": False,
    "no_tracing": False,
    "no_execution": False,
    "debug_nans": False,
    "debug_infs": False,
    "debug_key_reuse": False,
    "check_tracer_leaks": False,
    "enable_checks": False,
    "transfer_guard": "allow",
}


def need_learning_libraries() -> None:
    """Stop with one line where a library that teaches or samples the emulator is absent, before any history is simulated.

    Raises
    ------
    InputError
        If one is absent.
    """
    absent = [name for name in LIBRARIES if find_spec(name) is None]
    if absent:
        raise InputError(
            f"calibrate: {', '.join(absent)}: not installed, but the emulator needs it; run make install, or "
            "pip install 'industrial-takeoff[surrogate]'; simulate, sweep, sensitivity and finished calibrations work without"
        )


@cache
def _first() -> bool:
    """Tell whether this module is the first to import JAX, which the first call settles."""
    return "jax" not in sys.modules


def flags_read() -> str:
    """Return the flags under which XLA runs: ours, unless the user's program imported JAX first. A fingerprint names them."""
    return FLAGS if _first() else os.environ.get("XLA_FLAGS", "")


@cache
def _processor() -> Any:
    """Import JAX, start its backend for the processor, and return that device."""
    with without(TRAINING, JAX_PLATFORMS="cpu", XLA_FLAGS=FLAGS, TF_CPP_MIN_LOG_LEVEL="1"):
        jax: Any = import_module("jax")
        processor = jax.local_devices(backend="cpu")[0]
        # The compiler reads its flags when it is first used.
        jax.device_put(1.0, processor).block_until_ready()
        jax.config.update("jax_random_seed_offset", 0)
        _keep_programs(jax)
    return processor


def _keep_programs(jax: Any) -> None:
    """Keep compiled programs beside the model's, where that folder can be written: compiling takes longer than sampling."""
    folder = cache_home() / "industrial-takeoff" / "jax"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder) if os.access(folder, os.W_OK) else None)


@contextmanager
def jax_alone() -> Iterator[None]:
    """Train within: JAX computes on the processor, in single precision and with the options of this module."""
    _first()
    processor = _processor()
    jax: Any = import_module("jax")
    single = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64
    with ExitStack() as options:
        options.enter_context(single(False))
        options.enter_context(jax.default_device(processor))
        for name, value in OPTIONS.items():
            if hasattr(jax, name):
                options.enter_context(getattr(jax, name)(value))
        yield
