"""What a CA made of a request: the differences between the two, and what is wrong with the certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csrtui.core.advice.wording import plural, quoted
from csrtui.core.certificates import Certificate
from csrtui.core.chain import Chain, ChainEnd
from csrtui.core.finding import CaKind, Level
from csrtui.core.lifetimes import days_of, longest_days
from csrtui.core.pair import PairRecord, utc_text
from csrtui.core.request import Request

_NEARLY = 10
"""Days that CAs stay below the longest life, so that no second of a clock breaks a rule."""
NEW_CSR = "a new CSR made for it"
"""How the event of an adoption ends that made a CSR from the certificate."""
_CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"


class DifferenceKind(StrEnum):
    """In what the certificate differs from the request."""

    NAME_ADDED = "name-added"
    NAME_DROPPED = "name-dropped"
    FIELD_ADDED = "field-added"
    FIELD_DROPPED = "field-dropped"
    FIELD_CHANGED = "field-changed"
    LIFE_SHORTER = "life-shorter"
    LIFE_LONGER = "life-longer"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was issued otherwise than requested.

    Attributes:
        kind: In what.
        requested: The name, the field's value or the days as expected; None where there was none.
        issued: The same as it is now; None where there is none.
        text: A sentence; text from outside in it is visible.
    """

    kind: DifferenceKind
    requested: str | None
    issued: str | None
    text: str


class FlawKind(StrEnum):
    """What can be wrong with a certificate that is imported all the same."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    OLD_HASH = "old-hash"
    CHAIN_INCOMPLETE = "chain-incomplete"
    CHAIN_WRONG = "chain-wrong"
    CHAIN_EXPIRED = "chain-expired"
    ROOT_ELSEWHERE = "root-elsewhere"
    NOT_FOR_SERVERS = "not-for-servers"
    FOR_CLIENTS = "for-clients"
    ENCODING = "encoding"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is wrong with a certificate or its chain, or at least worth knowing.

    Attributes:
        kind: What.
        level: A warning, or a note where nothing has to be done.
        text: A sentence with the consequence; text from outside in it is visible.
    """

    kind: FlawKind
    level: Level
    text: str


def was_issued_for_request(record: PairRecord) -> bool:
    """Whether the CA that issued the certificate of a pair saw its CSR; not where that was made at adoption.

    Args:
        record: Of a pair that has a certificate.
    """
    was_made = False
    for event in record.history:
        if event.what.startswith("key adopted from ") and event.what.endswith(NEW_CSR):
            was_made = True
        elif event.what.startswith("certificate imported"):
            was_made = False
    return not was_made


def differences(asked: Request | None, issued: Certificate, ca: CaKind) -> list[Difference]:
    """Return what was issued otherwise than requested: names, subject, then the life.

    Args:
        asked: The CSR; None where the CA did not see it.
        issued: The certificate for its key.
        ca: The kind of CA; only the life that a public one may give is known.
    """
    found = [*_names(asked, issued), *_fields(asked, issued)] if asked is not None else []
    return [*found, *_life(issued)] if ca is CaKind.PUBLIC else found


def flaws(chain: Chain, ca: CaKind, now: datetime) -> list[Flaw]:
    """Return what is wrong with a certificate and its chain, warnings first."""
    found = [
        *_of_time(chain, now),
        *_of_hash(chain),
        *_of_chain(chain),
        *_of_encoding(chain.leaf),
        *_of_purpose(chain.leaf, ca),
    ]
    return sorted(found, key=lambda flaw: flaw.level.rank)


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


def _life(issued: Certificate) -> Iterator[Difference]:
    days, longest = days_of(issued.validity), longest_days(issued.validity.not_before)
    if days > longest:
        kind = DifferenceKind.LIFE_LONGER
        said = f"it is valid for {plural(days, 'day')}, and browsers take {longest} from a public CA at most"
    elif days < longest - _NEARLY:
        kind = DifferenceKind.LIFE_SHORTER
        said = f"it is valid for {plural(days, 'day')}, where a public CA may give {longest}"
    else:
        return
    yield Difference(kind, str(longest), str(days), said)


def _of_time(chain: Chain, now: datetime) -> Iterator[Flaw]:
    validity = chain.leaf.validity
    if now > validity.not_after:
        yield _warning(FlawKind.EXPIRED, f"the certificate expired on {utc_text(validity.not_after)}")
    if now < validity.not_before:
        said = f"the certificate is not valid before {utc_text(validity.not_before)}: install it then"
        yield _warning(FlawKind.NOT_YET_VALID, said)
    for one in chain.intermediates:
        if not one.validity.not_before <= now <= one.validity.not_after:
            said = f"the intermediate certificate {one.whose} is not valid now: ask the CA for its chain"
            yield _warning(FlawKind.CHAIN_EXPIRED, said)


def _of_hash(chain: Chain) -> Iterator[Flaw]:
    for one in chain.sent:
        if one.has_old_hash:
            said = f"the certificate of {one.whose} is signed with {str(one.signature_hash).upper()}"
            yield _warning(FlawKind.OLD_HASH, f"{said}: clients of today refuse it")


def _of_chain(chain: Chain) -> Iterator[Flaw]:
    issuer = chain.issuer_of_last or "no name"
    if chain.end is ChainEnd.ISSUER_MISSING:
        said = f"the chain is incomplete: the certificate of the issuer, {issuer}, is not there"
        todo = "import the CA's chain too, unless clients know that issuer as a root"
        yield _warning(FlawKind.CHAIN_INCOMPLETE, f"{said}; {todo}")
    elif chain.end is ChainEnd.WRONG_ISSUER:
        said = f"the chain does not verify: the certificate of {issuer} that is there did not sign the one of"
        yield _warning(FlawKind.CHAIN_WRONG, f"{said} {chain.sent[-1].whose}, or is no CA's")
    elif chain.end is ChainEnd.ISSUER_ELSEWHERE:
        said = f"the chain ends with one issued by {issuer}, which clients have to know as a root"
        yield Flaw(FlawKind.ROOT_ELSEWHERE, Level.NOTE, said)


def _of_encoding(leaf: Certificate) -> Iterator[Flaw]:
    if leaf.encoding_faults:
        said = f"the certificate breaks an encoding rule: {'; '.join(leaf.encoding_faults)}"
        yield _warning(FlawKind.ENCODING, f"{said}: strict programs refuse it, so ask the CA for another")


def _of_purpose(leaf: Certificate, ca: CaKind) -> Iterator[Flaw]:
    if not leaf.serves:
        said = "the certificate is not for TLS servers: its extended key usage does not say so"
        yield _warning(FlawKind.NOT_FOR_SERVERS, said)
    elif ca is CaKind.PUBLIC and _CLIENT_AUTHENTICATION in (leaf.purposes or ()):
        said = "it is for client authentication too; none issued by a public CA after 2027-03-15 will be"
        yield Flaw(FlawKind.FOR_CLIENTS, Level.NOTE, said)


def _warning(kind: FlawKind, text: str) -> Flaw:
    return Flaw(kind, Level.WARNING, text)
