"""Order certificates as a TLS server sends them: leaf, intermediates; the root comes last."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from csrtui.core.certificates.certificate import Certificate, load, signature_holds

if TYPE_CHECKING:
    from cryptography import x509

MAX_INTERMEDIATES = 10
"""The most certificates between leaf and root; real chains have one to three."""

_MOST_CHAINS = 50
"""The most chains that are compared: more than any CA's cross-signed certificates make."""


class ChainEnd(Enum):
    """How a chain ends."""

    ROOT = auto()
    """The last certificate, or its issuer, is self-signed."""
    ISSUER_ELSEWHERE = auto()
    """There is at least one intermediate, and the issuer of the last one is missing: usually a root."""
    ISSUER_MISSING = auto()
    """There is only the leaf."""
    WRONG_ISSUER = auto()
    """There are certificates with the name of the issuer, but none of them issued the last certificate."""
    TOO_LONG = auto()
    """There are more than `MAX_INTERMEDIATES`."""


class SignatureCheck(Enum):
    """Result of checking the signature of a certificate with the key of its issuer."""

    GOOD = auto()
    BAD = auto()
    """The names or keys do not match, or the signature is wrong."""
    UNKNOWN = auto()
    """The names match; the algorithm is unsupported, or too weak to prove anything (SHA-1, MD5)."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate and its issuers.

    Attributes:
        leaf: The certificate of the pair.
        intermediates: Each issued the one before it, the first issued the leaf; without the root.
        root: The self-signed issuer of the last one, or None where it is missing.
        end: How the chain ends.
        rejected: Certificates with the name of the next issuer that did not issue the last certificate.
    """

    leaf: Certificate
    intermediates: tuple[Certificate, ...]
    root: Certificate | None
    end: ChainEnd
    rejected: tuple[Certificate, ...] = ()

    @property
    def sent(self) -> tuple[Certificate, ...]:
        """The certificates that a server sends: all but the root (RFC 8446, 4.4.2)."""
        return (self.leaf, *self.intermediates)

    @property
    def path(self) -> tuple[Certificate, ...]:
        """All certificates of the chain from leaf to root, as certificate.pem stores them."""
        return self.sent if self.root is None else (*self.sent, self.root)

    @property
    def issuer_of_last(self) -> str:
        """The name of the issuer of the last certificate that a server sends, safe to show."""
        return self.sent[-1].issuer_text


def build_chain(leaf: Certificate, others: Iterable[Certificate], now: datetime) -> Chain:
    """Return the chain of a certificate, from whichever of the others belong to it.

    Of several chains (cross-signed CAs) one that is usable at `now` is taken, of these one with a root, else the one
    whose issuers expire last.

    Args:
        leaf: The certificate that the chain starts with.
        others: Possible issuers, in any order.
        now: The time to prefer valid certificates at, in UTC.
    """
    search = _Search([other for other in dict.fromkeys(others) if other != leaf], now)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd, such as a serial number of 0, is the CA's matter
        return max(islice(search.chains(leaf, ()), _MOST_CHAINS), key=search.rank)


class _Search:
    """Finds the chains that certificates can be ordered to; each pair of certificates is compared once."""

    def __init__(self, pool: list[Certificate], now: datetime) -> None:
        self._pool = pool
        self._now = now
        self._issuers: dict[Certificate, tuple[list[Certificate], list[Certificate]]] = {}

    def chains(self, leaf: Certificate, intermediates: tuple[Certificate, ...]) -> Iterator[Chain]:
        """Yield the chains that begin with these certificates, those with the better issuers first."""
        last = intermediates[-1] if intermediates else leaf
        if not intermediates and is_self_signed(leaf):
            yield Chain(leaf, (), None, ChainEnd.ROOT)
            return
        if len(intermediates) == MAX_INTERMEDIATES:
            yield Chain(leaf, intermediates, None, ChainEnd.TOO_LONG)
            return
        issuers, same_name = self._look_up(last)
        unused = [one for one in issuers if one not in intermediates]
        if not unused:
            left = tuple(one for one in same_name if one not in intermediates)
            yield Chain(leaf, intermediates, None, _end(intermediates, left), left)
        for issuer in unused:
            if is_self_signed(issuer):
                yield Chain(leaf, intermediates, issuer, ChainEnd.ROOT)
            else:
                yield from self.chains(leaf, (*intermediates, issuer))

    def rank(self, chain: Chain) -> tuple[bool, bool]:
        """Return what sorts the better chain last."""
        usable = all(_is_usable(issuer, issued, self._now) for issued, issuer in pairwise(chain.path))
        return usable, chain.end is ChainEnd.ROOT

    def _look_up(self, issued: Certificate) -> tuple[list[Certificate], list[Certificate]]:
        """Return the issuers of a certificate, the best first, and all certificates with the name of its issuer."""
        if issued not in self._issuers:
            same_name = [one for one in self._pool if one.subject_der == issued.issuer_der and one != issued]
            issuers = [one for one in same_name if one.is_ca and signed(issued, one)]
            issuers.sort(key=lambda one: self._preference(one, issued), reverse=True)
            self._issuers[issued] = issuers, same_name
        return self._issuers[issued]

    def _preference(self, issuer: Certificate, issued: Certificate) -> tuple[bool, bool, datetime]:
        usable = _is_usable(issuer, issued, self._now)
        return usable, issuer.is_self_issued, issuer.validity.not_after


