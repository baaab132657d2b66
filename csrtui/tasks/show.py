"""Show a pair in full: its record, and its certificate compared with the request."""

from dataclasses import dataclass
from datetime import datetime

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
from csrtui.core.pairs.pair import Pair, was_issued_for_request
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import block, fingerprint, pair_lines
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
