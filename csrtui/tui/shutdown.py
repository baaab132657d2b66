"""The orderly shutdown of a terminal program on a signal, within a time limit and without tracebacks."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SHUTDOWN_SIGNALS: Final = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""The signals that cause an orderly shutdown."""

_TEXTUAL_SIGNALS: Final = (
    signal.SIGTSTP,
    signal.SIGCONT,
    signal.SIGWINCH,
)  # Textual's driver never restores their handlers
_TIMEOUT_SECONDS: Final = 5.0


class Shutdown:
    """A shutdown on a signal. It is enforced if the program is still running five seconds later.

    Args:
        force: Called with the signal after the time limit, in a thread of its own. The event loop may be blocked then,
            for instance by a terminal that accepts no more bytes.
    """

    def __init__(self, force: Callable[[signal.Signals], None]) -> None:
        self._force = force
        self._watchdog: threading.Timer | None = None

    @contextlib.contextmanager
    def handle_signals(self, end: Callable[[signal.Signals], None]) -> Iterator[None]:
        """Call `end` with each shutdown signal. Ignored signals stay ignored, such as SIGHUP under nohup.

        On exit, restore all signal handlers, including those that Textual replaces.
        """

        def handle(number: int, _frame: FrameType | None) -> None:
            if self._watchdog is None:
                self._watchdog = threading.Timer(_TIMEOUT_SECONDS, self._force, (signal.Signals(number),))
                self._watchdog.daemon = True
                self._watchdog.start()
            end(signal.Signals(number))

        handlers = {number: signal.getsignal(number) for number in (*SHUTDOWN_SIGNALS, *_TEXTUAL_SIGNALS)}
        for number in SHUTDOWN_SIGNALS:
            if handlers[number] is not signal.SIG_IGN:
                signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def cancel_deadline(self) -> None:
        """Cancel the forced end, because the program has ended by itself."""
        if self._watchdog is not None:
            self._watchdog.cancel()


@contextlib.contextmanager
def replace_exception_hooks(on_thread_error: Callable[[BaseException], None]) -> Iterator[None]:
    """Keep Python's own error reports off the terminal, because they quote error messages.

    Args:
        on_thread_error: Called instead of the report, in the thread that an exception has ended. Exceptions in
            destructors are dropped, because they are not a reason to end the program.
    """

    def handle(report: threading.ExceptHookArgs) -> None:
        if report.exc_value is not None:
            on_thread_error(report.exc_value)

    thread_hook: Callable[[threading.ExceptHookArgs], Any] = threading.excepthook
    unraisable_hook = sys.unraisablehook
    threading.excepthook, sys.unraisablehook = handle, lambda _report: None
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = thread_hook, unraisable_hook
