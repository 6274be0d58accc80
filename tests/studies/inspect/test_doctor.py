"""``takeoff doctor``: everything is examined, and a part that breaks is a finding."""

import pytest

from calibration.jax_setup import LIBRARIES
from studies.inspect import doctor


def test_a_part_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise OSError("no disk")

    for name in ("_versions", "_machine", "_pictures", "_engines"):
        monkeypatch.setattr(doctor, name, broken)
    findings: list[doctor.Finding] = []
    assert not doctor.examine(findings.append)
    assert len(findings) == 4
    assert all("no disk" in finding.seen and not finding.fine for finding in findings)


def test_versions_are_there() -> None:
    findings = {finding.name: finding for finding in doctor._versions()}
    assert all(findings[name].fine for name in doctor.needed())
    assert {"numpy", "simpy", "emcee", "arviz", "Flask"} <= set(doctor.needed())


def test_a_missing_library_is_a_finding_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "needed", lambda: ["no-such-library"])
    monkeypatch.setattr(doctor, "USEFUL", {"no-such-extra": "trains something"})
    missing = [finding for finding in doctor._versions() if not finding.fine]
    assert [(finding.name, finding.seen) for finding in missing] == [
        ("no-such-library", "is missing; run make install"),
        ("no-such-extra", "is missing: trains something; run make install"),
    ]


def test_an_extra_that_is_not_installed_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OPTIONAL", {"no-such-extra": "odd files"})
    told = {finding.name: finding for finding in doctor._versions()}["no-such-extra"]
    assert told == ("no-such-extra", True, "is not installed, and only needed for odd files; make extras installs it")


def test_both_engines_give_the_same_bits_here() -> None:
    assert [finding.fine for finding in doctor._engines()] == [True]


def test_too_little_room_on_the_disk_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOM_GIB", float("inf"))
    (told,) = [finding for finding in doctor._machine() if not finding.fine]
    assert told.name == "disk"
    assert "free some, or work in a folder" in told.seen


def test_the_libraries_without_which_no_calibration_begins_are_among_those_examined() -> None:
    assert tuple(doctor.USEFUL) == LIBRARIES
