"""Convert internationalized names between U-labels, as people write them, and A-labels, as X.509 contains them.

Also tell which scripts the letters of a label come from, and which of them belong together. `unicodedata` does
not have a character's script, but the character's name begins with it.
"""

import unicodedata
from enum import StrEnum
from typing import NamedTuple

PREFIX = "xn--"
"""What every A-label begins with (RFC 5890 2.3.2.1)."""


JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts and emoji need between others (RFC 5892 A.1, A.2)."""
_LONGEST = 63
"""Octets in a label (RFC 1035 2.3.4)."""


class Refusal(StrEnum):
    """Why a label is invalid."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    CHARACTER = "character"
    INVALID = "invalid"


class Label(NamedTuple):
    """One label that can be written.

    Attributes:
        ascii: The A-label, or the lower-case ASCII label it has always been.
        unicode: The U-label, in Unicode normalization form C; the same as `ascii` where that says all, and for an
            ``xn--`` label that IDNA 2008 does not permit (`is_only_punycode`).
    """

    ascii: str
    unicode: str


class Refused(NamedTuple):
    """One label that cannot be written.

    Attributes:
        refusal: What kind of reason it is.
        character: The character at fault, where it is one.
    """

    refusal: Refusal
    character: str | None = None


def is_international(label: str) -> bool:
    """Whether a label needs IDNA at all: it holds other than ASCII, or claims to be an A-label."""
    return not label.isascii() or label[:4].lower() == PREFIX


def read_label(typed: str) -> Label | Refused:
    """Write one label, without dots, as A-label and U-label.

    An ``xn--`` label is decoded and must be the one A-label of what it decodes to (RFC 5891 5.3). One that is only
    valid Punycode, such as an emoji's, is written as typed: the DNS has such names, and CAs issue for them.
    """
    import idna

    try:
        mapped = idna.uts46_remap(typed, std3_rules=True)
        if not mapped:
            return Refused(Refusal.EMPTY)
        if "." in mapped:  # a character that stands for a dot, or maps to several labels
            return Refused(Refusal.INVALID)
        if mapped.startswith(PREFIX):
            return Label(mapped, idna.ulabel(mapped))
        return Label(idna.alabel(mapped).decode("ascii"), mapped)
    except ValueError as error:  # IDNAError is one; its Unicode tables may raise others for new characters
        if is_only_punycode(typed.lower()):
            return Label(typed.lower(), typed.lower())
        return _refused(getattr(error, "code", None), getattr(error, "codepoint", None))


def is_only_punycode(label: str) -> bool:
    """Return whether a lower-case label is valid Punycode that IDNA 2008 does not permit (BR 1.6.1, P-Label).

    Such a label encodes at least one character outside ASCII, in Unicode normalization form C, and no blank, no
    control, and no format character but the joiners of emoji.
    """
    decoded = _decoded(label)
    if decoded is None or not _permitted(decoded):
        return False
    import idna

    try:
        idna.ulabel(label)
    except ValueError:
        return True
    return False


def in_punycode(typed: str) -> str:
    """Return a label as Punycode where IDNA 2008 does not permit it and UTS 46 maps it: an emoji; else as typed."""
    import idna

    try:
        mapped = idna.uts46_remap(typed, std3_rules=True)
    except ValueError:
        return typed
    label = PREFIX + mapped.encode("punycode").decode("ascii")
    return label if is_only_punycode(label) else typed


def _decoded(label: str) -> str | None:
    """Return what an ``xn--`` label of valid length encodes, if its Punycode is the only one for that (RFC 3492)."""
    code = label.removeprefix(PREFIX)
    if code == label or not label.isascii() or len(label) > _LONGEST:
        return None
    try:
        decoded = code.encode("ascii").decode("punycode")
        exact = decoded.encode("punycode").decode("ascii") == code
    except ValueError:  # UnicodeError, and what chr() raises
        return None
    return decoded if exact and not decoded.isascii() else None


def _permitted(decoded: str) -> bool:
    import unicodedata

    refused = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
    return unicodedata.is_normalized("NFC", decoded) and not any(
        unicodedata.category(one) in refused for one in decoded if one not in JOINERS
    )


def _refused(code: str | None, codepoint: int | None) -> Refused:
    character = None if codepoint is None else chr(codepoint)
    if code in {"label_too_long", "input_too_long", "domain_too_long"}:
        return Refused(Refusal.TOO_LONG)
    if code == "uts46_std3":
        return Refused(Refusal.CHARACTER, character)
    return Refused(Refusal.INVALID, character)


def breaks_bidi_rule(unicode_labels: list[str]) -> bool:
    """Whether a name with right-to-left letters is ambiguous to read (RFC 5893 2).

    One such label makes the whole name a bidirectional one, and then the rule binds every label of it;
    `idna` itself looks at the labels one by one.
    """
    import unicodedata

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


def to_unicode(label: str) -> str:
    """The U-label of a lower-case label; a label that is no valid A-label comes back as it is."""
    if not is_international(label):
        return label
    read = read_label(label)
    return read.unicode if isinstance(read, Label) else label


_TOGETHER = (
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HANGUL"}),
)
"""What Japanese, Chinese and Korean mix by nature (UTS 39 5.2, highly restrictive)."""


def script_of(letter: str) -> str | None:
    """The first word of the script's name in capitals, such as LATIN; None for what belongs to any script."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else None
    if not unicodedata.category(letter).startswith("L"):
        return None
    word = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return None if word in {"", "MODIFIER"} else word


def mixed_scripts(label: str) -> tuple[str, ...]:
    """The scripts of a label's letters, in order, where they do not belong together; else nothing."""
    if label.isascii():
        return ()
    scripts = dict.fromkeys(script for script in map(script_of, label) if script)
    if len(scripts) == 1 or any(scripts.keys() <= together for together in _TOGETHER):
        return ()
    return tuple(scripts)
