"""Validate certification paths (RFC 5280, 6.1) for certificates of public and private CAs.

The result of a failed check names the certificate and the reason. If cryptography's verifier supports the algorithms,
it must accept the path too (`verify_path`). csrtui does not know which roots clients trust, so it trusts the last
certificate of a path.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.certificates.certificate import Certificate, load
from csrtui.core.certificates.chain import (
    Chain,
    ChainEnd,
    SignatureCheck,
    check_signature,
    is_issued_by,
    key_identifiers_match,
    may_sign,
)
from csrtui.core.certificates.extensions import ANY_PURPOSE, SERVER_AUTHENTICATION, extension_value
from csrtui.core.certificates.name_constraints import NameOutcome, check_names

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509.verification import ExtensionPolicy, Policy

_MIN_RSA_BITS = 2048
_MAX_SERIAL_BITS = 159
"""Maximum length of a serial number: 20 octets, of which the first bit is the sign (RFC 5280, 4.1.2.2)."""
_HASHES = frozenset({"sha256", "sha384", "sha512"})
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MAX_DEPTH = 16


class ChainState(StrEnum):
    """The validity of a chain."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKABLE = "not-checkable"


class ChainReason(StrEnum):
    """The reason why a chain is invalid or cannot be checked."""

    SIGNATURE = "signature"
    NOT_A_CA = "not-a-ca"
    KEY_USAGE = "key-usage"
    PURPOSE = "purpose"
    KEY_IDENTIFIER = "key-identifier"
    LEAF_VALIDITY = "leaf-validity"
    VALIDITY = "validity"
    PATH_LENGTH = "path-length"
    NAME_CONSTRAINTS = "name-constraints"
    ISSUER_MISSING = "issuer-missing"
    TOO_LONG = "too-long"
    WEAK = "weak"
    ALGORITHM = "algorithm"
    EXTENSION = "extension"
    ENCODING = "encoding"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """The result of chain validation.

    Attributes:
        state: Whether the chain is valid.
        reason: The reason why the chain is not valid, or None if it is valid.
        text: The state in words, safe to display. If the chain is not valid, it includes the reason, otherwise the
            certificate at the end of the chain.
    """

    state: ChainState
    reason: ChainReason | None
    text: str

    def as_json(self) -> dict[str, object]:
        """Return the status as JSON members for commands."""
        return {
            "state": self.state.value,
            "reason": self.reason.value if self.reason else None,
            "text": self.text,
        }


def validate_chain(chain: Chain, now: datetime) -> ChainStatus:
    """Validate a chain and return the result."""
    path = chain.path
    with warnings.catch_warnings(action="ignore"):  # as in `certificate.read_der`
        error = verify_path(list(map(load, path)), now)
        failure = next(filter(None, _check_all(chain, path, now)), None)
    if failure is None and error is not None:
        failure = _not_checkable(ChainReason.LIBRARY, f"the validation ended with: {visible(error)}")
    return failure or ChainStatus(ChainState.VALID, None, _end_text(chain))


def _check_all(chain: Chain, path: Sequence[Certificate], now: datetime) -> Iterator[ChainStatus | None]:
    """Yield the result of each check: a failure, or None if it passed."""
    yield _check_end(chain)
    yield _check_validity(path, now)
    yield _check_issuers(path)
    yield _check_path_length(path)
    yield _check_purpose(path)
    yield _check_name_constraints(path)
    yield _check_completeness(chain)
    yield _check_encoding(path)
    yield _check_algorithms(path)
    yield _check_extensions(path)


def _end_text(chain: Chain) -> str:
    if chain.root is not None:
        return f"valid up to {chain.root.display_name}"
    if chain.end is ChainEnd.ROOT:
        return "valid: the certificate is self-signed"
    return f"complete up to {chain.last_issuer_text or 'an issuer without a name'}, which clients must trust"


def _invalid(reason: ChainReason, text: str) -> ChainStatus:
    return ChainStatus(ChainState.INVALID, reason, f"invalid: {text}")


def _not_checkable(reason: ChainReason, text: str) -> ChainStatus:
    return ChainStatus(ChainState.NOT_CHECKABLE, reason, f"not checkable: {text}")


def _check_end(chain: Chain) -> ChainStatus | None:
    if chain.end is ChainEnd.TOO_LONG:
        count = plural(len(chain.intermediates), "intermediate certificate")
        return _not_checkable(ChainReason.TOO_LONG, f"there are more than {count}")
    if chain.end is not ChainEnd.WRONG_ISSUER:
        return None
    last = chain.server_certificates[-1]
    if any(is_issued_by(last, issuer) for issuer in chain.rejected_issuers):
        return _invalid(ChainReason.NOT_A_CA, f"{chain.last_issuer_text} is not a CA certificate")
    text = f"the certificate of {chain.last_issuer_text} did not sign {last.display_name}"
    return _invalid(ChainReason.SIGNATURE, text)


