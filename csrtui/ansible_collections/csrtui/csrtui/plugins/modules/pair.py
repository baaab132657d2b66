#!/usr/bin/python
# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Keeps a pair of key and CSR present on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pair
short_description: Keep a private key and its CSR present on a host
version_added: 0.1.0
description:
  - Makes a private key and its certificate signing request (CSR) together, in csrtui's keystore on the host, unless there is a pair
    in use that is already as asked for. The key stays on the host.
  - A pair is as asked for when it has the same subject, names (in any order), key type, kind of CA and server software, and is
    neither retired nor renewed.
  - csrtui's advice on the names and the subject is given before anything is made. What blocks a request makes the task fail, and
    warnings become the task's warnings.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: Says what would be made, and gives the advice on it, without making anything.
    support: full
  diff_mode:
    description: Shows the pair that is made or would be made.
    support: full
options:
  names:
    description:
      - What the certificate is for. The first is the common name; all are subject alternative names.
    type: list
    elements: str
    required: true
  subject:
    description: The other fields of the subject.
    type: dict
    suboptions:
      organization:
        description: The exact legal name.
        type: str
      organizational_unit:
        description: For a private CA only.
        type: str
      country:
        description: Two letters, as ISO 3166 has them.
        type: str
      state:
        description: State or province, in full.
        type: str
      locality:
        description: City or town.
        type: str
  add_counterpart:
    description: Also cover the C(www) or bare twin of each name.
    type: bool
    default: false
  ca:
    description: Whose rules bind. Without it the profile says so, else it is a public CA.
    type: str
    choices: [public, private]
  key:
    description: The key type, as C(csrtui new --key) takes it. Without it the one that suits the server software.
    type: str
  platform:
    description: The server software, as C(csrtui guide) lists it.
    type: str
  profile:
    description: A profile of the configuration on the host; other options win over it.
    type: str
  force:
    description: Overrule errors in the advice that X.509 could hold.
    type: bool
    default: false
  renew:
    description:
      - V(due) makes a new pair in place of one that is due for renewal, and ties the two together. The old one stays.
      - A pair whose key is under a passphrase cannot be renewed so; the task fails and says it.
    type: str
    choices: [never, due]
    default: never
  recipients:
    description:
      - Who can open the backup, each an age recipient (C(age1...)), an SSH public key, or a file of them on the host.
      - A pair without a backup, or whose backup is missing or damaged, is backed up to them. No passphrase is on the host.
      - The backup counts as unverified until it was opened where the private half is; see C(csrtui verify --confirm).
    type: list
    elements: str
  backup_to:
    description: The folder on the host that the backup goes to.
    type: path
"""

EXAMPLES = r"""
- name: A pair for each web server, for its own name
  csrtui.csrtui.pair:
    names: ["{{ inventory_hostname }}"]
    subject:
      organization: Example Ltd
      locality: London
      country: GB
    platform: nginx
  register: made

- name: The CSRs into a folder of this machine
  ansible.builtin.copy:
    content: "{{ made.csr }}"
    dest: "csr/{{ inventory_hostname }}.csr"
    mode: "0644"
  delegate_to: localhost

- name: A new pair when the certificate is due, backed up to an administrator's SSH key
  csrtui.csrtui.pair:
    names: [www.example.com, example.com]
    renew: due
    recipients: ["{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"]
    backup_to: /var/backups/csrtui
"""

RETURN = r"""
pair:
  description: The pair, as C(csrtui show --json) prints it. V(null) in check mode where there is none yet.
  returned: always
  type: dict
csr:
  description: The CSR in PEM. Empty in check mode where there is none yet, so that what takes it can be checked too.
  returned: always
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----\n..."
covers:
  description: The names that the CSR covers, as csrtui writes them.
  returned: always
  type: list
  elements: str
findings:
  description: csrtui's advice, as C(csrtui check --json) prints it.
  returned: always
  type: list
  elements: dict
done:
  description: What was done, or in check mode would be done, of V(made), V(renewed) and V(backed up).
  returned: always
  type: list
  elements: str
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
    SHARED,
    SUBJECT,
    Csrtui,
    subject_arguments,
)

_UNSAFE = frozenset({"none", "missing", "damaged"})
"""The backup statuses with which losing the host is losing the key."""


