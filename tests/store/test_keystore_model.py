"""Several sessions on one store, with steps in random order, compared with a model."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from safety_results import record
from store_state import check_store, names_on_disk, pair_files

from csrtui.core.base.errors import InputError
from csrtui.core.pairs.pair_name import numbered_name
from csrtui.store.keystore import Keystore

SESSIONS = st.integers(min_value=0, max_value=2)
BASES = st.sampled_from(["a", "a-2", "b.example", "wildcard.example.com", "x" * 64])
TEXTS = st.text("abc", min_size=1, max_size=3)
NAMES = st.sampled_from(["a", "a-2", "a-3", "a-2-2", "b.example", "b.example-2", "missing"])


class Sessions(RuleBasedStateMachine):
    """Three keystores in one folder, which does not exist at first."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        self.folder = self.top / "made" / "store"
        self.sessions = [Keystore(str(self.folder)) for _ in range(3)]
        self.records: dict[str, bytes] = {}
        self.requests: dict[str, bytes] = {}
        self.draft: bytes | None = None
        self.hidden: list[str] = []
        self.generation = 0
        self.done = 0

    def teardown(self) -> None:
        """Remove the folder, and record the number of steps."""
        shutil.rmtree(self.top)
        if self.done:
            record(
                "The store contains everything that its sessions reported as done",
                "steps of three sessions in random order, compared with a model",
                self.done,
                0,
            )

    @rule(session=SESSIONS, base=BASES, text=TEXTS)
    def add(self, session: int, base: str, text: str) -> None:
        expected = next(
            name
            for name in (numbered_name(base, number) for number in range(1, 100))
            if name not in self.records
        )
        files = pair_files(text)
        assert self.sessions[session].add(base, files) == expected
        self.records[expected], self.requests[expected] = files.record, files.csr
        self.expect_another_generation(session)

    @rule(session=SESSIONS, name=NAMES, text=TEXTS)
    def change(self, session: int, name: str, text: str) -> None:
        if name not in self.records:
            with pytest.raises(InputError), self.sessions[session].change(name):
                pass
            return
        with self.sessions[session].change(name) as change:
            assert change.record == self.records[name]
            change.replace_record(b'{"schema": 1} ' + text.encode())
        self.records[name] = b'{"schema": 1} ' + text.encode()
        self.expect_another_generation(session)

    @rule(session=SESSIONS, text=TEXTS)
    def save_draft(self, session: int, text: str) -> None:
        self.sessions[session].save_draft(text.encode())
        self.draft = text.encode()

    @rule(
        number=st.integers(min_value=0, max_value=3), files=st.sets(st.sampled_from(["key.pem", "pair.json"]))
    )
    def break_off(self, number: int, files: set[str]) -> None:
        """Leave the files of a killed creation."""
        name = f".new-{number:016x}"
        if (self.folder / "pairs").exists() and name not in self.hidden:
            (self.folder / "pairs" / name).mkdir(0o700)
            for file in files:
                (self.folder / "pairs" / name / file).touch(0o600)
            self.hidden.append(name)

    @rule(session=SESSIONS)
    def sweep(self, session: int) -> None:
        assert self.sessions[session].remove_leftovers() == sorted(self.hidden)
        self.hidden = []

    @rule(session=SESSIONS, name=NAMES)
    def read(self, session: int, name: str) -> None:
        if name not in self.records:
            with pytest.raises(InputError):
                self.sessions[session].read(name)
            return
        stored = self.sessions[session].read(name)
        assert (stored.record, stored.csr) == (self.records[name], self.requests[name])

    def expect_another_generation(self, session: int) -> None:
        """Assert that every session notices the change."""
        now = {other.generation() for other in self.sessions}
        assert len(now) == 1
        assert now != {self.generation}
        assert self.sessions[session].generation() in now
        self.generation = now.pop()

    @invariant()
    def every_session_sees_the_same(self) -> None:
        for session in self.sessions:
            assert session.names() == sorted(self.records) == names_on_disk(self.folder)
            assert {listed.name: listed.record for listed in session.listing()} == self.records
            assert session.load_draft() == self.draft
            assert session.leftovers() == [str(self.folder / "pairs" / name) for name in sorted(self.hidden)]
        check_store(self.folder)
        self.done += 1


TestSessions = pytest.mark.safety(Sessions.TestCase)
TestSessions.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)


class SessionsAtLength(Sessions):
    """The same with more steps."""


TestSessionsAtLength = pytest.mark.slow(pytest.mark.safety(SessionsAtLength.TestCase))
TestSessionsAtLength.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
