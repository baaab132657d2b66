"""An adoption is killed, or a system call fails, at the critical calls.

After each fault, there is no pair or a complete one with its certificate, the original files are unchanged, and
the next run works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from adopt_process import command
from certificates_made import intermediate, pem
from foreign_made import PKCS9_EXTENSIONS, alternative, attribute, csr, pkcs8, rsa_key
from injection import calls_in, require_strace, run_with_fault
from requests_made import NOW

from csrtui.core.keys import key_types
from csrtui.store.keystore import Keystore
from csrtui.tasks.adopt.adopt import AdoptionSpec, adopt, plan
from csrtui.tasks.adopt.match import match
from csrtui.tasks.adopt.search import read_files
from csrtui.tasks.doctor import Examination
from csrtui.tasks.list import read_pair
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from injection import Call, Outcome

KILL = "signal=KILL"
NAME = "www.mydomain.com"
CSR = csr(attributes=(attribute(PKCS9_EXTENSIONS, alternative(NAME)),))
FILES = {
    "key": pkcs8(rsa_key()),
    "csr": CSR,
    "cert": pem(intermediate().sign(CSR), intermediate().certificate),
}


def prepare(place: Path) -> tuple[Session, list[str]]:
    """Make a folder with the files and a store beside it, and return the program that adopts them."""
    place.mkdir()
    (place / "store").mkdir(mode=0o700)
    for name, data in FILES.items():
        (place / name).write_bytes(data)
        (place / name).chmod(0o600)
    store = str(place / "store")
    return Session(Keystore(store), user="joe", clock=lambda: NOW), command(store, str(place))


def check_after(session: Session, place: Path, outcome: Outcome) -> None:
    """Assert that nothing is lost or incomplete and that the program's report is right, then continue."""
    assert outcome.code in {0, 1, 2, 3, -9, 137}, outcome.talk
    assert {name: (place / name).read_bytes() for name in FILES} == FILES
    names = session.store.names()
    assert names in ([], [NAME])
    if outcome.code == 0:
        assert names
    elif outcome.code in {1, 2, 3}:
        assert bool(names) == ("NotConfirmedError" in outcome.talk)
    if not names:
        found = read_files(str(place / "key"), str(place / "csr"), [str(place / "cert")])
        (candidate,) = plan(found, match(session, found)).candidates
        assert adopt(session, candidate, AdoptionSpec()).pair == NAME
    pair, asked = read_pair(session, NAME)
    assert asked.der == CSR
    assert key_types.spki_sha256(open_key(session, pair).public_key()) == asked.spki_sha256
    assert session.store.read(NAME).certificate == FILES["cert"]
    session.store.remove_leftovers()
    assert {one.code.value for one in Examination(session).run()} == {"backup-none"}


def sweep(tmp_path: Path, chosen: list[tuple[Call, str]]) -> None:
    """Run the program once for each fault."""
    for number, (call, fault) in enumerate(chosen):
        place = tmp_path / f"{number:04}"
        session, program = prepare(place)
        outcome = run_with_fault(program, tmp_path / f"{number}.trace", call, fault)
        try:
            check_after(session, place, outcome)
        except AssertionError as error:
            error.add_note(f"{fault} at {call}: exit code {outcome.code}, {outcome.talk}")
            raise


def calls_of(tmp_path: Path) -> list[Call]:
    """Return the system calls of a run without faults."""
    require_strace(tmp_path)
    session, program = prepare(tmp_path / "ref_")
    calls = calls_in(program, tmp_path / "reference.trace", tmp_path / "ref_")
    assert session.store.names() == [NAME]
    return calls


@pytest.mark.slow
def test_critical_calls_may_fail(tmp_path: Path) -> None:
    calls = calls_of(tmp_path)
    renames = [call for call in calls if call.name.startswith("rename") and "pair" in call.text]
    flushes = [call for call in calls if call.name == "fsync"]
    sweep(tmp_path, [(renames[0], KILL), (flushes[-1], KILL), (flushes[0], "error=ENOSPC")])
