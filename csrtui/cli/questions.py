"""Ask for the fields of a request one after another, line by line (``csrtui new`` without a name on a terminal).

This works without cursor movement: with a screen reader, on a serial console, and with ``TERM=dumb``.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from csrtui.cli.options import ask_key_passphrase
from csrtui.cli.output import print_finding, prompt_interrupts, write_message
from csrtui.core.advice.advisor import Advice
from csrtui.core.advice.field_help import CA_HELP, FIELD_HELP, KEY_HELP, PURPOSE_HELP
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Purpose
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import KeyType, read_key_type
from csrtui.core.names.pasted_text import split_names
from csrtui.core.servers.platforms import PLATFORMS, read_platform
from csrtui.tasks.existing_pairs import with_pair_exists
from csrtui.tasks.new import is_blocking
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name, with_fix
from csrtui.tasks.session import Session, csrtui_command

_INTRODUCTION: Final = """\
csrtui asks for one field after another. Enter keeps the value in brackets, a hyphen (-) clears it,
and a question mark (?) explains the field. Ctrl+C quits without generating anything.
"""
_LEFT: Final = "nothing was made"
_CLEAR: Final = "-"
_HELP: Final = "?"
_PROTECT: Final = "p"


class _Field(NamedTuple):
    """A field to ask for.

    Attributes:
        show: Returns the value as text.
        read: Returns the request with the field set to an answer, or raises `InputError` if the answer is not valid.
    """

    name: FieldName
    label: str
    show: Callable[[RequestSpec], str]
    read: Callable[[RequestSpec, str], RequestSpec]
    explain: Callable[[RequestSpec], str]


class _Leave(Exception):  # noqa: N818 - not an error
    """Raised when the user leaves the dialog."""


def ask_request(
    session: Session, spec: RequestSpec, *, force: bool, offers_passphrase: bool
) -> tuple[RequestSpec, Secret | None]:
    """Ask for each field of a request on the terminal, and show the advice on each.

    Args:
        offers_passphrase: Whether the user can type a passphrase for the key.

    Returns:
        The request, and the passphrase that the user typed, or None.

    Raises:
        InputError: The user left the questions, or answered that the pair should not be made.
        KeyboardInterrupt: The user pressed Ctrl+C.
    """
    dialog = _Dialog(session, spec, force=force, offers_passphrase=offers_passphrase)
    try:
        dialog.ask_all()
    except _Leave:
        write_message("\n")
        raise InputError(_LEFT) from None
    except KeyboardInterrupt:
        write_message(f"\n{_LEFT}\n")
        raise
    return dialog.spec, dialog.passphrase


class _Dialog:
    """The questions about one request. `spec` and `passphrase` are the answers so far."""

    def __init__(self, session: Session, spec: RequestSpec, *, force: bool, offers_passphrase: bool) -> None:
        self.spec = spec
        self.passphrase: Secret | None = None
        self._offers_passphrase = offers_passphrase
        self._session = session
        self._force = force

    def ask_all(self) -> None:
        """Ask for all fields, and then whether to make the pair, until the user agrees."""
        write_message(_INTRODUCTION)
        for field in _FIELDS:
            if self._applies(field):
                self._ask(field)
        while not self._confirm():
            pass

    def _applies(self, field: _Field) -> bool:
        if field.name is FieldName.COMMON_NAME:
            return not self.spec.no_common_name
        is_private = self.spec.ca is CaKind.PRIVATE
        return is_private or field.name not in {FieldName.ORGANIZATIONAL_UNIT, FieldName.PURPOSE}

    def _ask(self, field: _Field) -> None:
        """Ask for a field until no finding blocks or offers a fix, or until Enter keeps the value."""
        write_message("\n")
        fixes: list[tuple[Finding, Fix]] = []
        is_advised = False
        while True:
            offer = f", or 1 to {len(fixes)} to fix" if len(fixes) > 1 else ", or 1 to fix" if fixes else ""
            answer = _read_line(f"{field.label}{offer} [{visible(field.show(self.spec))}]: ")
            if answer == _HELP:
                write_message(f"{field.explain(self.spec)}\n")
                continue
            if not answer and is_advised:
                return
            if _is_number(answer, len(fixes)):
                finding, fix = fixes[int(answer) - 1]
                self.spec = with_fix(self.spec, finding.field, fix)
            elif answer:
                try:
                    self.spec = field.read(self.spec, "" if answer == _CLEAR else answer)
                except InputError as error:
                    hint = f"; {error.hint}" if error.hint else ""
                    write_message(f"error: {visible(error.message + hint)}\n")
                    continue
            fixes, blocks = self._advise(field)
            is_advised = bool(fixes) or blocks
            if not is_advised:
                return

    def _advise(self, field: _Field) -> tuple[list[tuple[Finding, Fix]], bool]:
        """Print the advice on a field. Return the findings with fixes, and whether a finding blocks the request."""
        fixes: list[tuple[Finding, Fix]] = []
        findings = [finding for finding in self._advice().findings if finding.field is field.name]
        for finding in findings:
            is_overruled = finding.blocks and not is_blocking(finding, force=self._force)
            level = "overruled" if is_overruled else finding.level.value
            write_message(f"{visible(f'{level}: {finding.text}')}\n")
            if finding.fix and finding.fix.renews:
                renew = csrtui_command(self._session, "renew", finding.fix.renews)
                write_message(f"{visible(f'  to renew it instead: {renew}')}\n")
            elif finding.fix:
                fixes.append((finding, finding.fix))
                write_message(f"{visible(f'  {len(fixes)}: {finding.fix.label}')}\n")
        return fixes, any(is_blocking(finding, force=self._force) for finding in findings)

    def _advice(self) -> Advice:
        advice = require_common_name(advise_on(self._session, self.spec))
        return with_pair_exists(self._session, advice)

    def _confirm(self) -> bool:
        """Show the request and ask whether to make the pair. Return whether to make it.

        Raises:
            _Leave: The user answered that the pair should not be made.
        """
        fields = [field for field in _FIELDS if self._applies(field)]
        write_message("\n")
        for number, field in enumerate(fields, 1):
            write_message(f"{number:>2} {field.label}: {visible(field.show(self.spec)) or '-'}\n")
        if self._offers_passphrase:
            write_message(f" {_PROTECT} Passphrase of the key: {'typed' if self.passphrase else '-'}\n")
        errors = [finding for finding in self._advice().errors if is_blocking(finding, force=self._force)]
        for finding in errors:
            print_finding(finding.level.value, finding)
        change = "the number of a field to change it"
        if self._offers_passphrase:
            change = f"{_PROTECT} to set a passphrase for the key, or {change}"
        question = f"Type {change}, or n to leave" if errors else f"Make this pair? y, n, or {change}"
        answer = _read_line(f"{question}: ").lower()
        if _is_number(answer, len(fields)):
            self._ask(fields[int(answer) - 1])
            return False
        if answer == _PROTECT and self._offers_passphrase:
            self._ask_passphrase()
            return False
        if answer in {"y", "yes"} and not errors:
            return True
        if answer in {"n", "no"}:
            raise _Leave
        return False

    def _ask_passphrase(self) -> None:
        try:
            self.passphrase, strength = ask_key_passphrase()
        except InputError as error:
            write_message(f"error: {error.sentence}\n")
        else:
            write_message(f"{strength}\n" if strength else "")


def _is_number(answer: str, highest: int) -> bool:
    return (
        answer.isascii()
        and answer.isdigit()
        and len(answer) <= len(str(highest))
        and 1 <= int(answer) <= highest
    )


def _read_line(prompt: str) -> str:
    """Return the line that the user types, trimmed.

    Raises:
        _Leave: The input has ended (Ctrl+D).
    """
    while True:
        write_message(prompt)
        with prompt_interrupts():
            line = sys.stdin.buffer.readline()
        if not line:
            raise _Leave
        try:
            return line.decode("utf-8").strip()
        except UnicodeDecodeError:
            write_message("error: the answer is not UTF-8; set the terminal to UTF-8\n")


def _text_field(name: FieldName, label: str) -> _Field:
    def read(spec: RequestSpec, answer: str) -> RequestSpec:
        return spec._replace(subject=spec.subject._replace(**{name.value: answer}))

    def show(spec: RequestSpec) -> str:
        return str(getattr(spec.subject, name.value))

    return _Field(name, label, show, read, lambda _: FIELD_HELP[name])


def _choose(answer: str, values: Sequence[str]) -> str:
    """Return the only value that begins with an answer.

    Raises:
        InputError: No value begins with it, or several values do.
    """
    matches = [value for value in values if value == answer.lower()]
    matches = matches or [value for value in values if answer and value.startswith(answer.lower())]
    if len(matches) != 1:
        raise InputError(f'"{answer[:60]}" is not one of the values', f"answer {' or '.join(values)}")
    return matches[0]


_FIELDS: Final = (
    _Field(
        FieldName.COMMON_NAME,
        "Common name",
        lambda spec: next(iter(spec.names), ""),
        lambda spec, answer: spec._replace(names=(answer, *spec.names[1:])),
        lambda _: FIELD_HELP[FieldName.COMMON_NAME],
    ),
    _Field(
        FieldName.NAMES,
        "Other names",
        lambda spec: ", ".join(spec.names[1:]),
        lambda spec, answer: spec._replace(names=(next(iter(spec.names), ""), *split_names(answer))),
        lambda _: FIELD_HELP[FieldName.NAMES],
    ),
    _Field(
        FieldName.CA,
        "CA, public or private",
        lambda spec: spec.ca.value,
        lambda spec, answer: spec._replace(ca=CaKind(_choose(answer, list(CaKind)))),
        lambda _: "\n".join(CA_HELP.values()),
    ),
    _Field(
        FieldName.PURPOSE,
        "Purpose",
        lambda spec: spec.purpose.value,
        lambda spec, answer: spec._replace(purpose=Purpose(_choose(answer, list(Purpose)))),
        lambda _: "\n".join(PURPOSE_HELP.values()),
    ),
    _text_field(FieldName.ORGANIZATION, "Organization"),
    _text_field(FieldName.ORGANIZATIONAL_UNIT, "Organizational unit"),
    _text_field(FieldName.COUNTRY, "Country"),
    _text_field(FieldName.STATE, "State or province"),
    _text_field(FieldName.LOCALITY, "City"),
    _Field(
        FieldName.PLATFORM,
        "Server software",
        lambda spec: spec.platform,
        lambda spec, answer: spec._replace(platform=read_platform(answer.lower()).id),
        lambda _: f"{FIELD_HELP[FieldName.PLATFORM]}\nKnown: {', '.join(PLATFORMS)}.",
    ),
    _Field(
        FieldName.KEY,
        "Key type",
        lambda spec: spec.effective_key_type.value,
        lambda spec, answer: spec._replace(key_type=read_key_type(answer.lower())),
        lambda spec: "\n".join(
            KEY_HELP[key_type] for key_type in KeyType if key_type.public_ca or spec.ca is CaKind.PRIVATE
        ),
    ),
)
"""The fields in the order of the questions. The CA comes early, because it decides which rules and fields apply."""
