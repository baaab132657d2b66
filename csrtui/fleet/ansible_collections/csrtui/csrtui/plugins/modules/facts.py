#!/usr/bin/python
# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Return the pairs and problems of the keystore of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: Return the pairs and problems of the keystore of a host
version_added: 0.1.0
description:
  - Returns facts about the keystore on the host. They are its pairs (none if the keystore does not exist yet), the
    pairs that are due for renewal or have no backup, and the findings of csrtui's doctor. Nothing is changed.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: The module never changes anything.
    support: full
  diff_mode:
    description: The module never changes anything.
    support: none
options:
  gather:
    description:
      - The facts to gather.
      - V(pairs) reads the data of each pair, V(doctor) checks every file of the keystore, and V(version) returns the
        version of csrtui.
    type: list
    elements: str
    choices: [pairs, doctor, version]
    default: [pairs, doctor, version]
  retired:
    description: Also return retired pairs.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Gather the pairs and problems of each keystore
  csrtui.csrtui.facts:

- name: Show the pairs that are due for renewal
  ansible.builtin.debug:
    var: csrtui.due

- name: Check that every key has a backup
  ansible.builtin.assert:
    that: csrtui.not_backed_up == []
"""

RETURN = r"""
ansible_facts:
  description: The facts.
  returned: success
  type: dict
  contains:
    csrtui:
      description: The keystore of the host.
      returned: success
      type: dict
      contains:
        schema:
          description: The schema of csrtui's JSON.
          returned: success
          type: int
        version:
          description: The version of csrtui on the host.
          returned: when gathered
          type: str
        pairs:
          description: The pairs, as C(csrtui list --json) prints them.
          returned: when gathered
          type: list
          elements: dict
        due:
          description: The names of the pairs that are due for renewal.
          returned: when pairs are gathered
          type: list
          elements: str
        not_backed_up:
          description: The names of the pairs in use without a verified backup.
          returned: when pairs are gathered
          type: list
          elements: str
        problems:
          description: The errors of csrtui for pairs that it cannot read.
          returned: when pairs are gathered
          type: list
          elements: str
        findings:
          description: The findings, as C(csrtui doctor --json) prints them.
          returned: when the doctor is gathered
          type: list
          elements: dict
reason:
  description: The kind of failure; see the notes.
  returned: failure
  type: str
remedy:
  description: The fix, or V(null).
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.csrtui.csrtui.plugins.module_utils.command import SCHEMA, SHARED, Csrtui


def _pairs(csrtui, retired):
    """Return the facts about pairs. Pairs that cannot be read are reported as problems; the others are returned."""
    options = ["--retired"] if retired else []
    document, result = csrtui.document("list", *options, statuses=(0, 3), missing={"pairs": []})
    pairs = [pair for pair in document["pairs"] if retired or pair["stage"] != "retired"]
    return {
        "pairs": pairs,
        "due": [pair["name"] for pair in pairs if pair["next"] == "renew"],
        "not_backed_up": [
            pair["name"]
            for pair in pairs
            if pair["backup"]["status"] != "verified"
            and pair["stage"] != "retired"
            and not pair["renewed_by"]
        ],
        "problems": result.errors,
    }


def _doctor(csrtui):
    document, _result = csrtui.document("doctor", statuses=(0, 1), missing={"findings": []})
    return {"findings": document["findings"]}


def main():
    """Run the module."""
    choices = ["pairs", "doctor", "version"]
    module = AnsibleModule(
        argument_spec={
            **SHARED,
            "gather": {"type": "list", "elements": "str", "choices": choices, "default": choices},
            "retired": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    csrtui, gather, facts = Csrtui(module), module.params["gather"], {"schema": SCHEMA}
    if "version" in gather:
        facts["version"] = csrtui.version()
    if "pairs" in gather:
        facts.update(_pairs(csrtui, module.params["retired"]))
    if "doctor" in gather:
        facts.update(_doctor(csrtui))
    for problem in facts.get("problems", []):
        module.warn(problem)
    module.exit_json(changed=False, ansible_facts={"csrtui": facts})


if __name__ == "__main__":
    main()
