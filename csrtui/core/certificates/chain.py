"""Order certificates into chains (leaf, intermediates, root), and draw them as a tree."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.base.validity import date_text
from csrtui.core.certificates.certificate import Certificate, has_valid_signature, load
from csrtui.core.certificates.extensions import extension_value

if TYPE_CHECKING:
    from cryptography import x509


MAX_INTERMEDIATES = 10
"""Maximum number of certificates between leaf and root. Real chains have one to three."""

_MAX_CHAINS = 50
"""Maximum number of chains to compare. The cross-signed certificates of real CAs form fewer chains."""


class ChainEnd(Enum):
    """The way in which a chain ends."""

    ROOT = auto()
    """The last certificate, or its issuer, is self-signed."""
    ROOT_MISSING = auto()
    """The issuer of the last intermediate is missing. Usually it is a root, which clients have."""
    ISSUER_MISSING = auto()
    """The issuer of the leaf is missing, so the chain contains only the leaf."""
    WRONG_ISSUER = auto()
    """Some certificates have the name of the next issuer, but none of them issued the last certificate."""
    TOO_LONG = auto()
    """There are more than `MAX_INTERMEDIATES` intermediates."""


class SignatureCheck(Enum):
    """The result of checking the signature of a certificate with the key of its issuer."""

    GOOD = auto()
    BAD = auto()
    """The names or keys do not match, or the signature is wrong."""
    UNKNOWN = auto()
    """The names match, but the algorithm is unsupported or too weak to prove anything (SHA-1, MD5)."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate and its issuers.

    Attributes:
        leaf: The certificate of the pair.
        intermediates: The issuers below the root, from the issuer of the leaf upwards.
        root: The self-signed issuer of the last certificate, or None if it is missing.
        end: The way in which the chain ends.
        rejected_issuers: Certificates that have the name of the next issuer, but did not issue the last certificate.
    """

    leaf: Certificate
    intermediates: tuple[Certificate, ...]
    root: Certificate | None
    end: ChainEnd
    rejected_issuers: tuple[Certificate, ...] = ()

    @property
    def server_certificates(self) -> tuple[Certificate, ...]:
        """The certificates that a TLS server sends: all of the chain except the root (RFC 8446, 4.4.2)."""
        return (self.leaf, *self.intermediates)

    @property
    def path(self) -> tuple[Certificate, ...]:
        """All certificates of the chain from leaf to root, in the order of certificate.pem."""
        return self.server_certificates if self.root is None else (*self.server_certificates, self.root)

    @property
    def last_issuer_text(self) -> str:
        """The issuer's name in the last certificate that a server sends, safe to display."""
        return self.server_certificates[-1].issuer_text


def build_chain(leaf: Certificate, others: Iterable[Certificate], now: datetime) -> Chain:
    """Build the chain of a certificate from other certificates and return it.

    If several chains exist (cross-signed CAs), prefer a chain that is usable at `now`, then a chain with a root, then
    the chain whose issuers expire last. The others can be in any order.
    """
    search = _Search([other for other in dict.fromkeys(others) if other != leaf], now)
    with warnings.catch_warnings(action="ignore"):  # as in `certificate.read_der`
        return max(islice(search.chains(leaf, ()), _MAX_CHAINS), key=search.rank)


