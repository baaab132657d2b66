"""Rules about the text of a single subject field, and functions that repair text damaged by other programs."""

import re
import unicodedata
from collections.abc import Callable

from csrtui.core.advice.placeholders import Likelihood, placeholder_likelihood
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.advice.rule_arguments import LEAVE_OUT, FieldCase, trim_field
from csrtui.core.base.escaping import describe_character, excerpt, plural
from csrtui.core.base.finding import FieldName, Fix, Level
from csrtui.core.names.host_name import script_of
from csrtui.core.names.pasted_text import REPLACEMENT, find_invisible, is_control, remove_invisible
from csrtui.core.subject.fields import UPPER_BOUNDS

_REJECTED = frozenset("<>~!@#$%^*/\\()?")
"""Characters that the order forms of CAs reject."""
_NOT_IN_PLACES = frozenset(':={}[]|";\\')
"""Characters that never occur in place names (zlint)."""
_REJECTED_IN_PLACES = _REJECTED - _NOT_IN_PLACES - frozenset("/()")
"""Characters that order forms reject and that are unusual in place names. Parentheses are usual: Halle (Saale)."""
_PLACES = {FieldName.STATE, FieldName.LOCALITY}


def _hit(case: FieldCase, fix: Fix | None = None, **words: object) -> Hit:
    return Hit({"field": case.label, "value": excerpt(case.text), **words}, fix)


def _length(case: FieldCase) -> Hit | None:
    bound = UPPER_BOUNDS[case.field]
    excess = len(case.text) - bound
    if excess <= 0:
        return None
    return _hit(case, count=len(case.text), bound=bound, excess=plural(excess, "character"))


def _control_character(case: FieldCase) -> Hit | None:
    index = next((index for index, character in enumerate(case.text) if is_control(character)), None)
    return None if index is None else _character_hit(case, index)


def _invisible_character(case: FieldCase) -> Hit | None:
    index = find_invisible(case.text)
    return None if index is None or REPLACEMENT in case.text else _character_hit(case, index)


def _replacement_character(case: FieldCase) -> Hit | None:
    return _character_hit(case, case.text.index(REPLACEMENT)) if REPLACEMENT in case.text else None


def _character_hit(case: FieldCase, index: int) -> Hit:
    name = describe_character(case.text[index])
    return _hit(case, _clean_up_fix(case.text), character=name, position=index + 1)


def _clean_up_fix(text: str) -> Fix:
    """Return the fix that removes invisible characters from a text and replaces control characters with spaces.

    The fix is not safe if the text has lost a character, because only the user knows which one.
    """
    visible = remove_invisible(repair_encoding(text) or text)
    spaced = "".join(" " if is_control(character) else character for character in visible)
    plain = trim_field(" ".join(word for word in spaced.split(" ") if word))
    return _write_fix(plain, safe=REPLACEMENT not in text)


def _write_fix(value: str, *, safe: bool = True) -> Fix:
    return Fix(f"write {excerpt(value)}" if value else LEAVE_OUT.label, value=value, safe=safe)


def _edge_space(case: FieldCase) -> Hit | None:
    return _hit(case, _write_fix(case.text)) if case.input != case.text else None


def _placeholder(likelihood: Likelihood) -> Callable[[FieldCase], Hit | None]:
    """Return the check for placeholders of this likelihood."""

    def check(case: FieldCase) -> Hit | None:
        matches = placeholder_likelihood(case.field, case.text, case.subject.country) is likelihood
        return _hit(case, LEAVE_OUT) if matches else None

    return check


def _portal_character(case: FieldCase) -> Hit | None:
    rejected = _REJECTED_IN_PLACES if case.field in _PLACES else _REJECTED
    return _first_character_hit(case, rejected) if case.field is not FieldName.COUNTRY else None


def _place_character(case: FieldCase) -> Hit | None:
    return _first_character_hit(case, _NOT_IN_PLACES) if case.field in _PLACES else None


def _first_character_hit(case: FieldCase, characters: frozenset[str]) -> Hit | None:
    character = next((character for character in case.text if character in characters), None)
    return _hit(case, character=character) if character else None


def _ampersand(case: FieldCase) -> Hit | None:
    is_only_one = _portal_character(case) is None  # that character has its own finding
    return _hit(case) if "&" in case.text and is_only_one and case.field is not FieldName.COUNTRY else None


def _html_entity(case: FieldCase) -> Hit | None:
    decoded = decode_entities(case.text)
    if decoded is None:
        return None
    fix = None if any(map(is_control, decoded)) else _clean_up_fix(decoded)
    return _hit(case, fix, decoded=excerpt(trim_field(decoded)) or "nothing")


def _like_html(case: FieldCase) -> Hit | None:
    if "&" not in case.text or decode_entities(case.text) is not None:
        return None
    entity = entity_like_text(case.text)
    return None if entity is None else _hit(case, entity=excerpt(entity))


def _encoding_damage(case: FieldCase) -> Hit | None:
    repaired = repair_encoding(case.text)
    return None if repaired is None else _hit(case, _clean_up_fix(case.text), repaired=excerpt(repaired))


_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

