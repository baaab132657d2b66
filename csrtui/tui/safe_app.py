"""A Textual app that reveals no secret when it crashes and restores the terminal when it ends.

It corrects these behaviours of Textual 8.2.8: a crash screen with local variables, a screenshot command, untrusted text
passed to the terminal, grey instead of no colour under NO_COLOR, and a hang after the terminal is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from rich.console import COLOR_SYSTEMS
from textual import constants
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.filter import Monochrome, NoColor
from textual.widgets import Input
from textual.worker import WorkerFailed

from csrtui.core.base.bug_report import describe_bug
from csrtui.core.base.escaping import visible
from csrtui.tui.filters import AttributesOnly, PrintableOnly
from csrtui.tui.painter import Painter
from csrtui.tui.safe_driver import SafeDriver
from csrtui.tui.shutdown import Shutdown, replace_exception_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import RenderableType
    from textual.app import SystemCommand
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

    from csrtui.core.base.errors import CsrtuiError

ReturnType = TypeVar("ReturnType")

COLOURLESS_THEME: Final = "ansi-dark"
"""The theme under NO_COLOR. It uses the terminal's own colours, and `AttributesOnly` removes all others."""

_KEY_ROUNDS: Final = 3
_MIN_SYNCHRONIZED: Final = (
    512  # shorter output arrives in one piece in any case, and the two marks cost 16 bytes
)


