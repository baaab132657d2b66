"""Apply every rule to the names, subject and key, and collect the findings."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from csrtui.core.advice.coverage_rules import COVERAGE_RULES, MANY_NAMES, PURPOSE_RULES
from csrtui.core.advice.field_rules import FIELD_RULES
from csrtui.core.advice.key_rules import KEY_RULES
from csrtui.core.advice.name_rules import NAME_RULES
from csrtui.core.advice.rule import FIELD_SUPPRESSIONS, FLAW_SUPPRESSIONS, NAME_SUPPRESSIONS, evaluate
from csrtui.core.advice.rule_arguments import LABELS, FieldCase, NameCase, NameList, trim_field
from csrtui.core.advice.subject_rules import ATTRIBUTE_RULES, SUBJECT_RULES
from csrtui.core.advice.syntax_rules import FLAW_RULES
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, Purpose, worst_first
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.name import Name, NameKind
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.core.subject import countries
from csrtui.core.subject.fields import Attribute, SubjectFields, SubjectInput

_VALID_NAME_RULES = (*NAME_RULES, *COVERAGE_RULES)
_FIELD_RULES = (*FIELD_RULES, *SUBJECT_RULES)
_CACHE_SIZE = 128
"""Number of subjects, and of key types, whose findings are cached. The rows of a batch usually share a subject, and the
subject stays the same while the user types a name."""

MISSING_COMMON_NAME = Finding(
    "common-name-missing", Level.ERROR, FieldName.COMMON_NAME, "",
    "Enter a common name, e.g. www.example.com.", forceable=False,
)  # fmt: skip
"""The finding for an empty common name. `advise` does not return it, because the user may still be typing the name."""


_NO_COMMON_NAME = {
    ca: Finding("no-common-name", Level.NOTE, FieldName.COMMON_NAME, "", text)
    for ca, text in {
        CaKind.PUBLIC: "No common name: public CAs accept this. Some add the first name, others leave it empty.",
        CaKind.PRIVATE: "No common name: old programs that do not read the other names reject the certificate.",
    }.items()
}
"""The note on a request without a common name, by kind of CA (BR 7.1.4.3: the field is not recommended)."""


_MUST_STAPLE = Finding(
    "must-staple", Level.WARNING, FieldName.KEY, "",
    "The new CSR requests must-staple, as the old one does: CAs without OCSP reject such an order.",
    Fix("do not request must-staple", drops_must_staple=True),
)  # fmt: skip
"""The warning about must-staple in a copied request (Let's Encrypt has refused it since 2025-05-07)."""


class Advice(NamedTuple):
    """The findings on a request, and the names and fields that its CSR will contain.

    Attributes:
        findings: The findings, most severe first. Findings of the same level are in the order of the form.
        names: The valid names in the order entered, without duplicates. The common name comes first.
        subject: The fields as the CSR will contain them: trimmed, with the country in upper case. Empty fields are
            None.
        purpose: The purpose of the certificate.
        no_common_name: Whether the common name is left out on purpose.
        must_staple: Whether the CSR requests must-staple.
    """

    findings: tuple[Finding, ...]
    names: tuple[Name, ...]
    subject: SubjectFields
    purpose: Purpose = Purpose.SERVER
    no_common_name: bool = False
    must_staple: bool = False

    @property
    def covered_names(self) -> tuple[str, ...]:
        """The SANs as the CSR will contain them."""
        return tuple(name.text for name in self.names if name.text is not None)

    @property
    def title(self) -> str:
        """The common name, or else the first name. The pair's name is derived from it."""
        return self.subject.common_name or next((name.common_name or "" for name in self.names), "")

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block the request."""
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def forceable(self) -> bool:
        """Whether all errors can be overridden, because X.509 can represent the request."""
        return all(finding.forceable for finding in self.errors)


def advise(
    names: Sequence[str],
    subject: SubjectInput,
    *,
    ca: CaKind,
    key_type: KeyType,
    suffixes: SuffixList,
    purpose: Purpose = Purpose.SERVER,
    no_common_name: bool = False,
    attributes: Sequence[Attribute] = (),
    must_staple: bool = False,
) -> Advice:
    """Return the advice on a request as entered. Any input is accepted.

    The first of `names` is the common name, which can be empty (`MISSING_COMMON_NAME`). With `no_common_name`, the
    common name is left out, and all names are only SANs.
    """
    if no_common_name:
        names = ("", *names[not (names and names[0].strip()) :])
    name_list = NameList.read(names, suffixes, purpose)
    findings = [
        *_name_findings(name_list, ca),
        *_subject_findings(subject, ca),
        *_key_findings(key_type, ca),
        *evaluate(PURPOSE_RULES, name_list, ca, FieldName.PURPOSE, purpose.value),
    ]
    for attribute in attributes:
        findings += evaluate(ATTRIBUTE_RULES, attribute, ca, FieldName.ATTRIBUTES, attribute.text)
    if no_common_name:
        findings.append(_NO_COMMON_NAME[ca])
    if must_staple:
        findings.append(_MUST_STAPLE)
    unique = tuple(name_list.names[index] for index in name_list.first_index.values())
    return Advice(
        tuple(worst_first(findings)),
        unique,
        _subject_fields(name_list, subject, attributes),
        purpose,
        no_common_name,
        must_staple,
    )


def describe_coverage(name: Name) -> str:
    """Return a sentence about the hosts that a name covers, with examples for a wildcard, or "" for an invalid name."""
    if name.text is None:
        return ""
    if not name.is_wildcard:
        return f"{name.display} covers only this host."
    domain = name.display.removeprefix("*.")
    return f"{name.display} covers shop.{domain} but not a.shop.{domain} or {domain}."


def _name_findings(names: NameList, ca: CaKind) -> Iterator[Finding]:
    for index, name in enumerate(names.names):
        field = FieldName.NAMES if index else FieldName.COMMON_NAME
        case = NameCase(names, index)
        if name.flaws:
            yield from evaluate(FLAW_RULES, case, ca, field, name.input, suppressions=FLAW_SUPPRESSIONS)
        elif name.kind is NameKind.NONE:
            text_case = FieldCase(SubjectInput(), field, name.input, name.display)
            yield from evaluate(
                FIELD_RULES, text_case, ca, field, name.input, suppressions=FIELD_SUPPRESSIONS
            )
        elif name.text is not None:
            yield from evaluate(
                _VALID_NAME_RULES, case, ca, field, name.input, suppressions=NAME_SUPPRESSIONS
            )
    count = len(names.first_index)
    yield from evaluate((MANY_NAMES,), count, ca, FieldName.NAMES, str(count))


@lru_cache(_CACHE_SIZE)
def _subject_findings(subject: SubjectInput, ca: CaKind) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    for field in LABELS:
        text = subject.text(field)
        case = FieldCase(subject, field, text, trim_field(text))
        findings += evaluate(_FIELD_RULES, case, ca, field, text, suppressions=FIELD_SUPPRESSIONS)
    return tuple(findings)


@lru_cache(_CACHE_SIZE)
def _key_findings(key_type: KeyType, ca: CaKind) -> tuple[Finding, ...]:
    return tuple(evaluate(KEY_RULES, key_type, ca, FieldName.KEY, key_type.value))


def _subject_fields(names: NameList, subject: SubjectInput, attributes: Sequence[Attribute]) -> SubjectFields:
    texts = {field.value: trim_field(subject.text(field)) or None for field in LABELS}
    additional = list(attributes)
    country = texts["country"]
    if country and countries.is_code(country):
        texts["country"] = country.upper()
    common_name = names.names[0].common_name if names.names else None
    if additional and additional[0].type == "OU" and not (common_name or texts["organizational_unit"]):
        texts["organizational_unit"] = additional.pop(0).value  # the CSR is the same
    return SubjectFields(common_name=common_name, **texts, attributes=tuple(additional))
