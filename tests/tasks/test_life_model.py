"""Two sessions that make, back up, submit, import, renew and retire pairs in random order, compared with a model."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from backups_made import PASSPHRASE, QUICK
from certificates_made import intermediate, pem
from cryptography import x509
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from pairs_made import new_pair, order, restore
from safety_results import record

from csrtui.core.base.errors import RefusedError
from csrtui.core.doctor.finding import FindingCode
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import back_up
from csrtui.tasks.doctor import Examination
from csrtui.tasks.import_ import ImportResult, ImportSource, import_certificates
from csrtui.tasks.list import read_all_pairs, read_pair
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.renew import plan_renewal, renew
from csrtui.tasks.retire import retire
from csrtui.tasks.session import Session
from csrtui.tasks.submit import mark_submitted

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SESSIONS = st.integers(min_value=0, max_value=1)
_USUAL = frozenset(
    {
        FindingCode.BACKUP_NONE,
        FindingCode.BACKUP_SAME_DISK,
        FindingCode.BACKUP_OUTDATED,
        FindingCode.RENEWAL_BROKEN,
        FindingCode.RENEWAL_NOT_NOTED,
    }
)
"""Permitted findings of the doctor. A restored pair has no link to a renewal."""


@dataclass(slots=True)
class Known:
    """The expected state of a pair.

    Attributes:
        spki: Its key.
        renews: The pair that it renews.
        renewed_by: The pair that renews it.
        retired: Whether it is retired.
        submitted: Whether its CSR went to a CA.
        newest: The start of validity of its current certificate.
        serials: All certificates that it ever had.
        backups: The files of its backups, each with its contents.
        stages: Whether it was retired and submitted at the time of the newest backup.
    """

    spki: str
    renews: str | None = None
    renewed_by: str | None = None
    retired: bool = False
    submitted: bool = False
    newest: datetime | None = None
    serials: set[int] = field(default_factory=set)
    backups: dict[str, bytes] = field(default_factory=dict)
    stages: tuple[bool, bool] = (False, False)


class Life(RuleBasedStateMachine):
    """Two sessions on one store."""

    pairs = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        (self.top / "usb").mkdir()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(pkcs8, "ITERATIONS", QUICK)
        self.sessions = [
            Session(Keystore(str(self.top / "store")), user="joe", clock=self.clock) for _ in range(2)
        ]
        self.known: dict[str, Known] = {}
        self.steps = self.looks = 0

    def clock(self) -> datetime:
        """Return a time one second after that of the previous call."""
        self.steps += 1
        return NOW + timedelta(seconds=self.steps)

    def teardown(self) -> None:
        """Remove everything, and record the number of steps."""
        self.patch.undo()
        shutil.rmtree(self.top)
        record(
            "The store is always equal to its model",
            "steps of two sessions in random order",
            max(len(self.known), 1),
            0,
        )

    @initialize(target=pairs)
    def first(self) -> str:
        return self.new(0, "a.com")

    @rule(target=pairs, session=SESSIONS, name=st.sampled_from(["a.com", "b.com"]))
    def make(self, session: int, name: str) -> str:
        return self.new(session, name)

    def new(self, session: int, name: str) -> str:
        made = new_pair(self.sessions[session], name)
        assert made not in self.known
        self.known[made] = Known(self.spki(made))
        return made

    def spki(self, name: str) -> str:
        return read_pair(self.sessions[0], name)[1].spki_sha256

    @rule(session=SESSIONS, name=pairs)
    def back_up(self, session: int, name: str) -> None:
        path = back_up(self.sessions[session], name, order(self.top / "usb")).path
        assert path not in self.known[name].backups
        known = self.known[name]
        known.backups[path] = Path(path).read_bytes()
        known.stages = known.retired, known.submitted

    @rule(session=SESSIONS, name=pairs)
    def submit(self, session: int, name: str) -> None:
        mark_submitted(self.sessions[session], read_pair(self.sessions[session], name)[0])
        self.known[name].submitted = True

    @rule(session=SESSIONS, name=pairs, days=st.integers(min_value=0, max_value=5))
    def bring_home(self, session: int, name: str, days: int) -> None:
        known = self.known[name]
        start = NOW - timedelta(days=10 - days)
        issued = intermediate().sign(
            read_pair(self.sessions[0], name)[1].der, start=start, serial=self.steps + 1
        )
        (result,) = import_certificates(
            self.sessions[session], [ImportSource(pem(issued, intermediate().certificate))]
        )
        assert result.pair == name
        assert isinstance(result, ImportResult)
        assert result.ok, result
        shorter = known.newest is not None and start < known.newest
        assert any("expires on" in one for one in result.remarks) is shorter
        known.newest = start
        known.serials.add(issued.serial_number)

    @rule(target=pairs, session=SESSIONS, name=pairs)
    def renew(self, session: int, name: str) -> str:
        known = self.known[name]
        successors = [
            other
            for other, its in self.known.items()
            if not its.retired and (its.renews == name or other == known.renewed_by)
        ]
        if known.retired or successors:
            with pytest.raises(RefusedError):
                renew(self.sessions[session], plan_renewal(self.sessions[session], name))
            if successors and known.renewed_by not in successors:  # a lost link is made again
                known.renewed_by = read_pair(self.sessions[0], name)[0].record.renewed_by
                assert known.renewed_by in successors
            return name
        made = renew(self.sessions[session], plan_renewal(self.sessions[session], name)).name
        known.renewed_by = made
        self.known[made] = Known(self.spki(made), renews=name)
        return made

    @rule(session=SESSIONS, name=pairs)
    def retire(self, session: int, name: str) -> None:
        assert retire(self.sessions[session], name).ok
        self.known[name].retired = True

    @rule(session=SESSIONS, name=pairs)
    def lose_and_restore(self, session: int, name: str) -> None:
        """Delete a pair from the store, and restore it from its backup: key, CSR, certificates and stage."""
        known = self.known[name]
        if not known.backups:
            return
        path, data = list(known.backups.items())[-1]
        shutil.rmtree(self.top / "store" / "pairs" / name)
        assert restore(self.sessions[session], path, PASSPHRASE).name == name
        kept = {one.serial_number for one in certificates(data)}
        leaf = [one for one in certificates(data) if one.serial_number in known.serials]
        retired, submitted = known.stages
        self.known[name] = Known(
            known.spki,
            renews=next((other for other, its in self.known.items() if its.renewed_by == name), None),
            retired=retired,
            submitted=submitted,
            newest=leaf[0].not_valid_before_utc if leaf else None,
            serials=known.serials & kept,
            backups={path: data},
            stages=known.stages,
        )

    @invariant()
    def everything_is_as_known(self) -> None:
        self.looks += 1
        for session in self.sessions:
            found = read_all_pairs(session)
            assert found.problems == ()
            assert {pair.name for pair in found.pairs} == set(self.known)
        for pair in read_all_pairs(self.sessions[0]).pairs:
            known, kept = self.known[pair.name], pair.record
            assert key_types.spki_sha256(open_key(self.sessions[0], pair).public_key()) == known.spki
            assert (kept.renews, kept.renewed_by, bool(kept.retired), bool(kept.submitted)) == (
                known.renews,
                known.renewed_by,
                known.retired,
                known.submitted,
            )
            assert {one.path for one in kept.backups} == set(known.backups)
            assert all(one.status is BackupStatus.VERIFIED for one in kept.backups)
            assert all(Path(path).read_bytes() == data for path, data in known.backups.items())
            assert self.serials(pair.path) >= known.serials
            assert (kept.validity.not_before if kept.validity else None) == known.newest
        codes = {one.code for one in Examination(self.sessions[0]).run()}
        assert codes <= _USUAL

    def serials(self, path: str) -> set[int]:
        return {
            one.serial_number
            for file in Path(path).glob("certificate*.pem")
            for one in certificates(file.read_bytes())
        }


def certificates(data: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(data) if b"BEGIN CERTIFICATE-----" in data else []


TestLife = pytest.mark.safety(Life.TestCase)
TestLife.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)


class LifeAtLength(Life):
    """The same with more steps."""


TestLifeAtLength = pytest.mark.slow(pytest.mark.safety(LifeAtLength.TestCase))
TestLifeAtLength.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