class SafeApp(App[ReturnType]):
    """The base class of csrtui's apps. Start the app with `run`, then exit the process with `exit_status`.

    Args:
        theme: The name of the theme, or None for Textual's default. NO_COLOR, if set and not empty, overrides it.
    """

    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = set()

    def __init__(self, theme: str | None = None) -> None:
        self._wants_colour = not os.environ.get("NO_COLOR")
        if not self._wants_colour:
            theme = COLOURLESS_THEME
        if theme is not None:
            # Set before Textual builds its style sheet, so that it is built only once.
            self._reactive_theme = theme
        super().__init__()
        self._failure: CsrtuiError | None = None
        self._failure_reported = False
        self._signal: signal.Signals | None = None
        self._state_saved = False
        self._printable_only = PrintableOnly()
        self._attributes_only = AttributesOnly()
        self.no_color = not self._wants_colour  # Textual also treats an empty NO_COLOR as set
        self.animation_level = "none"  # every step of an animation costs bytes
        self._shutdown_handler = Shutdown(self._end_at_once)
        self._painter = Painter(COLOR_SYSTEMS[self.console.color_system or "standard"])
        if constants.LOG_FILE is not None:
            raise RuntimeError("Textual was imported before its environment variables were removed")

    # Hooks for subclasses

    def save_state(self) -> None:
        """Save the user's input. Called once, when a signal or the loss of the terminal ends the app."""

    async def wait_until_ready(self) -> None:
        """Wait until all widgets that can receive a key exist."""

    # Drawing

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters for every line that is sent to the terminal."""
        filters = [
            line_filter
            for line_filter in super().get_line_filters()
            if not isinstance(line_filter, NoColor | Monochrome)  # those filters turn colours into grey
        ]
        return [*filters, *([self._attributes_only] if self.no_color else []), self._printable_only]

    def validate_theme(self, theme: str) -> str:
        """Return the theme. Under NO_COLOR, it is always the colourless one."""
        return theme if self._wants_colour else COLOURLESS_THEME

    def redraw_all(self) -> None:
        """Draw the whole screen again, because the contents of the terminal are unknown."""
        self._painter.forget()
        if self.screen_stack:
            self.call_later(self.refresh, layout=True)

    def action_redraw(self) -> None:
        """Draw the whole screen again, over the output of other programs."""
        self.redraw_all()

    def _check_resize(self) -> None:
        # A terminal that briefly had another size may have cut off its contents. Textual sees no change when the old
        # size is back, so the screen is drawn again here.
        if self._resize_event is not None and self._resize_event.size == self._painter.size:
            self.redraw_all()
        super()._check_resize()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if (
            not isinstance(renderable, (ChopsUpdate, LayoutUpdate))
            or self._driver is None
            or self.is_headless
        ):
            super()._display(screen, renderable)
            return
        try:
            if self.is_running and not self._closed and not self._batch_count:
                self._paint(renderable, self._driver)
        except Exception as error:  # noqa: BLE001 - like Textual: no caller would handle it
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _paint(self, update: ChopsUpdate | LayoutUpdate, driver: Driver) -> None:
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        output = self._painter.paint(update, self.size, cursor)
        if len(output) > _MIN_SYNCHRONIZED and self._sync_available:
            output = f"{SYNC_START}{output}{SYNC_END}"
        if output:
            driver.write(output)
            driver.flush()

    def _set_pointer_shape(self, shape: str) -> None:
        # OSC 22 sets the shape of the mouse pointer. Without a mouse, it only costs bytes.
        if isinstance(self._driver, SafeDriver) and self._driver.reports_mouse:
            super()._set_pointer_shape(shape)

    # Disabled features of Textual

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's interface
        """Return none of Textual's own commands (its *Screenshot* writes the screen to a file)."""
        return ()

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Do nothing, so that no action writes the screen to a file."""

    def notify(self, message: str, **options: Any) -> None:
        """Show a toast. Markup in its text is never interpreted.

        Args:
            message: The text, which may quote text from outside.
            options: The options of `textual.app.App.notify`.
        """
        options["markup"] = False
        super().notify(message, **options)

    def action_help_quit(self) -> None:
        """Show the key that quits, because the user has pressed ctrl+c."""
        keys = [
            key
            for key, active in self.active_bindings.items()
            if active.binding.action in {"quit", "app.quit"}
        ]
        self.notify(f"{' or '.join(keys)} quits" if keys else "ctrl+c does not quit")

    def copy_to_clipboard(self, text: str) -> None:
        """Send `text` to the terminal's clipboard (OSC 52).

        Raises:
            TypeError: `text` is not a string (a `Secret` is not one).
        """
        if not isinstance(text, str):
            raise TypeError("only text can be copied")
        super().copy_to_clipboard(text)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver class that survives a lost terminal."""
        return SafeDriver

    # Running and ending

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
                self._print_error_renderables()
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
        loop = asyncio.get_running_loop()
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
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._leave, signal.SIGHUP)

    def call_when_started(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the first screen is ready and has its cursor. Called from the input thread."""

        async def wait() -> None:
            mounted: asyncio.Event = self._mounted_event
            await mounted.wait()
            for screen in self._screen_stack:  # not a copy of the list: a screen may be added during the wait
                mounted = screen._mounted_event  # noqa: SLF001 - Textual has no public event for it
                await mounted.wait()
            await self.wait_until_ready()
            self.call_later(self._follow_keys, None, callback)

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(wait(), self._loop)

    def is_typing(self) -> bool:
        """Return whether a character goes into a field and is not a command. Called from the input thread."""
        stack = self.screen_stack
        return bool(stack) and isinstance(stack[-1].focused, Input)

    def call_after_keys(self, callback: Callable[[], None]) -> None:
        """Call `callback` once all earlier keys have had their effect. Called from the input thread."""

        async def start() -> None:  # scheduled in the same way as keys, so that it cannot overtake them
            self.call_later(self._follow_keys, None, callback)

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(start(), self._loop)

    def _follow_keys(self, route: list[DOMNode] | None, callback: Callable[[], None]) -> None:
        # A key passes through the queues of the app, the focused widget, its parents and the app again. The message
        # that the key causes (Submitted) takes the same route, and so does the effect of that message (a focus change).
        if route is None:
            route = (
                (self.focused or self.screen).ancestors_with_self * _KEY_ROUNDS if self.screen_stack else []
            )
        while route:
            if route.pop(0).call_later(self._follow_keys, route, callback):
                return
        callback()

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
        if self._failure is not None:
            self._return_code = self._failure.exit_code
        self._close_messages_no_wait()

    def _note_failure(self, error: BaseException) -> None:
        """Store the first failure, but ignore errors while a signal ends the half-closed app."""
        if self._failure is None and self._signal is None:
            self._failure = describe_bug(error)

    def _print_error_renderables(self) -> None:
        # Unlike Textual's method, print only a text message that was passed to `exit`.
        lines = [visible(message) for message in self._exit_renderables if isinstance(message, str)]
        self._exit_renderables.clear()
        if self._failure is not None and not self._failure_reported:
            self._failure_reported = True
            lines = [f"csrtui: error: {visible(self._failure.message)}"]
            if self._failure.hint:
                lines.append(f"hint: {visible(self._failure.hint)}")
        if not lines:
            return
        with contextlib.suppress(OSError, ValueError):  # the terminal is lost
            print("\n".join(lines), file=sys.__stderr__, flush=True)

    def _handle_thread_error(self, error: BaseException) -> None:
        self._note_failure(error)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._close_messages_no_wait)
