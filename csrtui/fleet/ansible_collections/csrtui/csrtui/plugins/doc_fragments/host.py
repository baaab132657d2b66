"""The documentation of the options that all modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """The documentation of the options that all modules share, as a fragment for Ansible."""

    DOCUMENTATION = r"""
options:
  executable:
    description:
      - The C(csrtui) command on the host.
      - The default is C(csrtui) on the C(PATH), or else in C(/usr/local/bin) or C(/opt/csrtui/bin).
    type: path
  store:
    description:
      - The keystore's folder on the host.
      - The default is the keystore of the user who runs the task (C(become_user)), as for C(csrtui) itself.
    type: path
  timeout:
    description:
      - Seconds for all calls of C(csrtui) in a task. A call that does not end in time is killed, and the task fails.
      - If csrtui had started a change, the change is then either complete or not made at all.
    type: int
    default: 120
notes:
  - The module calls the C(csrtui) command on the host. Private keys, passphrases and plain backups never leave the
    host and are never sent to it.
  - A failed task returns the kind of failure in RV(ignore:reason), and the fix in RV(ignore:remedy). The reasons are
    V(missing) (csrtui is not installed), V(schema) (another version of csrtui), V(refused) (csrtui refused),
    V(input), V(store) (modes, lock, disk, damage), V(timeout) and V(unexpected).
requirements:
  - csrtui on the host (the role P(csrtui.csrtui.csrtui#role) installs it)
author:
  - The csrtui maintainers (!UNKNOWN)
"""
