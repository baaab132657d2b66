"""The list of the other names, in which a user sees, edits, removes and adds names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens_user import at_screens, session_on

from csrtui.core.base.finding import FieldName
from csrtui.tui.modals.other_names import NamesModal

if TYPE_CHECKING:
    from pathlib import Path

THIRTY = [f"host{number}.mydomain.com" for number in range(30)]


async def test_thirty_pasted_names_are_all_visible_and_editable(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.NAMES)
        await user.paste("\n".join(THIRTY))
        assert "30 entries  Enter: list" in user.screen_lines[3]
        await user.press("enter")
        assert all(name in user.screen_text for name in THIRTY)
        await user.press("down", "down", "d")
        assert "host2.mydomain.com" not in user.screen_text
        await user.press("right", "enter", "ctrl+a", "x", "enter")
        await user.press("escape")
        expected = [name for name in THIRTY if name != "host2.mydomain.com"]
        expected[19] = f"x{expected[19]}"
        assert user.draft.names == ", ".join(expected)
        assert user.focused_id == "names"
        await user.press("ctrl+z")
        assert user.draft.names == ", ".join(THIRTY)


async def test_typed_and_pasted_names_are_added_and_nothing_changes_without_an_edit(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.NAMES)
        await user.press("enter")
        assert user.focused_id == "organization", "there is no list yet"
        await user.press("up", *"a.mydomain.com", "enter", "a")
        assert isinstance(user.app.screen, NamesModal)
        await user.type("b.mydomain.com")
        await user.press("enter")
        await user.paste("c.mydomain.com\nd\x1b.mydomain.com")
        await user.press("escape", "end")
        assert "Other names: 4 names" in user.screen_text
        assert "│ d.mydomain.com  " in user.screen_text, "the whole name under the cursor"
        await user.paste("e.mydomain.com")
        await user.press("end", "enter", "ctrl+a", "ctrl+k", "enter", "escape")
        assert user.draft.names == "a.mydomain.com, b.mydomain.com, c.mydomain.com, d.mydomain.com"
        await user.press("end", " ", "enter", "a", "escape", "down", "pageup", "escape")
        assert user.draft.names.endswith(", d.mydomain.com "), "the text stays as it was typed"


async def test_each_name_is_reached_on_a_small_screen(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (40, 12)) as user:
        await user.go_to(FieldName.NAMES)
        await user.paste("\n".join(THIRTY))
        await user.press("enter")
        for name in THIRTY:
            assert f"{name}" in next(line for line in user.screen_lines if line.startswith("│ >"))
            await user.press("down")


async def test_the_preview_of_many_names_has_few_lines(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.paste("\n".join(THIRTY))
        await user.until(lambda: "30 names" in user.preview, "the preview")
        subject, first, *_, last = user.preview.splitlines()
        assert subject == " CN=host0.mydomain.com"
        assert first.startswith(" Covers   30 names: host0.mydomain.com ")
        assert last.endswith("…")
        assert len(user.preview.splitlines()) == 4
