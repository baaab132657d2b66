"""The standard streams, whatever the caller has done to them."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from csrtui.core.base.errors import InputError


def settle_streams() -> None:
    """See that there is a place for talk and for data before anything is done.

    Python has None for a stream that was closed when it started (``>&-``). Without stderr, talk goes
    nowhere. A character that the encoding of stdout cannot hold is written as a Python escape.

    Raises:
        InputError: stdout is closed: better known before a pair is made than after.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    if sys.stdout is None:
        raise InputError("standard output is closed", "to drop the output: > /dev/null")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def forget(stream: TextIO | None) -> None:
    """Lead a stream that cannot be written to nowhere.

    Otherwise the interpreter complains at its end about what it cannot flush any more.
    """
    if stream is None:
        return
    with suppress(OSError):  # a stream in memory has no descriptor
        target = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, target)
        os.close(nowhere)
