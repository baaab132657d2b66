"""Rules about the text of one subject field."""

from csrtui.core.advice.damage import decoded_entities, repaired_encoding, taken_for_html
from csrtui.core.advice.field_case import FieldCase, clean, is_control
from csrtui.core.advice.placeholders import is_placeholder
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.advice.wording import character, plural, quoted
from csrtui.core.finding import FieldName, Fix, Level
from csrtui.core.subject import UPPER_BOUNDS

_PORTAL = "<>~!@#$%^*/\\()?"
_IN_NO_PLACE = '=:{};"|[]'
"""What no state and no locality is written with."""
_PLACES = {FieldName.STATE, FieldName.LOCALITY}


def _hit(case: FieldCase, fix: Fix | None = None, **words: object) -> Hit:
    return Hit({"field": case.label, "value": quoted(case.text), **words}, fix)


def _length(case: FieldCase) -> Hit | None:
    bound = UPPER_BOUNDS[case.field]
    over = len(case.text) - bound
    if over <= 0:
        return None
    return _hit(case, count=len(case.text), bound=bound, over=plural(over, "character"))


def _control_character(case: FieldCase) -> Hit | None:
    place = next((place for place, one in enumerate(case.text) if is_control(one)), None)
    if place is None:
        return None
    repaired = repaired_encoding(case.text) or case.text
    plain = clean(" ".join("".join(" " if is_control(one) else one for one in repaired).split()))
    fix = case.writing(plain, label=_to_write(plain))
    return _hit(case, fix, character=character(case.text[place]), place=place + 1)


def _to_write(value: str) -> str:
    return f"write {quoted(value)}" if value else "leave it out"


def _edge_space(case: FieldCase) -> Hit | None:
    typed = case.typed.text(case.field)
    return _hit(case, case.writing(case.text, label=_to_write(case.text))) if typed != case.text else None


def _placeholder(case: FieldCase) -> Hit | None:
    if not is_placeholder(case.field, case.text):
        return None
    return _hit(case, case.writing("", label="leave it out", safe=False))


def _portal_character(case: FieldCase) -> Hit | None:
    found = next((one for one in case.text if one in _PORTAL), None)
    return _hit(case, character=found) if found and case.field is not FieldName.COUNTRY else None


def _place_character(case: FieldCase) -> Hit | None:
    """One cause, one finding: only where there is no other character that order forms refuse."""
    if case.field not in _PLACES or any(one in _PORTAL for one in case.text):
        return None
    found = next((one for one in case.text if one in _IN_NO_PLACE), None)
    return _hit(case, character=found) if found else None


def _ampersand(case: FieldCase) -> Hit | None:
    plain = not any(one in _PORTAL for one in case.text)  # one cause, one finding
    return _hit(case) if "&" in case.text and plain and case.field is not FieldName.COUNTRY else None


def _html_entity(case: FieldCase) -> Hit | None:
    decoded = decoded_entities(case.text)
    if decoded is None:
        return None
    decoded = clean(decoded)
    fix = None if any(map(is_control, decoded)) else case.writing(decoded, label=_to_write(decoded))
    return _hit(case, fix, decoded=quoted(decoded) or "nothing")


def _like_html(case: FieldCase) -> Hit | None:
    if "&" not in case.text or decoded_entities(case.text) is not None:
        return None
    entity = taken_for_html(case.text)
    return None if entity is None else _hit(case, entity=quoted(entity))


def _encoding_damage(case: FieldCase) -> Hit | None:
    repaired = repaired_encoding(case.text)
    if repaired is None:
        return None
    return _hit(
        case, case.writing(clean(repaired), label=_to_write(clean(repaired))), repaired=quoted(repaired)
    )


_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

FIELD_RULES: tuple[Rule[FieldCase], ...] = (
    Rule(
        "length", _ERROR, _ERROR,
        "{field} has {count} characters, {over} more than the {bound} that a subject can hold.",
        _length, "RFC 5280 A.1, BR 7.1.4.2", forceable=False,
    ),
    Rule(
        "control-character", _ERROR, _ERROR,
        "{field} holds {character} in place {place}: a subject has no control characters and no line breaks.",
        _control_character, "zlint e_subject_dn_not_printable_characters", forceable=False,
    ),
    Rule(
        "edge-space", _NOTE, _NOTE,
        "{field} is written without the blanks at its ends.", _edge_space, "RFC 4518 2.6.1",
    ),
    Rule(
        "placeholder", _ERROR, _WARNING,
        "{field} {value} only fills the field: a CA refuses it, better leave it out.",
        _placeholder, "BR 7.1.2.7.4 (no metadata such as . - or a blank)",
        private_text="{field} {value} only fills the field: the certificate would say it to everyone.",
    ),
    Rule(
        "portal-character", _WARNING, None,
        "{field} holds {character}: it is legal, but the order forms of several CAs refuse it.",
        _portal_character, "order forms of public CAs",
    ),
    Rule(
        "portal-character", _WARNING, None,
        "{field} holds {character}: no place is written with it, and the checks that CAs run refuse it.",
        _place_character, "zlint e_state_or_province_name_must_not_contain_control_characters, BR 3.2.2.1",
    ),
    Rule(
        "portal-character", _NOTE, None,
        "{field} holds &: it is legal, but some CAs want it spelled out.", _ampersand, "order forms of public CAs",
    ),
    Rule(
        "html-entity", _WARNING, _WARNING,
        "{field} {value} is HTML: it probably means {decoded}.", _html_entity, "HTML 13.5",
    ),
    Rule(
        "html-entity", _WARNING, None,
        "{field} {value} looks like HTML: the checks that CAs run take {entity} for a character and refuse it.",
        _like_html, "pkilint cabf.name.attribute_value_contains_html_entity, zlint e_subj_contains_html_entities",
    ),
    Rule(
        "encoding-damage", _WARNING, _WARNING,
        "{field} {value} was read in the wrong encoding: it probably means {repaired}.",
        _encoding_damage, "UTF-8 read as ISO 8859-1 or Windows-1252",
    ),
)  # fmt: skip
"""Asked about each field that holds something."""
