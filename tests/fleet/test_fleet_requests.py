"""Requests from one form for many hosts, and the advice before inventory variables are filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from screens_user import session_on
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import FieldName
from csrtui.core.names.inventory_template import Template
from csrtui.core.subject.fields import SubjectInput
from csrtui.fleet.ansible import Target
from csrtui.fleet.host_answer import Failure, Reason
from csrtui.fleet.tasks.requests import (
    PlannedRequest,
    add_counterparts,
    advise_on_template,
    first_blocking,
    plan,
    spec_from_draft,
)
from csrtui.fleet.tasks.run_on_hosts import Reach
from csrtui.tasks.draft import Draft
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from csrtui.tasks.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Return a session on an empty store."""
    return session_on(tmp_path / "store")


@table(
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
    spec = spec_from_draft(draft)
    assert list(spec.names) == ["{{ x }}", *names]
    assert all(isinstance(name, Template) for name in spec.names)


def test_text_that_was_not_typed_is_literal() -> None:
    spec = spec_from_draft(Draft(common_name="{{ x }}", names="{{ y }}", country="{{ z }}"))
    assert spec.names[0] == "{{ x }}"
    assert not any(isinstance(text, Template) for text in (*spec.names, *spec.subject))


def planned(session: Session, host: str, *names: str) -> PlannedRequest:
    spec = RequestSpec(names)
    return PlannedRequest(host, spec, require_common_name(advise_on(session, spec)))


def test_early_advice_does_not_cover_variables(session: Session) -> None:
    texts: dict[str, Any] = {"common_name": "{{ x }}", "locality": "{{ town }}"}
    draft = Draft(
        **texts,
        names="mydomain.com",
        country="UK",
        templates=frozenset(texts),
    )
    advice = advise_on_template(session, spec_from_draft(draft))
    codes = {one.code for one in advice.findings}
    assert "www-not-covered" in codes
    assert all(one.value for one in advice.findings)
    assert all(not (one.fix and one.fix.names) for one in advice.findings)
    assert any(one.fix and one.fix.value == "GB" for one in advice.findings)
    plain = spec_from_draft(Draft(common_name="mydomain.com"))
    assert advise_on_template(session, plain) == advise_on(session, plain)


def test_early_advice_reports_template_errors_and_literal_text(session: Session) -> None:
    typed = frozenset({"common_name", "locality"})
    draft = Draft(
        common_name="{{ 7*7 }}", names="{{ b }}", locality="{{ c }}", state="{{ d" + "x" * 99, templates=typed
    )
    findings = advise_on_template(session, spec_from_draft(draft)).findings
    texts = {one.code: one for one in findings if one.code in {"template-piece", "literal-text"}}
    assert texts["template-piece"].field is FieldName.COMMON_NAME
    assert texts["template-piece"].blocks
    assert '"{{ 7*7 }}" is not a variable' in texts["template-piece"].text
    literal = [one for one in findings if one.code == "literal-text"]
    assert [one.field for one in literal] == [FieldName.STATE]
    assert literal[0].text.startswith('State "{{ d' + "x" * 56 + '…" is used literally')


def hosts_of(
    monkeypatch: pytest.MonkeyPatch, **patterns: Mapping[str, Mapping[str, object]]
) -> list[str | None]:
    """Let the inventory return these hosts for each pattern, and record the patterns in the list."""
    spec: list[str | None] = []

    def listed(_: object, pattern: str | None, __: object) -> str:
        spec.append(pattern)
        hosts = patterns[pattern or "all"]
        return json.dumps({"_meta": {"hostvars": hosts}, "all": {"hosts": list(hosts)}})

    monkeypatch.setattr("csrtui.fleet.tasks.requests.list_inventory", listed)
    return spec


def test_only_hosts_that_meet_limit_and_pattern_are_planned(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = {"all": ("web1", "web2", "db"), "web": ("web1", "web2"), "prod": ("web2", "db"), "none": ()}
    spec = hosts_of(monkeypatch, **{name: {host: {} for host in hosts} for name, hosts in groups.items()})
    typed = RequestSpec((Template("{{ inventory_hostname }}.mydomain.com"),))

    def names(hosts: str, limit: str | None) -> list[str]:
        reach = Reach(Target(("a,b",), limit))
        return [one.host for one in plan(session, reach, typed, counterparts=False, hosts=hosts)]

    assert names("web", "prod") == ["web2"]
    assert names("all", "prod") == ["web2", "db"]
    assert names("all", None) == ["web1", "web2", "db"]
    assert spec == ["prod", "web", "prod", None]
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
    subject = SubjectInput(locality=Template("{{ town }}"), state="{{ town }}")
    spec = RequestSpec(
        (Template("{{ all }}"), Template("{{ inventory_hostname_short }}.b.com"), "{{ all }}"), subject
    )
    one, two, three = plan(session, Reach(Target(("a,b",))), spec, counterparts=True)
    assert one.spec.names[:3] == ("mydomain.com", "a.mydomain.com", "web1.b.com")
    assert "www.mydomain.com" in one.spec.names
    assert one.spec.names[3] == "{{ all }}"
    assert one.spec.subject == SubjectInput(locality="Köln", state="{{ town }}")
    assert two.spec.names[0] == ""
    assert two.advice is not None
    assert {"common-name-missing"} <= {finding.code for finding in two.advice.errors}
    assert three.failure is not None
    assert three.failure.text == "variable town is missing on web3"
    assert not any(isinstance(text, Template) for text in (*one.spec.names, *one.spec.subject))


def test_a_template_that_breaks_the_grammar_is_refused_before_anything_runs(session: Session) -> None:
    for spec in (
        RequestSpec((Template("{{ lookup('pipe', 'id') }}"),)),
        RequestSpec(("a.com",), SubjectInput(country=Template("{% if a %}"))),
    ):
        with pytest.raises(InputError, match="is not a variable"):
            list(plan(session, Reach(Target(("/nowhere",))), spec, counterparts=False))


def test_a_stop_ends_the_planning(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts_of(monkeypatch, all={"web1": {}})
    reach = Reach(Target(("a,b",)))
    reach.stop.set()
    assert list(plan(session, reach, RequestSpec(("a.com",)), counterparts=False)) == []


def test_counterparts_are_added_on_every_host_with_a_request(session: Session) -> None:
    away = PlannedRequest(
        "lost", RequestSpec(("x",)), failure=Failure(Reason.INPUT, "no variable", "give it one")
    )
    both = add_counterparts(session, [planned(session, "web1", "mydomain.com"), away])
    assert both[0].spec.names == ("mydomain.com", "www.mydomain.com")
    assert both[0].advice is not None
    assert both[0].advice.covered_names == ("mydomain.com", "www.mydomain.com")
    assert both[1] is away
    with pytest.raises(InputError):
        add_counterparts(session, [planned(session, "web1", *(f"a{number}.com" for number in range(20_000)))])


def test_a_blocking_finding_on_any_host_is_found(session: Session) -> None:
    good, forced, never = (
        planned(session, host, name)
        for host, name in (("web1", "www.mydomain.com"), ("web2", "intranet"), ("web3", "a b"))
    )
    assert first_blocking([good], force=False) is None
    found = first_blocking([good, forced], force=False)
    assert found is not None
    assert found[0] is forced
    assert first_blocking([good, forced], force=True) is None
    assert first_blocking([good, forced, never], force=True) is not None
