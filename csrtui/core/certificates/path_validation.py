"""Validate certification paths (RFC 5280, 6.1) for certificates of public and private CAs.

A failed check names the certificate and the reason. A chain is valid only if cryptography's verifier accepts it as well
(`csrtui.core.certificates.path_verifier`), unless the verifier does not support its algorithms. csrtui does not know
which roots clients trust, so it trusts the last certificate of a path.
"""

import warnings
from collections.abc import Iterator
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
from csrtui.core.certificates.path_verifier import MIN_RSA_BITS, NameOutcome, check_names, verify_path

if TYPE_CHECKING:
    from cryptography import x509


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
    """The result of validating a chain.

    Attributes:
        state: Whether the chain is valid.
        reason: The reason why the chain is not valid, or None if it is valid.
        text: The state in words, safe to display. It includes the reason if the chain is not valid, or else the
            certificate at which the chain ends.
    """

    state: ChainState
    reason: ChainReason | None
    text: str

    def as_json(self) -> dict[str, object]:
        """Return the status as the JSON members that commands print."""
        return {
            "state": self.state.value,
            "reason": self.reason.value if self.reason else None,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class _Link:
    """A certificate of a path, as a csrtui object and as a cryptography object."""

    certificate: Certificate
    decoded: "x509.Certificate"

    @property
    def name(self) -> str:
        """The name of the certificate for messages."""
        return self.certificate.display_name


def validate_chain(chain: Chain, now: datetime) -> ChainStatus:
    """Return whether a chain is valid and, if not, why."""
    path = [_Link(certificate, load(certificate)) for certificate in chain.path]
    with warnings.catch_warnings(action="ignore"):  # as in `certificate.read_der`
        error = verify_path([link.decoded for link in path], now)
        failure = next(filter(None, _check_all(chain, path, now)), None)
    if failure is None and error is not None:
        failure = _not_checkable(ChainReason.LIBRARY, f"the validation ended with: {visible(error)}")
    return failure or ChainStatus(ChainState.VALID, None, _end_text(chain))


def _check_all(chain: Chain, path: list[_Link], now: datetime) -> Iterator[ChainStatus | None]:
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


def _check_encoding(path: list[_Link]) -> ChainStatus | None:
    for link in path:
        if link.certificate.encoding_faults:
            text = f"{link.name} breaks an encoding rule, so strict programs refuse it"
            return _not_checkable(ChainReason.ENCODING, text)
    return None


def _check_validity(path: list[_Link], now: datetime) -> ChainStatus | None:
    for index, link in enumerate(path):
        validity = link.certificate.validity
        reason = ChainReason.VALIDITY if index else ChainReason.LEAF_VALIDITY
        if now > validity.not_after:
            return _invalid(reason, f"{link.name} expired on {date_text(validity.not_after)}")
        if now < validity.not_before:
            return _invalid(reason, f"{link.name} is not valid before {time_text(validity.not_before)}")
    return None


def _check_issuers(path: list[_Link]) -> ChainStatus | None:
    for issued, issuer in pairwise(path):
        if not may_sign(issuer.decoded):
            text = f"{issuer.name} may not sign certificates: its key usage does not include keyCertSign"
            return _invalid(ChainReason.KEY_USAGE, text)
        if not key_identifiers_match(issued.decoded, issuer.decoded):
            text = f"the authority key identifier of {issued.name} does not match {issuer.name}"
            return _invalid(ChainReason.KEY_IDENTIFIER, text)
    return None


def _check_path_length(path: list[_Link]) -> ChainStatus | None:
    from cryptography import x509

    count = 0
    for link in path[1:]:
        constraints = extension_value(link.decoded.extensions, x509.BasicConstraints)
        limit = constraints.path_length if constraints else None
        if limit is not None and count > limit:
            allowed = plural(limit, "CA certificate")
            text = f"{link.name} allows at most {allowed} below it (path length); the chain has {count}"
            return _invalid(ChainReason.PATH_LENGTH, text)
        count += not link.certificate.is_self_issued
    return None


def _check_purpose(path: list[_Link]) -> ChainStatus | None:
    """Check the extended key usage of each issuer that has one, as TLS clients do."""
    purposes = path[0].certificate.purposes
    if purposes is None or ANY_PURPOSE in purposes:
        return None
    required = {SERVER_AUTHENTICATION} if SERVER_AUTHENTICATION in purposes else set(purposes)
    for link in path[1:]:
        allowed = link.certificate.purposes
        if allowed is not None and ANY_PURPOSE not in allowed and not required & set(allowed):
            text = f"{link.name} may not issue certificates for this purpose (extended key usage)"
            return _invalid(ChainReason.PURPOSE, text)
    return None


def _check_name_constraints(path: list[_Link]) -> ChainStatus | None:
    from cryptography import x509

    for index, ca in enumerate(path[1:], start=1):
        constraints = extension_value(ca.decoded.extensions, x509.NameConstraints)
        if constraints is None:
            continue
        for below, link in enumerate(path[:index]):
            if below and link.certificate.is_self_issued:
                continue
            outcome, name = check_names(link.decoded, constraints, is_leaf=below == 0)
            if outcome is NameOutcome.FORBIDDEN:
                text = f"the name constraints of {ca.name} do not allow {name}"
                return _invalid(ChainReason.NAME_CONSTRAINTS, text)
            if outcome is NameOutcome.UNSUPPORTED:
                text = f"csrtui cannot compare the name constraints of {ca.name} with {name}"
                return _not_checkable(ChainReason.NAME_CONSTRAINTS, text)
    return None


def _check_algorithms(path: list[_Link]) -> ChainStatus | None:
    for issued, issuer in pairwise(path):
        if issued.certificate.has_old_hash:
            hash_name = str(issued.certificate.signature_hash).upper()
            text = f"{issued.name} is signed with {hash_name}, which proves nothing"
            return _not_checkable(ChainReason.WEAK, text)
        if check_signature(issued.certificate, issuer.certificate) is not SignatureCheck.GOOD:
            text = f"csrtui does not know the signature algorithm of {issued.name}"
            return _not_checkable(ChainReason.ALGORITHM, text)
        bits = _rsa_bits(issuer.decoded)
        if bits is not None and bits < MIN_RSA_BITS:
            text = f"the RSA key of {issuer.name} has {bits} bits, so its signatures prove nothing"
            return _not_checkable(ChainReason.WEAK, text)
    return None


def _check_extensions(path: list[_Link]) -> ChainStatus | None:
    for link in path:
        for extension in link.decoded.extensions:
            oid = extension.oid.dotted_string
            if extension.critical and oid not in _KNOWN_EXTENSIONS:
                text = f"{link.name} has a critical extension that csrtui does not know: {oid}"
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
