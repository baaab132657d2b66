"""The replacement of a certificate is killed, or a system call fails, at the critical calls.

After each fault, a complete certificate and the previous one exist, each under one of the two names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from injection import Call, Outcome, calls_in, require_strace, run_with_fault
from store_process import command
from store_state import pair_files

from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from pathlib import Path

KILL, KEPT = "signal=KILL", "certificate-20261123-090000.pem"


def prepare(place: Path) -> tuple[Path, list[str]]:
    """Make a pair with a certificate, and return its folder and the program that replaces the certificate."""
    place.mkdir()
    store = Keystore(str(place / "store"))
    store.add("a", pair_files())
    with store.change("a") as change:
        change.replace_certificate(b"old", datetime(2026, 1, 1, tzinfo=UTC))
    return place / "store" / "pairs" / "a", command("certificate-once", str(place / "store"), "a")


def check_after(pair: Path, outcome: Outcome) -> None:
    """Assert that nothing is lost or incomplete and that the program's report is right, then continue."""
    found = {path.name: path.read_bytes() for path in pair.glob("cert*")}
    present = found.pop("certificate.pem")
    assert present in {b"old", b"new"}
    assert found in ([{KEPT: b"old"}] if present == b"new" else [{}, {KEPT: b"old"}])
    if outcome.code in {0, 3}:
        assert (outcome.code == 0 or "NotConfirmedError" in outcome.talk) == (present == b"new")
    else:
        assert outcome.code in {-9, 137}, outcome.talk
    with Keystore(str(pair.parents[1])).change("a") as change:
        change.replace_certificate(b"new", datetime(2026, 11, 23, 9, tzinfo=UTC))
    names = {
        path.name: path.read_bytes() for path in pair.iterdir() if "cert" in path.name or ".tmp" in path.name
    }
    assert names == {"certificate.pem": b"new", KEPT: b"old"}


def sweep(tmp_path: Path, chosen: list[tuple[Call, str]]) -> None:
    """Run the program once for each fault."""
    for number, (call, fault) in enumerate(chosen):
        pair, program = prepare(tmp_path / str(number))
        outcome = run_with_fault(program, tmp_path / f"{number}.trace", call, fault)
        try:
            check_after(pair, outcome)
        except AssertionError as error:
            error.add_note(f"{fault} at {call}: exit code {outcome.code}, {outcome.talk}")
            raise


def calls_of(tmp_path: Path) -> list[Call]:
    """Return the calls on the store in a run without faults."""
    require_strace(tmp_path)
    pair, program = prepare(tmp_path / "reference")
    calls = calls_in(program, tmp_path / "reference.trace", tmp_path / "reference")
    assert (pair / KEPT).read_bytes() == b"old"
    return calls


def test_the_previous_certificate_is_on_the_disk_before_it_is_replaced(tmp_path: Path) -> None:
    """The order is: copy, flush, flush the name; then write, flush, rename, flush the name."""
    order = [call for call in calls_of(tmp_path) if call.name.startswith(("rename", "fsync"))]
    steps = ["rename" if call.name.startswith("rename") else "fsync" for call in order]
    assert steps == ["fsync", "rename", "fsync", "fsync", "rename", "fsync"]
    assert [KEPT in call.text for call in order if call.name.startswith("rename")] == [True, False]


@pytest.mark.slow
def test_critical_calls_may_fail(tmp_path: Path) -> None:
    deciding = [call for call in calls_of(tmp_path) if call.name.startswith(("rename", "fsync"))]
    sweep(
        tmp_path,
        [(call, KILL) for call in deciding] + [(deciding[2], "error=EIO"), (deciding[-1], "error=EIO")],
    )
