"""Which posterior comes with the house? A calibration that passed its gate, taken as it is while all it rests on still holds.

It lies in ``configs/posterior``. It holds while clusters, priors, structures and errors are those on which it was calibrated, and
while some of its histories replay to the same bits: then the model is still the one that made them, whatever else was edited.

``python -m calibration.shipped RUN`` puts a finished calibration there.
"""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from calibration.fingerprint import DECIDES, fingerprint
from calibration.histories import ADDED, REPLAYS, WeightedHistories, load_histories, open_histories
from calibration.observation import ErrorModel
from calibration.results import FILES, HISTORIES, KIND, Posterior, load_posterior
from calibration.weights import systematic
from execution import netcdf
from execution.chunks import digest
from execution.executors import executor_on
from execution.fingerprint import source_hashes
from execution.run import MANIFEST, Run, checked, forget, read_manifest, restate, revised, run_at
from execution.store import FINGERPRINT, FINISHING, Shard, differences
from execution.tasks import Executor, Progress, silent, unheard
from execution.writing import read_json, write_atomic, write_json
from model.batch import simulate_many
from model.config import CONFIGS, all_cases, load_priors, load_profile
from model.errors import InputError
from model.latents import params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case

SHIPPED: Final = CONFIGS / "posterior"
# The name of the profile by which it was made, and by which commands ask for it.
PROFILE: Final = "shipped"
# In the file of replays: the columns of the panel of which hashes are made, since a panel may gain columns later.
COLUMNS_HASHED: Final = "columns"
# Histories of each cluster that are shipped, resampled by weight, and that are replayed before they are believed.
KEPT: Final = 400
REPLAYED: Final = 20
# What a repository should carry, in bytes.
LARGEST: Final = 10 * 2**20
# The parts of a calibration's fingerprint on which its answer rests, beside the model itself.
RESTS_ON: Final = ("data", "priors", "structures", "errors")
_MAKE: Final = f"takeoff calibrate --profile {PROFILE} --anew"
RENEW: Final = f"{_MAKE} --out runs/{PROFILE}, then python -m calibration.shipped runs/{PROFILE}"
_ELSE: Final = f"take another profile, or renew it: {RENEW}"


