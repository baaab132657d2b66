# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Prints what came of a task on each host as a line of JSON, as soon as it is known; ``csrtui fleet`` reads it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lines
type: stdout
short_description: A line of JSON for each result
version_added: 0.1.0
description:
  - Prints the names of the hosts of a play, and then a line of JSON for what came of each task on each of them, as soon as
    it is known.
  - A result that would be longer than 16 MiB is left out; the line then has the reason V(too-large).
author:
  - The csrtui maintainers (!UNKNOWN)
"""

import json

from ansible.plugins.callback import CallbackBase

_MAX_BYTES = 16 * 1024 * 1024
"""The most bytes of a line, which is in ASCII; csrtui cuts a longer one."""
_LEFT_OUT = frozenset({"invocation", "stdout_lines", "stderr_lines", "diff"})


class CallbackModule(CallbackBase):
    """Prints the lines."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "csrtui.csrtui.lines"

    def v2_playbook_on_play_start(self, play):
        """Say which hosts the play is for."""
        # Ansible has no public way to ask a play for its hosts.
        inventory = play.get_variable_manager()._inventory  # noqa: SLF001 - see above
        self._display.display(_dump({"hosts": [host.get_name() for host in inventory.get_hosts(play.hosts)]}))

    def v2_runner_on_ok(self, result):
        """Say what a host did."""
        self._tell("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):  # noqa: ARG002, FBT002 - as Ansible calls it
        """Say what a host did not do."""
        self._tell("failed", result)

    def v2_runner_on_unreachable(self, result):
        """Say that a host could not be reached."""
        self._tell("unreachable", result)

    def _tell(self, ended, result):
        # the names without an underscore are there from 2.19 on
        host = result.host if hasattr(result, "host") else result._host  # noqa: SLF001 - see above
        said = result.result if hasattr(result, "result") else result._result  # noqa: SLF001 - see above
        kept = {name: value for name, value in said.items() if name not in _LEFT_OUT}
        line = _dump({"host": host.get_name(), "ended": ended, "result": kept})
        if len(line) >= _MAX_BYTES:
            line = _dump({"host": host.get_name(), "ended": "failed", "result": {"reason": "too-large"}})
        self._display.display(line)


def _dump(document):
    return json.dumps(document, default=str)
