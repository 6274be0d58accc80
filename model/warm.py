"""How does no command wait for the compiler? ``python -m model.warm`` compiles every kernel and keeps it on disk."""

import sys
import time

from model.batch import simulate_many
from model.config import load_case, load_policy, load_priors
from model.latents import conditional_medians, default_values, observation_ticks, params_for, settings_for
from model.policy import programmes_for
from model.simulation import simulate
from model.trials import Terms, course_of_trial, simulate_trials


def warm() -> None:
    """Run a short history in each engine and one in a batch, which compiles every kernel."""
    import numpy as np

    case, priors = load_case(10), load_priors()
    simulate(case, years=1)
    structures = priors.structures_with()
    values = default_values(priors, 1)
    settings, start = settings_for(case, values, conditional_medians(case, priors)[None, :], structures)
    settings["quarters"] = 4
    programmes = programmes_for(load_policy("status-quo"), case, structures)
    simulate_many(params_for(values), settings, np.ones(1, np.uint64), programmes, observation_ticks(case, start), threads=1)
    simulate(case, years=1, engine="simpy")
    course = course_of_trial(programmes_for(load_policy("pilot"), case, structures))
    for _ in simulate_trials(params_for(values), settings, np.ones(1, np.uint64), course, Terms(10, 0.5, 1), threads=1):
        pass


if __name__ == "__main__":
    began = time.monotonic()
    warm()
    sys.stderr.write(f"compiled in {time.monotonic() - began:.0f} s, {time.process_time():.0f} s of processor time\n")
