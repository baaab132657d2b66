"""Other processes on a store: run as a program, this file works on it; imported, it controls such programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csrtui.store.permissions import Permissions

SCRIPT = os.path.abspath(__file__)
ROOT = Path(SCRIPT).parents[2]


class StoreProcess:
    """A running program of this file.

    Args:
        process: The process, with pipes for its input and output.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def read_line(self) -> str:
        """Wait for a line of the process's output. It is empty if the process has ended."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def say(self, text: str) -> None:
        """Send the process a line."""
        assert self._process.stdin
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """Kill the process, like ``kill -9``."""
        self._process.send_signal(signal.SIGKILL)

    def wait(self) -> int:
        """Wait at most 30 seconds for the end of the process, and return its exit code."""
        return self._process.wait(30)


def command(*arguments: str) -> list[str]:
    """Return the command for a program of this file, with as little work at the start of Python as possible."""
    return [sys.executable, "-S", "-I", "-B", SCRIPT, *arguments]


@contextmanager
def running(*arguments: str) -> Iterator[StoreProcess]:
    """Run a program of this file while the block runs."""
    with subprocess.Popen(
        command(*arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield StoreProcess(process)
        finally:
            process.kill()


def main(action: str, path: str, *rest: str) -> None:
    """Run the action in the first argument on the store in the second argument."""
    sys.path.insert(0, str(ROOT))
    sys.path.insert(0, os.path.dirname(SCRIPT))
    from store_state import pair_files

    from csrtui.store import safe_files
    from csrtui.store.keystore import Keystore

    store = Keystore(path)
    if action == "hold":
        with store.change(rest[0]) as change:
            print("held", flush=True)  # noqa: T201 - the message to the test
            sys.stdin.readline()
            change.replace_record(b'{"schema": 1} from the other process')
    elif action == "create":
        create_file = safe_files.create_unflushed_file

        def stopping(dir_fd: int, name: str, data: bytes, permissions: Permissions) -> int:
            descriptor = create_file(dir_fd, name, data, permissions)
            print("creating", flush=True)  # noqa: T201 - the message to the test
            sys.stdin.readline()
            return descriptor

        safe_files.create_unflushed_file = stopping
        store.add("late", pair_files())
    elif action == "add":
        print("ready", flush=True)  # noqa: T201 - the message to the test
        sys.stdin.readline()
        print(store.add(rest[0], pair_files(rest[1])), flush=True)  # noqa: T201 - the answer
    elif action == "add-once":
        mark()
        store.add(rest[0], pair_files("new"))
    elif action == "change-once":
        mark()
        with store.change(rest[0]) as change:
            change.replace_record(b'{"schema": 1} new')
    elif action == "certificate-once":
        mark()
        with store.change(rest[0]) as change:
            change.replace_certificate(b"new", datetime(2026, 11, 23, 9, tzinfo=UTC))


def mark() -> None:
    """Make a call that is visible in a trace, to separate the start from the work."""
    os.access("/csrtui-begins", os.F_OK)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - the test reads the error
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(getattr(error, "exit_code", 70))