def _check_completeness(chain: Chain) -> ChainStatus | None:
    if chain.end is not ChainEnd.ISSUER_MISSING:
        return None
    issuer = chain.last_issuer_text or "which has no name"
    return _not_checkable(ChainReason.ISSUER_MISSING, f"the issuer certificate, {issuer}, is missing")


def _check_encoding(path: Sequence[Certificate]) -> ChainStatus | None:
    for certificate in path:
        if certificate.encoding_faults:
            text = f"{certificate.display_name} breaks an encoding rule, so strict programs refuse it"
            return _not_checkable(ChainReason.ENCODING, text)
    return None


def _check_validity(path: Sequence[Certificate], now: datetime) -> ChainStatus | None:
    for index, certificate in enumerate(path):
        name, validity = certificate.display_name, certificate.validity
        reason = ChainReason.VALIDITY if index else ChainReason.LEAF_VALIDITY
        if now > validity.not_after:
            return _invalid(reason, f"{name} expired on {date_text(validity.not_after)}")
        if now < validity.not_before:
            return _invalid(reason, f"{name} is not valid before {time_text(validity.not_before)}")
    return None


def _check_issuers(path: Sequence[Certificate]) -> ChainStatus | None:
    for issued, issuer in pairwise(path):
        if not may_sign(load(issuer)):
            text = (
                f"{issuer.display_name} may not sign certificates: its key usage does not include keyCertSign"
            )
            return _invalid(ChainReason.KEY_USAGE, text)
        if not key_identifiers_match(load(issued), load(issuer)):
            text = (
                f"the authority key identifier of {issued.display_name} does not match {issuer.display_name}"
            )
            return _invalid(ChainReason.KEY_IDENTIFIER, text)
    return None


def _check_path_length(path: Sequence[Certificate]) -> ChainStatus | None:
    from cryptography import x509

    count = 0
    for ca in path[1:]:
        constraints = extension_value(load(ca).extensions, x509.BasicConstraints)
        limit = constraints.path_length if constraints else None
        if limit is not None and count > limit:
            allowed = plural(limit, "CA certificate")
            text = f"{ca.display_name} allows at most {allowed} below it (path length); the chain has {count}"
            return _invalid(ChainReason.PATH_LENGTH, text)
        count += not ca.is_self_issued
    return None


def _check_purpose(path: Sequence[Certificate]) -> ChainStatus | None:
    """Check the extended key usage of each issuer that has one, as TLS clients do."""
    purposes = path[0].purposes
    if purposes is None or ANY_PURPOSE in purposes:
        return None
    required = {SERVER_AUTHENTICATION} if SERVER_AUTHENTICATION in purposes else set(purposes)
    for ca in path[1:]:
        allowed = ca.purposes
        if allowed is not None and ANY_PURPOSE not in allowed and not required & set(allowed):
            text = f"{ca.display_name} may not issue certificates for this purpose (extended key usage)"
            return _invalid(ChainReason.PURPOSE, text)
    return None


def _check_name_constraints(path: Sequence[Certificate]) -> ChainStatus | None:
    from cryptography import x509

    for index, ca in enumerate(path[1:], start=1):
        constraints = extension_value(load(ca).extensions, x509.NameConstraints)
        if constraints is None:
            continue
        for below, certificate in enumerate(path[:index]):
            if below and certificate.is_self_issued:
                continue
            outcome, name = check_names(load(certificate), constraints, is_leaf=below == 0)
            if outcome is NameOutcome.FORBIDDEN:
                text = f"the name constraints of {ca.display_name} do not allow {name}"
                return _invalid(ChainReason.NAME_CONSTRAINTS, text)
            if outcome is NameOutcome.UNSUPPORTED:
                text = f"csrtui cannot compare the name constraints of {ca.display_name} with {name}"
                return _not_checkable(ChainReason.NAME_CONSTRAINTS, text)
    return None


def _check_algorithms(path: Sequence[Certificate]) -> ChainStatus | None:
    for issued, issuer in pairwise(path):
        if issued.has_old_hash:
            hash_name = str(issued.signature_hash).upper()
            text = f"{issued.display_name} is signed with {hash_name}, which proves nothing"
            return _not_checkable(ChainReason.WEAK, text)
        if check_signature(issued, issuer) is not SignatureCheck.GOOD:
            text = f"csrtui does not know the signature algorithm of {issued.display_name}"
            return _not_checkable(ChainReason.ALGORITHM, text)
        bits = _rsa_bits(load(issuer))
        if bits is not None and bits < _MIN_RSA_BITS:
            text = f"the RSA key of {issuer.display_name} has {bits} bits, so its signatures prove nothing"
            return _not_checkable(ChainReason.WEAK, text)
    return None