class _Search:
    """A search for all possible chains, which compares each pair of certificates only once."""

    def __init__(self, pool: list[Certificate], now: datetime) -> None:
        self._pool = pool
        self._now = now
        self._issuers: dict[Certificate, tuple[list[Certificate], list[Certificate]]] = {}

    def chains(self, leaf: Certificate, intermediates: tuple[Certificate, ...]) -> Iterator[Chain]:
        """Yield the chains that begin with these certificates. Chains with better issuers come first."""
        if not intermediates and is_self_signed(leaf):
            yield Chain(leaf, (), None, ChainEnd.ROOT)
            return
        if len(intermediates) == MAX_INTERMEDIATES:
            yield Chain(leaf, intermediates, None, ChainEnd.TOO_LONG)
            return
        issuers, same_name = self._look_up(intermediates[-1] if intermediates else leaf)
        unused = [issuer for issuer in issuers if issuer not in intermediates]
        if not unused:
            rejected = tuple(certificate for certificate in same_name if certificate not in intermediates)
            yield Chain(leaf, intermediates, None, _end(intermediates, rejected), rejected)
        for issuer in unused:
            if is_self_signed(issuer):
                yield Chain(leaf, intermediates, issuer, ChainEnd.ROOT)
            else:
                yield from self.chains(leaf, (*intermediates, issuer))

    def rank(self, chain: Chain) -> tuple[bool, bool]:
        """Return a sort key that puts the best chain last."""
        usable = all(_is_usable(issuer, issued, self._now) for issued, issuer in pairwise(chain.path))
        return usable, chain.end is ChainEnd.ROOT

    def _look_up(self, issued: Certificate) -> tuple[list[Certificate], list[Certificate]]:
        """Return the issuers of a certificate, best first, and all certificates with the issuer's name."""
        if issued not in self._issuers:
            same_name = [
                other for other in self._pool if other.subject_der == issued.issuer_der and other != issued
            ]
            issuers = [other for other in same_name if other.is_ca and is_issued_by(issued, other)]
            issuers.sort(key=lambda issuer: self._preference(issuer, issued), reverse=True)
            self._issuers[issued] = issuers, same_name
        return self._issuers[issued]

    def _preference(self, issuer: Certificate, issued: Certificate) -> tuple[bool, bool, datetime]:
        usable = _is_usable(issuer, issued, self._now)
        return usable, issuer.is_self_issued, issuer.validity.not_after


