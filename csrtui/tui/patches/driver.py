"""Textual's Linux driver, changed so that it always restores the terminal.

Differences from Textual 8.2.8:

- After the terminal is lost, the app ends instead of hanging or using all CPU time.
- Keys typed ahead have the same effect as keys typed slowly.
- Bytes that are not UTF-8 do not crash the app.
- SIGCONT without a preceding stop does not enter application mode twice.
- The terminal shows an update before the app goes on with its work.
- The size is always the current size of the terminal in use, not of stdout.

Each part can be deleted once its report in ``docs/upstream-reports.md`` is fixed. Then
``tests/tui/test_safe_app_ending.py``, ``test_safe_app_drawing.py`` and ``test_terminal_whole.py`` pass without it.
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
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste, Resize
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message

    from csrtui.tui.crash_safe_app import SafeApp

_POLL_SECONDS = 0.1  # after this delay, an Escape is a key and not the start of a sequence
_LINE_FEED_KEY = "ctrl+j"
_MAX_WAIT_SECONDS = 0.5  # for the effect of a key; then the next key is passed on in any case
_MAX_START_SECONDS = 5.0
_READ_BYTES = 4096
_FLUSH_SECONDS = 0.005  # Python may first let another thread run for this long
_POINTER_SHAPE = "\x1b]22;"
"""The start of the sequence that sets the shape of the mouse pointer (OSC 22)."""
_RESTORE_MODES = b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""The sequences with which Textual's driver restores the terminal, in one piece that is written at once."""


