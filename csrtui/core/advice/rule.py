"""Rules as rows of a table, each with a condition, a level, a sentence and a source."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Generic, NamedTuple, TypeVar

from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, Purpose

Case = TypeVar("Case")

PRIVATE_CA_FIX: Final = Fix("use a private CA instead", ca=CaKind.PRIVATE)
PERSON_FIX: Final = Fix("use a private CA and the purpose client", ca=CaKind.PRIVATE, purpose=Purpose.CLIENT)
FOR_PERSON: Final = " For a person, choose a private CA and the purpose client."
"""The sentence to add to a finding that has `PERSON_FIX`."""


class Hit(NamedTuple):
    """The result of a check whose rule applies.

    Attributes:
        words: The values for the placeholders in the rule's text, safe to display.
        fix: The change that resolves the finding, or None.
    """

    words: Mapping[str, object] = MappingProxyType({})
    fix: Fix | None = None


class Rule(NamedTuple, Generic[Case]):
    """A row of a table of rules.

    Attributes:
        code: The code of the finding.
        public_level: The level for a public CA, or None if the rule does not apply to public CAs.
        private_level: The level for a private CA, or None if the rule does not apply to private CAs.
        text: A sentence with placeholders for the words of a `Hit`.
        check: A function that returns a `Hit` if the rule applies to a case, otherwise None.
        source: The document that contains the rule.
        private_text: The sentence for a private CA, if its consequence is different.
        forceable: Whether X.509 can represent the value, so that ``--force`` can override an error.
    """

    code: str
    public_level: Level | None
    private_level: Level | None
    text: str
    check: Callable[[Case], Hit | None]
    source: str
    private_text: str | None = None
    forceable: bool = True

    def level(self, ca: CaKind) -> Level | None:
        """Return the level of the findings for a kind of CA, or None if the rule does not apply to it."""
        return self.public_level if ca is CaKind.PUBLIC else self.private_level

    def finding(self, hit: Hit, level: Level, ca: CaKind, field: FieldName, value: str) -> Finding:
        """Return the finding for a result of `check`."""
        template = self.private_text if ca is CaKind.PRIVATE and self.private_text else self.text
        # A fix that switches to the selected kind of CA would change nothing.
        fix = None if hit.fix and hit.fix.ca is ca else hit.fix
        return Finding(self.code, level, field, value, template.format_map(hit.words), fix, self.forceable)


Suppressions = Mapping[str, frozenset[str]]
"""For the code of each finding, the codes of the findings that it makes superfluous."""


def evaluate(
    rules: Iterable[Rule[Case]],
    case: Case,
    ca: CaKind,
    field: FieldName,
    value: str,
    *,
    suppressions: Suppressions = MappingProxyType({}),
) -> list[Finding]:
    """Apply the rules to a case and return the findings in the order of the table, with only one finding per cause.

    A finding never suppresses a more severe one (`_severity`). If two equally severe findings suppress each other, the
    first one stays. `field` and `value` become part of each finding.
    """
    findings = [
        rule.finding(hit, level, ca, field, value)
        for rule in rules
        if (level := rule.level(ca)) is not None and (hit := rule.check(case)) is not None
    ]
    return [
        finding
        for index, finding in enumerate(findings)
        if not any(
            _suppresses(other, finding, suppressions, is_first=position < index)
            for position, other in enumerate(findings)
        )
    ]


def _suppresses(other: Finding, finding: Finding, suppressions: Suppressions, *, is_first: bool) -> bool:
    """Return whether `other` makes `finding` superfluous (`evaluate`). With `is_first`, `other` comes before it."""
    if finding.code not in suppressions.get(other.code, ()):
        return False
    is_mutual = other.code in suppressions.get(finding.code, ())
    difference = _severity(other) - _severity(finding)
    return difference > 0 or (difference == 0 and (is_first or not is_mutual))


def _severity(finding: Finding) -> int:
    """Return 0 for a finding that does not block, 1 for one that can be overridden, 2 for one that cannot."""
    if not finding.blocks:
        return 0
    return 1 if finding.forceable else 2


_COUNTERPARTS: Final = frozenset({"www-not-covered", "bare-not-covered", "wildcard-bare-not-covered"})

FLAW_SUPPRESSIONS: Final[Suppressions] = {
    "label-length": frozenset({"name-length"}),
    "international-invalid": frozenset({"name-length"}),
}
"""Suppressions for invalid names."""

NAME_SUPPRESSIONS: Final[Suppressions] = {
    # The note on the A-label shows the lower-case form too.
    "international": frozenset({"upper-case"}),
    # The first occurrence of the name already has these findings.
    "duplicate": frozenset({
        "wildcard-redundant", "wildcard", "reserved-name", "mixed-script", "international", "upper-case", "ip-address",
    }),
    # A reserved top-level domain is never public, so both findings have the same cause.
    "reserved-name": frozenset({"internal-name", "single-label"}),
    # If no CA can issue for a name, its counterpart does not matter.
    "public-suffix": frozenset({"single-label"}) | _COUNTERPARTS,
    "internal-name": frozenset({"public-suffix", "wildcard-public-suffix"}),
    "reverse-zone": frozenset({"public-suffix", "wildcard-public-suffix"}) | _COUNTERPARTS,
    "wildcard-public-suffix": frozenset({"wildcard", "single-label"}) | _COUNTERPARTS,
    "onion": frozenset({"wildcard-public-suffix"}) | _COUNTERPARTS,
    "reserved-label": _COUNTERPARTS,
}  # fmt: skip
"""Suppressions for valid names."""

FIELD_SUPPRESSIONS: Final[Suppressions] = {
    "control-character": frozenset({
        "edge-space", "placeholder", "portal-character", "place-character", "html-entity", "encoding-damage",
        "invisible-character", "country-unknown", "state-abbreviated", "unit-retired",
    }),
    "invisible-character": frozenset({"encoding-damage", "placeholder"}),
    "placeholder": frozenset({"portal-character", "place-character", "unit-retired", "state-abbreviated"}),
    "place-character": frozenset({"portal-character"}),
    "html-entity": frozenset({"portal-character", "place-character"}),
    "country-unknown": frozenset(
        {"length", "placeholder", "portal-character", "html-entity", "encoding-damage", "invisible-character"}
    ),
}  # fmt: skip
"""Suppressions for subject fields."""
