"""What one form asks for on many hosts, and what can be said of it before the inventory's variables are filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from screens_user import session_on

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import FieldName
from csrtui.core.names.template import Template
from csrtui.core.pairs.draft import Draft
from csrtui.core.subject.fields import TypedSubject
from csrtui.fleet.ansible import Target
from csrtui.fleet.model import Failure, Reason
from csrtui.fleet.tasks.hosts import Reach
from csrtui.fleet.tasks.requests import Planned, advise_ahead, asked_by_template, blocked, plan, with_twins
from csrtui.tasks.new import Blocking
from csrtui.tasks.request_spec import Asked, advise_on, asked_for

if TYPE_CHECKING:
    from collections.abc import Mapping
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


def test_advice_ahead_names_what_is_wrong_in_a_template_and_what_is_literal(session: Session) -> None:
    typed = frozenset({"common_name", "locality"})
    draft = Draft(
        common_name="{{ 7*7 }}", names="{{ b }}", locality="{{ c }}", state="{{ d" + "x" * 99, templates=typed
    )
    findings = advise_ahead(session, asked_by_template(draft)).findings
    texts = {one.code: one for one in findings if one.code in {"template-piece", "literal-text"}}
    assert texts["template-piece"].field is FieldName.COMMON_NAME
    assert texts["template-piece"].blocks
    assert '"{{ 7*7 }}" is not a variable' in texts["template-piece"].text
    literal = [one for one in findings if one.code == "literal-text"]
    assert [one.field for one in literal] == [FieldName.STATE]
    assert literal[0].text.startswith('State "{{ d' + "x" * 56 + '…" is literal')


def hosts_of(
    monkeypatch: pytest.MonkeyPatch, **patterns: Mapping[str, Mapping[str, object]]
) -> list[str | None]:
    """Have the inventory list these hosts for each pattern; what it was asked for comes into the list."""
    asked: list[str | None] = []

    def listed(_: object, pattern: str | None, __: object) -> str:
        asked.append(pattern)
        hosts = patterns[pattern or "all"]
        return json.dumps({"_meta": {"hostvars": hosts}, "all": {"hosts": list(hosts)}})

    monkeypatch.setattr("csrtui.fleet.tasks.requests.list_inventory", listed)
    return asked


def test_only_hosts_that_meet_limit_and_pattern_are_planned(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = {"all": ("web1", "web2", "db"), "web": ("web1", "web2"), "prod": ("web2", "db"), "none": ()}
    asked = hosts_of(monkeypatch, **{name: {host: {} for host in hosts} for name, hosts in groups.items()})
    typed = Asked((Template("{{ inventory_hostname }}.mydomain.com"),))

    def names(hosts: str, limit: str | None) -> list[str]:
        reach = Reach(Target("a,b", limit))
        return [one.host for one in plan(session, reach, typed, counterparts=False, hosts=hosts)]

    assert names("web", "prod") == ["web2"]
    assert names("all", "prod") == ["web2", "db"]
    assert names("all", None) == ["web1", "web2", "db"]
    assert asked == ["prod", "web", "prod", None]
    with pytest.raises(InputError, match="no host of the inventory matches"):
        names("none", None)


def test_each_text_is_replaced_on_each_host_or_the_host_is_left_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts_of(
        monkeypatch,
        all={
            "web1": {"all": ["mydomain.com", "a.mydomain.com"], "town": "Köln"},
            "web2": {"all": [], "town": "Bonn"},
            "web3": {"all": ["b.com"]},
        },
    )
    subject = TypedSubject(locality=Template("{{ town }}"), state="{{ town }}")
    asked = Asked(
        (Template("{{ all }}"), Template("{{ inventory_hostname_short }}.b.com"), "{{ all }}"), subject
    )
    one, two, three = plan(session, Reach(Target("a,b")), asked, counterparts=True)
    assert one.asked.names[:3] == ("mydomain.com", "a.mydomain.com", "web1.b.com")
    assert "www.mydomain.com" in one.asked.names
    assert one.asked.names[3] == "{{ all }}"
    assert one.asked.subject == TypedSubject(locality="Köln", state="{{ town }}")
    assert two.asked.names[0] == ""
    assert two.advice is not None
    assert {"common-name-missing"} <= {finding.code for finding in two.advice.blocking}
    assert three.failure is not None
    assert three.failure.text == "variable town is missing on web3"
    assert not any(isinstance(text, Template) for text in (*one.asked.names, *one.asked.subject))


def test_a_template_that_breaks_the_grammar_is_refused_before_anything_runs(session: Session) -> None:
    for asked in (
        Asked((Template("{{ lookup('pipe', 'id') }}"),)),
        Asked(("a.com",), TypedSubject(country=Template("{% if a %}"))),
    ):
        with pytest.raises(InputError, match="is not a variable"):
            list(plan(session, Reach(Target("/nowhere")), asked, counterparts=False))


def test_nothing_is_planned_once_it_is_stopped(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts_of(monkeypatch, all={"web1": {}})
    reach = Reach(Target("a,b"))
    reach.stop.set()
    assert list(plan(session, reach, Asked(("a.com",)), counterparts=False)) == []


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
