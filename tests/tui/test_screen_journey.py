"""From an empty machine to a pair: the whole way by keyboard, with the text of each screen."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on

from csrtui.core.base.finding import CaKind, FieldName
from csrtui.core.certificates import csr
from csrtui.tasks.list import read_pair

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

NASTY = 'A/B Co, Ltd. & "Söhne" + #1; <x>'
FIELDS = [
    "common_name",
    "names",
    "organization",
    "organizational_unit",
    "country",
    "state",
    "locality",
    "platform",
    "key",
    "ca",
]


async def make(user: User, *names: str) -> None:
    """Fill in names, generate, and wait for the pair."""
    await user.fill(FieldName.COMMON_NAME, names[0])
    if names[1:]:
        await user.fill(FieldName.NAMES, ", ".join(names[1:]))
    before = len(user.pairs)
    await user.generate()
    await user.until(lambda: len(user.pairs) == before + 1 and user.focused_id == "pairs", "the pair")


async def test_the_whole_journey_works_by_keyboard(tmp_path: Path) -> None:
    store = tmp_path / "store"
    session = session_on(store)
    async with at_screens(session) as user:
        assert user.focused_id == "common_name"
        assert "The exact host that visitors type" in user.field_help
        await user.press(*"mydomain.com")
        await user.until(lambda: "also cover www.mydomain.com" in user.preview, "advice on www")
        await user.press("ctrl+f")
        assert (user.draft.common_name, user.draft.names) == ("mydomain.com", "www.mydomain.com")
        assert "applied: also cover www.mydomain.com" in user.message
        await user.press("enter", "down", *"Example Ltd", "tab", "tab", *"GB", "down", "down", *"London")
        assert user.draft.organization == "Example Ltd"
        assert user.draft.country == "GB"
        assert user.draft.locality == "London"
        assert "CN=mydomain.com,O=Example Ltd,L=London,C=GB" in user.preview.replace("  ", "")
        assert "2 names: mydomain.com  www.mydomain.com" in user.preview

        await user.generate()
        await user.until_pairs("mydomain.com")
        await user.until(lambda: user.focused_id == "pairs", "the cursor in the keystore")
        assert user.keystore.pairs.cursor == 0
        assert user.message == "made mydomain.com: key and CSR. Next: back up"
        assert "[Keystore 1]" in user.title
        assert "1 pair · 1 not backed up" in user.screen_text
        assert "Open" in user.bar
        [row] = [line for line in user.screen_lines if line.startswith("> mydomain.com")]
        assert row == "> mydomain.com               EC P-256  none           new             –  back up"
        assert user.draft.organization == "Example Ltd"
        assert (user.draft.common_name, user.draft.names) == ("", "")

        await user.press("enter", "h")
        read = user.read_text
        pair, asked = read_pair(session, "mydomain.com")
        for said in (
            "CN=mydomain.com,O=Example Ltd,L=London,C=GB",
            "www.mydomain.com",
            "EC P-256",
            "23 Nov 2026  09:00  tester  created",
        ):
            assert said in read
        assert f"{store}/pairs/mydomain.comFileskey.pemrequest.pem" in "".join(read.split())
        assert pair.record.key.spki_sha256 in "".join(read.split())
        assert asked.sha256 in "".join(read.split())

        await user.press("v")
        pem = (store / "pairs" / "mydomain.com" / "request.pem").read_text()
        assert user.read_text + "\n" == pem
        assert pem.strip() in "\n".join(user.screen_lines)
        await user.press("escape")
        assert "Keystore · mydomain.com" in user.title
        await user.press("escape")
        assert user.focused_id == "pairs"
        await user.press("n")
        assert user.focused_id == "common_name"
        assert "[Request]" in user.title
        assert "Generate" in user.bar
    assert stat.S_IMODE((store / "pairs" / "mydomain.com" / "key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("field", "size"),
    [(FieldName.COMMON_NAME, (80, 24)), (FieldName.COUNTRY, (120, 40)), (FieldName.CA, (80, 24))],
)
async def test_title_and_bar_are_the_keystores_once_a_pair_is_made(
    tmp_path: Path, field: FieldName, size: tuple[int, int]
) -> None:
    async with at_screens(session_on(tmp_path / "store"), size) as user:
        await user.fill(FieldName.COMMON_NAME, "www.example.com")
        await user.go_to(field)
        await user.generate()
        await user.until_pairs("www.example.com")
        await user.until(lambda: user.focused_id == "pairs", "the cursor in the keystore")
        await user.settle()
        assert "[Keystore" in user.title
        assert "Open" in user.bar
        await user.press("f2")
        assert user.focused_id == "common_name"
        assert "[Request]" in user.title


async def test_the_current_field_stays_when_the_form_is_hidden(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.CA)
        user.main.add_class("-keystore")  # drawn before the cursor has left the form
        await user.until(lambda: user.focused_id != "ca", "the cursor elsewhere")
        assert user.form.focused_field is FieldName.CA


@pytest.mark.parametrize(("key", "back"), [("down", "up"), ("tab", "shift+tab")])
async def test_fields_follow_each_other_in_the_order_of_the_screen(
    tmp_path: Path, key: str, back: str
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        seen = []
        for _ in FIELDS:
            seen.append(user.focused_id)
            await user.press(key)
        assert seen == FIELDS
        if key != "tab":  # Tab also visits the other pane if it is visible
            assert user.focused_id == FIELDS[0]
            await user.press(back)
            assert user.focused_id == FIELDS[-1]
        else:
            await user.go_to(FieldName.KEY)
            await user.press(back)
            assert user.focused_id == "platform"


async def test_keys_typed_ahead_have_the_same_effect_as_slow_typing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        keys = [
            *"a.example.com",
            "enter",
            "enter",
            *"Example",
            "enter",
            "enter",
            *"Germany",
            "enter",
            *"Berlin",
        ]
        await user.press(*keys)
        assert (user.draft.common_name, user.draft.organization) == ("a.example.com", "Example")
        assert (user.draft.country, user.draft.state) == ("DE", "Berlin")


@pytest.mark.parametrize(
    ("names", "organization", "ca"),
    [
        (["www.example.com", "example.com", "b.example.com"], NASTY, CaKind.PUBLIC),
        (["*.example.com", "example.com"], "Müller & Söhne GmbH", CaKind.PUBLIC),
        (["bücher.example", "intranet", "10.0.0.1"], "", CaKind.PRIVATE),
    ],
)
async def test_the_preview_is_equal_to_the_csr(
    tmp_path: Path, names: list[str], organization: str, ca: CaKind
) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session, (200, 50)) as user:
        if ca is CaKind.PRIVATE:
            await user.go_to(FieldName.CA)
            await user.press("right")
            assert user.draft.ca == "private"
        await user.fill(FieldName.ORGANIZATION, organization)
        await user.fill(FieldName.COUNTRY, "DE" if organization else "")
        await user.fill(FieldName.LOCALITY, "Köln" if organization else "")
        await user.fill(FieldName.COMMON_NAME, names[0])
        await user.fill(FieldName.NAMES, " ".join(names[1:]))
        shown = user.preview
        await user.generate()
        await user.until(lambda: user.pairs, "the pair")
        pair, asked = read_pair(session, user.pairs[0])
        lines = shown.splitlines()
        covers = next(at for at, line in enumerate(lines) if line.startswith(" Covers"))
        assert " ".join(line[1:] for line in lines[:covers]) == asked.subject_text
        assert pair.record.subject_text == asked.subject_text
        assert asked.subject.organization == (organization or None)
        for name in asked.names:
            assert name in shown
        assert asked == csr.read_pem((tmp_path / "store/pairs" / pair.name / "request.pem").read_bytes())


async def test_the_coverage_of_a_wildcard_is_shown_with_an_example(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "*.example.com")
        await user.until(lambda: "*.example.com" in user.preview, "the preview")
        said = " ".join(user.preview.split())
        assert "*.example.com covers shop.example.com but not a.shop.example.com or example.com." in said


async def test_250_names_are_one_request(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    names = [f"host{number}.example.com" for number in range(250)]
    async with at_screens(session) as user:
        await user.paste("\n".join(names))
        assert user.message == "pasted 250 names"
        await user.until(lambda: "250 names:" in user.preview, "the preview")
        assert "…" in user.preview
        await user.generate()
        await user.until_pairs("host0.example.com")
        assert read_pair(session, "host0.example.com")[1].names == tuple(names)
        await user.press("enter")
        assert all(name in user.read_text for name in names)
        await user.press("G")
        assert "History" in user.screen_text
        await user.press("g")
        assert "Subject" in user.screen_text
