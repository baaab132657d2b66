"""Read host names and addresses: labels, A-labels and U-labels, flaws, and the scripts of letters.

Certificates contain A-labels (ASCII), and people write U-labels (Unicode). The script of a letter comes from its
Unicode name, because `unicodedata` lacks the script property.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from csrtui.core.names.pasted_text import JOINERS, first_blank

MAX_LABEL = 63
"""Maximum length of a label in octets (RFC 1035 2.3.4)."""
PREFIX = "xn--"
"""Prefix of every A-label (RFC 5890 2.3.2.1)."""
MAX_NAME = 253
"""Maximum length of a name in octets without its trailing dot (RFC 1035 2.3.4: 255 in the wire format)."""
_MAX_INPUT = 1000
"""Maximum length in characters of a name that is parsed. For a longer one, only the length is reported."""
DOTS = ".\u3002\uff0e\uff61"
"""Characters that separate the labels of a non-ASCII name (UTS 46 4, RFC 3490 3.1)."""
_DOT = f"[{DOTS}]"
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_EAST_ASIAN_SCRIPTS = (
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "IDEOGRAPHIC", "HANGUL"}),
)
"""The mixtures of scripts that are usual in Japanese, Chinese and Korean (UTS 39 5.2, highly restrictive)."""


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
            user principal name, a clause that describes the flaw.
        position: The position of the invalid character in the trimmed name, counted from 1. 0 if the position is
            unknown, if the character was trimmed, or if the flaw is not a single character.
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
        unicode: The U-label in Unicode normalization form C. It is the same as `ascii` for an ASCII label, and for an
            ``xn--`` label that IDNA 2008 does not permit (`is_only_punycode`).
    """

    ascii: str
    unicode: str


def read_address(text: str) -> str | None:
    """Return the canonical form of an IPv4 or IPv6 address, or None for other text. An IPv6 address may be in brackets.

    An IPv4-mapped address stays an IPv6 address, with its last part in IPv4 notation (RFC 5952, 5).
    """
    if _IPV4.fullmatch(text):
        return text
    if text.count(":") < 2 or "%" in text or not text.isascii():  # noqa: PLR2004 - `::` is the shortest address
        return None
    from ipaddress import IPv6Address

    try:
        address = IPv6Address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return None
    return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped else str(address)


def read_host(host: str) -> str | None:
    """Return the canonical form of a host name or address, or None if it is invalid."""
    if address := read_address(host):
        return address
    if not host or first_blank(host) or "*" in host:
        return None
    canonical, _, flaws = read_dns_name(host)
    return None if flaws else canonical


def read_dns_name(bare: str) -> tuple[str, str, tuple[Flaw, ...]]:
    """Return a DNS name as a CSR contains it, the name for display, and its flaws, at most one of each kind."""
    if len(bare) > _MAX_INPUT:
        return "", "", (Flaw(FlawKind.NAME_LENGTH),)
    parts = bare.split(".") if bare.isascii() else re.split(_DOT, bare)
    flaws: dict[FlawKind, Flaw] = {}
    if len(parts) > 1 and not parts[-1]:
        flaws[FlawKind.TRAILING_DOT] = Flaw(FlawKind.TRAILING_DOT, correction=bare.rstrip(DOTS) or None)
        parts.pop()
    labels = []
    for index, part in enumerate(parts):
        label = _read_label(part, bare, may_be_wildcard=index == 0 and len(parts) > 1)
        if isinstance(label, Flaw):
            flaws.setdefault(label.kind, label)
        else:
            labels.append(label)
    ascii_name = ".".join(label.ascii for label in labels)
    for flaw in _whole_name_flaws(parts, labels, ascii_name):
        flaws.setdefault(flaw.kind, flaw)
    if FlawKind.NUMERIC_TLD in flaws:  # probably a mistyped address: flaws of a host name would mislead
        flaws = {FlawKind.NUMERIC_TLD: flaws[FlawKind.NUMERIC_TLD]}
    return ascii_name, ".".join(label.unicode for label in labels), tuple(flaws.values())


