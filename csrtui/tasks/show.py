"""Show a pair in full: its record, its timeline, and its certificate compared with the request."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.times import utc_text
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.certificate import Certificate, load
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.comparison import differences, flaws
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.omissions import usage_lines
from csrtui.core.certificates.path_validation import ChainStatus, validate_chain
from csrtui.core.pairs.pair import Pair, PairRecord, Stage, was_issued_for_request
from csrtui.core.pairs.timeline import Mark, Row, lay_out
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import block, day, day_of_month, fingerprint, pair_lines
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class InFull:
    """Everything that lies in the folder of a pair, but for its key.

    Attributes:
        pair: The pair.
        request: What its CSR says.
        chain: Its certificate with its issuers; None where there is none that can be read.
        status: What the validation of the chain said; None without a chain.
        fault: What is wrong with certificate.pem, or nothing.
        earlier: The paths of the certificates that it had before, oldest first; as the system has them.
    """

    pair: Pair
    request: Request
    chain: Chain | None = None
    status: ChainStatus | None = None
    fault: str = ""
    earlier: tuple[str, ...] = ()


def read_in_full(session: Session, name: str) -> InFull:
    """Return a pair with what its certificate says.

    A certificate that cannot be read, or is of another key, hides nothing else of the pair.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    pair, asked = read_pair(session, name)
    stored = session.store.read(name)
    earlier = tuple(f"{stored.path}/{one}" for one in stored.earlier)
    if stored.certificate is None:
        return InFull(pair, asked, earlier=earlier)
    try:
        leaf, *others = read_certificates(stored.certificate)
    except InputError as error:
        return InFull(pair, asked, fault=f"cannot be read: {error.what}", earlier=earlier)
    if leaf.spki_sha256 != pair.record.key.spki_sha256:
        fault = f"is not of this pair's key: it is that of {leaf.whose}"
        return InFull(pair, asked, fault=fault, earlier=earlier)
    now = session.clock()
    chain = build_chain(leaf, others, now)
    return InFull(pair, asked, chain, validate_chain(chain, now), earlier=earlier)


def full_lines(full: InFull, now: datetime) -> list[tuple[str, str]]:
    """Return everything about a pair as lines of a label and a text; a line that goes on has an empty label."""
    covers = full.chain.leaf.names if full.chain is not None else ()
    certificate = _certificate(full, now)
    asks = block("Asks for", list(usage_lines(request.extensions_of(full.request.der))))
    return pair_lines(full.pair, now, covers=covers, asks=asks, certificate=certificate, earlier=full.earlier)


def _certificate(full: InFull, now: datetime) -> list[tuple[str, str]]:
    if full.fault:
        return [("Certificate", f"{full.fault}; csrtui doctor says what to do")]
    if full.chain is None or full.status is None:
        return []
    leaf, ca = full.chain.leaf, full.pair.record.ca
    is_for_request = was_issued_for_request(full.pair.record)
    differ = [one.text for one in differences(full.request if is_for_request else None, leaf)]
    if not is_for_request:
        differ.insert(0, "not compared: the CSR was made from this certificate when it was adopted")
    wrong = [f"{one.level.value}: {one.text}" for one in flaws(full.chain, full.status, ca, now)]
    return [
        ("Certificate", f"issued by {leaf.issuer_text}"),
        ("", f"serial number {leaf.serial}"),
        ("", f"SHA-256 {fingerprint(leaf.sha256)}"),
        *block("Allows", list(usage_lines(load(leaf).extensions))),
        *block("Chain", [full.status.text, *map(_authority, full.chain.path[1:])]),
        *block("Differences", differ or ["none"]),
        *block("Problems", wrong),
    ]


def _authority(certificate: Certificate) -> str:
    return f"{certificate.whose}, expires {utc_text(certificate.validity.not_after)}"


def timeline(record: PairRecord, now: datetime, width: int) -> tuple[Row, ...]:
    """Return the drawing of a pair's life in that many columns; nothing where there is no room for it."""
    days = sorted(_days(record), key=lambda one: one.time.date())
    past = [Mark(one.time.date(), one.past, day(one.time, now)) for one in days if one.time <= now]
    coming = [Mark(one.time.date(), one.coming, day(one.time, now)) for one in days if one.time > now]
    return lay_out(past, Mark(now.date(), "today", day_of_month(now)), coming, width)


class _Day(NamedTuple):
    """Something with its time, as it is called afterwards and before."""

    time: datetime
    past: str
    coming: str


def _days(record: PairRecord) -> Iterator[_Day]:
    """What is known of a pair, in the order in which it goes when it is all on one day."""
    yield _Day(record.created, "created", "created")
    if record.backups:
        yield _Day(min(backup.created for backup in record.backups), "backed up", "backed up")
    if record.submitted:
        yield _Day(record.submitted, "submitted", "submitted")
    if record.validity:
        yield _Day(record.validity.not_before, "issued", "valid from")
    if record.installed:
        yield _Day(record.installed, "installed", "installed")
    if record.validity:
        if record.stage is not Stage.RETIRED and record.renewed_by is None:
            yield _Day(record.validity.due, "renewal due", "renewal due")
        yield _Day(record.validity.not_after, "expired", "expires")
    if record.retired:
        yield _Day(record.retired, "retired", "retired")
