"""Rules about the subject: country, place, fields that require other fields, and additional attributes."""

from csrtui.core.advice.placeholders import is_placeholder
from csrtui.core.advice.rule import PRIVATE_CA_FIX, Hit, Rule
from csrtui.core.advice.rule_arguments import LEAVE_OUT, FieldCase, trim_field
from csrtui.core.base.escaping import describe_character, excerpt
from csrtui.core.base.finding import FieldName, Fix, Level
from csrtui.core.names.pasted_text import is_control
from csrtui.core.subject import countries
from csrtui.core.subject.fields import Attribute


def _country_unknown(case: FieldCase) -> Hit | None:
    if case.field is not FieldName.COUNTRY or not case.text or countries.is_code(case.text):
        return None
    advice, fix = _country_advice(case)
    return Hit({"value": excerpt(case.text), "advice": advice}, fix)


def _country_advice(case: FieldCase) -> tuple[str, Fix | None]:
    """Return a suggestion for a text that is not a country code, and the fix that applies it (or None)."""
    code = countries.find_country(case.text)
    if code is not None:
        return f"use {code} for {countries.name_of(code)}", Fix(f"use {code}", value=code, safe=True)
    if countries.is_without_code(case.text):
        code = countries.NO_CODE
        return f"Kosovo has none, so CAs use {code}", Fix(f"use {code}", value=code)
    if _is_two_letters(case.text):
        return "use an ISO 3166 code, e.g. DE or US", None
    is_empty = is_placeholder(case.field, case.text, case.text)
    return "use two letters, e.g. DE or US", LEAVE_OUT if is_empty else None


def _is_two_letters(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) == 2  # noqa: PLR2004 - RFC 5280 A.1


def _country_form(case: FieldCase) -> Hit | None:
    """Check for an unknown country in a form that X.509 cannot represent."""
    return None if _is_two_letters(case.text) else _country_unknown(case)


def _country_without_code(case: FieldCase) -> Hit | None:
    return Hit() if case.field is FieldName.COUNTRY and case.text.upper() == countries.NO_CODE else None


def _country_case(case: FieldCase) -> Hit | None:
    if case.field is not FieldName.COUNTRY or not countries.is_code(case.text) or case.text.isupper():
        return None
    return Hit({"upper": case.text.upper()})


def _country_missing(case: FieldCase) -> Hit | None:
    is_empty = case.field is FieldName.COUNTRY and not case.text
    return Hit() if is_empty and case.has_value(FieldName.ORGANIZATION) else None


def _place_missing(case: FieldCase) -> Hit | None:
    if case.field is not FieldName.LOCALITY or not case.has_value(FieldName.ORGANIZATION):
        return None
    return None if trim_field(case.subject.state) or trim_field(case.subject.locality) else Hit()


def _organization_missing(case: FieldCase) -> Hit | None:
    if case.field is not FieldName.ORGANIZATION or case.text:
        return None
    dependent = (FieldName.ORGANIZATIONAL_UNIT, FieldName.STATE, FieldName.LOCALITY)
    return Hit() if case.has_value(*dependent) else None


def _state_abbreviated(case: FieldCase) -> Hit | None:
    if case.field is not FieldName.STATE or not case.text or not trim_field(case.subject.country):
        return None
    name = countries.state_name(countries.find_country(case.subject.country) or "", case.text)
    if name is None:
        return None
    return Hit({"value": excerpt(case.text), "name": name}, Fix(f"write {name}", value=name, safe=True))


def _unit_retired(case: FieldCase) -> Hit | None:
    if case.field is not FieldName.ORGANIZATIONAL_UNIT or not case.text:
        return None
    return Hit({"value": excerpt(case.text)}, LEAVE_OUT)


_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE
_UNKNOWN = "{value} is not a country code: {advice}."

SUBJECT_RULES: tuple[Rule[FieldCase], ...] = (
    Rule(
        "country-unknown", _ERROR, _ERROR, _UNKNOWN, _country_form,
        "RFC 5280 A.1 (X520countryName: PrintableString of 2)", forceable=False,
    ),
    Rule(
        "country-unknown", _ERROR, _ERROR, _UNKNOWN,
        lambda case: None if _country_form(case) else _country_unknown(case), "BR 7.1.2.7.4, ISO 3166-1",
    ),
    Rule(
        "country-unknown", _NOTE, _NOTE,
        "XX is only for a country without an ISO 3166 code, such as Kosovo.",
        _country_without_code, "BR 7.1.2.7.4, ISO 3166-1 8.1.3",
    ),
    Rule(
        "country-case", _NOTE, _NOTE,
        "Country will be written {upper}.", _country_case, "ISO 3166-1",
    ),
    Rule(
        "country-missing", _WARNING, None,
        "Country is missing: public CAs require it with an organization.",
        _country_missing, "BR 7.1.2.7.4",
    ),
    Rule(
        "place-missing", _WARNING, None,
        "State and locality are missing: public CAs require one of them with an organization.",
        _place_missing, "BR 7.1.2.7.4",
    ),
    Rule(
        "organization-missing", _WARNING, None,
        "Organization is missing: a domain-validated certificate also leaves out the unit, state and locality.",
        _organization_missing, "BR 7.1.2.7.2",
    ),
    Rule(
        "state-abbreviated", _WARNING, _WARNING,
        "State {value} is an abbreviation: write {name}, as CAs require.",
        _state_abbreviated, "order forms of public CAs",
        private_text="State {value} is an abbreviation: write {name}.",
    ),
    Rule(
        "unit-retired", _WARNING, None,
        "Organizational unit {value} will be left out by the CA: public CAs have dropped the field since 2022-09-01.",
        _unit_retired, "BR 7.1.2.7.4 since 2022-09-01 (ballot SC47)",
    ),
)  # fmt: skip
"""Rules for each field, including empty fields."""


def _not_public(attribute: Attribute) -> Hit | None:
    return Hit({"text": excerpt(attribute.text)}, PRIVATE_CA_FIX)


def _length(attribute: Attribute) -> Hit | None:
    count, bound = len(attribute.value), attribute.details.bound
    return Hit({"type": attribute.type, "count": count, "bound": bound}) if count > bound else None


def _empty(attribute: Attribute) -> Hit | None:
    return None if attribute.value else Hit({"type": attribute.type})


def _character(attribute: Attribute) -> Hit | None:
    for character in attribute.value:
        if is_control(character) or not attribute.details.allowed.fullmatch(character):
            return Hit({"type": attribute.type, "character": describe_character(character)})
    return None


ATTRIBUTE_RULES: tuple[Rule[Attribute], ...] = (
    Rule(
        "attribute-not-public", _ERROR, None,
        "{text} in the subject: public CAs certify only the fields that they have verified, so leave it out.",
        _not_public, "BR 7.1.2.7.2 to 7.1.2.7.4",
    ),
    Rule("attribute-empty", _ERROR, _ERROR, "{type} has no value.", _empty, "X.520", forceable=False),
    Rule(
        "length", _ERROR, _ERROR,
        "{type} has {count} characters, more than the {bound} allowed.", _length, "RFC 5280 A.1", forceable=False,
    ),
    Rule(
        "attribute-character", _ERROR, _ERROR,
        "{type} contains {character}: not allowed in this attribute.", _character,
        "RFC 5280 A.1, RFC 4519", forceable=False,
    ),
)  # fmt: skip
"""Rules for each attribute."""
