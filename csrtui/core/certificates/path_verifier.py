"""Verify certification paths with cryptography, where it supports their algorithms.

Its own extension policies are those of the web: they refuse a leaf without authority key identifier or SAN, a
root without key usage, and purposes other than TLS, all of which private CAs issue daily.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from csrtui.core.certificates.name_constraints import subtrees

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509.verification import ExtensionPolicy, Policy

_LEAST_RSA_BITS = 2048
_MOST_SERIAL_BITS = 159
"""RFC 5280, 4.1.2.2: at most 20 octets, of which the first bit is the sign."""
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MOST_DEPTH = 16


def verify_path(path: Sequence["x509.Certificate"], now: datetime) -> str | None:
    """Return why cryptography refuses a path, or None: it accepts it, or does not support its algorithms.

    Args:
        path: From the leaf to the last issuer, which is taken as trusted.
        now: The time of validation, in UTC.
    """
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    if not all(map(_is_supported, path)):
        return None
    verifier = (
        PolicyBuilder()
        .store(Store([path[-1]]))
        .time(now)
        .max_chain_depth(_MOST_DEPTH)
        .extension_policies(ca_policy=_ca_policy(), ee_policy=_permissive())
        .build_client_verifier()  # unlike one for servers, it needs no name to look for
    )
    try:
        verifier.verify(path[0], list(path[1:]))
    except VerificationError as error:
        return str(error)
    return None


def _ca_policy() -> "ExtensionPolicy":
    """Require basic constraints, critical or not, and keyCertSign where there is a key usage."""
    from cryptography import x509
    from cryptography.x509.verification import Criticality

    policy = _permissive().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    return policy.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_key_cert_sign)


def _permissive() -> "ExtensionPolicy":
    """Require nothing: what a certificate is for and which names it has is shown, and is not part of its path."""
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
    """Return whether cryptography's verifier, made for the web, knows this kind of certificate at all."""
    from cryptography import x509

    return (
        certificate.version is x509.Version.v3
        and certificate.serial_number.bit_length() <= _MOST_SERIAL_BITS
        and _has_supported_constraints(certificate)
        and _has_supported_key(certificate)
        and _has_supported_signature(certificate)
    )


def _has_supported_constraints(certificate: "x509.Certificate") -> bool:
    """Return whether name constraints, if any, are of the web: RFC 5280 has no DNS name with a dot in front."""
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True
    return all(
        isinstance(one, x509.IPAddress) or (isinstance(one, x509.DNSName) and not one.value.startswith("."))
        for one in subtrees(constraints)
    )


def _has_supported_key(certificate: "x509.Certificate") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _LEAST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES


def _has_supported_signature(certificate: "x509.Certificate") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        used, parameters = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
    except (UnsupportedAlgorithm, ValueError):
        return False
    if used is None or used.name not in _HASHES:
        return False
    if isinstance(parameters, padding.PSS):
        return parameters._salt_length == used.digest_size  # noqa: SLF001 - there is no public member
    return True
