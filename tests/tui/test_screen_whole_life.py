"""The whole life of a pair on the screens, by keys alone: made, issued, installed, renewed in both ways, retired."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE
from issued_dialogs import answer_of_ca, imported, is_at, record
from screens_user import NOW, at_screens, session_on

from csrtui.core.base.finding import FieldName
from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair import BackupStatus, NextStep, Stage
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.modals.install import InstallModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.renew import RenewModal
from csrtui.tui.modals.results import BackupProgressModal, ImportResultModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.text_pages import PageScreen
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.session import Session

NAME = "www.mydomain.com"
SECOND = f"{NAME}-2"
DAY = timedelta(days=1)
LIFE = 90


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


class Life:
    """A user at the screens over several months, who does every step with its key.

    Args:
        user: The user at the screens.
        session: The session of the screens.
        folder: A folder with a backup medium and the folders of a server.
    """

    def __init__(self, user: User, session: Session, folder: Path) -> None:
        self.user = user
        self.session = session
        self.folder = folder
        self.now: datetime = NOW
        session.clock = lambda: self.now

    async def step(self, label: str, screen: type[object]) -> None:
        """Do the next step of the pair under the cursor, which the bar names."""
        self.user.main.refresh_pairs()
        await self.user.until(lambda: f". {label}" in self.user.bar, f"the step {label}")
        await self.user.press("full_stop")
        await self.user.until(lambda: is_at(self.user, screen), f"the dialog of {label}")

    async def back_up(self, name: str) -> None:
        await self.step("Back up", BackupModal)
        await self.user.until(lambda: self.user.app.focused, "the cursor in the dialog")
        dialog = self.user.app.screen
        assert isinstance(dialog, BackupModal)
        field = dialog.query_one("#folder", TextField)
        field.focus()
        field.replace_text(str(self.folder / "medium"))
        await self.user.until(lambda: dialog.check_result, "a look at it")
        await self.user.press("enter")
        for _ in range(2):
            await self.user.paste(PASSPHRASE)
            await self.user.press("enter")
        await self.user.until(lambda: is_at(self.user, BackupProgressModal), "the backup")
        await self.user.until(
            lambda: record(self.session, name).backup_status is BackupStatus.VERIFIED, "the proof"
        )
        await self.user.until(lambda: "erified" in self.user.screen_text, "what came of it")
        await self.leave_for_list()

    async def submit(self) -> str:
        """Send the CSR to the clipboard, mark it as submitted, and return it."""
        self.user.copied.clear()
        await self.user.press("c")
        more = self.user.app.screen.query_one("#more", TextBlock)
        await self.user.until(lambda: self.user.copied and "sent to" in more.text, "the clipboard")
        await self.user.press("m", "enter", "enter")
        await self.user.until(lambda: is_at(self.user, MainScreen), "the list")
        return self.user.copied[-1]

    async def bring_home(self, name: str) -> None:
        """A day later, paste the answer of the CA, and continue with the installation."""
        self.now += DAY
        await self.user.press("i")
        await self.user.paste(answer_of_ca(self.session, name, start=self.now, days=LIFE))
        await imported(self.user)
        assert is_at(self.user, ImportResultModal)
        await self.user.press("full_stop")
        await self.user.until(lambda: is_at(self.user, InstallModal), "the dialog of install")

    async def install(self, name: str, server: str) -> None:
        """Write the files into a server's folder."""
        (self.folder / server).mkdir()
        await self.user.until(lambda: self.user.focused_id, "the cursor")
        screen = self.user.app.screen
        assert isinstance(screen, InstallModal)
        screen.query_one("#folder", TextField).replace_text(str(self.folder / server))
        await self.user.until(lambda: screen.check_result is not None, "a look at the folder")
        screen.query_one("#folder").focus()
        await self.user.settle()
        await self.user.press("enter")
        await self.user.until(lambda: is_at(self.user, PageScreen), "what to do with them")
        await self.user.press("escape")
        assert {path.suffix for path in (self.folder / server).iterdir()} == {".crt", ".key"}
        assert record(self.session, name).next_step(self.now) is NextStep.NONE

    async def leave_for_list(self) -> None:
        while not is_at(self.user, MainScreen):
            await self.user.press("escape")

    async def put_cursor_on(self, name: str) -> None:
        await self.user.until(lambda: name in self.user.pairs, name)
        self.user.keystore.pairs.move_to(self.user.pairs.index(name))
        await self.user.settle()


