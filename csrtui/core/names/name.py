"""Names as they are typed, and as they will be written into a certificate.

`split_names` sorts out a paste, `read_name` reads one name. Reading never repairs: beyond lower case,
A-labels and the canonical form of an address a name is written as typed or not at all, and what stands
in the way is listed as flaws for the advisor to explain.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from csrtui.core.names import international
from csrtui.core.names.international import Refusal, Refused
from csrtui.core.names.paste import host_inside
from csrtui.core.names.whitespace import first_blank, trimmed

MAX_LABEL = 63
"""Octets in a label (RFC 1035 2.3.4)."""
MAX_NAME = 253
"""Octets in a name without its trailing dot (RFC 1035 2.3.4: 255 on the wire)."""
_ABSURD = 1000
"""Characters beyond which nothing of a name is looked at but its length."""

DOTS = ".\u3002\uff0e\uff61"
"""What separates labels when other letters than ASCII are about (UTS 46 4, RFC 3490 3.1)."""
_DOT = re.compile(f"[{DOTS}]")
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")


class NameKind(StrEnum):
    """What a SAN entry can be here (RFC 5280 4.2.1.6: dNSName, iPAddress)."""

    DNS = "dns"
    IP = "ip"


class FlawKind(StrEnum):
    """Why a name cannot be written; the values are the advisor's codes."""

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


class Flaw(NamedTuple):
    """One reason why a name cannot be written.

    Attributes:
        kind: Which reason.
        part: The label or character at fault; empty where it is the name as a whole.
        position: The place of the character in the name without the blanks at its ends, from 1; 0 where it is no
            character, or one at an end.
        repaired: What was plainly meant, or None where that is not plain.
    """

    kind: FlawKind
    part: str = ""
    position: int = 0
    repaired: str | None = None


class Name(NamedTuple):
    """One name, read.

    Attributes:
        typed: As it was typed.
        kind: A DNS name or an address.
        text: As it will be written: lower-case A-labels, or the canonical address (RFC 5952); None when it
            cannot be written.
        shown: For people: U-labels; as typed when it cannot be written.
        flaws: Why it cannot be written; empty when it can, or when nothing but blanks was typed.
    """

    typed: str
    kind: NameKind
    text: str | None
    shown: str
    flaws: tuple[Flaw, ...] = ()

    @property
    def is_wildcard(self) -> bool:
        """Whether it is written with a whole first label ``*`` (RFC 9525 6.3)."""
        return self.text is not None and self.text.startswith("*.")

    @property
    def parent(self) -> str:
        """The written name without its first label; empty when there is none."""
        return (self.text or "").partition(".")[2]


def split_names(text: str) -> list[str]:
    """Sort out a paste of any number of names, in their order, as typed.

    Separators are blanks of every kind, commas, semicolons and bars. Quotes and brackets around a name,
    list bullets, ``DNS:`` and ``IP Address:`` labels and web servers' directives (``server_name``,
    ``ServerName``, ``ServerAlias``) are dropped. What cannot be read as a name stays, so that it is
    named in the advice and not lost.
    """
    from csrtui.core.names.paste import tokens

    return list(tokens(text))


def read_name(typed: str) -> Name:
    """Read one name; see `Name` for what comes back. Never raises."""
    bare = trimmed(typed)
    if not bare:
        return Name(typed, NameKind.DNS, None, typed)
    edge = (_outer_blank(typed, bare),) if bare != typed else ()
    if address := read_address(bare):
        return Name(typed, NameKind.IP, None if edge else address, typed if edge else address, edge)
    host = host_inside(bare)
    if host is not None:
        return _unreadable(typed, (Flaw(FlawKind.NOT_A_HOSTNAME, repaired=_offer(host)),))
    blank = first_blank(bare)
    if blank and not _CONTROL.search(
        bare, 0, bare.index(blank) + 1
    ):  # a control is not a blank, but a bad character
        return _unreadable(typed, (_inner_blank(bare, blank),))
    written, shown, flaws = _read_dns(bare)
    if edge or flaws:
        return _unreadable(typed, (*flaws, *edge) if typed.startswith(bare) else (*edge, *flaws))
    return Name(typed, NameKind.DNS, written, shown)


def read_address(text: str) -> str | None:
    """The canonical form of an IPv4 or IPv6 address, the latter with or without brackets; None for else.

    An IPv4-mapped address keeps its kind and is written with its IPv4 part (RFC 5952 5).
    """
    if _IPV4.fullmatch(text):
        return text
    if text.count(":") < 2 or "%" in text or not text.isascii():  # noqa: PLR2004 - `::` has the fewest
        return None
    from ipaddress import IPv6Address

    try:
        address = IPv6Address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return None
    return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped else str(address)


def _unreadable(typed: str, flaws: tuple[Flaw, ...]) -> Name:
    return Name(typed, NameKind.DNS, None, typed, flaws)


def _offer(host: str) -> str | None:
    """The host found inside something else, if it is one that can be written."""
    address = read_address(host)
    if address or not host or first_blank(host) or host_inside(host) is not None:
        return address
    return None if _read_dns(host)[2] else host


