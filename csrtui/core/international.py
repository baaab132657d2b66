"""International names both ways: U-labels as people write them, A-labels as X.509 holds them.

IDNA 2008 (RFC 5890 to 5893) after the mapping of UTS 46 with STD3 rules, by the `idna` package, which
is imported only when a name needs it: loading it costs 11 ms.
"""

from enum import StrEnum
from typing import NamedTuple

PREFIX = "xn--"
"""What every A-label begins with (RFC 5890 2.3.2.1)."""


class Refusal(StrEnum):
    """Why a label is no label."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    CHARACTER = "character"
    INVALID = "invalid"


class Label(NamedTuple):
    """One label that can be written.

    Attributes:
        ascii: The A-label, or the lower-case ASCII label it has always been.
        unicode: The U-label, in Unicode normalization form C; the same as `ascii` where that says all.
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

    An ``xn--`` label is decoded and must be the one A-label of what it decodes to (RFC 5891 5.3).
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
        return _refused(getattr(error, "code", None), getattr(error, "codepoint", None))


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
