"""End the app without revealing a secret, and restore the terminal, after a bug, a signal or the loss of the terminal.

It can be deleted once Textual can leave local variables out of its crash screen (`App._fatal_error` prints them), and
Textual's driver ends when the terminal is lost. Then ``tests/tui/test_safe_app_failing.py`` and ``test_safe_app_ending.py`` pass without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from textual.app import App
from textual.worker import WorkerFailed

from csrtui.core.base.errors import describe_bug
from csrtui.core.base.escaping import visible
from csrtui.tui.patches.driver import SafeDriver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from csrtui.core.base.errors import CsrtuiError

ReturnType = TypeVar("ReturnType")


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


class CrashSafeApp(App[ReturnType]):
    """An app that reports a bug in one line. Start it with `run`, then exit the process with `exit_status`."""

    event_loop: asyncio.AbstractEventLoop | None = None
    """The loop in which the app runs, or None before it starts."""

    def __init__(self) -> None:
        super().__init__()
        self._failure: CsrtuiError | None = None
        self._exit_message = ""
        self._signal: signal.Signals | None = None
        self._state_saved = False
        self._shutdown_handler = Shutdown(self._end_at_once)

    def save_state(self) -> None:
        """Save the user's input. Called once, when a signal or the loss of the terminal ends the app."""

    def run(self, **options: Any) -> ReturnType | None:
        """Run until the app exits. The terminal handles the mouse itself unless ``mouse=True`` is passed.

        After the terminal is restored, a failure is reported on stderr in one line and a hint. See `exit_status`.

        Args:
            options: The options of `textual.app.App.run`.

        Returns:
            The result with which the app exited, or None after a failure or a signal.
        """
        options.setdefault("mouse", False)
        with replace_exception_hooks(self._handle_thread_error):
            try:
                return super().run(**options)
            except Exception as error:  # noqa: BLE001 - Python would print a traceback
                self._handle_exception(error)
            except (KeyboardInterrupt, asyncio.CancelledError):
                self._signal = self._signal or signal.SIGINT
            finally:
                self._report_end()
                self._shutdown_handler.cancel_deadline()
        return None

    @property
    def exit_status(self) -> int:
        """The exit status of the process: 3 after a bug, 128 + N after signal N, otherwise the app's return code."""
        if self._failure is not None:
            return self._failure.exit_code
        if self._signal is not None:
            return 128 + self._signal
        return self.return_code or 0

    async def run_async(self, **options: Any) -> ReturnType | None:
        """Run inside an event loop. Return the same result as `run`."""
        self.event_loop = loop = asyncio.get_running_loop()
        # asyncio's own handler logs tracebacks with the exception's message to stderr.
        loop.set_exception_handler(lambda _loop, context: self._handle_loop_error(context))

        def end(number: signal.Signals) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._leave, number)

        with self._shutdown_handler.handle_signals(end):
            return await super().run_async(**options)

    def _handle_loop_error(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self._handle_exception(error)

    def handle_terminal_loss(self) -> None:
        """End the app as SIGHUP would. Called from the input thread."""
        if self.event_loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self.event_loop.call_soon_threadsafe(self._leave, signal.SIGHUP)

    def handle_input_error(self, error: Exception) -> None:
        """End the app with the message for a bug. Called from the input thread."""
        self.call_later(self._handle_exception, error)

    def _leave(self, number: signal.Signals) -> None:
        if self._signal is None:
            self._signal = number
            self._save_state_once()
            self.exit(return_code=128 + number)

    def _save_state_once(self) -> None:
        if not self._state_saved:
            self._state_saved = True
            with contextlib.suppress(Exception), self._context():  # the app ends in any case
                self.save_state()

    def _end_at_once(self, number: signal.Signals) -> None:
        """End the process even if the event loop is blocked, e.g. by a terminal that accepts no more bytes."""
        self._save_state_once()
        if isinstance(self._driver, SafeDriver):
            self._driver.restore_at_once()
        os._exit(128 + number)

    # Failures

    def _handle_exception(self, error: Exception) -> None:
        # Replaces Textual's method, which renders a traceback with local variables.
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fail(error.error if isinstance(error, WorkerFailed) else error)

    def _fatal_error(self) -> None:
        self._fail(sys.exc_info()[1] or RuntimeError())

    def panic(self, *renderables: object) -> None:  # noqa: ARG002 - Textual's interface
        """End the app without printing Textual's output, which contains tracebacks."""
        self._fail(RuntimeError())

    def _fail(self, error: BaseException) -> None:
        self._note_failure(error)
        self._close_messages_no_wait()

    def _note_failure(self, error: BaseException) -> None:
        """Store the first failure. After a signal, store nothing: the app is closing, so errors are expected."""
        if self._failure is None and self._signal is None:
            self._failure = describe_bug(error)

    def exit(
        self, result: ReturnType | None = None, return_code: int = 0, message: Any | None = None
    ) -> None:
        """Exit. A message is printed escaped, as one line: Textual would interpret its markup."""
        self._exit_message = message if isinstance(message, str) else ""
        super().exit(result, return_code)

    def _report_end(self) -> None:
        """Print the failure, or the message that was passed to `exit`."""
        lines = [visible(self._exit_message)] if self._exit_message else []
        if self._failure is not None:
            lines = [f"csrtui: error: {visible(self._failure.message)}"]
            if self._failure.hint:
                lines.append(f"hint: {visible(self._failure.hint)}")
        if not lines:
            return
        with contextlib.suppress(OSError, ValueError):  # the terminal is lost
            print("\n".join(lines), file=sys.__stderr__, flush=True)

    def _handle_thread_error(self, error: BaseException) -> None:
        self._note_failure(error)
        if self.event_loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self.event_loop.call_soon_threadsafe(self._close_messages_no_wait)
