"""What is known of many hosts, kept and read again, and what each answered."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from requests_made import NOW, record

from csrtui.core.fleet import (
    Failure,
    Fleet,
    HostState,
    Reason,
    dump_fleet,
    load_fleet,
    read_list,
    selected,
)
from csrtui.core.host_answer import Answer, Hosts, document_of, failure_of, read_line
from csrtui.core.json_members import MemberError
from csrtui.core.pair import Pair
from csrtui.core.pair_json import describe
from csrtui.core.pair_query import Query

DOCUMENT = describe(Pair("a.com", "/a.com", record()), NOW)
LIST = {"schema": 1, "pairs": [DOCUMENT]}
AWAY = Failure(Reason.UNREACHABLE, "no route", "see that it runs")
WEB = HostState("web", NOW, (DOCUMENT,))
MAIL = HostState("mail", NOW - timedelta(hours=1), (DOCUMENT,))
LOST = HostState("lost", failure=AWAY)


def test_a_fleet_is_read_as_it_was_kept() -> None:
    fleet = Fleet.of([WEB, MAIL, LOST])
    assert load_fleet(dump_fleet(fleet)) == fleet
    assert fleet.oldest == MAIL.read
    assert fleet.failed == [LOST]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"schema": 2}', b'{"schema": 1}', b'{"schema": 1, "hosts": [{"name": 1}]}', b"[" * 99999],
)
def test_what_is_no_fleet_is_an_empty_one(data: bytes) -> None:
    assert load_fleet(data) == Fleet({})


def test_a_host_that_fails_keeps_what_was_known_of_it() -> None:
    after = Fleet.of([WEB]).after(HostState("web", failure=AWAY)).hosts["web"]
    assert (after.documents, after.read, after.failure) == (WEB.documents, NOW, AWAY)
    assert Fleet({}).after(LOST).hosts["lost"] == LOST
    assert Fleet.of([LOST]).after(HostState("lost", NOW)).hosts["lost"].failure is None
    assert list(Fleet.of([WEB, MAIL]).only(["mail", "new"]).hosts.values()) == [MAIL, HostState("new")]


@pytest.mark.parametrize(
    ("typed", "hosts"), [("", ["mail", "web"]), ("web a.com", ["web"]), ("WEB", ["web"]), ("web b.com", [])]
)
def test_a_word_of_the_filter_may_be_one_of_the_host(typed: str, hosts: list[str]) -> None:
    found = selected(Fleet.of([WEB, MAIL]).pairs(), Query.typed(typed), NOW)
    assert [one.host for one in found] == hosts
    assert all(one.as_json() == {"host": one.host, **DOCUMENT} for one in found)


@pytest.mark.parametrize("document", [[], {}, {"pairs": 1}, {"pairs": [1]}, {"pairs": [{}]}])
def test_what_is_no_list_of_pairs_is_refused(document: object) -> None:
    with pytest.raises(MemberError):
        read_list("web", document, NOW)
    assert read_list("web", LIST, NOW) == WEB


@pytest.mark.parametrize("name", ["../../etc/x", "--help", "", "A B", "x" * 10_000, "\x1b[2J"])
def test_a_pair_is_not_known_by_a_name_that_csrtui_gives_none(name: str) -> None:
    with pytest.raises(ValueError, match="gives none"):
        read_list("web", {"schema": 1, "pairs": [DOCUMENT | {"name": name}]}, NOW)


def answer(ended: str = "ok", **result: Any) -> Answer:
    return Answer("web", ended, result)


def test_lines_of_the_callback_are_told_from_others() -> None:
    assert read_line('{"hosts": ["a", 1, "b"]}') == Hosts(("a", "b"))
    line = json.dumps({"host": "web", "ended": "ok", "result": {"rc": 0, "changed": True}})
    assert read_line(line) == answer(rc=0, changed=True)
    assert answer(changed=True).changed
    assert [read_line(text) for text in ("", "PLAY [all]", "[]", "{}", '{"host": 1}')] == [None] * 5


def test_a_document_is_found_behind_a_banner() -> None:
    assert document_of(answer(rc=0, stdout=f"Welcome!\n{json.dumps(LIST)}\n")) == LIST
    assert document_of(answer("failed", rc=3, stdout=json.dumps(LIST)), (0, 3)) == LIST


@pytest.mark.parametrize(
    ("ended", "result", "reason", "part"),
    [
        ("unreachable", {"msg": "no route\nto host"}, Reason.UNREACHABLE, "no route to host"),
        ("failed", {"timedout": {"period": 30}, "msg": "x"}, Reason.TIMEOUT, "did not answer in time"),
        ("failed", {"reason": "store", "msg": "full (free it)", "remedy": "free it"}, Reason.STORE, "full"),
        ("failed", {"reason": "schema", "msg": "other"}, Reason.SCHEMA, "other"),
        ("failed", {"rc": 127, "msg": "x"}, Reason.MISSING, "there is no csrtui"),
        ("failed", {"rc": 3, "stderr": "csrtui: error: disk full\nhint: df\n"}, Reason.STORE, "disk full"),
        ("failed", {"rc": 9, "stdout": "csrtui: error: odd\n"}, Reason.UNEXPECTED, "odd"),
        ("failed", {"rc": 139, "stderr": "Segmentation fault"}, Reason.UNEXPECTED, "Segmentation fault"),
        ("failed", {"msg": "Missing sudo password"}, Reason.UNEXPECTED, "Missing sudo password"),
        ("failed", {}, Reason.UNEXPECTED, "says nothing"),
        ("ok", {"rc": 0, "stdout": "hello"}, Reason.UNEXPECTED, "not JSON"),
        ("ok", {"rc": 0, "stdout": '{"schema": 2}'}, Reason.SCHEMA, "speaks schema 2"),
        ("failed", {"rc": 1, "stderr": "csrtui: error: no\n"}, Reason.REFUSED, "no"),
    ],
)
def test_every_way_to_fail_is_named_with_what_mends_it(
    ended: str, result: dict[str, Any], reason: Reason, part: str
) -> None:
    failure = document_of(answer(ended, **result), (0, 1))
    assert isinstance(failure, Failure)
    assert failure.reason is reason
    assert part in failure.text
    assert failure.remedy
    assert failure.as_json("web")["ok"] is False


def test_a_failure_of_the_module_says_its_remedy_once() -> None:
    failure = failure_of(answer("failed", reason="store", msg="full (free it)", remedy="free it"))
    assert (failure.text, failure.remedy) == ("full", "free it")
