"""Verify certification paths: the name constraints of the CAs (RFC 5280, 4.2.1.10), then the rest with cryptography.

cryptography verifies a path if it supports the algorithms in it. This module sets its own extension policies, because
cryptography's defaults follow the rules of public CAs: they refuse a leaf without an authority key identifier or a SAN,
a root without a key usage, and purposes other than TLS. Private CAs often issue such certificates.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.escaping import visible
from csrtui.core.certificates.extensions import extension_value

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509.verification import ExtensionPolicy, Policy


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


class NameCheck(NamedTuple):
    """The result of checking the names of a certificate.

    Attributes:
        outcome: The result for all names together.
        name: The forbidden or unsupported name, safe to display, or "" if all names are allowed.
    """

    outcome: NameOutcome
    name: str = ""


def check_names(
    certificate: "x509.Certificate", constraints: "x509.NameConstraints", *, is_leaf: bool
) -> NameCheck:
    """Return whether name constraints allow all names of a certificate.

    As in OpenSSL, this includes the subject and the e-mail addresses in it. For a leaf without DNS names, it includes a
    common name that is a host name. `constraints` are the name constraints of a CA above the certificate.
    """
    permitted, excluded = constraints.permitted_subtrees or (), constraints.excluded_subtrees or ()
    names = list(_names(certificate, is_leaf=is_leaf))
    if len(names) * (len(permitted) + len(excluded)) > MAX_COMPARISONS:
        return NameCheck(NameOutcome.UNSUPPORTED, f"{len(names)} names")
    unsupported = ""
    for name in names:
        in_permitted = [_is_within(name, base) for base in permitted if _same_kind(name, base)]
        in_excluded = [_is_within(name, base) for base in excluded if _same_kind(name, base)]
        if True in in_excluded or set(in_permitted) == {False}:
            return NameCheck(NameOutcome.FORBIDDEN, _shown(name))
        if None in in_excluded or (in_permitted and True not in in_permitted):
            unsupported = unsupported or _shown(name)
    return NameCheck(NameOutcome.UNSUPPORTED, unsupported) if unsupported else NameCheck(NameOutcome.ALLOWED)


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


def _same_kind(name: "x509.GeneralName", base: "x509.GeneralName") -> bool:
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
    """Return the bases of all permitted and excluded subtrees."""
    return (*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ()))


MIN_RSA_BITS = 2048
_MAX_SERIAL_BITS = 159
"""Maximum length of a serial number: 20 octets, of which the first bit is the sign (RFC 5280, 4.1.2.2)."""
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MAX_DEPTH = 16


def verify_path(path: Sequence["x509.Certificate"], now: datetime) -> str | None:
    """Return why cryptography refuses a path, or None if it accepts the path or does not support its algorithms.

    The path goes from the leaf to the last issuer, which is trusted.
    """
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    if not all(map(_is_supported, path)):
        return None
    verifier = (
        PolicyBuilder()
        .store(Store([path[-1]]))
        .time(now)
        .max_chain_depth(_MAX_DEPTH)
        .extension_policies(ca_policy=_ca_policy(), ee_policy=_permissive())
        .build_client_verifier()  # a verifier for servers would require a host name
    )
    try:
        verifier.verify(path[0], list(path[1:]))
    except VerificationError as error:
        return str(error)
    return None


def _ca_policy() -> "ExtensionPolicy":
    """Return a policy that requires basic constraints, critical or not, and keyCertSign if there is a key usage."""
    from cryptography import x509
    from cryptography.x509.verification import Criticality

    policy = _permissive().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    return policy.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_key_cert_sign)


def _permissive() -> "ExtensionPolicy":
    """Return a policy that requires nothing. csrtui shows purposes and names, but they do not make a path invalid."""
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    policy = ExtensionPolicy.permit_all()
    return policy.may_be_present(x509.CertificatePolicies, Criticality.AGNOSTIC, None)


def _require_key_cert_sign(
    _policy: "Policy", _certificate: "x509.Certificate", usage: "x509.KeyUsage | None"
) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the key usage of a CA does not include keyCertSign")


def _is_supported(certificate: "x509.Certificate") -> bool:
    """Return whether cryptography's verifier supports this kind of certificate. The verifier is made for public CAs."""
    from cryptography import x509

    return (
        certificate.version is x509.Version.v3
        and certificate.serial_number.bit_length() <= _MAX_SERIAL_BITS
        and _has_supported_constraints(certificate)
        and _has_supported_key(certificate)
        and _has_supported_signature(certificate)
    )


def _has_supported_constraints(certificate: "x509.Certificate") -> bool:
    """Return whether all name constraints are addresses or DNS names without a leading dot (not in RFC 5280)."""
    from cryptography import x509

    constraints = extension_value(certificate.extensions, x509.NameConstraints)
    return constraints is None or all(
        isinstance(base, x509.IPAddress)
        or (isinstance(base, x509.DNSName) and not base.value.startswith("."))
        for base in subtrees(constraints)
    )


def _has_supported_key(certificate: "x509.Certificate") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES


def _has_supported_signature(certificate: "x509.Certificate") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        algorithm = certificate.signature_hash_algorithm
        parameters = certificate.signature_algorithm_parameters
    except (UnsupportedAlgorithm, ValueError):
        return False
    if algorithm is None or algorithm.name not in _HASHES:
        return False
    if isinstance(parameters, padding.PSS):
        return parameters._salt_length == algorithm.digest_size  # noqa: SLF001 - there is no public member
    return True
