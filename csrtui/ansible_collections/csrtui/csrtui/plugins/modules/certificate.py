#!/usr/bin/python
# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Brings issued certificates to the pairs of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Bring issued certificates to the pairs of a host
version_added: 0.1.0
description:
  - Gives each certificate to the pair on the host whose public key it has, with the chain that can be made of all the others.
    Certificate and chain come in any order, and in any form that C(csrtui import) takes.
  - A certificate that its pair has already changes nothing. One that fits no pair of the host makes the task fail.
  - Where asked for, the files that a server software wants are written after that, unless they were before.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: Says which pair each certificate would go to, without importing it.
    support: full
  diff_mode:
    description: Shows when the certificate of each pair expires, before and after.
    support: full
options:
  content:
    description: Certificates as text (PEM). A private key among them is refused.
    type: str
  path:
    description: Files on the host with certificates.
    type: list
    elements: path
  pair:
    description: The name of the pair that all of it has to be for.
    type: str
  export_for:
    description: The server software to write the files for, as C(csrtui guide) lists it.
    type: str
  export_to:
    description:
      - The folder on the host that the files go to. It has to be there. Nothing in it is overwritten.
      - The files are written once for each certificate.
    type: path
"""

EXAMPLES = r"""
- name: The certificate back to the host that has its key, and the files for nginx
  csrtui.csrtui.certificate:
    content: "{{ lookup('ansible.builtin.file', 'issued/' ~ inventory_hostname ~ '.pem') }}"
    export_for: nginx
    export_to: /etc/nginx/tls
  notify: Reload nginx

- name: What a CA's client left on the host
  csrtui.csrtui.certificate:
    path: [/root/answer.p7b]
    pair: www.example.com
"""

RETURN = r"""
results:
  description: What came of each certificate, as C(csrtui import --json) prints it.
  returned: when the certificates could be looked at
  type: list
  elements: dict
pairs:
  description: The pairs that the certificates are of, as C(csrtui show --json) prints them.
  returned: success
  type: list
  elements: dict
exported:
  description: What was written, as C(csrtui export --json) prints it, with the pair's name.
  returned: success
  type: list
  elements: dict
instructions:
  description: What is to be done with the files that were written.
  returned: success
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
    Csrtui,
)

_KEY_MARK = "PRIVATE KEY"


class Delivery:
    """Certificates that are brought to their pairs.

    Args:
        module: The Ansible module.
    """

    def __init__(self, module):
        self._module = module
        self._options = module.params
        self._csrtui = Csrtui(module)
        self._results = []
        self._exported = []
        self._instructions = []

    def deliver(self):
        """Import the certificates, export where asked for, and end the module."""
        if _KEY_MARK in (self._options["content"] or ""):
            self._csrtui.fail("input", "there is a private key in content", "give the certificates alone")
        self._results = self._import("--dry-run")
        before = self._pairs()
        idle = self._module.check_mode
        if not idle and any(one["changed"] for one in self._results):
            self._results = self._import()
        self._note()
        exports = self._export(before)
        after = before if idle else self._pairs()
        self._csrtui.so_far["changed"] = self._csrtui.so_far["changed"] or bool(exports)
        self._module.exit_json(
            **self._csrtui.so_far,
            pairs=after,
            exported=self._exported,
            instructions=self._instructions,
            diff={
                "before": _shown(before),
                "after": self._promised(before, exports) if idle else _shown(after),
            },
        )

    def _import(self, *more):
        """Import, or with ``--dry-run`` look where the certificates belong; return the results."""
        pair = [f"--pair={self._options['pair']}"] if self._options["pair"] else []
        content = self._options["content"]
        files = self._options["path"] if content is None else ["-"]
        data = (content or "").encode("utf-8", "surrogateescape")
        document, _ran = self._csrtui.document("import", *more, *pair, "--", *files, data=data)
        return document["results"]

    def _note(self):
        """Keep what is to be said however it ends."""
        changed = any(one["changed"] for one in self._results) or bool(self._exported)
        self._csrtui.so_far = {"changed": changed, "results": self._results}

    def _pairs(self):
        names = dict.fromkeys(one["pair"] for one in self._results)
        return [self._csrtui.document("show", "--", name)[0] for name in names]

    def _export(self, pairs):
        """Write the files of those whose certificate was written for no server software yet; return their names."""
        if not self._options["export_for"]:
            return []
        changed = {one["pair"] for one in self._results if one["changed"]}
        due = [pair for pair in pairs if pair["name"] in changed or not pair["installed"]]
        for pair in due:
            if pair["key"]["encrypted"]:
                self._csrtui.fail(
                    "input",
                    f"the key of {pair['name']} is under a passphrase, which is typed on the host only",
                    f"on the host: csrtui export {pair['name']} --for {self._options['export_for']} --to DIR",
                )
            if not self._module.check_mode:
                self._write(pair["name"])
        return [pair["name"] for pair in due]

    def _write(self, name):
        to = [f"--for={self._options['export_for']}", f"--to={self._options['export_to']}"]
        document, ran = self._csrtui.document("export", *to, "--", name)
        self._exported += document["results"]
        self._instructions += ran.err.splitlines()
        self._note()

    def _promised(self, pairs, exports):
        """What check mode shows of pairs as they would be."""
        told = {one["pair"]: one["text"] for one in self._results if one["changed"]}
        shown = _shown(pairs)
        for name in shown:
            if name in told:
                shown[name]["certificate"] = told[name]
            if name in exports:
                shown[name]["installed"] = f"files for {self._options['export_for']}"
        return shown


def _shown(pairs):
    """What a diff shows of pairs."""
    return {pair["name"]: {"expires": pair["expires"], "installed": pair["installed"]} for pair in pairs}


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SHARED,
            "content": {"type": "str"},
            "path": {"type": "list", "elements": "path"},
            "pair": {"type": "str"},
            "export_for": {"type": "str"},
            "export_to": {"type": "path"},
        },
        mutually_exclusive=[("content", "path")],
        required_one_of=[("content", "path")],
        required_together=[("export_for", "export_to")],
        supports_check_mode=True,
    )
    Delivery(module).deliver()


if __name__ == "__main__":
    main()
