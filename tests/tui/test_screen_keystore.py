"""The keystore pane, and a pair in full."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from shutil import rmtree
from typing import TYPE_CHECKING

import pytest
from certificates_made import DAYS, intermediate, pem
from hypothesis import given
from hypothesis import strategies as st
from pairs_made import new_pair
from requests_made import record
from rich.cells import cell_len
from screens_user import NOW, at_screens, session_on
from tables import table

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.pairs.query import SortOrder, sort_key
from csrtui.core.pairs.summary import summarize
from csrtui.store.keystore import Keystore
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.retire import retire
from csrtui.tasks.session import change_record
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.wrapping import cut_name

if TYPE_CHECKING:
    from pathlib import Path


def make(store: Path, *names: str, days_ago: int = 0, **changes: object) -> None:
    """Make pairs in a separate session, as another process would."""
    session = session_on(Keystore(str(store)))
    session.clock = lambda: NOW - timedelta(days=days_ago)
    for name in names:
        pair = create_pair(session, RequestSpec(names=(name,)))
        if changes:
            with session.store.change(pair.name) as change:
                record = load_record(change.record)
                change.replace_record(dump_record(record._replace(**changes)))  # type: ignore[arg-type]


VERIFIED = Backup(
    status=BackupStatus.VERIFIED, path="/backup/a.pem", created=NOW, verified=NOW - timedelta(days=3)
)


async def test_an_empty_keystore_says_how_to_begin(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        assert "No pairs yet" in user.screen_text
        await user.press("enter", "s")
        assert user.app.is_running


async def test_a_pair_made_in_another_session_appears(tmp_path: Path) -> None:
    store = tmp_path / "store"
    async with at_screens(session_on(store)) as user:
        await user.press("f2")
        make(store, "b.example.com")
        user.keystore.check_for_changes()
        await user.until_pairs("b.example.com")
        assert "No pairs yet" not in user.screen_text
        make(store, "a.example.com")
        user.keystore.check_for_changes()
        await user.until(lambda: len(user.pairs) == 2, "both")
        assert user.keystore.pairs.cursor == 1, "the cursor stays on its pair"
        assert "2 pairs · 2 not backed up" in user.summary
        assert "[Keystore 2]" in user.title, "the line above the list has the other counts"
        make(store, "c.example.com")
        user.keystore.check_for_changes(select="c.example.com")
        await user.until(lambda: len(user.pairs) == 3, "all three")
        assert user.pairs[user.keystore.pairs.cursor or 0] == "c.example.com", (
            "the cursor goes to the wanted pair"
        )


async def test_a_check_of_an_unchanged_store_reads_nothing(tmp_path: Path) -> None:
    make(tmp_path / "store", "a.example.com")
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        read = []
        names = session.store.names

        def counted() -> list[str]:
            read.append(1)
            return names()

        session.store.names = counted  # type: ignore[method-assign]
        user.keystore.check_for_changes()
        await user.settle()
        assert not user.keystore._is_reading
        assert read == []
        make(tmp_path / "store", "b.example.com")
        user.keystore.check_for_changes()
        await user.until(lambda: len(user.pairs) == 2, "both")
        assert read == [1]


async def test_escape_clears_the_filter(tmp_path: Path) -> None:
    make(tmp_path / "store", "shop.example.com", "www.example.com", "mail.example.org")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.until(lambda: len(user.pairs) == 3, "the pairs")
        await user.press("f2", "slash")
        assert "words, due, next:renew" in user.screen_text, "examples of words"
        assert user.focused_id == "filter"
        await user.press(*"EXAMPLE.com s")
        assert user.pairs == ["shop.example.com"]
        assert "1 of 3 pairs" in user.summary
        assert "Keystore 3" in user.title
        await user.press("backspace", "backspace", "enter")
        assert user.focused_id == "pairs"
        assert user.pairs == ["shop.example.com", "www.example.com"]
        await user.press("slash", *" zzz")
        assert user.pairs == []
        assert 'No pair matches "EXAMPLE.com zzz"' in user.screen_text
        await user.press("escape")
        assert len(user.pairs) == 3
        assert user.keystore.filter.value == ""
        assert user.focused_id == "pairs"


async def test_all_counts_return_when_the_filter_is_left(tmp_path: Path) -> None:
    make(tmp_path / "store", "www.example.com")
    make(tmp_path / "store", "old.example.com", "older.example.com", retired=NOW)
    async with at_screens(session_on(tmp_path / "store"), size=(80, 24)) as user:
        await user.until(lambda: len(user.pairs) == 1, "the pairs")
        await user.press("f2")
        counts = user.summary
        assert "1 not backed up" in counts
        await user.press("slash")
        await user.until(lambda: user.summary != counts, "fewer counts beside the wider filter")
        await user.press("escape")
        await user.until(lambda: user.summary == counts, "all counts")


async def test_the_counts_are_those_of_the_listed_pairs_and_an_empty_list_explains_the_filter(
    tmp_path: Path,
) -> None:
    safe = (Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),)
    make(tmp_path / "store", "safe.example.com", backups=safe)
    make(tmp_path / "store", "shop.example.com", "www.example.com")
    make(tmp_path / "store", "old.example.org", retired=NOW)
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2", "slash")

        async def counts_with(text: str) -> str:
            user.keystore.filter.value = text
            await user.until(lambda: user.keystore.rows is not before, text)
            return user.summary.strip()

        for text, counts in {
            "safe": "1 of 3 pairs",
            "shop": "1 of 3 pairs · 1 not backed up",
            "next:submit": "1 of 3 pairs",
            "next:": "3 of 3 pairs · 2 not backed up",
            "retired": "1 of 4 pairs",
        }.items():
            before = user.keystore.rows
            assert await counts_with(text) == counts
        user.keystore.filter.value = "due"
        await user.until(lambda: not user.pairs, "the empty list")
        assert "finds certificates whose renewal is due" in user.screen_text
        assert "next:renew" in user.screen_text
        user.keystore.filter.value = "old"
        await user.until(lambda: "1 retired pair would match. T shows" in user.screen_text, "the hidden pair")
        assert "renewal is due" not in user.screen_text


async def test_letters_are_typed_in_the_filter_and_are_commands_in_the_list(tmp_path: Path) -> None:
    make(tmp_path / "store", "a.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.until_pairs("a.example.com")
        await user.press("f2", "slash", *"sn/?")
        assert user.keystore.filter.value == "sn/?"
        await user.press("escape", "question_mark")
        assert "Help" in user.title
        await user.press("escape", "n")
        assert user.focused_id == "common_name"


async def test_sorting_cycles_through_every_order_and_shows_it(tmp_path: Path) -> None:
    store = tmp_path / "store"
    soon, late = (Validity(NOW - timedelta(days=1), NOW + timedelta(days=days)) for days in (40, 90))
    make(store, "b.example.com", days_ago=9, validity=late, backups=(VERIFIED,))
    make(store, "c.example.com", days_ago=5, validity=soon, backups=(VERIFIED,))
    make(store, "d.example.com", days_ago=1)
    make(store, "a.example.com", days_ago=7, retired=NOW)
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: len(user.pairs) == 3, "the pairs in use")
        assert user.pairs[0] == "d.example.com"
        await user.press("f2", "T")
        await user.until(lambda: len(user.pairs) == 4, "the retired pair too")
        expected = {
            SortOrder.NAME: "abcd",
            SortOrder.CREATED: "dcab",
            SortOrder.DAYS_LEFT: "cbad",
        }
        for order, letters in expected.items():
            await user.press("s")
            assert user.message == f"sorted: {order.value}"
            assert "".join(name[0] for name in user.pairs) == letters
        await user.press("s")
        assert user.message == f"sorted: {SortOrder.URGENCY.value}"
        assert user.pairs[0] == "d.example.com"
        assert "verified 3 d" in user.screen_text
        assert "40 d" in user.screen_text
        await user.press("s")
    async with at_screens(session_on(store)) as user:
        await user.until_pairs("b.example.com", "c.example.com", "d.example.com")
        assert user.keystore.rows.order is SortOrder.NAME, "as in the last session"


def test_every_order_sorts_and_all_orders_are_reachable() -> None:
    seen = [SortOrder.URGENCY]
    while (following := seen[-1].next_order) is not seen[0]:
        seen.append(following)
    assert set(seen) == set(SortOrder)
    assert all(callable(sort_key(order, NOW)) for order in SortOrder)


async def test_a_pair_that_cannot_be_read_is_shown_and_named(tmp_path: Path) -> None:
    store = tmp_path / "store"
    make(store, "a.example.com", "b.example.com")
    (store / "pairs" / "b.example.com" / "pair.json").write_text("{")
    async with at_screens(session_on(store), (120, 40)) as user:
        await user.until_pairs("b.example.com", "a.example.com")
        assert "1 cannot be read" in user.summary
        row = next(line for line in user.screen_lines if "b.example.com" in line and line[2] != " ")
        assert "cannot be read; Enter shows why" in row
        await user.press("f2", "home", "enter")
        said = "".join(user.message.split())
        assert f"{store}/pairs/b.example.com:pair.jsonisnotJSON" in said
        assert "Keystore ·" not in user.title
        await user.press("down", "enter")
        assert "Keystore · a.example.com" in user.title


async def test_a_command_on_a_pair_that_cannot_be_read_says_why_and_what_to_do(tmp_path: Path) -> None:
    store = tmp_path / "store"
    make(store, "a.example.com", "b.example.com", backups=(VERIFIED,))
    (store / "pairs" / "b.example.com" / "key.pem").chmod(0o644)
    async with at_screens(session_on(store), (200, 24)) as user:
        await user.until_pairs("b.example.com", "a.example.com")
        await user.press("f2", "home")
        for key in ("full_stop", "b", "u", "I", "M", "U", "w", "V", "t", "y", "S", "C"):
            user.main.clear_message()
            await user.press(key)
            assert f"Run: chmod 600 {store}/pairs/b.example.com/key.pem" in user.message, key
            assert user.app.screen is user.main
        await user.press("down", "space", "up", "V")
        assert user.app.screen is not user.main, "the marked pair can be verified"


async def test_a_list_shows_incomplete_chains_and_missing_successors(tmp_path: Path) -> None:
    store = tmp_path / "store"
    session = session_on(store)
    for name in ("a.com", "b.com", "c.com"):
        new_pair(session, name)
    leaf = intermediate().sign(read_pair(session, "a.com")[1].der, days=DAYS)
    (result,) = import_certificates(session, [ImportSource(pem(leaf))])
    assert result.ok
    for name, successor in (("b.com", "gone.com"), ("c.com", "a.com")):
        change_record(session, name, partial(PairRecord._replace, retired=NOW, renewed_by=successor))
    async with at_screens(session, (120, 40)) as user:
        await user.press("f2", "T")
        rows = {line[2:8].strip(): line for line in user.screen_lines}
        assert "no chain" in rows["a.com"]
        assert "no successor" in rows["b.com"]
        assert "retired" in rows["c.com"]
        user.keystore.pairs.move_to(user.pairs.index("b.com"))
        await user.until(lambda: "gone.com, which" in user.screen_text, "the reason in the details")
        await user.press("slash", *"chain")
        assert user.pairs == ["a.com"]


async def test_beside_the_form_the_list_keeps_the_stage_of_long_names(tmp_path: Path) -> None:
    make(tmp_path / "store", f"{'a' * 30}.example.com", "b.com")
    async with at_screens(session_on(tmp_path / "store"), (120, 40)) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        assert "Stage" in user.screen_text
        assert "F6: profiles · F9: more fields" in user.screen_text
        assert sum(line.count(">") for line in user.screen_lines) == 1, "only the form has the mark"
        await user.press("f2")
        assert sum(line.count(">") for line in user.screen_lines) == 1


async def test_an_unsafe_store_is_reported_with_the_chmod(tmp_path: Path) -> None:
    store = tmp_path / "store"
    make(store, "a.example.com")
    store.chmod(0o755)
    async with at_screens(session_on(store)) as user:
        await user.until(lambda: "chmod" in user.message, "the chmod")
        await user.press("f2")
        assert f"chmod 700 {store}".replace(" ", "") in "".join(user.screen_text.split())
        assert "No pairs yet" not in user.screen_text
        assert "cannot be read" in user.summary
        assert user.pairs == []
        store.chmod(0o700)
        make(store, "b.example.com")
        user.keystore.check_for_changes()
        await user.until(lambda: len(user.pairs) == 2, "the pairs")


async def test_a_csr_that_was_changed_is_not_shown(tmp_path: Path) -> None:
    store = tmp_path / "store"
    make(store, "a.example.com", "b.example.com")
    other = (store / "pairs" / "b.example.com" / "request.pem").read_bytes()
    (store / "pairs" / "a.example.com" / "request.pem").write_bytes(other)
    async with at_screens(session_on(store), (200, 24)) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "home", "enter")
        assert "is not the CSR on record" in user.message
        await user.press("enter")
        assert "Keystore ·" not in user.title


async def test_a_pair_in_full_scrolls_and_keeps_its_place_in_the_list(tmp_path: Path) -> None:
    store = tmp_path / "store"
    make(store, "a.example.com", "b.example.com", backups=(VERIFIED,))
    async with at_screens(session_on(store), (60, 12)) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "end", "enter")
        for key in ("down", "j", "pagedown", "space", "pageup", "k", "up", "end", "home", "G", "g"):
            await user.press(key)
        assert user.screen_lines[2].startswith(" new · verified backup · other software")
        await user.press("h", "end")
        assert "tester  created" in user.screen_text
        await user.press("question_mark")
        assert "Help" in user.title
        await user.press("escape", "q")
        assert user.focused_id == "pairs"
        assert user.keystore.pairs.cursor == 1


async def test_the_details_follow_the_cursor_and_marks_are_counted(tmp_path: Path) -> None:
    store = tmp_path / "store"
    make(store, "a.example.com", "b.example.com", backups=(VERIFIED,))
    (store / "pairs" / "b.example.com" / "pair.json").write_text("{")
    async with at_screens(session_on(store)) as user:
        await user.press("f2")
        await user.until(lambda: "cannot be read" in user.screen_text, "the pairs")
        await user.until(lambda: "pair.json is not JSON" in user.detail, "why it cannot be read")
        await user.press("down")
        await user.until(lambda: "a.example.com   other software, public CA" in user.detail, "the details")
        assert "Backed up. Submit the CSR to a public CA." in user.screen_text
        retire(user.main._session, "a.example.com")
        make(store, "c.example.com")
        user.keystore.check_for_changes()
        await user.until_pairs("b.example.com", "c.example.com")
        await user.until(lambda: "No backup: if this key is lost" in user.detail, "the details of the next")
        await user.press("space")
        assert user.summary.startswith(" 1 marked · 1 pair")
        await user.press("slash", *"zzz")
        await user.until(lambda: not user.detail, "no details of nothing")


async def test_the_details_return_with_the_pair_that_a_filter_hid(tmp_path: Path) -> None:
    make(tmp_path / "store", "a.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        await user.until(lambda: "a.example.com   other" in user.detail, "the details")
        await user.press("slash", *"zzz")
        await user.until(lambda: not user.detail, "no details of nothing")
        await user.press("escape")
        await user.until(lambda: "a.example.com   other" in user.detail, "the details again")


async def test_details_that_do_not_fit_lack_their_last_parts(tmp_path: Path) -> None:
    make(tmp_path / "store", "shop.example.com", renewed_by=f"{'long' * 9}.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        await user.until(lambda: "shop.example.com   renewed by" in user.detail, "the details")
        assert user.detail.splitlines()[0].endswith("long.example.com")
        assert all(len(line) < 80 for line in user.detail.splitlines())


async def test_the_bar_shows_no_letters_while_the_filter_is_typed(tmp_path: Path) -> None:
    make(tmp_path / "store", "a.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.until_pairs("a.example.com")
        await user.press("f2", "slash")
        assert user.bar.split("  ")[0].strip() == "Enter To the list"
        assert "Space Mark" not in user.bar
        await user.press("enter")
        assert "Space Mark" in user.bar
        assert "Enter Open" in user.bar
        await user.press("slash", *"none like this", "enter")
        await user.until(lambda: "No pair matches" in user.screen_text, "the empty list")
        assert "Enter Open" not in user.bar


async def test_the_key_column_is_as_wide_as_its_longest_label_so_that_names_fit_beside_it(
    tmp_path: Path,
) -> None:
    name = "wildcard.lab.mydomain.com"
    make(tmp_path / "store", name)
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        await user.until_pairs(name)
        assert f"> {name}  EC P-256  none" in user.screen_text


async def test_a_pair_that_is_already_listed_is_selected_at_once(tmp_path: Path) -> None:
    make(tmp_path / "store", "a.example.com", "b.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        last = user.pairs[-1]
        user.main.refresh_pairs(last)
        assert user.keystore.pairs.cursor == user.pairs.index(last)


async def test_urgency_keeps_its_colour_under_the_cursor(tmp_path: Path) -> None:
    make(tmp_path / "store", "a.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        await user.until_pairs("a.example.com")
        segments = list(user.keystore.pairs.render_line(1))
        [backup] = [segment for segment in segments if segment.text.startswith("none")]
        [name] = [segment for segment in segments if segment.text.startswith("a.example.com")]
        assert backup.style is not None
        assert backup.style.color is not None
        assert (backup.style.color.number, bool(backup.style.reverse)) == (3, False)
        assert name.style is not None
        assert name.style.reverse


@table("order", SortOrder)
def test_the_header_shows_the_order_and_names_are_cut_only_without_room(order: SortOrder) -> None:
    names = [
        "www.host-of-thirty-five.example.com",
        "b" * 50 + ".example.com-2",
        "b" * 50 + ".example.com-3",
    ]
    summaries = [summarize(Pair(name, "/", record())) for name in names]
    rows = PairRows(summaries, (), NOW, order)
    assert rows.header(78).count(" ▼") == 1
    assert (names[0] in rows.row(0, 78).plain) == (order is not SortOrder.CREATED), "that column is wide"
    assert "-2 " in rows.row(1, 78).plain
    assert "-3 " in rows.row(2, 78).plain


@given(st.text("ab.-è京", max_size=70), st.integers(4, 80))
def test_a_name_is_cut_in_the_middle(name: str, width: int) -> None:
    text = cut_name(name, width)
    assert cell_len(text) <= width
    assert (text == name) == (cell_len(name) <= width)


@pytest.mark.parametrize("width", range(10, 130, 7))
def test_rows_are_as_wide_as_there_is_room(tmp_path: Path, width: int) -> None:
    make(tmp_path / "store", "a.example.com", "b" * 50 + ".example.com")
    session = session_on(tmp_path / "store")
    pairs = [
        Pair(item.name, item.path, load_record(item.record))
        for item in session.store.listing()
        if isinstance(item.record, bytes)
    ]
    rows = PairRows([summarize(pair) for pair in pairs], (), NOW)
    assert len(rows) == 2
    for index in range(2):
        assert cell_len(rows.row(index, width).plain) <= width
        assert cell_len(rows.header(width)) <= width
        assert "back up" in rows.row(index, width).plain or width < 27
    assert rows.find("nobody") is None
    assert rows.find(1) is None


@pytest.mark.parametrize("key", ["b", "w", "t"])
async def test_a_command_for_a_pair_that_was_just_removed_says_so(tmp_path: Path, key: str) -> None:
    make(tmp_path / "store", "a.example.com", "b.example.com")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2")
        user.keystore.check_for_changes = lambda **_: None  # type: ignore[method-assign]
        rmtree(tmp_path / "store" / "pairs" / user.pairs[0])
        await user.press(key)
        assert user.message.startswith("There is no pair a.example.com.")
