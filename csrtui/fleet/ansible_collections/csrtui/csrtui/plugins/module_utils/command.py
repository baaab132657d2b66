"""Call the ``csrtui`` command on a host, and convert its result to a result or failure of the module."""

from __future__ import annotations

import json
import os
import subprocess
import time

SCHEMA = 1
"""The schema of csrtui's JSON that these modules support."""
SHARED = {
    "executable": {"type": "path"},
    "store": {"type": "path"},
    "timeout": {"type": "int", "default": 120},
}
"""The options of all modules; their documentation is in the fragment ``host``."""
SUBJECT = {
    field: {"type": "str"}
    for field in ("organization", "organizational_unit", "country", "state", "locality")
}
"""The subject fields except the common name. They are also options of csrtui."""

KEY_TYPES = [
    "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096", "ed25519", "ml-dsa-44",
    "ml-dsa-65", "ml-dsa-87",
]  # fmt: skip
"""The key types of csrtui."""
PLATFORMS = [
    "nginx", "apache", "haproxy", "postfix", "dovecot", "exim", "lighttpd", "tomcat", "weblogic", "iis",
    "exchange", "f5", "cpanel", "plesk", "domino", "caddy", "traefik", "stunnel", "squid", "postgresql",
    "mysql", "mariadb", "redis", "rabbitmq", "mosquitto", "openldap", "freeradius", "openvpn", "coturn",
    "prosody", "cups", "proftpd", "vsftpd", "nodejs", "spring-boot", "jetty", "kubernetes", "gitlab", "proxmox",
    "vcenter", "nginx-proxy-manager", "windows-rdp", "windows-ldaps", "other",
]  # fmt: skip
"""The server software that csrtui knows."""

_MIN_TIMEOUT = 0.001
"""The timeout in seconds of a call that begins after the deadline of its task: it ends at once, like any other timeout."""
_ROLE = "install csrtui on this host with the role csrtui.csrtui.csrtui"
_NO_STORE = 3
_REASONS = {1: "refused", 2: "input", 3: "store"}
_OTHER_FOLDERS = ["/usr/local/bin", "/opt/csrtui/bin"]
_ERROR, _HINT = "csrtui: error: ", "hint: "


class CommandResult:
    """The result of a csrtui command.

    Args:
        status: The exit status.
        out: The text on stdout.
        err: The text on stderr.
    """

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    @property
    def errors(self):
        """The error messages from csrtui, without their prefix."""
        return self._lines(_ERROR)

    @property
    def remedy(self):
        """The last hint that csrtui printed, or None."""
        return (self._lines(_HINT) or [None])[-1]

    def _lines(self, prefix):
        return [line[len(prefix) :] for line in self.err.splitlines() if line.startswith(prefix)]


