"""Read the hosts, groups and variables from the output of ``ansible-inventory --list``."""

import json
from collections import defaultdict
from collections.abc import Mapping

from csrtui.core.base.errors import InputError
from csrtui.core.names.template import HostVariables

_META = "_meta"
_ALL = "all"


def read_inventory(text: str) -> dict[str, HostVariables]:
    """Return the variables of each host, including those that Ansible sets for every host.

    Args:
        text: The output of ``ansible-inventory --list``.

    Raises:
        InputError: The text is not such an output.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(
            "ansible-inventory did not print an inventory", "run ansible-inventory --list to see why"
        )
    host_variables = _mapping(_mapping(document.get(_META)).get("hostvars"))
    groups = {name: _mapping(group) for name, group in document.items() if name != _META}
    groups_of_hosts = _groups_of_hosts(groups)
    return {
        host: HostVariables(
            host, _mapping(host_variables.get(host)), _special_variables(host, groups_of_hosts[host])
        )
        for host in dict.fromkeys([*groups_of_hosts, *host_variables])
    }


def _special_variables(host: str, groups: set[str]) -> dict[str, object]:
    return {
        "inventory_hostname": host,
        "inventory_hostname_short": host.partition(".")[0],
        "group_names": sorted(groups - {_ALL}),
    }


def _groups_of_hosts(groups: Mapping[str, Mapping[str, object]]) -> dict[str, set[str]]:
    """Return the groups of each host, including the parents of its groups."""
    parents: dict[str, list[str]] = defaultdict(list)
    for name, group in groups.items():
        for child in _texts(group.get("children")):
            parents[child].append(name)
    groups_of_hosts: dict[str, set[str]] = defaultdict(set)
    for name, group in groups.items():
        hosts = _texts(group.get("hosts"))
        ancestors = _with_ancestors(name, parents) if hosts else set()
        for host in hosts:
            groups_of_hosts[host] |= ancestors
    return groups_of_hosts


def _with_ancestors(name: str, parents: Mapping[str, list[str]]) -> set[str]:
    groups: set[str] = set()
    pending = [name]
    while pending:
        group = pending.pop()
        if group not in groups:
            groups.add(group)
            pending += parents.get(group, ())
    return groups


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
