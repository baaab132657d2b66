"""The form: advice and fixes, undo, pastes, countries, choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on

from csrtui.core.base.finding import CaKind, FieldName, Level, worst_first
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.tui.modals.choices_and_palette import ChoiceListModal
from csrtui.tui.widgets.choice_field import ChoiceField

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

# Advice


async def fill_badly(user: User) -> None:
    """Fill in the form so that there are findings of three levels on several fields."""
    await user.fill(FieldName.ORGANIZATION, "Example Ltd")
    await user.fill(FieldName.COUNTRY, "UK")
    await user.fill(FieldName.COMMON_NAME, "https://mydomain.com/")


def shown_first(user: User) -> str:
    """Return the current finding as one line."""
    after = user.preview.split("\n Covers", 1)[1].split("\n", 1)[1]
    return " ".join(after.split())


async def test_the_focused_fields_advice_comes_first_then_the_worst(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (200, 50)) as user:
        await fill_badly(user)
        findings = user.main.request._findings
        assert findings[0].field is FieldName.COMMON_NAME
        assert shown_first(user).startswith(f"{findings[0].level.value.capitalize()} {findings[0].text}")
        await user.go_to(FieldName.COUNTRY)
        findings = user.main.request._findings
        about = [finding.field is FieldName.COUNTRY for finding in findings]
        assert about[0]
        assert about == sorted(about, reverse=True)
        others = [finding for finding in findings if finding.field is not FieldName.COUNTRY]
        assert others == list(worst_first(others))
        assert {finding.level for finding in findings} >= {Level.ERROR, Level.WARNING}
        assert findings[0].text in shown_first(user)


@pytest.mark.parametrize("key", ["ctrl+n", "f3"])
async def test_a_key_cycles_through_all_advice(tmp_path: Path, key: str) -> None:
    async with at_screens(session_on(tmp_path / "store"), (200, 50)) as user:
        await fill_badly(user)
        findings = list(user.main.request._findings)
        assert len(findings) >= 3
        for at, finding in enumerate([*findings, findings[0]]):
            assert finding.text in shown_first(user)
            assert f"{at % len(findings) + 1} of {len(findings)}" in user.preview
            await user.press(key)


async def test_advice_without_a_fix_is_not_called_missing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "www.example.org")
        await user.press("ctrl+f")
        assert user.message == "this advice has no automatic fix"


async def test_a_missing_common_name_is_named_beside_other_names(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.NAMES, "www.mydomain.com")
        await user.until(lambda: "Covers" in user.preview, "the preview")
        assert "– (enter a common name)" in user.preview
        await user.fill(FieldName.COMMON_NAME, "mydomain.com")
        await user.until(lambda: "CN=mydomain.com" in user.preview, "the subject")
        assert "enter a common name" not in user.preview


async def test_without_advice_the_advice_keys_do_nothing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("ctrl+n")
        assert user.preview.strip().startswith("Generates a private key")
        await user.press("ctrl+f")
        assert user.message == "no advice to fix"
        await user.press("f4")
        assert user.message == "no safe fixes to apply"
        await user.press("x")
        assert user.message == ""


async def test_a_fix_over_several_fields_is_undone_as_one_step_then_typing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"mydomain.com")
        await user.go_to(FieldName.NAMES)
        await user.press(*"b.mydomain.com")
        await user.go_to(FieldName.COMMON_NAME)
        await user.press("ctrl+f")
        assert user.draft.names == "b.mydomain.com, www.mydomain.com"
        await user.press("ctrl+z")
        assert (user.draft.common_name, user.draft.names) == ("mydomain.com", "b.mydomain.com")
        await user.press("ctrl+z")
        assert (user.draft.common_name, user.draft.names) == ("mydomain.com", "b.mydomain.")
        assert user.form.focused_field is FieldName.NAMES, "the cursor goes where the text changes"
        await user.press("ctrl+y")
        assert user.draft.names == "b.mydomain.com"


async def test_an_undone_fix_is_redone_as_one_step(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"mydomain.com")
        await user.fill(FieldName.COUNTRY, "UK")
        await user.go_to(FieldName.COMMON_NAME)
        before = user.draft
        await user.press("f4")
        fixed = user.draft
        assert fixed.country == "GB"
        for between in ([], ["ctrl+z", "ctrl+y"]):
            await user.press("ctrl+z", *between)
            assert user.draft == before
            await user.press("ctrl+y")
            assert user.draft == fixed
        await user.go_to(FieldName.COUNTRY)
        await user.press("end", "x", "ctrl+z", "ctrl+z")
        assert user.draft == before
        await user.press("ctrl+y", "ctrl+y")
        assert user.draft.country == "GBx", "what was typed after the fix is redone after it"
        await user.press("ctrl+z", "ctrl+z")
        await user.go_to(FieldName.COMMON_NAME)
        await user.press("x", "ctrl+y")
        assert user.draft.common_name == "mydomain.comx"
        assert user.draft.country == "UK", "a new change ends redo"


async def test_text_typed_after_a_fix_is_undone_first(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"mydomain.com", "ctrl+f")
        await user.go_to(FieldName.NAMES)
        await user.press("x", "ctrl+z")
        assert (user.draft.common_name, user.draft.names) == ("mydomain.com", "www.mydomain.com")
        await user.press("ctrl+z")
        assert (user.draft.common_name, user.draft.names) == ("mydomain.com", "")


async def test_a_choice_is_undone_with_the_key_type_it_set_then_typed_text(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"my")
        await user.go_to(FieldName.ORGANIZATION)
        await user.press(*"Exam")
        await user.go_to(FieldName.KEY)
        await user.press("r")
        await user.go_to(FieldName.PLATFORM)
        chosen = user.draft
        await user.press("n")
        assert (user.draft.platform, user.draft.key) != (chosen.platform, chosen.key)
        await user.go_to(FieldName.ORGANIZATION)
        await user.press(*"ple", "ctrl+z", "ctrl+z")
        assert user.draft == chosen, "what was typed after the choice is a step of its own"
        await user.go_to(FieldName.CA)
        await user.press("ctrl+z", "ctrl+z")
        assert (user.draft.common_name, user.draft.organization, user.draft.key) == ("my", "", "ec-p256")
        await user.press("ctrl+y")
        assert user.draft.organization == "Exam"
        await user.press("ctrl+z", "ctrl+z", "ctrl+z")
        assert not user.draft.has_names


async def test_f4_applies_all_safe_fixes_as_one_step(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COUNTRY, "UK")
        await user.fill(FieldName.NAMES, "mydomain.com, b.mydomain.com, b.mydomain.com")
        await user.fill(FieldName.COMMON_NAME, "mydomain.com")
        before = user.draft
        await user.press("f4")
        assert user.draft.country == "GB"
        assert user.draft.names == "b.mydomain.com", "what nobody asked for is not added"
        assert user.message == "3 fixes applied"
        assert not any(found.fix and found.fix.safe for found in user.main.request.advice.findings)
        await user.press("ctrl+z")
        assert user.draft == before


async def test_f4_does_not_apply_other_fixes(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await fill_badly(user)
        await user.press("f4")
        assert user.draft.common_name == "https://mydomain.com/"
        assert user.message == "1 fix applied"


async def test_the_fix_for_the_name_of_a_person_sets_the_ca_and_the_purpose_and_keeps_the_name(
    tmp_path: Path,
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"Jane Doe")
        assert "use a private CA and the purpose client" in user.preview
        await user.press("ctrl+f")
        draft = user.draft
        assert (draft.common_name, draft.ca, draft.purpose) == ("Jane Doe", "private", "client")
        assert "[client" in user.screen_text
        assert "not allowed in a host name" not in user.preview


async def test_names_with_the_same_reason_are_one_piece_of_advice(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"a.example.com", "down")
        await user.paste(" ".join(f"{number}.example.com" for number in range(30)))
        assert len(user.main.request._findings) == 1
        assert "The same applies to" in user.preview
        await user.press("ctrl+g")
        assert user.question.startswith("Generate with 1 open warning?")


async def test_switching_the_ca_is_a_fix_that_removes_findings_of_public_cas(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (100, 40)) as user:
        await user.press(*"intranet")
        assert "Error" in user.preview
        for _ in user.main.request._findings:
            finding = user.main.request._findings[user.main.request._current]
            if finding.fix and finding.fix.ca is CaKind.PRIVATE:
                break
            await user.press("ctrl+n")
        await user.press("ctrl+f")
        assert user.draft.ca == "private"
        assert "Error" not in user.preview
        await user.press("ctrl+z")
        assert user.draft.ca == "public"
        assert user.draft.common_name == "intranet"
        assert "Error" in user.preview


# Pastes


async def test_lines_pasted_into_common_name_are_names(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.paste("www.example.com\nexample.com, shop.example.com\n")
        assert user.draft.common_name == "www.example.com"
        assert user.draft.names == "example.com, shop.example.com"
        assert user.message == "pasted 3 names"
        await user.paste("a.example.com\nb.example.com")
        assert user.draft.common_name == "www.example.com"
        assert user.draft.names == "example.com, shop.example.com, a.example.com, b.example.com"
        await user.press("x")
        assert user.message == ""


async def test_lines_pasted_into_other_names_are_added_there(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.NAMES, "old.example.com,")
        await user.paste("DNS:a.example.com\nserver_name b.example.com;\n")
        assert user.draft.common_name == ""
        assert user.draft.names == "old.example.com, a.example.com, b.example.com"
        assert user.message == "pasted 2 names"
        await user.press("ctrl+z")
        assert user.draft.names == "old.example.com,"


async def test_each_pasted_spreadsheet_cell_is_a_name(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.paste("www.example.com\texample.com\nshop.example.com\ta.example.com\n")
        assert user.draft.common_name == "www.example.com"
        assert user.draft.names == "example.com, shop.example.com, a.example.com"
        assert user.message == "pasted 4 names"


async def test_lines_pasted_into_other_fields_keep_only_the_first_one(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.ORGANIZATION, "The ")
        await user.paste("Example Ltd\n1 Street\nLondon")
        assert user.draft.organization == "The Example Ltd"
        assert user.message == "pasted the first line only; ignored 2 more lines"


async def test_lines_pasted_into_the_middle_of_a_text_go_where_the_cursor_is(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.ORGANIZATION, "A Ltd")
        await user.press("home", "right", "right")
        await user.paste("B \nC")
        assert user.draft.organization == "A BLtd"


async def test_characters_that_no_field_accepts_are_named(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.paste("a\x1b[31m.exam\u202eple.com")
        assert user.draft.common_name == "a[31m.example.com"
        assert user.message == "removed 2 characters: \\x1b \\u202e"
        await user.fill(FieldName.ORGANIZATION, "A\x07B")
        assert user.message == "removed 1 character: \\x07"


async def test_control_characters_in_several_lines_are_removed_too(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.ORGANIZATION, "A\x1b[31m\u202eB\nC")
        assert user.draft.organization == "A[31mB"
        assert user.message == (
            "pasted the first line only; ignored 1 more line; removed 2 characters: \\x1b \\u202e"
        )
        await user.fill(FieldName.COMMON_NAME, "a\x1bb.example.com\nc\u202ed.example.com")
        assert "\x1b" not in user.draft.common_name
        assert "\u202e" not in user.draft.names


# Countries


@pytest.mark.parametrize(
    ("typed", "code"),
    [("united kingdom", "GB"), ("日本", "JP")],
)
async def test_a_country_name_becomes_its_code_and_undo_restores_the_name(
    tmp_path: Path, typed: str, code: str
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.COUNTRY)
        await user.press(*typed)
        assert user.draft.country == typed
        await user.press("down")
        assert user.draft.country == code
        assert user.country_name
        await user.press("up", "ctrl+z")
        assert user.draft.country == typed


async def test_matching_countries_are_shown_while_typing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.COUNTRY)
        await user.press(*"ger")
        assert "DE Germany" in user.country_name
        await user.press("backspace", "backspace", "backspace", *"de")
        assert user.country_name == "Germany"
        await user.press("backspace")
        assert user.country_name == ""


async def test_no_error_is_shown_while_a_countrys_name_is_typed(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "a.mydomain.com")
        await user.go_to(FieldName.COUNTRY)
        for character in "Ukraine":
            await user.press(character)
            assert "Error" not in user.preview, user.draft.country
            assert user.preview.strip().startswith("CN=a.mydomain.com"), user.draft.country
        assert "C=UA" in user.preview, "the name is complete"
        await user.press("ctrl+u", *"UK")
        await user.until(lambda: "UK is not a country code" in user.preview, "the advice after a pause")
        await user.press("ctrl+f")
        assert user.draft.country == "GB"


async def test_no_warning_is_shown_while_a_state_is_typed(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (80, 40)) as user:
        await user.fill(FieldName.COMMON_NAME, "a.mydomain.com")
        await user.fill(FieldName.ORGANIZATION, "Shop Ltd")
        await user.fill(FieldName.COUNTRY, "US")
        await user.go_to(FieldName.STATE)
        for character in "Nebraska":
            await user.press(character)
            assert "abbreviation" not in user.preview, user.draft.state
        await user.press("ctrl+u", *"NE")
        await user.until(
            lambda: "State NE is an abbreviation: write Nebraska" in user.preview, "advice after a pause"
        )
        await user.press("ctrl+u", *"MD", "ctrl+f")
        assert user.draft.state == "Maryland", "a fix does not wait"
        await user.press("ctrl+u", *"None")
        assert "placeholder" not in user.preview


async def test_the_bar_shows_the_keys_of_the_advice_only_if_they_have_an_effect(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        assert "ctrl+n" not in user.bar
        await user.press(*"www.example.com")
        await user.until(lambda: "ctrl+n Next" in user.bar, "the key of the next advice")
        assert "ctrl+n next  1 of 2" in user.preview
        await user.press("ctrl+n")
        assert "2 of 2" in user.preview
        await user.until(
            lambda: "ctrl+f Fix  ctrl+n Next" in user.bar, "both keys, for which the guide makes room"
        )
        assert "ctrl+q Quit" in user.bar


async def test_an_unknown_country_stays_as_typed_and_is_an_error(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COUNTRY, "Atlantis")
        await user.press("down")
        assert user.draft.country == "Atlantis"
        await user.press("up")
        assert "Error" in user.preview
        assert "Atlantis" in user.preview


async def test_generating_from_the_country_field_converts_its_name(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "www.example.com")
        await user.fill(FieldName.ORGANIZATION, "Example Ltd")
        await user.fill(FieldName.LOCALITY, "Berlin")
        await user.go_to(FieldName.COUNTRY)
        await user.press(*"Germany")
        await user.generate()
        await user.until_pairs("www.example.com")
        pair = user.keystore.current
        assert pair is not None
        assert pair.record.subject.country == "DE"


# Choices


async def test_choices_change_by_arrows_home_end_and_letters(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.KEY)
        values = [key.value for key in KeyType]
        for expected in [*values[1:], values[0]]:
            await user.press("right")
            assert user.draft.key == expected
        await user.press("left")
        assert user.draft.key == values[-1]
        await user.press("home")
        assert user.draft.key == values[0]
        await user.press("end")
        assert user.draft.key == values[-1]
        await user.press("home", "r")
        assert user.draft.key == "rsa-2048"
        await user.press("r")
        assert user.draft.key == "rsa-3072"
        await user.press("x", "!")
        assert user.draft.key == "rsa-3072"
        assert "[RSA 3072 ▼]" in user.screen_text


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_a_choice_opens_a_list_of_its_values_with_descriptions(tmp_path: Path, key: str) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.KEY)
        await user.press(key)
        assert all(kind.label in user.screen_text for kind in KeyType)
        assert "> EC P-256   small and fast, accepted by every public CA" in user.screen_text
        await user.press("down", "r", "r", "x", "escape")
        assert (user.focused_id, user.draft.key) == ("key", "ec-p256")
        await user.press(key, "down", "r", "r", key)
        assert (user.focused_id, user.draft.key) == ("key", "rsa-3072")
        await user.go_to(FieldName.PLATFORM)
        await user.press(key, "home", key)
        assert (user.draft.platform, user.draft.key) == ("nginx", "ec-p256")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_each_value_of_a_list_can_be_reached_at_each_size(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with at_screens(session_on(tmp_path / "store"), size) as user:
        for field in (FieldName.PLATFORM, FieldName.KEY, FieldName.CA):
            await user.go_to(field)
            await user.press("enter", "end")
            assert sum("│ > " in line for line in user.screen_lines) == 1, user.screen_text
            assert "Enter Choose   Esc Cancel" in user.screen_text
            is_cut = field is FieldName.PLATFORM or (field is FieldName.KEY and size[1] < 24)
            assert (" values " in user.screen_text) is is_cut
            assert ("PgUp, PgDn More" in user.screen_text) is (is_cut and size[0] >= 80)
            await user.press("enter")
        assert (user.draft.platform, user.draft.ca) == ("other", "private")


async def test_server_software_selects_its_key_type(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        seen: set[str] = set()
        await user.go_to(FieldName.PLATFORM)
        for _ in PLATFORMS:
            if len(seen) < 3:  # a key type that the user has chosen is replaced too
                await user.go_to(FieldName.KEY)
                await user.press("end")
                await user.go_to(FieldName.PLATFORM)
            await user.press("right")
            row = PLATFORMS[user.draft.platform]
            seen.add(row.id)
            assert user.draft.key == row.key_type.value
            assert row.label[:10] in user.screen_text
        assert seen == set(PLATFORMS)


async def test_help_follows_the_field_and_the_choice(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        seen = set()
        for field in [one for one in FieldName if one is not FieldName.ATTRIBUTES]:
            await user.go_to(field)
            assert user.field_help.strip()
            seen.add(user.field_help)
        assert len(seen) == len(FieldName) - 1
        await user.go_to(FieldName.CA)
        before = user.field_help
        await user.press("right")
        assert user.field_help != before
        assert "Enter: list" in user.screen_text
        await user.go_to(FieldName.LOCALITY)
        assert "Enter: list" not in user.screen_text


async def test_the_key_that_clears_the_form_is_shown_as_soon_as_a_field_is_filled(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        assert "F7: clear form" not in user.screen_text
        await user.fill(FieldName.LOCALITY, "London")
        assert "F7: clear form" in user.screen_text
        await user.press("f7")
        assert "F7: clear form" not in user.screen_text


def test_the_event_of_a_choice_is_not_handled_for_another_widget() -> None:
    field = ChoiceField("CA", [("a", "A"), ("b", "B")], "a", id="ca")
    assert ChoiceField.Changed(field, "b").field is field
    field.load_value("b")
    assert field.value == "b"


# Fields


async def test_ctrl_c_copies_only_the_selection_of_a_field(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.ORGANIZATION, "Example Ltd")
        await user.fill(FieldName.COMMON_NAME, "www.example.com")
        await user.press("ctrl+c")
        assert user.copied in ([], ["www.example.com"])
        user.copied.clear()
        await user.press("shift+home", "ctrl+c")
        assert user.copied == ["www.example.com"]
        assert user.app.is_running


async def test_escape_in_the_form_loses_nothing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"www.example.com")
        before = user.draft
        for field in [one for one in FieldName if one is not FieldName.ATTRIBUTES]:
            await user.go_to(field)
            await user.press("escape", "escape")
            assert user.draft == before
            assert user.focused_id == field.value


async def test_letters_find_a_value_by_its_beginning(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.PLATFORM)
        await user.press(*"ng")
        assert user.draft.platform == "nginx", "not GitLab, which g alone finds"
        await user.press("g")
        assert user.draft.platform == "gitlab"
        await user.press("enter", *"POSTg", "enter")
        assert user.draft.platform == "postgresql"
        await user.press("p", "p")
        assert user.draft.platform not in {"postgresql", "gitlab"}


async def test_a_value_typed_in_full_is_found_before_longer_ones(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        for before in ("nginx", "nodejs", "nginx-proxy-manager", "other"):
            await user.go_to(FieldName.COMMON_NAME)
            await user.go_to(FieldName.PLATFORM)
            assert before in PLATFORMS
            user.main.query_one("#platform", ChoiceField)._choose(before)
            await user.settle()
            await user.press(*"nginx")
            assert user.draft.platform == "nginx", "not Nginx Proxy Manager"
            await user.press("enter", *"nginx", "enter")
            assert user.draft.platform == "nginx", before


@pytest.mark.parametrize("opening", [(), ("enter",)])
async def test_a_space_in_a_typed_value_continues_the_search(
    tmp_path: Path, opening: tuple[str, ...]
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.KEY)
        await user.press(*opening, "R", "S", "A", "space", "3", "0", "7", "2")
        assert isinstance(user.app.screen, ChoiceListModal) is bool(opening)
        await user.press("space")
        assert isinstance(user.app.screen, ChoiceListModal) is not bool(opening), "Space as usual"
        assert user.draft.key == "rsa-3072"
