"""Stopping many things in good order: what is under way is finished, and what was done is said."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event
from types import FrameType
from typing import TypeAlias

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Event):
    """Set once the user, or the system, wants no more to be begun.

    Attributes:
        signal: By which signal, or 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal = 0

    @property
    def exit_code(self) -> int:
        """What a shell gives for a program that the signal ended: 130 after Ctrl+C."""
        return 128 + self.signal


@contextmanager
def stopping() -> Iterator[Stop]:
    """Give what Ctrl+C, a hang-up and SIGTERM set while the block runs; the second of them ends the program.

    Signals that the program was started to ignore, as ``nohup`` does, are ignored further.
    """
    stop = Stop()
    before: dict[signal.Signals, _Handler] = {}

    def handle(number: int, _: FrameType | None) -> None:
        stop.signal = number
        stop.set()
        _restore(before)

    if threading.current_thread() is threading.main_thread():
        for one in _SIGNALS:
            if signal.getsignal(one) is not signal.SIG_IGN:
                before[one] = signal.signal(one, handle)
    try:
        yield stop
    finally:
        _restore(before)


def _restore(handlers: dict[signal.Signals, _Handler]) -> None:
    for one, handler in handlers.items():
        with suppress(TypeError):  # it was not set from Python
            signal.signal(one, handler)
