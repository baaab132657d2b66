"""A Python process that has imported csrtui's screens, and forks a process for each program that a test runs in it.

The process is like a new one, but does not import everything again, which takes most of the time of a short session.
"""

from __future__ import annotations

import array
import atexit
import ctypes
import importlib
import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROOT = Path(__file__).parents[2]
_AT_START = ("LANG", "LC_", "LD_", "PYTHON", "TEXTUAL")
"""The first letters of the variables that Python, the C library or Textual read when they start."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def can_run(argv: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Return whether the program is csrtui or a script, for this Python without options and special variables."""
    if sys.platform != "linux" or argv[0] != sys.executable:
        return False
    if argv[1:3] != ["-m", "csrtui"] and not argv[1].endswith(".py"):
        return False
    here, there = (
        {name: value for name, value in one.items() if name.startswith(_AT_START) and name != "PYTHONPATH"}
        for one in (os.environ, environment)
    )
    return here == there


def start(terminal: int, argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Start the program on a terminal and return the ID of the process, which is a child of this one."""
    request = json.dumps([argv[1:], dict(environment), os.getcwd()], ensure_ascii=False)
    channel = _process()
    _adopt_orphans(enabled=True)
    try:
        channel.sendmsg(
            [request.encode(errors="surrogateescape")],
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [terminal]))],
        )
        return int(channel.recv(16))
    finally:
        _adopt_orphans(enabled=False)


@cache
def _process() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = os.pathsep.join([str(_ROOT), str(_ROOT / "tests" / "support")])
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())],
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    theirs.close()

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def _adopt_orphans(*, enabled: bool) -> None:
    ctypes.CDLL(None).prctl(_SUBREAPER, int(enabled), 0, 0, 0)


# In the process


def _import_all() -> None:
    for name in ("csrtui.cli.main", "csrtui.tasks", "csrtui.tui"):
        module = importlib.import_module(name)
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
            importlib.import_module(found.name)


def _open_screens() -> None:
    """Open the screens once without a terminal, so that their style sheets are parsed."""
    import asyncio
    import tempfile

    from parsed_styles import parse_once
    from textual.css.stylesheet import Stylesheet

    from csrtui.store.keystore import Keystore
    from csrtui.tasks.session import Session
    from csrtui.tui.app import CsrtuiApp

    async def run(store: str) -> None:
        app = CsrtuiApp(Session(Keystore(store)))
        async with app.run_test():
            await app.wait_until_ready()

    Stylesheet._parse_rules = parse_once  # type: ignore[method-assign, assignment]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(os.path.join(folder, "store")))


def _next_program(channel: socket.socket) -> tuple[list[str], int]:
    """Fork a process for each request. Return in the fork, with the arguments and the terminal."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, 1 << 20, 1)
        if not data:
            os._exit(0)
        read_end, write_end = os.pipe()
        parent = os.fork()
        if not parent:
            # The parent of a process whose own parent ends is the test.
            child = os.fork()
            if child:
                os.write(write_end, str(child).encode())
                os._exit(0)
            for descriptor in (channel.detach(), read_end, write_end):
                os.close(descriptor)
            argv, environment, folder = json.loads(data.decode(errors="surrogateescape"))
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            return argv, descriptors[0]
        os.waitpid(parent, 0)
        channel.send(os.read(read_end, 16))
        for descriptor in (read_end, write_end, *descriptors):
            os.close(descriptor)


def _use_terminal(terminal: int) -> None:
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    os.close(terminal)
    streams: list[Any] = [
        open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115 - as Python opens its own
        for number, mode, errors in ((0, "r", "strict"), (1, "w", "strict"), (2, "w", "backslashreplace"))
    ]
    sys.stdin, sys.stdout, sys.stderr = streams
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams  # type: ignore[misc]


if __name__ == "__main__":
    import gc

    _import_all()
    _open_screens()
    gc.collect()
    gc.freeze()
    words, tty = _next_program(socket.socket(fileno=int(sys.argv[1])))
    _use_terminal(tty)
    if words[0] == "-m":
        sys.argv = words[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = str(Path(words[0]).parent)
        runpy.run_path(words[0], run_name="__main__")
