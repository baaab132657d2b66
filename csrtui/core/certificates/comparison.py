"""Compare an issued certificate with its request, and find what is wrong with it and its chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csrtui.core.base.escaping import plural, quoted
from csrtui.core.base.finding import CaKind, Level
from csrtui.core.base.times import utc_text
from csrtui.core.certificates.certificate import Certificate, days_of, longest_days
from csrtui.core.certificates.chain import Chain
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.path_validation import ChainReason, ChainState, ChainStatus

_CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"


class DifferenceKind(StrEnum):
    """In what the certificate differs from the request."""

    NAME_ADDED = "name-added"
    NAME_DROPPED = "name-dropped"
    FIELD_ADDED = "field-added"
    FIELD_DROPPED = "field-dropped"
    FIELD_CHANGED = "field-changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was issued otherwise than requested.

    Attributes:
        kind: In what.
        requested: The name or the field's value as requested; None where there was none.
        issued: The same as it is now; None where there is none.
        text: A sentence; text from outside in it is visible.
    """

    kind: DifferenceKind
    requested: str | None
    issued: str | None
    text: str


class CertificateFlawKind(StrEnum):
    """What can be wrong with a certificate that is imported all the same."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    LIFE_TOO_LONG = "life-too-long"
    OLD_HASH = "old-hash"
    CHAIN_INCOMPLETE = "chain-incomplete"
    CHAIN_INVALID = "chain-invalid"
    CHAIN_NOT_CHECKABLE = "chain-not-checkable"
    NOT_FOR_SERVERS = "not-for-servers"
    FOR_CLIENTS = "for-clients"
    ENCODING = "encoding"


@dataclass(frozen=True, slots=True)
class CertificateFlaw:
    """Something that is wrong with a certificate or its chain, or at least worth knowing.

    Attributes:
        kind: What.
        level: A warning, or a note where nothing has to be done.
        text: A sentence with the consequence; text from outside in it is visible.
    """

    kind: CertificateFlawKind
    level: Level
    text: str


def differences(asked: Request | None, issued: Certificate) -> list[Difference]:
    """Return what was issued otherwise than requested: names, then subject.

    Args:
        asked: The CSR; None where the CA did not see it.
        issued: The certificate for its key.
    """
    return [*_names(asked, issued), *_fields(asked, issued)] if asked is not None else []


def flaws(chain: Chain, status: ChainStatus, ca: CaKind, now: datetime) -> list[CertificateFlaw]:
    """Return what is wrong with a certificate and its chain, warnings first.

    Args:
        chain: The certificate and its issuers.
        status: What the validation of the chain said.
        ca: The kind of CA; only what a public one may do is known.
        now: The time, in UTC.
    """
    found = [
        *_of_time(chain.leaf, now),
        *_of_lifetime(chain.leaf, ca),
        *_of_hash(chain),
        *filter(None, [chain_flaw(chain, status, ca)]),
        *_of_encoding(chain.leaf),
        *_of_purpose(chain.leaf, ca),
    ]
    return sorted(found, key=lambda flaw: flaw.level.rank)


def chain_flaw(chain: Chain, status: ChainStatus, ca: CaKind) -> CertificateFlaw | None:
    """Return what is wrong with the chain of a certificate, or None where it is valid.

    The end of the life of the certificate itself is another flaw.
    """
    if status.state is ChainState.VALID or status.reason is ChainReason.LEAF_VALIDITY:
        return None
    if status.reason is ChainReason.ISSUER_MISSING:
        issuer = chain.issuer_of_last or "without a name"
        text = f"the chain is incomplete: issuer certificate {issuer} is missing"
        todo = f"import the CA's chain (not needed if clients trust {issuer})"
        level = Level.WARNING if ca is CaKind.PUBLIC else Level.NOTE
        return CertificateFlaw(CertificateFlawKind.CHAIN_INCOMPLETE, level, f"{text}; {todo}")
    kind = (
        CertificateFlawKind.CHAIN_INVALID
        if status.state is ChainState.INVALID
        else CertificateFlawKind.CHAIN_NOT_CHECKABLE
    )
    return _warning(kind, f"the chain is {status.text}")


def _names(asked: Request, issued: Certificate) -> Iterator[Difference]:
    before, after = _lower(asked.names), _lower(issued.names)
    subject = (asked.subject.common_name or "").lower()  # of a CSR made elsewhere it may be the only name
    for key, name in before.items():
        if key not in after:
            said = (
                f"{quoted(name)} was requested and is not in the certificate: its visitors will get an error"
            )
            yield Difference(DifferenceKind.NAME_DROPPED, name, None, said)
    for key, name in after.items():
        if key not in before and key != subject:
            said = f"{quoted(name)} was not requested; the CA added it"
            yield Difference(DifferenceKind.NAME_ADDED, None, name, said)


def _lower(names: tuple[str, ...]) -> dict[str, str]:
    return {name.lower(): name for name in names}


def _fields(asked: Request, issued: Certificate) -> Iterator[Difference]:
    after = issued.subject.as_dict()
    for field, before in asked.subject.as_dict().items():
        now, label = after[field], field.replace("_", " ")
        if before == now:
            continue
        if now is None:
            kind, said = DifferenceKind.FIELD_DROPPED, f"the CA left out the {label} {quoted(before or '')}"
        elif before is None:
            kind, said = DifferenceKind.FIELD_ADDED, f"the CA added the {label} {quoted(now)}"
        else:
            kind = DifferenceKind.FIELD_CHANGED
            said = f"the CA changed the {label} from {quoted(before)} to {quoted(now)}"
        yield Difference(kind, before, now, said)


def _of_time(leaf: Certificate, now: datetime) -> Iterator[CertificateFlaw]:
    validity = leaf.validity
    if now > validity.not_after:
        yield _warning(
            CertificateFlawKind.EXPIRED, f"the certificate expired on {utc_text(validity.not_after)}"
        )
    if now < validity.not_before:
        text = f"the certificate is not valid before {utc_text(validity.not_before)}: install it then"
        yield _warning(CertificateFlawKind.NOT_YET_VALID, text)


def _of_lifetime(leaf: Certificate, ca: CaKind) -> Iterator[CertificateFlaw]:
    days, longest = days_of(leaf.validity), longest_days(leaf.validity.not_before)
    if ca is CaKind.PUBLIC and days > longest:
        text = f"it is valid for more than {plural(longest, 'day')}, the most that browsers accept from a public CA"
        yield _warning(CertificateFlawKind.LIFE_TOO_LONG, text)


def _of_hash(chain: Chain) -> Iterator[CertificateFlaw]:
    for one in chain.sent:
        if one.has_old_hash:
            said = f"the certificate of {one.whose} is signed with {str(one.signature_hash).upper()}"
            yield _warning(CertificateFlawKind.OLD_HASH, f"{said}: clients of today refuse it")


def _of_encoding(leaf: Certificate) -> Iterator[CertificateFlaw]:
    if leaf.encoding_faults:
        said = f"the certificate breaks an encoding rule: {'; '.join(leaf.encoding_faults)}"
        yield _warning(
            CertificateFlawKind.ENCODING, f"{said}: strict programs refuse it, so ask the CA for another"
        )


def _of_purpose(leaf: Certificate, ca: CaKind) -> Iterator[CertificateFlaw]:
    if not leaf.serves:
        said = "the certificate is not for TLS servers: its extended key usage does not say so"
        yield _warning(CertificateFlawKind.NOT_FOR_SERVERS, said)
    elif ca is CaKind.PUBLIC and _CLIENT_AUTHENTICATION in (leaf.purposes or ()):
        said = "it is for client authentication too; none issued by a public CA after 2027-03-15 will be"
        yield CertificateFlaw(CertificateFlawKind.FOR_CLIENTS, Level.NOTE, said)


def _warning(kind: CertificateFlawKind, text: str) -> CertificateFlaw:
    return CertificateFlaw(kind, Level.WARNING, text)
