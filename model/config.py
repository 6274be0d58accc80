"""What is known before a simulation? The YAML files of ``configs/``; only this file reads them, into frozen, validated objects.

Identity is content: a file of the user's own that bears a shipped name is the shipped entry if it says the same, and is refused
if it does not. Every fault of the user's input is a line of an :class:`InputError`: file, key, value, rule and remedy.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from model.calls import public
from model.errors import InputError, plain, shown
from model.faults import complaints, nearest, several
from model.figures import Entry
from model.plans import Policy
from model.priors import Parameter, Priors, Structure
from model.profile import Profile
from model.reading import read_mapping
from model.schema import Case, Named

# In a checkout and in an installed wheel, the folder lies beside the packages; the working directory is never searched.
CONFIGS: Final = Path(__file__).resolve().parents[1] / "configs"
SUFFIXES: Final = (".yaml", ".yml")
# Bytes of the longest name: names of a case and of a policy stand together in the name of a file.
LONGEST_NAME: Final = 80

Read = TypeVar("Read", bound=Entry)
Own = TypeVar("Own", bound=Named)


def _validated(
    owner: type[Read], path: Path, content: Mapping[str, Any], known: Mapping[str, Any], faults: Sequence[str] = ()
) -> Read:
    """Return an entry of a file's content and of what follows from the file itself, which the content must not say.

    Parameters
    ----------
    faults : sequence of str
        What is known to be wrong already.

    Raises
    ------
    InputError
        With every fault of the content.
    """
    twice = [key for key in known if key in content]
    told = [*faults, *(f"{key}: {shown(content[key])}: unknown key; leave it out, it follows from the file" for key in twice)]
    whole = {**content, **known}
    try:
        entry = owner.model_validate(whole)
    except ValidationError as error:
        raise several(path, [*told, *complaints(owner, error, whole)]) from error
    if told:
        raise several(path, told)
    return entry


def _name(path: Path) -> str:
    """Return the name of a file's entry: that of the file without its suffix.

    Raises
    ------
    InputError
        If the name cannot stand in a table or in the name of a file.
    """
    name = path.stem
    fits = name.isprintable() and name == name.strip() and len(name.encode(errors="replace")) <= LONGEST_NAME
    if not fits or name.startswith(".") or "\\" in name:
        rule = f"a name has 1 to {LONGEST_NAME} printable letters, no dot or space at its beginning, no space at its end"
        raise InputError(f"{path}: {shown(name)}: {rule}, no backslash; rename the file")
    return name


def _with_path(entry: Own, path: Path) -> Own:
    object.__setattr__(entry, "_path", path)
    return entry


def _shipped(folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((CONFIGS / folder).glob("*.yaml"))}


def _is_path(ref: str | Path) -> bool:
    return isinstance(ref, Path) or str(ref).endswith(SUFFIXES) or "/" in str(ref) or "\\" in str(ref)


def _unknown(kind: str, ref: Any, known: list[str]) -> InputError:
    near = difflib.get_close_matches(str(ref)[:100], known, n=1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    here = _file_here(ref)
    if here is not None:
        hint = f"a file {plain(here, 100)} is here: name it with its ending, {plain(here, 100)}; "
    return InputError(f"{kind}: {plain(str(ref), 100)}: unknown {kind}; {hint}known are {', '.join(known)}")


def _file_here(ref: Any) -> str | None:
    """Return the name of a file of the working directory that lacks only its ending in what was asked for."""
    for suffix in SUFFIXES:
        # A name may be too long for a file, or hold a character that no path may have.
        with suppress(OSError, ValueError):
            if Path(f"{ref}{suffix}").is_file():
                return f"{ref}{suffix}"
    return None


def _own(kind: str, path: Path, entry: Own, shipped: Own | None) -> Own:
    """Return an entry of a user's file, or the shipped one of its name where both say the same.

    Raises
    ------
    InputError
        If the file bears the name of a shipped entry and says something else.
    """
    if shipped is None:
        return entry
    if entry.same_as(shipped):
        return shipped
    raise InputError(f"{path}: {entry.name}: is the name of a shipped {kind}, {shipped.path}, which differs; rename the file")


def refuse_twins(option: str, kind: str, entries: Sequence[Named]) -> None:
    """Refuse two entries of one name in one request.

    Parameters
    ----------
    option : the option or key that names the entries, for the message
    kind : "policy" or "cluster"

    Raises
    ------
    InputError
        With both files where the two differ.
    """
    first: dict[str, Named] = {}
    for entry in entries:
        other = first.get(entry.name)
        if other is None:
            first[entry.name] = entry
        elif other.same_as(entry):
            raise InputError(f"{option}: {entry.name}: is named twice; name each {kind} once")
        else:
            raise InputError(f"{option}: {entry.name}: is the name of {other.path} and of {entry.path}, which differ; rename one")


def _read_case(path: Path, number: int) -> Case:
    name, content = _name(path), read_mapping(path)
    title, faults = content.pop("name", name), []
    if not isinstance(title, str) or not title.strip():
        faults, title = [f"name: {shown(title)}: must be text; put a name in quotes"], name
    known = {"number": number, "name": name, "title": title}
    return _with_path(_validated(Case, path, content, known, faults), path)


@cache
def _shipped_case(name: str) -> Case:
    return _read_case(_shipped("cases")[name], int(name.split("-", maxsplit=1)[0]))


@public
def load_case(ref: int | str | Path) -> Case:
    """Load a case by its number, its name, the beginning of its name, or the path of a user's YAML file.

    Parameters
    ----------
    ref : int, str or Path
        ``10``, ``"10"``, ``"10-kumasi"``, ``"kumasi"`` or ``"my/cluster.yaml"``.

    Raises
    ------
    InputError
        If no case has that number or name, if a name fits several cases, or if the file is wrong.
    """
    known = _shipped("cases")
    if _is_path(str(ref)):
        path = Path(str(ref))
        shipped = _shipped_case(path.stem) if path.stem in known else None
        return _own("case", path, _read_case(path, shipped.number if shipped else 0), shipped)
    word = str(ref).strip().lower()
    if word.isdecimal():
        # Python turns no text of some thousand digits into a number.
        fitting = [name for name in known if len(word) < 10 and int(name.split("-", maxsplit=1)[0]) == int(word)]
    else:
        bare = {name: name.split("-", 1)[1] for name in known}
        fitting = [name for name in known if word in (name, bare[name])]
        fitting = fitting or [name for name in known if word and (name.startswith(word) or bare[name].startswith(word))]
    if len(fitting) > 1:
        raise InputError(f"case: {shown(word)}: fits {', '.join(fitting)}; say which")
    if not fitting:
        raise _unknown("case", ref, list(known))
    return _shipped_case(fitting[0])


def all_cases() -> tuple[Case, ...]:
    """Return the clusters of Tables 1-2, in order."""
    return tuple(_shipped_case(name) for name in _shipped("cases"))


def _read_named(owner: type[Own], path: Path) -> Own:
    name = _name(path)
    return _with_path(_validated(owner, path, read_mapping(path), {"name": name}), path)


def _load_named(kind: str, folder: str, owner: type[Own], ref: str | Path) -> Own:
    known = _shipped(folder)
    path = Path(ref) if _is_path(ref) else known.get(str(ref))
    if path is None:
        raise _unknown(kind, ref, list(known))
    shipped = _read_named(owner, known[path.stem]) if path.stem in known else None
    return shipped if shipped is not None and path == shipped.path else _own(kind, path, _read_named(owner, path), shipped)


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, in alphabetical order."""
    return tuple(_shipped("policies"))


