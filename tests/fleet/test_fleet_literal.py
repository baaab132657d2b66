"""In the form for many hosts, only typed text can contain variables. Text from other sources is literal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fleet_made import listed
from fleet_user import at_fleet
from hostile import HOSTILE

from csrtui.core.base.finding import FieldName
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields
from csrtui.fleet.tui.plan import FleetPlanScreen
from csrtui.fleet.tui.request import FleetRequestScreen
from csrtui.tasks import draft
from csrtui.tasks.draft import Draft
from csrtui.tui.widgets.form_field import FormField
from csrtui.tui.widgets.request_fields import TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fake_ansible import FakeAnsible
    from fleet_user import FleetUser

    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.request_form import RequestForm

PAYLOAD = HOSTILE["template"]
LITERAL = "is used literally, because it was not typed here"


@pytest.fixture
async def user(session: Session, fake: FakeAnsible) -> AsyncIterator[FleetUser]:
    """Return a user at the form, with one host."""
    fake.answers({"web1": listed()})
    fake.holds({"web1": {"site": "mydomain.com"}})
    async with at_fleet(session, fake, (80, 30)) as user:
        await user.read()
        await user.press("n")
        yield user


def form(user: FleetUser) -> RequestForm:
    screen = user.app.screen
    assert isinstance(screen, FleetRequestScreen), user.screen_text
    return screen.request.form


def templates(user: FleetUser) -> set[str]:
    return set(form(user).draft.templates)


async def go_to(user: FleetUser, field: FieldName) -> None:
    form(user).focus_field(field)
    await user.settle()


def rfc4514(name: str, text: str) -> str:
    """Return an attribute as the subject shows it."""
    return name + "=" + re.sub("([,>])", r"\\\1", text)


def hostile_csr(text: str) -> str:
    subject = SubjectFields(common_name="www.mydomain.com", organization=text, locality=text)
    key = key_types.generate(key_types.KeyType.EC_P256)
    return csr.to_pem(csr.build(subject, ["www.mydomain.com"], key)).decode()


async def test_a_form_filled_from_a_hostile_csr_shows_it_as_text(user: FleetUser) -> None:
    await go_to(user, FieldName.ORGANIZATION)
    await user.type("{{ site }}")
    await user.press("ctrl+o")
    await user.paste(hostile_csr(PAYLOAD))
    await user.until(lambda: user.at(FleetRequestScreen), "the form")
    assert form(user).draft.organization == PAYLOAD
    assert templates(user) == set()
    await user.see(f'Organization "{PAYLOAD}" {LITERAL}')
    await user.press("ctrl+g")
    await user.until(lambda: user.at(FleetPlanScreen), "the plan")
    await user.see(rfc4514("O", PAYLOAD))
    await user.see(LITERAL)
    await user.press("escape", "ctrl+z")
    assert templates(user) == {"organization"}
    assert form(user).draft.organization == "{{ site }}"
    await user.press("ctrl+y")
    assert form(user).draft.organization == PAYLOAD
    assert templates(user) == set()


async def test_the_same_text_from_another_source_replaces_typed_text_as_literal(user: FleetUser) -> None:
    await go_to(user, FieldName.ORGANIZATION)
    await user.type("{{ site }}")
    assert templates(user) == {"organization"}
    await user.press("ctrl+o")
    await user.paste(hostile_csr("{{ site }}"))
    await user.until(lambda: user.at(FleetRequestScreen), "the form")
    assert templates(user) == set()
    await user.press("ctrl+z")
    assert templates(user) == {"organization"}
    await user.press("ctrl+y")
    assert templates(user) == set()


async def test_a_paste_is_literal_until_its_last_brace_is_gone(user: FleetUser) -> None:
    await user.paste("{{ site }}")
    assert templates(user) == set()
    await user.see(f'"{{{{ site }}}}" {LITERAL}')
    await user.type("{{ site }}")
    assert templates(user) == set(), "what was pasted is still there"
    await user.press("ctrl+u")
    await user.type("{{ site }}")
    assert templates(user) == {"common_name"}
    await user.paste(".mydomain.com")
    assert templates(user) == {"common_name"}, "there is no brace in what was pasted"
    await user.paste("{")
    assert templates(user) == set()
    await user.press("backspace")
    assert templates(user) == set()
    await user.press("ctrl+z", "ctrl+z")
    assert templates(user) == {"common_name"}
    assert form(user).draft.common_name == "{{ site }}.mydomain.com"
    await user.press("ctrl+y")
    assert templates(user) == set()


async def test_text_copied_inside_csrtui_is_literal(user: FleetUser) -> None:
    await user.paste("{{ site }}")
    user.app.copy_to_clipboard("{{ site }}")
    await go_to(user, FieldName.LOCALITY)
    await user.press("ctrl+v")
    assert form(user).draft.locality == "{{ site }}"
    assert templates(user) == set()
    await user.press("ctrl+u")
    user.app.copy_to_clipboard("{")
    await user.press("ctrl+v", "ctrl+v")
    await user.type(" site }}")
    assert form(user).draft.locality == "{{ site }}"
    assert templates(user) == set()


async def test_pasted_lines_with_a_brace_are_literal(user: FleetUser) -> None:
    await user.type("{{ site }}")
    await go_to(user, FieldName.NAMES)
    await user.type("{{ site }}")
    await user.paste("a.com\nb.com")
    assert form(user).draft.names == "{{ site }}, a.com, b.com"
    assert templates(user) == {"common_name", "names"}
    await user.paste("c.com\nwww.{{site}}.com")
    assert templates(user) == {"common_name"}


async def test_a_profile_is_literal_and_other_fields_stay_unchanged(
    user: FleetUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[profiles.work]\norganization = "{{ site }}"\n')
    config.chmod(0o600)
    monkeypatch.setenv("CSRTUI_CONFIG", str(config))
    await user.type("{{ site }}")
    await go_to(user, FieldName.ORGANIZATION)
    await user.type("{{ site }}")
    await user.press("f6", "enter")
    assert templates(user) == {"common_name"}
    await user.see(LITERAL)


async def test_a_piece_that_is_not_a_variable_is_named_while_it_is_typed(
    user: FleetUser, fake: FakeAnsible
) -> None:
    await user.type("{{ site | upper }}")
    await user.see(
        '"{{ site | upper }}" is not a variable: only {{ name }} and {{ name.member }} are replaced'
    )
    await user.press("ctrl+g")
    await user.settle()
    await user.until(lambda: "for it in the inventory." in " ".join(user.screen_text.split()), "the error")
    assert fake.lists == []
    assert fake.asked == 1


async def test_the_mark_survives_a_restart(session: Session, fake: FakeAnsible) -> None:
    for _ in range(3):
        fake.answers({"web1": listed()})
    async with at_fleet(session, fake, (80, 30)) as user:
        await user.read()
        await user.press("n")
        await user.type("{{ site }}")
        await go_to(user, FieldName.LOCALITY)
        await user.paste("{{ site }}")
        await user.press("escape")
    async with at_fleet(session, fake, (80, 30)) as user:
        await user.read()
        await user.press("n")
        assert form(user).draft.texts == Draft(common_name="{{ site }}", locality="{{ site }}").texts
        assert templates(user) == {"common_name"}
        await go_to(user, FieldName.LOCALITY)
        await user.press("ctrl+u")
        await user.type("{{ site }}")
        await go_to(user, FieldName.COMMON_NAME)
        await user.press("ctrl+u")
        await user.paste("{{ site }}")
        await user.press("escape")
    async with at_fleet(session, fake, (80, 30)) as user:
        await user.read()
        await user.press("n")
        assert templates(user) == {"locality"}, "the texts are the same, the marks are not"


async def test_a_form_from_an_older_csrtui_is_literal(session: Session, fake: FakeAnsible) -> None:
    old = Draft(common_name="{{ site }}", organization="{{ site }}")
    draft.save_draft_for_hosts(session, old, "all")
    fake.answers({"web1": listed()})
    async with at_fleet(session, fake, (80, 30)) as user:
        await user.read()
        await user.press("n")
        assert form(user).draft.common_name == "{{ site }}"
        assert templates(user) == set()


async def test_a_value_that_is_assigned_is_literal(user: FleetUser) -> None:
    field = user.app.screen.query_one("#organization", FormField)
    field.value = "{{ site }}"
    await user.settle()
    assert templates(user) == set()


TEMPLATES = [name for name in HOSTILE if name.startswith(("template", "variable"))]
OFTEN = {"template", "template open", "variable"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow) for name in TEMPLATES]
)
async def test_every_field_shows_a_pasted_template_as_text(
    user: FleetUser, fake: FakeAnsible, name: str
) -> None:
    text = HOSTILE[name]
    for field in TEXT_FIELDS:
        await go_to(user, field)
        await user.paste(text)
        assert form(user).draft.texts[field.value] == text
    assert templates(user) == set()
    await go_to(user, FieldName.ORGANIZATION)
    await user.see(f'"{text}" {LITERAL}')
    form(user).load(Draft(common_name="a.mydomain.com", organization=text))
    await user.press("ctrl+g")
    await user.until(lambda: user.at(FleetPlanScreen), "the plan")
    await user.see(rfc4514("O", text))
    assert fake.asked == 1
