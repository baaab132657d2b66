"""Describe a certificate in a file: its facts, the findings on it and its chain, and its members in JSON."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import name_text, visible
from csrtui.core.base.finding import CaKind, Level
from csrtui.core.base.validity import time_text, utc_text
from csrtui.core.certificates import certificate as certificates
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.comparison import CertificateFlawKind, flaws
from csrtui.core.certificates.extensions import describe_usages, extension_value
from csrtui.core.certificates.path_validation import ChainReason, ChainState, ChainStatus
from csrtui.core.keys import key_types
from csrtui.tasks.inspect.csr_and_key_item import (
    Fact,
    InspectedItem,
    ItemKind,
    Remark,
    fingerprint_members,
    key_members,
    key_remarks,
    original_spki,
    signature_members,
    signature_name,
    sort_remarks,
    spki_fact,
)
from csrtui.tasks.pair_text import fingerprint, labelled_lines, time_left
from csrtui.tasks.private_keys import usual_ca

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.certificates.chain import Chain
    from csrtui.core.keys.key_types import PublicKey

_REFUSAL_KINDS = frozenset({
    CertificateFlawKind.EXPIRED,
    CertificateFlawKind.NOT_YET_VALID,
    CertificateFlawKind.OLD_HASH,
    CertificateFlawKind.ENCODING,
    CertificateFlawKind.CHAIN_INVALID,
})  # fmt: skip
"""The problems that make clients refuse a certificate."""
_SERVER_KINDS = frozenset({
    CertificateFlawKind.NOT_FOR_SERVERS,
    CertificateFlawKind.FOR_CLIENTS,
    CertificateFlawKind.NO_ALTERNATIVE_NAMES,
})  # fmt: skip


def describe_certificate(
    file: str, chain: "Chain", status: ChainStatus, ca: CaKind | None, now: datetime
) -> InspectedItem:
    """Return the description of a certificate.

    Args:
        chain: The certificate with its chain, built from all certificates in all files.
    """
    from cryptography import x509

    certificate = chain.leaf
    decoded = certificates.load(certificate)
    validity = certificate.validity
    key = _certificate_key(decoded)
    # The version is the first field, except in version 1.
    position = 5 if decoded.version is x509.Version.v1 else 6
    spki = original_spki(certificate.der, certificate.spki_sha256, at=position)
    return InspectedItem(
        file=file,
        kind=ItemKind.CERTIFICATE,
        title=_certificate_title(certificate),
        subject=certificate.subject_text,
        names=certificate.names,
        spki_sha256=spki,
        facts=tuple(_facts(chain, status, key, spki, now)),
        findings=sort_remarks(list(_certificate_remarks(chain, status, ca, now))),
        members={
            **(key_members(key) if key is not None else {"key": None}),
            "issuer": certificate.issuer_text or None,
            "serial": certificate.serial,
            "not_before": utc_text(validity.not_before),
            "not_after": utc_text(validity.not_after),
            "is_ca": certificate.is_ca,
            "purposes": None if certificate.purposes is None else list(certificate.purposes),
            **signature_members(decoded, certificate.signature_hash),
            **fingerprint_members(certificate.der),
            "chain": status.as_json(),
        },
        certificate=certificate,
    )


def _facts(
    chain: "Chain", status: ChainStatus, key: "PublicKey | None", spki: str | None, now: datetime
) -> Iterator[Fact]:
    certificate, validity = chain.leaf, chain.leaf.validity
    decoded = certificates.load(certificate)
    yield "Subject", certificate.subject_text or "none"
    yield from labelled_lines("Names", [name_text(name) for name in certificate.names])
    yield "Issuer", certificate.issuer_text or "none"
    yield "Serial", certificate.serial
    yield "Valid from", time_text(validity.not_before)
    yield "Valid to", f"{time_text(validity.not_after)} ({time_left(validity, now)})"
    yield "Key", key_types.label_of(key) if key is not None else "of a type that csrtui does not support"
    yield "Signed", signature_name(decoded)
    yield from labelled_lines("Allows", list(describe_usages(decoded.extensions)))
    yield from labelled_lines("Issuer at", list(_issuer_urls(decoded)))
    yield "SHA-256", fingerprint(certificate.sha256)
    yield "SHA-1", fingerprint(sha1(certificate.der, usedforsecurity=False).hexdigest())
    if spki:
        yield spki_fact(spki)
    if status.state is ChainState.VALID and not certificate.is_ca:  # any other state is a finding
        yield "Chain", status.text


def _certificate_title(certificate: Certificate) -> str:
    if not certificate.is_ca:
        return "self-signed certificate" if certificate.is_self_issued else "certificate"
    return "root certificate" if certificate.is_self_issued else "CA certificate"


def _certificate_key(decoded: "x509.Certificate") -> "PublicKey | None":
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return decoded.public_key()
    except UnsupportedAlgorithm:
        return None


def _issuer_urls(decoded: "x509.Certificate") -> Iterator[str]:
    """Yield the addresses of the issuer's certificate (RFC 5280, 4.2.2.1)."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    access = extension_value(decoded.extensions, x509.AuthorityInformationAccess) or ()
    for description in access:
        location = description.access_location
        is_issuer = description.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        if is_issuer and isinstance(location, x509.UniformResourceIdentifier):
            yield visible(location.value)


def _may_be_of_server(certificate: Certificate, kind: CertificateFlawKind) -> bool:
    """Return whether a flaw may concern a self-signed server certificate, which ``openssl req -x509`` makes a CA."""
    is_without_names = kind is CertificateFlawKind.NO_ALTERNATIVE_NAMES
    return is_without_names and certificate.is_self_issued and "." in (certificate.subject.common_name or "")


def _certificate_remarks(
    chain: "Chain", status: ChainStatus, ca: CaKind | None, now: datetime
) -> Iterator[Remark]:
    certificate = chain.leaf
    key = _certificate_key(certificates.load(certificate))
    is_private = certificate.is_self_issued or (key is not None and usual_ca(key) is CaKind.PRIVATE)
    rules = ca or (CaKind.PRIVATE if is_private else CaKind.PUBLIC)
    if key is not None:
        yield from key_remarks(key, rules)
    for flaw in flaws(chain, status, CaKind.PRIVATE if certificate.is_ca else rules, now):
        is_of_root = certificate.is_self_issued and flaw.kind is CertificateFlawKind.OLD_HASH
        if flaw.kind is CertificateFlawKind.CHAIN_INCOMPLETE or is_of_root:
            continue
        if certificate.is_ca and flaw.kind in _SERVER_KINDS and not _may_be_of_server(certificate, flaw.kind):
            continue
        yield Remark(flaw.kind.value, Level.ERROR if flaw.kind in _REFUSAL_KINDS else flaw.level, flaw.text)
    if status.reason is ChainReason.ISSUER_MISSING and not certificate.is_ca:
        issuer = chain.last_issuer_text or "without a name"
        text = f"the chain is incomplete: the issuer certificate {issuer} is not in these files"
        yield Remark(CertificateFlawKind.CHAIN_INCOMPLETE.value, Level.WARNING, text)
