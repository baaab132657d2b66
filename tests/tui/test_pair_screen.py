"""The screen of a pair: its timeline, certificate, files and history; and the next twelve months."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from exports_made import issue, issued_pair
from pairs_made import new_pair
from rich.cells import cell_len
from screens_user import NOW, at_screens, session_on

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.tui.screens.months import MonthsScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.widgets.one_line_widgets import RuleLine

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

DAY = timedelta(days=1)
HOSTILE = "\x1b]52;c;Zm9v\x07\u202e[@click=app.quit]x[/]\u200b\x00"
LIFE = Validity(NOW - 100 * DAY, NOW + 80 * DAY)


def changed(session: Session, name: str, **changes: object) -> None:
    """Write another record of a pair."""
    with session.store.change(name) as change:
        record = load_record(change.record)
        change.replace_record(dump_record(record._replace(**changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_timeline_is_drawn_below_the_status(tmp_path: Path, size: tuple[int, int]) -> None:
    session = session_on(tmp_path / "store")
    backup = Backup(BackupStatus.VERIFIED, "/b.pem", NOW - 109 * DAY, NOW)
    changed(
        session,
        new_pair(session, "a.com"),
        created=NOW - 110 * DAY,
        submitted=NOW - 105 * DAY,
        backups=(backup,),
        validity=LIFE,
    )
    async with at_screens(session, size) as user:
        await user.press("f2", "enter")
        lines = user.read_text.splitlines()
        line = next(at for at, text in enumerate(lines) if "▼" in text)
        assert lines[0].startswith(" issued · 80 days left ·")
        assert "Nothing to do" in " ".join(lines[:line]) or "Install" in " ".join(lines[:line])
        assert lines[line].startswith(" ●")
        assert lines[line].endswith("o")
        text = user.read_text
        marks = ("created", "backed up", "submitted", "issued", "today 23 Nov", "renewal due", "expires")
        assert all(f"└ {mark}" in text for mark in marks)
        assert all(len(one) <= size[0] for one in lines[line : line + 9])
        if size[1] > 12:
            assert "└ created" in user.screen_text, "all of it is seen without scrolling"


async def test_without_room_only_the_timeline_is_left_out(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    async with at_screens(session, (12, 10)) as user:
        await user.press("f2", "enter")
        assert "▼" not in user.read_text
        assert "Subject" in user.read_text
        await user.resize(80, 24)
        assert " ●created ▼today" in user.read_text, "few events are on one line"


async def test_an_issued_pair_shows_its_certificate_and_the_previous_one(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    name = issued_pair(session)
    issue(session, name, NOW - DAY)
    async with at_screens(session, (120, 60)) as user:
        await user.press("f2", "enter")
        await user.press("h")
        text = user.read_text
        for label in ("Valid", "Certificate", "Chain", "Differences"):
            assert f"\n {label}" in text
        assert "issued by CN=Test CA 1" in text
        assert "complete up to CN=Test Root, which clients must trust" in text
        unbroken = "".join(text.split())
        assert f"Folder{session.store.pair_path(name)}Files" in unbroken
        assert f"Earlier{session.store.pair_path(name)}/certificate-" in unbroken
        assert "certificate imported, expires" in text


async def test_hostile_text_in_record_and_certificate_is_shown_without_effect(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    name = issued_pair(session)
    changed(
        session,
        name,
        subject_text=HOSTILE,
        platform=HOSTILE,
        renews=HOSTILE,
        renewed_by=HOSTILE,
        history=(HistoryEntry(NOW, HOSTILE, HOSTILE),),
        backups=(Backup(BackupStatus.MISSING, HOSTILE, NOW, NOW, since=NOW),),
    )
    Path(session.store.pair_path(name), "certificate-\x1b[31m.pem").touch()
    async with at_screens(session, (120, 60)) as user:
        await user.press("f2", "enter", "h")
        assert isinstance(user.app.screen, PairScreen)
        for text in (user.read_text.replace("\n", ""), "".join(user.screen_lines)):
            assert text.isprintable()
            assert "\\x1b]52;c;Zm9v\\x07\\u202e[@click=app.quit]x[/]" in text
        assert "certificate-\\x1b[31m.pem" in "".join(user.read_text.split())


async def test_the_subject_is_shown_unchanged_even_if_it_looks_like_a_command_or_an_option(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.example.com")
    changed(session, "a.example.com", subject_text="CN=a.example.com,O=csrtui export (--bar) Ltd")
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        await user.press("f2", "enter")
        assert "O=csrtui export (--bar) Ltd" in user.screen_text


async def test_an_impossible_timeline_is_drawn_too(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    lives = {
        "backwards.com": Validity(NOW + 9000 * DAY, NOW - 9000 * DAY),
        "moment.com": Validity(NOW, NOW),
        "forever.com": Validity(NOW - 700_000 * DAY, NOW + 2_900_000 * DAY),
    }
    for name, life in lives.items():
        changed(session, new_pair(session, name), validity=life, created=NOW + DAY)
    async with at_screens(session) as user:
        await user.press("f2", "enter")
        seen = set()
        for _ in lives:
            seen.add(user.title.split()[2])
            assert "▼today" in user.read_text or "└ today 23 Nov" in user.read_text, user.title
            await user.press("]")
        assert seen == set(lives)
        await user.press("q", "m")
        await user.until(lambda: "overdue" in user.screen_text, "the chart")


async def test_brackets_go_to_the_previous_and_next_pair_and_groups_unfold(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    for name in ("a.com", "b.com", "c.com"):
        new_pair(session, name)
    async with at_screens(session, (80, 16)) as user:
        await user.press("f2", "down", "enter")
        shown = user.title.split()[2]
        names = user.pairs
        assert shown == names[1]
        assert user.title.endswith(" [ previous  ] next   2 of 3 ")
        assert user.read_text.splitlines()[-1].startswith("─ Backup ─ Where it is ─ History (1) ─")
        assert user.read_text.endswith("h opens ─")
        await user.press("h")
        assert "tester  created" in user.read_text
        await user.press("right_square_bracket")
        assert user.title.split()[2] == names[2]
        await user.press("right_square_bracket")
        assert "No more pairs" in user.screen_text
        await user.press("left_square_bracket", "left_square_bracket")
        assert user.title.endswith(" [ previous  ] next   1 of 3 ")
        await user.resize(40, 16)
        assert user.title.endswith(" 1 of 3 ")
        assert "previous" not in user.title, "there is no room for it"
        await user.resize(80, 16)
        await user.press("escape")
        assert user.keystore.pairs.cursor == 0, "the list goes where the reader was"


async def test_fingerprints_paths_and_names_are_copied_but_no_key(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    async with at_screens(session) as user:
        await user.press("f2", "y")
        assert "Key fingerprint (SPKI SHA-256)" in user.screen_text
        assert "Pair's name" in user.screen_text
        assert user.screen_text.count("  a.com") == 1, "a value is listed once"
        await user.press("down", "down", "enter")
        await user.until(lambda: user.copied, "the copy")
        [text] = user.copied
        record = load_record((tmp_path / "store" / "pairs" / "a.com" / "pair.json").read_bytes())
        assert text == record.key.spki_sha256
        assert (
            user.message
            == "Key fingerprint (SPKI SHA-256) sent to your terminal's clipboard, if it allows that."
        )
        await user.press("enter", "y", "escape")
        assert isinstance(user.app.screen, PairScreen)


async def test_the_bar_shows_every_command_that_the_pair_allows(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    issue(session, new_pair(session, "b.com"))
    async with at_screens(session, (120, 24)) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "s", "enter")
        labels = "v CSR u Submit i Import t Retire S Server C CA y Copy ctrl+q Quit Esc Back ? All keys"
        assert " ".join(user.bar.split()) == f". Back up {labels}"
        await user.press("right_square_bracket")
        labels = labels.replace("u Submit ", "").replace("t R", "I Install w Renew t R")
        assert " ".join(user.bar.split()) == f". Back up {labels}"
        await user.press("t", "right", "enter")
        await user.until(lambda: "t Take back" in user.bar, "the way back")
        assert "Import" not in user.bar


async def test_a_renewed_pair_offers_to_be_retired_at_80_columns(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    changed(session, new_pair(session, "next.example.com"), validity=LIFE)
    changed(session, issued_pair(session), renewed_by="next.example.com")
    async with at_screens(session) as user:
        await user.press("f2", "slash", *"a.com", "enter")
        await user.until(lambda: user.pairs == ["a.com"], "the pair")
        await user.press("enter")
        await user.until(lambda: "Install next.example.com before 2 Jun 2027" in user.screen_text, "the pair")
        assert "t Retire" in user.bar
        assert "Renew" not in user.bar


# The next twelve months


async def test_the_chart_counts_what_expires_by_month(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    changed(session, new_pair(session, "a.com"), validity=LIFE)
    changed(session, new_pair(session, "old.com"), validity=Validity(NOW - 90 * DAY, NOW - DAY))
    new_pair(session, "new.com")
    async with at_screens(session) as user:
        await user.press("f2", "m")
        assert isinstance(user.app.screen, MonthsScreen)
        await user.until(lambda: "overdue" in user.screen_text, "the chart")
        lines = [" ".join(line.split()) for line in user.screen_lines]
        assert "> overdue · 1 ●" in lines
        assert "Dec 2026 1 ·" in lines
        assert "Feb 2027 · 1 ●" in lines
        assert "Not counted: 1 without a certificate." in lines
        await user.press("q")
        assert user.focused_id == "pairs"


async def test_enter_on_a_month_lists_its_pairs(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    changed(session, new_pair(session, "a.com"), validity=LIFE)
    changed(session, new_pair(session, "old.com"), validity=Validity(NOW - 90 * DAY, NOW - DAY))
    changed(session, new_pair(session, "late.com"), validity=Validity(NOW, NOW + 2000 * DAY))
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 3, "the pairs")
        await user.press("f2", "m")
        await user.until(lambda: "overdue" in user.screen_text, "the chart")
        assert "Enter List pairs" in user.bar
        await user.press("down", "enter")
        assert "Nothing is due or expires in this month." in user.screen_text
        await user.press("down")
        assert "Nothing is due" not in user.screen_text
        await user.press("escape")
        months = (
            (0, "overdue", "old.com", "EXPIRED"),
            (2, "dec-2026", "a.com", "Deadline"),
            (13, ">oct-2027", "late.com", "due 2030, expires 2032"),
        )
        for steps, words, name, shown in months:
            await user.press("m")
            await user.until(lambda: "overdue" in user.screen_text, "the chart")
            await user.press(*["down"] * steps, "enter")
            await user.until_pairs(name)
            assert (user.keystore.filter.value, user.focused_id) == (words, "pairs")
            assert user.summary.startswith(" 1 of 3 pairs")
            assert ("1 expired" in user.summary) == (name == "old.com"), "only the listed pair is counted"
            assert shown in user.screen_text
        await user.press("escape")
        await user.until(lambda: any(line.startswith("> later") for line in user.screen_lines), "the months")
        await user.press("escape")
        assert len(user.pairs) == 3
        await user.press("escape")
        assert not isinstance(user.app.screen, MonthsScreen)


async def test_missing_certificates_are_reported(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2", "m")
        await user.until(lambda: "No pair in use has" in user.screen_text, "the answer")


async def test_an_unreadable_store_is_reported(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    async with at_screens(session) as user:
        await user.press("f2")
        (tmp_path / "store").chmod(0o777)
        await user.press("m")
        await user.until(lambda: "chmod 700" in user.screen_text, "the refusal")


@pytest.mark.parametrize("size", [(80, 24), (20, 8)])
async def test_the_chart_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    session = session_on(tmp_path / "store")
    for at in range(5):
        changed(session, new_pair(session, f"{at}.example.com"), validity=LIFE)
    async with at_screens(session, size) as user:
        await user.press("f2", "m")
        await user.until(lambda: "overdue" in user.screen_text, "the chart")
        width = size[0]
        assert all(cell_len(line) <= width for line in user.screen_lines)
        await user.press("down", "down", "down", "down")  # February, which is below the edge of a low screen
        assert ("●●●●●" in user.screen_text) == (width >= 40)


async def test_the_number_of_lines_below_the_screen_is_shown(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "a.com")
    async with at_screens(session, (80, 12)) as user:
        await user.press("f2", "enter", "h")
        assert "tester  created" in user.screen_text, "the history, which h opens"
        await user.press("home")
        screen = user.app.screen
        assert isinstance(screen, PairScreen)
        rule = screen.query_one("#message", RuleLine)
        every = len(user.read_text.splitlines())
        assert rule.text.endswith(f"─ {every - 8} more lines: PgDn ──")
        assert len(rule.text) == 80
        screen.tell("what happened")
        assert rule.text.startswith("── what happened ──")
        assert rule.text.endswith(f"─ {every - 8} more lines: PgDn ──")
        screen.tell("x" * 60)
        assert (rule.is_cut, "more lines" in rule.text) == (False, False)
        screen.tell("word " * 20 + "end")
        await user.until(lambda: rule.size.height == 2, "a second line")
        assert (rule.is_cut, rule.text.count("word"), "end ──" in rule.text) == (False, 20, True)
        screen.tell("word " * 40)
        assert (rule.is_cut, rule.text.count("\n"), "… ─" in rule.text) == (True, 1, True)
        rule.clear()
        await user.until(lambda: rule.size.height == 1, "one line")
        await user.press("end", "up")
        assert rule.text.endswith("─ 1 more line: PgDn ──")
        await user.press("down")
        assert rule.text == "─" * 80
        await user.press("home", "pagedown")
        assert rule.text.endswith(f"─ {every - 8 - 7} more lines: PgDn ──")
        await user.press("pageup")
        assert rule.text.endswith(f"─ {every - 8} more lines: PgDn ──")
        await user.resize(80, 60)
        assert rule.text == "─" * 80
