"""Can Parquet files be read and written here? The library is an extra, which a first run does not need."""

from importlib.util import find_spec
from pathlib import Path

from model.errors import InputError


def require_parquet(path: Path) -> None:
    """Refuse a Parquet file where the library for such files is not installed.

    Raises
    ------
    InputError
        If pyarrow is absent.
    """
    if find_spec("pyarrow") is None:
        raise InputError(f"{path}: Parquet files need pyarrow, which is not installed; run make extras, or use a .csv file")
