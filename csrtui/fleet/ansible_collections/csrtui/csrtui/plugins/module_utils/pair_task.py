# Copyright (c) The csrtui maintainers
# MIT License (see LICENSE of csrtui)
"""Keep a pair present on a host, or retire it: the steps of the module ``pair``."""

from __future__ import annotations

from ansible_collections.csrtui.csrtui.plugins.module_utils.command import Csrtui, subject_arguments

_UNSAFE = frozenset({"none", "missing", "damaged"})
"""The backup statuses of a key that would be lost with the host."""


class PairTask:
    """The steps that keep a pair present, or retire it.

    Args:
        module: The Ansible module.
    """

    def __init__(self, module):
        self._module = module
        self._options = module.params
        self._csrtui = Csrtui(module)
        self._advice = {}
        self._pair = None
        self._old = None
        self._before = {}
        self._steps = []

    def run(self):
        """Bring the pair into the requested state, and end the module."""
        self._find()
        if self._options["state"] == "retired":
            self._retire()
            self._end("")
            return
        if self._pair is None:
            self._refuse_blocked()
            if self._old is None:
                self._make("made", "new", *self._arguments(*self._name(), *self._force()))
            else:
                self._replace()
        elif self._options["renew"] == "due" and self._pair["next"] == "renew":
            self._old = self._pair
            self._refuse_encrypted_key("due")
            flags = [*self._name(), *self._same_key(), *self._force()]
            self._make("renewed", "renew", *flags, "--", self._old["name"])
        if self._options["recipients"] and self._needs_backup:
            self._back_up()
        self._end("" if self._pair is None else self._csrtui.text("csr", "--", self._pair["name"]))

    def _find(self):
        """Find the pair that matches, or the old one to replace."""
        flags = ["--find-pair", *self._name(), *self._same_key()]
        self._advice, _result = self._csrtui.document("check", *self._arguments(*flags), statuses=(0, 1))
        self._pair, self._old = self._advice["pair"], self._advice.get("replaces")
        self._before = _diff_fields(self._pair or self._old)
        self._update_result()

    def _arguments(self, *flags):
        """Return the arguments for ``csrtui new`` and ``csrtui check`` from the options of the module."""
        options = self._options
        values = (
            ("--ca", "ca"),
            ("--key", "key"),
            ("--for", "platform"),
            ("--purpose", "purpose"),
            ("--profile", "profile"),
        )
        arguments = [f"{flag}={options[name]}" for flag, name in values if options[name] is not None]
        arguments += [f"--attribute={text}" for text in options["attributes"] or ()]
        switches = (("--no-common-name", "no_common_name"), ("--add-counterpart", "add_counterpart"))
        arguments += [flag for flag, name in switches if options[name]]
        return [*subject_arguments(options["subject"]), *arguments, *flags, "--", *options["names"]]

    def _name(self):
        return [f"--as={self._options['name']}"] if self._options["name"] is not None else []

    def _same_key(self):
        return ["--same-key"] if self._options["same_key"] else []

    def _force(self):
        return ["--force"] if self._options["force"] else []

    def _refuse_blocked(self):
        """Fail if an error blocks the request, or else warn about each finding that is not a note.

        ``force`` overrules errors, but not if no CSR can be made.
        """
        errors = [finding for finding in self._advice["findings"] if finding["level"] == "error"]
        if errors and not (self._options["force"] and self._can_make()):
            fix = errors[0]["fix"]
            self._csrtui.fail(
                "refused", "; ".join(finding["text"] for finding in errors), fix["label"] if fix else None
            )
        for finding in self._advice["findings"]:
            if finding["level"] != "note":
                self._module.warn(finding["text"])

    def _can_make(self):
        """Return whether a CSR can be made. Without a subject in the advice, let csrtui try it in a dry run."""
        if self._advice["subject"]:
            return True
        return self._csrtui.run("new", *self._arguments("--force", "--dry-run")).status == 0

    def _make(self, step, command, *arguments):
        if not self._module.check_mode:
            self._pair, _result = self._csrtui.document(command, *arguments)
        self._record(step)

    def _replace(self):
        """Make a successor of the old pair, with the changed request."""
        self._refuse_encrypted_key("to be replaced")
        former = self._advice["former"]
        if former:
            self._module.warn(
                f"{former} matched this task and was replaced by {self._old['name']}. "
                "If two tasks manage pairs for the same first name, give each its own name"
            )
        flags = [f"--renews={self._old['name']}", *self._name(), *self._same_key(), *self._force()]
        arguments = self._arguments(*flags)
        if self._options["same_key"]:
            arguments = [argument for argument in arguments if not argument.startswith("--key=")]
        self._make("replaced", "new", *arguments)

    def _refuse_encrypted_key(self, need):
        """Fail if the key of the old pair has a passphrase: its successor needs one too."""
        old = self._old
        if old["key"]["encrypted"]:
            self._csrtui.fail(
                "input",
                f"{old['name']} is {need}, but its key has a passphrase, which can only be typed on the host",
                f"on the host: csrtui renew {old['name']}",
            )

    def _retire(self):
        self._pair = self._pair or self._old
        if self._pair is not None:
            name = self._pair["name"]
            if not self._module.check_mode:
                self._csrtui.document("retire", "--", name)
                self._pair, _result = self._csrtui.document("show", "--", name)
            self._record("retired")

    @property
    def _is_made(self):
        """Whether a pair was made, or in check mode would be made."""
        return bool({"made", "renewed", "replaced"} & set(self._steps))

    @property
    def _needs_backup(self):
        """Whether the pair, or the pair that would be made, needs a backup."""
        return self._is_made or self._pair["backup"]["status"] in _UNSAFE

    def _back_up(self):
        if not self._module.check_mode:
            name = self._pair["name"]
            recipients = [f"--recipient={text}" for text in self._options["recipients"]]
            self._csrtui.document("backup", f"--to={self._options['backup_to']}", *recipients, "--", name)
            self._pair, _result = self._csrtui.document("show", "--", name)
        self._record("backed up")

    def _record(self, step):
        self._steps.append(step)
        self._update_result()

    def _update_result(self):
        """Update the partial result, which the module returns if a later step fails."""
        self._csrtui.partial_result = {
            "changed": bool(self._steps),
            "done": list(self._steps),
            "pair": self._pair,
            "covers": self._advice["covers"],
            "findings": self._advice["findings"],
        }

    def _end(self, csr):
        after = self._predict() if self._module.check_mode else _diff_fields(self._pair)
        self._module.exit_json(
            csr=csr, diff={"before": self._before, "after": after}, **self._csrtui.partial_result
        )

    def _predict(self):
        """Return the pair as it would be after the task, for the diff in check mode."""
        fields = dict(self._before)
        if self._is_made:
            fields = {
                **self._advice.get("request", {}),
                "subject": self._advice["subject"],
                "names": self._advice["covers"],
                "renews": self._old["name"] if self._old else None,
                "backup": "none",
                "stage": "new",
            }
            if self._old and self._options["same_key"]:
                fields["key"] = self._old["key"]["type"]
        if "backed up" in self._steps:
            fields["backup"] = "unverified"
        if "retired" in self._steps:
            fields["stage"] = "retired"
        return fields


def _diff_fields(pair):
    """Return the fields of a pair that a diff shows."""
    if pair is None:
        return {}
    names = ("name", "subject", "names", "ca", "platform", "purpose", "renews", "stage")
    fields = {name: pair[name] for name in names}
    return {**fields, "key": pair["key"]["type"], "backup": pair["backup"]["status"]}