FIELD_RULES: tuple[Rule[FieldCase], ...] = (
    Rule(
        "length", _ERROR, _ERROR,
        "{field} has {count} characters, {excess} more than the {bound} allowed.",
        _length, "RFC 5280 A.1, BR 7.1.4.2", forceable=False,
    ),
    Rule(
        "control-character", _ERROR, _ERROR,
        "{field} contains {character} at position {position}: control characters and line breaks are not allowed.",
        _control_character, "zlint e_subject_dn_not_printable_characters", forceable=False,
    ),
    Rule(
        "invisible-character", _ERROR, _ERROR,
        "{field} contains {character} at position {position}: invisible, but CAs compare the text with the register.",
        _invisible_character, "BR 7.1.2.7.4 (verified values), UTS 39 3.1",
        private_text="{field} contains {character} at position {position}: invisible, but a search for the text fails.",
    ),
    Rule(
        "invisible-character", _ERROR, _ERROR,
        "{field} contains U+FFFD at position {position}: a character was lost there. Type it again.",
        _replacement_character, "Unicode 23.8 (REPLACEMENT CHARACTER)",
    ),
    Rule(
        "edge-space", _NOTE, _NOTE,
        "{field} will be written without leading and trailing spaces.", _edge_space, "RFC 4518 2.6.1",
    ),
    Rule(
        "placeholder", _ERROR, _WARNING,
        "{field} {value} looks like a placeholder; CAs reject it.",
        _placeholder(Likelihood.CERTAIN), "BR 7.1.2.7.4 (no metadata such as . - or a space)",
        private_text="{field} {value} looks like a placeholder; everyone would see it in the certificate.",
    ),
    Rule(
        "placeholder", _WARNING, _WARNING,
        "{field} {value} looks like a placeholder; leave it out unless the place has that name.",
        _placeholder(Likelihood.POSSIBLE), "BR 7.1.2.7.4 (no metadata such as . - or a space)",
    ),
    Rule(
        "placeholder", _WARNING, _WARNING,
        "{field} {value} looks like a variable that was not replaced: write the real value.",
        _placeholder(Likelihood.TEMPLATE), "BR 7.1.2.7.4 (no metadata)",
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
"""Rules for the text of each field."""


_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_LOOKS_LIKE = "&#?[A-Za-z0-9]+;?"
_DAMAGED = (
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014"
    "\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]+"
)
"""Matches a leading byte of UTF-8 and its continuation bytes, decoded as Windows-1252 or ISO 8859-1.

The ranges contain exactly the characters that `_byte` can encode.
"""
_LIKELY = (
    (0x00A0, 0x017F), (0x0370, 0x045F), (0x0490, 0x0491), (0x05D0, 0x06FF), (0x0900, 0x0E7F),
    (0x1E00, 0x1EFF), (0x2010, 0x203A), (0x20A0, 0x20BF), (0x2122, 0x2122), (0x3000, 0xD7A3),
)  # fmt: skip
"""The code points that occur in names of companies and places. A repair that produces any other code point is wrong."""


def decode_entities(text: str) -> str | None:
    """Return the text with its HTML entities decoded, also repeatedly encoded ones, or None if it has none."""
    if not re.search(_ENTITY, text):
        return None
    from html import unescape

    decoded = unescape(text)
    while re.search(_ENTITY, decoded) and unescape(decoded) != decoded:
        decoded = unescape(decoded)
    return decoded if decoded != text else None


def entity_like_text(text: str) -> str | None:
    """Return the part of a text that CA linters mistake for an HTML entity, or None. The text has no real entities.

    pkilint decodes the entities that HTML accepts without a semicolon, such as ``&REG`` in ``M&REGAN``. zlint rejects
    every text that looks like an entity.
    """
    for match in re.finditer(_LOOKS_LIKE, text):
        entity = match[0] if match[0].endswith(";") else _decodable_prefix(match[0])
        if entity:
            return entity
    return None


def _decodable_prefix(text: str) -> str | None:
    """Return the shortest prefix of a text that decodes as an HTML entity, or None."""
    from html import unescape

    prefixes = (text[:end] for end in range(2, len(text) + 1))
    return next((prefix for prefix in prefixes if unescape(prefix) != prefix), None)


def repair_encoding(text: str) -> str | None:
    """Return the original of a text whose UTF-8 was decoded as ISO 8859-1 or Windows-1252, or None if it is undamaged.

    Some undamaged texts (``NESTLÉ®``) look damaged by chance. Their repair would give a rare letter or a word in two
    scripts, so they count as undamaged.
    """
    if text.isascii() or not re.search(_DAMAGED, text):
        return None
    repaired = re.sub(_DAMAGED, _repair_match, text)
    return repaired if repaired != text and not _mixes_scripts(repaired) else None


def _repair_match(match: re.Match[str]) -> str:
    try:
        decoded = b"".join(map(_byte, match[0])).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
    is_likely = all(any(low <= ord(c) <= high for low, high in _LIKELY) for c in decoded)
    return decoded if is_likely else match[0]


def _byte(character: str) -> bytes:
    """Return the byte for this character in Windows-1252, or in ISO 8859-1 if Windows-1252 has none."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _mixes_scripts(text: str) -> bool:
    for word in re.split(r"[\W\d_]+", unicodedata.normalize("NFC", text)):
        scripts = {script for script in map(script_of, word) if script}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "HEBREW", "ARABIC"}:
            return True
    return False
