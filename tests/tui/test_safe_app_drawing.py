"""The output of the app: no colour under NO_COLOR, and no control characters from outside."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import argv, environment
from pty_session import PtySession
from textual.widgets import Button, Label, OptionList, Static

from csrtui.core.base.secret import Secret
from csrtui.tui.crash_safe_app import COLOURLESS_THEME, SafeApp
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.widget import Widget

ROOT = Path(__file__).parents[2]
HOSTILE = "A\x1b[31mB\x9b2JC\u202eD\u2066E\x07F\x1b]52;c;eA==\x07G"
SHOWN = "A[31mB2JCDEF]52;c;eA==G"
CURSOR = len(HOSTILE)
SGR = re.compile(rb"\x1b\[([0-9;]*)m")


class Gallery(SafeApp[None]):
    """An app with one widget of each kind, whose text is not escaped."""

    _signals: list[int] | None = None

    def compose(self) -> Iterator[Widget]:
        yield TextField(HOSTILE)
        yield Static(HOSTILE, markup=False)
        yield Label(HOSTILE, markup=False)
        yield OptionList("one", "two", markup=False)
        yield Button(HOSTILE[:1])
        label = Static("framed", markup=False)
        label.styles.border = ("round", "red")
        label.border_title = "T\u202eX"
        yield label

    def action_compute(self) -> None:
        """Draw a text, and then compute without a pause until SIGUSR1 arrives, but at most for 5 seconds."""
        signals: list[int] = []
        self._signals = signals
        signal.signal(signal.SIGUSR1, lambda number, _frame: signals.append(number))
        sys.setswitchinterval(100)  # no other thread runs unless the app waits
        self.query_one(Static).update("drawn")

    def post_display_hook(self) -> None:
        if self._signals is not None:
            end = time.monotonic() + 5
            while not self._signals and time.monotonic() < end:
                pass
            self.query_one(Static).update("computed" if self._signals else "late")
            self._signals = None


def start(theme: str = "", **env: str | None) -> PtySession:
    path = f"{ROOT}:{ROOT}/tests/support"
    return PtySession([sys.executable, __file__, theme], env={"PYTHONPATH": path, **env})


def sgr_codes(session: PtySession) -> set[str]:
    return {code for match in SGR.finditer(session.raw) for code in match[1].decode().split(";")}


def test_no_control_character_from_outside_reaches_the_terminal() -> None:
    with start() as session:
        session.wait_for("framed")
        session.quiet(0.1)
        text = session.raw.decode()
        assert SHOWN in session.text
        for forbidden in ("\x1b[31mB", "\x9b", "\u202e", "\u2066", "\x07", "\x1b]"):
            assert forbidden not in text


@pytest.mark.parametrize("theme", ["", "nord"])
def test_with_no_color_the_output_has_no_colour_and_shows_cursor_and_focus(theme: str) -> None:
    with start(theme, NO_COLOR="1") as session:
        session.wait_for("framed")
        session.wait_until(lambda: session.screen.buffer[0][CURSOR].reverse, "the cursor behind the text")
        session.send("\t")
        session.wait_until(lambda: not session.screen.buffer[0][CURSOR].reverse, "the focus to move")
        session.wait_until(lambda: session.screen.buffer[4][3].reverse, "the option to be marked")
        session.send("\t")
        session.quiet(0.1)
        assert sgr_codes(session) <= {"", *map(str, range(10))}


def test_an_empty_no_color_is_ignored() -> None:
    with start(NO_COLOR="") as session:
        session.wait_for("framed")
        assert "38" in sgr_codes(session)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_sixteen_colours_are_enough(theme: str) -> None:
    with start(theme, TERM="xterm-16color") as session:
        session.wait_for("framed")
        codes = {int(code or 0) for code in sgr_codes(session)}
        assert codes <= {*range(10), *range(30, 50), *range(90, 108)} - {38, 48}
        session.wait_until(lambda: session.screen.buffer[0][CURSOR].reverse, "the cursor behind the text")


def test_the_mouse_is_left_to_the_terminal() -> None:
    with start() as session:
        session.wait_for("framed")
        assert not re.search(rb"\x1b\[\?(1000|1002|1003|1006|1015|1016)h", session.raw)


def test_with_the_option_for_the_mouse_a_click_on_a_tab_opens_its_pane(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    with PtySession(argv("--store", str(store), "--mouse"), env=environment(store)) as session:
        session.send("\x1bOQ")  # F2, which waits for the start
        session.wait_for("[Keystore]")
        column = session.text.splitlines()[0].index("Request") + 1
        session.send(f"\x1b[<0;{column};1M\x1b[<0;{column};1m")
        session.wait_for("[Request]")


def test_a_text_is_sent_before_the_app_computes_further() -> None:
    with start() as session:
        session.wait_for("framed")
        session.send("\x14")
        session.wait_for("drawn")
        session.kill(signal.SIGUSR1)
        session.wait_for("computed")


def test_a_redraw_clears_what_another_program_wrote() -> None:
    with start() as session:
        session.wait_for("framed")
        session.quiet(0.1)
        before = session.text
        session.raw += b"\x1b[2;1HBroadcast message from root"
        assert session.text != before
        session.send("\x0c")
        session.wait_until(lambda: session.text == before, "the screen as it was")


async def test_the_theme_under_no_color_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Gallery(theme="nord")
    async with app.run_test():
        assert app.theme == COLOURLESS_THEME
        app.theme = "nord"
        assert app.theme == COLOURLESS_THEME


async def test_the_theme_is_set_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = Gallery(theme="nord")
    nord = app.get_theme("nord")
    assert nord is not None
    assert app.stylesheet._variables["primary"] == nord.primary
    async with app.run_test():
        assert app.theme == "nord"


async def test_textuals_own_commands_are_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    drawn: list[object] = []

    def export(*_: object, **options: object) -> str:
        drawn.append(options)
        return ""

    monkeypatch.setattr(Gallery, "export_screenshot", export)
    app = Gallery()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+p")
        assert len(app.screen_stack) == 1
        assert list(app.get_system_commands(app.screen)) == []
        await app.run_action("app.screenshot")
        await pilot.pause()
        assert (drawn, os.listdir(tmp_path)) == ([], [])


async def test_markup_in_a_toast_is_text() -> None:
    app = Gallery()
    async with app.run_test(notifications=True) as pilot:
        app.query_one(TextField).notify("[@click=app.quit]x[/] a[/b]")
        await pilot.pause()
        [notification] = app._notifications
        assert not notification.markup
        assert app.is_running


async def test_a_secret_is_not_copied() -> None:
    app = Gallery()
    async with app.run_test():
        with pytest.raises(TypeError):
            app.copy_to_clipboard(Secret("correct horse"))  # type: ignore[arg-type]
        assert app.clipboard == ""
        app.copy_to_clipboard("a request")
        assert app.clipboard == "a request"


if __name__ == "__main__":
    Gallery.BINDINGS = [("ctrl+l", "redraw", "Redraw"), ("ctrl+t", "compute", "Compute")]
    Gallery._merged_bindings = Gallery._merge_bindings()
    sys.exit(Gallery(theme=sys.argv[1] or None).run())