def take(
    out: str | Path,
    *,
    priors: Priors | None = None,
    structures: Mapping[str, str] | None = None,
    seed: int | None = None,
    resume: bool = False,
    on: str | Executor = "local",
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
    home: Path = SHIPPED,
) -> Posterior:
    """Copy the shipped posterior into a run folder, where policies can be compared on it, once it is seen to hold.

    Parameters
    ----------
    out : run folder
    priors, structures, seed : as ``holding`` takes them
    resume, on, shard, progress, say : as ``calibration.calibrate`` takes them

    Raises
    ------
    InputError
        As ``holding``, or if the folder is another run's.
    DamagedRun
        If a file of it was changed or cannot be read.
    """
    progress("looking whether the shipped posterior holds", 0, 1)
    holding(priors, structures, seed, home)
    manifest = read_manifest(home)
    # It has just been replayed: the equations of today are those that made it, wherever their sources were edited.
    run = Run(KIND, Path(out), {**run_at(home).depends, "equations": source_hashes(DECIDES)}, FILES)

    def write() -> dict[str, Any]:
        for name in FILES:
            write_atomic(run.folder / name, partial(shutil.copyfile, checked(home, name)))
        return {name: manifest[name] for name in ("seed", "converged", "label", "imposed", "simulations")}

    with (
        executor_on(on, None, say) as executor,
        run.opened(executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        run.finish(runner, write)
    return load_posterior(run.folder)


def holding(
    priors: Priors | None = None, structures: Mapping[str, str] | None = None, seed: int | None = None, home: Path = SHIPPED
) -> Path:
    """Return the folder of the shipped posterior, once it is seen to hold.

    Parameters
    ----------
    priors, structures, seed : as ``calibration.calibrate`` takes them; what differs from those of the posterior is refused

    Raises
    ------
    InputError
        If no posterior is shipped, or if it rests on something that has changed.
    DamagedRun
        If a file of it was changed or cannot be read.
    """
    if not (home / MANIFEST).exists():
        raise InputError(f"{home}: no posterior is shipped; {_ELSE}")
    made_with = read_manifest(home)["seed"]
    differing = changed(run_at(home).depends, priors, structures)
    if seed not in (None, made_with):
        differing = [f"seed was {made_with}, is {seed}", *differing]
    if differing:
        raise InputError(f"{home}: the shipped posterior rests on something else: {'; '.join(differing)}; {_ELSE}")
    check_replays(home, all_cases())
    return home


def default_posterior() -> Path:
    """Return the posterior on which commands stand where none is named: the shipped one, or what ``make run`` left."""
    return holding() if is_shipped() else Path("runs/run-quick")


def is_shipped() -> bool:
    """Tell whether a posterior comes with the house."""
    return (SHIPPED / MANIFEST).exists()


def changed(
    stored: Mapping[str, Any], priors: Priors | None = None, structures: Mapping[str, str] | None = None
) -> list[str]:
    """Return what a calibration of that fingerprint rests on and that has changed, by key, at most five lines.

    A parameter that is newer and acts only through a policy is nothing that it rests on: ``load_histories`` adds it.
    """
    known = priors or load_priors()
    before, now = {name: stored.get(name) for name in RESTS_ON}, _now(known, structures)
    newer = set(known.names(*ADDED)) - set(stored["priors"])
    now["priors"] = {name: value for name, value in now["priors"].items() if name not in newer}
    return differences(before, {name: now[name] for name in RESTS_ON})


def _now(priors: Priors | None = None, structures: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the fingerprint that the profile of the shipped posterior would have now."""
    known, profile = priors or load_priors(), load_profile(PROFILE)
    return fingerprint(all_cases(), known, known.structures_with(structures), profile, profile.seed, ErrorModel())


def check_replays(home: Path, cases: Sequence[Case]) -> None:
    """Replay some histories of every cluster, and compare what they give with what they gave.

    Raises
    ------
    InputError
        If a bit differs.
    """
    stored = read_json(checked(home, REPLAYS))
    columns = stored[COLUMNS_HASHED]
    other = [one.case.name for one in load_histories(home, cases) if stored.get(one.case.name) != replayed(one, columns)]
    if other:
        many = f"{', '.join(other[:3])}{' and others' if len(other) > 3 else ''}"
        raise InputError(f"{home}: histories of the shipped posterior give other numbers than when it was made ({many}); {_ELSE}")


def replayed(histories: WeightedHistories, columns: Sequence[str]) -> str:
    """Return the hash of columns of the panels of the first histories of a cluster, every year up to its last observation."""
    some, cluster = histories.part(0, REPLAYED), histories.case
    settings, _ = settings_for(cluster, some.values, some.latents, some.structures)
    quarters = np.asarray(settings["quarters"], np.int64)
    ticks = np.minimum(np.arange(0, quarters.max() + 1, 4)[None], quarters[:, None])
    programmes = programmes_for(None, cluster, some.structures)
    rows = simulate_many(params_for(some.values), settings, some.keys, programmes, ticks, threads=1)
    shown = [COLUMNS.index(name) if name in COLUMNS else -1 for name in columns]
    # A column that the model no longer has is no reason to believe: it hashes as if nothing had been seen.
    return digest({"panel": np.where(np.array(shown) < 0, np.nan, rows[:, :, shown])})


def ship(folder: str | Path, home: Path = SHIPPED) -> int:
    """Put a finished calibration where the house looks for its posterior; return the bytes that it takes.

    Raises
    ------
    InputError
        If the calibration has not converged, was not made as the profile ``shipped`` says, or is too large.
    """
    source = Path(folder)
    posterior, stored = load_posterior(source), run_at(source).depends
    if not posterior.converged:
        raise InputError(f"{source}: has not converged ({posterior.label}); only a posterior that passed its gate is shipped")
    differing = changed(stored) + differences(stored["configuration"], _now()["configuration"], "configuration")
    if differing:
        raise InputError(f"{source}: is not what the profile {PROFILE} makes: {'; '.join(differing)}; calibrate anew")
    home.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.parent) as scratch:
        made = Path(scratch) / home.name
        _pack(source, made, warm="warm" in stored)
        size = sum(path.stat().st_size for path in made.iterdir())
        if size > LARGEST:
            raise InputError(f"{source}: would take {size} bytes, more than {LARGEST}; lower KEPT in calibration/shipped.py")
        # What lay there before is kept until what replaces it is whole.
        shutil.rmtree(home, ignore_errors=True)
        made.rename(home)
    return size


def _pack(source: Path, folder: Path, warm: bool) -> None:
    """Write into a new folder what is shipped of a finished calibration, which began with another's emulator where ``warm``."""
    folder.mkdir()
    for name in (*FILES, FINGERPRINT, MANIFEST):
        shutil.copyfile(source / name, folder / name)
    forget(folder, [name for name in read_manifest(folder)["files"] if name not in FILES])
    held = open_histories(folder)
    rows = systematic(held["weight"].values[0], KEPT)
    kept = held.isel(draw=rows).assign_coords(draw=rows)
    even = np.full(kept["weight"].shape, 1.0 / KEPT)
    names = [name for name in FILES if name.endswith(netcdf.SUFFIX) and name != HISTORIES]
    others = {name: netcdf.datasets(checked(folder, name)) for name in names}
    # The paths at which it was made belong to one machine.
    made = {"command": f"{_MAKE}{' --warm DIR' if warm else ''}"}
    with revised(folder, (HISTORIES, *others)):
        netcdf.write(folder / HISTORIES, kept.assign(weight=(kept["weight"].dims, even)).assign_attrs(made))
        for name, groups in others.items():
            told = {group: dataset.assign_attrs(made) for group, dataset in groups.items()}
            netcdf.write(folder / name, told[name] if list(told) == [name] else told)
    restate(folder, made)
    with revised(folder, (REPLAYS,)):
        every = load_histories(folder, all_cases())
        write_json(folder / REPLAYS, {COLUMNS_HASHED: list(COLUMNS), **{one.case.name: replayed(one, COLUMNS) for one in every}})
    # The mark by which two commands take turns in writing has no use in what is only read.
    (folder / FINISHING).unlink(missing_ok=True)


def main(words: Sequence[str]) -> int:
    """Ship the run folder that is named; return the exit code, which is 2 where the line says what is wrong."""
    try:
        if len(words) != 1:
            raise InputError("python -m calibration.shipped: name one run folder of a calibration")
        sys.stdout.write(f"{SHIPPED}: {ship(words[0])} bytes\n")
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
