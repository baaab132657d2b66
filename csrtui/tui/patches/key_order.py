"""Keys that arrive together have the same effect as keys typed slowly. `SafeDriver` calls these methods.

It can be deleted once Textual's driver delivers a key only after the preceding key has had its effect (the report *Keys
typed ahead go to the wrong widget* in ``docs/upstream-reports.md``). Then ``tests/tui/test_secret_field.py`` passes
without it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, TypeVar

from textual.app import App
from textual.events import Event, Key, Paste
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.dom import DOMNode

ReturnType = TypeVar("ReturnType")

_KEY_ROUNDS: Final = 3
_MAX_MOUNT_SECONDS: Final = 5.0  # for the widgets of a screen; then a key is passed on in any case


class KeyOrderApp(App[ReturnType]):
    """An app that can report when all earlier keys have had their effect."""

    event_loop: asyncio.AbstractEventLoop | None = None
    """The loop in which the app runs, or None before it starts."""

    async def on_event(self, event: Event) -> None:
        """Handle an event. A key waits until the widgets of a screen that has just opened exist.

        A key that Textual delivers earlier finds none of the widgets on which its action works.
        """
        if isinstance(event, Key | Paste) and self.screen_stack and not self.screen.is_mounted:
            mounted: asyncio.Event = self.screen._mounted_event  # noqa: SLF001 - Textual has no public event for it
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(mounted.wait(), _MAX_MOUNT_SECONDS)
        await super().on_event(event)

    async def wait_until_ready(self) -> None:
        """Wait until all widgets that can receive a key exist."""

    def call_when_started(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the first screen is ready and has its cursor. Called from the input thread."""

        async def wait() -> None:
            mounted: asyncio.Event = self._mounted_event
            await mounted.wait()
            waited = 0
            while waited < len(self.screen_stack):  # a screen may be added during the wait
                screen = self.screen_stack[waited]
                mounted = screen._mounted_event  # noqa: SLF001 - Textual has no public event for it
                waited += 1
                await mounted.wait()
            await self.wait_until_ready()
            self.call_later(self._follow_keys, None, callback)

        if self.event_loop is not None:
            asyncio.run_coroutine_threadsafe(wait(), self.event_loop)

    def is_typing(self) -> bool:
        """Return whether a character goes into a field and is not a command. Called from the input thread."""
        stack = self.screen_stack
        return bool(stack) and isinstance(stack[-1].focused, Input)

    def call_after_keys(self, callback: Callable[[], None]) -> None:
        """Call `callback` once all earlier keys have had their effect. Called from the input thread."""

        async def start() -> None:  # scheduled in the same way as keys, so that it cannot overtake them
            self.call_later(self._follow_keys, None, callback)

        if self.event_loop is not None:
            asyncio.run_coroutine_threadsafe(start(), self.event_loop)

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
