"""Findings: what the advisor says about a name, a field, a key or a request."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class CaKind(StrEnum):
    """Who signs: a CA that browsers trust and the CA/Browser Forum's rules bind, or the organization's own."""

    PUBLIC = "public"
    PRIVATE = "private"


class Level(StrEnum):
    """How much a finding weighs: an error blocks, a warning warns, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst, so that sorting by it puts errors first."""
        return tuple(Level).index(self)


class FieldName(StrEnum):
    """The fields of the form, by the names they have in JSON and CSV."""

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


class Fix(NamedTuple):
    """A change that one key applies.

    Attributes:
        label: What will stand there afterwards, in a few words: ``also cover www.example.com``.
        names: All names after the fix, the common name first; None when a subject field is fixed.
        value: The field's text after the fix (empty: left out); None when names are fixed.
        ca: The CA kind to switch to; None when that stays.
        safe: Whether it may be applied together with others without being looked at: it only corrects
            what was plainly meant.
        renews: The pair to renew instead of making another; None for a change of the form.
    """

    label: str
    names: tuple[str, ...] | None = None
    value: str | None = None
    ca: CaKind | None = None
    safe: bool = False
    renews: str | None = None


class Finding(NamedTuple):
    """One piece of advice.

    Attributes:
        code: The stable code, such as ``www-not-covered``.
        level: Its weight for the kind of CA asked about.
        field: The field it is about; names after the first belong to `FieldName.NAMES`.
        value: The text at fault, as typed.
        text: One sentence in plain words that names the value and the consequence. Text from outside in
            it is already visible (`csrtui.core.base.escaping`).
        fix: The change that would settle it, or None.
        forceable: Whether X.509 can hold it nevertheless, so that ``--force`` may overrule an error.
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
        """Whether no request is made while this stands."""
        return self.level is Level.ERROR


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, errors first; within a level they stay in their order."""
    return sorted(findings, key=lambda finding: finding.level.rank)
