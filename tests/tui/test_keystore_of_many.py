"""The keystore pane with many pairs: the same as with few, but from the cache and in threads."""

from __future__ import annotations

import shutil
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from many_pairs import varied, write_pair, write_pairs
from requests_made import NOW, record
from screens_user import User, at_screens, session_on

from csrtui.core.pairs.pair_json import dump_record
from csrtui.store import summary_reader
from csrtui.store.keystore import Keystore
from csrtui.store.summary_reader import FILE, SummaryListing, SummaryReader
from csrtui.tasks.list import PairList, Pairs
from csrtui.tasks.pair_text import PassphraseFacts, passphrase_facts
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.modals import backup
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.panes import keystore, keystore_reading
from csrtui.tui.panes.keystore import KeystorePane
from csrtui.tui.widgets.choice_field import ChoiceField

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from csrtui.core.pairs.pair import Pair
    from csrtui.store.keystore import ListedPair
    from csrtui.store.summary_reader import Progress

COUNT = 64
IN_USE = COUNT - 1


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a store with so many pairs that they are cached and selected in a thread."""
    monkeypatch.setattr(summary_reader, "CACHE_FROM", 50)
    monkeypatch.setattr(keystore, "_THREAD_FROM", 50)
    monkeypatch.setattr(keystore_reading, "_REPORT_INTERVAL", 0.0)
    store = tmp_path / "store"
    write_pairs(store, varied(COUNT))
    return store


async def until_found(user: User, *names: str) -> None:
    """Wait until these pairs are listed, in any order."""
    await user.until(
        lambda: not user.keystore._is_selecting and set(user.pairs) == set(names), f"the pairs {names}"
    )


async def test_filter_sort_and_jump_work_with_many_pairs(store: Path) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs in use")
        await user.until(lambda: user.summary.startswith(f" {IN_USE} pairs · "), "the end of the reading")
        await user.press("f2", "slash", *"shop5")
        await until_found(user, "shop56.example.com")
        assert user.summary.startswith(f" 1 of {IN_USE} pairs")
        await user.press(*" zzz")
        await until_found(user)
        assert "No pair matches" in user.screen_text
        await user.press("escape")
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "all again")
        await user.press("s")
        await user.until(lambda: user.pairs == sorted(user.pairs), "the names in order")
        await user.press("G")
        assert user.keystore.pairs.cursor == IN_USE - 1
        current = user.keystore.selection().current
        assert current is not None
        assert current.name == user.keystore._rows.item(IN_USE - 1).name
        await user.press("enter")
        assert user.app.is_running


async def test_an_outdated_selection_is_not_shown(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, select = threading.Event(), PairList.select
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs in use")
        before = user.keystore._pair_list

        def select_late(pairs: PairList, *arguments: Any) -> Any:
            if pairs is before:
                go_on.wait(10)
            return select(pairs, *arguments)

        monkeypatch.setattr(PairList, "select", select_late)
        user.keystore._update_list()
        user.keystore.show_pairs(PairList())
        assert user.pairs == []
        go_on.set()
        await user.until(lambda: not user.keystore._is_selecting, "the late selection")
        assert user.pairs == []


async def test_what_is_typed_during_a_selection_is_selected_after_it(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, select = threading.Event(), PairList.select

    def select_late(pairs: PairList, *arguments: Any) -> Any:
        go_on.wait(10)
        return select(pairs, *arguments)

    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs in use")
        monkeypatch.setattr(PairList, "select", select_late)
        await user.press("f2", "slash", *"shop56")
        assert user.keystore._is_selecting
        go_on.set()
        await until_found(user, "shop56.example.com")


async def test_marks_and_all_without_a_backup_are_groups(store: Path) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs")
        await user.press("f2", "space", "space", "b")
        labels = {group.label for group in user.app.screen._groups}  # type: ignore[attr-defined]
        assert "the 2 marked" in labels
        assert any(label.startswith("all ") and label.endswith(" not backed up") for label in labels)


async def test_changes_by_other_sessions_appear(store: Path) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs")
        other = Keystore(str(store))
        await user.press("f2", "slash", *"newcomer")
        await until_found(user)
        write_pair(store, "newcomer.example.com", record()._replace(names=("newcomer.example.com",)))
        with other.change("shop0.example.com") as change:
            change.replace_record(change.record.replace(b"CN=shop0", b"CN=newcomer"))
        await user.until(lambda: look(user) and len(user.pairs) == 2, "the new and the changed pair")
        shutil.rmtree(store / "pairs" / "newcomer.example.com")
        with other.change("www1.example.com") as change:
            change.replace_record(change.record.replace(b"CN=www1", b"CN=newcomer"))
        await user.until(
            lambda: look(user) and set(user.pairs) == {"shop0.example.com", "www1.example.com"},
            "what is there",
        )


async def test_visible_and_new_pairs_are_shown_before_all_are_checked(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_screens(session_on(store)) as user:
        await user.press("f2", "slash", *"www")
        await user.until(lambda: look(user) and "www1.example.com" in user.pairs, "the pairs")
        checking, go_on = threading.Event(), threading.Event()
        hold_full_readings(monkeypatch, go_on, checking)

        with Keystore(str(store)).change("www1.example.com") as change:
            change.replace_record(dump_record(record()._replace(retired=NOW)))
        await user.until(lambda: look(user) or checking.is_set(), "the check")
        await user.until(lambda: "www1.example.com" not in user.pairs, "the change")
        go_on.set()
        await user.until(lambda: look(user), "the end of the check")
        go_on.clear()
        write_pair(store, "www0.example.com", record())
        await user.until(lambda: look(user) or "www0.example.com" in user.pairs, "the new pair")
        assert user.keystore._is_reading
        go_on.set()
        await user.until(lambda: look(user), "the end of the check")


async def test_new_pairs_are_shown_during_a_pause_of_reading(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_screens(session_on(store)) as user:
        await user.press("f2")
        await user.until(lambda: look(user) and len(user.keystore._rows) == IN_USE, "the pairs")
        never = threading.Event()
        begun = threading.Event()
        hold_full_readings(monkeypatch, never, begun)
        user.keystore._is_pausing = True
        write_pair(store, "a-new.example.com", record())
        user.keystore.check_for_changes()
        await user.until(lambda: len(user.keystore._rows) == IN_USE + 1, "the new pair")
        shutil.rmtree(store / "pairs" / "a-new.example.com")
        user.keystore.check_for_changes()
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "all but that one")
        store.chmod(0o755)
        (store / "pairs").touch()
        user.keystore.check_for_changes()
        await user.until(lambda: not user.keystore._is_reading, "the end")
        assert user.keystore.error is not None
        assert not begun.is_set(), "no full reading began"
        never.set()


def hold_full_readings(
    monkeypatch: pytest.MonkeyPatch, go_on: threading.Event, begun: threading.Event
) -> None:
    """Hold each reading of all pairs until `go_on` is set; set `begun` when one begins."""
    real = SummaryReader.read

    def read(
        self: SummaryReader, recheck: Collection[str] | None = None, **options: Progress
    ) -> SummaryListing:
        if recheck is None:
            begun.set()
            go_on.wait(10)
        return real(self, recheck, **options)

    monkeypatch.setattr(SummaryReader, "read", read)


def look(user: User) -> bool:
    """Check for changes now, and not after a second."""
    user.keystore._is_pausing = False
    user.keystore.check_for_changes()
    return not user.keystore._is_reading and not user.keystore._is_selecting


def lost(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [lost, emptied])
async def test_the_cache_can_disappear_at_any_time(store: Path, spoil: Callable[[Path], None]) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs")
        spoil(store / FILE)
        await user.press("f2", "end", "home", "pagedown", "slash", *"shop56")
        await until_found(user, "shop56.example.com")
        await user.until(lambda: look(user) and user.pairs == ["shop56.example.com"], "another look")
        assert user.pairs == ["shop56.example.com"]
        await user.press("escape")
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "all again")


async def test_the_second_run_shows_cached_pairs_as_unchecked(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs")
    shutil.rmtree(store / "pairs" / "shop0.example.com")
    seen = threading.Event()
    hold_full_readings(monkeypatch, seen, threading.Event())
    app = CsrtuiApp(session_on(store))
    async with app.run_test(size=(80, 24)) as pilot:
        user = User(app, pilot)
        await user.until(lambda: user.main.query(KeystorePane), "the list of pairs")
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "what was known")
        assert user.summary.startswith(f" as last seen, checking · {IN_USE} pairs")
        write_pair(store, "a-new.example.com", record())
        user.keystore.check_for_changes()
        readings = [worker for worker in app.workers if worker.group == "keystore"]
        assert len(readings) == 1, "the next reading begins after the end of this one"
        seen.set()
        await user.until(lambda: "a-new.example.com" in user.pairs, "the pair that came during the reading")
        shutil.rmtree(store / "pairs" / "a-new.example.com")
        await user.until(lambda: user.summary.startswith(f" {IN_USE - 1} pairs"), "the pairs there are")


@pytest.mark.parametrize(("interval", "told"), [(-1, ["reading 0%", "reading 66%"]), (9, [])])
def test_the_progress_of_a_reading_is_told_at_intervals_in_percent(
    monkeypatch: pytest.MonkeyPatch, interval: int, told: list[str]
) -> None:
    def read(on_progress: Progress) -> SummaryListing:
        on_progress(0, 3)
        on_progress(2, 3)
        return SummaryListing([], [])

    monkeypatch.setattr(keystore_reading, "_REPORT_INTERVAL", interval)
    reader: Any = SimpleNamespace(load_cache=list, read=read)
    texts: list[str] = []
    keystore_reading.read_store(reader, lambda _: None, texts.append, is_first=True)
    assert texts == told


async def test_a_store_that_becomes_unsafe_is_reported_and_recovers(store: Path) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs")
        store.chmod(0o755)
        (store / "pairs").touch()
        look(user)
        await user.until(lambda: "chmod" in user.message, "the chmod")
        assert user.pairs == []
        assert "cannot be read" in user.title
        look(user)
        await user.until(lambda: not user.keystore._is_reading, "another look")
        assert "chmod" in user.message, "it is still so"
        store.chmod(0o700)
        look(user)
        await user.until(
            lambda: len(user.keystore._rows) == IN_USE, "the pairs again, though nothing else changed"
        )
        await user.until(lambda: not user.message, "that all is well")


async def test_typing_a_passphrase_for_all_reads_no_pair(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    listing = Keystore.listing

    def counted(keystore: Keystore, names: Iterable[str] | None = None) -> Iterator[ListedPair]:
        for listed in listing(keystore, names):
            read.append(listed.name)
            yield listed

    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs in use")
        await user.press("f2")
        await user.until(lambda: user.detail, "the details of the first pair, which are read")
        await user.press("b")
        assert isinstance(user.app.screen, BackupModal)
        dialog = user.app.screen
        dialog.query_one("#group", ChoiceField).focus()
        await user.press("end")
        await user.until(
            lambda: dialog._locked_count is not None and len(dialog.group.pairs) > 1, "the keys counted"
        )
        locked = dialog._locked_count
        assert locked == sum(pair.record.key.encrypted for pair in dialog.group.pairs)
        monkeypatch.setattr(Keystore, "listing", counted)
        dialog.query_one("#passphrase").focus()
        await user.press(*"a long passphrase")
        await user.resize(100, 30)
        assert read == []
        assert dialog._locked_count == locked


async def test_a_generated_passphrase_waits_for_the_keys_to_be_counted(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def held(pairs: Sequence[Pair]) -> PassphraseFacts:
        if isinstance(pairs, Pairs) and len(pairs) > 1:
            go_on.wait(10)
            return PassphraseFacts(len(pairs), locked=1, backed_up=0)
        return passphrase_facts(pairs)

    monkeypatch.setattr(backup, "passphrase_facts", held)
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs in use")
        await user.press("f2", "b")
        dialog = user.app.screen
        assert isinstance(dialog, BackupModal)
        await user.generate()
        assert dialog._generated is not None, "the one pair is counted at once"
        dialog.query_one("#group", ChoiceField).focus()
        await user.press("end")
        await user.settle()
        assert dialog._generated is not None
        await user.generate()
        assert "still being read" in user.screen_text
        go_on.set()
        await user.until(lambda: dialog._generated is None, "the generated passphrase taken away")
        await user.generate()
        assert "Type that passphrase for its backup" in " ".join(user.screen_text.replace("│", " ").split())


async def test_all_pairs_can_disappear_before_their_backup(store: Path) -> None:
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.keystore._rows) == IN_USE, "the pairs in use")
        await user.press("f2", "b")
        dialog = user.app.screen
        assert isinstance(dialog, BackupModal)
        dialog.query_one("#group", ChoiceField).focus()
        await user.press("end")
        await user.settle()
        shutil.rmtree(store / "pairs")
        for size in ((60, 18), (120, 40)):
            await user.resize(*size)
            await user.press(*"ab", "ctrl+g", "down", "enter")
            assert user.app.is_running
