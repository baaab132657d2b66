"""The doctor's screen: problems with fixes, worst first. It can be left at any time, and stays responsive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, session_with
from examined_store import ExaminedStore
from pairs_made import new_pair
from screens_user import at_screens, session_on

from csrtui.core.doctor.finding import DoctorFinding, FindingCode, command, instruction
from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.store import file_facts
from csrtui.store.keystore import Keystore
from csrtui.tasks.doctor import CHECKED, Examination, worst_first
from csrtui.tasks.draft import remember_folder
from csrtui.tasks.list import read_pair
from csrtui.tasks.submit import mark_submitted
from csrtui.tui.modals.questions import NoticeModal
from csrtui.tui.modals.renew import RenewModal
from csrtui.tui.panes.finding_rows import FindingRows, short_text
from csrtui.tui.screens.doctor import DoctorScreen
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.one_line_widgets import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from screens_user import User

    from csrtui.core.doctor.finding import BackupFacts

HOSTILE = "\x1b]52;c;Zm9v\x07\u202e[@click=app.quit]x[/]\x00"


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the configuration of this machine, and pretend that backups are on another disk."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-configuration"))
    look = file_facts.backup_facts

    def elsewhere(path: str, store: str) -> BackupFacts:
        return replace(look(path, store), with_store=False)

    monkeypatch.setattr(file_facts, "backup_facts", elsewhere)


def doctor(user: User) -> DoctorScreen:
    screen = user.app.screen
    assert isinstance(screen, DoctorScreen)
    return screen


async def examined(user: User) -> DoctorScreen:
    """Open the screen and wait for the end of the check."""
    await user.press("f2", "D")
    await user.until(lambda: not doctor(user)._is_working, "the end of the examination")
    return doctor(user)


def seen(user: User, text: str) -> bool:
    """Return whether a text is on the screen, regardless of line breaks."""
    return "".join(text.split()) in "".join(user.screen_text.split())


def findings(screen: DoctorScreen) -> list[DoctorFinding]:
    found = [screen._rows.item(at) for at in range(len(screen._rows))]
    return [one for one in found if isinstance(one, DoctorFinding)]


async def test_without_problems_the_checks_are_listed(tmp_path: Path) -> None:
    store = ExaminedStore(tmp_path)
    async with at_screens(session_on(Keystore(str(store.path)))) as user:
        await examined(user)
        text = " ".join(user.screen_text.split())
        assert "Nothing is wrong. 1 pair examined." in text
        assert all(one in text for one in CHECKED)
        assert "Level" not in text
        await user.press("enter", "c")
        assert "no problems to fix" in user.screen_text
        await user.press("escape")
        assert isinstance(user.app.screen, MainScreen)


async def test_findings_are_sorted_worst_first_and_enter_opens_the_pair(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    (tmp_path / "store/pairs" / new_pair(session, "b.com") / "request.pem").chmod(0o666)
    async with at_screens(session) as user:
        screen = await examined(user)
        levels = [one.level.rank for one in findings(screen)]
        assert levels == sorted(levels)
        assert levels[0] == 0
        assert levels[-1] > 0
        assert "2 pairs examined: 1 error, " in user.screen_text
        [level] = [
            part for part in screen.query_one(LineList).render_line(1) if part.text.startswith("error")
        ]
        assert level.style is not None
        assert level.style.color is not None
        assert (level.style.color.number, level.style.reverse) == (1, True), "also under the cursor"
        first = findings(screen)[0]
        assert seen(user, first.remedy)
        assert first.code is FindingCode.OPEN_MODE
        await user.press("enter")
        assert isinstance(user.app.screen, DoctorScreen), "that pair is not safe to read"
        assert "b.com cannot be shown until this is fixed." in user.screen_text
        await user.press("end")
        last = findings(screen)[-1]
        assert seen(user, last.remedy)
        at_end = next(at for at, one in enumerate(findings(screen)) if one.pair == "a.com")
        screen.query_one(LineList).move_to(at_end)
        await user.press("enter")
        assert isinstance(user.app.screen, PairScreen)
        assert user.app.screen.pair.name == "a.com"
        await user.press("q")
        assert isinstance(user.app.screen, DoctorScreen)


async def test_a_fixed_finding_disappears_at_the_next_check(tmp_path: Path) -> None:
    store = ExaminedStore(tmp_path)
    store.pair.joinpath("key.pem").chmod(0o644)
    async with at_screens(session_on(Keystore(str(store.path)))) as user:
        screen = await examined(user)
        assert [one.code for one in findings(screen)] == [FindingCode.OPEN_MODE]
        store.pair.joinpath("key.pem").chmod(0o600)
        await user.press("r")
        await user.until(lambda: not screen._is_working, "the end of the examination")
        assert "Nothing is wrong." in user.screen_text


async def test_a_finding_about_a_pair_is_fixed_where_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)
    session = session_on(tmp_path / "store")
    (tmp_path / "usb").mkdir()
    remember_folder(session, str(tmp_path / "usb"))
    for name in ("a.com", "b.com"):
        new_pair(session, name)
    (tmp_path / "store/pairs/b.com/key.pem").chmod(0o644)
    async with at_screens(session) as user:
        screen = await examined(user)
        assert [(one.code, one.pair) for one in findings(screen)] == [
            (FindingCode.OPEN_MODE, "b.com"),
            (FindingCode.BACKUP_NONE, "a.com"),
            (FindingCode.BACKUP_NONE, "b.com"),
        ]
        assert user.bar.startswith(" . chmod 600")
        await user.press("full_stop")
        assert "key.pem now has mode 0600" in user.screen_text
        assert (tmp_path / "store/pairs/b.com/key.pem").stat().st_mode & 0o777 == 0o600
        await user.until(lambda: len(findings(doctor(user))) == 2, "the check after it")
        assert user.bar.startswith(" . Back up")
        await user.press("full_stop")
        await user.until(lambda: user.focused_id == "passphrase", "the dialog")
        for _ in range(2):
            await user.paste(PASSPHRASE)
            await user.press("enter")
        await user.until(lambda: "backed up and verified" in user.screen_text, "the backup")
        await user.press("enter")
        await user.until(lambda: len(findings(doctor(user))) == 1, "the check after it")
        assert [one.pair for one in findings(screen)] == ["b.com"]
        assert screen.query_one(LineList).cursor == 0, "the cursor stays where it is"


async def test_a_backup_that_the_check_finds_deleted_is_missing_in_the_list_and_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)
    session = session_with(tmp_path / "store", "a.com")
    backup = backed_up(session, "a.com", tmp_path / "usb")
    mark_submitted(session, read_pair(session, "a.com")[0])
    async with at_screens(session) as user:
        await user.press("f2")
        await user.until(lambda: ". Import" in user.bar, "the pair")
        Path(backup.path).unlink()
        await user.press("f2")
        await examined(user)
        await user.press("escape")
        await user.until(lambda: ". Back up" in user.bar, "the new step")
        assert [text in user.screen_text for text in ("verified", "missing today", "1 not backed up")] == [
            False,
            True,
            True,
        ]


async def test_the_fix_of_an_expired_certificate_is_its_renewal_in_the_form(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    name = new_pair(session, "a.com")
    notes = DoctorFinding(
        FindingCode.CERTIFICATE_EXPIRED, "/a", "expired", command("csrtui", "renew", name), name
    )
    gone = replace(notes, pair="gone.com")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Examination, "run", lambda *_: (notes, gone))
        async with at_screens(session) as user:
            await examined(user)
            assert user.bar.startswith(" . Renew")
            await user.press("full_stop")
            await user.until(lambda: isinstance(user.app.screen, RenewModal), "both ways")
            await user.press("escape")
            await user.until(
                lambda: not isinstance(user.app.screen, RenewModal), "the end of the check of the key"
            )
            for key in ("full_stop", "enter"):
                await user.press("up", "down", key)
                assert "There is no pair gone.com." in " ".join(user.screen_text.split()), key


async def test_notes_alone_are_not_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = DoctorFinding(FindingCode.BACKUP_SAME_DISK, "/b", "a note", command("ls"), None)
    monkeypatch.setattr(Examination, "run", lambda *_: (note, note))
    store = ExaminedStore(tmp_path)
    async with at_screens(session_on(Keystore(str(store.path)))) as user:
        await examined(user)
        assert "No errors or warnings. 1 pair examined: 2 notes." in user.screen_text
        await user.press("enter")
        assert "concerns the store, not a pair" in user.screen_text


async def test_an_unsafe_store_is_checked_too(tmp_path: Path) -> None:
    store = ExaminedStore(tmp_path)
    store.path.chmod(0o777)
    async with at_screens(session_on(Keystore(str(store.path)))) as user:
        await user.until(
            lambda: not isinstance(user.app.screen, MainScreen) or user.keystore.error, "the refusal"
        )
        if not isinstance(user.app.screen, MainScreen):
            await user.press("escape")
        screen = await examined(user)
        assert FindingCode.OPEN_MODE in {one.code for one in findings(screen)}
        assert "chmod 700" in user.screen_text


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_leaving_the_screen_stops_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    let_go, stops = Event(), []

    def run(_self: Examination, report: Callable[[], None], stop: Event) -> tuple[DoctorFinding, ...]:
        report()
        assert let_go.wait(10)
        stops.append(stop.is_set())
        return ()

    monkeypatch.setattr(Examination, "run", run)
    session = session_on(tmp_path / "store")
    for name in ("a.com", "b.com"):
        new_pair(session, name)
    async with at_screens(session) as user:
        await user.press("f2", "D")
        await user.until(lambda: "1 of 2" in user.screen_text, "the bar")
        assert "Checking the keystore" in user.screen_text
        await user.press("r")
        assert "1 of 2" in user.screen_text, "it is not begun twice"
        await user.press(key)
        assert isinstance(user.app.screen, MainScreen)
        let_go.set()
        await user.until(lambda: stops, "the thread")
        assert stops == [True]
        await user.settle()


async def test_the_commands_are_shown_as_plain_text_from_the_cursor_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    async def show(_app: object, text: str) -> None:
        shown.append(text)

    monkeypatch.setattr("csrtui.tui.screens.doctor.show_plain", show)
    remedies = [command("ls", "-l", "/0"), command("ls", "-l", "/1"), instruction("Look at it.")]
    remedies += [command("ls", "-l", "/")] * 147
    many = tuple(
        DoctorFinding(FindingCode.LINK, f"/{at}", f"finding {at}", fix) for at, fix in enumerate(remedies)
    )
    monkeypatch.setattr(Examination, "run", lambda *_: many)
    async with at_screens(session_on(Keystore(str(ExaminedStore(tmp_path).path)))) as user:
        await examined(user)
        await user.press("down", "c")
        await user.until(lambda: shown, "the plain view")
        lines = shown[0].splitlines()
        assert lines[:3] == ["# error: finding 1", "ls -l /1", ""]
        assert lines[3:6] == ["# error: finding 2", "# Look at it.", ""]
        assert lines[-1] == "# 143 more below"
        assert len(lines) == 24 - 5, "the first command is on the screen"


async def test_without_plain_text_the_commands_are_shown_in_a_notice(tmp_path: Path) -> None:
    """In a test, the driver cannot be suspended."""
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    async with at_screens(session) as user:
        screen = await examined(user)
        await user.press("c")
        await user.until(lambda: isinstance(user.app.screen, NoticeModal), "the notice")
        shown = "".join(line.strip(" │-") for line in user.screen_text.splitlines())
        assert findings(screen)[0].remedy.replace(" ", "") in shown.replace(" ", "")


@pytest.mark.parametrize("size", [(80, 24), (20, 8)])
async def test_the_screen_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    session = session_on(tmp_path / "store")
    for name in ("a.com", "b.com"):
        new_pair(session, name)
    async with at_screens(session, size) as user:
        screen = await examined(user)
        assert all(len(line) <= size[0] for line in user.screen_lines)
        cursor = screen.query_one(LineList).cursor
        assert cursor == 0
        assert any(line.startswith(">") for line in user.screen_lines) or size[1] < 12
        await user.resize(80, 24)
        assert "Finding" in user.screen_text


async def test_hostile_text_is_shown_without_effect(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    name = new_pair(session, "a.com")
    with session.store.change(name) as change:
        record = load_record(change.record)
        change.replace_record(dump_record(record._replace(subject_text=HOSTILE, names=(HOSTILE,))))
    (tmp_path / "store/pairs" / name / "\x1b[31mred\u202e").touch()
    async with at_screens(session) as user:
        screen = await examined(user)
        for _ in findings(screen):
            assert "\x1b" not in user.screen_text
            assert "\u202e" not in user.screen_text
            await user.press("down")
        assert any("\\x1b[31mred\\u202e" in one.text for one in findings(screen))


def test_findings_of_one_level_keep_their_order() -> None:
    order = [
        FindingCode.BACKUP_NONE,
        FindingCode.LINK,
        FindingCode.BACKUP_MISSING,
        FindingCode.UNREADABLE,
        FindingCode.BACKUP_SAME_DISK,
    ]
    sorted_codes = [
        one.code for one in worst_first(DoctorFinding(code, "/", "", command("ls")) for code in order)
    ]
    assert sorted_codes == [
        FindingCode.LINK, FindingCode.UNREADABLE, FindingCode.BACKUP_NONE, FindingCode.BACKUP_MISSING, FindingCode.BACKUP_SAME_DISK,
    ]  # fmt: skip


def test_a_row_leaves_out_the_folder_of_its_pair() -> None:
    one = DoctorFinding(
        FindingCode.OPEN_MODE,
        "/s/pairs/a.com/key.pem",
        "/s/pairs/a.com/key.pem is open",
        command("chmod"),
        "a.com",
    )
    assert short_text(one.text, "a.com") == "key.pem is open"
    spaced = "others can read /my s/pairs/a.com/key.pem (mode 0644)"
    assert short_text(spaced, "a.com") == "others can read key.pem (mode 0644)"
    assert short_text("the key of a.com", "a.com") == "the key of a.com"
    assert short_text("the key of a.com has no backup", "a.com") == "the key has no backup"
    assert short_text("a folder of None at a", None) == "a folder of None at a"
    expired = "/s/pairs/a.com/certificate.pem expired 23 Aug 2026"
    assert short_text(expired, "a.com") == "certificate.pem expired 23 Aug 2026"
    rows = FindingRows([one])
    assert rows.header(78).split() == ["Level", "Pair", "Finding"]
    assert rows.header(38).split() == ["Level", "Finding"]
    assert [rows.find(key) for key in (0, 1, "a")] == [0, None, None]
    assert FindingRows(()).header(78) == ""
    for width in range(90):
        assert rows.row(0, width).cell_length <= max(width, 10)


async def test_the_bar_counts_the_checked_pairs(tmp_path: Path) -> None:
    async with at_screens(session_on(Keystore(str(ExaminedStore(tmp_path).path)))) as user:
        screen = await examined(user)
        line = screen.query_one(ProgressLine)
        assert not line.display
        line.begin(200)
        await user.settle()
        line.reach(50)
        assert "50 of 200" in line.text
        line.reach(900)
        assert "200 of 200" in line.text
