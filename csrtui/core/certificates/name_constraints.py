"""Check the names of certificates against the name constraints of the CAs above them (RFC 5280, 4.2.1.10)."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.escaping import visible

if TYPE_CHECKING:
    from cryptography import x509

MAX_COMPARISONS = 100_000
"""The most comparisons of a name with a constraint for one certificate: more than any real CA needs."""

_HOST_NAME = re.compile(
    r"(?:[a-z0-9_*](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE
)
_URI_HOST = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#@:\[\]]+)(?::[0-9]*)?(?:[/?#]|$)", re.IGNORECASE
)


class NameOutcome(Enum):
    """How names compare with name constraints."""

    ALLOWED = auto()
    FORBIDDEN = auto()
    UNSUPPORTED = auto()
    """There is a constraint on a kind of name that cannot be compared here."""


class NameCheck(NamedTuple):
    """Result of a check, with the name that decided it, safe to show; empty where all are allowed."""

    outcome: NameOutcome
    name: str = ""


def check_names(
    certificate: "x509.Certificate", constraints: "x509.NameConstraints", *, is_leaf: bool
) -> NameCheck:
    """Return whether name constraints allow all names of a certificate.

    As OpenSSL does, this includes the subject, e-mail addresses in the subject, and for a leaf without DNS names
    a common name that is a host name.

    Args:
        certificate: A certificate below the CA.
        constraints: The name constraints of the CA.
        is_leaf: Whether the certificate is the first of its chain.
    """
    permitted, excluded = constraints.permitted_subtrees or (), constraints.excluded_subtrees or ()
    names = list(_names(certificate, is_leaf=is_leaf))
    if len(names) * (len(permitted) + len(excluded)) > MAX_COMPARISONS:
        return NameCheck(NameOutcome.UNSUPPORTED, f"{len(names)} names")
    unsupported = ""
    for name in names:
        inside = [_is_within(name, base) for base in permitted if _same_kind(name, base)]
        outside = [_is_within(name, base) for base in excluded if _same_kind(name, base)]
        if True in outside or (inside and not any(one is not False for one in inside)):
            return NameCheck(NameOutcome.FORBIDDEN, _shown(name))
        if None in outside or (inside and True not in inside):
            unsupported = unsupported or _shown(name)
    return NameCheck(NameOutcome.UNSUPPORTED, unsupported) if unsupported else NameCheck(NameOutcome.ALLOWED)


def _names(certificate: "x509.Certificate", *, is_leaf: bool) -> Iterator["x509.GeneralName"]:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = certificate.subject
    if len(subject.rdns):
        yield x509.DirectoryName(subject)
    for attribute in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        yield from _as_name(x509.RFC822Name, attribute.value)
    try:
        alternative = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        alternative = []
    yield from alternative
    if is_leaf and not any(isinstance(name, x509.DNSName) for name in alternative):
        for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
            if isinstance(attribute.value, str) and _HOST_NAME.fullmatch(attribute.value):
                yield x509.DNSName(attribute.value)


def _as_name(kind: "type[x509.RFC822Name]", value: str | bytes) -> Iterator["x509.GeneralName"]:
    """An e-mail address of a subject; one that is not ASCII cannot be an `RFC822Name`."""
    if isinstance(value, str) and value.isascii():
        yield kind._init_without_validation(value)  # noqa: SLF001 - the public constructor refuses odd addresses


def _same_kind(name: "x509.GeneralName", base: "x509.GeneralName") -> bool:
    from cryptography import x509

    if isinstance(name, x509.OtherName) and isinstance(base, x509.OtherName):
        return name.type_id == base.type_id
    return type(name) is type(base)


def _is_within(name: "x509.GeneralName", base: "x509.GeneralName") -> bool | None:
    """Return whether a name is in a subtree of the same kind; None where that cannot be compared here."""
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
    """Compare a DNS name: one more label on the left is allowed, and a dot in front demands one."""
    host, base = host.lower(), base.lower()
    if not base or host == base:
        return True
    return host.endswith(base if base.startswith(".") else f".{base}")


def _is_mailbox_of(address: str, base: str) -> bool | None:
    local, at, host = address.rpartition("@")
    if not at:
        return None
    base_local, base_at, base_host = base.rpartition("@")
    if base_at and base_local:
        return local == base_local and host.lower() == base_host.lower()
    return _is_host_of(host, base_host)


def _is_host_of(host: str, base: str) -> bool:
    """Compare the host of an address or URI: a base without a dot in front is one host."""
    host, base = host.lower(), base.lower()
    return host.endswith(base) if base.startswith(".") else not base or host == base


def _starts_with(name: "x509.Name", base: "x509.Name") -> bool:
    """Compare distinguished names by their first RDNs, without regard to case and blanks (RFC 5280, 7.1)."""
    wanted = [_normalized(rdn) for rdn in base.rdns]
    return [_normalized(rdn) for rdn in name.rdns[: len(wanted)]] == wanted


def _normalized(rdn: "x509.RelativeDistinguishedName") -> frozenset[tuple[str, str | bytes]]:
    return frozenset(
        (
            one.oid.dotted_string,
            " ".join(one.value.lower().split()) if isinstance(one.value, str) else one.value,
        )
        for one in rdn
    )


def _shown(name: "x509.GeneralName") -> str:
    from cryptography import x509

    from csrtui.core.subject import distinguished_name

    match name:
        case x509.DirectoryName():
            return distinguished_name.rfc4514(name.value)
        case x509.OtherName():
            return f"a name of the kind {name.type_id.dotted_string}"
        case _:
            return visible(str(name.value))


def subtrees(constraints: "x509.NameConstraints") -> tuple["x509.GeneralName", ...]:
    """Return the bases of all subtrees of name constraints, permitted and excluded."""
    return (*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ()))