async def test_the_whole_life_of_a_pair(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    (tmp_path / "medium").mkdir()
    async with at_screens(session, (80, 24)) as user:
        life = Life(user, session, tmp_path)
        await _made_and_installed(life)
        life.now += 61 * DAY
        csr = await _renewed_with_a_new_pair(life)
        life.now += 61 * DAY
        await _renewed_with_the_old_csr(life, csr)
        await life.put_cursor_on(SECOND)
        await user.press("t", "right", "enter")
        await user.until_pairs()
    assert session.store.names() == [NAME, SECOND]
    assert all(record(session, name).stage is Stage.RETIRED for name in (NAME, SECOND))


async def _made_and_installed(life: Life) -> None:
    user = life.user
    await user.fill(FieldName.COMMON_NAME, NAME)
    await user.press("ctrl+f")  # the bare name too
    await user.fill(FieldName.ORGANIZATION, "Example Ltd")
    await user.fill(FieldName.COUNTRY, "GB")
    await user.fill(FieldName.LOCALITY, "London")
    user.form.query_one("#platform", ChoiceField)._choose("nginx")
    await user.generate()
    await life.put_cursor_on(NAME)
    await life.back_up(NAME)
    await life.step("Submit", SubmitModal)
    await life.submit()
    await life.bring_home(NAME)
    await life.install(NAME, "server-1")


async def _renewed_with_a_new_pair(life: Life) -> str:
    """Renew with a new pair. The old pair is retired when the new one is installed."""
    user, session = life.user, life.session
    await life.step("Renew", RenewModal)
    await user.press("enter")
    await user.until(lambda: user.draft.renews == NAME, "the form")
    await user.generate()
    await life.put_cursor_on(SECOND)
    old, new = record(session, NAME), record(session, SECOND)
    assert (old.renewed_by, new.renews) == (SECOND, NAME)
    assert (old.names, old.subject, old.platform) == (new.names, new.subject, new.platform)
    assert old.names == (NAME, "mydomain.com")
    await life.back_up(SECOND)
    await life.put_cursor_on(SECOND)
    await life.step("Submit", SubmitModal)
    csr = await life.submit()
    await life.bring_home(SECOND)
    await life.install(SECOND, "server-2")
    await user.until(lambda: is_at(user, ConfirmModal), "the question")
    assert user.question.startswith(f"Retire {NAME} now?")
    await user.press("right", "enter")
    await user.until_pairs(SECOND)
    assert record(session, NAME).stage is Stage.RETIRED
    return csr


async def _renewed_with_the_old_csr(life: Life, csr: str) -> None:
    user, session = life.user, life.session
    before = record(session, SECOND)
    await life.step("Renew", RenewModal)
    screen = user.app.screen
    assert isinstance(screen, RenewModal)
    await user.until(lambda: not screen.is_busy, "the proof")
    await user.press("down", "enter")
    await user.until(lambda: is_at(user, SubmitModal), "the ways it can go")
    assert await life.submit() == csr
    assert record(session, SECOND).next_step(life.now) is NextStep.IMPORT
    await life.bring_home(SECOND)
    await life.install(SECOND, "server-3")
    after = record(session, SECOND)
    assert before.validity
    assert after.validity
    assert after.validity.not_after > before.validity.not_after
    assert after.key == before.key
    await life.leave_for_list()
