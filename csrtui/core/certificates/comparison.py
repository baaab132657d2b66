"""Compare an issued certificate with its CSR, and check the chain that a server sends (RFC 8446, 4.4.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from csrtui.core.base.escaping import enumeration, excerpt, plural, visible
from csrtui.core.base.finding import CaKind, Level, Purpose
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.certificates.certificate import (
    Certificate,
    max_validity_days,
    validity_days,
)
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.extensions import (
    ANY_PURPOSE,
    CLIENT_AUTHENTICATION,
    EXTENDED_KEY_USAGES,
    PURPOSE_LABELS,
)
from csrtui.core.certificates.path_validation import ChainReason, ChainState, ChainStatus, validate_chain
from csrtui.core.names.name import read_name


class DifferenceKind(StrEnum):
    """A kind of difference between a certificate and its CSR."""

    NAME_ADDED = "name-added"
    NAME_DROPPED = "name-dropped"
    FIELD_ADDED = "field-added"
    FIELD_DROPPED = "field-dropped"
    FIELD_CHANGED = "field-changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a certificate and its CSR.

    Attributes:
        kind: The kind of difference.
        requested: The name or field value in the CSR, or None.
        issued: The name or field value in the certificate, or None.
        text: A sentence, safe to display.
    """

    kind: DifferenceKind
    requested: str | None
    issued: str | None
    text: str


class CertificateFlawKind(StrEnum):
    """A kind of problem that does not prevent the import of a certificate."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    LIFE_TOO_LONG = "life-too-long"
    OLD_HASH = "old-hash"
    CHAIN_INCOMPLETE = "chain-incomplete"
    CHAIN_INVALID = "chain-invalid"
    CHAIN_NOT_CHECKABLE = "chain-not-checkable"
    NOT_FOR_SERVERS = "not-for-servers"
    OTHER_PURPOSE = "other-purpose"
    FOR_CLIENTS = "for-clients"
    ENCODING = "encoding"
    NO_ALTERNATIVE_NAMES = "no-alternative-names"
    NAMES_NOT_COVERED = "names-not-covered"


@dataclass(frozen=True, slots=True)
class CertificateFlaw:
    """A problem with a certificate or its chain, or a note about it.

    Attributes:
        kind: The kind of problem.
        level: A warning, or a note if no action is needed.
        text: A sentence that names the consequence, safe to display.
        is_total: Whether the certificate has none of the requested names or purposes, so that it is useless.
    """

    kind: CertificateFlawKind
    level: Level
    text: str
    is_total: bool = False


def differences(request: Request | None, certificate: Certificate) -> list[Difference]:
    """Return the differences between a certificate and its CSR: first the names, then the subject.

    Without a CSR (None), there are no differences.
    """
    if request is None:
        return []
    return [*_name_differences(request, certificate), *_field_differences(request, certificate)]


def flaws(
    chain: Chain, status: ChainStatus, ca: CaKind, now: datetime, purpose: Purpose = Purpose.SERVER
) -> list[CertificateFlaw]:
    """Return the problems of a certificate and its chain, warnings first."""
    result = [
        *_validity_flaws(chain.leaf, now),
        *_lifetime_flaws(chain.leaf, ca),
        *_hash_flaws(chain),
        *filter(None, [chain_flaw(chain, status, ca)]),
        *_encoding_flaws(chain.leaf),
        *filter(None, [_name_flaw(chain.leaf, purpose), _purpose_flaw(chain.leaf, purpose)]),
        *_client_flaws(chain.leaf, ca, purpose),
    ]
    return sorted(result, key=lambda flaw: flaw.level.rank)


def usability_flaws(leaf: Certificate, names: Sequence[str], purpose: Purpose) -> list[CertificateFlaw]:
    """Return the reasons why clients refuse a certificate for the names or purpose in its CSR, total flaws first."""
    result = [_coverage_flaw(leaf, names, purpose), _name_flaw(leaf, purpose), _purpose_flaw(leaf, purpose)]
    return sorted(filter(None, result), key=lambda flaw: not flaw.is_total)


def installation_warnings(
    chain: Chain, status: ChainStatus, ca: CaKind, names: Sequence[str], purpose: Purpose
) -> list[str]:
    """Return the problems that the server's clients would have with the certificate and its chain, as clauses."""
    result = [*usability_flaws(chain.leaf, names, purpose), chain_flaw(chain, status, ca)]
    return [flaw.text for flaw in result if flaw is not None and flaw.level is Level.WARNING]


def chain_flaw(chain: Chain, status: ChainStatus, ca: CaKind) -> CertificateFlaw | None:
    """Return the problem with the chain, or None if it is valid. An expired leaf is reported as a separate flaw."""
    if status.state is ChainState.VALID or status.reason is ChainReason.LEAF_VALIDITY:
        return None
    if status.reason is ChainReason.ISSUER_MISSING:
        issuer = chain.last_issuer_text or "without a name"
        text = f"the chain is incomplete: issuer certificate {issuer} is missing"
        remedy = "import the CA's chain (not needed if clients trust this issuer)"
        level = Level.WARNING if ca is CaKind.PUBLIC else Level.NOTE
        return CertificateFlaw(CertificateFlawKind.CHAIN_INCOMPLETE, level, f"{text}; {remedy}")
    is_invalid = status.state is ChainState.INVALID
    kind = CertificateFlawKind.CHAIN_INVALID if is_invalid else CertificateFlawKind.CHAIN_NOT_CHECKABLE
    return _warning(kind, f"the chain is {status.text}")


