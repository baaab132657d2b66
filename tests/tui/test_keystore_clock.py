"""The keystore as time passes: values that depend on the clock are updated without reading the store again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pairs_made import new_pair
from screens_user import NOW, at_screens, session_on

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.pair_json import dump_record, load_record

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_pair_becomes_due_while_the_screen_is_open(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    new_pair(session, "other.example.com")
    with session.store.change(new_pair(session, "due.example.com")) as change:
        life = Validity(NOW - timedelta(days=60), NOW + timedelta(days=30, hours=5))
        record = load_record(change.record)._replace(validity=life, retired=None)
        change.replace_record(dump_record(record))
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "end")
        assert user.pairs == ["other.example.com", "due.example.com"]
        assert "due" not in user.summary
        session.clock = lambda: NOW + timedelta(hours=5)
        user.keystore.check_for_changes()
        await user.until(lambda: "1 due" in user.summary, "one that is due")
        assert user.summary.endswith("1 due · 2 not backed up")
        assert user.pairs == ["due.example.com", "other.example.com"]
        assert user.keystore.pairs.cursor == 0, "the cursor stays on its pair"
        session.clock = lambda: NOW + timedelta(days=31)
        user.keystore.check_for_changes()
        await user.settle()
        assert "-1 d  renew" in user.screen_text
