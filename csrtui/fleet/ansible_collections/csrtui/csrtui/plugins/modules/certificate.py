#!/usr/bin/python
# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Import issued certificates into the pairs of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Import issued certificates into the pairs of a host
version_added: 0.1.0
description:
  - Imports each certificate into the pair on the host that has its key. The other certificates supply the chain.
    Certificates and chain can be in any order and in any format that C(csrtui import) accepts.
  - A certificate that its pair already has changes nothing. If a certificate matches no pair of the host, the task
    fails.
  - With O(export_for), the module then writes the files for this server software, unless they were written before.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: Returns the pair that each certificate matches, without importing it.
    support: full
  diff_mode:
    description: Shows the expiry of the certificate of each pair, before and after.
    support: full
options:
  content:
    description: Certificates as text (PEM). A text that contains a private key is refused.
    type: str
  path:
    description: Files with certificates on the host.
    type: list
    elements: path
  pair:
    description: The name of the pair that all certificates must match.
    type: str
  export_for:
    description: The server software to write files for, as C(csrtui guide) lists it.
    type: str
    choices:
      [
        nginx, apache, haproxy, postfix, dovecot, exim, lighttpd, tomcat, weblogic, iis, exchange, f5, cpanel,
        plesk, domino, caddy, traefik, stunnel, squid, postgresql, mysql, mariadb, redis, rabbitmq, mosquitto,
        openldap, freeradius, openvpn, coturn, prosody, cups, proftpd, vsftpd, nodejs, spring-boot, jetty, kubernetes,
        gitlab, proxmox, vcenter, nginx-proxy-manager, windows-rdp, windows-ldaps, other,
      ]
  export_to:
    description:
      - An existing folder on the host for the files.
      - The files are written once for each certificate. Those of the pair, or of a pair that it renews, are replaced,
        and the previous set is kept in the hidden folder C(.csrtui-previous). No other file is overwritten.
    type: path
  export_owner:
    version_added: 0.2.0
    description: The user on the host who owns the files that contain the key. A replaced file keeps its owner by default.
    type: str
  export_group:
    version_added: 0.2.0
    description: The group of the files that contain the key. A replaced file keeps its group by default.
    type: str
  export_mode:
    version_added: 0.2.0
    description:
      - The mode of the files that contain the key, such as V("0640"), for which O(export_group) is required.
      - A replaced file keeps its mode by default; a new one gets V("0600").
    type: str
"""

EXAMPLES = r"""
- name: Import the certificate of each host, and write the files for nginx
  csrtui.csrtui.certificate:
    content: "{{ lookup('ansible.builtin.file', 'issued/' ~ inventory_hostname ~ '.pem') }}"
    export_for: nginx
    export_to: /etc/nginx/tls
  notify: Reload nginx

- name: Import a certificate for PostgreSQL, whose user must own the key
  csrtui.csrtui.certificate:
    content: "{{ lookup('ansible.builtin.file', 'issued/db.pem') }}"
    export_for: postgresql
    export_to: /etc/postgresql/tls
    export_owner: postgres

- name: Import the file that a CA client wrote on the host
  csrtui.csrtui.certificate:
    path: [/root/answer.p7b]
    pair: www.example.com
"""

RETURN = r"""
results:
  description: The result for each certificate, as C(csrtui import --json) prints it.
  returned: when the certificates could be read
  type: list
  elements: dict
pairs:
  description: The pairs of the certificates, as C(csrtui show --json) prints them.
  returned: success
  type: list
  elements: dict
exported:
  description: The files written, as C(csrtui export --json) prints them, with the pair's name.
  returned: success
  type: list
  elements: dict
instructions:
  description: The instructions for the files written.
  returned: success
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

from ansible_collections.csrtui.csrtui.plugins.module_utils.command import PLATFORMS, SHARED, Csrtui

_KEY_MARK = "PRIVATE KEY"


