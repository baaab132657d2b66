"""Read names as users enter them, and convert them to the form that a CSR contains.

A valid name changes only in three ways: to lower case, to A-labels, and to the canonical form of an address. A name
that needs any other change is invalid, and its flaws say why, so nothing is repaired silently.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from csrtui.core.base.finding import Purpose
from csrtui.core.names.host_name import Flaw, FlawKind, read_address, read_dns_name, read_host
from csrtui.core.names.pasted_text import extract_host, first_blank, trim

_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
"""Matches the part before the @ of an e-mail address, without quotes (RFC 5321 4.1.2, Dot-string)."""
_MAX_LOCAL_PART = 64
_PLAIN_EMAIL = r"[^@\s/\\:<>]+@[^@\s/\\:<>]+\.[^@\s/\\:<>]+"
"""Matches an e-mail address without a prefix, but neither an SSH path nor a URL with a user."""
_URI = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<hier_part>\S.*)"
_NOT_IN_URI = r'[^\x21-\x7e]|[<>"{}|\\^`]'
_AUTHORITY = r"(?P<user>[^/?#]*@)?(?P<host>\[[^\]/?#]*\]|[^:/?#@]*)(?P<port>:[0-9]*)?(?P<path>[/?#].*)?"
_SPIFFE = "spiffe://"
_TRUST_DOMAIN = r"[a-z0-9._-]{1,255}"
_SEGMENT = r"[A-Za-z0-9._-]+"
_MAX_SPIFFE = 2048
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class NameKind(StrEnum):
    """The type of a SAN entry (RFC 5280 4.2.1.6: dNSName, iPAddress, …), which is also its prefix."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"
    URI = "uri"
    UPN = "upn"
    """A user principal name (Microsoft), which is an otherName."""
    NONE = ""
    """Any other text, such as a person's name. It can only be the common name, not a SAN."""


_OTHER_KINDS = (NameKind.EMAIL, NameKind.URI, NameKind.UPN)
"""The types that are neither a host nor an address."""
_OTHER_PREFIXES = tuple(f"{kind.value}:" for kind in _OTHER_KINDS)
_PREFIXES = frozenset(kind.value for kind in NameKind if kind.value)


class Name(NamedTuple):
    """One name of a request.

    Attributes:
        input: The name as entered.
        kind: The type of the SAN entry.
        text: The SAN entry in the form that the CSR contains: lower-case A-labels, or the canonical address (RFC 5952).
            Other types have their prefix: ``email:jane@example.com``. None if the name is invalid or is not a SAN.
        display: The name for display, with U-labels, or `input` if the name is invalid.
        flaws: The reasons why the name is invalid. Empty for a valid name, and for an input that has only blanks.
    """

    input: str
    kind: NameKind
    text: str | None
    display: str
    flaws: tuple[Flaw, ...] = ()

    @property
    def common_name(self) -> str | None:
        """The name as a common name, without a prefix, or None if it is invalid or empty."""
        if self.kind is NameKind.NONE:
            return self.display or None
        return self.text and without_prefix(self.text)

    @property
    def is_host(self) -> bool:
        """Whether the name is a DNS name or an address."""
        return self.kind in {NameKind.DNS, NameKind.IP}

    @property
    def spiffe_id(self) -> str | None:
        """The SPIFFE ID without its prefix, or None if the name is not a SPIFFE ID."""
        uri = without_prefix(self.text or "")
        return uri if self.kind is NameKind.URI and uri.startswith(_SPIFFE) else None

    @property
    def is_wildcard(self) -> bool:
        """Whether the name is valid and its first label is exactly ``*`` (RFC 9525 6.3)."""
        return self.text is not None and self.text.startswith("*.")

    @property
    def parent(self) -> str:
        """The name in the form that the CSR contains, without its first label, or "" if it has only one label."""
        return (self.text or "").partition(".")[2]


