"""Decide what is imported: refuse other files, and compare a certificate with the current one of its pair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from csrtui.core import bundle
from csrtui.core.backups.age import is_age
from csrtui.core.backups.header import is_backup
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import enumeration, excerpt, plural
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.bundle import KeyMaterial, ProblemKind, read_certificates
from csrtui.core.bundle.foreign_formats import recognize
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.comparison import CertificateFlaw, usability_flaws
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.tasks.parallel import Result

MAX_CERTIFICATES = 100
"""The maximum number of certificates imported from one text or file. A chain has three or four."""


class ImportMode(Enum):
    """The treatment of certificates whose pairs have been found."""

    IMPORT = auto()
    PREVIEW = auto()
    """Import nothing. The results describe what an import would do."""
    ASK = auto()
    """Import no certificate that needs confirmation: one that expires sooner than the one it replaces, or that clients
    refuse for a requested use.
    """


class ReplacementKind(Enum):
    """The relation of an issued certificate to the current certificate of its pair."""

    NONE = auto()
    """The same certificate with the same chain."""
    CHAIN = auto()
    """The same certificate with another chain."""
    CERTIFICATE = auto()
    """The first certificate, or one that expires later or on the same day."""
    SHORTER = auto()
    """Another certificate, still valid, that expires sooner."""
    SUPERSEDED = auto()
    """Another certificate that expires sooner, and that has expired or is imported with one that expires later."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A certificate, and the current certificates of its pair that it may replace.

    Attributes:
        present: The present certificates of the pair, leaf first. Empty if they do not match the key.
        flaws: The reasons why clients refuse the certificate (`usability_flaws`).
    """

    chain: Chain
    present: tuple[Certificate, ...]
    kind: ReplacementKind
    flaws: tuple[CertificateFlaw, ...]

    def is_imported(self, mode: ImportMode) -> bool:
        """Return whether the pair has the certificate after an import in this mode, even if it already had it."""
        if self.kind is ReplacementKind.SHORTER or (self.kind is ReplacementKind.CERTIFICATE and self.flaws):
            return mode is not ImportMode.ASK
        return self.kind is not ReplacementKind.SUPERSEDED

    @property
    def changes_sent_chain(self) -> bool:
        """Whether a server needs different certificates from those that it has now."""
        return _sent(self.present) != _sent(self.chain.path)

    @property
    def difference(self) -> str:
        """A clause that compares the expiry dates and the names."""
        new, old = self.chain.leaf, self.present[0]
        dates = [date_text(leaf.validity.not_after) for leaf in (new, old)]
        if dates[0] == dates[1]:
            dates = [time_text(leaf.validity.not_after) for leaf in (new, old)]
        text = f"expires on {dates[0]}, sooner than the certificate that the pair has, which expires on {dates[1]}"
        for more, less, relation in ((new, old, "covers"), (old, new, "does not cover")):
            if names := [excerpt(name) for name in more.names if name not in less.names]:
                text += f"; unlike that one, it {relation} {enumeration(names)}"
        return text

    def text(self, mode: ImportMode) -> str:
        """Return the result of the import as a sentence."""
        would = "would be " if mode is ImportMode.PREVIEW else ""
        match self.kind:
            case ReplacementKind.SUPERSEDED:
                return f"not imported: it {self.difference}"
            case ReplacementKind.CERTIFICATE if mode is ImportMode.ASK and self.flaws:
                return f"not imported yet: {'; '.join(flaw.text for flaw in self.flaws)}"
            case ReplacementKind.SHORTER if mode is ImportMode.ASK:
                return f"not imported yet: it {self.difference}"
            case ReplacementKind.CHAIN:
                stored = plural(len(self.chain.path), "certificate")
                return f"certificate chain {would}replaced, now {stored}"
            case ReplacementKind.CERTIFICATE | ReplacementKind.SHORTER:
                return f"{would}imported, expires {date_text(self.chain.leaf.validity.not_after)}"
            case _:
                return "is the certificate that the pair already has"


def compare(
    pem: bytes | None,
    record: PairRecord,
    leaf: Certificate,
    pool: Sequence[Certificate],
    now: datetime,
    *,
    is_best: bool,
) -> Replacement:
    """Compare a certificate with certificate.pem and the record of its pair, and return the result.

    Args:
        pem: The content of certificate.pem, or None.
        pool: Certificates from which the chain is built, in addition to those in certificate.pem.
        is_best: Whether this certificate expires last of all those that are imported for the pair.
    """
    present = tuple(usable_certificates(pem, leaf.spki_sha256))
    chain = build_chain(leaf, [*pool, *present], now)
    if not present or present[0] == leaf:
        kind = _kind_of_same(present, chain, record)
    elif leaf.validity.not_after >= present[0].validity.not_after or (
        is_best and leaf.validity.not_after.date() == present[0].validity.not_after.date()
    ):
        kind = ReplacementKind.CERTIFICATE
    elif is_best and leaf.validity.not_after >= now:
        kind = ReplacementKind.SHORTER
    else:
        kind = ReplacementKind.SUPERSEDED
    return Replacement(chain, present, kind, tuple(usability_flaws(leaf, record.names, record.purpose)))


_MAX_NAMES = 3
"""The maximum number of names listed in a sentence."""


def unmatched_text(certificate: Certificate, expected: str | None, pairs: Iterable[Pair]) -> str:
    """Return the description of a certificate for a key that no pair has, with the next step.

    Args:
        expected: The name of the pair that the certificate must belong to, or None.
        pairs: All pairs. One of them may have the names of the certificate.
    """
    matches = f"does not match {expected} or any other pair here" if expected else "matches no pair here"
    names = f", names: {', '.join(certificate.names[:_MAX_NAMES])}" if certificate.names else ""
    text = f"{matches}. Subject: {certificate.display_name}{names}, issuer: {certificate.issuer_text}. "
    namesakes = [
        pair.name
        for pair in pairs
        if pair.record.is_in_use and set(pair.record.names) & set(certificate.names)
    ]
    if namesakes:
        name = namesakes[0] if expected not in namesakes else expected
        text += f"{name} has these names, but another key: the CA was sent another CSR. Send it the CSR of {name} (csrtui csr). "
    return f"{text}If you have the key of this certificate: csrtui adopt --key KEY --cert FILE"


def stored_chain(chain: Chain, now: datetime) -> Chain:
    """Return a chain as it is stored in certificate.pem, without issuer certificates that did not sign it."""
    return build_chain(chain.leaf, chain.path[1:], now)


def usable_certificates(pem: bytes | None, spki: str | None) -> list[Certificate]:
    """Return the certificates in certificate.pem, leaf first, or none if they cannot be used.

    They cannot be used if the file is unreadable, or if the leaf certificate is not for the key with the SPKI `spki`.
    """
    try:
        certificates = read_certificates(pem) if pem is not None else []
    except InputError:
        return []  # the new certificate replaces the unreadable file, and a copy of that file is kept
    return certificates if certificates and certificates[0].spki_sha256 == spki else []


def _sent(certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """Return the certificates that a server sends: all except the root (`csrtui.core.servers.deployment.read_chain`)."""
    return (*certificates[:1], *(issuer for issuer in certificates[1:] if not issuer.is_self_issued))


def _kind_of_same(present: tuple[Certificate, ...], chain: Chain, record: PairRecord) -> ReplacementKind:
    if not present or record.validity != chain.leaf.validity:
        return ReplacementKind.CERTIFICATE
    return ReplacementKind.NONE if present == chain.path else ReplacementKind.CHAIN


class RefusedKind(Enum):
    """The kind of a refused file, which determines the command that handles it."""

    OTHER = auto()
    """A file that no command handles."""
    KEY = auto()
    BACKUP = auto()


@dataclass(frozen=True, slots=True)
class RefusedFile(Result):
    """The result for a text or file from which nothing is imported."""

    error: InputError = InputError("")  # noqa: RUF009 - never changed
    kind: RefusedKind = RefusedKind.OTHER


def refusal(data: bytes, file: str | None, material: KeyMaterial) -> RefusedFile | None:
    """Return the reason why nothing is imported from a text or file, or None.

    Args:
        material: The items that were read from the contents, without private keys.
    """
    kind, error = _reason(data, material)
    if error is None:
        return None
    return RefusedFile(ok=False, text=error.sentence, file=file, error=error, kind=kind)


def _reason(data: bytes, material: KeyMaterial) -> tuple[RefusedKind, InputError | None]:
    if is_age(data):
        hint = "if it is a backup, csrtui restore FILE --identity IDENTITY restores its pair"
        return RefusedKind.BACKUP, InputError("that is an age file, not a certificate", hint)
    if is_backup(data):
        message = "that is a backup of a private key, not a certificate"
        return RefusedKind.BACKUP, InputError(message, "csrtui restore FILE restores its pair")
    if material.has_private_key:
        return _key_reason(data, material)
    count = len(material.certificates)
    if count > MAX_CERTIFICATES:
        error = InputError(f"it contains {count} certificates; at most {MAX_CERTIFICATES} are read")
        return RefusedKind.OTHER, error
    is_readable = bool(material.certificates or material.problems)
    return RefusedKind.OTHER, None if is_readable else bundle.missing_certificate_error(material)


def _key_reason(data: bytes, material: KeyMaterial) -> tuple[RefusedKind, InputError]:
    problem = next((problem for problem in material.problems if problem.kind is ProblemKind.KEY), None)
    if problem is not None and recognize(data) is not None:  # a keystore of another program
        return RefusedKind.OTHER, problem.error
    message = "it contains a private key, and only certificates are imported; nothing of it was kept"
    hint = "csrtui adopt --key FILE adds the key, with its certificate, as a pair"
    if b"-----BEGIN CERTIFICATE-----" in data and problem is None:
        hint += "; sed -n '/BEGIN CERT/,/END CERT/p' FILE > NEW extracts only the certificates"
    return RefusedKind.KEY, InputError(message, f"{hint}; {problem.hint}" if problem is not None else hint)
