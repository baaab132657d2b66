"""Rules about further attributes of the subject, which only private CAs certify."""

from csrtui.core.advice.rule import PRIVATE_CA_FIX, Hit, Rule
from csrtui.core.base.escaping import describe_character, excerpt
from csrtui.core.base.finding import Level
from csrtui.core.names.whitespace import is_control
from csrtui.core.subject.attributes import Attribute


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


_ERROR = Level.ERROR

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
