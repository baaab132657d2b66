"""A user at csrtui's screens: keys go in, and the contents of the screens can be queried. Nothing sleeps."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from parsed_styles import parse_once
from screen_text import title_of
from textual import events
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.css.stylesheet import Stylesheet
from textual.keys import _character_to_key
from textual.widgets import Input

from csrtui.core.keys import key_types
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.store.keystore import Keystore
from csrtui.store.package_data import read_public_suffix_list
from csrtui.tasks.session import Session
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine
from csrtui.tui.widgets.preview import Preview
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from textual.geometry import Region
    from textual.message_pump import MessagePump
    from textual.pilot import Pilot
    from textual.widget import Widget

    from csrtui.core.base.finding import FieldName
    from csrtui.tasks.draft import Draft
    from csrtui.tui.panes.keystore import KeystorePane
    from csrtui.tui.screens.main import MainScreen
    from csrtui.tui.widgets.request_form import RequestForm

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_ROUNDS = 2
_CHARACTERS = {"enter": "\r", "tab": "\t", "space": " ", "escape": "\x1b", "question_mark": "?", "slash": "/"}
_DEADLINE_SECONDS = 10.0  # a long limit, for a busy machine


@cache
def _suffixes() -> SuffixList:
    return SuffixList.parse(read_public_suffix_list())


def session_on(store: Path | Keystore, generate_key: key_types.KeyGenerator = key_types.generate) -> Session:
    """Return a session at `NOW`. The public suffix list is read once for all tests."""
    keystore = store if isinstance(store, Keystore) else Keystore(str(store))
    session = Session(keystore, clock=lambda: NOW, generate_key=generate_key, user="tester")
    session.__dict__["suffixes"] = _suffixes()
    return session


class User:
    """A user at the screens.

    Args:
        app: The app.
        pilot: Textual's pilot of the app.
    """

    def __init__(self, app: CsrtuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.copied: list[str] = []
        self.has_looked = False

    # Actions of the user

    async def press(self, *names: str) -> None:
        """Press keys, by Textual's names. ``*text`` types a text: in a text field faster than the app draws it."""
        for name, following in zip_longest(names, names[1:], fillvalue=""):
            character = _CHARACTERS.get(name, name if len(name) == 1 else None)
            key = _character_to_key(name) if len(name) == 1 else name
            self.app.post_message(events.Key(key, character))
            if not (len(name) == len(following) == 1 and isinstance(self.app.focused, Input)):
                await self.settle()

    async def go_to(self, field: FieldName) -> None:
        """Put the cursor into a field of the form."""
        self.form.focus_field(field)
        await self.until(lambda: self.focused_id == field.value, f"the cursor in {field.value}")

    async def fill(self, field: FieldName, text: str) -> None:
        """Put the cursor into a field and paste a line."""
        await self.go_to(field)
        await self.paste(text)

    async def type(self, text: str) -> None:
        """Type a text into the widget with the cursor, key by key."""
        await self.press(*text)

    async def generate(self) -> None:
        """Generate the pair, and confirm the warnings of the form."""
        await self.press("ctrl+g")
        if self.question.startswith("Generate with "):
            await self.press("tab", "enter")

    async def paste(self, text: str) -> None:
        """Paste a text at the cursor."""
        focused = self.app.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await self.settle()

    async def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal."""
        await self.pilot.resize_terminal(columns, rows)
        await self.settle()

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the app run until `condition` is true, or fail with `what` and the screen."""
        start = last_check = time.monotonic()
        while not condition():
            # A check may draw the screen: leave at least half of the time to the app.
            await asyncio.sleep(max(0.002, time.monotonic() - last_check))
            last_check = time.monotonic()
            if last_check > start + _DEADLINE_SECONDS:
                raise AssertionError(f"waited in vain for {what}; the screen shows\n{self.screen_text}")
        await self.settle()

    async def settle(self) -> None:
        """Let the app handle everything in its queues, but not what a thread or a timer still does.

        (Textual's own ways, to send every widget a message or to wait until the process uses little time, take up to
        twenty milliseconds a key.) The layout follows when all messages are handled, as at Textual's own timer.
        """
        deadline = time.monotonic() + _DEADLINE_SECONDS
        runnable = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        rounds = 0
        while rounds < _ROUNDS and self.app.is_running:
            await asyncio.sleep(0)
            assert time.monotonic() < deadline, (
                f"it never comes to rest; the screen shows\n{self.screen_text}"
            )
            pumps = [] if runnable else [self.app, *self.app.screen.walk_children(with_self=True)]
            if pumps and all(map(_waits_for_a_message, pumps)):
                self.app.screen._on_timer_update()
                rounds += 1
            else:
                rounds = 0

    async def until_pairs(self, *names: str) -> None:
        """Wait until the keystore lists these pairs, in this order."""
        await self.until(lambda: self.pairs == list(names), f"the pairs {names}")

    # The visible screen

    @property
    def main(self) -> MainScreen:
        return self.app.main

    @property
    def form(self) -> RequestForm:
        return self.main.request.form

    @property
    def keystore(self) -> KeystorePane:
        return self.main.keystore

    @property
    def draft(self) -> Draft:
        return self.form.draft

    @property
    def focused_id(self) -> str | None:
        return self.app.focused.id if self.app.focused else None

    @property
    def message(self) -> str:
        return self.main.query_one("#message", RuleLine).message

    @property
    def preview(self) -> str:
        return self.main.query_one(Preview).text

    @property
    def title(self) -> str:
        return next((block.text for block in self.app.screen.query("#title").results(TextBlock)), "")

    @property
    def bar(self) -> str:
        return self.app.screen.query_one(CommandBar).text

    @property
    def field_help(self) -> str:
        return self.main.query_one("#field-help", TextBlock).text

    @property
    def country_name(self) -> str:
        return self.form.note("country")

    @property
    def summary(self) -> str:
        return self.main.query_one("#summary", TextBlock).text

    @property
    def detail(self) -> str:
        """Return the details of the pair under the cursor, below the list or beside it."""
        return self.main.query_one("#detail", TextBlock).text

    @property
    def pairs(self) -> list[str]:
        rows = self.keystore._rows
        return [rows.item(index).name for index in range(len(rows))]

    @property
    def read_text(self) -> str:
        """All lines of the screen with a text: a pair, a CSR, the help."""
        return self.app.screen.query_one(TextView).all_text

    @property
    def question(self) -> str:
        """The displayed question with its title, or an empty text."""
        screen = self.app.screen
        if not isinstance(screen, ConfirmModal):
            return ""
        blocks = (
            screen.query_one(block, TextBlock).text for block in ("#about", "#question", "#answers", "#keys")
        )
        return "\n".join(filter(None, (title_of(screen), *blocks)))

    @property
    def answer(self) -> bool | None:
        """The answer that Enter would give."""
        screen = self.app.screen
        return screen.is_yes if isinstance(screen, ConfirmModal) else None

    @property
    def screen_lines(self) -> list[str]:
        """The lines of the screen, as the app passes them to the terminal."""
        self.has_looked = True
        visible_screen_stack.set(self.app._background_screens)
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def screen_text(self) -> str:
        return "\n".join(self.screen_lines)

    @property
    def regions(self) -> dict[str, Region]:
        """The visible region of each widget without children, by its ID."""
        return {
            str(widget.id or type(widget).__name__): widget.region
            for widget in _leaves(self.app.screen)
            if widget.region and not any(not over.display for over in widget.ancestors_with_self)
        }

    def text_field(self, field: FieldName) -> TextField:
        return self.form.query_one(f"#{field.value}", TextField)


