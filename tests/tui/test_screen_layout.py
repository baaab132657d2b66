"""The layout: at every size, nothing overlaps and the focused field is visible."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on
from textual.geometry import Region
from textual.widget import Widget

from csrtui.core.base.finding import FieldName
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

SIZES = [(80, 24), (120, 40), (40, 12)]
MORE_SIZES = [(60, 18), (200, 60)]


def check(user: User) -> None:
    """Assert that no widget overlaps another one or the edge, and that the cursor is visible."""
    screen = Region(0, 0, *user.app.size)
    regions = {
        name: region.intersection(_window(user, name)) for name, region in user.regions.items() if region
    }
    for (one, here), (other, there) in combinations(regions.items(), 2):
        assert not here.intersection(there), f"{one} lies over {other}: {here} {there}"
    for name, region in regions.items():
        assert screen.contains_region(region), name
    focused = user.app.focused
    assert focused is not None
    assert focused.region
    assert screen.contains_region(focused.region), f"{focused.id} is out of sight"


def sees_cursor(user: User) -> bool:
    """Return whether the focused field is in the visible part of the form."""
    focused = user.app.focused
    return focused is not None and user.form.region.contains_region(focused.region)


def _window(user: User, name: str) -> Region:
    """Return the part of the screen in which a widget is visible. A form on a short screen scrolls."""
    window = Region(0, 0, *user.app.size)
    for widget in user.app.screen.query(f"#{name}"):
        for over in widget.ancestors:
            if isinstance(over, Widget):
                window = window.intersection(over.region)
    return window


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_overlaps_and_the_focused_field_is_visible(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with at_screens(session_on(tmp_path / "store"), size) as user:
        await user.paste("intranet\n*.example.com")
        for field in [one for one in FieldName if one is not FieldName.ATTRIBUTES]:
            await user.go_to(field)
            await user.until(lambda: sees_cursor(user), f"the cursor, in {field}")
            check(user)
        await user.press("f2")
        check(user)
        assert len(user.screen_lines[0]) == size[0] - 1, "the tabs end before the last column"
        assert user.screen_lines[0].strip()
        assert "ctrl+q Quit" in user.screen_lines[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_every_other_screen_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("www.example.com",)))
    async with at_screens(session, size) as user:
        await user.until_pairs("www.example.com")
        await user.press("x", "f2", "enter")
        check(user)
        assert "www.example.com" in user.screen_text
        await user.press("v")
        check(user)
        assert "-----BEGIN CERTIFICATE REQUEST-----" in user.screen_text
        await user.press("f1")
        check(user)
        await user.press("escape", "ctrl+q")
        dialog = user.app.screen.query_one("#question").region
        assert isinstance(user.app.screen, ConfirmModal)
        assert Region(0, 0, *size).contains_region(dialog)
        assert "Cancel" in user.screen_text
        assert "Quit" in user.screen_text


@pytest.mark.parametrize("columns", [60, 66, 79])
async def test_four_choices_are_shown_in_full_on_a_screen_of_medium_width(
    tmp_path: Path, columns: int
) -> None:
    async with at_screens(session_on(tmp_path / "store"), size=(columns, 20)) as user:
        await user.go_to(FieldName.PLATFORM)
        await user.type("micr")
        await user.go_to(FieldName.CA)
        await user.press("right")
        for choice in ("[Microsoft IIS ▼]", "[private ▼]", "[server ▼]"):
            assert choice in user.screen_text


async def test_a_resize_keeps_the_cursor_and_the_text(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "www.example.com")
        await user.fill(FieldName.LOCALITY, "London")
        before = user.draft
        for size in [*SIZES, *MORE_SIZES, (20, 5), (10, 3), (80, 24)]:
            await user.resize(*size)
            assert user.draft == before
            assert user.focused_id == "locality"
            if size in {*SIZES, *MORE_SIZES}:
                await user.until(lambda: sees_cursor(user), "the cursor")
                check(user)
        await user.press("X")
        assert user.draft.locality == "LondonX"


async def test_a_resize_keeps_the_pane_and_the_pair(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    for name in ("a.example.com", "b.example.com", "c.example.com"):
        create_pair(session, RequestSpec(names=(name,)))
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 3, "the pairs")
        await user.press("f2", "down")
        for size in [(120, 40), (40, 12), (20, 5), (80, 24)]:
            await user.resize(*size)
            assert user.focused_id == "pairs"
            assert user.keystore.pairs.cursor == 1
        await user.press("enter")
        assert "b.example.com" in user.title


async def test_from_120_columns_both_panes_are_visible_and_below_one_names_the_other(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        assert "a.example.com" not in user.screen_text
        assert "Keystore 1 · 1 not backed up" in user.title
        assert "sort: urgency" not in user.screen_text
        await user.resize(120, 40)
        assert "Common name" in user.screen_text
        assert "  a.example.com" in user.screen_text
        assert {"Name", "Backup", "Stage", "Left", "Next"} <= set(user.screen_lines[2].split())
        await user.press("f2")
        assert user.focused_id == "pairs"
        assert "Common name" not in user.screen_text, "the form gives its room to the details"
        await user.until(lambda: "Where it is" in user.detail, "the details")
        assert "Where it is" in user.screen_text
        await user.press("b")
        assert "Back up a.example.com" in user.screen_text
        assert user.app.screen.query_one(".dialog").region.right <= user.keystore.pairs.region.right
        await user.press("escape", "f2")
        assert ">Common name" in user.screen_text
        assert "  a.example.com" in user.screen_text
        await user.press("f2")
        await user.resize(119, 40)
        assert "Common name" not in user.screen_text


async def test_the_key_of_a_fix_is_visible_on_a_small_screen(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (40, 12)) as user:
        await user.press(*"mydomain.com")
        assert "Warning" in user.screen_text
        assert "ctrl+f" in user.preview
        assert "ctrl+f" in user.screen_text
        assert "get a certificate warning: only mydomain.com i…" in " ".join(user.preview.split()), (
            "as much as fits"
        )
        await user.resize(60, 20)
        assert "The exact host that visitors type, e.g. www.mydomain.com." in user.screen_text
        assert "A certificate for mydomain.com fails" not in user.screen_text, "half a sentence is wrong"


async def test_groups_fields_choices_and_required_fields_look_different(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.ORGANIZATION, "My Ltd")
        lines = user.screen_lines
        titles = [line.split()[1] for line in lines if line.startswith("─ ")]
        assert titles == ["Names", "Organization", "Made", "Will", "Organization"]
        assert lines[1].endswith("all that domain-validated certificates need ──")
        assert lines[4].endswith("only for OV, EV and private CAs ──")
        assert lines[2] == " Common name *   " + "_" * 61
        assert lines[5] == ">Organization    My Ltd " + "_" * 54
        assert "[other ▼]" in lines[11]
        await user.resize(79, 23)
        assert not [line for line in user.screen_lines if line.startswith("─ Names")]
        assert user.screen_lines[4] == ">Organization    My Ltd " + "_" * 53


async def test_a_dialog_stays_over_the_list_when_the_terminal_becomes_wide_again(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        await user.resize(160, 40)
        await user.press("f2", "t")
        frame = user.app.screen.query_one(".dialog")
        place = frame.region
        await user.resize(80, 24)
        assert frame.region != place
        await user.resize(160, 40)
        assert frame.region == place


# The smallest screen, 40 by 12


async def test_the_key_of_the_next_step_is_always_in_the_bar(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    for name in ("a.example.com", "b.example.com"):
        create_pair(session, RequestSpec(names=(name,)))
    async with at_screens(session, (40, 12)) as user:
        await user.until_pairs("a.example.com", "b.example.com")
        await user.press("f2")
        assert user.bar.startswith(" . Back up  ")
        await user.press("space")
        assert user.bar.startswith(" . Back up  "), "also while pairs are marked"
        await user.resize(60, 20)
        assert user.bar.startswith(" b Back up marked  . Back up  ")


async def test_the_values_of_a_list_can_be_read_on_a_narrow_screen(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    pair = create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session, (40, 12)) as user:
        await user.until_pairs("a.example.com")
        await user.press("f2", "y")
        inside = "".join(line.strip("│ ") for line in user.screen_lines)
        assert "Key fingerprint (SPKI SHA-256)" in inside
        assert "…" not in inside
        await user.press("down", "down")
        inside = "".join(line.strip("│ ") for line in user.screen_lines)
        assert pair.record.key.spki_sha256 in inside
        await user.press("escape", "f2", "up", "up", "enter")
        assert "small and fast, accepted by every" in user.screen_text


async def test_a_text_that_is_cut_on_a_small_screen_has_a_mark(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session, (40, 12)) as user:
        await user.until_pairs("a.example.com")
        await user.press("ctrl+o")
        assert "pair, or path of a fi…" in user.screen_text
        await user.press("escape", "ctrl+p", *"filter")
        assert "Filter by words: name, subject, key," in user.screen_text, "the help of the command"
        assert " … │" in user.screen_text
        await user.press("escape", "f2", "enter", "end")
        assert "─ Backup ─ Where it is ─ Hist… h opens ─" in user.screen_text
        await user.press("escape", "D")
        await user.until(lambda: "1 pair …" in user.screen_text, "the findings")
        assert "a.example.com: the key has no backup" in user.screen_text
        assert "Press . (Back up)." in user.screen_text


async def test_notes_that_do_not_fit_can_be_scrolled(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session, (40, 12)) as user:
        await user.until_pairs("a.example.com")
        await user.press("f2", "b")
        await user.paste(str(tmp_path))
        await user.press("enter", "ctrl+g")
        await user.until(lambda: "more line" in user.screen_text, "the mark in the frame")
        assert "Write it down now" in user.screen_text
        await user.press("pagedown")
        assert "Write it down now" not in user.screen_text
        assert "more line" not in user.screen_text


async def test_the_keys_of_a_question_with_a_long_answer_are_not_cut(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (60, 20)) as user:
        await user.fill(FieldName.COMMON_NAME, "www.example-shop.com")
        await user.press("ctrl+g")
        assert user.question.startswith("Generate with ")
        assert "Esc Back to the form  " in user.screen_text


async def test_a_line_that_is_too_long_for_its_block_ends_in_an_ellipsis(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (40, 12)) as user:
        title = user.app.screen.query_one("#message", TextBlock)
        for text, drawn in (("a" * 41, "a" * 39 + "…"), ("a" * 40 + "  ", "a" * 40)):
            title.show([((text, ""),)])
            assert title.render_line(0).text == drawn
