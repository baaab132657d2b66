"""Labels of host names: their flaws, their A-labels and U-labels, and the scripts of their letters.

X.509 contains A-labels (ASCII), and people write U-labels (Unicode). The script of a letter is read from its Unicode
name, because `unicodedata` does not have the script property.
"""

import unicodedata
from enum import StrEnum
from typing import NamedTuple

MAX_LABEL = 63
"""Maximum length of a label in octets (RFC 1035 2.3.4)."""
PREFIX = "xn--"
"""Prefix of every A-label (RFC 5890 2.3.2.1)."""
JOINERS = "\u200c\u200d"
"""The zero-width characters that some scripts and emoji need between other characters (RFC 5892 A.1, A.2)."""
_EAST_ASIAN_SCRIPTS = (
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HANGUL"}),
)
"""The scripts that Japanese, Chinese and Korean text regularly mixes (UTS 39 5.2, highly restrictive)."""


class FlawKind(StrEnum):
    """A reason why a name is invalid. The value is the code of the advisor's finding."""

    NOT_A_HOSTNAME = "not-a-hostname"
    SPACE = "space"
    TRAILING_DOT = "trailing-dot"
    EMPTY_LABEL = "empty-label"
    LABEL_LENGTH = "label-length"
    NAME_LENGTH = "name-length"
    BAD_CHARACTER = "bad-character"
    HYPHEN_EDGE = "hyphen-edge"
    INTERNATIONAL_INVALID = "international-invalid"
    NUMERIC_TLD = "numeric-tld"
    WILDCARD_PLACE = "wildcard-place"
    ADDRESS_INVALID = "address-invalid"
    EMAIL_INVALID = "email-invalid"
    URI_INVALID = "uri-invalid"
    UPN_INVALID = "upn-invalid"


class Flaw(NamedTuple):
    """One flaw that makes a name or label invalid.

    Attributes:
        kind: The reason.
        part: The invalid label or character, or "" if the flaw affects the whole name. For an e-mail address, URI or
            user principal name it is the end of a sentence that says what is wrong.
        position: The position of the character in the trimmed name, counted from 1. It is 0 if the position is unknown,
            the character is at the start or end, or the flaw does not affect a single character.
        correction: The name that the user most probably means, or None if that is unclear.
    """

    kind: FlawKind
    part: str = ""
    position: int = 0
    correction: str | None = None


class Label(NamedTuple):
    """A valid label.

    Attributes:
        ascii: The A-label, or the lower-case ASCII label.
        unicode: The U-label in Unicode normalization form C. It is equal to `ascii` for an ASCII label and for an
            ``xn--`` label that IDNA 2008 does not permit (`is_only_punycode`).
    """

    ascii: str
    unicode: str


def needs_idna(label: str) -> bool:
    """Return whether a label is internationalized: it contains a non-ASCII character or has the A-label prefix."""
    return not label.isascii() or label[:4].lower() == PREFIX


def read_international_label(text: str) -> Label | Flaw:
    """Return the A-label and U-label of an internationalized label without dots, or its flaw.

    An ``xn--`` label must be the A-label of the U-label that it decodes to (RFC 5891 5.3). Labels that are only valid
    Punycode, such as emoji, are accepted unchanged, because they exist in the DNS and CAs issue for them.
    """
    import idna

    try:
        mapped = idna.uts46_remap(text, std3_rules=True)
        if not mapped:
            return Flaw(FlawKind.EMPTY_LABEL)
        if "." in mapped:  # a character of the label maps to a dot, or to text with a dot
            return Flaw(FlawKind.INTERNATIONAL_INVALID, text)
        if mapped.startswith(PREFIX):
            return Label(mapped, idna.ulabel(mapped))
        return Label(idna.alabel(mapped).decode("ascii"), mapped)
    except (
        ValueError
    ) as error:  # an IDNAError, or another ValueError if a character is newer than the tables of `idna`
        if is_only_punycode(text.lower()):
            return Label(text.lower(), text.lower())
        return _idna_flaw(text, error)


