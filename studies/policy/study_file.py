"""What may a study of optimisation say? A policy some of whose numbers are open, and how much work finds good ones.

A number fixes, a pair ``[low, high]`` is searched. Every fault of a file is told at once.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from model.config import Policy, load_case, load_policy
from model.errors import InputError, shown
from model.faults import complaints, several
from model.plans import BUDGET, UNFUNDED, PolicyProgramme
from model.profile import Count, Seed
from model.reading import read_mapping
from model.schema import Named
from model.values import Text, number

# Numbers of a programme that may be searched, beside its part of the budget.
OPEN: Final = ("at", "for", "unit_cost", "fee", "captured", "cofinance", "effect")
PART: Final = "part"
TOTAL: Final = "budget_share"
# The largest part of a budget that a file may write; parts are divided by their sum.
MOST_PART: Final = 1e6
REFERENCES: Final = ("training", "technology-training", "credit", "zone", "market-place", "all-at-once")
Range = tuple[float, float]


def _range(given: Any) -> Range:
    """Return the two ends of a range, which agree where a number is given."""
    if isinstance(given, list | tuple):
        if len(given) != 2:
            raise ValueError("a range has two ends; write [low, high]")
        low, high = (number(end) for end in given)
        if low >= high:
            raise ValueError("the low end must lie below the high end; write [low, high], or one number")
        return low, high
    return number(given), number(given)


def _total(given: Any) -> Range:
    low, high = _range(given)
    if not 0 < low <= high <= 1:
        raise ValueError("must lie above 0 and at most at 1, a share of the wage bill; write 0.2 or [0.05, 0.4]")
    return low, high


class Open(NamedTuple):
    """One number that is searched: its name, such as ``training.at``, and its ends."""

    name: str
    low: float
    high: float


class Study(Named):
    """A study of optimisation: the programmes with their open numbers, the total budget, and counts of work.

    ``budget_share`` is the total budget over the wage bill at the decision. A programme gets its ``part`` of it, divided by the
    sum of all parts.
    """

    title: Text = "an optimisation"
    posterior: Text | None = None
    cases: Annotated[tuple[int | str, ...], Field(min_length=1)]
    budget_share: Annotated[Any, BeforeValidator(_total)] = (0.2, 0.2)
    programmes: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]
    policies: tuple[Text, ...] = REFERENCES
    horizon: Annotated[Count, Field(le=1000)] = 20
    seed: Seed = 1
    trials: Annotated[Count, Field(le=10_000)] = 40
    together: Annotated[Count, Field(le=100)] = 5
    draws: Count = 60
    futures: Annotated[Count, Field(le=1000)] = 2
    best: Annotated[Count, Field(le=100)] = 5
    fresh_draws: Count = 120
    fresh_futures: Annotated[Count, Field(le=1000)] = 2

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        if self.best > self.trials:
            raise ValueError(f"best: {self.best}: must not be above trials, {self.trials}; lower it")
        return self

    @property
    def opened(self) -> tuple[Open, ...]:
        """The numbers that are searched, in the order of the file; the total budget comes last."""
        ranges = [
            (f"{name}.{key}", _range(spec[key]))
            for name, spec in self.named
            for key in (*OPEN, PART)
            if isinstance(spec.get(key), list | tuple)
        ]
        every = [*ranges, (TOTAL, self.budget_share)]
        return tuple(Open(name, *ends) for name, ends in every if ends[0] < ends[1])

    @property
    def named(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Each programme with its name: its own, else its kind, numbered in the order of the file where there are several."""
        names: list[str] = []
        for spec in self.programmes:
            wanted = str(spec.get("name") or spec.get("programme"))
            before = sum(one == wanted or one.startswith(f"{wanted} ") for one in names)
            names.append(f"{wanted} {before + 1}" if before else wanted)
        return tuple(zip(names, self.programmes, strict=True))

    def policy(self, name: str, settings: Mapping[str, float]) -> Policy:
        """Return the policy with its open numbers set.

        Parameters
        ----------
        name : of the policy
        settings : the value of every number that is searched, by its name
        """
        shares = self.shares(settings)
        programmes = tuple(
            _programme(owner, spec, settings, shares.get(owner) if spec.get("programme") not in UNFUNDED else None)
            for owner, spec in self.named
        )
        return Policy(name=name, title=f"{self.title}: {name}", question=self.title, programmes=programmes)

    def shares(self, settings: Mapping[str, float]) -> dict[str, float]:
        """Return the budget of each programme that takes one, a share of the wage bill, by the programme's name."""
        total = settings.get(TOTAL, self.budget_share[0])
        parts = {
            owner: settings.get(f"{owner}.{PART}", _range(spec.get(PART, 1.0))[0])
            for owner, spec in self.named
            if spec.get("programme") not in UNFUNDED
        }
        whole = sum(parts.values())
        return {owner: total * part / whole if whole > 0 else 0.0 for owner, part in parts.items()}

    def middle(self) -> dict[str, float]:
        """Return the settings in the middle of every range."""
        return {one.name: 0.5 * (one.low + one.high) for one in self.opened}

    def latest(self) -> dict[str, float]:
        """Return the same with every programme as late and as long as it may be."""
        return self.middle() | {one.name: one.high for one in self.opened if one.name.endswith((".at", ".for"))}


