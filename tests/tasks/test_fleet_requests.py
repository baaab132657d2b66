"""What one form asks for on many hosts, and what can be said of it before the inventory's variables are filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from screens_user import session_on

from csrtui.core.draft import Draft
from csrtui.core.errors import InputError
from csrtui.core.fleet import Failure, Reason
from csrtui.core.template import Template
from csrtui.tasks.asking import Asked, advise_on, asked_for
from csrtui.tasks.create import Blocking
from csrtui.tasks.fleet_requests import (
    Planned,
    advise_ahead,
    asked_by_template,
    blocked,
    with_twins,
)

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.tasks.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Give a session on an empty store."""
    return session_on(tmp_path / "store")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", []),
        ("a.com, b.com", ["a.com", "b.com"]),
        ("{{ site }}.a.com b.com", ["{{ site }}.a.com", "b.com"]),
        ("{{ a }}{{ b }}, {% if c %}x{# d #}.com", ["{{ a }}{{ b }}", "{% if c %}x{# d #}.com"]),
        ("{{ names | join(', ') }}; c.com", ["{{ names | join(', ') }}", "c.com"]),
        ("a.com {{ never closed", ["a.com", "{{ never closed"]),
    ],
)
def test_blanks_within_a_variable_separate_no_names(typed: str, names: list[str]) -> None:
    draft = Draft(common_name="{{ x }}", names=typed, templates=frozenset({"common_name", "names"}))
    asked = asked_by_template(draft)
    assert list(asked.names) == ["{{ x }}", *names]
    assert all(isinstance(name, Template) for name in asked.names)


def test_what_was_not_typed_is_literal() -> None:
    asked = asked_by_template(Draft(common_name="{{ x }}", names="{{ y }}", country="{{ z }}"))
    assert asked.names[0] == "{{ x }}"
    assert not any(isinstance(text, Template) for text in (*asked.names, *asked.subject))


def planned(session: Session, host: str, *names: str) -> Planned:
    asked = Asked(names)
    return Planned(host, asked, asked_for(advise_on(session, asked)))


def test_advice_ahead_says_nothing_of_what_is_filled_in_later(session: Session) -> None:
    texts = {"common_name": "{{ x }}", "locality": "{{ town }}"}
    draft = Draft(**texts, names="mydomain.com", country="UK", templates=frozenset(texts))
    advice = advise_ahead(session, asked_by_template(draft))
    codes = {one.code for one in advice.findings}
    assert "www-not-covered" in codes
    assert all(one.value for one in advice.findings)
    assert all(not (one.fix and one.fix.names) for one in advice.findings)
    assert any(one.fix and one.fix.value == "GB" for one in advice.findings)
    plain = asked_by_template(Draft(common_name="mydomain.com"))
    assert advise_ahead(session, plain) == advise_on(session, plain)


def test_twins_are_covered_on_every_host_that_gets_something(session: Session) -> None:
    away = Planned("lost", Asked(("x",)), failure=Failure(Reason.INPUT, "no variable", "give it one"))
    both = with_twins(session, [planned(session, "web1", "mydomain.com"), away])
    assert both[0].asked.names == ("mydomain.com", "www.mydomain.com")
    assert both[0].advice is not None
    assert both[0].advice.covers == ("mydomain.com", "www.mydomain.com")
    assert both[1] is away
    with pytest.raises(InputError):
        with_twins(session, [planned(session, "web1", *(f"a{number}.com" for number in range(20_000)))])


def test_what_stands_in_the_way_on_any_host_is_found(session: Session) -> None:
    good, forced, never = (
        planned(session, host, name)
        for host, name in (("web1", "www.mydomain.com"), ("web2", "intranet"), ("web3", "a b"))
    )
    assert blocked([good], Blocking.STOPS) is None
    found = blocked([good, forced], Blocking.STOPS)
    assert found is not None
    assert found[0] is forced
    assert blocked([good, forced], Blocking.OVERRULED) is None
    assert blocked([good, forced, never], Blocking.OVERRULED) is not None
