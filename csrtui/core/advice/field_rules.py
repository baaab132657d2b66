"""Rules about the text of one subject field."""

from collections.abc import Callable

from csrtui.core.advice.cases import FieldCase, clean, is_control
from csrtui.core.advice.placeholders import Likelihood, placeholder
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.advice.text_damage import decoded_entities, repaired_encoding, taken_for_html
from csrtui.core.base.escaping import character, plural, quoted
from csrtui.core.base.finding import FieldName, Fix, Level
from csrtui.core.names.whitespace import REPLACEMENT, find_invisible, without_invisible
from csrtui.core.subject.fields import UPPER_BOUNDS

_PORTAL = frozenset("<>~!@#$%^*/\\()?")
_NOT_IN_PLACES = frozenset(':={}[]|";\\')
"""What no name of a place contains (zlint)."""
_PORTAL_IN_PLACES = _PORTAL - _NOT_IN_PLACES - frozenset("/()")
"""Of the characters that order forms refuse, those that are odd in a place too: Halle (Saale) is written so."""
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
    return _hit(case, _writing_plain(case, case.text), character=character(case.text[place]), place=place + 1)


def _invisible_character(case: FieldCase) -> Hit | None:
    place = find_invisible(case.text)
    if place is None or REPLACEMENT in case.text:
        return None
    return _hit(case, _writing_plain(case, case.text), character=character(case.text[place]), place=place + 1)


def _replacement_character(case: FieldCase) -> Hit | None:
    if REPLACEMENT not in case.text:
        return None
    return _hit(case, _writing_plain(case, case.text), place=case.text.index(REPLACEMENT) + 1)


def _writing_plain(case: FieldCase, text: str) -> Fix:
    """Return the fix that writes a text without invisible characters, and with blanks for controls.

    It is not safe where a character was lost, which nobody but the user knows.
    """
    repaired = repaired_encoding(text) or text
    spaced = "".join(" " if is_control(one) else one for one in without_invisible(repaired))
    plain = clean(" ".join(word for word in spaced.split(" ") if word))
    return case.writing(plain, label=_to_write(plain), safe=REPLACEMENT not in text)


def _to_write(value: str) -> str:
    return f"write {quoted(value)}" if value else "leave it out"


def _edge_space(case: FieldCase) -> Hit | None:
    typed = case.typed.text(case.field)
    return _hit(case, case.writing(case.text, label=_to_write(case.text))) if typed != case.text else None


def _placeholder(likelihood: Likelihood) -> Callable[[FieldCase], Hit | None]:
    """Return a finder of placeholders of one likelihood."""

    def find(case: FieldCase) -> Hit | None:
        if placeholder(case.field, case.text, case.typed.country) is not likelihood:
            return None
        return _hit(case, case.writing("", label="leave it out", safe=False))

    return find


def _portal_character(case: FieldCase) -> Hit | None:
    refused = _PORTAL_IN_PLACES if case.field in _PLACES else _PORTAL
    mark = next((one for one in case.text if one in refused), None)
    return _hit(case, character=mark) if mark and case.field is not FieldName.COUNTRY else None


def _place_character(case: FieldCase) -> Hit | None:
    mark = next((one for one in case.text if one in _NOT_IN_PLACES), None)
    return _hit(case, character=mark) if mark and case.field in _PLACES else None


def _ampersand(case: FieldCase) -> Hit | None:
    alone = _portal_character(case) is None  # one cause, one finding
    return _hit(case) if "&" in case.text and alone and case.field is not FieldName.COUNTRY else None


def _html_entity(case: FieldCase) -> Hit | None:
    decoded = decoded_entities(case.text)
    if decoded is None:
        return None
    fix = None if any(map(is_control, decoded)) else _writing_plain(case, decoded)
    return _hit(case, fix, decoded=quoted(clean(decoded)) or "nothing")


