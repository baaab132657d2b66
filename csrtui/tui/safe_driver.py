"""Textual's Linux driver, made to leave the terminal whole whatever happens to it.

What differs from Textual 8.2.8: a terminal that is gone ends the app instead of hanging or spinning it;
keys typed ahead go where a slow typist's would;
bytes that are no UTF-8 are no crash; SIGCONT without a stop before it does not start everything twice;
the size is that of the terminal drawn on, not of stdout, and always the last one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import termios
from codecs import getincrementaldecoder
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste, Resize
from textual.geometry import Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.message import Message

_POLL_SECONDS = 0.1  # how soon an Escape key alone is told from the start of a sequence
_LONGEST_WAIT_SECONDS = 0.5  # for an action that takes its time; what is typed then goes on as ever
_LONGEST_START_SECONDS = 5.0
_READ_BYTES = 4096
_MODES_AS_BEFORE = b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""What Textual's driver writes at the end, in one piece: no more than any terminal takes at once."""


class TerminalOwner(Protocol):
    """What the driver tells its app."""

    def terminal_lost(self) -> None:
        """The terminal is gone. Called from the input thread."""

    def when_started(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the first screen is there and has its cursor. Called from the input thread."""

    def takes_text(self) -> bool:
        """Whether a character goes into a field, and is no command. Called from the input thread."""

    def when_handled(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the keys so far have had their effect. Called from the input thread."""

    def input_failed(self, error: Exception) -> None:
        """Reading keys failed with `error`, a bug. Called from the input thread."""

    def terminal_taken(self) -> None:
        """The terminal is (again) ours, and what it shows is unknown."""


class _Output:
    """The terminal's file; once it is gone, writing is quietly in vain.

    An OSError in Textual's writer thread ends that thread, and the app then hangs on its full queue.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class SafeDriver(LinuxDriver):
    """Reads keys from stdin and draws on stderr.

    Args:
        app: The app, which is also a `TerminalOwner`.
        debug: Textual's debug mode.
        mouse: Whether the mouse is reported.
        size: A size to pretend, in (columns, rows), or None for the terminal's.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = False, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._owner: TerminalOwner = app  # type: ignore[assignment] # SafeApp is one
        self._handled = Event()
        self._handled.set()
        self._has_typed = False
        self._input_ends = False
        self._started = Event()
        self._file: Any = _Output(self._file)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            columns, rows = os.get_terminal_size(self._file.fileno())
        except (OSError, ValueError):
            columns = rows = 0
        return (columns, rows) if columns and rows else super()._get_terminal_size()

    def start_application_mode(self) -> None:
        """Take the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGWINCH, self._sigwinch_application)
        asyncio.run_coroutine_threadsafe(self._look_at_size_later(), self._loop)
        self._owner.terminal_taken()

    def restore_line_settings(self) -> None:
        """Set the terminal's line settings (echo, line mode, …) back; it writes nothing, so it never blocks."""
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def leave_at_once(self) -> None:
        """Give the terminal back past the event loop and the writer: its line settings, and, if it takes them, its modes.

        Poll(2) says whether a terminal takes bytes without blocking: not while its output is held (Ctrl+S), nor while
        another write waits.
        """
        self.restore_line_settings()
        with contextlib.suppress(OSError, ValueError):
            descriptor = self._file.fileno()
            if select.select([], [descriptor], [], 0)[1]:
                os.write(descriptor, _MODES_AS_BEFORE)

    def _sigwinch_application(self, *_: object) -> None:
        # Textual asks for the size within the signal's handler. A handler may be interrupted by the next: that one
        # asks later and tells first, and the size that is told last, and stays, is an old one.
        if not self._in_band_window_resize:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(Resize(size, size))

    async def _look_at_size_later(self) -> None:
        # It may have changed while Textual asked for the first one, which comes to the app the same way, and before.
        self._app.call_later(self._look_at_size)

    def _look_at_size(self) -> None:
        if not self._in_band_window_resize and self._app.size != self._get_terminal_size():
            self._tell_size()

    def _sigtstp_application(self, *_: object) -> None:
        # Textual leaves the terminal within the signal's handler, which writes through a queue. Where the signal
        # came while the queue's lock was held by what it interrupted, that would wait for itself for ever.
        with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
            self._loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # as above
            self._loop.call_soon_threadsafe(self._go_on)

    def _go_on(self) -> None:
        # Stopped by SIGSTOP, the app never left application mode; entering it twice would take raw mode
        # for the state to go back to at the end.
        if self._auto_restart:
            if not self._must_signal_resume:
                self.suspend_application_mode()
                self._must_signal_resume = True
            self.resume_application_mode()

    def process_message(self, message: Message) -> None:
        """Pass a key on once the command key before it has had its effect.

        Textual hands a key to the widget with focus at that moment. Keys that arrive in one piece, as on a
        slow link, would all go to the field that Tab is about to leave: a passphrase into a readable field.
        A character is a command too where it is not typed into a field: what follows the ``/`` that opens
        the filter is meant for the filter, and must not be taken for commands.
        """
        if not isinstance(message, (Key, Paste)):
            super().process_message(message)
            return
        self._wait_for_start()
        if not self._input_ends:
            self._handled.wait(_LONGEST_WAIT_SECONDS)  # only then it is known where the cursor is
        if self._input_ends:
            return
        is_command = isinstance(message, Key) and not (message.is_printable and self._owner.takes_text())
        if is_command and self._has_typed:
            # A command that the app takes before the focused field does, as to leave, would overtake the text.
            self._expect_effect()
            self._handled.wait(_LONGEST_WAIT_SECONDS)
        super().process_message(message)
        self._has_typed = not is_command
        if is_command:
            self._expect_effect()

    def disable_input(self) -> None:
        """Take no more keys, and drop those that wait: who waits for the input thread to end keeps them waiting."""
        self._input_ends = True
        has_started = self._started.is_set()
        self._started.set()
        self._handled.set()
        super().disable_input()
        self._input_ends = False
        self._handled.set()
        if not has_started:
            self._started.clear()

    def _expect_effect(self) -> None:
        """Let the next key wait until those so far have had their effect."""
        self._handled.clear()
        self._owner.when_handled(self._handled.set)

    def _wait_for_start(self) -> None:
        """Let no key go before there is a cursor to go to: whatever is typed at the shell would be lost."""
        if not self._started.is_set():
            self._owner.when_started(self._started.set)
            self._started.wait(_LONGEST_START_SECONDS)
            self._started.set()

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 - a thread's last line before Python prints a traceback
            self._owner.input_failed(error)

    def run_input_thread(self) -> None:
        """Read keys until the app ends or the terminal is gone (end of file, or EIO)."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            try:
                ready, _, _ = select.select([self.fileno], [], [], _POLL_SECONDS)
                data = os.read(self.fileno, _READ_BYTES) if ready else None
            except OSError:
                data = b""
            if data:
                for event in parser.feed(decode(data)):
                    self.process_message(event)
            elif data is not None:
                self._owner.terminal_lost()
                return
            for event in parser.tick():
                self.process_message(event)