def _name_flaw(leaf: Certificate, purpose: Purpose) -> CertificateFlaw | None:
    """Return the problem of a server certificate without SANs (RFC 9525, 2), or None if there is no problem."""
    common_name = leaf.subject.common_name
    host = read_name(common_name or "")
    if leaf.names or not (purpose.is_for_servers and leaf.is_for_servers):
        return None
    if common_name and (not host.is_host or host.text is None):
        return None
    text = "the certificate has no subject alternative names: browsers ignore the common name and refuse it"
    if not common_name:
        text = "the certificate has no names: no client accepts it for a server"
    return _warning(CertificateFlawKind.NO_ALTERNATIVE_NAMES, text)


def _coverage_flaw(leaf: Certificate, names: Sequence[str], purpose: Purpose) -> CertificateFlaw | None:
    """Return the problem of a server certificate without all requested host names, or None if there is no problem."""
    hosts = [name for name in names if read_name(name).is_host]
    missing = uncovered_names(hosts, leaf)
    if not missing or not leaf.names or not purpose.is_for_servers:
        return None
    more = len(missing) - _MAX_NAMES
    listed = [*missing[:_MAX_NAMES], *([f"{more} more"] if more > 0 else [])]
    text = f"the certificate does not cover {enumeration(listed)}: visitors will get an error"
    return CertificateFlaw(
        CertificateFlawKind.NAMES_NOT_COVERED, Level.WARNING, text, is_total=len(missing) == len(hosts)
    )


_MAX_NAMES = 2
"""The maximum number of names listed in a sentence."""


def _name_differences(request: Request, certificate: Certificate) -> Iterator[Difference]:
    requested = {name.lower(): name for name in request.names}
    issued = {name.lower(): name for name in certificate.names}
    # In a CSR from another program, the common name may be the only name.
    common_name = (request.subject.common_name or "").lower()
    for key, name in requested.items():
        if key not in issued:
            is_host = read_name(name).is_host
            effect = "visitors will get an error" if is_host else "programs that look for it will fail"
            text = f"{excerpt(name)} was requested but is not in the certificate; {effect}"
            yield Difference(DifferenceKind.NAME_DROPPED, name, None, text)
    for key, name in issued.items():
        if key not in requested and key != common_name:
            text = f"{excerpt(name)} was not requested; the CA added it"
            yield Difference(DifferenceKind.NAME_ADDED, None, name, text)


def _field_differences(request: Request, certificate: Certificate) -> Iterator[Difference]:
    def is_unit_elsewhere(requested: str | None, issued: str | None) -> bool:
        """Return whether each of the two units occurs in both subjects, so that only the order differs."""
        requested_units, issued_units = {None, *request.subject.units}, {None, *certificate.subject.units}
        return requested in issued_units and issued in requested_units

    for field, requested in request.subject._asdict().items():
        if field == "attributes":
            continue
        issued, label = getattr(certificate.subject, field), field.replace("_", " ")
        if requested == issued or (field == "organizational_unit" and is_unit_elsewhere(requested, issued)):
            continue
        if issued is None:
            kind = DifferenceKind.FIELD_DROPPED
            text = f"the CA left out the {label} {excerpt(requested or '')}"
        elif requested is None:
            kind = DifferenceKind.FIELD_ADDED
            text = f"the CA added the {label} {excerpt(issued)}"
        else:
            kind = DifferenceKind.FIELD_CHANGED
            text = f"the CA changed the {label} from {excerpt(requested)} to {excerpt(issued)}"
        yield Difference(kind, requested, issued, text)
    for attribute in request.subject.attributes:
        is_unit = attribute.type == "OU" and attribute.value in certificate.subject.units
        if not is_unit and attribute not in certificate.subject.attributes:
            text = f"the CA left out {excerpt(attribute.text)}"
            yield Difference(DifferenceKind.FIELD_DROPPED, attribute.text, None, text)


def _validity_flaws(leaf: Certificate, now: datetime) -> Iterator[CertificateFlaw]:
    validity = leaf.validity
    if now > validity.not_after:
        text = f"the certificate expired on {date_text(validity.not_after)}"
        yield _warning(CertificateFlawKind.EXPIRED, text)
    if now < validity.not_before:
        text = f"the certificate is not valid before {time_text(validity.not_before)}: install it then"
        yield _warning(CertificateFlawKind.NOT_YET_VALID, text)


def _lifetime_flaws(leaf: Certificate, ca: CaKind) -> Iterator[CertificateFlaw]:
    validity = leaf.validity
    max_days = max_validity_days(validity.not_before)
    if ca is CaKind.PUBLIC and validity_days(validity) > max_days:
        excess = validity.not_after - validity.not_before + timedelta(days=-max_days, seconds=1)
        text = plural(excess.days, "day") if excess.days else plural(excess.seconds, "second")
        text = f"it is valid for {text} more than {max_days} days, the maximum for a public CA (BR 6.3.2); browsers may refuse it"
        yield _warning(CertificateFlawKind.LIFE_TOO_LONG, text)