class Delivery:
    """The import of certificates and the export of files.

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

    def run(self):
        """Import the certificates, export files if requested, and end the module."""
        if _KEY_MARK in (self._options["content"] or ""):
            self._csrtui.fail("input", "content contains a private key", "pass the certificates only")
        self._results = self._import("--dry-run")
        before = self._pairs()
        check_mode = self._module.check_mode
        if not check_mode and self._changed_pairs:
            self._results = self._import()
        self._update_result()
        exports = self._export(before)
        after = before if check_mode else self._pairs()
        self._csrtui.partial_result["changed"] = self._csrtui.partial_result["changed"] or bool(exports)
        self._module.exit_json(
            **self._csrtui.partial_result,
            pairs=after,
            exported=self._exported,
            instructions=self._instructions,
            diff={
                "before": _diff_fields(before),
                "after": self._predict(before, exports) if check_mode else _diff_fields(after),
            },
        )

    def _import(self, *options):
        """Import the certificates, or with ``--dry-run`` only match them, and return the results."""
        pair = [f"--pair={self._options['pair']}"] if self._options["pair"] else []
        content = self._options["content"]
        files = self._options["path"] if content is None else ["-"]
        data = (content or "").encode("utf-8", "surrogateescape")
        document, _result = self._csrtui.document("import", *options, *pair, "--", *files, data=data)
        return document["results"]

    def _update_result(self):
        """Update the partial result, which the module returns if a later step fails."""
        changed = bool(self._changed_pairs or self._exported)
        self._csrtui.partial_result = {"changed": changed, "results": self._results}

    def _pairs(self):
        names = dict.fromkeys(result["pair"] for result in self._results)
        return [self._csrtui.document("show", "--", name)[0] for name in names]

    def _export(self, pairs):
        """Write the files for certificates that have not been exported yet, and return the names of their pairs."""
        if not self._options["export_for"]:
            return []
        pending = [pair for pair in pairs if pair["name"] in self._changed_pairs or not pair["installed"]]
        for pair in pending:
            if pair["key"]["encrypted"]:
                self._csrtui.fail(
                    "input",
                    f"the key of {pair['name']} has a passphrase, which can only be typed on the host",
                    f"on the host: csrtui export {pair['name']} --for {self._options['export_for']} --to DIR",
                )
            if not self._module.check_mode:
                self._write(pair["name"])
        return [pair["name"] for pair in pending]

    def _write(self, name):
        options = [f"--for={self._options['export_for']}", f"--to={self._options['export_to']}", "--replace"]
        for option in ("owner", "group", "mode"):
            value = self._options[f"export_{option}"]
            options += [f"--{option}={value}"] if value else []
        document, result = self._csrtui.document("export", *options, "--", name)
        self._exported += document["results"]
        self._instructions += result.err.splitlines()
        self._update_result()

    @property
    def _changed_pairs(self):
        """The text of the result for each pair with a new certificate."""
        return {result["pair"]: result["text"] for result in self._results if result["changed"]}

    def _predict(self, pairs, exports):
        """Return the pairs as they would be after the task, for the diff in check mode."""
        fields = _diff_fields(pairs)
        for name in fields:
            if name in self._changed_pairs:
                fields[name]["certificate"] = self._changed_pairs[name]
            if name in exports:
                fields[name]["installed"] = f"files for {self._options['export_for']}"
        return fields


def _diff_fields(pairs):
    """Return the fields of the pairs that a diff shows, by the name of the pair."""
    return {pair["name"]: {"expires": pair["expires"], "installed": pair["installed"]} for pair in pairs}


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SHARED,
            "content": {"type": "str"},
            "path": {"type": "list", "elements": "path"},
            "pair": {"type": "str"},
            "export_for": {"type": "str", "choices": PLATFORMS},
            "export_to": {"type": "path"},
            "export_owner": {"type": "str"},
            "export_group": {"type": "str"},
            "export_mode": {"type": "str"},
        },
        mutually_exclusive=[("content", "path")],
        required_one_of=[("content", "path")],
        required_together=[("export_for", "export_to")],
        required_by=dict.fromkeys(("export_owner", "export_group", "export_mode"), "export_to"),
        supports_check_mode=True,
    )
    Delivery(module).run()


if __name__ == "__main__":
    main()
