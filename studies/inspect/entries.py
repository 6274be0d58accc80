"""What is behind a name? A topic, a parameter, a structural choice, a policy or a case, as ``configs/`` tells of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from model.config import (
    CONFIGS,
    Policy,
    Priors,
    all_cases,
    load_case,
    load_policy,
    load_priors,
    policy_names,
)
from model.errors import InputError
from model.events import CLOCKS, EVENTS, SCHEDULE
from model.plans import PolicyProgramme
from model.reading import read_mapping
from studies.inspect.explain import (
    TOPICS,
    case_text,
    columns,
    equation_list,
    equations,
    overview,
    parameters,
    prior_text,
    schedule,
)
from studies.parsing import nearest, shown

TEXTS: Final[dict[str, Callable[[], str]]] = {"schedule": schedule, "equations": equation_list, "parameters": parameters}


def parameter_text(priors: Priors, name: str) -> str:
    """Return everything that is known of a parameter."""
    entry = priors.entry(name)
    role = {
        "calibrated": "calibrated on Tables 1-2",
        "varying": "drawn anew in every history",
        "policy": "acts only through a programme of government; keeps its prior",
        "constant": "a stated number",
    }
    return "\n".join(
        [
            f"{name}: {entry.meaning}",
            f"default  {entry.used:g} ({entry.unit})",
            f"prior    {prior_text(priors, name)}",
            f"role     {role.get(entry.role, entry.role)}",
            f"source   {entry.source}",
            f"change   takeoff simulate 10 --set {name}={entry.used:g}",
        ]
    )


def structure_text(priors: Priors, name: str) -> str:
    """Return everything that is known of a structural choice."""
    choice = priors.structures[name]
    return "\n".join(
        [
            f"{name}: {choice.meaning}",
            f"options  {', '.join(choice.options)} (the first is in force)",
            f"source   {choice.source}",
            f"change   takeoff simulate 10 --set structure.{name}={choice.options[-1]}",
        ]
    )


def _money(spec: PolicyProgramme) -> str:
    """Return a programme's budget in words."""
    if not spec.is_funded:
        return "none"
    if spec.budget is not None:
        return f"{spec.budget:g} wage-years"
    return f"{100 * (spec.budget_share or 0.0):.3g} % of the wage bill"


def _payers(spec: PolicyProgramme) -> str:
    """Return who pays the part that is not public money."""
    return "co-financiers lend" if spec.programme == "credit" else "firms pay"


def _terms(spec: PolicyProgramme) -> str:
    """Return the terms of a programme that differ from what is usual."""
    course = f"course {spec.course}, " if spec.programme == "training" else ""
    terms = [f"{course}{spec.unit_cost:g} wage-years a firm"] if spec.unit_cost else []
    terms += ["for trained firms"] if spec.eligible == "trained" else []
    terms += [f"fee {spec.fee:g} wage-years"] if spec.fee else []
    terms += [f"{100 * spec.captured:.3g} % captured"] if spec.captured else []
    terms += [f"{_payers(spec)} {100 * spec.cofinance:.3g} %"] if spec.cofinance else []
    terms += [f"effect {spec.effect:g}"] if spec.effect != 1.0 else []
    if spec.when is not None:
        latest = "" if spec.when.at_latest is None else f", at latest in year {spec.when.at_latest:g}"
        terms.append(f"opens at {spec.when.improved_firms} improved firms{latest}")
    terms += [f"closes at {spec.until.improved_firms} improved firms"] if spec.until is not None else []
    return "; ".join([*terms, f"[{spec.source}]" if spec.source else ""]).strip("; ")


def policy_text(policy: Policy) -> str:
    """Return everything that a policy does."""
    rows = [(spec.programme, f"{spec.at:g} to {spec.at + spec.years:g}", _money(spec), _terms(spec)) for spec in policy.funded()]
    head = ("programme", "years after the decision", "budget", "terms [source]")
    told = columns(head, rows) if rows else "No programme: government goes on as it did."
    return "\n".join([f"{policy.title} ({policy.name})", policy.question, *([policy.note] if policy.note else []), "", told])


def explanation(what: str | None) -> str:
    """Return the text for a topic, a parameter, a structural choice, a policy or a case.

    Raises
    ------
    InputError
        If there is nothing of that name.
    """
    if what is None:
        return overview()
    if what in TEXTS:
        return TEXTS[what]()
    priors = load_priors()
    texts: dict[str, Callable[[Any], str]] = {
        "parameter": lambda entry: parameter_text(priors, what),
        "structure": lambda entry: structure_text(priors, what),
        "policy": policy_text,
        "case": case_text,
    }
    return "\n\n".join(texts[kind](entry) for kind, entry in entries_named(what).items())


def entries_named(what: str) -> dict[str, Any]:
    """Return what bears a name, by kind: ``parameter`` and ``structure``, of which a name may be both, ``policy`` or ``case``.

    A path is a policy's if its file names programmes, else a case's.

    Raises
    ------
    InputError
        If there is nothing of that name, or the file is wrong.
    """
    priors = load_priors()
    named: dict[str, Any] = {"parameter": priors.entry(what)} if what in priors.names() else {}
    named |= {"structure": priors.structures[what]} if what in priors.structures else {}
    if named:
        return named
    if what in policy_names() or (_is_path(what) and "programmes" in read_mapping(Path(what))):
        return {"policy": load_policy(what)}
    try:
        return {"case": load_case(what)}
    except InputError as error:
        if _is_path(what):
            raise
        known = [*TOPICS, *priors.names(), *priors.structures, *policy_names(), *(case.name[3:] for case in all_cases())]
        near = nearest(what, known)
        raise InputError(
            f"explain: {shown(what)}: is no topic ({', '.join(TOPICS)}), parameter, policy or case{near}; see takeoff explain"
        ) from error


def _is_path(what: str) -> bool:
    return what.endswith((".yaml", ".yml")) or "/" in what


def explained(what: str | None) -> Any:
    """Return what ``explanation`` says, for programs."""
    if what is None:
        return {"topics": list(TOPICS), "cases": [case.name for case in all_cases()], "configuration": str(CONFIGS)}
    if what == "schedule":
        return {"steps": SCHEDULE, "clocks": CLOCKS, "events": EVENTS}
    if what == "equations":
        return equations()
    if what == "parameters":
        priors = load_priors()
        return {"parameters": priors.parameters, "structures": priors.structures}
    return entries_named(what)
