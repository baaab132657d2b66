"""The replacement of installed files, or its undo, is killed or fails at each call that changes the disk.

After each fault, every file is complete, the old set is in its place or in the hidden folder, and the same command
completes the work without leftovers. No file is ever readable by others.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import START
from exports_made import issue, issued_pair
from requests_made import NOW

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.file_set import PREVIOUS
from csrtui.store.keystore import Keystore
from csrtui.tasks.export import ExportSpec, export, prepare_export
from csrtui.tasks.installation import undo_export
from csrtui.tasks.renew import plan_renewal, renew
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHANGING = ("fchmod", "fchown", "fsync", "link", "mkdir", "chmod", "open", "rename", "unlink", "write")
KILLED, FAILED = 77, 78
NEW, APACHE = "a.com-2", PLATFORMS["apache"]
"""Apache has three files: certificate, chain and key."""

Contents = dict[str, bytes]


class Place:
    """A store with a renewed pair, and the folder in which the old pair is installed.

    Args:
        path: An empty folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.session = Session(Keystore(str(path / "store")), clock=lambda: NOW, user="joe")
        self.tls.mkdir(parents=True)
        issued_pair(self.session)
        self.replace("a.com")
        self.old = contents(self.tls)
        issue(
            self.session, renew(self.session, plan_renewal(self.session, "a.com")).name, START + timedelta(1)
        )
        self.replace()
        self.new = contents(self.tls)
        undo_export(self.session, NEW, APACHE, str(self.tls))

    @property
    def tls(self) -> Path:
        return self.path / "tls"

    def replace(self, pair: str = NEW) -> None:
        export(
            self.session, prepare_export(self.session, ExportSpec(pair, APACHE, str(self.tls), replaces=True))
        )

    def undo(self) -> None:
        undo_export(self.session, NEW, APACHE, str(self.tls))

    def check(self, before: Contents, after: Contents) -> None:
        """Assert the rules that hold at every moment."""
        present, hidden = contents(self.tls), contents(self.tls / PREVIOUS)
        assert present.keys() == before.keys()
        for name, data in present.items():
            assert data in {before[name], after[name]}, f"{name} is half a file"
        is_set = present in (before, after)
        assert is_set or {**present, **hidden} == self.old, "the old set is nowhere complete"
        for path in self.tls.rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            if path.is_dir():
                assert mode == 0o700, path
            elif b"PRIVATE KEY" in path.read_bytes():
                assert mode == 0o600, path


def contents(folder: Path) -> Contents:
    return {
        path.name: path.read_bytes()
        for path in folder.glob("*")
        if path.is_file() and path.suffix in {".crt", ".key"}
    }


def run(
    act: Callable[[], None], when: int, fault: int | None, calls_of: tuple[str, ...] = CHANGING
) -> tuple[int, int]:
    """Run the command in its own process, with a fault in call number `when`. Return its exit status and its number of calls.

    Args:
        act: The command.
        when: The number of the call, from 1; 0 for none.
        fault: The error of that call, or None to kill the process at that call, as ``kill -9`` does.
        calls_of: The functions whose calls count.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        calls = 0
        write, leave = os.write, os._exit

        def faulty(real: Any) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                nonlocal calls
                calls += 1
                if calls == when:
                    if fault is None:
                        leave(KILLED)
                    raise OSError(fault, os.strerror(fault))
                return real(*arguments, **options)

            return call

        for name in calls_of:
            setattr(os, name, faulty(getattr(os, name)))
        status = 0
        try:
            act()
        except CsrtuiError:
            status = FAILED
        except BaseException:  # noqa: BLE001 - told by the exit status
            status = 1
        write(writing, str(calls).encode())
        leave(status)
    os.close(writing)
    with os.fdopen(reading) as told:
        calls_made = int(told.read() or 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), calls_made


@pytest.mark.parametrize("name", ["replace", "undo"])
def test_a_kill_at_any_step_between_the_files_loses_nothing(tmp_path: Path, name: str) -> None:
    sweep(tmp_path, name, None, ("rename",))


@pytest.mark.slow
@pytest.mark.parametrize("fault", [None, errno.EIO], ids=["kill", "EIO"])
@pytest.mark.parametrize("name", ["replace", "undo"])
def test_any_call_may_fail_or_be_the_last(tmp_path: Path, name: str, fault: int | None) -> None:
    sweep(tmp_path, name, fault, CHANGING)


def sweep(tmp_path: Path, name: str, fault: int | None, calls_of: tuple[str, ...]) -> None:
    """Inject the fault into each call, and check the files after it and after the same command is repeated."""
    place = Place(tmp_path / "place")
    before, after = (place.old, place.new) if name == "replace" else (place.new, place.old)
    if name == "undo":
        place.replace()
    spare = tmp_path / "spare"
    shutil.copytree(place.path, spare)

    def fresh() -> None:
        shutil.rmtree(place.path)
        shutil.copytree(spare, place.path)

    act = getattr(place, name)
    status, count = run(act, 0, None, calls_of)
    assert status == 0
    assert count > 3
    mixed = 0
    for when in range(1, count + 1):
        fresh()
        status, _ = run(act, when, fault, calls_of)
        assert status in ({KILLED} if fault is None else {0, FAILED}), (when, status)
        place.check(before, after)
        is_mixed = contents(place.tls) not in (before, after)
        mixed += is_mixed
        if is_mixed and when % 2 and name == "replace":  # undo instead of completing
            place.undo()
            assert contents(place.tls) == place.old
            continue
        if contents(place.tls) != after:
            act()
        assert contents(place.tls) == after, when
        place.replace()
        assert contents(place.tls / PREVIOUS) == place.old
        assert not list((place.tls / PREVIOUS).glob(".*")), when
        place.undo()
        assert contents(place.tls) == place.old
    assert mixed, "a kill between two of the files is among them"
