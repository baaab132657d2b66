"""pair.json can be read back, any content is read or refused, and ``--json`` keeps its order."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_made import NOW, record
from tables import table

from csrtui.core.base.errors import StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.facts import Installation, KeyFacts, RequestFacts
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.pairs.pair_json import dump_record, load_record, pair_document
from csrtui.core.pairs.renewal_state import RenewalState
from csrtui.core.pairs.summary import urgency_key
from csrtui.core.subject.fields import ATTRIBUTE_TYPES, Attribute, SubjectFields

texts = st.text()
optional = st.none() | texts
times = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=5,
)
MEMBERS = tuple(json.loads(dump_record(record())))
records = st.builds(
    PairRecord,
    created=times,
    subject=st.builds(
        SubjectFields,
        *[optional] * 6,
        attributes=st.lists(st.builds(Attribute, st.sampled_from(list(ATTRIBUTE_TYPES)), st.text())).map(
            tuple
        ),
    ),
    subject_text=texts,
    names=st.lists(texts).map(tuple),
    ca=st.sampled_from(CaKind),
    platform=texts,
    key=st.builds(KeyFacts, texts, st.booleans(), texts),
    request=st.builds(RequestFacts, texts, optional),
    backups=st.lists(
        st.builds(
            Backup, st.sampled_from(BackupStatus), texts, times, st.none() | times, texts, st.none() | times
        ),
        max_size=3,
    ).map(tuple),
    submitted=st.none() | times,
    reused=st.none() | times,
    validity=st.none() | st.builds(Validity, times, times),
    installed=st.none() | times,
    retired=st.none() | times,
    compromised=st.none() | times,
    revoked=st.none() | times,
    renews=optional,
    renewed_by=optional,
    server=st.none() | st.builds(Installation, texts, texts, times),
    history=st.lists(st.builds(HistoryEntry, times, texts, texts), max_size=3).map(tuple),
    unknown=st.dictionaries(texts.filter(lambda name: name not in MEMBERS), json_values, max_size=3),
    renewal=st.just(RenewalState.INSTALLED),
    previous=st.none() | st.builds(Validity, times, times),
)
FULL = record(
    backups=(Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),),
    submitted=NOW,
    validity=Validity(NOW, NOW + timedelta(days=90)),
    installed=NOW,
    renews="a.com-0",
    server=Installation("nginx", "/tls", NOW),
    history=(HistoryEntry(NOW, "created", "joe"),),
)


@given(records)
def test_a_record_is_read_as_it_was_written(one: PairRecord) -> None:
    assert load_record(dump_record(one)) == one


@given(records)
def test_a_readable_record_can_be_printed_and_sorted(one: PairRecord) -> None:
    pair = Pair("a.com", "/s/pairs/a.com", load_record(dump_record(one)))
    assert json.loads(json.dumps(pair_document(pair, NOW)))["schema"] == 1
    urgency_key(pair, NOW)


@table("one", [record(), FULL])
def test_the_file_is_ascii_with_one_member_per_line(one: PairRecord) -> None:
    data = dump_record(one)
    assert data.isascii()
    assert data.endswith(b"\n}\n")
    assert tuple(json.loads(data)) == MEMBERS


def test_members_of_a_later_version_are_preserved() -> None:
    document = {**json.loads(dump_record(FULL)), "colour": {"depth": [1, None, "x"]}, "renewal": "x"}
    again = dump_record(load_record(json.dumps(document).encode())._replace(renews=None))
    assert json.loads(again)["colour"] == {"depth": [1, None, "x"]}
    assert json.loads(again)["renewal"] == "x"


def loaded(**changes: object) -> PairRecord:
    return load_record(json.dumps({**json.loads(dump_record(FULL)), **changes}).encode())


def test_a_time_of_another_zone_is_read_as_utc() -> None:
    one = loaded(created="2026-11-23T09:00:00+02:00")
    assert one.created == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert one.created.tzinfo is UTC
    assert one.created == datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=2)))


@table("name", [name for name in MEMBERS if name != "schema"])
@table("value", [0, 1.5, True, "", "text", [1], [{}], {}, {"time": 1}, ["a", 1]])
def test_a_member_of_another_type_is_refused_or_preserved(name: str, value: object) -> None:
    try:
        one = loaded(**{name: value})
    except StoreError as error:
        message = error.message
    else:
        message = "pair.json is damaged: " if load_record(dump_record(one)) == one else "changed"
    assert message.startswith("pair.json is damaged: ")


REQUIRED = [
    "created", "subject", "subject_fields", "names", "ca", "platform", "key", "request", "backups", "history",
]  # fmt: skip


@table("name", REQUIRED)
def test_a_missing_member_is_named(name: str) -> None:
    document = json.loads(dump_record(FULL))
    del document[name]
    with pytest.raises(StoreError, match=f"damaged: {name} is missing"):
        load_record(json.dumps(document).encode())


@table("name", [name for name in MEMBERS if name not in {*REQUIRED, "schema"}])
def test_an_optional_member_may_be_missing(name: str) -> None:
    document = json.loads(dump_record(record()))
    del document[name]
    assert load_record(json.dumps(document).encode()) == record()


@table(
    ("change", "message"),
    [
        ({"names": ["a", 1]}, "names is not a list of strings"),
        ({"names": "a.com"}, "names has the wrong type"),
        ({"history": [1]}, "history is not a list of objects"),
        ({"history": [{"time": "2026-11-23T09:00:00Z", "what": "x"}]}, "history.user is missing"),
        ({"key": {"type": "x", "encrypted": 1, "spki_sha256": ""}}, "key.encrypted has the wrong type"),
        ({"created": "2026-11-23T09:00:00"}, "created has no time zone"),
        ({"created": "yesterday"}, "created is not a time"),
        ({"created": "0001-01-01T00:00:00+23:00"}, "created is out of range"),
        ({"retired": "9999-12-31T23:59:59-01:00"}, "retired is out of range"),
        ({"ca": "mine"}, "ca is not a known value"),
        (
            {"backups": [{"status": "great", "path": "", "created": "2026-11-23T09:00:00Z", "sha256": ""}]},
            "backups.status is not a known value",
        ),
        ({"validity": {"not_before": "2026-11-23T09:00:00Z"}}, "validity.not_after is missing"),
    ],
)
def test_damage_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(StoreError, match=r"pair.json is damaged: ") as caught:
        loaded(**change)
    assert message in caught.value.message


@table("schema", [0, 2, "1", None, [1]])
def test_another_schema_needs_the_version_that_wrote_it(schema: object) -> None:
    with pytest.raises(StoreError, match="schema") as caught:
        loaded(schema=schema)
    assert caught.value.hint == "use the newer csrtui that wrote it"


@table(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"1", "not a JSON object"),
    ],
)
def test_data_that_is_not_a_json_object_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        load_record(data)


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(StoreError):
        load_record(data)


@given(st.dictionaries(st.sampled_from(MEMBERS), json_values))
def test_any_json_is_read_or_refused(changes: dict[str, object]) -> None:
    try:
        one = loaded(**changes)
    except StoreError:
        return
    assert load_record(dump_record(one)) == one


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(dump_record(FULL))
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(StoreError):
        load_record(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


CONTRACT = {
    "schema": int,
    "name": str,
    "path": str,
    "created": str,
    "subject": str,
    "subject_fields": dict,
    "names": list,
    "ca": str,
    "platform": str,
    "key": dict,
    "request": dict,
    "backup": dict,
    "stage": str,
    "submitted": str,
    "expires": str,
    "days_left": int,
    "next": str,
    "renews": str,
    "renewed_by": str,
    "files": dict,
}


ADDED = ("installed", "reused", "begins", "purpose", "server", "compromised", "previous", "revoked", "defect")
"""Later members, after all others."""


def test_the_document_has_the_members_of_the_contract_in_order() -> None:
    document = pair_document(Pair("a.com", "/s/pairs/a.com", FULL, has_certificate=True), NOW)
    assert list(document) == [*CONTRACT, *ADDED]
    kinds = {name: kind for name, kind in CONTRACT.items() if name != "renewed_by"}
    assert all(isinstance(document[name], kind) for name, kind in kinds.items())
    inner = {name: list(value) for name, value in document.items() if isinstance(value, dict)}
    assert inner == {
        "subject_fields": [
            "common_name", "organization", "organizational_unit", "country", "state", "locality",
        ],
        "key": ["type", "encrypted", "spki_sha256"],
        "request": ["sha256", "signature_hash"],
        "backup": ["status", "path", "created", "verified"],
        "files": ["key", "request", "certificate"],
        "server": ["platform", "folder", "installed"],
    }  # fmt: skip
    assert document["expires"] == "2027-02-21T09:00:00Z"
    assert document["days_left"] == 90
    assert document["files"]["certificate"] == "/s/pairs/a.com/certificate.pem"  # type: ignore[index]


def test_absent_values_are_null() -> None:
    document = pair_document(Pair("a.com", "/s/pairs/a.com", record()), NOW)
    empty = ("submitted", "expires", "days_left", "renews", "renewed_by")
    assert all(document[name] is None for name in empty)
    assert document["backup"] == {"status": "none", "path": None, "created": None, "verified": None}
    assert document["files"] == {
        "key": "/s/pairs/a.com/key.pem",
        "request": "/s/pairs/a.com/request.pem",
        "certificate": None,
    }


@table(
    ("texts", "server"),
    [
        (["installed files written: /tls/a.crt, /tls/a.key (nginx)", "renewed"], ("nginx", "/tls")),
        (
            ["installed files written: /a/b.pem (iis)", "installed files written: /c, d/b (x)/b.p12 (iis)"],
            None,
        ),
        (
            ["installed files written: /a/b.pem (iis)", "installed files written: /c (x)/b.p12 (iis)"],
            ("iis", "/c (x)"),
        ),
        (["installed files written: /a/b.crt, /c/b.key (nginx)"], None),
        ([r"installed files written: /a\x1b/b.pem (haproxy)"], None),
        (["installed files written: "], None),
        (["created"], None),
    ],
)
def test_the_server_of_release_0_1_0_is_read_from_the_history(
    texts: list[str], server: tuple[str, str] | None
) -> None:
    events = tuple(HistoryEntry(NOW, text, "root") for text in texts)
    read = load_record(dump_record(record()._replace(server=None, history=events)))
    assert read.server == (server and Installation(*server, NOW))
    assert read.history == events
