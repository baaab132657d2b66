"""Apply every rule to the names, subject and key, and collect the findings."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from csrtui.core.advice.cases import LABELS, FieldCase, Listing, NameCase, clean
from csrtui.core.advice.coverage_rules import COVERAGE_RULES, MANY_NAMES
from csrtui.core.advice.field_rules import FIELD_RULES
from csrtui.core.advice.key_rules import KEY_RULES
from csrtui.core.advice.name_rules import NAME_RULES
from csrtui.core.advice.rule import FIELD_SILENCES, FLAW_SILENCES, NAME_SILENCES, Rule, judge
from csrtui.core.advice.subject_rules import SUBJECT_RULES
from csrtui.core.advice.syntax_rules import FLAW_RULES
from csrtui.core.base.finding import CaKind, FieldName, Finding, Level, worst_first
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.name import Name
from csrtui.core.names.public_suffixes import SuffixList
from csrtui.core.subject import countries
from csrtui.core.subject.fields import SubjectFields, TypedSubject

_READABLE = (*NAME_RULES, *COVERAGE_RULES)
_FIELDS = (*FIELD_RULES, *SUBJECT_RULES)
_REMEMBERED = 128
"""Of so many subjects it is remembered what was said: the rows of a batch, and every key typed into a name, share one."""


class Advice(NamedTuple):
    """All that is to be said about a request, and what it would hold.

    Attributes:
        findings: Worst first; within a level in the order of the form.
        names: The names that can be written, each once, in order, the common name first.
        subject: The fields as they would be written: trimmed, the country in capitals, None where empty.
    """

    findings: tuple[Finding, ...]
    names: tuple[Name, ...]
    subject: SubjectFields

    @property
    def covers(self) -> tuple[str, ...]:
        """What the certificate will be good for, as it will be written; a wildcard stands for its hosts."""
        return tuple(name.text for name in self.names if name.text is not None)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that block the request."""
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def forceable(self) -> bool:
        """Whether X.509 can hold the request nevertheless: every blocking finding can be overruled."""
        return all(finding.forceable for finding in self.blocking)


def advise(
    names: Sequence[str], subject: TypedSubject, *, ca: CaKind, key_type: KeyType, suffixes: SuffixList
) -> Advice:
    """Judge a request as typed. Never raises, whatever was typed.

    Args:
        names: The names as typed, the common name first; it may be empty, which is not judged here
            (`common_name_missing`).
        subject: The other subject fields as typed.
        ca: Whose rules bind.
        key_type: The key that will be made.
        suffixes: The public suffix list.
    """
    listing = Listing.read(names, suffixes)
    findings = worst_first(
        [*_about_names(listing, ca), *_about_subject(subject, ca), *_about_key(key_type, ca)]
    )
    unique = tuple(listing.names[place] for place in listing.first.values())
    return Advice(tuple(findings), unique, _written(listing, subject))


def common_name_missing() -> Finding:
    """The finding that there is no common name: for when a request is asked for, not while one is typed."""
    text = "Enter a common name, e.g. www.example.com."
    return Finding("common-name-missing", Level.ERROR, FieldName.COMMON_NAME, "", text, forceable=False)


def reach(name: Name) -> str:
    """A sentence on what a name covers; of a wildcard, a host it covers and one it does not.

    Empty for a name that cannot be written.
    """
    if name.text is None:
        return ""
    if not name.is_wildcard:
        return f"{name.shown} covers only this host."
    domain = name.shown.removeprefix("*.")
    return f"{name.shown} covers shop.{domain} but not a.shop.{domain} or {domain}."


def rules() -> tuple[Rule[NameCase] | Rule[FieldCase] | Rule[KeyType] | Rule[int], ...]:
    """Every row of every table, for documentation and tests."""
    return (*FLAW_RULES, *_READABLE, MANY_NAMES, *_FIELDS, *KEY_RULES)


def _about_names(listing: Listing, ca: CaKind) -> Iterator[Finding]:
    for place, name in enumerate(listing.names):
        case = NameCase(listing, place)
        table, silences = (FLAW_RULES, FLAW_SILENCES) if name.flaws else (_READABLE, NAME_SILENCES)
        if name.flaws or name.text is not None:
            where = FieldName.NAMES if place else FieldName.COMMON_NAME
            for verdict in judge(table, case, ca, silences):
                yield verdict.rule.finding(verdict.hit, ca, where, name.typed)
    count = len(listing.first)
    for many in judge((MANY_NAMES,), count, ca, {}):
        yield many.rule.finding(many.hit, ca, FieldName.NAMES, str(count))


@lru_cache(_REMEMBERED)
def _about_subject(subject: TypedSubject, ca: CaKind) -> tuple[Finding, ...]:
    return tuple(_each_field(subject, ca))


def _each_field(subject: TypedSubject, ca: CaKind) -> Iterator[Finding]:
    for field in LABELS:
        case = FieldCase(subject, field, clean(subject.text(field)))
        for verdict in judge(_FIELDS, case, ca, FIELD_SILENCES):
            yield verdict.rule.finding(verdict.hit, ca, field, subject.text(field))


@lru_cache(_REMEMBERED)
def _about_key(key_type: KeyType, ca: CaKind) -> tuple[Finding, ...]:
    verdicts = judge(KEY_RULES, key_type, ca, {})
    return tuple(verdict.rule.finding(verdict.hit, ca, FieldName.KEY, key_type.value) for verdict in verdicts)


def _written(listing: Listing, subject: TypedSubject) -> SubjectFields:
    texts = {field: clean(subject.text(field)) or None for field in LABELS}
    country = texts[FieldName.COUNTRY]
    if country and country.isascii() and countries.is_code(country.upper()):
        country = country.upper()
    return SubjectFields(
        common_name=listing.names[0].text if listing.names else None,
        organization=texts[FieldName.ORGANIZATION],
        organizational_unit=texts[FieldName.ORGANIZATIONAL_UNIT],
        country=country,
        state=texts[FieldName.STATE],
        locality=texts[FieldName.LOCALITY],
    )
