"""Calling the ``csrtui`` command on a host, and turning each of its endings into a result or a failure."""

from __future__ import annotations

import json
import os
import subprocess
import time

SCHEMA = 1
"""The schema of csrtui's JSON that these modules understand."""
SHARED = {
    "executable": {"type": "path"},
    "store": {"type": "path"},
    "timeout": {"type": "int", "default": 120},
}
"""The options that all modules have; their documentation is in the fragment ``host``."""
SUBJECT = {
    "organization": {"type": "str"},
    "organizational_unit": {"type": "str"},
    "country": {"type": "str"},
    "state": {"type": "str"},
    "locality": {"type": "str"},
}
"""The fields of a subject but the common name; csrtui's options are called the same."""

_SHORTEST = 0.001
"""Seconds that a call has once the time of its task is over: it is ended at once, and reported as every other."""
_ROLE = "set csrtui up on this host with the role csrtui.csrtui.csrtui"
_NO_STORE = 3
_REASONS = {1: "refused", 2: "input", 3: "store"}
_OTHER_PLACES = ["/usr/local/bin", "/opt/csrtui/bin"]
_ERROR, _HINT = "csrtui: error: ", "hint: "


class Ran:
    """How a call of csrtui ended.

    Args:
        status: Its exit status.
        out: What it printed.
        err: What it said.
    """

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    @property
    def errors(self):
        """What csrtui calls errors, without the words before them."""
        return [line[len(_ERROR) :] for line in self.err.splitlines() if line.startswith(_ERROR)]

    @property
    def remedy(self):
        """What csrtui says to do, or None."""
        hints = [line[len(_HINT) :] for line in self.err.splitlines() if line.startswith(_HINT)]
        return hints[-1] if hints else None


class Csrtui:
    """The csrtui of a host.

    Args:
        module: The Ansible module; it is ended with a failure where csrtui cannot do what it is asked for.
    """

    def __init__(self, module):
        self._module = module
        self._deadline = time.monotonic() + module.params["timeout"]
        self.so_far = {}
        """What was done before; a failure says it, too."""
        store = module.params["store"]
        self._store = [f"--store={store}"] if store else []
        self._program = self._found()

    def run(self, command, *arguments, data=b""):
        """Call csrtui and return how it ended.

        It runs in a session of its own: without a terminal it cannot wait for an answer that nobody gives.

        Args:
            command: The command's name.
            arguments: What follows it.
            data: What it reads on standard input.
        """
        timeout = self._module.params["timeout"]
        # All calls of a task share its time, so that none begins after Ansible has given up.
        remaining = max(self._deadline - time.monotonic(), _SHORTEST)
        environment = dict(os.environ, NO_COLOR="1", PYTHONIOENCODING="utf-8")
        try:
            done = subprocess.run(
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
                "look at the host's load and disk; what was done is kept, and running again does the rest",
            )
        except OSError as error:
            self.fail("missing", f"{self._program} cannot be run: {error.strerror}", _ROLE)
        return Ran(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    def text(self, command, *arguments):
        """Call csrtui and return what it printed."""
        ran = self.run(command, *arguments)
        if ran.status != 0:
            self.fail_as(ran)
        return ran.out

    def version(self):
        """Return the version of csrtui on the host."""
        return self.text("--version").splitlines()[0].split()[-1]

    def document(self, command, *arguments, data=b"", statuses=(0,), missing=None):
        """Call csrtui and return the JSON document that it printed, and how it ended.

        Args:
            command: The command's name.
            arguments: What follows it and ``--json``.
            data: What it reads on standard input.
            statuses: The exit statuses with which there is a document.
            missing: The document of a host whose keystore does not exist yet; without it, that is a failure.
        """
        ran = self.run(command, "--json", *arguments, data=data)
        try:
            document = json.loads(ran.out)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            if missing is not None and ran.status == _NO_STORE and not self._has_store():
                return missing, Ran(0, "", "")
            self.fail_as(ran)
        if document.get("schema") != SCHEMA:
            self.fail(
                "schema",
                f"csrtui on this host speaks schema {document.get('schema')}, and this collection knows {SCHEMA}",
                "take csrtui and the collection from one release: " + _ROLE,
            )
        if ran.status not in statuses:
            self.fail_as(ran, document)
        return document, ran

    def fail_as(self, ran, document=None):
        """Fail as csrtui did, in its words."""
        reason = _REASONS.get(ran.status, "unexpected")
        results = [one["text"] for one in (document or {}).get("results", []) if not one.get("ok")]
        said = ran.errors or results
        if not said:
            last = (ran.err.strip().splitlines() or ["and said nothing"])[-1]
            said = [f"csrtui ended with status {ran.status}: {last}"]
            reason = "unexpected"
        extra = {} if document is None else {"results": document.get("results", [])}
        self.fail(reason, "; ".join(said), ran.remedy, rc=ran.status, **extra)

    def fail(self, reason, what, remedy=None, **more):
        """End the module with a failure.

        Args:
            reason: Its kind, one of those that the documentation names.
            what: What is wrong.
            remedy: What mends it, or None.
            more: What else the result holds.
        """
        message = f"{what} ({remedy})" if remedy else what
        self._module.fail_json(**{**self.so_far, **more, "msg": message, "reason": reason, "remedy": remedy})

    def _has_store(self):
        """Return whether the keystore exists that the task, or the host's environment, names."""
        store = self._module.params["store"] or os.environ.get("CSRTUI_STORE")
        return not store or os.path.exists(store)

    def _found(self):
        named = self._module.params["executable"]
        if named:
            if not os.access(named, os.X_OK):
                self._missing(f"there is no program at {named}")
            return named
        found = self._module.get_bin_path("csrtui", opt_dirs=_OTHER_PLACES)
        if found is None:
            self._missing("there is no csrtui on this host")
        return found

    def _missing(self, what):
        self.fail("missing", what, _ROLE + ", or name the program with executable")


def subject_arguments(subject):
    """Return the options of ``csrtui new`` and ``check`` for the fields of a subject that are given."""
    given = [(name, (subject or {}).get(name)) for name in SUBJECT]
    return [f"--{name.replace('_', '-')}={text}" for name, text in given if text is not None]
