"""Compare an issued certificate with the one that its pair has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural
from csrtui.core.base.times import utc_text
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.pairs.pair import PairRecord


class Doing(Enum):
    """What is done with certificates that found their pairs."""

    IMPORT = auto()
    LOOK = auto()
    """Nothing: only what would become of them is said."""
    ASK = auto()
    """Import all but certificates that expire sooner than those they would replace: these wait for an answer."""


class News(Enum):
    """What a certificate is to its pair."""

    NONE = auto()
    """The one that it has."""
    CHAIN = auto()
    """The one that it has, with another chain."""
    CERTIFICATE = auto()
    """Its first, or one that expires later."""
    SHORTER = auto()
    """Another one, still valid, that expires sooner than the one that it has."""
    SUPERSEDED = auto()
    """Another one that expires sooner and has expired already, or came together with a better one."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A certificate that found its pair.

    Attributes:
        chain: The certificate and its issuers.
        present: The certificates that the pair has, leaf first; none where they are not of its key.
        news: What the one is to the other.
    """

    chain: Chain
    present: tuple[Certificate, ...]
    news: News

    def is_taken(self, doing: Doing) -> bool:
        """Return whether the pair gets the certificate, or has it."""
        return self.news is not News.SUPERSEDED and (self.news is not News.SHORTER or doing is not Doing.ASK)

    @property
    def changes_what_is_sent(self) -> bool:
        """Whether a server has to be given other certificates than before."""
        return _sent(self.present) != _sent(self.chain.path)

    @property
    def difference(self) -> str:
        """What is shorter than before, a phrase."""
        new, old = (utc_text(one.validity.not_after) for one in (self.chain.leaf, self.present[0]))
        return f"expires on {new}, sooner than the certificate that the pair has, which expires on {old}"

    def text(self, doing: Doing) -> str:
        """Return what is done about it, a sentence."""
        would = "would be " if doing is Doing.LOOK else ""
        match self.news:
            case News.SUPERSEDED:
                return f"not imported: it {self.difference}"
            case News.SHORTER if doing is Doing.ASK:
                return f"not imported yet: it {self.difference}"
            case News.CHAIN:
                stored = plural(len(self.chain.path), "certificate")
                return f"chain of the certificate {would}replaced, {stored} now"
            case News.CERTIFICATE | News.SHORTER:
                return f"{would}imported, expires {utc_text(self.chain.leaf.validity.not_after)}"
            case _:
                return "is the certificate that the pair has already"


def compare(
    data: bytes | None,
    record: PairRecord,
    leaf: Certificate,
    pool: Sequence[Certificate],
    now: datetime,
    *,
    is_best: bool,
) -> Replacement:
    """Compare a certificate with the certificate.pem and the record that its pair has.

    Args:
        data: certificate.pem, or None.
        record: The record of the pair.
        leaf: The certificate.
        pool: Certificates to make its chain of, besides those of certificate.pem.
        now: The time, in UTC.
        is_best: Whether no certificate for the same pair that expires later came with it.
    """
    present = tuple(usable(data, leaf.spki_sha256))
    chain = build_chain(leaf, [*pool, *present], now)
    if not present or present[0] == leaf:
        news = _news_of_same(present, chain, record)
    elif leaf.validity.not_after >= present[0].validity.not_after:
        news = News.CERTIFICATE
    else:
        news = News.SHORTER if is_best and leaf.validity.not_after >= now else News.SUPERSEDED
    return Replacement(chain, present, news)


def stored_chain(chain: Chain, now: datetime) -> Chain:
    """Return a chain as certificate.pem stores it: without certificates that did not sign it."""
    return build_chain(chain.leaf, chain.path[1:], now)


def usable(data: bytes | None, spki: str | None) -> list[Certificate]:
    """Return the certificates of certificate.pem, leaf first; none where it cannot be read or is not of the key.

    Args:
        data: certificate.pem, or None.
        spki: The SPKI fingerprint of the pair, 64 hex digits.
    """
    try:
        certificates = read_certificates(data) if data is not None else []
    except InputError:
        return []  # it makes room for the new one, and stays beside it
    return certificates if certificates and certificates[0].spki_sha256 == spki else []


def _sent(certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """The certificates of certificate.pem that `csrtui.core.servers.deployment.read_chain` gives to a server: no root."""
    return (*certificates[:1], *(one for one in certificates[1:] if not one.is_self_issued))


def _news_of_same(present: tuple[Certificate, ...], chain: Chain, record: PairRecord) -> News:
    if not present or record.validity != chain.leaf.validity:
        return News.CERTIFICATE
    return News.NONE if present == chain.path else News.CHAIN
