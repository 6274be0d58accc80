"""What may a plot be given, and what may be chosen in it? Results, or files and folders that hold them; names, never guessed."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from execution import netcdf
from execution.run import checked
from model.config import all_cases, load_case
from model.errors import InputError, shown
from model.faults import nearest
from model.schema import Case
from studies.taught.coverage import title

if TYPE_CHECKING:
    import xarray as xr


def dataset(result: Any, name: str, variables: Sequence[str], made_by: str) -> "xr.Dataset":
    """Return a result as labelled arrays.

    Parameters
    ----------
    result : the dataset itself, the netCDF file that holds it, or the folder of a run
    name : the file's name in a run folder
    variables : what the dataset must hold
    made_by : the function that returns such a dataset

    Raises
    ------
    InputError
        If there is no such file, or what is given is another kind of result.
    DamagedRun
        If the file was changed or cannot be read.
    """
    import xarray as xr

    if isinstance(result, str | Path):
        path = Path(result)
        result = netcdf.read(checked(path, name) if path.is_dir() else path)
    if not isinstance(result, xr.Dataset):
        raise InputError(f"data: {type(result).__name__}: is no dataset, file or run folder; give what {made_by} returns")
    missing = [variable for variable in variables if variable not in result.variables]
    if missing:
        raise InputError(f"data: Dataset: has no variable `{missing[0]}`; give what {made_by} returns, or its run folder")
    return result


def chosen(option: str, value: Any, known: Iterable[Any]) -> str:
    """Return a choice among what is known.

    Raises
    ------
    InputError
        If the choice is not known; the line names what is, and what is near.
    """
    names = [str(name) for name in known]
    if str(value) in names:
        return str(value)
    raise InputError(f"{option}: {shown(value)}: is not among them; {nearest(str(value), names)}")


def several(option: str, values: Sequence[str] | str | None, known: Iterable[Any]) -> list[str]:
    """Return choices among what is known, all of it where nothing is chosen.

    Raises
    ------
    InputError
        If a choice is not known, or nothing is left.
    """
    names = [str(name) for name in known]
    wanted = names if values is None else [values] if isinstance(values, str) else list(values)
    if not wanted:
        raise InputError(f"{option}: is empty; choose some of {', '.join(names)}, or leave it out for all")
    return list(dict.fromkeys(chosen(option, value, names) for value in wanted))


def case_name(case: int | str | Case | None, known: Iterable[Any]) -> str:
    """Return the name of a cluster among those of a result; the only one where none is chosen.

    Parameters
    ----------
    case : number, name, or the case itself

    Raises
    ------
    InputError
        If the result does not hold the cluster, or holds several and none is chosen.
    """
    names = [str(name) for name in known]
    if case is None and len(names) != 1:
        raise InputError(f"case: is not given, and the result holds {len(names)}; choose one of {', '.join(names)}")
    if case is None:
        return names[0]
    if isinstance(case, int) and not isinstance(case, bool):
        case = load_case(case)
    return chosen("case", case.name if isinstance(case, Case) else case, names)


def known_case(name: str, case: Any = None) -> Case | None:
    """Return what is known of a cluster: the case that was given, or the one of the tables that has this name or title."""
    if isinstance(case, Case):
        return case
    return next((one for one in all_cases() if name in (one.name, one.title)), None)


def case_title(name: str, case: Case | None) -> str:
    """Return a cluster's number and title, or its name where no more is known."""
    return name if case is None else title(case)