def _like_html(case: FieldCase) -> Hit | None:
    if "&" not in case.text or decoded_entities(case.text) is not None:
        return None
    entity = taken_for_html(case.text)
    return None if entity is None else _hit(case, entity=quoted(entity))


def _encoding_damage(case: FieldCase) -> Hit | None:
    repaired = repaired_encoding(case.text)
    if repaired is None:
        return None
    return _hit(case, _writing_plain(case, case.text), repaired=quoted(repaired))


_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

FIELD_RULES: tuple[Rule[FieldCase], ...] = (
    Rule(
        "length", _ERROR, _ERROR,
        "{field} has {count} characters, {over} more than the {bound} allowed.",
        _length, "RFC 5280 A.1, BR 7.1.4.2", forceable=False,
    ),
    Rule(
        "control-character", _ERROR, _ERROR,
        "{field} contains {character} at position {place}: control characters and line breaks are not allowed.",
        _control_character, "zlint e_subject_dn_not_printable_characters", forceable=False,
    ),
    Rule(
        "invisible-character", _ERROR, _ERROR,
        "{field} contains {character} at position {place}: invisible, but CAs compare the text with the register.",
        _invisible_character, "BR 7.1.2.7.4 (verified values), UTS 39 3.1",
        private_text="{field} contains {character} at position {place}: invisible, but a search for the text fails.",
    ),
    Rule(
        "invisible-character", _ERROR, _ERROR,
        "{field} contains U+FFFD at position {place}: a character was lost there. Type it again.",
        _replacement_character, "Unicode 23.8 (REPLACEMENT CHARACTER)",
    ),
    Rule(
        "edge-space", _NOTE, _NOTE,
        "{field} will be written without the blanks at its ends.", _edge_space, "RFC 4518 2.6.1",
    ),
    Rule(
        "placeholder", _ERROR, _WARNING,
        "{field} {value} looks like a placeholder; CAs reject it.",
        _placeholder(Likelihood.CERTAIN), "BR 7.1.2.7.4 (no metadata such as . - or a blank)",
        private_text="{field} {value} looks like a placeholder; everyone would see it in the certificate.",
    ),
    Rule(
        "placeholder", _WARNING, _WARNING,
        "{field} {value} looks like a placeholder; leave it out unless the place has that name.",
        _placeholder(Likelihood.POSSIBLE), "BR 7.1.2.7.4 (no metadata such as . - or a blank)",
    ),
    Rule(
        "portal-character", _WARNING, None,
        "{field} contains {character}: valid, but the order forms of several CAs reject it.",
        _portal_character, "order forms of public CAs",
    ),
    Rule(
        "portal-character", _NOTE, None,
        "{field} contains &: valid, but some CAs want it spelled out.", _ampersand, "order forms of public CAs",
    ),
    Rule(
        "place-character", _ERROR, _WARNING,
        "{field} contains {character}: not valid in a place name, and CA checks reject it.",
        _place_character, "zlint e_state_or_province_name_must_not_contain_control_characters, BR 3.2.2.1",
        private_text="{field} contains {character}: not valid in a place name.",
    ),
    Rule(
        "html-entity", _ERROR, _WARNING,
        "{field} {value} contains HTML, which CA checks reject: it probably means {decoded}.",
        _html_entity, "HTML 13.5, pkilint cabf.name.attribute_value_contains_html_entity",
        private_text="{field} {value} contains HTML: it probably means {decoded}.",
    ),
    Rule(
        "html-entity", _WARNING, None,
        "{field} {value} looks like HTML: CA checks read {entity} as a character and reject it.",
        _like_html, "pkilint cabf.name.attribute_value_contains_html_entity, zlint e_subj_contains_html_entities",
    ),
    Rule(
        "encoding-damage", _WARNING, _WARNING,
        "{field} {value} looks garbled (wrong encoding): it probably means {repaired}.",
        _encoding_damage, "UTF-8 read as ISO 8859-1 or Windows-1252",
    ),
)  # fmt: skip
"""Asked about each field that contains text."""
