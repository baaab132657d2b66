"""A csrtui process that has just read a passphrase and waits, so that a test can inspect or kill it.

``held_passphrase.py FOLDER HARDENED`` has a passphrase in memory. It imports everything before it becomes an ordinary
user, who may not be allowed to read the code. It prints the parts of the process that the user can open, without
the hardening if HARDENED is ``no``. ``held_passphrase.py FOLDER HARDENED wait`` waits to be killed instead.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import signal
import sys
import threading
from pathlib import Path

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from canary import CANARY  # noqa: E402 - the path comes first

from csrtui import __main__ as program  # noqa: E402 - the same
from csrtui.core.keys import pkcs8  # noqa: E402 - the same

_NOBODY = 65534
_PR_SET_DUMPABLE, _PTRACE_SEIZE, _PTRACE_DETACH = 4, 0x4206, 17
_LIBC = ctypes.CDLL(None, use_errno=True)
_LOOKED_AT = ("mem", "environ", "maps", "auxv", "task/{0}/mem", "pagemap")


def hold(folder: Path, ready: int) -> None:
    """Run csrtui until it has derived a key from its passphrase, report this, and wait."""

    def derive(*_: object) -> None:
        os.write(ready, b"1")
        threading.Event().wait()

    pkcs8.derive = derive  # type: ignore[assignment]
    _make(folder)


def _make(folder: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{CANARY}\n".encode())
    sys.stdout = sys.stderr = io.StringIO()
    sys.argv = ["csrtui", "new", "n.com", "--encrypt-key", "--store", str(folder / "store")]
    sys.argv += ["--passphrase-fd", str(reading)]
    program.main()


def become_ordinary() -> None:
    """Become a user without privileges, whose processes can be inspected unless they forbid it."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
        _LIBC.prctl(
            _PR_SET_DUMPABLE, 1, 0, 0, 0
        )  # a changed user ID forbids it until another program is started


def opened(pid: int) -> list[str]:
    """Return the parts of a process that this process can open or attach to."""
    found = []
    for name in _LOOKED_AT:
        try:
            os.close(os.open(f"/proc/{pid}/{name.format(pid)}", os.O_RDONLY))
        except OSError:
            continue
        found.append(name)
    if _LIBC.ptrace(_PTRACE_SEIZE, pid, 0, 0) == 0:
        found.append("ptrace")
        _LIBC.ptrace(_PTRACE_DETACH, pid, 0, 0)
    return found


def main(where: str, hardened: str, *wait: str) -> None:
    """Start a process with a passphrase, and print the parts of it that can be read."""
    folder = Path(where)
    if hardened == "no":
        program.harden = lambda: None  # type: ignore[attr-defined]
    said = sys.stdout
    pkcs8.ITERATIONS, iterations = 1, pkcs8.ITERATIONS
    umask = os.umask(0o077)
    _make(folder / "first")  # imports what it needs
    pkcs8.ITERATIONS = iterations
    sys.stdout, sys.stderr = said, sys.__stderr__
    if wait:
        hold(folder, said.fileno())
    os.umask(umask)
    (theirs := folder / "theirs").mkdir()
    theirs.chmod(0o777)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        become_ordinary()
        hold(theirs, writing)
        os._exit(1)
    os.close(writing)
    become_ordinary()
    try:
        assert os.read(reading, 1) == b"1", "it did not come so far"
        print(json.dumps(opened(child)))  # noqa: T201 - the answer
    finally:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