def read_name(text: str) -> Name:  # noqa: PLR0911 - one for each type and flaw
    """Parse a name and return it. Any text is accepted; an invalid name has `flaws`.

    A prefix such as ``email:`` names the type. Without a prefix, e-mail addresses, SPIFFE IDs and URNs are recognized.
    """
    bare = trim(text)
    if not bare:
        return Name(text, NameKind.DNS, None, text)
    edge_flaws = (_outer_blank(text, bare),) if bare != text else ()
    kind, value = _split_prefix(bare)
    if kind in _OTHER_KINDS:
        return _read_other(text, kind, value, edge_flaws)
    if kind is NameKind.DNS:
        return _read_host_name(text, value, edge_flaws)
    bare, address = value, read_address(value)
    if address or kind is NameKind.IP or _is_network(value):
        flaws = edge_flaws if address else (Flaw(FlawKind.ADDRESS_INVALID),)
        return _name(text, NameKind.IP, address, address or "", flaws)
    host = extract_host(bare)
    if host is not None:
        return _name(
            text, NameKind.DNS, None, "", (Flaw(FlawKind.NOT_A_HOSTNAME, correction=_valid_host(host)),)
        )
    blank = first_blank(bare)
    # If a control character comes before that blank, it is reported instead, as an invalid character.
    if blank and not _CONTROL.search(bare, 0, bare.index(blank) + 1):
        return _name(text, NameKind.DNS, None, "", (_inner_blank(bare, blank),))
    return _read_host_name(text, bare, edge_flaws)


def _is_network(text: str) -> bool:
    """Return whether a text is a network of several addresses, such as ``10.0.0.0/8``."""
    address, slash, _ = text.partition("/")
    if not slash or read_address(address) is None:
        return False
    from ipaddress import ip_network

    try:
        return ip_network(text).num_addresses > 1
    except ValueError:  # an address with its prefix length, such as 10.0.0.5/8, or no network at all
        return False


def without_prefix(text: str) -> str:
    """Return a name in the format of `csr.Request.names` without its type prefix."""
    return next((text[len(prefix) :] for prefix in _OTHER_PREFIXES if text.startswith(prefix)), text)