class _Output:
    """The terminal's file. Its methods ignore the errors that follow the loss of the terminal.

    An OSError would end Textual's writer thread, and the app would then hang on the full queue.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.flushed = Event()

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()
        self.flushed.set()

    def fileno(self) -> int:
        return self._file.fileno()


class SafeDriver(LinuxDriver):
    """A driver that reads keys from stdin and draws on stderr.

    Args:
        app: The app, a `SafeApp`.
        debug: Textual's debug mode.
        mouse: Whether the terminal reports mouse events.
        size: A fixed size in (columns, rows), or None for the terminal's size.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = False, size: tuple[int, int] | None = None
    ) -> None:
        self.reports_mouse = mouse
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._owner = cast("SafeApp[Any]", app)
        self._traces_parser = debug
        self._event_loop = asyncio.get_running_loop()
        self._keys_handled = Event()
        self._keys_handled.set()
        self._is_after_text = False
        self._is_input_ending = False
        self._started = Event()
        self._file: Any = _Output(self._file)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            columns, rows = os.get_terminal_size(self._file.fileno())
        except (OSError, ValueError):
            columns = rows = 0
        return (columns, rows) if columns and rows else super()._get_terminal_size()

    def start_application_mode(self) -> None:
        """Take over the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGWINCH, self._sigwinch_application)
        asyncio.run_coroutine_threadsafe(self._check_size_later(), self._event_loop)
        self._owner.redraw_all()

    def write(self, data: str) -> None:
        """Write to the terminal. Without a mouse, leave out the shape of its pointer, which only costs bytes."""
        if self.reports_mouse or not data.startswith(_POINTER_SHAPE):
            self._file.flushed.clear()
            super().write(data)

    def flush(self) -> None:
        """Let the writer thread write before the app computes anything else.

        If the terminal does not accept the bytes at once, go on without waiting for it.
        """
        self._file.flushed.wait(_FLUSH_SECONDS)

    def restore_line_settings(self) -> None:
        """Restore the terminal's line settings (echo, line mode, …) without writing, so that this never blocks."""
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def restore_at_once(self) -> None:
        """Restore the terminal without the event loop and the writer thread.

        The line settings are always restored, but the modes only if the terminal accepts bytes. poll(2) reports
        whether a write would block. A write blocks while output is stopped (Ctrl+S) or another write is waiting.
        """
        self.restore_line_settings()
        with contextlib.suppress(OSError, ValueError):
            descriptor = self._file.fileno()
            if select.select([], [descriptor], [], 0)[1]:
                os.write(descriptor, _RESTORE_MODES)

    def _sigwinch_application(self, *_: object) -> None:
        # Textual reads the size inside the signal handler. A second signal can interrupt the handler between reading
        # and reporting the size. Then the older size would be reported last and remain in use.
        if not self._in_band_window_resize:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._event_loop.call_soon_threadsafe(self._report_size)

    def _report_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._owner.post_message(Resize(size, size))

    async def _check_size_later(self) -> None:
        # The size may have changed after Textual first read it. The first size reaches the app through the same queue,
        # so this check comes after it.
        self._owner.call_later(self._check_size)

    def _check_size(self) -> None:
        if not self._in_band_window_resize and self._owner.size != self._get_terminal_size():
            self._report_size()

    def _sigtstp_application(self, *_: object) -> None:
        # Textual suspends inside the signal handler and writes to a queue there. If the signal interrupts code that has
        # locked the queue, the handler would wait for that lock forever.
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._event_loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # as above
            self._event_loop.call_soon_threadsafe(self._resume)

    def _resume(self) -> None:
        # SIGSTOP does not let the app leave application mode. Entering that mode again would save raw mode as the
        # state to restore at the end.
        if self._auto_restart:
            if not self._must_signal_resume:
                self.suspend_application_mode()
                self._must_signal_resume = True
            self.resume_application_mode()

    def process_message(self, message: Message) -> None:
        """Pass a key to the app after the preceding command key has had its effect.

        Textual delivers a key to the widget that has the focus at that moment. Keys that arrive together, as on a slow
        link, would all go to the field that Tab is about to leave. For example, a passphrase would be typed into a
        readable field. Outside fields, characters are commands. For example, ``/`` opens the filter, and the text
        after it is meant for the filter and must not be run as commands.

        A line feed counts as Enter, because the terminal turns an Enter that is typed before the screens open into a
        line feed (ICRNL, termios(3)).
        """
        if isinstance(message, Key) and message.key == _LINE_FEED_KEY:
            message = Key("enter", "\r")
        if not isinstance(message, (Key, Paste)):
            super().process_message(message)
            return
        self._wait_for_start()
        if not self._is_input_ending:
            self._keys_handled.wait(_MAX_WAIT_SECONDS)  # the focus is known only after this wait
        if self._is_input_ending:
            return
        is_command = isinstance(message, Key) and not (message.is_printable and self._owner.is_typing())
        if is_command and self._is_after_text:
            # A command that the app handles before the focused field, such as quitting, would overtake the text.
            self._hold_next_key()
            self._keys_handled.wait(_MAX_WAIT_SECONDS)
        super().process_message(message)
        self._is_after_text = not is_command
        if is_command:
            self._hold_next_key()

    def disable_input(self) -> None:
        """Stop reading keys and drop waiting keys, because Textual waits here for the end of the input thread."""
        self._is_input_ending = True
        has_started = self._started.is_set()
        self._started.set()
        self._keys_handled.set()
        super().disable_input()
        self._is_input_ending = False
        self._keys_handled.set()
        if not has_started:
            self._started.clear()

    def _hold_next_key(self) -> None:
        """Delay the next key until all earlier keys have had their effect."""
        self._keys_handled.clear()
        self._owner.call_after_keys(self._keys_handled.set)

    def _wait_for_start(self) -> None:
        """Delay keys until the first screen is ready. Otherwise, keys typed ahead at the shell would be lost."""
        if not self._started.is_set():
            self._owner.call_when_started(self._started.set)
            self._started.wait(_MAX_START_SECONDS)
            self._started.set()

    def run_input_thread(self) -> None:
        """Read keys until the app ends or the terminal is lost (end of file, or EIO)."""
        try:
            self._read_keys()
        except Exception as error:  # noqa: BLE001 - Python would print a traceback
            self._owner.handle_input_error(error)

    def _read_keys(self) -> None:
        parser = XTermParser(self._traces_parser)
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
                self._owner.handle_terminal_loss()
                return
            for event in parser.tick():
                self.process_message(event)
