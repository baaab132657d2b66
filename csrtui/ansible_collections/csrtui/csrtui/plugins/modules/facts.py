#!/usr/bin/python
# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Tells what is in the keystore of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: Tell what is in the keystore of a host
version_added: 0.1.0
description:
  - Gives the pairs of the keystore on the host (none where it does not exist yet), which of them are due for renewal or have no backup, and what
    csrtui's doctor finds wrong, as facts. Nothing is changed.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: The same, since nothing is ever changed.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
options:
  gather:
    description:
      - What to gather.
      - V(pairs) reads what is known of each pair, V(doctor) examines every file of the keystore, and V(version) asks csrtui
        which one it is.
    type: list
    elements: str
    choices: [pairs, doctor, version]
    default: [pairs, doctor, version]
  retired:
    description: Also give the pairs that are retired.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What is in the keystores
  csrtui.csrtui.facts:

- name: Every host says what is due
  ansible.builtin.debug:
    var: csrtui.due

- name: No key without a backup
  ansible.builtin.assert:
    that: csrtui.not_backed_up == []
"""

RETURN = r"""
ansible_facts:
  description: What was gathered.
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
          description: What csrtui says of pairs that it cannot read.
          returned: when pairs are gathered
          type: list
          elements: str
        findings:
          description: What is wrong, as C(csrtui doctor --json) prints it.
          returned: when the doctor is asked
          type: list
          elements: dict
reason:
  description: What kind of failure it is; see the notes.
  returned: failure
  type: str
remedy:
  description: What mends it, or V(null).
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.csrtui.csrtui.plugins.module_utils.command import (
    SCHEMA,
    SHARED,
    Csrtui,
)


def _pairs(csrtui, retired):
    """The pairs, and what they tell at a glance; a pair that cannot be read hides no other."""
    options = ["--retired"] if retired else []
    document, ran = csrtui.document("list", *options, statuses=(0, 3), missing={"pairs": []})
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
        "problems": ran.errors,
    }


def _doctor(csrtui):
    document, _ran = csrtui.document("doctor", statuses=(0, 1), missing={"findings": []})
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
    csrtui, wanted, facts = Csrtui(module), module.params["gather"], {"schema": SCHEMA}
    if "version" in wanted:
        facts["version"] = csrtui.version()
    if "pairs" in wanted:
        facts.update(_pairs(csrtui, module.params["retired"]))
    if "doctor" in wanted:
        facts.update(_doctor(csrtui))
    for problem in facts.get("problems", []):
        module.warn(problem)
    module.exit_json(changed=False, ansible_facts={"csrtui": facts})


if __name__ == "__main__":
    main()
