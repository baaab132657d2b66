"""The options that all modules share, as ``ansible-doc`` shows them."""

from __future__ import annotations


class ModuleDocFragment:
    """How csrtui is called on a host."""

    DOCUMENTATION = r"""
options:
  executable:
    description:
      - The C(csrtui) command on the host.
      - Without it C(csrtui) is looked for on the C(PATH), then in C(/usr/local/bin) and C(/opt/csrtui/bin).
    type: path
  store:
    description:
      - The keystore's folder on the host.
      - Without it that of the user whom the task runs as (C(become_user)), as C(csrtui) itself would take it.
    type: path
  timeout:
    description:
      - Seconds that a task has for all its calls of C(csrtui). A call that does not end in time is killed, and the task fails.
      - What csrtui had begun is then not there at all, or wholly there.
    type: int
    default: 120
notes:
  - The module calls the C(csrtui) command on the host. No private key, no passphrase and no plain backup leaves the host or is
    sent to it.
  - A task that fails says in RV(ignore:reason) what kind of failure it is, and in RV(ignore:remedy) what mends it.
    The reasons are V(missing) (there is no csrtui), V(schema) (another version of csrtui), V(refused) (its answer is no),
    V(input), V(store) (modes, lock, disk, damage), V(timeout) and V(unexpected).
requirements:
  - csrtui on the host (the role P(csrtui.csrtui.csrtui#role) sets it up)
author:
  - The csrtui maintainers (!UNKNOWN)
"""
