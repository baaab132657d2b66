"""Check the names of a certificate against the name constraints of the CAs above it (RFC 5280, 4.2.1.10)."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.certificates.extensions import extension_value

if TYPE_CHECKING:
    from cryptography import x509

MAX_COMPARISONS = 100_000
"""Maximum number of comparisons between names and constraints for one certificate. Real CAs need fewer."""

_HOST_NAME = re.compile(
    r"(?:[a-z0-9_*](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE
)
_URI_HOST = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#@:\[\]]+)(?::[0-9]*)?(?:[/?#]|$)", re.IGNORECASE
)


class NameOutcome(Enum):
    """The result of comparing names with name constraints."""

    ALLOWED = auto()
    FORBIDDEN = auto()
    UNSUPPORTED = auto()
    """csrtui does not support constraints on this kind of name."""


def check_names(
    certificate: "x509.Certificate", constraints: "x509.NameConstraints", *, is_leaf: bool
) -> tuple[NameOutcome, str]:
    """Check all names of a certificate against the name constraints of a CA above it.

    Return the outcome for all names together, and the forbidden or unsupported name, safe to display. The name is "" if
    all names are allowed. As in OpenSSL, the subject and its e-mail addresses are checked too. If a leaf has no DNS
    names, its common name is also checked, provided that it is a host name.
    """
    permitted, excluded = constraints.permitted_subtrees or (), constraints.excluded_subtrees or ()
    names = list(_names(certificate, is_leaf=is_leaf))
    if len(names) * (len(permitted) + len(excluded)) > MAX_COMPARISONS:
        return NameOutcome.UNSUPPORTED, f"{len(names)} names"
    unsupported = ""
    for name in names:
        in_permitted = [_is_within(name, base) for base in permitted if _have_same_kind(name, base)]
        in_excluded = [_is_within(name, base) for base in excluded if _have_same_kind(name, base)]
        if True in in_excluded or set(in_permitted) == {False}:
            return NameOutcome.FORBIDDEN, _display_name(name)
        if None in in_excluded or (in_permitted and True not in in_permitted):
            unsupported = unsupported or _display_name(name)
    return NameOutcome.UNSUPPORTED if unsupported else NameOutcome.ALLOWED, unsupported


def _names(certificate: "x509.Certificate", *, is_leaf: bool) -> Iterator["x509.GeneralName"]:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = certificate.subject
    if len(subject.rdns):
        yield x509.DirectoryName(subject)
    for attribute in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        value = attribute.value
        if isinstance(value, str) and value.isascii():  # an `RFC822Name` is ASCII only
            yield x509.RFC822Name._init_without_validation(value)  # noqa: SLF001 - the constructor is stricter
    alternative_names = list(extension_value(certificate.extensions, x509.SubjectAlternativeName) or ())
    yield from alternative_names
    if is_leaf and not any(isinstance(name, x509.DNSName) for name in alternative_names):
        for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
            if isinstance(attribute.value, str) and _HOST_NAME.fullmatch(attribute.value):
                yield x509.DNSName(attribute.value)


def _have_same_kind(name: "x509.GeneralName", base: "x509.GeneralName") -> bool:
    from cryptography import x509

    if isinstance(name, x509.OtherName) and isinstance(base, x509.OtherName):
        return name.type_id == base.type_id
    return type(name) is type(base)


def _is_within(name: "x509.GeneralName", base: "x509.GeneralName") -> bool | None:
    """Return whether a name is in a subtree of the same kind, or None if csrtui cannot compare them."""
    from cryptography import x509

    match name:
        case x509.DNSName():
            return _is_below(name.value, base.value)
        case x509.RFC822Name():
            return _is_mailbox_of(name.value, base.value)
        case x509.UniformResourceIdentifier():
            host = _URI_HOST.match(name.value)
            return None if host is None else _is_host_of(host[1], base.value)
        case x509.IPAddress():
            return name.value in base.value
        case x509.DirectoryName():
            return _starts_with(name.value, base.value)
        case _:
            return None


def _is_below(host: str, base: str) -> bool:
    """Return whether a DNS name is `base` or below it. If `base` has a leading dot, the name must be below it."""
    host, base = host.lower(), base.lower()
    if not base or host == base:
        return True
    return host.endswith(base if base.startswith(".") else f".{base}")


def _is_mailbox_of(address: str, base: str) -> bool | None:
    """Return whether an e-mail address is `base`, or is at the host `base`, or None if the address has no ``@``."""
    local, at, host = address.rpartition("@")
    if not at:
        return None
    base_local, base_at, base_host = base.rpartition("@")
    if base_at and base_local:
        return local == base_local and host.lower() == base_host.lower()
    return _is_host_of(host, base_host)


def _is_host_of(host: str, base: str) -> bool:
    """Return whether the host of an e-mail address or URI is `base`, or is below it if `base` begins with a dot."""
    host, base = host.lower(), base.lower()
    return host.endswith(base) if base.startswith(".") else not base or host == base


def _starts_with(name: "x509.Name", base: "x509.Name") -> bool:
    """Return whether a name begins with the RDNs of `base`. Ignore case and repeated spaces (RFC 5280, 7.1)."""
    base_rdns = [_normalized(rdn) for rdn in base.rdns]
    return [_normalized(rdn) for rdn in name.rdns[: len(base_rdns)]] == base_rdns


def _normalized(rdn: "x509.RelativeDistinguishedName") -> frozenset[tuple[str, str | bytes]]:
    return frozenset((attribute.oid.dotted_string, _fold(attribute.value)) for attribute in rdn)


def _fold(value: str | bytes) -> str | bytes:
    return " ".join(value.lower().split()) if isinstance(value, str) else value


def _display_name(name: "x509.GeneralName") -> str:
    from cryptography import x509

    from csrtui.core.subject import distinguished_name

    match name:
        case x509.DirectoryName():
            return distinguished_name.rfc4514(name.value)
        case x509.OtherName():
            return f"a name of the kind {name.type_id.dotted_string}"
        case _:
            return visible(str(name.value))
