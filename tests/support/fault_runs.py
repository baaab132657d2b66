"""Runs of actions, each in a fork of a process with all imports and on a fresh copy of the place.

The process was started with the library of `fault_shim` before the C library.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from typing import TYPE_CHECKING

from after_faults import Before, Ended, check_notes
from fault_shim import Call, Fault, Shim
from store_process import mark
from writing_actions import Action, Place, make_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def settle_threads() -> None:
    """Wait for all other threads, because an ending thread holds locks of OpenSSL that a fork never releases."""
    while len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.0005)


class Runs:
    """Runs of actions, each with a fresh copy of the place.

    Args:
        scratch: An empty folder.
        path: The path of the place, by default in `scratch`.
    """

    def __init__(self, scratch: Path, path: Path | None = None) -> None:
        self.shim = Shim()
        self.scratch = scratch
        self.place = Place(path or scratch / "place")
        self._template = scratch / "template"
        make_place(self.place.path)
        self.before = Before(self.place)
        shutil.copytree(self.place.path, self._template)

    def fresh(self) -> None:
        """Restore the original place."""
        shutil.rmtree(self.place.path)
        shutil.copytree(self._template, self.place.path)

    def run(self, action: Action, when: int = 0, fault: Fault = Fault.EIO) -> Ended:
        """Run an action in a separate process, with the fault in call number `when`."""
        _, how = os.waitpid(self.start(action, when, fault), 0)
        return self.ended(os.waitstatus_to_exitcode(how))

    def start(
        self, action: Action, when: int, fault: Fault, first: Callable[[], object] = lambda: None
    ) -> int:
        """Start an action in a separate process, which runs `first` before, and return its ID."""
        self.shim.clear()
        settle_threads()
        child = os.fork()
        if not child:
            first()
            os._exit(self._child(action, when, fault))
        return child

    def ended(self, status: int) -> Ended:
        """Return the exit status of a process together with its output."""
        return Ended(status, *(self.printed(name) for name in ("out", "err")))

    def printed(self, name: str) -> str:
        """Return the output of the process so far, on ``out`` or ``err``."""
        return (self.scratch / name).read_text(encoding="utf-8", errors="replace")

    def _child(self, action: Action, when: int, fault: Fault) -> int:
        try:
            os.environ.update(self.place.environ)
            for number, name in ((1, "out"), (2, "err")):
                file = os.open(self.scratch / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(file, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.umask(0)  # private files must be private with any umask
            mark()
            self.shim.arm(str(self.place.path), when, fault)
            status = action.act(self.place)
            self.shim.disarm()
            mark()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:  # noqa: BLE001 - the parent reads the error
            self.shim.disarm()
            traceback.print_exc()
            return 70
        return status

    def store_of(self, action: Action) -> Path:
        """Return the store of an action."""
        fresh = self.place.path / "data" / "fresh"
        return fresh if action.name == "new, the first" else self.place.store

    def calls_of(self, action: Action) -> list[Call]:
        """Return the calls of an action without faults, after checking that it succeeds."""
        self.fresh()
        assert not action.done(self.place)
        ended = self.run(action)
        assert ended.status == 0, ended
        assert action.done(self.place)
        notes = self.shim.notes()
        check_notes(notes, self.store_of(action))
        return [note for note in notes if isinstance(note, Call)]

    def warm(self, action: Action) -> None:
        """Run an action in this process, so that the forks do not have to import anything."""
        self.fresh()
        stdout, stderr = sys.stdout, sys.stderr
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            sys.stdout = sys.stderr = nowhere
            try:
                os.environ.update(self.place.environ)
                action.act(self.place)
            finally:
                sys.stdout, sys.stderr = stdout, stderr
