"""The first frame of a dialog has its final layout: the same size, no cut command bar, no blank title."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, session_with
from issued_dialogs import at_pair, import_certificate
from screens_user import at_screens

from csrtui.core.keys import pkcs8
from csrtui.fleet.ansible import Target
from csrtui.fleet.tasks.run_on_hosts import Reach
from csrtui.fleet.tui.work import HostWorkModal, Job
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.draft import remember_folder
from csrtui.tui.modals.base import Modal
from csrtui.tui.modals.results import BackupProgressModal
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from screens_user import User
    from textual.screen import Screen

    from csrtui.fleet.tasks.results import HostResult
    from csrtui.tasks.parallel import Result

ONE = "a.example.com"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


@contextmanager
def frames_of(user: User) -> Iterator[list[tuple[Screen[Any], str]]]:
    """Record the frames of each dialog as the terminal receives them."""
    frames: list[tuple[Screen[Any], str]] = []
    display = user.app._display

    def kept(screen: Screen[Any], renderable: Any) -> None:
        display(screen, renderable)
        if renderable is not None and isinstance(screen, Modal) and screen is user.app.screen:
            frames.append((screen, user.screen_text))

    user.app._display = kept  # type: ignore[method-assign]
    try:
        yield frames
    finally:
        del user.app._display


def steady(frame: str) -> str:
    """Return a frame without the marks of the focused field."""
    return frame.replace("<", " ").replace(">", " ")


def in_box(frame: str) -> list[str]:
    """Return the lines of a frame inside the dialog's border, without the page around it."""
    lines = frame.splitlines()
    top = next(line for line in lines if "┌" in line)
    return [line[top.index("┌") : top.index("┐") + 1].rstrip() for line in lines]


SELDOM = [pytest.param(size, marks=pytest.mark.slow) for size in ((40, 12), (120, 40))]


OFTEN = {"b", "I", "w"}
"""The dialogs that are changed most after they open."""


@pytest.mark.parametrize("size", [(80, 24), *SELDOM])
@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=[] if key in OFTEN else pytest.mark.slow) for key in "braIiwu"]
)
async def test_the_first_frame_of_a_dialog_is_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], key: str
) -> None:
    proved = Event()

    def prove(*_: object, **__: object) -> tuple[None, tuple[()]]:  # its result adds a line
        proved.wait(10)
        return None, ()

    monkeypatch.setattr("csrtui.tui.modals.renew.prove_old_key", prove)
    session = session_with(tmp_path / "store", ONE, "b.example.com")
    import_certificate(session, ONE)
    async with at_screens(session, size) as user:
        await at_pair(user, ONE)
        with frames_of(user) as frames:
            await user.press(key)
            await user.until(lambda: isinstance(user.app.screen, Modal), "the dialog")
        assert isinstance(user.app.screen, Modal)
        assert frames
        first, last = in_box(steady(frames[0][1])), in_box(steady(user.screen_text))
        assert [line for line in first if "┌" in line or "└" in line] == [
            line for line in last if "┌" in line or "└" in line
        ]
        assert [at for at, line in enumerate(first) if "└" in line] == [
            at for at, line in enumerate(last) if "└" in line
        ]
        title = next(at for at, line in enumerate(last) if "┌" in line) + 1
        assert first[title] == last[title]
        proved.set()


def is_whole(frame: str, title: str) -> None:
    lines = frame.splitlines()
    box = [line for line in lines if "│" in line]
    frame_line = next(line for line in lines if "┌" in line)
    assert title in frame_line or title in box[0], "a long title is below the line of the frame"
    assert "[…" not in frame
    assert any("[     " in line for line in box), "the bar"
    assert len(box) < 14, "no higher than what is in it"


async def test_the_bar_of_a_backup_is_complete_in_the_first_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"n{number}.example.com" for number in range(10)]
    session = session_with(tmp_path / "store", *names)
    (tmp_path / "usb").mkdir()
    remember_folder(session, str(tmp_path / "usb"))
    go_on = Event()

    def held(*arguments: Any, **options: Any) -> Sequence[Result]:
        go_on.wait(10)
        return back_up_many(*arguments, **options)

    monkeypatch.setattr("csrtui.tui.modals.results.back_up_many", held)
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 10, "the pairs")
        await user.press("f2", *["space"] * 10, "b")
        await user.until(lambda: user.focused_id == "passphrase", "the cursor in the passphrase")
        await user.paste(PASSPHRASE)
        await user.press("down")
        await user.paste(PASSPHRASE)
        with frames_of(user) as frames:
            await user.press("enter")
            await user.until(lambda: isinstance(user.app.screen, BackupProgressModal), "the work")
            begun = [frame for screen, frame in frames if isinstance(screen, BackupProgressModal)]
            for frame in begun:
                is_whole(frame, "Backing up 10 pairs to")
                assert "0 of 10" in frame
            go_on.set()
            await user.until(lambda: "10 pairs backed up" in user.screen_text, "the end")
        assert begun


async def test_the_verify_dialog_is_complete_in_the_first_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_with(tmp_path / "store", ONE)
    backed_up(session, ONE, tmp_path / "usb")
    go_on = Event()

    def held(*_: Any, **__: Any) -> Sequence[Result]:
        go_on.wait(10)
        return ()

    monkeypatch.setattr("csrtui.tui.modals.verify.verify_many", held)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        with frames_of(user) as frames:
            await user.press("V")
        for _, frame in frames:
            is_whole(frame, f"Verify the backups of {ONE}")
            assert "Checking …" in frame
        assert frames
        go_on.set()


async def test_the_dialog_of_work_on_hosts_is_complete_in_the_first_frame(tmp_path: Path) -> None:
    go_on = Event()

    def work(_: Reach) -> Iterator[HostResult]:
        go_on.wait(10)
        yield from ()

    async with at_screens(session_with(tmp_path / "store")) as user:
        with frames_of(user) as frames:
            user.app.push_screen(HostWorkModal(Reach(Target(("hosts",))), Job("Fetching 3 CSRs", work, 3)))
            await user.until(lambda: isinstance(user.app.screen, HostWorkModal), "the work")
        for _, frame in frames:
            is_whole(frame, "Fetching 3 CSRs")
        assert frames
        go_on.set()


@pytest.mark.parametrize("size", [(40, 12), *SELDOM[1:]])
@pytest.mark.parametrize("key", ["b", "w", "I", "V"])
async def test_no_key_under_a_dialog_is_cut(tmp_path: Path, size: tuple[int, int], key: str) -> None:
    session = session_with(tmp_path / "store", ONE, "b.example.com")
    import_certificate(session, ONE)
    async with at_screens(session, size) as user:
        await at_pair(user, ONE)
        await user.press(key)
        await user.until(lambda: isinstance(user.app.screen, Modal), "the dialog")
        screen = user.app.screen
        assert isinstance(screen, Modal)
        keys = screen.query_one("#keys").region
        shown = [line[keys.x : keys.right] for line in user.screen_lines[keys.y : keys.bottom]]
        assert keys.bottom < size[1], "the frame's last line is below them"
        assert screen.query_one("#keys", TextBlock).text.split() == " ".join(shown).split()
        assert "Esc C" in " ".join(shown)
        if key == "b" and size[1] >= 20:
            assert "ctrl+g Generate passphrase" in " ".join(shown)