def _hash_flaws(chain: Chain) -> Iterator[CertificateFlaw]:
    for certificate in chain.server_certificates:
        if certificate.has_old_hash:
            hash_name = str(certificate.signature_hash).upper()
            text = f"the certificate of {certificate.display_name} is signed with {hash_name}"
            yield _warning(CertificateFlawKind.OLD_HASH, f"{text}: current clients refuse it")


def _encoding_flaws(leaf: Certificate) -> Iterator[CertificateFlaw]:
    if leaf.encoding_faults:
        faults = "; ".join(leaf.encoding_faults)
        remedy = "strict programs refuse it, so ask the CA for another"
        text = f"the certificate breaks an encoding rule: {faults}; {remedy}"
        yield _warning(CertificateFlawKind.ENCODING, text)


def _purpose_flaw(leaf: Certificate, purpose: Purpose) -> CertificateFlaw | None:
    if purpose is Purpose.SERVER:
        if leaf.is_for_servers:
            return None
        text = "the certificate is not for TLS servers: its extended key usage does not include serverAuth"
        return CertificateFlaw(CertificateFlawKind.NOT_FOR_SERVERS, Level.WARNING, text, is_total=True)
    requested = set(EXTENDED_KEY_USAGES[purpose])
    allowed = requested if leaf.purposes is None else set(leaf.purposes)
    if ANY_PURPOSE in allowed or requested <= allowed:
        return None
    text = (
        f"the certificate is not for {PURPOSE_LABELS[purpose]}, as requested: it lacks the extended key usage"
    )
    is_total = requested.isdisjoint(allowed)
    return CertificateFlaw(CertificateFlawKind.OTHER_PURPOSE, Level.WARNING, text, is_total=is_total)


def _client_flaws(leaf: Certificate, ca: CaKind, purpose: Purpose) -> Iterator[CertificateFlaw]:
    is_for_both = leaf.is_for_servers and CLIENT_AUTHENTICATION in (leaf.purposes or ())
    if purpose is Purpose.SERVER and ca is CaKind.PUBLIC and is_for_both:
        text = "it also allows client authentication; public CAs will not issue such certificates after 2027-03-15"
        yield CertificateFlaw(CertificateFlawKind.FOR_CLIENTS, Level.NOTE, text)


def _warning(kind: CertificateFlawKind, text: str) -> CertificateFlaw:
    return CertificateFlaw(kind, Level.WARNING, text)


@dataclass(frozen=True, slots=True)
class ServedProblem:
    """A problem with the certificates that a server sends.

    Attributes:
        code: The stable code, such as ``chain-missing``.
        text: The problem and, if there is one, the fix. Safe to display.
    """

    code: str
    text: str


def chain_problems(
    certificates: Sequence[Certificate], others: Sequence[Certificate], ca: CaKind, now: datetime
) -> Iterator[ServedProblem]:
    """Yield the problems with the chain that a server sends.

    Args:
        certificates: The certificates that the server sends, in this order.
        others: Other certificates that can complete the chain, such as the pair's.
        ca: The kind of CA. Clients of a private CA may trust the issuer directly.
        now: The time at which the chain is validated.
    """
    chain = build_chain(certificates[0], [*certificates, *others], now)
    missing = [issuer for issuer in chain.intermediates if issuer not in certificates]
    status = validate_chain(chain, now)
    if missing:
        names = enumeration([issuer.display_name for issuer in missing])
        yield ServedProblem(
            "chain-missing", f"the server does not send {names}: install the full chain, then reload"
        )
    elif status.reason is ChainReason.ISSUER_MISSING and ca is CaKind.PUBLIC:
        issuer = chain.last_issuer_text or "which has no name"
        text = (
            f"the server sends only its own certificate: the certificate of the issuer, {issuer}, is missing"
        )
        yield ServedProblem("chain-missing", text)
    unrelated = [certificate for certificate in certificates if certificate not in chain.path]
    if unrelated:
        names = enumeration([certificate.display_name for certificate in unrelated])
        yield ServedProblem(
            "chain-wrong", f"the server sends certificates that do not belong to the chain: {names}"
        )
    ordered = [certificate for certificate in chain.path if certificate in certificates]
    if [certificate for certificate in certificates if certificate in chain.path] != ordered:
        text = "the chain is out of order: the certificate must come first, then each issuer"
        yield ServedProblem("chain-order", text)
    if status.state is ChainState.INVALID:
        yield ServedProblem("chain-invalid", f"the chain is {status.text}")


def uncovered_names(names: Sequence[str], certificate: Certificate) -> list[str]:
    """Return the names that a certificate does not cover, safe to display (RFC 9525, 6.3)."""
    covered = {name.lower() for name in certificate.names}
    return [
        visible(name)
        for name in names
        if name.lower() not in covered and f"*.{name.lower().partition('.')[2]}" not in covered
    ]
