"""Validate certification paths (RFC 5280, 6.1) for certificates of public and private CAs.

The checks here name the certificate and the reason. A chain is only valid if cryptography's verifier accepts it too
(`csrtui.core.certificates.path_verifier`), unless that does not support its algorithms.
csrtui does not know which roots clients trust: the last certificate of a path counts as trusted.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.times import utc_text
from csrtui.core.certificates.certificate import SERVER_AUTHENTICATION, Certificate, load
from csrtui.core.certificates.chain import (
    Chain,
    ChainEnd,
    SignatureCheck,
    check_signature,
    identifiers_match,
    may_sign,
    signed,
)
from csrtui.core.certificates.name_constraints import NameOutcome, check_names
from csrtui.core.certificates.path_verifier import verify_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

_ANY_PURPOSE = "2.5.29.37.0"
_LEAST_RSA_BITS = 2048


class ChainState(StrEnum):
    """What a validation says of a chain."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKABLE = "not-checkable"


class ChainReason(StrEnum):
    """Why a chain is invalid, or cannot be checked."""

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
    """Result of a validation.

    Attributes:
        state: One of the three.
        reason: Why it is not valid, or None where it is.
        text: The state in words, with the reason or the end of the chain; text from outside in it is visible.
    """

    state: ChainState
    reason: ChainReason | None
    text: str

    def as_json(self) -> dict[str, object]:
        """Return the members that commands print."""
        return {
            "state": self.state.value,
            "reason": self.reason.value if self.reason else None,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class _Link:
    """A certificate of a path, as it was read and as cryptography has it."""

    read: Certificate
    decoded: "x509.Certificate"


def validate_chain(chain: Chain, now: datetime) -> ChainStatus:
    """Return whether a chain is valid at a time, invalid, or cannot be checked, and why.

    Args:
        chain: As `csrtui.core.certificates.chain.build_chain` returns it.
        now: The time of validation, in UTC.
    """
    path = [_Link(one, load(one)) for one in chain.path]
    checks: tuple[Callable[[], ChainStatus | None], ...] = (
        partial(_check_end, chain),
        partial(_check_validity, path, now),
        partial(_check_issuers, path),
        partial(_check_path_length, path),
        partial(_check_purpose, path),
        partial(_check_name_constraints, path),
        partial(_check_completeness, chain),
        partial(_check_encoding, path),
        partial(_check_algorithms, path),
        partial(_check_extensions, path),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd in certificates, such as long names, is the CA's matter
        error = verify_path([link.decoded for link in path], now)
        failure = next(filter(None, (check() for check in checks)), None)
    if failure is None and error is not None:
        failure = _not_checkable(ChainReason.LIBRARY, f"the validation ended with: {visible(error)}")
    return failure or ChainStatus(ChainState.VALID, None, _end_text(chain))


def _end_text(chain: Chain) -> str:
    if chain.root is not None:
        return f"valid up to {chain.root.whose}"
    if chain.end is ChainEnd.ROOT:
        return "valid: the certificate is self-signed"
    return f"complete up to {chain.issuer_of_last or 'an issuer without a name'}, which clients must trust"


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
    last = chain.sent[-1]
    if any(signed(last, one) for one in chain.rejected):
        return _invalid(ChainReason.NOT_A_CA, f"{chain.issuer_of_last} is not a CA certificate")
    text = f"the certificate of {chain.issuer_of_last} did not sign {last.whose}"
    return _invalid(ChainReason.SIGNATURE, text)


def _check_completeness(chain: Chain) -> ChainStatus | None:
    if chain.end is not ChainEnd.ISSUER_MISSING:
        return None
    issuer = chain.issuer_of_last or "which has no name"
    return _not_checkable(ChainReason.ISSUER_MISSING, f"the issuer certificate, {issuer}, is missing")


def _check_encoding(path: list[_Link]) -> ChainStatus | None:
    for link in path:
        if link.read.encoding_faults:
            text = f"{link.read.whose} breaks an encoding rule, so strict programs refuse it"
            return _not_checkable(ChainReason.ENCODING, text)
    return None


def _check_validity(path: list[_Link], now: datetime) -> ChainStatus | None:
    for at, link in enumerate(path):
        who, life = link.read.whose, link.read.validity
        reason = ChainReason.VALIDITY if at else ChainReason.LEAF_VALIDITY
        if now > life.not_after:
            return _invalid(reason, f"{who} expired on {utc_text(life.not_after)}")
        if now < life.not_before:
            return _invalid(reason, f"{who} is not valid before {utc_text(life.not_before)}")
    return None


def _check_issuers(path: list[_Link]) -> ChainStatus | None:
    for issued, issuer in pairwise(path):
        who = issuer.read.whose
        if not may_sign(issuer.decoded):
            text = f"{who} may not sign certificates: its key usage does not include keyCertSign"
            return _invalid(ChainReason.KEY_USAGE, text)
        if not identifiers_match(issued.decoded, issuer.decoded):
            text = f"the authority key identifier of {issued.read.whose} is not that of {who}"
            return _invalid(ChainReason.KEY_IDENTIFIER, text)
    return None


def _check_path_length(path: list[_Link]) -> ChainStatus | None:
    from cryptography import x509

    below = 0
    for link in path[1:]:
        constraints = _extension(link.decoded, x509.BasicConstraints)
        most = constraints.path_length if constraints else None
        if most is not None and below > most:
            allowed = plural(most, "CA certificate")
            text = f"{link.read.whose} allows at most {allowed} below it (path length); the chain has {below}"
            return _invalid(ChainReason.PATH_LENGTH, text)
        below += not link.read.is_self_issued
    return None


def _check_purpose(path: list[_Link]) -> ChainStatus | None:
    """Apply the extended key usages of intermediates, as TLS clients do; those of roots only where there are any."""
    wanted = path[0].read.purposes
    if wanted is None or _ANY_PURPOSE in wanted:
        return None
    needed = {SERVER_AUTHENTICATION} if SERVER_AUTHENTICATION in wanted else set(wanted)
    for link in path[1:]:
        allowed = link.read.purposes
        if allowed is not None and _ANY_PURPOSE not in allowed and not needed & set(allowed):
            text = f"{link.read.whose} may not issue certificates for this purpose (extended key usage)"
            return _invalid(ChainReason.PURPOSE, text)
    return None


def _check_name_constraints(path: list[_Link]) -> ChainStatus | None:
    from cryptography import x509

    for at, link in enumerate(path):
        constraints = _extension(link.decoded, x509.NameConstraints) if at else None
        if constraints is None:
            continue
        for below in range(at):
            if below and path[below].read.is_self_issued:
                continue
            outcome, name = check_names(path[below].decoded, constraints, is_leaf=below == 0)
            if outcome is NameOutcome.FORBIDDEN:
                text = f"the name constraints of {link.read.whose} do not allow {name}"
                return _invalid(ChainReason.NAME_CONSTRAINTS, text)
            if outcome is NameOutcome.UNSUPPORTED:
                text = f"csrtui cannot compare the name constraints of {link.read.whose} with {name}"
                return _not_checkable(ChainReason.NAME_CONSTRAINTS, text)
    return None


def _check_algorithms(path: list[_Link]) -> ChainStatus | None:
    for issued, issuer in pairwise(path):
        who = issued.read.whose
        if issued.read.has_old_hash:
            text = f"{who} is signed with {str(issued.read.signature_hash).upper()}, which proves nothing"
            return _not_checkable(ChainReason.WEAK, text)
        if check_signature(issued.read, issuer.read) is not SignatureCheck.GOOD:
            text = f"csrtui does not know the algorithm that {who} is signed with"
            return _not_checkable(ChainReason.ALGORITHM, text)
        bits = _rsa_bits(issuer.decoded)
        if bits is not None and bits < _LEAST_RSA_BITS:
            text = f"the RSA key of {issuer.read.whose} has {bits} bits: its signatures prove nothing"
            return _not_checkable(ChainReason.WEAK, text)
    return None


def _check_extensions(path: list[_Link]) -> ChainStatus | None:
    for link in path:
        unknown = [
            one.oid.dotted_string
            for one in link.decoded.extensions
            if one.critical and one.oid.dotted_string not in _KNOWN_EXTENSIONS
        ]
        if unknown:
            text = f"{link.read.whose} has a critical extension that csrtui does not know: {unknown[0]}"
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
"""Extensions that may be critical; the effect of each on a path is checked here, or it has none."""


_T = TypeVar("_T", bound="x509.ExtensionType")


def _extension(certificate: "x509.Certificate", kind: type[_T]) -> _T | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _rsa_bits(certificate: "x509.Certificate") -> int | None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = certificate.public_key()
    return key.key_size if isinstance(key, rsa.RSAPublicKey) else None