class Wanted:
    """A pair that is to be present, and what is done for it.

    Args:
        module: The Ansible module.
    """

    def __init__(self, module):
        self._module = module
        self._options = module.params
        self._csrtui = Csrtui(module)
        self._advice = {}
        self._pair = None
        self._before = {}
        self._done = []

    def present(self):
        """See to it that the pair is there, renewed where it is due, and backed up; then end the module."""
        self._look()
        if self._pair is None:
            self._refuse_blocked()
            self._make("made", "new", *self._arguments("--force" if self._options["force"] else None))
        elif self._options["renew"] == "due" and self._pair["next"] == "renew":
            self._renew()
        if self._options["recipients"] and self._bare:
            self._back_up()
        self._end()

    def _look(self):
        self._advice, _ran = self._csrtui.document(
            "check", "--find-pair", *self._arguments(), statuses=(0, 1)
        )
        self._pair = self._advice["pair"]
        self._before = _shown(self._pair)
        self._note()

    def _arguments(self, *more):
        """The command line of ``csrtui new`` and ``check`` for what is asked for."""
        options = self._options
        said = (("--ca", "ca"), ("--key", "key"), ("--for", "platform"), ("--profile", "profile"))
        arguments = [f"{flag}={options[name]}" for flag, name in said if options[name] is not None]
        if options["add_counterpart"]:
            arguments.append("--add-counterpart")
        arguments += [one for one in more if one]
        return [*subject_arguments(options["subject"]), *arguments, "--", *options["names"]]

    def _refuse_blocked(self):
        """Fail on advice that blocks; without a subject there is none that could be overruled."""
        errors = [one for one in self._advice["findings"] if one["level"] == "error"]
        if errors and not (self._options["force"] and self._advice["subject"]):
            fix = errors[0]["fix"]
            self._csrtui.fail(
                "refused", "; ".join(one["text"] for one in errors), fix["label"] if fix else None
            )
        for one in self._advice["findings"]:
            if one["level"] != "note":
                self._module.warn(one["text"])

    def _make(self, what, command, *arguments):
        if not self._module.check_mode:
            self._pair, _ran = self._csrtui.document(command, *arguments)
        self._did(what)

    def _renew(self):
        pair = self._pair
        if pair["key"]["encrypted"]:
            self._csrtui.fail(
                "input",
                f"{pair['name']} is due, and its key is under a passphrase, which is typed on the host only",
                f"on the host: csrtui renew {pair['name']}",
            )
        force = ["--force"] if self._options["force"] else []
        self._make("renewed", "renew", *force, "--", pair["name"])

    @property
    def _bare(self):
        """Whether the pair, or the one that would be made, has no backup."""
        return "made" in self._done or "renewed" in self._done or self._pair["backup"]["status"] in _UNSAFE

    def _back_up(self):
        if not self._module.check_mode:
            name = self._pair["name"]
            to = [f"--recipient={one}" for one in self._options["recipients"]]
            self._csrtui.document("backup", f"--to={self._options['backup_to']}", *to, "--", name)
            self._pair, _ran = self._csrtui.document("show", "--", name)
        self._did("backed up")

    def _did(self, what):
        self._done.append(what)
        self._note()

    def _note(self):
        """Keep what is to be said however it ends."""
        self._csrtui.so_far = {
            "changed": bool(self._done),
            "done": list(self._done),
            "pair": self._pair,
            "covers": self._advice["covers"],
            "findings": self._advice["findings"],
        }

    def _end(self):
        csr = "" if self._pair is None else self._csrtui.text("csr", "--", self._pair["name"])
        after = _shown(self._pair) if not self._module.check_mode else self._promised()
        self._module.exit_json(csr=csr, diff={"before": self._before, "after": after}, **self._csrtui.so_far)

    def _promised(self):
        """What check mode shows as the pair to come."""
        shown = dict(self._before)
        if not self._pair:
            shown = {"subject": self._advice["subject"], "names": self._advice["covers"]}
        if "renewed" in self._done:
            shown["renewed_by"] = "a new pair"
        if "backed up" in self._done:
            shown["backup"] = "unverified"
        return shown


def _shown(pair):
    """What a diff shows of a pair."""
    if pair is None:
        return {}
    return {
        "name": pair["name"],
        "subject": pair["subject"],
        "names": pair["names"],
        "key": pair["key"]["type"],
        "ca": pair["ca"],
        "platform": pair["platform"],
        "renews": pair["renews"],
        "backup": pair["backup"]["status"],
    }


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SHARED,
            "names": {"type": "list", "elements": "str", "required": True},
            "subject": {"type": "dict", "options": SUBJECT},
            "add_counterpart": {"type": "bool", "default": False},
            "ca": {"type": "str", "choices": ["public", "private"]},
            "key": {"type": "str", "no_log": False},
            "platform": {"type": "str"},
            "profile": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "renew": {"type": "str", "choices": ["never", "due"], "default": "never"},
            "recipients": {"type": "list", "elements": "str"},
            "backup_to": {"type": "path"},
        },
        required_together=[("recipients", "backup_to")],
        supports_check_mode=True,
    )
    Wanted(module).present()


if __name__ == "__main__":
    main()
