"""Run Ansible, read its output lines with a size limit, and end the processes that it leaves running.

Such processes are recognized by a mark in the environment that they inherit.
"""

import os
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread
from time import monotonic, sleep
from typing import IO

from csrtui.core.base.errors import StoreError
from csrtui.fleet.host_answer import CutLine
from csrtui.store import safe_files

_PROC = "/proc"
_ROUNDS = 3
"""The number of searches for processes. One is not enough, because a process can start another during a search."""
_END_TIMEOUT = 2.0
"""Seconds for the processes to end before they are killed."""
_START_TIMEOUT, _START_INTERVAL = 0.2, 0.005
"""Seconds to wait for a process that is starting a program, and between two attempts to read its environment."""
_CHUNK = 64 * 1024
_START = 8192
"""The number of bytes that are kept from the start of an oversized line."""
_STOP_INTERVAL = 0.1
"""Seconds between two checks of the stop event."""
_INTERRUPT_TIMEOUT = 10.0
"""Seconds for Ansible to end after an interrupt."""


@contextmanager
def running(
    command: Sequence[str],
    environment: Mapping[str, str],
    stderr: IO[bytes],
    stop: Event,
    *,
    has_terminal: bool,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run Ansible during the block, and yield its process. It is interrupted when `stop` is set or the block fails.

    Raises:
        StoreError: The program cannot be started.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=None if has_terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            env=environment,
            start_new_session=not has_terminal,
        )
    except OSError as error:
        raise StoreError(f"Ansible cannot be run: {error.strerror}") from error
    has_ended = Event()
    watcher = Thread(target=_interrupt_on_stop, args=(process, stop, has_ended), daemon=True)
    watcher.start()
    try:
        with process:
            try:
                yield process
            except BaseException:
                _interrupt(process)
                raise
    finally:
        has_ended.set()
        watcher.join()


def _interrupt_on_stop(process: "subprocess.Popen[bytes]", stop: Event, has_ended: Event) -> None:
    while not has_ended.wait(_STOP_INTERVAL):
        if stop.is_set():
            _interrupt(process)
            return


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt Ansible and its workers. A csrtui command on a host either completes or changes nothing."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_INTERRUPT_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()


def end_marked(mark: str, control_folder: str) -> None:
    """End every process of this user that has `mark` in its environment, and each ssh master with a socket in a folder.

    The environment of an ssh master (``ControlPersist``) cannot be read, but its title contains the path of its
    socket. A master with a socket in another folder comes from the user's own settings and is not ended.

    Args:
        mark: ``NAME=value`` with a value that is unique for the run.
        control_folder: The folder of the sockets that ssh makes for this run.
    """
    for _ in range(_ROUNDS):
        with ExitStack() as stack:
            processes = list(_find_processes(mark.encode(), f"ssh: {control_folder}/".encode(), stack))
            if not processes:
                return
            _send_signal(processes, signal.SIGTERM)
            _send_signal(_wait(processes), signal.SIGKILL)


def _find_processes(mark: bytes, title: bytes, stack: ExitStack) -> Iterator[int]:
    """Yield a descriptor for each process with this mark or title.

    Unlike a process ID, a descriptor never refers to a different process later.
    """
    for name in os.listdir(_PROC) if os.path.isdir(_PROC) else ():
        if not name.isdecimal() or int(name) == os.getpid():
            continue
        with suppress(OSError):
            descriptor = os.pidfd_open(int(name))
            stack.callback(safe_files.release, descriptor)
            if _read(name, "cmdline").startswith(title) or mark in _read_environ(name).split(b"\0"):
                yield descriptor


def _read_environ(process: str) -> bytes:
    """Return the environment of a process. Wait for it if the process is starting a program: it is empty then.

    Raises:
        OSError: The process has ended, or it is a thread of the kernel.
    """
    deadline = monotonic() + _START_TIMEOUT
    while not (data := _read(process, "environ")) and monotonic() < deadline:
        os.readlink(f"{_PROC}/{process}/exe")
        sleep(_START_INTERVAL)
    return data


def _read(process: str, name: str) -> bytes:
    with open(f"{_PROC}/{process}/{name}", "rb") as file:
        return file.read()


def _send_signal(descriptors: list[int], number: signal.Signals) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            signal.pidfd_send_signal(descriptor, number)


def _wait(descriptors: list[int]) -> list[int]:
    """Wait at most `_END_TIMEOUT` seconds for all processes to end, and return those that are still running."""
    running = []
    deadline = monotonic() + _END_TIMEOUT
    for descriptor in descriptors:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(deadline - monotonic(), 0) * 1000):
            running.append(descriptor)
    return running


def read_lines(stream: IO[bytes], limit: int) -> Iterator[str | CutLine]:
    """Yield each line of a stream as soon as it is complete, or a `CutLine` if it is longer than `limit`.

    At most `limit` bytes and one chunk are in memory.

    Args:
        stream: An unbuffered stream, so that a read returns the bytes that are available.
        limit: The maximum number of bytes in a line, including the line ending.
    """
    line = bytearray()
    start: bytes | None = None
    while chunk := stream.read(_CHUNK):
        for part in chunk.splitlines(keepends=True):
            if start is None:
                line += part
            if start is None and len(line) > limit:
                start = bytes(line[:_START])
                line = bytearray()
            if part.endswith(b"\n"):
                yield _decode(line) if start is None else CutLine(_decode(start))
                line, start = bytearray(), None
    if start is not None:
        yield CutLine(_decode(start))
    elif line:
        yield _decode(line)


def _decode(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace")
