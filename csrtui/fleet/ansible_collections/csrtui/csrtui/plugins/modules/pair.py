#!/usr/bin/python
# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Keep a private key and its CSR present on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pair
short_description: Keep a private key and its CSR present on a host
version_added: 0.1.0
description:
  - Generates a private key and its certificate signing request (CSR) in csrtui's keystore on the host, unless a pair
    in use already matches. The key stays on the host.
  - A pair matches if it has the same subject, names (in any order), key type, kind of CA and server software, and is
    neither retired nor renewed.
  - csrtui checks the names and the subject first. A finding that blocks the request makes the task fail, and warnings
    become warnings of the task.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: Returns the pair that would be made and the advice on it, without making anything.
    support: full
  diff_mode:
    description: Shows the pair that is made or would be made.
    support: full
options:
  names:
    description:
      - The names for the certificate. The first is the common name; all are subject alternative names.
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
        description: Two letters (ISO 3166).
        type: str
      state:
        description: State or province, in full.
        type: str
      locality:
        description: City or town.
        type: str
  add_counterpart:
    description: Also cover the C(www) or bare counterpart of each name.
    type: bool
    default: false
  ca:
    description: The rules that apply. The default is the setting of the profile, or else V(public).
    type: str
    choices: [public, private]
  key:
    description: The key type, as for C(csrtui new --key). The default is a type that suits the server software.
    type: str
  platform:
    description: The server software, one of those that C(csrtui guide) lists.
    type: str
  purpose:
    description:
      - The use of the certificate. All except V(server) need O(ca=private). The default is the setting of the profile,
        or else V(server).
    type: str
    choices: [server, client, server-client, email, code-signing]
  profile:
    description: A profile of the configuration on the host. Other options override it.
    type: str
  force:
    description: Proceed despite errors that X.509 itself permits.
    type: bool
    default: false
  renew:
    description:
      - V(due) makes a new pair to replace one that is due for renewal, and links both. The old one is kept.
      - If the key of the pair has a passphrase, the pair cannot be renewed in this way, and the task fails.
    type: str
    choices: [never, due]
    default: never
  recipients:
    description:
      - The recipients that can open the backup. Each is an age recipient (C(age1...)), an SSH public key, or a file of
        recipients on the host.
      - A pair is backed up to the recipients if it has no backup or if its backup is missing or damaged. No passphrase
        is needed on the host.
      - The backup is unverified until it is opened with the private key of a recipient; see C(csrtui verify
        --confirm).
    type: list
    elements: str
  backup_to:
    description: The folder for the backup on the host.
    type: path
"""

EXAMPLES = r"""
- name: Make a pair for each web server, with its own name
  csrtui.csrtui.pair:
    names: ["{{ inventory_hostname }}"]
    subject:
      organization: Example Ltd
      locality: London
      country: GB
    platform: nginx
  register: made

- name: Save the CSRs in a folder on this machine
  ansible.builtin.copy:
    content: "{{ made.csr }}"
    dest: "csr/{{ inventory_hostname }}.csr"
    mode: "0644"
  delegate_to: localhost

- name: Renew the pair when it is due, and back it up to an administrator's SSH key
  csrtui.csrtui.pair:
    names: [www.example.com, example.com]
    renew: due
    recipients: ["{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"]
    backup_to: /var/backups/csrtui
"""

RETURN = r"""
pair:
  description: The pair, as C(csrtui show --json) prints it. In check mode, it is V(null) if there is no pair yet.
  returned: always
  type: dict
csr:
  description: The CSR in PEM. In check mode, it is empty if there is no CSR yet, so that later tasks can use it.
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
  description: The steps that were done, or in check mode would be done. Each is V(made), V(renewed) or V(backed up).
  returned: always
  type: list
  elements: str
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

from ansible_collections.csrtui.csrtui.plugins.module_utils.command import (
    SHARED,
    SUBJECT,
    Csrtui,
    subject_arguments,
)

_UNSAFE = frozenset({"none", "missing", "damaged"})
"""The backup statuses of a key that would be lost with the host."""