def to_unicode(label: str) -> str:
    """Return the U-label for a lower-case A-label. Return other labels and invalid A-labels unchanged."""
    if not needs_idna(label):
        return label
    result = read_international_label(label)
    return result.unicode if isinstance(result, Label) else label


def is_only_punycode(label: str) -> bool:
    """Return whether a lower-case label is valid Punycode that IDNA 2008 does not permit (BR 1.6.1, P-Label).

    The decoded text of such a label has at least one non-ASCII character and is in Unicode normalization form C. It has
    no spaces, no control characters, and no format characters except the joiners of emoji.
    """
    decoded = _decode_punycode(label)
    if decoded is None or not _is_permitted(decoded):
        return False
    import idna

    try:
        idna.ulabel(label)
    except ValueError:
        return True
    return False


def to_punycode(label: str) -> str:
    """Return a label that UTS 46 maps but IDNA 2008 forbids, such as an emoji, in Punycode. Return others unchanged."""
    import idna

    try:
        mapped = idna.uts46_remap(label, std3_rules=True)
    except ValueError:
        return label
    encoded = PREFIX + mapped.encode("punycode").decode("ascii")
    return encoded if is_only_punycode(encoded) else label


def _idna_flaw(label: str, error: ValueError) -> Flaw:
    """Return the flaw for an error. Errors of `idna` have the attributes `code` and `codepoint`, others do not."""
    code, codepoint = getattr(error, "code", None), getattr(error, "codepoint", None)
    if code in {"label_too_long", "input_too_long", "domain_too_long"}:
        return Flaw(FlawKind.LABEL_LENGTH, label)
    if code == "uts46_std3":
        return Flaw(FlawKind.BAD_CHARACTER, "" if codepoint is None else chr(codepoint))
    return Flaw(FlawKind.INTERNATIONAL_INVALID, label)


def _decode_punycode(label: str) -> str | None:
    """Return the text that an ``xn--`` label encodes, or None if the label is invalid or not canonical (RFC 3492)."""
    code = label.removeprefix(PREFIX)
    if code == label or not label.isascii() or len(label) > MAX_LABEL:
        return None
    try:
        decoded = code.encode("ascii").decode("punycode")
        is_canonical = decoded.encode("punycode").decode("ascii") == code
    except ValueError:  # a UnicodeError, or a ValueError from chr()
        return None
    return decoded if is_canonical and not decoded.isascii() else None


def _is_permitted(decoded: str) -> bool:
    forbidden = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
    return unicodedata.is_normalized("NFC", decoded) and not any(
        unicodedata.category(character) in forbidden for character in decoded if character not in JOINERS
    )


def breaks_bidi_rule(unicode_labels: list[str]) -> bool:
    """Return whether a name with right-to-left letters is ambiguous to read (RFC 5893 2).

    A single label with such letters makes the whole name bidirectional, and then the rule applies to every label.
    `idna` checks each label only on its own.
    """
    import idna

    letters = "".join(unicode_labels)
    if letters.isascii() or not any(unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in letters):
        return False
    try:
        for label in unicode_labels:
            idna.check_bidi(label, check_ltr=True)
    except idna.IDNAError:
        return True
    return False


def script_of(character: str) -> str | None:
    """Return the script of a letter as one upper-case word such as LATIN, or None if it belongs to every script."""
    if character.isascii():
        return "LATIN" if character.isalpha() else None
    if not unicodedata.category(character).startswith("L"):
        return None
    word = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    return None if word in {"", "MODIFIER"} else word


def mixed_scripts(label: str) -> tuple[str, ...]:
    """Return the scripts of a label's letters, in order, if they are rarely mixed, otherwise an empty tuple."""
    if label.isascii():
        return ()
    scripts = dict.fromkeys(script for script in map(script_of, label) if script)
    if len(scripts) == 1 or any(scripts.keys() <= mix for mix in _EAST_ASIAN_SCRIPTS):
        return ()
    return tuple(scripts)
