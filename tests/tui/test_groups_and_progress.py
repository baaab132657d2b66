"""The pairs that a command applies to, and the progress of its work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from backup_dialogs import session_with
from screens_user import NOW
from textual.app import App

from csrtui.core.pairs.pair import Backup, BackupStatus, Pair
from csrtui.core.pairs.query import Need
from csrtui.tasks.list import Pairs, read_pair, read_pair_list
from csrtui.tasks.session import change_record
from csrtui.tasks.verify import verify_many
from csrtui.tui.groups import PairSelection, names_of
from csrtui.tui.widgets import one_line_widgets
from csrtui.tui.widgets.one_line_widgets import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from csrtui.tasks.parallel import Result


def pairs(store: Path, *names: str) -> dict[str, Pair]:
    session = session_with(store, *names)
    return {name: read_pair(session, name)[0] for name in names}


def test_the_most_likely_group_comes_first_and_none_is_repeated(tmp_path: Path) -> None:
    every = pairs(tmp_path, "a.com", "b.com", "c.com")
    session = session_with(tmp_path)
    pair_list = read_pair_list(session)
    selection = PairSelection(
        every["b.com"],
        Pairs(session, ["a.com", "c.com"]),
        lambda need: Pairs(session, pair_list.names_needing(need, NOW)),
    )
    groups = selection.groups(Need.BACKUP, "not backed up")
    assert [group.label for group in groups] == ["the 2 marked", "b.com", "all 3 not backed up"]
    assert names_of(groups[0].pairs) == ["a.com", "c.com"]
    assert [group.label for group in PairSelection(every["b.com"]).groups(Need.BACKUP, "x")] == ["b.com"]
    alone = PairSelection(every["a.com"], (), lambda _: [every["a.com"]])
    assert [group.label for group in alone.groups(Need.BACKUP, "x")] == ["a.com"], "all are the same one"
    assert PairSelection(None).groups(Need.BACKUP, "x") == []


def test_the_pairs_without_a_backup_are_a_group(tmp_path: Path) -> None:
    session = session_with(tmp_path, "a.com", "b.com")
    backup = Backup(BackupStatus.MISSING, "/a.pem", NOW, NOW - timedelta(days=1))
    change_record(session, "a.com", lambda record: record.with_backup(backup))
    change_record(session, "b.com", lambda record: record.with_backup(backup.with_restore_test(NOW)))
    pair_list = read_pair_list(session)
    assert pair_list.names_needing(Need.BACKUP, NOW) == ["a.com"]
    assert sorted(pair_list.names_needing(Need.VERIFICATION, NOW)) == ["a.com", "b.com"]
    selection = PairSelection(None, with_need=lambda need: Pairs(session, pair_list.names_needing(need, NOW)))
    assert [group.label for group in selection.groups(Need.BACKUP, "x")] == ["a.com"]


def test_an_unreadable_pair_does_not_affect_the_others(tmp_path: Path) -> None:
    session = session_with(tmp_path, "a.com")
    reported: list[Result] = []
    results = verify_many(session, ["gone.com", "a.com"], on_result=reported.append)
    assert [result.text for result in results] == [
        "not checked: there is no pair gone.com",
        "has no backup",
    ]
    assert sorted(reported, key=lambda result: str(result.pair)) == results[::-1]


class Bar(App[None]):
    """A progress line."""

    def compose(self) -> Iterator[ProgressLine]:
        yield ProgressLine(id="progress")


async def test_the_bar_shows_the_progress_the_last_name_and_the_remaining_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, clock = Bar(), iter([0.0, 10.0, 200.0])
    monkeypatch.setattr(one_line_widgets, "monotonic", clock.__next__)
    async with app.run_test(size=(60, 5)) as pilot:
        line = app.query_one(ProgressLine)
        assert line.text == ""
        line.begin(4)
        assert line.text.startswith("[" + " " * 20 + "] 0 of 4")
        line.advance("a\x1b.com")
        assert line.text == "[=====               ] 1 of 4, 30 s left  a\\x1b.com"
        line.advance("b.com")
        assert "2 of 4, 3 min left  b.com" in line.text
        monkeypatch.undo()
        line.advance("c.com")
        line.advance("d.com")
        assert line.text == f"[{'=' * 20}] 4 of 4  d.com"
        line.advance("e.com")
        assert "4 of 4" in line.text
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert line.render_line(0).text == "[==================…"
        line.clear()
        assert not line.display
        line.begin(1)
        assert line.display