def _programme(owner: str, spec: Mapping[str, Any], settings: Mapping[str, float], share: float | None) -> PolicyProgramme:
    chosen = {key: settings.get(f"{owner}.{key}", value) for key, value in spec.items() if key != PART}
    money = {} if share is None else {"budget_share": share}
    return PolicyProgramme.model_validate({**chosen, "name": owner, **money})


def load_study(asked: str | Path | Mapping[str, Any]) -> Study:
    """Load a study from a file, or from the same content as a mapping.

    Raises
    ------
    InputError
        With every fault of the content.
    """
    where: Path | str = "study" if isinstance(asked, Mapping) else Path(asked)
    content = dict(asked) if isinstance(asked, Mapping) else read_mapping(Path(asked))
    name = where.stem if isinstance(where, Path) else str(content.pop("name", "study"))
    faults: list[str] = []
    if "name" in content:
        faults.append(f"name: {shown(content['name'])}: unknown key; leave it out, it follows from the file")
    study: Study | None = None
    try:
        study = Study.model_validate({**content, "name": name})
    except ValidationError as error:
        faults += complaints(Study, error, content)
    faults += _programme_faults(content.get("programmes"))
    faults += _unknown("policies", load_policy, content.get("policies"))
    faults += _unknown("cases", load_case, content.get("cases"))
    if study is not None and not faults:
        faults += _whole_faults(study)
    if study is None or faults:
        raise several(where, faults)
    return study


def _unknown(key: str, load: Callable[[Any], object], names: Any) -> list[str]:
    """Return what is wrong with names that are looked up."""
    faults = []
    for name in names if isinstance(names, list | tuple) else ():
        try:
            load(name)
        except InputError as error:
            faults += [f"{key}: {fault}" for fault in error.faults]
    if isinstance(names, list | tuple):
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        faults += [f"{key}: {name}: is named twice; name it once" for name in twice]
    return faults


def _programme_faults(programmes: Any) -> list[str]:
    faults = []
    for index, spec in enumerate(programmes if isinstance(programmes, list | tuple) else ()):
        if isinstance(spec, Mapping):
            faults += [f"programmes.{index}.{fault}" for fault in _spec_faults(spec)]
    return faults


def _spec_faults(spec: Mapping[str, Any]) -> Iterable[str]:
    """Return what is wrong with one programme: with its ranges, and with either end of them."""
    faults: list[str] = []
    lows: dict[str, Any] = {}
    highs: dict[str, Any] = {}
    for key, value in spec.items():
        lows[key] = highs[key] = value
        if key in BUDGET:
            faults.append(f"{key}: {shown(value)}: is not used here: the study's budget_share is split; give `{PART}:`")
        elif key == PART and spec.get("programme") in UNFUNDED:
            faults.append(f"{key}: {shown(value)}: is not used by {spec['programme']}, which has no budget; leave it out")
        elif key == PART or (key in OPEN and isinstance(value, list | tuple)):
            try:
                lows[key], highs[key] = _range(value)
                if key == PART and not 0 <= lows[key] <= highs[key] <= MOST_PART:
                    raise ValueError(f"must lie between 0 and {MOST_PART:g}; give the part of the budget")
            except ValueError as error:
                faults.append(f"{key}: {shown(value)}: {error}")
                lows.pop(key), highs.pop(key)
    for end in (lows, highs):
        content = {key: value for key, value in end.items() if key not in (PART, *BUDGET)}
        try:
            PolicyProgramme.model_validate(content)
        except ValidationError as error:
            faults += complaints(PolicyProgramme, error, content)
    return dict.fromkeys(faults)


def _whole_faults(study: Study) -> list[str]:
    """Return what is wrong with a study whose parts are right."""
    faults = []
    if not study.opened:
        faults.append("programmes: no number is open; write at least one as [low, high]")
    shares = study.shares({one.name: one.high for one in study.opened})
    if shares and not sum(shares.values()) > 0:
        faults.append(f"programmes: {PART}: every part is 0, so that the budget goes to nothing; give one a part above 0")
    if not shares and study.budget_share[0] < study.budget_share[1]:
        faults.append(f"{TOTAL}: {list(study.budget_share)}: is open and no programme takes a budget; give one number")
    late = [one for one in study.opened if one.name.endswith(".at") and one.high >= study.horizon]
    rule = f"must begin before the horizon of {study.horizon} years; lower it"
    faults += [f"programmes: {one.name}: {one.high:g}: {rule}" for one in late]
    try:
        study.policy(study.name, study.middle())
    except ValidationError as error:
        faults += complaints(Policy, error)
    return faults
