"""Putting certificates in the order a server sends them: leaf, intermediates, and the root told apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.certificates import Certificate, load, signature_holds

_LONGEST = 10
"""The most certificates between leaf and root; real chains have one to three."""


class ChainEnd(Enum):
    """How a chain ends."""

    ROOT = auto()
    """The last certificate, or its issuer, signed itself."""
    ISSUER_ELSEWHERE = auto()
    """There is an intermediate at least, and the issuer of the last is not there: as a rule a root, which
    clients have of their own."""
    ISSUER_MISSING = auto()
    """Nothing but the leaf is there."""
    WRONG_ISSUER = auto()
    """A certificate of the issuer's name is there, but it did not sign the last one, or is no CA's."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate and what vouches for it.

    Attributes:
        leaf: The certificate of the pair.
        intermediates: Each signed the one before it, the first signed the leaf; without the root.
        root: The one that signed itself, or None where it is not there.
        end: How it ends.
    """

    leaf: Certificate
    intermediates: tuple[Certificate, ...]
    root: Certificate | None
    end: ChainEnd

    @property
    def sent(self) -> tuple[Certificate, ...]:
        """What a server sends: all but the root, which clients have of their own (RFC 8446, 4.4.2)."""
        return (self.leaf, *self.intermediates)

    @property
    def issuer_of_last(self) -> str:
        """The name of the issuer of the last certificate that a server sends, safe to show."""
        return self.sent[-1].issuer_text


def build_chain(leaf: Certificate, others: Iterable[Certificate]) -> Chain:
    """Return the chain of a certificate, made of whichever of the others belong to it.

    Of several that signed the same one (cross-signed CAs) the root is taken, else the one that lives longest.
    """
    pool = [other for other in dict.fromkeys(others) if other != leaf]
    intermediates: list[Certificate] = []
    last = leaf
    while not last.is_self_issued and len(intermediates) < _LONGEST:
        namesakes = [other for other in pool if other.subject_der == last.issuer_der]
        signers = [other for other in namesakes if other.is_ca and signed(last, other)]
        if not signers:
            return Chain(leaf, tuple(intermediates), None, _end(intermediates, namesakes))
        issuer = max(signers, key=lambda one: (one.is_self_issued, one.validity.not_after))
        if issuer.is_self_issued:
            return Chain(leaf, tuple(intermediates), issuer, ChainEnd.ROOT)
        intermediates.append(issuer)
        pool.remove(issuer)
        last = issuer
    end = ChainEnd.ROOT if last.is_self_issued else ChainEnd.ISSUER_ELSEWHERE
    return Chain(leaf, tuple(intermediates), None, end)


def signed(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether one certificate's key signed another, and the names fit.

    A signature with SHA-1 or MD5 proves nothing, and cryptography may refuse to look at it: there the names
    are all that is asked.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.has_old_hash:
        return certificate.issuer_der == issuer.subject_der
    if certificate.encoding_faults:
        return certificate.issuer_der == issuer.subject_der and signature_holds(certificate, issuer)
    try:
        load(certificate).verify_directly_issued_by(load(issuer))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _end(intermediates: list[Certificate], namesakes: list[Certificate]) -> ChainEnd:
    if namesakes:
        return ChainEnd.WRONG_ISSUER
    return ChainEnd.ISSUER_ELSEWHERE if intermediates else ChainEnd.ISSUER_MISSING