def _waits_for_a_message(pump: MessagePump) -> bool:
    """Return whether the queue is empty and no message is being handled."""
    queue: Any = pump._message_queue
    return queue.empty() and bool(queue.ready_event._waiters)


def _leaves(widget: Widget) -> Iterator[Widget]:
    children = list(widget.children)
    if not children:
        yield widget
    for child in children:
        yield from _leaves(child)


def _no_drawing(compositor: Compositor, **_: Any) -> str | None:
    has_changes = bool(compositor._dirty_regions)
    compositor._dirty_regions.clear()
    return "" if has_changes else None


@contextmanager
def quick_screens() -> Iterator[None]:
    """Draw a screen only when a test looks at it, and parse each style sheet once, which takes a third off a test."""
    with (
        patch.object(Compositor, "render_update", _no_drawing),
        patch.object(Stylesheet, "_parse_rules", parse_once),
    ):
        yield


@asynccontextmanager
async def at_screens(
    session: Session, size: tuple[int, int] = (80, 24), *, draws: bool = False, **options: Any
) -> AsyncIterator[User]:
    """Open the screens of a session, with this number of columns and rows.

    Each update is drawn if `draws` is true, otherwise only the screens that a test looks at, or the last one.
    """
    app = CsrtuiApp(session, **options)
    with nullcontext() if draws else quick_screens():
        async with app.run_test(size=size) as pilot:
            user = User(app, pilot)
            app.copy_to_clipboard = user.copied.append  # type: ignore[method-assign, assignment]
            await app.wait_until_ready()
            await user.until(lambda: user.focused_id, "a cursor")
            await user.until(lambda: not user.keystore._is_reading, "the keystore to be read")
            yield user
            if app.is_running and not user.has_looked:
                assert user.screen_lines
