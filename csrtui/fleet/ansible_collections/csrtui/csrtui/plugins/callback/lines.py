# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Print the result of a task on each host as a line of JSON, as soon as it is known, for ``csrtui fleet``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lines
type: stdout
short_description: A line of JSON for each result
version_added: 0.1.0
description:
  - Prints the names of the hosts of a play, then a line of JSON for the result of each task on each host, as soon as
    it is known.
  - A result longer than 16 MiB is left out. The line then contains the reason V(too-large).
author:
  - The csrtui maintainers (!UNKNOWN)
"""

import json

from ansible.plugins.callback import CallbackBase

_MAX_BYTES = 16 * 1024 * 1024
"""The maximum number of bytes in a line, which is ASCII. csrtui cuts longer lines."""
_OMITTED = frozenset({"invocation", "stdout_lines", "stderr_lines", "diff"})
_FINALIZATION = "Finalization of task args"
_ORIGIN = "Origin: "
_EARLY_ERRORS = (
    "The task includes an option with an undefined variable",
    "An unhandled exception occurred while templating",
)
"""The first words of messages about variables before Ansible 2.19."""


class CallbackModule(CallbackBase):
    """The callback plugin."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "csrtui.csrtui.lines"

    def v2_playbook_on_play_start(self, play):
        """Print the hosts of the play."""
        # Ansible has no public API for the hosts of a play.
        inventory = play.get_variable_manager()._inventory  # noqa: SLF001 - see above
        self._display.display(_dump({"hosts": [host.get_name() for host in inventory.get_hosts(play.hosts)]}))

    def v2_runner_on_ok(self, result):
        """Print a successful result."""
        self._print("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):  # noqa: ARG002, FBT002 - Ansible's signature
        """Print a failed result."""
        self._print("failed", result)

    def v2_runner_on_unreachable(self, result):
        """Print that a host could not be reached."""
        self._print("unreachable", result)

    def _print(self, outcome, result):
        # The names without an underscore exist since Ansible 2.19.
        host = result.host if hasattr(result, "host") else result._host  # noqa: SLF001 - see above
        members = result.result if hasattr(result, "result") else result._result  # noqa: SLF001 - see above
        printed = {name: value for name, value in members.items() if name not in _OMITTED}
        document = {"host": host.get_name(), "ended": outcome, "result": printed}
        cause = _template_error(result, members) if outcome == "failed" else ""
        if cause:
            document["cause"] = cause
        line = _dump(document)
        if len(line) >= _MAX_BYTES:
            line = _dump({"host": host.get_name(), "ended": "failed", "result": {"reason": "too-large"}})
        self._display.display(line)


def _template_error(result, members):
    """Return the error in a variable that kept a task from its host, or an empty string.

    Since Ansible 2.19 a result has a chain of errors. The last one is the cause, and contains its file and line.
    """
    summary = getattr(result, "exception", None)
    event, is_template_error = getattr(summary, "event", None), False
    while getattr(event, "chain", None) is not None:
        event = event.chain.event
        is_template_error = is_template_error or event.msg.startswith(_FINALIZATION)
    if is_template_error:
        origin = (event.formatted_source_context or "").partition("\n")[0]
        return event.msg + (f" ({origin[len(_ORIGIN) :]})" if origin.startswith(_ORIGIN) else "")
    message = str(members.get("msg", ""))
    return " ".join(message.split()) if message.startswith(_EARLY_ERRORS) else ""


def _dump(document):
    return json.dumps(document, default=str)
