"""Read names that are neither hosts nor addresses: e-mail addresses, URIs and user principal names."""

import re
from collections.abc import Callable
from typing import NamedTuple

_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
"""Matches the part before the @ of a mail address, without quotes (RFC 5321 4.1.2, Dot-string)."""
_MAX_LOCAL_PART = 64
_PLAIN_EMAIL = r"[^@\s/\\:<>]+@[^@\s/\\:<>]+\.[^@\s/\\:<>]+"
_URI = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>\S.*)"
_NOT_IN_URI = r'[^\x21-\x7e]|[<>"{}|\\^`]'
_AUTHORITY = r"(?P<user>[^/?#]*@)?(?P<host>\[[^\]/?#]*\]|[^:/?#@]*)(?P<port>:[0-9]*)?(?P<path>[/?#].*)?"
_SPIFFE = "spiffe://"
_TRUST_DOMAIN = r"[a-z0-9._-]{1,255}"
_SEGMENT = r"[A-Za-z0-9._-]+"
_MAX_SPIFFE = 2048


class OtherName(NamedTuple):
    """An e-mail address, URI or user principal name.

    Attributes:
        text: The name in the form that the CSR contains, or None if it is invalid.
        problem: The end of a sentence that says what is wrong, or "".
    """

    text: str | None
    problem: str = ""


HostReader = Callable[[str], str | None]
"""A function that returns the canonical form of a host name or address, or None if it is invalid."""


def is_plain_email(text: str) -> bool:
    """Return whether a text without a prefix looks like an e-mail address, not an SSH path or a URL with a user."""
    return re.fullmatch(_PLAIN_EMAIL, text) is not None


def is_plain_uri(text: str) -> bool:
    """Return whether a text without a prefix is a URI that names something: a SPIFFE ID or a URN, but not a web page."""
    return text.lower().startswith((_SPIFFE, "urn:"))


def read_email(text: str, read_host: HostReader) -> OtherName:
    """Return an e-mail address with its domain in A-labels (RFC 5280 4.2.1.6 and 7.5, Mailbox)."""
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        return OtherName(None, "it needs a user, @ and a domain")
    if not local.isascii():
        return OtherName(None, "letters outside ASCII before the @ need RFC 8398, which few programs support")
    if not re.fullmatch(_LOCAL_PART, local) or len(local) > _MAX_LOCAL_PART:
        return OtherName(None, "the part before the @ is not valid")
    host = read_host(domain)
    return OtherName(f"{local}@{host}") if host else OtherName(None, "the domain is not valid")


def read_uri(text: str, read_host: HostReader) -> OtherName:
    """Return a URI with its scheme and host in lower case. It must be absolute (RFC 5280 4.2.1.6)."""
    match = re.fullmatch(_URI, text)
    if match is None:
        return OtherName(None, "it needs a scheme and a colon, as in spiffe://domain/path")
    if re.search(_NOT_IN_URI, text):
        return OtherName(None, "write blanks and letters outside ASCII as % and two digits")
    scheme = match["scheme"].lower()
    if not match["rest"].startswith("//"):
        return OtherName(f"{scheme}:{match['rest']}")
    authority = re.fullmatch(_AUTHORITY, match["rest"][2:])
    host = authority["host"].lower() if authority else ""
    if authority is None or not (scheme == "spiffe" or read_host(host.strip("[]"))):
        return OtherName(None, "the host after // is not valid")
    before, after = authority["user"] or "", (authority["port"] or "") + (authority["path"] or "")
    return OtherName(f"{scheme}://{before}{host}{after}")


def read_upn(text: str, read_host: HostReader) -> OtherName:
    """Return a user principal name: a user, @, and a domain of Active Directory ([MS-WCCE] 2.2.2.7.5)."""
    user, at, domain = text.partition("@")
    if not at or not user or not domain:
        return OtherName(None, "it needs a user, @ and a domain")
    if not user.isprintable() or " " in user or read_host(domain) is None:
        return OtherName(None, "the user or the domain is not valid")
    return OtherName(text)


def is_spiffe(uri: str) -> bool:
    """Return whether a URI, as `read_uri` returns it, is a SPIFFE ID."""
    return uri.startswith(_SPIFFE)


def spiffe_problem(uri: str) -> str | None:
    """Return why a URI is not a valid SPIFFE ID of a workload (SPIFFE-ID 2), as the end of a sentence, or None."""
    domain, slash, path = uri.removeprefix(_SPIFFE).partition("/")
    if not re.fullmatch(_TRUST_DOMAIN, domain):
        return "a trust domain has letters, digits, dots, hyphens and underscores, without user and port"
    if not slash or not path:
        return "without a path it names the trust domain itself"
    for segment in path.split("/"):
        if not re.fullmatch(_SEGMENT, segment) or segment in {".", ".."}:
            return (
                "the parts of its path have letters, digits, dots, hyphens and underscores, and none is empty"
            )
    return f"it has more than {_MAX_SPIFFE} characters" if len(uri) > _MAX_SPIFFE else None
