"""Do the C++ peers do the model's work? ``best`` leaves the compiled engine's bits, ``plain`` its events and, up to rounding, its
numbers: a peer that left something out would be no measure of speed.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import benchmarks.cpp_kernels as kernels
from model.config import load_case, load_policy, load_priors
from model.events import EVENTS, LOG_SERVED, QUARTER
from model.latents import conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.simulation import run_compiled
from model.state import GRANT, PLANNED_ONLY, PROGRAMMES, RESEARCH_INSTITUTE
from tests.model.parity import first_difference, first_difference_of_logs

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(shutil.which("g++") is None, reason="g++, which compiles the C++ peers, is not installed"),
]

QUARTERS = 100
# Programmes begin in quarter 16, so that they work for most of a history. The peers do what a calibration does, whose histories
# end at the decision: what a policy sets out to do is here a programme of history.
BEGINS = 4.0
SEED = 7
# Rounding differs by 1e-13 and grows to 1e-12. It flips an event whose draw lies that close to its threshold: among a thousand
# events a chance of one in a billion, so that whole histories should agree. A C library with a worse logarithm is granted that
# they part late, when all mechanisms and programmes have long been at work.
ROUNDING = 1e-8
AGREED = 60


class Question(NamedTuple):
    """A history to be run by both, with a policy's programmes as if history had had them.

    ``kind`` is that of programme which the policy's last one becomes, where no policy of ours has it.
    """

    case: int
    policy: str = "status-quo"
    kind: int | None = None
    setting: tuple[tuple[str, float], ...] = ()

    def asked(self) -> tuple[Any, Any, NDArray[Any]]:
        """Parameters, setting and programmes."""
        case, priors = load_case(self.case), load_priors()
        structures = priors.structures_with()
        values = default_values(priors, 1)
        settings, _ = settings_for(case, values, conditional_medians(case, priors)[None, :], structures)
        settings["quarters"], settings["decision"] = QUARTERS, np.inf
        for name, value in self.setting:
            settings[name] = value
        programmes = programmes_for(load_policy(self.policy), case, structures)
        planned = programmes["of_history"] == 0
        for end in ("start", "stop"):
            programmes[end][planned] += settings["start_year"][0] + BEGINS
        programmes["of_history"], programmes["key"] = 1, np.arange(len(programmes))
        if self.kind is not None:
            programmes["kind"][-1], programmes["unit_cost"][-1], programmes["effect"][-1] = self.kind, 10.0, 1.0
        return params_for(values)[0], settings[0], programmes


QUESTIONS = (
    Question(3),
    Question(8),
    Question(10),
    Question(3, "all-at-once"),
    Question(10, "all-at-once"),
    Question(16, "all-at-once"),
    Question(16, "technology-training"),
    Question(3, "training-then-when-ready"),
    Question(10, "captured-credit"),
    Question(16, "training-and-credit-for-the-trained"),
    Question(2, "foreign-investment"),
    Question(16, "market-place"),
    Question(7, "protection"),
    Question(10, "campaign"),
    Question(16, "zone", GRANT),
    Question(10, "zone", RESEARCH_INSTITUTE),
    Question(10, setting=(("own_profit", 1.0), ("one_logit", 1.0), ("traders", 1.0))),
    Question(
        16, setting=(("spillover", 0.0), ("state_module", 0.0), ("ladder", 2.0), ("own_cash", 1.0), ("count_failures", 1.0))
    ),
    # A core so crowded that firms move to zones.
    Question(2, "zone", setting=(("capacity", 30.0), ("market", 3_000.0))),
    # Stopped for its size.
    Question(10, setting=(("firms_max", 40.0),)),
    # A market for thousands: firms of several rungs in many blocks, many events in a quarter, a table that grows and shrinks.
    Question(10, setting=(("market", 24_000.0), ("founders", 2_000.0), ("capacity", 8_000.0), ("growth", 0.0))),
)


def named(question: Question) -> str:
    words = [str(question.case), question.policy, *([] if question.kind is None else [PROGRAMMES[question.kind]])]
    return "-".join(words + [name for name, _ in question.setting[:1]])


@pytest.fixture(scope="module", autouse=True)
def _compiled_at_once() -> Iterator[None]:
    with ThreadPoolExecutor() as pool:
        list(pool.map(kernels.library, kernels.KINDS))
    yield
    kernels.library.cache_clear()


@pytest.fixture(scope="module")
def histories() -> dict[Question, tuple[NDArray[np.float64], NDArray[Any]]]:
    return {question: run_compiled(*question.asked(), SEED) for question in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS, ids=named)
def test_best_leaves_the_engines_bits(question: Question, histories: dict[Question, Any]) -> None:
    panel, log = histories[question]
    other_panel, other_log = kernels.run_with_log("best", *question.asked(), SEED)
    assert first_difference(panel, other_panel) is None
    assert first_difference_of_logs(log, other_log) is None


@pytest.mark.parametrize("question", QUESTIONS, ids=named)
def test_plain_agrees_up_to_rounding(question: Question, histories: dict[Question, Any]) -> None:
    panel, log = histories[question]
    other_panel, other_log = kernels.run_with_log("plain", *question.asked(), SEED)
    agreed = rows_before_parting(log, other_log)
    assert agreed >= min(AGREED, int(np.isfinite(panel[:, 0]).sum()))
    np.testing.assert_allclose(other_panel[:agreed], panel[:agreed], rtol=ROUNDING, atol=1e-12)


def rows_before_parting(log: NDArray[Any], other: NDArray[Any]) -> int:
    """How many rows of the panel come before the first event that is not the same: what happened, and to whom."""
    count = min(len(log), len(other))
    differs = np.zeros(count, bool)
    for field in ("event", "firm", "other"):
        differs |= log[field][:count] != other[field][:count]
    if not differs.any() and len(log) == len(other):
        return QUARTERS + 1
    line = int(np.argmax(differs)) if differs.any() else count
    times = [one["time"][line] for one in (log, other) if line < len(one)]
    return 1 + int(min(times) / QUARTER)


def test_the_questions_make_everything_happen(histories: dict[Question, Any]) -> None:
    happened = set(np.concatenate([log["event"] for _, log in histories.values()]).tolist())
    # The peers do what a calibration does: they know no programme that a policy alone may have, nor what such a one tells of.
    assert happened == set(range(len(EVENTS))) - {LOG_SERVED}
    asked = {PROGRAMMES[kind] for question in QUESTIONS for kind in question.asked()[2]["kind"].tolist()}
    assert asked == set(PROGRAMMES) - set(PLANNED_ONLY)
    # One is stopped for its size, and says so in its last row.
    assert any(np.isnan(panel[-1, 0]) and (panel[:, COLUMNS.index("exhausted")] == 1.0).any() for panel, _ in histories.values())


@pytest.mark.parametrize("kind", kernels.KINDS)
def test_memory_that_another_history_leaves_changes_nothing(kind: str) -> None:
    params, setting, programmes = Question(10, "all-at-once").asked()
    seeds = np.array([SEED, SEED + 1, SEED], np.uint64)
    batch = kernels.batch(kind, np.repeat(params, 3), np.repeat(setting, 3), seeds, programmes)
    alone = {"best": kernels.run_best, "plain": kernels.run_plain}[kind]
    for seed, panel in zip(seeds.tolist(), batch.panels, strict=True):
        assert first_difference(panel, alone(params, setting, programmes, seed)) is None
    assert (batch.seconds > 0.0).all()


def test_records_of_other_fields_are_refused() -> None:
    _, setting, programmes = Question(10).asked()
    with pytest.raises(TypeError, match="is no record of"):
        kernels.run_best(setting, setting, programmes, SEED)


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "COMPILER", "no-such-compiler")
    with pytest.raises(RuntimeError, match=r"no-such-compiler: not found.*apt-get"):
        kernels.compiled("best")


def test_a_refusal_shows_what_the_compiler_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "best.cpp").write_text("int broken = ;\n", encoding="utf-8")
    monkeypatch.setattr(kernels, "SOURCES", tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(RuntimeError, match=r"best\.cpp does not compile:\n.*expected primary-expression"):
        kernels.compiled("best")


def test_what_was_compiled_is_kept_by_what_it_was_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {kind: kernels.compiled(kind) for kind in kernels.KINDS}
    monkeypatch.setattr(kernels.subprocess, "run", unwilling(kernels.subprocess.run))
    assert {kind: kernels.compiled(kind) for kind in kernels.KINDS} == kept
    monkeypatch.setattr(kernels, "FLAGS", (*kernels.FLAGS, "-O1"))
    for kind in kernels.KINDS:
        with pytest.raises(RuntimeError, match="does not compile"):
            kernels.compiled(kind)


def unwilling(run: Callable[..., Any]) -> Callable[..., Any]:
    """A compiler that answers questions and compiles nothing."""
    return lambda command, **options: run(["false"] if "-o" in command else command, **options)
