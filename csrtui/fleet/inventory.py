"""What ``ansible-inventory --list`` prints: the hosts of an inventory, their groups and their variables."""

import json
from collections import defaultdict
from collections.abc import Mapping

from csrtui.core.base.errors import InputError
from csrtui.core.names.template import HostVariables

_META = "_meta"
_EVERYTHING = "all"


def read_inventory(text: str) -> dict[str, HostVariables]:
    """Return the variables of each host, and with them what Ansible always knows of a host.

    Args:
        text: What ``ansible-inventory --list`` printed.

    Raises:
        InputError: It is not that.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(
            "ansible-inventory did not print an inventory", "run ansible-inventory --list to see why"
        )
    hostvars = _mapping(_mapping(document.get(_META)).get("hostvars"))
    groups = {name: _mapping(group) for name, group in document.items() if name != _META}
    of_hosts = _groups_of_hosts(groups)
    return {
        host: HostVariables(host, _mapping(hostvars.get(host)), _facts(host, of_hosts[host]))
        for host in dict.fromkeys([*of_hosts, *hostvars])
    }


def _facts(host: str, groups: set[str]) -> dict[str, object]:
    return {
        "inventory_hostname": host,
        "inventory_hostname_short": host.partition(".")[0],
        "group_names": sorted(groups - {_EVERYTHING}),
    }


def _groups_of_hosts(groups: Mapping[str, Mapping[str, object]]) -> dict[str, set[str]]:
    """Return for each host the groups that it is in, the parents of its groups included."""
    parents: dict[str, list[str]] = defaultdict(list)
    for name, group in groups.items():
        for child in _texts(group.get("children")):
            parents[child].append(name)
    of_hosts: dict[str, set[str]] = defaultdict(set)
    for name, group in groups.items():
        hosts = _texts(group.get("hosts"))
        above = _with_parents(name, parents) if hosts else set()
        for host in hosts:
            of_hosts[host] |= above
    return of_hosts


def _with_parents(name: str, parents: Mapping[str, list[str]]) -> set[str]:
    above: set[str] = set()
    waiting = [name]
    while waiting:
        group = waiting.pop()
        if group not in above:
            above.add(group)
            waiting += parents.get(group, ())
    return above


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
