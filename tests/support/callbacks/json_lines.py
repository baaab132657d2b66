"""An Ansible callback for the tests. It writes the result of each task on each host as a line of JSON."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: json_lines
type: aggregate
short_description: a line of JSON for each result
description: [a line of JSON for each result, in the file that JSON_LINES names]
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """A callback that appends to the file that ``JSON_LINES`` names."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "json_lines"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Record a success."""
        self._keep("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002 - as Ansible calls it
        """Record a failure."""
        self._keep("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Record that a host could not be reached."""
        self._keep("unreachable", result)

    def _keep(self, status: str, result: Any) -> None:
        host, task, members = (_member(result, name) for name in ("host", "task", "result"))
        line = {
            "host": host.get_name(),
            "task": task.get_name(),
            "status": status,
            "result": json.loads(self._dump_results(members)),
        }
        with open(os.environ["JSON_LINES"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _member(result: Any, name: str) -> Any:
    """Return a member of a task's result, which is private before ansible-core 2.19."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, f"_{name}")