def all_names(common_name: str | None, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a CSR or certificate once each, beginning with the common name if it is a host or address."""
    name = read_name(common_name or "")
    if common_name is None or name.text is None or not name.is_host:
        return names
    return tuple(dict.fromkeys((common_name, *names)))


def _split_prefix(bare: str) -> tuple[NameKind, str]:
    """Return the type of a name by its prefix or form, else `NameKind.NONE`, and the name without its prefix."""
    prefix, colon, value = bare.partition(":")
    if colon and prefix.lower() in _PREFIXES and value.strip():
        return NameKind(prefix.lower()), value.strip()
    if re.fullmatch(_PLAIN_EMAIL, bare):
        return NameKind.EMAIL, bare
    is_uri = bare.lower().startswith((_SPIFFE, "urn:"))
    return (NameKind.URI if is_uri else NameKind.NONE), bare


def _read_other(text: str, kind: NameKind, value: str, edge_flaws: tuple[Flaw, ...]) -> Name:
    try:
        san = f"{kind.value}:{_OTHER_READERS[kind](value)}"
    except _InvalidNameError as error:
        return _name(text, kind, None, "", (Flaw(FlawKind(f"{kind.value}-invalid"), str(error)),))
    return _name(text, kind, san, san, edge_flaws)


def _read_host_name(text: str, bare: str, edge_flaws: tuple[Flaw, ...]) -> Name:
    san, display, flaws = read_dns_name(bare)
    flaws = (*flaws, *edge_flaws) if text.startswith(bare) else (*edge_flaws, *flaws)
    return _name(text, NameKind.DNS, san, display, flaws)


def read_common_name(text: str, purpose: Purpose) -> Name:
    """Parse the first name of a request. Unless the purpose is `Purpose.SERVER`, any text is a valid common name.

    A name without a dot, such as ``vpn-client-7``, is a host name only if servers can use the certificate.
    """
    name = read_name(text)
    if purpose is Purpose.SERVER or name.kind is not NameKind.DNS or not trim(text):
        return name
    is_host = name.text is not None and (purpose.is_for_servers or "." in name.text)
    return name if is_host else Name(text, NameKind.NONE, None, trim(text, keep_controls=True))


def _name(text: str, kind: NameKind, san: str | None, display: str, flaws: tuple[Flaw, ...]) -> Name:
    return Name(text, kind, None, text, flaws) if flaws else Name(text, kind, san, display)


def _valid_host(host: str) -> str | None:
    """Return an extracted host if it is valid (an address in its canonical form), otherwise None."""
    address = read_address(host)
    if address or not host or first_blank(host) or extract_host(host) is not None:
        return address
    return None if read_dns_name(host)[2] else host


def _outer_blank(text: str, bare: str) -> Flaw:
    """Return the flaw for a blank or control character at the start or end. The correction is to remove it."""
    blank = first_blank(text)
    return Flaw(FlawKind.BAD_CHARACTER if _CONTROL.match(blank) else FlawKind.SPACE, blank, correction=bare)


def _inner_blank(bare: str, blank: str) -> Flaw:
    """Return the flaw for a blank inside a name.

    The correction of an invisible blank is to remove it. A visible blank has none, because it may separate two names.
    """
    correction = None
    if not blank.isspace():
        joined = bare.replace(blank, "")
        correction = joined if joined and not first_blank(joined) and not read_dns_name(joined)[2] else None
    return Flaw(FlawKind.SPACE, blank, bare.index(blank) + 1, correction)


class _InvalidNameError(ValueError):
    """The name is invalid. The message is the second half of a sentence: ``it needs a user, @ and a domain``."""


def _read_email(text: str) -> str:
    """Return an e-mail address with its domain in A-labels (RFC 5280 4.2.1.6 and 7.5, Mailbox)."""
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise _InvalidNameError("it needs a user, @ and a domain")
    if not local.isascii():
        raise _InvalidNameError("non-ASCII letters before the @ need RFC 8398, which few programs support")
    if not re.fullmatch(_LOCAL_PART, local) or len(local) > _MAX_LOCAL_PART:
        raise _InvalidNameError("the part before the @ is not valid")
    host = read_host(domain)
    if host is None:
        raise _InvalidNameError("the domain is not valid")
    return f"{local}@{host}"


def _read_uri(text: str) -> str:
    """Return a URI with its scheme and host in lower case. It must be absolute (RFC 5280 4.2.1.6)."""
    match = re.fullmatch(_URI, text)
    if match is None:
        raise _InvalidNameError("it needs a scheme and a colon, as in spiffe://domain/path")
    if re.search(_NOT_IN_URI, text):
        raise _InvalidNameError("write spaces and non-ASCII letters as % and two hex digits")
    scheme = match["scheme"].lower()
    if not match["hier_part"].startswith("//"):
        return f"{scheme}:{match['hier_part']}"
    authority = re.fullmatch(_AUTHORITY, match["hier_part"][2:])
    host = authority["host"].lower() if authority else ""
    if authority is None or not (scheme == "spiffe" or read_host(host.strip("[]"))):
        raise _InvalidNameError("the host after // is not valid")
    before, after = authority["user"] or "", (authority["port"] or "") + (authority["path"] or "")
    return f"{scheme}://{before}{host}{after}"


def _read_upn(text: str) -> str:
    """Return a user principal name: a user, @, and a domain of Active Directory ([MS-WCCE] 2.2.2.7.5)."""
    user, at, domain = text.partition("@")
    if not at or not user or not domain:
        raise _InvalidNameError("it needs a user, @ and a domain")
    if not user.isprintable() or " " in user or read_host(domain) is None:
        raise _InvalidNameError("the user or the domain is not valid")
    return text


def spiffe_problem(uri: str) -> str | None:
    """Return the reason why a URI is not a valid SPIFFE ID of a workload (SPIFFE-ID 2), or None if it is valid."""
    domain, slash, path = uri.removeprefix(_SPIFFE).partition("/")
    if not re.fullmatch(_TRUST_DOMAIN, domain):
        return "a trust domain has only lower-case letters, digits, dots, hyphens and underscores, and no user or port"
    if not slash or not path:
        return "without a path it names the trust domain itself"
    for segment in path.split("/"):
        if not re.fullmatch(_SEGMENT, segment) or segment in {".", ".."}:
            return "each part of its path must have letters, digits, dots, hyphens or underscores"
    return f"it has more than {_MAX_SPIFFE} characters" if len(uri) > _MAX_SPIFFE else None


_OTHER_READERS: dict[NameKind, Callable[[str], str]] = {
    NameKind.EMAIL: _read_email,
    NameKind.URI: _read_uri,
    NameKind.UPN: _read_upn,
}