class PairTask:
    """The steps that keep a pair present.

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
        self._steps = []

    def run(self):
        """Make the pair, renew it if it is due, back it up, and end the module."""
        self._find()
        if self._pair is None:
            self._refuse_blocked()
            self._make("made", "new", *self._arguments("--force" if self._options["force"] else None))
        elif self._options["renew"] == "due" and self._pair["next"] == "renew":
            self._renew()
        if self._options["recipients"] and self._needs_backup:
            self._back_up()
        self._end()

    def _find(self):
        self._advice, _result = self._csrtui.document(
            "check", "--find-pair", *self._arguments(), statuses=(0, 1)
        )
        self._pair = self._advice["pair"]
        self._before = _shown(self._pair)
        self._update_result()

    def _arguments(self, *flags):
        """Return the arguments for ``csrtui new`` and ``csrtui check`` from the options of the module."""
        options = self._options
        values = (
            ("--ca", "ca"),
            ("--key", "key"),
            ("--for", "platform"),
            ("--purpose", "purpose"),
            ("--profile", "profile"),
        )
        arguments = [f"{flag}={options[name]}" for flag, name in values if options[name] is not None]
        if options["add_counterpart"]:
            arguments.append("--add-counterpart")
        arguments += [flag for flag in flags if flag]
        return [*subject_arguments(options["subject"]), *arguments, "--", *options["names"]]

    def _refuse_blocked(self):
        """Fail if an error blocks the request, or else warn about each finding that is not a note.

        ``force`` overrules errors, but not if the advice contains no subject.
        """
        errors = [finding for finding in self._advice["findings"] if finding["level"] == "error"]
        if errors and not (self._options["force"] and self._advice["subject"]):
            fix = errors[0]["fix"]
            self._csrtui.fail(
                "refused", "; ".join(finding["text"] for finding in errors), fix["label"] if fix else None
            )
        for finding in self._advice["findings"]:
            if finding["level"] != "note":
                self._module.warn(finding["text"])

    def _make(self, step, command, *arguments):
        if not self._module.check_mode:
            self._pair, _result = self._csrtui.document(command, *arguments)
        self._record(step)

    def _renew(self):
        pair = self._pair
        if pair["key"]["encrypted"]:
            self._csrtui.fail(
                "input",
                f"{pair['name']} is due, but its key has a passphrase, which can only be typed on the host",
                f"on the host: csrtui renew {pair['name']}",
            )
        force = ["--force"] if self._options["force"] else []
        self._make("renewed", "renew", *force, "--", pair["name"])

    @property
    def _needs_backup(self):
        """Whether the pair, or the pair that would be made, needs a backup."""
        return "made" in self._steps or "renewed" in self._steps or self._pair["backup"]["status"] in _UNSAFE

    def _back_up(self):
        if not self._module.check_mode:
            name = self._pair["name"]
            recipients = [f"--recipient={text}" for text in self._options["recipients"]]
            self._csrtui.document("backup", f"--to={self._options['backup_to']}", *recipients, "--", name)
            self._pair, _result = self._csrtui.document("show", "--", name)
        self._record("backed up")

    def _record(self, step):
        self._steps.append(step)
        self._update_result()

    def _update_result(self):
        """Update the partial result, which the module returns if a later step fails."""
        self._csrtui.partial_result = {
            "changed": bool(self._steps),
            "done": list(self._steps),
            "pair": self._pair,
            "covers": self._advice["covers"],
            "findings": self._advice["findings"],
        }

    def _end(self):
        csr = "" if self._pair is None else self._csrtui.text("csr", "--", self._pair["name"])
        after = _shown(self._pair) if not self._module.check_mode else self._predict()
        self._module.exit_json(
            csr=csr, diff={"before": self._before, "after": after}, **self._csrtui.partial_result
        )

    def _predict(self):
        """Return the pair as it would be after the task, for the diff in check mode."""
        shown = dict(self._before)
        if not self._pair:
            shown = {"subject": self._advice["subject"], "names": self._advice["covers"]}
        if "renewed" in self._steps:
            shown["renewed_by"] = "a new pair"
        if "backed up" in self._steps:
            shown["backup"] = "unverified"
        return shown


def _shown(pair):
    """Return the fields of a pair that a diff shows."""
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
            "purpose": {
                "type": "str",
                "choices": ["server", "client", "server-client", "email", "code-signing"],
            },
            "profile": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "renew": {"type": "str", "choices": ["never", "due"], "default": "never"},
            "recipients": {"type": "list", "elements": "str"},
            "backup_to": {"type": "path"},
        },
        required_together=[("recipients", "backup_to")],
        supports_check_mode=True,
    )
    PairTask(module).run()


if __name__ == "__main__":
    main()
