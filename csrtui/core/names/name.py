"""Read names as users enter them, and convert them to the form that a CSR contains.

A name is never repaired silently. Only three changes are made: lower case, A-labels and the canonical form of an
address. A name that needs any other change is invalid, and its flaws tell the advisor why.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from csrtui.core.base.finding import Purpose
from csrtui.core.names.label import (
    MAX_LABEL,
    Flaw,
    FlawKind,
    Label,
    breaks_bidi_rule,
    needs_idna,
    read_international_label,
)
from csrtui.core.names.other_names import (
    HostReader,
    OtherName,
    is_plain_email,
    is_plain_uri,
    read_email,
    read_upn,
    read_uri,
)
from csrtui.core.names.text import extract_host, first_blank, trim

MAX_NAME = 253
"""Maximum length of a name in octets without its trailing dot (RFC 1035 2.3.4: 255 in the wire format)."""
_MAX_INPUT = 1000
"""Length in characters above which a name is checked only for its length."""
DOTS = ".\u3002\uff0e\uff61"
"""Characters that separate the labels of a non-ASCII name (UTS 46 4, RFC 3490 3.1)."""
_DOT = f"[{DOTS}]"
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")


class NameKind(StrEnum):
    """The type of a SAN entry (RFC 5280 4.2.1.6: dNSName, iPAddress, …), which is also its prefix."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"
    URI = "uri"
    UPN = "upn"
    """The user principal name of Microsoft, an otherName."""
    NONE = ""
    """Any text that is only the common name, such as a person's name."""


_OTHER_READERS: dict[NameKind, tuple[Callable[[str, HostReader], OtherName], FlawKind]] = {
    NameKind.EMAIL: (read_email, FlawKind.EMAIL_INVALID),
    NameKind.URI: (read_uri, FlawKind.URI_INVALID),
    NameKind.UPN: (read_upn, FlawKind.UPN_INVALID),
}
"""The reader and the flaw of each type that is neither a host nor an address."""
_OTHER_PREFIXES = tuple(f"{kind.value}:" for kind in _OTHER_READERS)
_PREFIXES = frozenset(kind.value for kind in NameKind if kind.value)


class Name(NamedTuple):
    """One name of a request.

    Attributes:
        input: The name as entered.
        kind: The type of the SAN entry.
        text: The SAN entry in the form that the CSR contains: lower-case A-labels, or the canonical address (RFC 5952).
            Other types have their prefix: ``email:jane@example.com``. None if the name is invalid or is not a SAN.
        display: The name for display, with U-labels. It is equal to `input` if the name is invalid.
        flaws: The reasons why the name is invalid. It is empty for a valid name, and for an input of blanks only.
    """

    input: str
    kind: NameKind
    text: str | None
    display: str
    flaws: tuple[Flaw, ...] = ()

    @property
    def common_name(self) -> str | None:
        """The name in the form that the common name has, without a prefix, or None if it is invalid or empty."""
        if self.kind is NameKind.NONE:
            return self.display or None
        return self.text and without_prefix(self.text)

    @property
    def is_host(self) -> bool:
        """Whether the name is a DNS name or an address."""
        return self.kind in {NameKind.DNS, NameKind.IP}

    @property
    def is_wildcard(self) -> bool:
        """Whether the name is valid and its first label is exactly ``*`` (RFC 9525 6.3)."""
        return self.text is not None and self.text.startswith("*.")

    @property
    def parent(self) -> str:
        """The name in the form that the CSR contains, without its first label, or "" if it has only one label."""
        return (self.text or "").partition(".")[2]


def read_name(text: str) -> Name:  # noqa: PLR0911 - one for each type and flaw
    """Return the name in a text. Accept any text without raising an error. An invalid name has `flaws`.

    A prefix such as ``email:`` names the type. Without a prefix, e-mail addresses, SPIFFE IDs and URNs are recognized.
    """
    bare = trim(text)
    if not bare:
        return Name(text, NameKind.DNS, None, text)
    edge = (_outer_blank(text, bare),) if bare != text else ()
    kind, value = _split_prefix(bare)
    if kind in _OTHER_READERS:
        return _read_other(text, kind, value, edge)
    if kind is NameKind.DNS:
        return _read_host_name(text, value, edge)
    if kind is NameKind.IP and read_address(value) is None:
        return Name(text, NameKind.IP, None, text, (Flaw(FlawKind.ADDRESS_INVALID),))
    bare = value
    if address := read_address(bare):
        return Name(text, NameKind.IP, None if edge else address, text if edge else address, edge)
    host = extract_host(bare)
    if host is not None:
        return _invalid(text, (Flaw(FlawKind.NOT_A_HOSTNAME, correction=_valid_host(host)),))
    blank = first_blank(bare)
    # A control character before that blank is reported as an invalid character instead.
    if blank and not _CONTROL.search(bare, 0, bare.index(blank) + 1):
        return _invalid(text, (_inner_blank(bare, blank),))
    return _read_host_name(text, bare, edge)


