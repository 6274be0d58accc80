"""Which environment variables reach the libraries? None that can move a number or stop the work.

Families of variables are removed by the beginning of their names, so that a variable which a new version of a library reads is
removed too. Those that NumPy, Numba and their kin read are removed for good when this project is first imported. Those of JAX and
of plotting libraries, which a user's own program may need, are removed only while the library is imported.
"""

import ctypes
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from model.cores import SINGLE_THREAD
from model.errors import InputError

# Linear algebra, arrays, the compiler, tables and files.
NUMBERS: Final = (
    "OPENBLAS_", "GOTO_", "MKL_", "OMP_", "KMP_", "BLIS_", "VECLIB_", "NPY_", "NUMPY_", "NUMBA_", "LLVMLITE_", "SCIPY_",
    "PANDAS_", "H5NETCDF_", "PYFIVE_", "ARROW_",
)  # fmt: skip
# JAX and its compiler; some options of JAX bear other names than the rest.
TRAINING: Final = (
    "JAX_", "JAX2TF_", "JAXLIB_", "XLA_", "TF_", "PJRT_", "TPU_", "ABSL_", "ONEDNN_", "DNNL_", "EAGER_CONSTANT_", "CHECK_VMA",
    "MOCK_NUM_GPU_",
)  # fmt: skip
PLOTTING: Final = ("MPL", "_MPL", "MATPLOTLIB", "ARVIZ_", "QT_API")
SETTINGS: Final = "arvizrc or matplotlibrc"
# Variables that change no bit, which tests show, with the values that Numba understands.
_KEPT: Final = {
    "NUMBA_CACHE_DIR": re.compile(".+"),
    "NUMBA_DISABLE_JIT": re.compile("[01]"),
    "NUMBA_BOUNDSCHECK": re.compile("[01]"),
    "NUMBA_NUM_THREADS": re.compile("[1-9][0-9]{0,3}"),
}
_done: Final[list[bool]] = []
_changing: Final = threading.RLock()


def shield() -> None:
    """Remove the variables of ``NUMBERS`` and let linear algebra use one thread; call it before NumPy is imported.

    Where NumPy has been imported before, its linear algebra is told now; what else NumPy then read is part of the fingerprint.
    """
    if _done:
        return
    _done.append(True)
    for name in _of(NUMBERS):
        if name not in _KEPT or not _KEPT[name].fullmatch(os.environ[name]):
            del os.environ[name]
    os.environ.update(dict.fromkeys(SINGLE_THREAD, "1"))
    if "numpy" in sys.modules:
        with suppress(AttributeError, OSError):
            _linear_algebra().scipy_openblas_set_num_threads64_(1)


def processor() -> dict[str, str]:
    """Return what NumPy in fact uses of this machine: the kernel of its linear algebra, and its vector instructions."""
    import numpy as np

    seen = np.show_config(mode="dicts")
    library = seen["Build Dependencies"]["blas"]["name"]
    with suppress(AttributeError, OSError):
        core = _linear_algebra().scipy_openblas_get_corename64_
        core.restype = ctypes.c_char_p
        library = core().decode("ascii")
    return {"linear_algebra": library, "vectors": " ".join(seen["SIMD Extensions"].get("found", []))}


def _linear_algebra() -> ctypes.CDLL:
    """Return the library that NumPy's wheels bring; a look-up of a function fails where NumPy has another one."""
    from numpy.linalg import _umath_linalg

    return ctypes.CDLL(_umath_linalg.__file__)


@contextmanager
def without(families: tuple[str, ...], **values: str) -> Iterator[None]:
    """Remove variables by the beginning of their names, set others, and put all back afterwards; one thread at a time."""
    with _changing:
        before = dict(os.environ)
        for name in _of(families):
            del os.environ[name]
        os.environ.update(values)
        try:
            yield
        finally:
            for name in {*_of(families), *values} & os.environ.keys():
                del os.environ[name]
            os.environ.update({name: before[name] for name in before if name not in os.environ})


@contextmanager
def plots() -> Iterator[None]:
    """Import Matplotlib or ArviZ within: their settings and caches lie in a folder of ours, and they announce nothing.

    A home that is absent or cannot be written would stop the import, as would the name of an unknown backend.

    Raises
    ------
    InputError
        If the import fails all the same: both also read settings that lie in the working directory.
    """
    from model.compiling import usable_cache_folder

    home = str(usable_cache_folder().parent / "plots")
    with suppress(OSError):
        Path(home).mkdir(exist_ok=True)
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), home)
    with without(PLOTTING, MPLBACKEND="Agg", MPLCONFIGDIR=home, **homes), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise InputError(f"{SETTINGS} in {Path.cwd()}: {reason}; start elsewhere, or run `takeoff doctor`") from error


def _of(families: tuple[str, ...]) -> list[str]:
    return [name for name in os.environ if name.startswith(families)]
