"""Filling in the form from a profile, a pair, a CSR or a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from screens_user import at_screens, session_on

from csrtui.core.base.finding import FieldName
from csrtui.core.certificates import csr
from csrtui.core.subject.fields import SubjectFields, SubjectInput
from csrtui.tasks.draft import Draft
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.modals.questions import ConfirmModal, NoticeModal
from csrtui.tui.modals.request_form_dialogs import ProfilesModal, StartFromModal
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

LTD: dict[str, Any] = {"organization": "Example Ltd", "country": "GB", "locality": "London"}


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("CSRTUI_CONFIG", str(path))
    return path


def write(config: Path, text: str) -> None:
    config.write_text(text)
    config.chmod(0o600)


def a_csr(subject: SubjectFields, *names: str) -> bytes:
    return csr.to_pem(csr.preview(subject, names).der)


def answer(user: User) -> str:
    return " ".join(block.text for block in user.app.screen.query("#notes, #keys").results(TextBlock))


# Profiles


async def test_the_form_is_saved_as_a_profile_that_fills_another_form(tmp_path: Path, config: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        for name, text in LTD.items():
            await user.fill(FieldName(name), text)
        await user.fill(FieldName.COMMON_NAME, "www.mydomain.com")
        await user.press("f6")
        assert isinstance(user.app.screen, ProfilesModal)
        assert user.focused_id == "profile-name"  # there is no profile to choose yet
        await user.press(*"work", "enter")
        assert user.message == "saved as the profile work"
    assert 'organization = "Example Ltd"' in config.read_text()
    assert "mydomain" not in config.read_text()
    async with at_screens(session_on(tmp_path / "other")) as user:
        await user.fill(FieldName.COMMON_NAME, "shop.mydomain.com")
        await user.press("f6", "enter")
        assert user.draft == Draft(common_name="shop.mydomain.com", **LTD)
        assert "profile work" in user.message
        await user.press("ctrl+z")
        assert user.draft == Draft(common_name="shop.mydomain.com")


async def test_enter_on_an_empty_name_shows_a_hint_and_on_a_profile_loads_it(
    tmp_path: Path, config: Path
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f6", "tab", "enter")
        assert "Type a name to save" in answer(user)
        await user.press("escape")
        write(config, '[profiles.a]\nlocality = "Aa"\n[profiles.b]\nlocality = "Bb"\n')
        await user.press("f6", "down", "tab")
        assert user.focused_id == "profile-name"
        await user.press("tab", "enter")
        assert user.draft == Draft(locality="Bb")
        assert "profile b" in user.message


async def test_a_country_typed_by_name_is_saved_as_its_code(tmp_path: Path, config: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COUNTRY, "Germany")
        await user.press("f6", *"de", "enter")
    assert 'country = "DE"' in config.read_text()


async def test_replacing_and_deleting_a_profile_are_confirmed(tmp_path: Path, config: Path) -> None:
    write(config, '# mine\n[profiles.work]\norganization = "Old Ltd"\n')
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.ORGANIZATION, "New Ltd")
        await user.press("f6", "tab", *"work", "enter")
        assert isinstance(user.app.screen, ConfirmModal)
        assert user.answer is False
        await user.press("enter")
        assert "Old Ltd" in config.read_text()
        await user.press("enter", "right", "enter")
        assert "New Ltd" in config.read_text()
        await user.press("f6", "d", "right", "enter")
        assert "deleted work" in answer(user)
        assert user.focused_id == "profile-name"
        await user.press("x")
        assert "deleted work" not in answer(user), "a user who types on has read it"
    assert config.read_text().startswith("# mine")
    assert "work" not in config.read_text()


async def test_a_mistake_in_the_configuration_is_shown_in_the_dialog(tmp_path: Path, config: Path) -> None:
    write(config, "[profiles.work]\norganisation = 'x'\n")
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f6")
        assert "organisation" in answer(user)
        await user.press(*"../x", "enter")
        assert "is not a valid profile name" in " ".join(answer(user).split())
        await user.press("escape", "right", "enter")
        assert user.focused_id == "common_name"


# Starting from something


async def test_a_pair_of_the_store_fills_the_form(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(
        session, RequestSpec(("www.mydomain.com", "mydomain.com"), SubjectInput(**LTD), platform="nginx")
    )
    async with at_screens(session) as user:
        await user.press("ctrl+o")
        assert isinstance(user.app.screen, StartFromModal)
        await user.press(*"www.mydomain.com", "enter")
        assert user.draft.common_name == "www.mydomain.com"
        assert user.draft.names == "mydomain.com"
        assert {name: getattr(user.draft, name) for name in LTD} == LTD
        assert user.draft.platform == "nginx"
        await user.press("ctrl+z")
        assert user.draft == Draft()


async def test_a_file_fills_the_form_and_omissions_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "old.csr"
    path.write_bytes(
        a_csr(SubjectFields(common_name="a.mydomain.com", organizational_unit="IT"), "a.mydomain.com")
    )
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("ctrl+o")
        await user.paste(str(path))
        await user.press("enter")
        assert isinstance(user.app.screen, NoticeModal)
        assert "organizational unit" in user.read_text
        await user.press("enter")
        assert (user.draft.common_name, user.draft.organizational_unit) == ("a.mydomain.com", "")


async def test_a_pasted_csr_fills_the_form(tmp_path: Path) -> None:
    pem = a_csr(SubjectFields(common_name="b.mydomain.com"), "b.mydomain.com", "c.mydomain.com").decode()
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("ctrl+o")
        await user.paste(f"Here it is:\n\n{pem}")
        assert (user.draft.common_name, user.draft.names) == ("b.mydomain.com", "c.mydomain.com")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/nowhere/at/all", "Cannot read /nowhere/at/all"),
        ("no-such-pair", "Cannot read no-such-pair"),
        ("one line\nand another", "no CSR or certificate"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----", "That is a private key"),
    ],
)
async def test_an_unusable_source_is_reported_and_the_form_stays(
    tmp_path: Path, text: str, said: str
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "www.mydomain.com")
        await user.press("ctrl+o")
        await user.paste(text)
        await user.press("enter")
        assert said in " ".join(answer(user).split())
        await user.press("x")
        assert said not in " ".join(answer(user).split())
        await user.press("escape")
        assert user.draft == Draft(common_name="www.mydomain.com")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_dialogs_fit_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with at_screens(session_on(tmp_path / "store"), size) as user:
        for key in ("ctrl+o", "f6"):
            await user.press(key)
            region = user.app.screen.query_one(".dialog").region
            assert user.app.screen.region.contains_region(region)
            assert "Esc Cancel" in user.screen_text
            await user.press("escape")