def _check_extensions(path: Sequence[Certificate]) -> ChainStatus | None:
    for certificate in path:
        for extension in load(certificate).extensions:
            oid = extension.oid.dotted_string
            if extension.critical and oid not in _KNOWN_EXTENSIONS:
                text = f"{certificate.display_name} has a critical extension that csrtui does not know: {oid}"
                return _not_checkable(ChainReason.EXTENSION, text)
    return None


_KNOWN_EXTENSIONS = frozenset({
    "2.5.29.14",  # subject key identifier
    "2.5.29.15",  # key usage
    "2.5.29.17",  # subject alternative name
    "2.5.29.18",  # issuer alternative name
    "2.5.29.19",  # basic constraints
    "2.5.29.30",  # name constraints
    "2.5.29.31",  # CRL distribution points
    "2.5.29.32",  # certificate policies
    "2.5.29.35",  # authority key identifier
    "2.5.29.37",  # extended key usage
    "1.3.6.1.5.5.7.1.1",  # authority information access
    "1.3.6.1.5.5.7.1.24",  # TLS feature
})  # fmt: skip
"""The extensions that may be critical, because they are checked here or do not affect the validity of a path."""


def _rsa_bits(certificate: "x509.Certificate") -> int | None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = certificate.public_key()
    return key.key_size if isinstance(key, rsa.RSAPublicKey) else None


def verify_path(path: Sequence["x509.Certificate"], now: datetime) -> str | None:
    """Return the reason why cryptography refuses a path, or None if it accepts it or does not support its algorithms.

    The path goes from the leaf to the last issuer, which is trusted. The extension policies are csrtui's own, because
    cryptography's defaults follow the rules of public CAs. They refuse a leaf without an authority key identifier or a
    SAN, a root without a key usage, and purposes other than TLS. Certificates of private CAs are often like that.
    """
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    if not all(map(_is_supported, path)):
        return None
    ca_policy, leaf_policy = _extension_policies()
    verifier = (
        PolicyBuilder()
        .store(Store([path[-1]]))
        .time(now)
        .max_chain_depth(_MAX_DEPTH)
        .extension_policies(ca_policy=ca_policy, ee_policy=leaf_policy)
        .build_client_verifier()  # a verifier for servers would require a host name
    )
    try:
        verifier.verify(path[0], list(path[1:]))
    except VerificationError as error:
        return str(error)
    return None


def _extension_policies() -> tuple["ExtensionPolicy", "ExtensionPolicy"]:
    """Return the policies for CAs and for the leaf. Critical and other extensions are treated alike.

    A CA needs basic constraints, and keyCertSign if it has a key usage. A leaf needs nothing: csrtui shows its purposes
    and names, but they do not make a path invalid.
    """
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    either = Criticality.AGNOSTIC
    leaf_policy = ExtensionPolicy.permit_all().may_be_present(x509.CertificatePolicies, either, None)
    ca_policy = leaf_policy.require_present(x509.BasicConstraints, either, None)
    return ca_policy.may_be_present(x509.KeyUsage, either, _require_key_cert_sign), leaf_policy


def _require_key_cert_sign(
    _policy: "Policy", _certificate: "x509.Certificate", usage: "x509.KeyUsage | None"
) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the key usage of a CA does not include keyCertSign")


def _is_supported(certificate: "x509.Certificate") -> bool:
    """Return whether cryptography's verifier, which was made for public CAs, supports this kind of certificate."""
    from cryptography import x509

    return (
        certificate.version is x509.Version.v3
        and certificate.serial_number.bit_length() <= _MAX_SERIAL_BITS
        and _has_supported_constraints(certificate)
        and _has_supported_key(certificate)
        and _has_supported_signature(certificate)
    )


def _has_supported_constraints(certificate: "x509.Certificate") -> bool:
    """Return whether each name constraint is an address, or a DNS name without a leading dot.

    RFC 5280 does not define a leading dot in a DNS name.
    """
    from cryptography import x509

    constraints = extension_value(certificate.extensions, x509.NameConstraints)
    return constraints is None or all(
        isinstance(base, x509.IPAddress)
        or (isinstance(base, x509.DNSName) and not base.value.startswith("."))
        for base in (*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ()))
    )


def _has_supported_key(certificate: "x509.Certificate") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _MIN_RSA_BITS
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
