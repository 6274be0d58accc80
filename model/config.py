"""What is known before a simulation? The YAML files of ``configs/``; only this file reads them, into frozen, validated objects.

Every fault of the user's input becomes an :class:`InputError` of one line: file, key, value, rule and remedy.
"""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import yaml
from pydantic import ValidationError

from model.errors import InputError
from model.priors import Parameter, Priors, Structure
from model.profile import Profile
from model.schema import Case, Entry, Policy

# In a checkout and in an installed wheel, the folder lies beside the packages; the working directory is never searched.
CONFIGS: Final = Path(__file__).resolve().parents[1] / "configs"
SUFFIXES: Final = (".yaml", ".yml")

Read = TypeVar("Read", bound=Entry)


# The safe loader in C is ten times as fast; PyYAML may have been built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeyLoader(_SafeLoader):  # type: ignore[misc]
    """A safe loader of YAML that refuses a key that is no text or is given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"key `{key}` is not a word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key `{key}` is given twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, not YAML, holds a key twice or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is not a text file in UTF-8"
        raise InputError(f"{path}: cannot be read: {reason}; name a readable YAML file") from error
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a subclass of the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f"line {mark.line + 1}: "
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise InputError(f"{path}: {line}not valid YAML: {problem}; correct the file") from error
    if content is None:
        raise InputError(f"{path}: is empty; write its entries, as a file in configs/ does")
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of keys to values, not a {type(content).__name__}; write `key: value`")
    return content


def _entries(annotation: Any) -> Iterator[type[Entry]]:
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        yield annotation
    for part in get_args(annotation):
        yield from _entries(part)


def _known_keys(owner: type[Entry], steps: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the entry to which steps (keys and list indices) lead from an owner."""
    for step in steps:
        if isinstance(step, str):
            named = [f for n, f in owner.model_fields.items() if step in (n, f.alias)]
            owner = next((entry for f in named for entry in _entries(f.annotation)), owner)
    return [field.alias or name for name, field in owner.model_fields.items()]


def _shown(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


REMEDIES: Final = {
    "model_type": "must be a mapping; write `key: value` lines below it",
    "dict_type": "must be a mapping; write `key: value` lines below it",
    "tuple_type": "must be a list; begin each entry with `-`",
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number; drop quotes, unit and fraction",
    "bool_type": "must be true or false; write one of them without quotes",
}


def complaint(path: Path | str, owner: type[Entry], error: ValidationError) -> InputError:
    """Return the first fault that pydantic reports, or a misspelt key, as one line: file, key, value, rule and remedy."""
    first = min(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    keys = [str(step) for step in first["loc"]]
    key = ".".join(keys) or "file"
    kind, value, rule = first["type"], first.get("input"), first["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        known = _known_keys(owner, first["loc"][:-1])
        near = difflib.get_close_matches(keys[-1], known, n=1)
        rule = "unknown key; " + (f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}")
    elif kind == "missing":
        return InputError(f"{path}: {key}: missing: a value is needed; add `{keys[-1]}:`")
    elif kind == "value_error":
        if isinstance(value, dict):
            return InputError(f"{path}: {key}: {rule}")
    elif kind in REMEDIES:
        rule = REMEDIES[kind]
    else:
        rule = rule.replace("Input should be", "must be") + "; correct the value"
    return InputError(f"{path}: {key}: {_shown(value)}: {rule}")


def _validated(owner: type[Read], path: Path, content: Mapping[str, Any]) -> Read:
    try:
        return owner.model_validate(dict(content))
    except ValidationError as error:
        raise complaint(path, owner, error) from error


def _with(path: Path, content: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Add entries that follow from the file's name and that the file itself must not contain."""
    for key in given:
        if key in content:
            raise InputError(f"{path}: {key}: {_shown(content[key])}: unknown key; leave it out, it follows from the file")
    return {**content, **given}


def _shipped(folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((CONFIGS / folder).glob("*.yaml"))}


def _is_path(ref: str | Path) -> bool:
    return isinstance(ref, Path) or str(ref).endswith(SUFFIXES) or "/" in str(ref) or "\\" in str(ref)


def _unknown(kind: str, ref: Any, known: list[str]) -> InputError:
    near = difflib.get_close_matches(str(ref), known, n=1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    return InputError(f"{kind}: {ref}: unknown {kind}; {hint}known are {', '.join(known)}")


def _read_case(path: Path, number: int) -> Case:
    content = read_yaml(path)
    title = content.pop("name", path.stem)
    if not isinstance(title, str) or not title.strip():
        raise InputError(f"{path}: name: {_shown(title)}: must be text; put a name in quotes")
    case = _validated(Case, path, _with(path, content, number=number, name=path.stem, title=title))
    object.__setattr__(case, "_path", path)
    return case


@cache
def _shipped_case(name: str) -> Case:
    return _read_case(_shipped("cases")[name], int(name.split("-", maxsplit=1)[0]))


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
        shipped = known.get(path.stem)
        if shipped is not None and path.resolve() == shipped.resolve():
            return _shipped_case(path.stem)
        return _read_case(path, 0)
    word = str(ref).strip().lower()
    if word.isdecimal():
        fitting = [name for name in known if int(name.split("-", maxsplit=1)[0]) == int(word)]
    else:
        bare = {name: name.split("-", 1)[1] for name in known}
        fitting = [name for name in known if word in (name, bare[name])]
        fitting = fitting or [name for name in known if word and (name.startswith(word) or bare[name].startswith(word))]
    if len(fitting) > 1:
        raise InputError(f"case: {ref}: fits {', '.join(fitting)}; say which")
    if not fitting:
        raise _unknown("case", ref, list(known))
    return _shipped_case(fitting[0])


def all_cases() -> tuple[Case, ...]:
    """Return the clusters of Tables 1-2, in order."""
    return tuple(_shipped_case(name) for name in _shipped("cases"))


def _load_named(kind: str, folder: str, owner: type[Read], ref: str | Path) -> Read:
    known = _shipped(folder)
    path = Path(ref) if _is_path(ref) else known.get(str(ref))
    if path is None:
        raise _unknown(kind, ref, list(known))
    return _validated(owner, path, _with(path, read_yaml(path), name=path.stem))


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, in alphabetical order."""
    return tuple(_shipped("policies"))


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


def load_profile(ref: str | Path) -> Profile:
    """Load a shipped run profile by its name, or a user's own by the path of its file.

    Raises
    ------
    InputError
        If the profile is unknown or its file is wrong.
    """
    return _load_named("profile", "profiles", Profile, ref)


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
    for name in own.names():
        if name not in shipped.parameters:
            raise _unknown(f"{path}: parameters", name, list(shipped.names()))
        unit, right = own.entry(name).unit, shipped.entry(name).unit
        if unit != right:
            raise InputError(f"{path}: parameters.{name}.unit: {unit!r}: must be {right!r}; convert the figures")
    for name in shipped.names():
        if name not in own.parameters:
            raise InputError(f"{path}: parameters.{name}: missing: every parameter is needed; copy configs/priors.yaml's")
    return own


@cache
def _read_priors(path: Path) -> Priors:
    return _validated(Priors, path, read_yaml(path))


__all__ = [
    "CONFIGS", "Case", "Parameter", "Policy", "Priors", "Profile", "Structure", "all_cases", "complaint", "load_case",
    "load_policy", "load_priors", "load_profile", "policy_names", "profile_names", "read_yaml",
]
