"""Reading the output of ``ansible-inventory --list``."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.fleet.ansible import read_inventory

LISTED = {
    "_meta": {
        "hostvars": {"web1.a.com": {"site": "a", "inventory_hostname": "x"}, "stray": {"b": 1}},
        "profile": "x",
    },
    "all": {"children": ["ungrouped", "prod"]},
    "ungrouped": {"hosts": ["alone"]},
    "prod": {"children": ["web", "prod"]},
    "web": {"hosts": ["web1.a.com", 5], "children": ["prod"]},
    "odd": 7,
}


def test_hosts_have_their_variables_and_ansibles_own_facts() -> None:
    hosts = read_inventory(json.dumps(LISTED))
    assert list(hosts) == ["alone", "web1.a.com", "stray"]
    web = hosts["web1.a.com"]
    assert web.host == "web1.a.com"
    assert web.values == {"site": "a", "inventory_hostname": "x"}
    assert web.facts == {
        "inventory_hostname": "web1.a.com",
        "inventory_hostname_short": "web1",
        "group_names": ["prod", "web"],
    }
    assert hosts["alone"].values == {}
    assert hosts["alone"].facts["group_names"] == ["ungrouped"]
    assert hosts["stray"].facts["group_names"] == []


@table("text", ["", "[]", "{", "[" * 100_000, '"x"', "Using /etc/ansible.cfg\n{}", "9" * 5000])
def test_text_that_is_not_an_inventory_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="did not print an inventory"):
        read_inventory(text)


def test_an_inventory_without_hosts_has_none() -> None:
    assert read_inventory("{}") == {}
    assert read_inventory('{"_meta": 5, "all": {"hosts": "web1"}}') == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["_meta", "hostvars", "hosts", "all"]), inner)
    ),
)


@given(JSON.map(json.dumps) | st.text())
def test_any_text_is_an_inventory_or_refused(text: str) -> None:
    try:
        hosts = read_inventory(text)
    except InputError as error:
        assert error.hint  # noqa: PT017 - both ways are right
    else:
        assert all(name == host.host for name, host in hosts.items())
