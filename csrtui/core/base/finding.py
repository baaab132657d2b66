"""Findings (advice on a name, field, key or request), and the form fields, kinds of CA and purposes in them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from csrtui.core.base.escaping import excerpt, excerpts


class CaKind(StrEnum):
    """The kind of CA: public (trusted by browsers, bound by the CA/Browser Forum rules) or the organization's own."""

    PUBLIC = "public"
    PRIVATE = "private"


class Purpose(StrEnum):
    """The use of a certificate. The CSR requests it as extended key usages (RFC 5280 4.2.1.12)."""

    SERVER = "server"
    CLIENT = "client"
    SERVER_CLIENT = "server-client"
    EMAIL = "email"
    CODE_SIGNING = "code-signing"

    @property
    def is_for_servers(self) -> bool:
        """Whether TLS servers can use the certificate."""
        return self in {Purpose.SERVER, Purpose.SERVER_CLIENT}


class Level(StrEnum):
    """The severity of a finding. Only an error blocks the request."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """The sort key for findings, most severe first: 0 for an error, 1 for a warning, 2 for a note."""
        return tuple(Level).index(self)


class FieldName(StrEnum):
    """A field of the form. The value is its name in JSON and CSV."""

    COMMON_NAME = "common_name"
    NAMES = "names"
    ORGANIZATION = "organization"
    ORGANIZATIONAL_UNIT = "organizational_unit"
    COUNTRY = "country"
    STATE = "state"
    LOCALITY = "locality"
    KEY = "key"
    CA = "ca"
    PLATFORM = "platform"
    PURPOSE = "purpose"
    ATTRIBUTES = "attributes"


class Fix(NamedTuple):
    """A change that resolves a finding with one key press.

    Attributes:
        label: The change in a few words: ``also cover www.example.com``.
        names: All names after the fix, the common name first, or None if the fix does not change names.
        value: The text of the field after the fix, or None if the fix does not change a field. "" clears the field.
        ca: The kind of CA to switch to, or None to keep the selected one.
        purpose: The purpose to switch to, or None to keep the selected one.
        safe: Whether the fix only corrects spelling or format. All safe fixes can be applied at once.
        no_common_name: Whether the fix leaves out the common name. Then the first of `names` is empty.
        drops_must_staple: Whether the fix removes must-staple from the request.
        renews: The pair to renew instead of making a new one, or None if the fix changes the form.
    """

    label: str
    names: tuple[str, ...] | None = None
    value: str | None = None
    ca: CaKind | None = None
    safe: bool = False
    renews: str | None = None
    no_common_name: bool = False
    drops_must_staple: bool = False
    purpose: Purpose | None = None

    def as_json(self) -> dict[str, object] | None:
        """Return the fix as JSON members for commands, or None if it only changes the kind of CA and the purpose."""
        members: dict[str, object] = {}
        if self.names is not None:
            members["names"] = [name for name in self.names if name]
        elif self.value is not None:
            members["value"] = self.value
        elif self.renews is not None:
            members["renews"] = self.renews
        elif self.drops_must_staple:
            members["must_staple"] = False
        return {"label": self.label, **members} if members else None


class Finding(NamedTuple):
    """A piece of advice.

    Attributes:
        code: The stable code, such as ``www-not-covered``.
        level: The severity for the selected kind of CA.
        field: The affected field. All names after the first belong to `FieldName.NAMES`.
        value: The affected text, as typed.
        text: A sentence that names the value and the consequence. Untrusted text in it is already escaped
            (`csrtui.core.base.escaping`).
        fix: The change that resolves the finding, or None.
        forceable: Whether X.509 can represent the value, so that ``--force`` can override an error.
    """

    code: str
    level: Level
    field: FieldName
    value: str
    text: str
    fix: Fix | None = None
    forceable: bool = True

    @property
    def blocks(self) -> bool:
        """Whether the finding blocks the request."""
        return self.level is Level.ERROR

    def as_json(self) -> dict[str, object]:
        """Return the finding as ``check --json`` prints it."""
        return {
            "code": self.code,
            "level": self.level.value,
            "field": self.field.value,
            "value": self.value,
            "text": self.text,
            "fix": self.fix.as_json() if self.fix else None,
        }


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with errors first. Within a level, keep their order."""
    return sorted(findings, key=lambda finding: finding.level.rank)


def merge_same_reasons(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, with those that have the same reason and fix merged into one, at the place of the first.

    The merged text is that of the first name, followed by the other names, or by their number if there are many.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for position, finding in enumerate(findings):
        name = excerpt(finding.value).casefold()
        is_name = name and finding.field in {FieldName.COMMON_NAME, FieldName.NAMES}
        reason = finding.text.casefold().replace(name, "") if is_name else position
        groups.setdefault((finding.code, finding.level, finding.fix, reason), []).append(finding)
    return [
        first._replace(text=f"{first.text} The same applies to {_list([other.value for other in others])}.")
        if others
        else first
        for first, *others in groups.values()
    ]


_MAX_LISTED = 3
"""More names than these would leave no room for the rest of a small screen."""


def _list(names: Sequence[str]) -> str:
    return excerpts(names) if len(names) <= _MAX_LISTED else f"{len(names)} more"
