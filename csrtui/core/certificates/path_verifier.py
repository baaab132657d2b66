"""Verify certification paths with cryptography if it supports their algorithms.

This module sets its own extension policies. cryptography's defaults follow the rules of public CAs: they refuse a leaf
without an authority key identifier or a SAN, a root without a key usage, and purposes other than TLS. Private CAs often
issue such certificates.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from csrtui.core.certificates.csr import extension_value
from csrtui.core.certificates.name_constraints import subtrees

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509.verification import ExtensionPolicy, Policy

MIN_RSA_BITS = 2048
_MAX_SERIAL_BITS = 159
"""Maximum length of a serial number: 20 octets, of which the first bit is the sign (RFC 5280, 4.1.2.2)."""
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MAX_DEPTH = 16


def verify_path(path: Sequence["x509.Certificate"], now: datetime) -> str | None:
    """Return why cryptography refuses a path, or None if it accepts the path or does not support its algorithms.

    Args:
        path: The certificates from the leaf to the last issuer. The last issuer is trusted.
        now: The time of validation, in UTC.
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
