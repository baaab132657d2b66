"""Random keys on all screens, while another session changes the store and the terminal changes its size."""

from __future__ import annotations

import random
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS
from exports_made import issue
from screens_user import at_screens, session_on
from textual.widgets import Input

from csrtui.core.keys import pkcs8
from csrtui.core.pairs.query import Query
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.commands import Scope
from csrtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.draft import Draft
    from csrtui.tasks.session import Session

KEYS = (
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "tab", "shift+tab", "space"),
    *("enter", "escape", "enter", "escape", "backspace", "delete", "question_mark", "full_stop", "slash"),
    *("f1", "f2", "f2", "f4", "f5", "f6", "f7", "ctrl+f", "ctrl+g", "ctrl+n", "ctrl+p", "ctrl+z", "ctrl+u"),
    *"abcdefghijklmnoprstuvwxyzABCDEFGHIKLMNOPRSTUVWXYZ[]~'\"\\é漢",
)
OPENINGS = (*"buiIwVtarvhmDMxys", "enter", "full_stop", "slash", "f9")
"""The keys that open dialogs and pages from the list."""
SIZES = ((80, 24), (120, 40), (60, 20), (40, 12), (30, 8))
NAMES = tuple(f"{name}.example.org" for name in ("a", "b", "c", "d"))


@pytest.fixture(autouse=True)
def _cheap_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)
    monkeypatch.setenv("HOME", str(tmp_path))  # completed and written paths stay in this folder
    monkeypatch.chdir(tmp_path)
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


class Walk:
    """A walk with one seed.

    Args:
        user: The user at the screens.
        session: The other session, on the same store.
        seed: The seed.
    """

    def __init__(self, user: User, session: Session, seed: int) -> None:
        self._user = user
        self._session = session
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self.trail: list[str] = []

    async def step(self) -> None:
        """Press a key, or sometimes change the store or the size of the terminal."""
        before = self._list_state
        choice = self._random.random()
        if choice < 0.02:
            self._change_store()
        elif choice < 0.04:
            size = self._random.choice(SIZES)
            self.trail.append(f"{size[0]}x{size[1]}")
            await self._user.resize(*size)
        elif choice < 0.1:
            await self._open_dialog()
        else:
            await self._press(self._random.choice(KEYS))
        if before is not None and before[0] == (self._list_state or ("",))[0]:
            assert before == self._list_state, f"the form has changed behind the list: {self._where}"
        self._check()
        self._check_message()

    @property
    def _list_state(self) -> tuple[str, Draft] | None:
        """The list and the form, which no key of the list changes, or None where a key can change the form."""
        user = self._user
        is_list = user.app.screen is user.main and user.main.place is Scope.KEYSTORE
        return ("list", user.draft) if is_list and not user.main._is_generating else None

    def _check_message(self) -> None:
        """Check that the message and the counts match the list below them."""
        user = self._user
        if user.app.screen is not user.main:
            return
        keystore, message = user.keystore, user.message
        listed = len(user.pairs) - keystore.rows.unreadable
        if shown := re.search(r"(\d+) of (\d+) pair", user.summary):
            assert int(shown[1]) == listed, self._where
        elif keystore.filter.value.strip() == "" and (total := re.search(r"(\d+) pair", user.summary)):
            assert int(total[1]) == listed, self._where
        if message.startswith("sorted: "):
            assert message == f"sorted: {keystore.rows.order.value}", self._where
        if message == "No pair selected.":
            assert keystore.current is None, self._where
        is_read = keystore._read_generation == self._session.store.generation() and not keystore._is_reading
        if message.startswith(("There is no pair ", "the next pair will not renew ")):
            return  # the message says that it no longer exists, or is about the form
        if is_read and keystore._query == Query(retired=keystore._query.retired):
            for name in re.findall(r"[a-z.]+\.example\.org(?:-\d+)?", message):
                assert name in self._session.store.names(), f"{name} is gone: {self._where}"

    async def _press(self, key: str) -> None:
        self.trail.append(key)
        focused = self._user.app.focused
        typed = focused.value if isinstance(focused, Input) and len(key) == 1 else None
        await self._user.press(key)
        if typed is not None and focused is self._user.app.focused and isinstance(focused, Input):
            assert key in focused.value, f"{key} was typed and is lost: {self._where}"

    async def _open_dialog(self) -> None:
        """Leave the dialogs that are open, and open another one from the list, so that the walk sees all of them."""
        for _ in range(5):
            await self._leave_dialog()
        if isinstance(self._user.app.screen, MainScreen) and self._user.focused_id != "pairs":
            await self._press("f2")
        await self._press(self._random.choice(OPENINGS))

    async def _leave_dialog(self) -> None:
        await self._press("escape")
        if self._user.question.startswith("Close the dialog?"):  # a typed text is lost
            await self._user.press("tab", "enter")

    def _change_store(self) -> None:
        name = self._random.choice(NAMES)
        if name in self._session.store.names():
            self.trail.append(f"-{name}")
            shutil.rmtree(f"{self._session.store.path}/pairs/{name}")
            return
        self.trail.append(f"+{name}")
        create_pair(self._session, RequestSpec(names=(name,)))
        if self._random.random() < 0.5:
            issue(self._session, name)

    def _check(self) -> None:
        app = self._user.app
        assert app.is_running, self._where
        if len(self.trail) % 8:
            return  # checking the whole screen takes longer than a key
        columns = app.size.width
        for line in self._user.screen_lines:
            assert line.isprintable(), f"{line!a}: {self._where}"
            assert len(line) <= columns, self._where

    @property
    def _where(self) -> str:
        return f"after {' '.join(self.trail[-40:])}\n{self._user.screen_text}"

    async def finish(self) -> None:
        """Leave all dialogs. The list then shows the pairs of the store."""
        user = self._user
        for _ in range(12):
            if isinstance(user.app.screen, MainScreen):
                break
            await self._leave_dialog()
        assert isinstance(user.app.screen, MainScreen), self._where
        names = set(self._session.store.names())
        await user.until(lambda: set(user.pairs) <= names, f"only pairs that exist, {self._where}")


async def walk(tmp_path: Path, seed: int, steps: int) -> None:
    session = session_on(tmp_path / "store")
    for name in NAMES[:2]:
        create_pair(session, RequestSpec(names=(name,)))
    issue(session, NAMES[0])
    async with at_screens(session) as user:
        path = Walk(user, session_on(tmp_path / "store"), seed)
        for _ in range(steps):
            await path.step()
        await path.finish()


async def test_random_keys_never_end_the_app_or_lose_text(tmp_path: Path) -> None:
    await walk(tmp_path, seed=0, steps=100)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [100, 101, 102])
async def test_random_keys_never_end_the_app_or_lose_text_in_a_long_walk(tmp_path: Path, seed: int) -> None:
    await walk(tmp_path, seed, 1500)