class Csrtui:
    """The csrtui command on a host. If a call fails, the module ends with that failure.

    Args:
        module: The Ansible module.
    """

    def __init__(self, module):
        self._module = module
        self._deadline = time.monotonic() + module.params["timeout"]
        self.partial_result = {}
        """The results so far, which the module also returns if it fails."""
        store = module.params["store"]
        self._store = [f"--store={store}"] if store else []
        self._program = self._find_program()

    def run(self, command, *arguments, data=b""):
        """Call csrtui and return its result.

        csrtui runs in its own session without a terminal, so it cannot wait for input.

        Args:
            command: The name of the command.
            arguments: The arguments after it.
            data: The data on standard input.
        """
        timeout = self._module.params["timeout"]
        # All calls of a task share its time limit, so that no call starts after Ansible has stopped waiting.
        remaining = max(self._deadline - time.monotonic(), _MIN_TIMEOUT)
        environment = dict(os.environ, NO_COLOR="1", PYTHONIOENCODING="utf-8")
        try:
            completed = subprocess.run(
                [self._program, command, *self._store, *arguments],
                input=data,
                capture_output=True,
                env=environment,
                timeout=remaining,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.fail(
                "timeout",
                f"csrtui {command} did not end within the {timeout} seconds of the task",
                "check the host's load and disk, and run the task again; completed work is kept",
            )
        except OSError as error:
            self.fail("missing", f"{self._program} cannot be run: {error.strerror}", _ROLE)
        return CommandResult(
            completed.returncode,
            completed.stdout.decode("utf-8", "replace"),
            completed.stderr.decode("utf-8", "replace"),
        )

    def text(self, command, *arguments):
        """Call csrtui and return its output, or end the module if the call fails."""
        result = self.run(command, *arguments)
        if result.status != 0:
            self.fail_with(result)
        return result.out

    def version(self):
        """Return the version of csrtui on the host."""
        return self.text("--version").splitlines()[0].split()[-1]

    def document(self, command, *arguments, data=b"", statuses=(0,), missing=None):
        """Call csrtui and return its JSON document and its result, or end the module if the call fails.

        Args:
            command: The name of the command.
            arguments: The arguments after it and ``--json``.
            data: The data on standard input.
            statuses: The exit statuses that are not failures.
            missing: The document for a host whose keystore does not exist yet, or None if that is a failure.
        """
        result = self.run(command, "--json", *arguments, data=data)
        try:
            document = json.loads(result.out)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            if missing is not None and result.status == _NO_STORE and not self._has_store():
                return missing, CommandResult(0, "", "")
            self.fail_with(result)
        if document.get("schema") != SCHEMA:
            self.fail(
                "schema",
                f"csrtui on this host uses schema {document.get('schema')}, this collection uses schema {SCHEMA}",
                "use csrtui and the collection of the same release: " + _ROLE,
            )
        if result.status not in statuses:
            self.fail_with(result, document)
        return document, result

    def fail_with(self, result, document=None):
        """End the module with the error that csrtui reported."""
        reason = _REASONS.get(result.status, "unexpected")
        results = (document or {}).get("results", [])
        errors = result.errors or [entry["text"] for entry in results if not entry.get("ok")]
        if not errors:
            last = (result.err.strip().splitlines() or ["no message"])[-1]
            errors = [f"csrtui ended with status {result.status}: {last}"]
            reason = "unexpected"
        extra = {} if document is None else {"results": results}
        self.fail(reason, "; ".join(errors), result.remedy, rc=result.status, **extra)

    def fail(self, reason, problem, remedy=None, **extra):
        """End the module with a failure.

        Args:
            reason: The kind of failure, one of those in the documentation.
            problem: The problem.
            remedy: The fix, or None.
            extra: Additional members of the result.
        """
        message = f"{problem} ({remedy})" if remedy else problem
        self._module.fail_json(
            **{**self.partial_result, **extra, "msg": message, "reason": reason, "remedy": remedy}
        )

    def _has_store(self):
        """Return whether the keystore that the task or the environment names exists, or True if none is named.

        A keystore in a folder of another user can exist. csrtui then reports that it cannot be opened.
        """
        store = self._module.params["store"] or os.environ.get("CSRTUI_STORE")
        if not store:
            return True
        try:
            os.stat(store)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            pass
        return True

    def _find_program(self):
        path = self._module.params["executable"]
        if path:
            if not os.access(path, os.X_OK):
                self._fail_missing(f"there is no program at {path}")
            return path
        path = self._module.get_bin_path("csrtui", opt_dirs=_OTHER_FOLDERS)
        if path is None:
            self._fail_missing("csrtui is not installed on this host")
        return path

    def _fail_missing(self, problem):
        self.fail("missing", problem, _ROLE + ", or set executable to its path")


def subject_arguments(subject):
    """Return the options for ``csrtui new`` and ``csrtui check`` that set the given fields of a subject."""
    fields = [(name, (subject or {}).get(name)) for name in SUBJECT]
    return [f"--{name.replace('_', '-')}={text}" for name, text in fields if text is not None]