def _outer_blank(typed: str, bare: str) -> Flaw:
    """What stands at an end of a name and can go: a blank, or a control such as a tab."""
    blank = first_blank(typed)
    return Flaw(FlawKind.BAD_CHARACTER if _CONTROL.match(blank) else FlawKind.SPACE, blank, repaired=bare)


def _inner_blank(bare: str, blank: str) -> Flaw:
    """A blank inside: an invisible character can go, a visible one may have separated two names."""
    repaired = None
    if not blank.isspace():
        rest = "".join(character for character in bare if character != blank)
        repaired = rest if rest and not first_blank(rest) and not _read_dns(rest)[2] else None
    return Flaw(FlawKind.SPACE, blank, bare.index(blank) + 1, repaired)


def _read_dns(bare: str) -> tuple[str, str, tuple[Flaw, ...]]:
    """The written form, the shown form, and the flaws: one of each kind, each from another label."""
    if len(bare) > _ABSURD:
        return "", "", (Flaw(FlawKind.NAME_LENGTH),)
    typed_labels = _DOT.split(bare) if not bare.isascii() else bare.split(".")
    flaws: dict[FlawKind, Flaw] = {}
    if len(typed_labels) > 1 and not typed_labels[-1]:
        flaws[FlawKind.TRAILING_DOT] = Flaw(FlawKind.TRAILING_DOT, repaired=bare.rstrip(DOTS) or None)
        typed_labels.pop()
    labels = []
    for number, typed_label in enumerate(typed_labels):
        read = _read_label(typed_label, number, len(typed_labels), bare)
        if isinstance(read, Flaw):
            flaws.setdefault(read.kind, read)
        else:
            labels.append(read)
    written = ".".join(label.ascii for label in labels)
    for flaw in _whole(typed_labels, labels, written):
        flaws.setdefault(flaw.kind, flaw)
    return written, ".".join(label.unicode for label in labels), _by_cause(flaws)


def _by_cause(flaws: dict[FlawKind, Flaw]) -> tuple[Flaw, ...]:
    """One cause, one flaw: what looks like an address with a slip is not also judged as a name."""
    if FlawKind.NUMERIC_TLD in flaws:
        return (flaws[FlawKind.NUMERIC_TLD],)
    return tuple(flaws.values())


def _whole(typed_labels: list[str], labels: list[international.Label], written: str) -> Iterator[Flaw]:
    """What is wrong with the name as a whole."""
    last = labels[-1].ascii if labels and len(labels) == len(typed_labels) else typed_labels[-1]
    if _NUMBER.fullmatch(last):
        yield Flaw(FlawKind.NUMERIC_TLD, last)
    if len(written) > MAX_NAME:
        yield Flaw(FlawKind.NAME_LENGTH)
    u_labels = [label.unicode for label in labels if label.ascii != "*"]
    if any(label.ascii != label.unicode for label in labels) and international.breaks_bidi_rule(u_labels):
        yield Flaw(FlawKind.INTERNATIONAL_INVALID)


def _read_label(typed: str, number: int, count: int, name: str) -> international.Label | Flaw:  # noqa: PLR0911 - one return for each flaw
    if not typed:
        return Flaw(FlawKind.EMPTY_LABEL)
    if "*" in typed:
        alone = typed == "*" and number == 0 and count > 1
        return international.Label("*", "*") if alone else Flaw(FlawKind.WILDCARD_PLACE, typed)
    if bad := _bad_character(typed):
        return Flaw(FlawKind.BAD_CHARACTER, bad, name.index(bad) + 1)
    if typed.startswith("-") or typed.endswith("-"):
        return Flaw(FlawKind.HYPHEN_EDGE, typed)
    if international.is_international(typed):
        return _read_international(typed, name)
    if len(typed) > MAX_LABEL:
        return Flaw(FlawKind.LABEL_LENGTH, typed)
    return international.Label(typed.lower(), typed.lower())


def _bad_character(label: str) -> str | None:
    """The first character that no host name holds, in any script (RFC 1123 2.1 and the underscore)."""
    for character in label:
        if character not in _LABEL_CHARACTERS and (character.isascii() or "\x80" <= character <= "\x9f"):
            return character
    return None


def _read_international(typed: str, name: str) -> international.Label | Flaw:  # noqa: PLR0911 - one return for each flaw
    if typed.isascii() and len(typed) > MAX_LABEL:
        return Flaw(FlawKind.LABEL_LENGTH, typed)
    if "_" in typed:  # the underscore is for ASCII names only: an A-label cannot hold one (RFC 5891 4.2.2)
        return Flaw(FlawKind.BAD_CHARACTER, "_", name.index("_") + 1)
    read = international.read_label(typed)
    if not isinstance(read, Refused):
        return read
    if read.refusal is Refusal.EMPTY:
        return Flaw(FlawKind.EMPTY_LABEL)
    if read.refusal is Refusal.TOO_LONG:
        return Flaw(FlawKind.LABEL_LENGTH, typed)
    if read.refusal is Refusal.CHARACTER:
        return Flaw(FlawKind.BAD_CHARACTER, read.character or "")
    return Flaw(FlawKind.INTERNATIONAL_INVALID, typed)
