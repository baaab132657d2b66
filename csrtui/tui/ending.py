"""How a program on a terminal ends when it is told to: by a signal, in time, and without a word."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

ENDING_SIGNALS: Final = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""The signals that end the program in order."""

_TEXTUALS_SIGNALS: Final = (
    signal.SIGTSTP,
    signal.SIGCONT,
    signal.SIGWINCH,
)  # its driver never gives them back
_SECONDS_TO_END: Final = 5.0


class Ending:
    """Ends a program on a signal, and by force where it has not ended five seconds later.

    Args:
        by_force: Called with the signal, in a thread of its own, when the time is over: the event loop may be
            stuck, as it is on a terminal that takes no more bytes.
    """

    def __init__(self, by_force: Callable[[signal.Signals], None]) -> None:
        self._by_force = by_force
        self._watchdog: threading.Timer | None = None

    @contextlib.contextmanager
    def on_signals(self, end: Callable[[signal.Signals], None]) -> Iterator[None]:
        """Call `end` with each ending signal that is not ignored (as SIGHUP is under nohup).

        Afterwards every signal's handler is what it was, Textual's among them.
        """

        def handle(number: int, _frame: FrameType | None) -> None:
            if self._watchdog is None:
                self._watchdog = threading.Timer(_SECONDS_TO_END, self._by_force, (signal.Signals(number),))
                self._watchdog.daemon = True
                self._watchdog.start()
            end(signal.Signals(number))

        before = {number: signal.getsignal(number) for number in (*ENDING_SIGNALS, *_TEXTUALS_SIGNALS)}
        for number in ENDING_SIGNALS:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def in_time(self) -> None:
        """The program has ended by itself: no force is needed."""
        if self._watchdog is not None:
            self._watchdog.cancel()


@contextlib.contextmanager
def quiet_hooks(thread_failed: Callable[[BaseException], None]) -> Iterator[None]:
    """Keep Python's own reports of failures, which quote messages, off the terminal.

    Args:
        thread_failed: Called in a thread that ended with an exception, instead of the report. What fails in a
            destructor is dropped: it is no reason to end.
    """

    def failed(report: threading.ExceptHookArgs) -> None:
        if report.exc_value is not None:
            thread_failed(report.exc_value)

    thread_hook: Callable[[threading.ExceptHookArgs], Any] = threading.excepthook
    unraisable_hook = sys.unraisablehook
    threading.excepthook, sys.unraisablehook = failed, lambda _report: None
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = thread_hook, unraisable_hook