@public
def load_policy(ref: str | Path) -> Policy:
    """Load a shipped policy by its name, or a user's own by the path of its file.

    Raises
    ------
    InputError
        If the policy is unknown or its file is wrong.
    """
    return _load_named("policy", "policies", Policy, ref)


def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped run profiles, in alphabetical order."""
    return tuple(_shipped("profiles"))


@public
def load_profile(ref: str | Path, priors: Priors | None = None) -> Profile:
    """Load a shipped run profile by its name, or a user's own by the path of its file.

    Parameters
    ----------
    ref : str or Path
        ``"quick"`` or ``"my/profile.yaml"``.
    priors : Priors, optional
        Those of the run, which say how many parameters are calibrated; the shipped ones if not given.

    Raises
    ------
    InputError
        If the profile is unknown, its file is wrong, its counts contradict each other, or a policy or cluster is unknown.
    """
    profile = _load_named("profile", "profiles", Profile, ref)
    profile.check_walkers(len((priors or load_priors()).names("calibrated")))
    faults = [f"policies: {fault}" for name in profile.policies for fault in _faults(load_policy, name)]
    faults += [f"sensitivity_cases: {fault}" for number in profile.sensitivity_cases for fault in _faults(load_case, number)]
    if faults:
        raise several(profile.path or profile.name, faults)
    return profile


def _faults(load: Callable[[Any], object], name: Any) -> tuple[str, ...]:
    try:
        load(name)
    except InputError as error:
        return error.faults
    return ()


@public
def load_priors(path: str | Path | None = None) -> Priors:
    """Load the shipped priors, or a user's own, which must name the same parameters in the same units.

    Raises
    ------
    InputError
        If the file is wrong, if a parameter is unknown, missing or in another unit, or if a prior cannot be sampled.
    """
    shipped = _read_priors(CONFIGS / "priors.yaml")
    if path is None:
        return shipped
    own = _read_priors(Path(path))
    faults = []
    for name in own.names():
        if name not in shipped.parameters:
            faults.append(f"parameters: {plain(name, 100)}: unknown parameter; {nearest(name, shipped.names(), 'parameters')}")
            continue
        unit, right = own.entry(name).unit, shipped.entry(name).unit
        if unit != right:
            faults.append(f"parameters.{name}.unit: {shown(unit)}: must be {right!r}; convert the figures")
    faults += [
        f"parameters.{name}: missing: every parameter is needed; copy configs/priors.yaml's"
        for name in shipped.names()
        if name not in own.parameters
    ]
    if faults:
        raise several(path, faults)
    return own


@cache
def _read_priors(path: Path) -> Priors:
    return _validated(Priors, path, read_mapping(path), {})


__all__ = [
    "CONFIGS", "Case", "Parameter", "Policy", "Priors", "Profile", "Structure", "all_cases", "load_case", "load_policy",
    "load_priors", "load_profile", "policy_names", "profile_names", "refuse_twins",
]