def without_prefix(text: str) -> str:
    """Remove the type prefix from a name in the format of a CSR's names, and return the rest."""
    return next((text[len(prefix) :] for prefix in _OTHER_PREFIXES if text.startswith(prefix)), text)


def all_names(common_name: str | None, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names in a CSR or certificate without duplicates, with the common name first if it is a host name."""
    name = read_name(common_name or "")
    if common_name is None or name.text is None or not name.is_host:
        return names
    return tuple(dict.fromkeys((common_name, *names)))


def _split_prefix(bare: str) -> tuple[NameKind, str]:
    """Return the type that a prefix or the form of a name indicates, or `NameKind.NONE`, and the rest of the text."""
    prefix, colon, value = bare.partition(":")
    if colon and prefix.lower() in _PREFIXES and value.strip():
        return NameKind(prefix.lower()), value.strip()
    if is_plain_email(bare):
        return NameKind.EMAIL, bare
    return (NameKind.URI if is_plain_uri(bare) else NameKind.NONE), bare


def _read_other(text: str, kind: NameKind, value: str, edge: tuple[Flaw, ...]) -> Name:
    reader, flaw_kind = _OTHER_READERS[kind]
    name = reader(value, _valid_host_form)
    if name.text is None or edge:
        flaws = (Flaw(flaw_kind, name.problem),) if name.text is None else edge
        return Name(text, kind, None, text, flaws)
    written = f"{kind.value}:{name.text}"
    return Name(text, kind, written, written)


def _read_host_name(text: str, bare: str, edge: tuple[Flaw, ...]) -> Name:
    written, display, flaws = _read_dns(bare)
    if edge or flaws:
        return _invalid(text, (*flaws, *edge) if text.startswith(bare) else (*edge, *flaws))
    return Name(text, NameKind.DNS, written, display)


def _valid_host_form(host: str) -> str | None:
    """Return the canonical form of a host name or address, or None if it is invalid."""
    if address := read_address(host):
        return address
    if not host or first_blank(host) or "*" in host:
        return None
    written, _, flaws = _read_dns(host)
    return None if flaws else written


def read_common_name(text: str, purpose: Purpose) -> Name:
    """Return the first name of a request. It may be any text if the certificate is not only for servers.

    If the certificate is not for servers at all, a name without a dot, such as ``vpn-client-7``, is not a host either.
    """
    name = read_name(text)
    if purpose is Purpose.SERVER or name.kind is not NameKind.DNS or not trim(text):
        return name
    is_host = name.text is not None and (purpose.is_for_servers or "." in name.text)
    return name if is_host else Name(text, NameKind.NONE, None, trim(text, keep_controls=True))


def read_address(text: str) -> str | None:
    """Return the canonical form of an IPv4 or IPv6 address, or None for other text. IPv6 can have brackets around it.

    An IPv4-mapped address stays an IPv6 address and is written with its IPv4 part (RFC 5952 5).
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


def _invalid(text: str, flaws: tuple[Flaw, ...]) -> Name:
    return Name(text, NameKind.DNS, None, text, flaws)


def _valid_host(host: str) -> str | None:
    """Return an extracted host if it is a valid name, its canonical form if it is an address, otherwise None."""
    address = read_address(host)
    if address or not host or first_blank(host) or extract_host(host) is not None:
        return address
    return None if _read_dns(host)[2] else host


def _outer_blank(text: str, bare: str) -> Flaw:
    """Return the flaw for a blank or control character at the start or end. The correction is to remove it."""
    blank = first_blank(text)
    return Flaw(FlawKind.BAD_CHARACTER if _CONTROL.match(blank) else FlawKind.SPACE, blank, correction=bare)


def _inner_blank(bare: str, blank: str) -> Flaw:
    """Return the flaw for a blank inside a name.

    The correction is to remove an invisible blank. A visible blank may separate two names, so it has no correction.
    """
    correction = None
    if not blank.isspace():
        rest = bare.replace(blank, "")
        correction = rest if rest and not first_blank(rest) and not _read_dns(rest)[2] else None
    return Flaw(FlawKind.SPACE, blank, bare.index(blank) + 1, correction)


def _read_dns(bare: str) -> tuple[str, str, tuple[Flaw, ...]]:
    """Return the form for the CSR, the display form, and the flaws. There is at most one flaw of each kind."""
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
    written = ".".join(label.ascii for label in labels)
    for flaw in _whole_name_flaws(parts, labels, written):
        flaws.setdefault(flaw.kind, flaw)
    if FlawKind.NUMERIC_TLD in flaws:  # probably a mistyped address: flaws of a host name would mislead
        flaws = {FlawKind.NUMERIC_TLD: flaws[FlawKind.NUMERIC_TLD]}
    return written, ".".join(label.unicode for label in labels), tuple(flaws.values())


def _whole_name_flaws(parts: list[str], labels: list[Label], written: str) -> Iterator[Flaw]:
    last = labels[-1].ascii if labels and len(labels) == len(parts) else parts[-1]
    if _NUMBER.fullmatch(last):
        yield Flaw(FlawKind.NUMERIC_TLD, last)
    if len(written) > MAX_NAME:
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
