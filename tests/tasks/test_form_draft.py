"""Drafts of the form: reading returns what was written, and any other file is harmless."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.tasks.draft import TEXT_FIELDS, Draft, dump_draft, load_draft

DRAFTS = st.builds(
    Draft,
    common_name=st.text(),
    names=st.text(),
    organization=st.text(),
    organizational_unit=st.text(),
    country=st.text(),
    state=st.text(),
    locality=st.text(),
    ca=st.sampled_from([kind.value for kind in CaKind]),
    platform=st.sampled_from(list(PLATFORMS)),
    key=st.sampled_from([key.value for key in KeyType]),
    pair_name=st.sampled_from(["", "a.com"]),
    has_passphrase=st.booleans(),
    renews=st.sampled_from(["", "a.com", "wildcard.a.com-2"]),
    same_key=st.booleans(),
    attributes=st.sampled_from(["", "OU=Research; UID=4711"]),
    templates=st.frozensets(st.sampled_from(TEXT_FIELDS)),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(DRAFTS)
def test_a_draft_is_read_as_it_was_written(draft: Draft) -> None:
    assert load_draft(dump_draft(draft)) == draft


@given(DRAFTS)
def test_a_draft_is_ascii(draft: Draft) -> None:
    assert dump_draft(draft).isascii()


@given(st.binary())
def test_any_bytes_give_a_draft(data: bytes) -> None:
    assert isinstance(load_draft(data), Draft)


@pytest.mark.parametrize("flag", ["no_common_name", "must_staple", "has_passphrase", "same_key"])
def test_a_text_in_the_place_of_a_flag_counts_as_no(flag: str) -> None:
    assert load_draft(json.dumps({flag: "true"}).encode()) == Draft()


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Draft)]), JSON) | JSON)
def test_any_json_is_a_valid_draft(members: object) -> None:
    draft = load_draft(json.dumps(members).encode())
    assert draft.templates <= set(TEXT_FIELDS)
    assert all(
        isinstance(text, str)
        for name, text in asdict(draft).items()
        if name not in {"templates", "no_common_name", "must_staple", "has_passphrase", "same_key"}
    )
    assert draft.ca in tuple(CaKind)
    assert draft.key in tuple(KeyType)
    assert draft.platform in PLATFORMS
    assert all(not name or is_pair_name(name) for name in (draft.renews, draft.pair_name))


@table("data", [b"", b"{", b"[" * 100_000, b"[]", b"null", b"\xff\xfe", b'"text"', b"1e999"])
def test_a_damaged_draft_is_an_empty_form(data: bytes) -> None:
    assert load_draft(data) == Draft()


def test_an_unknown_value_becomes_the_default() -> None:
    data = b'{"ca": "secret", "platform": "windows-95", "key": "dsa-512", "locality": "London", "new": 1}'
    assert load_draft(data) == Draft(locality="London")


def test_a_draft_contains_no_secret() -> None:
    assert {field.name for field in fields(Draft)} == {
        "common_name",
        "names",
        "organization",
        "organizational_unit",
        "country",
        "state",
        "locality",
        "ca",
        "platform",
        "key",
        "purpose",
        "no_common_name",
        "attributes",
        "pair_name",
        "has_passphrase",  # only whether there is one
        "renews",
        "same_key",
        "must_staple",
        "templates",
    }


@table(
    ("draft", "has"),
    [
        (Draft(), False),
        (Draft(common_name=" ", names="\t"), False),
        (Draft(organization="Example Ltd"), False),
        (Draft(common_name="a"), True),
        (Draft(names="a"), True),
    ],
)
def test_only_names_count_as_a_request(draft: Draft, has: bool) -> None:
    assert draft.has_names is has


@given(DRAFTS)
def test_the_next_draft_has_everything_except_the_names(draft: Draft) -> None:
    following = draft.next_draft()
    assert not following.has_names
    templates = draft.templates - {"common_name", "names"}
    without: dict[str, Any] = {
        "common_name": "",
        "names": "",
        "attributes": "",
        "pair_name": "",
        "has_passphrase": False,
    }
    without |= {"renews": "", "same_key": False, "templates": templates}
    assert asdict(following) == {**asdict(draft), **without}


def test_a_draft_without_templates_is_literal() -> None:
    assert load_draft(b'{"common_name": "{{ a }}"}').templates == frozenset()
    assert load_draft(b'{"templates": "common_name"}').templates == frozenset()
    assert load_draft(b'{"templates": ["common_name", "key", 5, ["names"]]}').templates == {"common_name"}


def test_the_next_draft_keeps_the_templates_of_its_fields() -> None:
    texts: dict[str, Any] = dict.fromkeys(TEXT_FIELDS, "{{ a }}")
    draft = Draft(
        **texts,
        templates=frozenset({"common_name", "names", "country"}),
    ).next_draft()
    assert draft.templates == {"country"}
    assert not Draft(must_staple=True).next_draft().must_staple
    assert draft.texts == texts | {"common_name": "", "names": ""}


@table(("text", "loaded"), [("OU=Research;UID=4711", "OU=Research;UID=4711"), ("newType=x", ""), ("OU", "")])
def test_attributes_that_are_not_known_are_left_out(text: str, loaded: str) -> None:
    assert load_draft(json.dumps({"attributes": text, "locality": "Bonn"}).encode()) == Draft(
        locality="Bonn", attributes=loaded
    )
    assert Draft(attributes="OU=a").next_draft() == Draft()
