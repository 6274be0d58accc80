"""What is there to learn about a cluster? Parameters, latents, and what training does there, each on a scale of prior deviations.

A parameter above zero by nature is seen on a log scale, others as they are. One unit is one standard deviation of the prior, so
that an error of 0.5 halves what was unknown. A latent is a standard normal by definition.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from calibration.histories import WeightedHistories
from model.arrays import Floats
from model.latents import COLUMN, LATENTS, settings_for
from model.priors import Prior, Priors

PARAMETER: Final = "parameter"
LATENT: Final = "latent"
DERIVED: Final = "derived"
LOGARITHMIC: Final = ("lognormal", "gamma")
# Less variation than this, in prior deviations, is none: a parameter that a run has fixed, or an error of rounding.
LEAST: Final = 1e-6
# What training does in this cluster: whether it works there at all, and what each course would then be seen to bring.
SITE_WORKS: Final = "site_works"
COURSES: Final[Mapping[str, str]] = {"pilot_effect": "training_gain", "intensive_effect": "training_intensive_gain"}
# Groups that are no mechanism.
ALL_LATENTS: Final = "latents"
PROGRAMMES: Final = "programmes"
EVERYTHING: Final = "everything"


class Quantity(NamedTuple):
    """Something that can be learnt: its values in the histories, (n,), in prior deviations, and what it means."""

    name: str
    kind: str
    values: Floats
    meaning: str


def quantities(histories: WeightedHistories, priors: Priors) -> dict[str, Quantity]:
    """Return what varies over the histories of a cluster and can be learnt, by name: parameters, latents, what training does."""
    listed = [*_parameters(histories, priors), *_latents(histories), *_derived(histories)]
    return {one.name: one for one in listed if np.ptp(one.values) > LEAST}


def quantity_names(priors: Priors) -> tuple[str, ...]:
    """Return the names of all that can be learnt in some cluster."""
    uncertain = [name for name in priors.names() if priors.entry(name).prior is not None]
    return (*uncertain, *map(latent_name, LATENTS), SITE_WORKS, *COURSES)


def groups(known: Iterable[Quantity], priors: Priors) -> dict[str, tuple[str, ...]]:
    """Return the names of quantities that are learnt together, by the group's name; groups of one are left out.

    The first word of a parameter is its mechanism. Beside mechanisms stand all that acts through a programme, all latents, and
    everything.
    """
    members: dict[str, list[str]] = {}
    for one in known:
        if one.kind == PARAMETER:
            members.setdefault(f"all of {one.name.split('_')[0]}", []).append(one.name)
            if priors.entry(one.name).role == "policy":
                members.setdefault(PROGRAMMES, []).append(one.name)
        elif one.kind == LATENT:
            members.setdefault(ALL_LATENTS, []).append(one.name)
        members.setdefault(EVERYTHING, []).append(one.name)
    return {name: tuple(inside) for name, inside in members.items() if len(inside) > 1}


def latent_name(latent: str) -> str:
    """Return the name under which a latent is learnt: a parameter might bear the latent's own."""
    return f"cluster_{latent}"


def _parameters(histories: WeightedHistories, priors: Priors) -> list[Quantity]:
    uncertain = [(name, priors.entry(name)) for name in histories.values if name in priors.parameters]
    return [
        Quantity(name, PARAMETER, _scaled(histories.values[name], entry.prior), entry.meaning)
        for name, entry in uncertain
        if entry.prior is not None
    ]


def _scaled(values: Floats, prior: Prior) -> Floats:
    """Return a parameter's values in deviations of its prior, from the prior's median, float64 of the same shape."""
    low, high = prior.reach(1.0)
    if prior.kind in LOGARITHMIC:
        return np.asarray(np.log(values / prior.median) / (0.5 * np.log(high / low)), np.float64)
    return np.asarray((values - prior.median) / (0.5 * (high - low)), np.float64)


def _latents(histories: WeightedHistories) -> list[Quantity]:
    told = "the cluster's own deviation from the population's mean"
    return [
        Quantity(latent_name(name), LATENT, np.asarray(histories.latents[:, COLUMN[name]], np.float64), f"{name}: {told}")
        for name in LATENTS
    ]


def _derived(histories: WeightedHistories) -> list[Quantity]:
    """Return whether training works in the cluster, as 0 or 1, and what its courses bring there (SD of managerial capital)."""
    settings = settings_for(histories.case, histories.values, histories.latents, histories.structures)[0]
    works = np.asarray(settings.site_works, np.float64)
    effects = [
        Quantity(name, DERIVED, works * histories.values[gain], f"effect of a course in the cluster, as a trial sees it ({gain})")
        for name, gain in COURSES.items()
    ]
    return [Quantity(SITE_WORKS, DERIVED, works, "whether training works in this cluster at all"), *effects]
