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
  - A pair matches if it has the same subject, names (in any order), key type, kind of CA, purpose and server software,
    and is neither retired nor renewed.
  - The task manages the pair in use with the same first name, or with O(name). If the subject, a further name, the key
    type or the server software changes, it makes a successor that renews this pair, and keeps the old one. Import the
    successor's certificate and install it as after any renewal.
  - To keep two pairs for the same first name, such as RSA beside EC, give each task its own O(name).
  - csrtui checks the names and the subject first. A finding that blocks the request makes the task fail, and warnings
    become warnings of the task.
extends_documentation_fragment:
  - csrtui.csrtui.host
attributes:
  check_mode:
    description: Returns the pair that would be made or retired and the advice on it, without changing anything.
    support: full
  diff_mode:
    description: Shows the pair before and after, or the pair that it replaces and the new one; also in check mode.
    support: full
options:
  names:
    description:
      - The names for the certificate. The first is the common name; all are subject alternative names.
      - C(email:), C(uri:), C(upn:), C(dns:) or C(ip:) before a name says what kind of name it is. Without a prefix, the kind
        is detected. The first three need O(ca=private).
    type: list
    elements: str
    required: true
  state:
    version_added: 0.2.0
    description:
      - V(present) keeps a pair in use that matches the other options.
      - V(retired) marks the pair in use as no longer used. Nothing is deleted.
    type: str
    choices: [present, retired]
    default: present
  name:
    version_added: 0.2.0
    description:
      - The name of the pair in the keystore. Its successors get this name with a number.
      - The default is derived from the first of O(names).
    type: str
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
  attributes:
    version_added: 0.2.0
    description:
      - Additional subject attributes, each as C(TYPE=VALUE), such as V(emailAddress=pki@example.com). They need
        O(ca=private).
    type: list
    elements: str
  no_common_name:
    version_added: 0.2.0
    description: Leave the common name out of the subject. All names are then subject alternative names only.
    type: bool
    default: false
  add_counterpart:
    description: Also cover the C(www) or bare counterpart of each name.
    type: bool
    default: false
  ca:
    description: The rules that apply. The default is the setting of the profile, or else V(public).
    type: str
    choices: [public, private]
  key:
    description: The key type. The default is a type that suits the server software.
    type: str
    choices:
      [
        ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87,
      ]
  platform:
    description: The server software, as C(csrtui guide) lists it.
    type: str
    choices:
      [
        nginx, apache, haproxy, postfix, dovecot, exim, lighttpd, tomcat, weblogic, iis, exchange, f5, cpanel,
        plesk, domino, caddy, traefik, stunnel, squid, postgresql, mysql, mariadb, redis, rabbitmq, mosquitto,
        openldap, freeradius, openvpn, coturn, prosody, cups, proftpd, vsftpd, nodejs, spring-boot, jetty, kubernetes,
        gitlab, proxmox, vcenter, nginx-proxy-manager, windows-rdp, windows-ldaps, other,
      ]
  purpose:
    version_added: 0.2.0
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
  same_key:
    version_added: 0.2.0
    description:
      - A renewal or another successor keeps the key, so that pins and TLSA records stay valid. O(key) is then ignored.
      - If somebody has copied the key, the copy stays useful too.
    type: bool
    default: false
  recipients:
    description:
      - The recipients that can open the backup. Each is an age recipient (C(age1...)), an SSH public key, or a file of
        recipients on the host.
      - A pair is backed up to the recipients if it has no backup or if its backup is missing or damaged. No passphrase
        is needed on the host.
      - The backup is unverified until it is opened with the private key of a recipient.
        C(csrtui fleet verify --identity) does that for all hosts in one run.
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

- name: Keep an RSA pair beside the EC pair, for old clients
  csrtui.csrtui.pair:
    name: www.example.com-rsa
    names: [www.example.com, example.com]
    key: rsa-2048

- name: Retire the pair of a host name that is no longer served
  csrtui.csrtui.pair:
    names: [old.example.com]
    state: retired
"""

RETURN = r"""
pair:
  description:
    - The pair, as C(csrtui show --json) prints it. In check mode, it is V(null) if there is no pair yet.
    - With O(state=retired), it is the retired pair, or V(null) if no pair is in use.
  returned: always
  type: dict
csr:
  description:
    - The CSR in PEM. In check mode, it is empty if there is no CSR yet, so that later tasks can use it.
    - With O(state=retired), it is empty.
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
  description:
    - The steps that were done, or in check mode would be done. Each is V(made), V(renewed) (the pair was due),
      V(replaced) (the request has changed), V(backed up) or V(retired).
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
    KEY_TYPES,
    PLATFORMS,
    SHARED,
    SUBJECT,
)
from ansible_collections.csrtui.csrtui.plugins.module_utils.pair_task import PairTask


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **SHARED,
            "names": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "retired"], "default": "present"},
            "name": {"type": "str"},
            "subject": {"type": "dict", "options": SUBJECT},
            "attributes": {"type": "list", "elements": "str"},
            "no_common_name": {"type": "bool", "default": False},
            "add_counterpart": {"type": "bool", "default": False},
            "ca": {"type": "str", "choices": ["public", "private"]},
            "key": {"type": "str", "choices": KEY_TYPES, "no_log": False},
            "platform": {"type": "str", "choices": PLATFORMS},
            "purpose": {
                "type": "str",
                "choices": ["server", "client", "server-client", "email", "code-signing"],
            },
            "profile": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "renew": {"type": "str", "choices": ["never", "due"], "default": "never"},
            "same_key": {"type": "bool", "default": False, "no_log": False},
            "recipients": {"type": "list", "elements": "str"},
            "backup_to": {"type": "path"},
        },
        required_together=[("recipients", "backup_to")],
        supports_check_mode=True,
    )
    PairTask(module).run()


if __name__ == "__main__":
    main()