def is_self_signed(certificate: Certificate) -> bool:
    """Return whether the certificate was signed with its own key, as a root is."""
    return certificate.is_self_issued and signed(certificate, certificate)


def signed(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether the issuer may have signed the certificate: nothing speaks against it."""
    return check_signature(certificate, issuer) is not SignatureCheck.BAD


def check_signature(certificate: Certificate, issuer: Certificate) -> SignatureCheck:
    """Check the signature of a certificate with the key of its issuer, and that the names match."""
    if certificate.issuer_der != issuer.subject_der:
        return SignatureCheck.BAD
    if certificate.has_old_hash:  # cryptography may refuse to check it
        return SignatureCheck.UNKNOWN
    if certificate.encoding_faults:
        return SignatureCheck.GOOD if signature_holds(certificate, issuer) else SignatureCheck.BAD
    return _check_decoded(certificate, issuer)


def _check_decoded(certificate: Certificate, issuer: Certificate) -> SignatureCheck:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    decoded = load(certificate)
    try:
        _ = decoded.signature_hash_algorithm  # of an unknown algorithm, the next line only says ValueError
        if not certificate.der.endswith(b"\0" + decoded.signature):
            return SignatureCheck.BAD  # the BIT STRING has unused bits, which OpenSSL refuses
        decoded.verify_directly_issued_by(load(issuer))
    except UnsupportedAlgorithm:
        return SignatureCheck.UNKNOWN
    except (ValueError, TypeError, InvalidSignature):
        return SignatureCheck.BAD
    return SignatureCheck.GOOD


def may_sign(issuer: "x509.Certificate") -> bool:
    """Return whether the key usage of an issuer, if it has one, allows signing certificates (RFC 5280, 4.2.1.3)."""
    from cryptography import x509

    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def identifiers_match(certificate: "x509.Certificate", issuer: "x509.Certificate") -> bool:
    """Return whether the authority key identifier of a certificate, if it has one, fits its issuer.

    RFC 5280, 4.2.1.1 only uses it to find issuers, but OpenSSL refuses a certificate where it differs.
    """
    from cryptography import x509

    try:
        authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return True
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        own = None
    if None not in {own, authority.key_identifier} and authority.key_identifier != own:
        return False
    serial_number = authority.authority_cert_serial_number
    if serial_number is not None and serial_number != issuer.serial_number:
        return False
    names = [
        one.value for one in authority.authority_cert_issuer or () if isinstance(one, x509.DirectoryName)
    ]
    return not names or names[0] == issuer.issuer


def _is_usable(issuer: Certificate, issued: Certificate, now: datetime) -> bool:
    decoded, life = load(issuer), issuer.validity
    valid = life.not_before <= now <= life.not_after
    return valid and may_sign(decoded) and identifiers_match(load(issued), decoded)


def _end(intermediates: tuple[Certificate, ...], same_name: tuple[Certificate, ...]) -> ChainEnd:
    if same_name:
        return ChainEnd.WRONG_ISSUER
    return ChainEnd.ISSUER_ELSEWHERE if intermediates else ChainEnd.ISSUER_MISSING