def is_self_signed(certificate: Certificate) -> bool:
    """Return whether the certificate was signed with its own key, like a root certificate."""
    return certificate.is_self_issued and is_issued_by(certificate, certificate)


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether the issuer signed the certificate, or may have signed it but the signature cannot be checked."""
    return check_signature(certificate, issuer) is not SignatureCheck.BAD


def check_signature(certificate: Certificate, issuer: Certificate) -> SignatureCheck:
    """Compare the issuer's name, check the signature with the issuer's key, and return the result."""
    from cryptography.exceptions import UnsupportedAlgorithm

    if certificate.issuer_der != issuer.subject_der:
        return SignatureCheck.BAD
    if certificate.has_old_hash:  # cryptography may refuse to check it
        return SignatureCheck.UNKNOWN
    try:
        if certificate.encoding_faults:
            return SignatureCheck.GOOD if has_valid_signature(certificate, issuer) else SignatureCheck.BAD
        return _check_decoded(certificate, issuer)
    except UnsupportedAlgorithm:
        return SignatureCheck.UNKNOWN


def _check_decoded(certificate: Certificate, issuer: Certificate) -> SignatureCheck:
    from cryptography.exceptions import InvalidSignature

    decoded = load(certificate)
    # For an unknown algorithm, this call raises UnsupportedAlgorithm, but the next calls raise ValueError.
    _ = decoded.signature_hash_algorithm
    if not certificate.der.endswith(b"\0" + decoded.signature):
        return SignatureCheck.BAD  # the BIT STRING has unused bits, which OpenSSL refuses
    try:
        decoded.verify_directly_issued_by(load(issuer))
    except (ValueError, TypeError, InvalidSignature):
        return SignatureCheck.BAD
    return SignatureCheck.GOOD


def may_sign(issuer: "x509.Certificate") -> bool:
    """Return whether the issuer has no key usage or one that allows signing certificates (RFC 5280, 4.2.1.3)."""
    from cryptography import x509

    usage = extension_value(issuer.extensions, x509.KeyUsage)
    return usage is None or usage.key_cert_sign


def key_identifiers_match(certificate: "x509.Certificate", issuer: "x509.Certificate") -> bool:
    """Return whether a certificate has no authority key identifier, or one that matches the issuer.

    According to RFC 5280, 4.2.1.1, the identifier only helps to find issuers, but OpenSSL refuses a mismatch.
    """
    from cryptography import x509

    authority = extension_value(certificate.extensions, x509.AuthorityKeyIdentifier)
    if authority is None:
        return True
    subject = extension_value(issuer.extensions, x509.SubjectKeyIdentifier)
    if subject is not None and authority.key_identifier not in {None, subject.key_identifier}:
        return False
    serial_number = authority.authority_cert_serial_number
    if serial_number is not None and serial_number != issuer.serial_number:
        return False
    names = [
        name.value for name in authority.authority_cert_issuer or () if isinstance(name, x509.DirectoryName)
    ]
    return not names or names[0] == issuer.issuer


def _is_usable(issuer: Certificate, issued: Certificate, now: datetime) -> bool:
    decoded, validity = load(issuer), issuer.validity
    is_valid = validity.not_before <= now <= validity.not_after
    return is_valid and may_sign(decoded) and key_identifiers_match(load(issued), decoded)


def _end(intermediates: tuple[Certificate, ...], rejected: tuple[Certificate, ...]) -> ChainEnd:
    if rejected:
        return ChainEnd.WRONG_ISSUER
    return ChainEnd.ROOT_MISSING if intermediates else ChainEnd.ISSUER_MISSING


_MAX_INDENT = 60
"""The maximum indentation of the drawing. Real chains have three or four certificates."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row of the tree.

    Attributes:
        branch: The lines in front of the name, drawn with the characters ``│``, ``└``, ``├`` and ``─``.
        name: The common name or the whole subject, safe to display.
        status: The role and the validity, such as ``CA, until 30 Jan 2027`` or ``expired 1 Jan 2026``, or ``missing``.
        is_problem: Whether the certificate is missing, expired or not yet valid.
    """

    branch: str
    name: str
    status: str
    is_problem: bool


def draw_tree(certificates: Sequence[Certificate], now: datetime) -> list[TreeRow]:
    """Return the tree as rows. The certificates can be in any order, but each must occur only once.

    An issuer comes before the certificates that it issued.
    """
    return list(_Tree(certificates, now).rows())


class _Tree:
    """Certificates, grouped by issuer for drawing."""

    def __init__(self, certificates: Sequence[Certificate], now: datetime) -> None:
        self._now = now
        self._below: dict[Certificate, list[Certificate]] = {}
        self._missing: dict[tuple[str, bool], list[Certificate]] = {}
        self._roots: list[Certificate] = []
        self._drawn: set[Certificate] = set()
        for certificate in certificates:
            chain = build_chain(certificate, certificates, now)
            if len(chain.path) > 1:
                self._below.setdefault(chain.path[1], []).append(certificate)
            elif is_self_signed(certificate):
                self._roots.append(certificate)
            else:
                group = certificate.issuer_text or "an issuer without a name", bool(chain.rejected_issuers)
                self._missing.setdefault(group, []).append(certificate)
        self._certificates = certificates

    def rows(self) -> Iterator[TreeRow]:
        for root in self._roots:
            yield from self._draw(root, "", "")
        for (issuer, has_impostor), issued in self._missing.items():
            status = (
                "missing: the certificate with this name is not the issuer" if has_impostor else "missing"
            )
            yield TreeRow("", issuer, status, is_problem=True)
            yield from self._draw_all(issued, "")
        for certificate in self._certificates:  # two that issued each other have no root
            if certificate not in self._drawn:
                yield from self._draw(certificate, "", "")

    def _draw_all(self, certificates: list[Certificate], indent: str) -> Iterator[TreeRow]:
        for certificate in certificates:
            is_last = certificate is certificates[-1]
            yield from self._draw(
                certificate,
                f"{indent}{'└─ ' if is_last else '├─ '}",
                f"{indent}{'   ' if is_last else '│  '}",
            )

    def _draw(self, certificate: Certificate, branch: str, indent: str) -> Iterator[TreeRow]:
        if certificate in self._drawn or len(indent) > _MAX_INDENT:
            return
        self._drawn.add(certificate)
        status, is_problem = self._status(certificate)
        name = certificate.subject.common_name
        yield TreeRow(branch, visible(name) if name else certificate.display_name, status, is_problem)
        yield from self._draw_all(self._below.get(certificate, []), indent)

    def _status(self, certificate: Certificate) -> tuple[str, bool]:
        validity, role = certificate.validity, ""
        if certificate.is_ca:
            role = "root, " if certificate.is_self_issued else "CA, "
        if self._now > validity.not_after:
            return f"{role}expired {date_text(validity.not_after)}", True
        if self._now < validity.not_before:
            return f"{role}not valid before {date_text(validity.not_before)}", True
        return f"{role}until {date_text(validity.not_after)}", False