def _whole_name_flaws(parts: list[str], labels: list[Label], ascii_name: str) -> Iterator[Flaw]:
    last = labels[-1].ascii if labels and len(labels) == len(parts) else parts[-1]
    if _NUMBER.fullmatch(last):
        yield Flaw(FlawKind.NUMERIC_TLD, last)
    if len(ascii_name) > MAX_NAME:
        yield Flaw(FlawKind.NAME_LENGTH)
    u_labels = [label.unicode for label in labels if label.ascii != "*"]
    if any(label.ascii != label.unicode for label in labels) and breaks_bidi_rule(u_labels):
        yield Flaw(FlawKind.INTERNATIONAL_INVALID)


def _read_label(text: str, name: str, *, may_be_wildcard: bool) -> Label | Flaw:  # noqa: PLR0911 - one for each flaw
    if not text:
        return Flaw(FlawKind.EMPTY_LABEL)
    if "*" in text:
        return Label("*", "*") if text == "*" and may_be_wildcard else Flaw(FlawKind.WILDCARD_PLACE, text)
    if character := _bad_character(text):
        return Flaw(FlawKind.BAD_CHARACTER, character, name.index(character) + 1)
    if text.startswith("-") or text.endswith("-"):
        return Flaw(FlawKind.HYPHEN_EDGE, text)
    if text.isascii() and len(text) > MAX_LABEL:
        return Flaw(FlawKind.LABEL_LENGTH, text)
    if not needs_idna(text):
        return Label(text.lower(), text.lower())
    if "_" in text:  # an A-label cannot contain an underscore (RFC 5891 4.2.2)
        return Flaw(FlawKind.BAD_CHARACTER, "_", name.index("_") + 1)
    return read_international_label(text)


def _bad_character(label: str) -> str | None:
    """Return the first character that no host name can contain, or None (RFC 1123 2.1, but underscores are allowed)."""
    for character in label:
        if character not in _LABEL_CHARACTERS and (character.isascii() or "\x80" <= character <= "\x9f"):
            return character
    return None


def needs_idna(label: str) -> bool:
    """Return whether a label is internationalized: it contains a non-ASCII character or has the A-label prefix."""
    return not label.isascii() or label[:4].lower() == PREFIX


def read_international_label(text: str) -> Label | Flaw:
    """Return the A-label and U-label of one internationalized label (without dots), or the flaw that makes it invalid.

    An ``xn--`` label must be the A-label of the U-label that it decodes to (RFC 5891 5.3). Labels in valid Punycode
    that IDNA 2008 forbids, such as emoji, are accepted unchanged: they exist in the DNS, and CAs issue for them.
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
    except ValueError as error:  # an IDNAError, or another error if `idna` is too old for a character
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
    """Return Punycode for a label that UTS 46 maps but IDNA 2008 forbids, such as an emoji. Keep others unchanged."""
    import idna

    try:
        mapped = idna.uts46_remap(label, std3_rules=True)
    except ValueError:
        return label
    encoded = PREFIX + mapped.encode("punycode").decode("ascii")
    return encoded if is_only_punycode(encoded) else label


def _idna_flaw(label: str, error: ValueError) -> Flaw:
    """Return the flaw for an error from `idna`. Only its own errors have a `code` and a `codepoint`."""
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
    """Return whether a name breaks the bidi rule, which prevents misreading of right-to-left letters (RFC 5893 2).

    One label with right-to-left letters makes the whole name bidirectional, and then the rule applies to every label.
    `idna` checks only labels, not whole names.
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
    """Return the script of a letter as one upper-case word such as LATIN, or None if the character has no script."""
    if character.isascii():
        return "LATIN" if character.isalpha() else None
    if not unicodedata.category(character).startswith("L"):
        return None
    word = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    return None if word in {"", "MODIFIER"} else word


def mixed_scripts(label: str) -> tuple[str, ...]:
    """Return the scripts of a label's letters if their mixture is unusual, in order, otherwise an empty tuple."""
    if label.isascii():
        return ()
    scripts = dict.fromkeys(script for script in map(script_of, label) if script)
    if len(scripts) == 1 or any(scripts.keys() <= mix for mix in _EAST_ASIAN_SCRIPTS):
        return ()
    return tuple(scripts)
