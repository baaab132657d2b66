"""A Textual app that shows no secret when it crashes and leaves the terminal whole when it ends.

The leaks it closes are those of Textual 8.2.8: the crash screen with local variables, the screenshot
command, untrusted text passed to the terminal, grey under NO_COLOR, and hanging once the terminal is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from rich.color import ColorSystem
from textual import constants
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.filter import Monochrome, NoColor
from textual.widgets import Input
from textual.worker import WorkerFailed

from csrtui.core.base.bug_report import describe_bug
from csrtui.core.base.escaping import visible
from csrtui.tui.ending import Ending, quiet_hooks
from csrtui.tui.filters import AttributesOnly, PrintableOnly
from csrtui.tui.painter import Painter
from csrtui.tui.safe_driver import SafeDriver

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
"""The theme under NO_COLOR: it leaves the terminal's own colours alone, `AttributesOnly` does the rest."""

_KEY_ROUNDS: Final = 3
_SYNCHRONIZED_FROM: Final = 512  # less arrives in one piece anyway, and the two marks cost 16 bytes


class SafeApp(App[ReturnType]):
    """Base of the app.

    Run it with `run`, then exit with `exit_status`.

    Args:
        theme: The name of the theme from the first frame on, or None for Textual's. NO_COLOR, when set and
            not empty, overrides it.
    """

    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = set()

    def __init__(self, theme: str | None = None) -> None:
        self._wants_colour = not os.environ.get("NO_COLOR")
        if not self._wants_colour:
            theme = COLOURLESS_THEME
        if theme is not None:
            # Before Textual builds its style sheet, so that it is built once.
            self._reactive_theme = theme
        super().__init__()
        self._failure: CsrtuiError | None = None
        self._failure_told = False
        self._signal: signal.Signals | None = None
        self._state_saved = False
        self._printable = PrintableOnly()
        self.animation_level = "none"  # every step of one is bytes
        self._ending = Ending(self._end_at_once)
        self._painter = Painter(self.console._color_system or ColorSystem.STANDARD)  # noqa: SLF001 - no public name
        self._set_colour_filters()
        if constants.LOG_FILE is not None:
            raise RuntimeError("Textual was imported before its variables were dropped")

    def _set_colour_filters(self) -> None:
        # Textual takes an empty NO_COLOR for one that is set, and turns colours grey instead of off.
        self.no_color = not self._wants_colour
        self._filters = [f for f in self._filters if not isinstance(f, (NoColor, Monochrome))]
        if self.no_color:
            self._filters.append(AttributesOnly())

    # What the app may override

    def save_state(self) -> None:
        """Save what the user typed; called once when a signal or a lost terminal ends the app."""

    async def until_complete(self) -> None:
        """Wait until everything is there that a key may be for."""

    # What is drawn

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The filters that every line passes on its way to the terminal."""
        return [*super().get_line_filters(), self._printable]

    def validate_theme(self, theme: str) -> str:
        """Keep the colourless theme under NO_COLOR."""
        return theme if self._wants_colour else COLOURLESS_THEME

    def terminal_taken(self) -> None:
        """What the terminal shows is unknown: draw all of it again."""
        self._painter.forget()
        if self._screen_stack:
            self.call_later(self.refresh, layout=True)

    def action_redraw(self) -> None:
        """Draw the whole screen again, over whatever another program wrote there."""
        self.terminal_taken()

    def _check_resize(self) -> None:
        # A terminal that was another size for a moment may have cut off what it showed: back in its old size,
        # where nothing changes for Textual, it is drawn all the same.
        if self._resize_event is not None and self._resize_event.size == self._painter.size:
            self.terminal_taken()
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
            if self._running and not self._closed and not self._batch_count:
                self._paint(renderable, self._driver)
        except Exception as error:  # noqa: BLE001 - as Textual's: nobody above would handle it
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _paint(self, update: ChopsUpdate | LayoutUpdate, driver: Driver) -> None:
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        painted = self._painter.paint(update, self.size, cursor)
        if len(painted) > _SYNCHRONIZED_FROM and self._sync_available:
            painted = f"{SYNC_START}{painted}{SYNC_END}"
        if painted:
            driver.write(painted)
            driver.flush()

    def _set_pointer_shape(self, shape: str) -> None:
        # OSC 22 is for a mouse; without one it is only bytes.
        if self._driver is not None and self._driver._mouse:  # noqa: SLF001 - Textual has no public name for it
            super()._set_pointer_shape(shape)

    # What is closed

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's interface
        """None of Textual's own commands (its *Screenshot* writes what is on screen to a file)."""
        return ()

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Nothing: no action writes the screen to a file."""

    def notify(self, message: str, **options: Any) -> None:
        """Show a toast; markup in it is text, whatever is asked for.

        Args:
            message: Its text, which may quote text from outside.
            options: Those of `textual.app.App.notify`.
        """
        options["markup"] = False
        super().notify(message, **options)

    def action_help_quit(self) -> None:
        """Say which key quits, for whoever pressed ctrl+c."""
        keys = [
            key
            for key, active in self.active_bindings.items()
            if active.binding.action in {"quit", "app.quit"}
        ]
        self.notify(f"{' or '.join(keys)} quits" if keys else "ctrl+c does not quit")

    def copy_to_clipboard(self, text: str) -> None:
        """Send `text` to the terminal's clipboard (OSC 52).

        Raises:
            TypeError: `text` is not a string; a `Secret` is none.
        """
        if not isinstance(text, str):
            raise TypeError("only text is copied")
        super().copy_to_clipboard(text)

    def get_driver_class(self) -> type[Driver]:
        """The driver that survives a lost terminal."""
        return SafeDriver

    # Running and ending

    def run(self, **options: Any) -> ReturnType | None:
        """Run until the app exits; the mouse is left to the terminal unless ``mouse=True`` is given.

        Any failure is told in one line (and a hint) on stderr once the terminal is restored, see
        `exit_status`.

        Args:
            options: Those of `textual.app.App.run`.

        Returns:
            What the app was exited with; None after a failure or a signal.
        """
        options.setdefault("mouse", False)
        with quiet_hooks(self._thread_failed):
            try:
                return super().run(**options)
            except Exception as error:  # noqa: BLE001 - the last line before a traceback
                self._handle_exception(error)
            except (KeyboardInterrupt, asyncio.CancelledError):
                self._signal = self._signal or signal.SIGINT
            finally:
                self._print_error_renderables()
                self._ending.in_time()
        return None

    @property
    def exit_status(self) -> int:
        """The process's exit status: 3 after a bug, 128 + N after signal N, else the app's return code."""
        if self._failure is not None:
            return self._failure.exit_code
        if self._signal is not None:
            return 128 + self._signal
        return self.return_code or 0

    async def run_async(self, **options: Any) -> ReturnType | None:
        """Run inside an event loop; see `run`."""
        loop = asyncio.get_running_loop()
        # asyncio's own handler logs tracebacks with the exception's message to stderr.
        loop.set_exception_handler(lambda _loop, context: self._loop_failed(context))

        def end(number: signal.Signals) -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(self._leave, number)

        with self._ending.on_signals(end):
            return await super().run_async(**options)

    def _loop_failed(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self._handle_exception(error)

    def terminal_lost(self) -> None:
        """End as SIGHUP would; called from the input thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                self._loop.call_soon_threadsafe(self._leave, signal.SIGHUP)

    def when_started(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the first screen is there and has its cursor; called from the input thread."""

        async def wait() -> None:
            mounted: asyncio.Event = self._mounted_event
            await mounted.wait()
            for screen in self._screen_stack:
                mounted = screen._mounted_event  # noqa: SLF001 - Textual has no public name for it
                await mounted.wait()
            await self.until_complete()
            self.call_later(self._follow_keys, None, callback)

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(wait(), self._loop)

    def takes_text(self) -> bool:
        """Whether a character goes into a field, and is no command; called from the input thread."""
        stack = self._screen_stack
        return bool(stack) and isinstance(stack[-1].focused, Input)

    def when_handled(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the keys so far have had their effect; called from the input thread."""

        async def start() -> None:  # as the keys come, so that it stays behind them
            self.call_later(self._follow_keys, None, callback)

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(start(), self._loop)

    def _follow_keys(self, route: list[DOMNode] | None, callback: Callable[[], None]) -> None:
        # A key goes through the queues of the app, the widget with focus, its parents and the app again; the
        # message it causes (Submitted) goes the same way behind it, and what that causes (a focus) once more.
        if route is None:
            route = (
                (self.focused or self.screen).ancestors_with_self * _KEY_ROUNDS if self._screen_stack else []
            )
        while route:
            if route.pop(0).call_later(self._follow_keys, route, callback):
                return
        callback()

    def input_failed(self, error: Exception) -> None:
        """End with a bug's message; called from the input thread."""
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
        """End although the event loop is stuck, as it is on a terminal that takes no more bytes."""
        self._save_state_once()
        if isinstance(self._driver, SafeDriver):
            self._driver.leave_at_once()
        os._exit(128 + number)

    # Failing

    def _handle_exception(self, error: Exception) -> None:
        # Replaces Textual's, which renders a traceback with local variables.
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fail(error.error if isinstance(error, WorkerFailed) else error)

    def _fatal_error(self) -> None:
        self._fail(sys.exc_info()[1] or RuntimeError())

    def panic(self, *renderables: object) -> None:  # noqa: ARG002 - Textual's interface
        """End the app; what Textual would print (tracebacks) is not printed."""
        self._fail(RuntimeError())

    def _fail(self, error: BaseException) -> None:
        self._note_failure(error)
        if self._failure is not None:
            self._return_code = self._failure.exit_code
        self._close_messages_no_wait()

    def _note_failure(self, error: BaseException) -> None:
        """Keep the first failure. What fails while a signal ends the app, half of it gone already, is none."""
        if self._failure is None and self._signal is None:
            self._failure = describe_bug(error)

    def _print_error_renderables(self) -> None:
        # What is left of Textual's: the message that the app was exited with, if it is text.
        lines = [visible(message) for message in self._exit_renderables if isinstance(message, str)]
        self._exit_renderables.clear()
        if self._failure is not None and not self._failure_told:
            self._failure_told = True
            lines = [f"csrtui: error: {visible(self._failure.what)}"]
            if self._failure.hint:
                lines.append(f"hint: {visible(self._failure.hint)}")
        if not lines:
            return
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone
            print("\n".join(lines), file=sys.__stderr__, flush=True)

    def _thread_failed(self, error: BaseException) -> None:
        self._note_failure(error)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                self._loop.call_soon_threadsafe(self._close_messages_no_wait)
