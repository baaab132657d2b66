"""Import issued certificates: each is matched to its pair by its public key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from csrtui.core import bundle
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import command
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import KeyMaterial
from csrtui.core.certificates.certificate import Certificate, to_pem
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.comparison import CertificateFlaw, Difference, differences, flaws
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.path_validation import ChainStatus, validate_chain
from csrtui.core.pairs.pair import Pair, PairRecord, Stage, was_issued_for_request
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import Change
from csrtui.tasks.batch import Result
from csrtui.tasks.list import list_pairs, read_pair
from csrtui.tasks.replacement import Doing, News, Replacement, compare, stored_chain, usable
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class Blob:
    """What was given: bytes, and the path they came from, None for pasted text or standard input."""

    data: bytes
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ImportResult(Result):
    """What came of one certificate.

    Attributes:
        differences: What was issued otherwise than requested.
        flaws: What is wrong with the certificate or its chain, warnings first.
        remarks: What else there is to say, a sentence each.
        chain: The certificate, and its issuers in the order in which servers send them.
        status: What the validation of the chain said; None only where there is no chain.
        changed: Whether the pair has something now that it had not before, or would have.
        needs_confirmation: Whether it was not imported because nobody confirmed that it may expire sooner.
    """

    differences: tuple[Difference, ...] = ()
    flaws: tuple[CertificateFlaw, ...] = ()
    remarks: tuple[str, ...] = ()
    chain: Chain | None = None
    status: ChainStatus | None = None
    changed: bool = False
    needs_confirmation: bool = False

    def as_json(self) -> dict[str, object]:
        """The result as commands print it, with what else was found."""
        return {
            **Result.as_json(self),
            "differences": [
                {"kind": one.kind.value, "requested": one.requested, "issued": one.issued, "text": one.text}
                for one in self.differences
            ],
            "findings": [
                {"code": one.kind.value, "level": one.level.value, "text": one.text} for one in self.flaws
            ],
            "remarks": list(self.remarks),
            "changed": self.changed,
            "chain": self.status.as_json() if self.status else None,
        }


@dataclass(frozen=True, slots=True)
class _Given:
    """A certificate and the file it came from."""

    certificate: Certificate
    file: str | None


MAX_CERTIFICATES = 100
"""The most certificates imported from one text or file; a chain has three or four."""
CHAIN_ALONE = "to complete a pair's chain, import it for that pair (--pair, or i on the pair's own screen)"
_MOST_NAMED = 3
"""The most pairs that a sentence names."""


@dataclass(slots=True)
class _Pile:
    """All that was given, sorted by what it is."""

    leaves: list[tuple[_Given, str]] = field(default_factory=list)
    """Certificates of pairs, with the pair's name."""
    strangers: list[_Given] = field(default_factory=list)
    """Certificates of servers that have no pair here."""
    authorities: list[_Given] = field(default_factory=list)
    """Certificates of CAs."""


def needs_passphrase(blobs: Iterable[Blob]) -> bool:
    """Whether certificates are in PKCS #12 that opens with a passphrase only."""
    return any(bundle.read(blob.data, open_keys=False).needs_passphrase for blob in blobs)


def import_certificates(
    session: Session,
    blobs: Sequence[Blob],
    pair: str | None = None,
    doing: Doing = Doing.IMPORT,
    passphrase: Secret | None = None,
) -> list[Result]:
    """Give each certificate to its pair, with the chain that can be made of all the others.

    Report what is wrong with a certificate, and import it all the same, unless it has expired and the pair has one
    that expires later. Of several for one pair the one that expires last stays.

    Args:
        session: Whose store.
        blobs: What was given, in any order: a leaf and its chain may come from different ones.
        pair: The one pair that all of it has to be for, or None.
        doing: Whether they are imported, or only looked at.
        passphrase: Of PKCS #12 that needs one.

    Returns:
        A result for each leaf, each text or file that cannot be read, and where no leaf is among them, for
        what is there instead.

    Raises:
        InputError: There is no pair of that name.
        StoreError: The store cannot be used.
    """
    if pair is not None:
        read_pair(session, pair)  # a wrong name is wrong, whatever is to be imported
    results: list[Result] = []
    given = _read(blobs, passphrase, results)
    pile = _sorted(given, _owners(session, pair), pair)
    pool = [one.certificate for one in given]
    leaves = sorted(pile.leaves, key=lambda leaf: _expiry(leaf[0].certificate))
    best = {name: one for one, name in leaves}
    for one, name in leaves:
        miss = _misses(one, name, pair)
        results.append(miss or _import(session, name, one, pool, doing, is_best=one is best[name]))
    results += [_whose(one, pair) for one in pile.strangers]
    if pile.authorities and not pile.leaves and not pile.strangers:
        results += _complete(session, pair, pile.authorities, doing)
    return results


def _read(blobs: Iterable[Blob], passphrase: Secret | None, results: list[Result]) -> list[_Given]:
    """The certificates in all of them, each once; for what cannot be read there is a result."""
    found: dict[Certificate, str | None] = {}
    for blob in blobs:
        material = bundle.read(blob.data, passphrase, open_keys=False)
        refusal = _refusal(material)
        if refusal is not None:
            text = f"{refusal.what}; {refusal.hint}" if refusal.hint else refusal.what
            results.append(Result(ok=False, file=blob.file, text=text))
            continue
        results += [Result(ok=False, file=blob.file, text=one.sentence) for one in material.problems]
        for number, certificate in enumerate(material.certificates, 1):
            if certificate.is_ca and certificate.encoding_faults:
                text = _unfit(certificate, number, len(material.certificates))
                results.append(Result(ok=False, file=blob.file, text=text))
            else:
                found.setdefault(certificate, blob.file)
    return [_Given(certificate, file) for certificate, file in found.items()]


def _refusal(material: KeyMaterial) -> InputError | None:
    """Why nothing is imported of a file."""
    count = len(material.certificates)
    if count > MAX_CERTIFICATES:
        return InputError(f"there are {count} certificates in it; at most {MAX_CERTIFICATES} are read")
    try:
        bundle.refuse_private_key(material)
    except InputError as error:
        return error
    return None if material.certificates or material.problems else bundle.no_certificate(material)


def _unfit(authority: Certificate, number: int, total: int) -> str:
    """Why the certificate of a CA is not sent with a leaf: a strict client would refuse the whole chain."""
    faults = "; ".join(authority.encoding_faults)
    return (
        f"certificate {number} of {total} ({authority.whose}) is left out of the chain, since it breaks an encoding rule: "
        f"{faults}; ask the CA for another"
    )


def _owners(session: Session, insisted: str | None) -> dict[str, str]:
    """The pair's name for each SPKI fingerprint; of several alike the one insisted on, one in use, the newest."""

    def rank(pair: Pair) -> tuple[bool, bool, float]:
        used = pair.record.stage is not Stage.RETIRED
        return pair.name == insisted, used, pair.record.created.timestamp()

    return {pair.record.key.spki_sha256: pair.name for pair in sorted(list_pairs(session).pairs, key=rank)}


def _sorted(given: Iterable[_Given], owners: dict[str, str], insisted: str | None) -> _Pile:
    pile = _Pile()
    for one in given:
        name = owners.get(one.certificate.spki_sha256 or "")
        if name is not None:
            pile.leaves.append((one, name))
        elif one.certificate.is_ca:
            pile.authorities.append(one)
        else:
            pile.strangers.append(one)
    if insisted is not None and any(name == insisted for _, name in pile.leaves):
        pile.strangers.clear()  # what else a bundle holds is not what was asked about
    return pile


def _expiry(certificate: Certificate) -> tuple[datetime, datetime]:
    """What sorts those that expire sooner first."""
    return certificate.validity.not_after, certificate.validity.not_before


def _misses(one: _Given, name: str, insisted: str | None) -> Result | None:
    if insisted is None or name == insisted:
        return None
    text = f"is for the pair {name}, not for {insisted}: its public key says so"
    return Result(ok=False, pair=name, file=one.file, text=text)


def _whose(one: _Given, insisted: str | None) -> Result:
    matches = f"does not match {insisted} or any other pair here" if insisted else "matches no pair here"
    certificate = one.certificate
    names = f", names: {', '.join(certificate.names[:_MOST_NAMED])}" if certificate.names else ""
    text = f"{matches}. Subject: {certificate.whose}{names}, issuer: {certificate.issuer_text}"
    return Result(ok=False, file=one.file, text=text)


def _complete(
    session: Session, name: str | None, authorities: Sequence[_Given], doing: Doing
) -> list[Result]:
    """Without a leaf: complete the chain of the pair that was named, or say what the certificates are."""
    text = f"and no certificate of a pair is with it; {CHAIN_ALONE}"
    if name is not None:
        pair, _ = read_pair(session, name)
        present = usable(session.store.read(name).certificate, pair.record.key.spki_sha256)
        if present:
            return _complete_chain(session, name, present, authorities, doing)
        text = f"and {name} has no certificate yet; import that first, or both together"
    return [
        Result(ok=False, file=one.file, text=f"is a certificate of the CA {one.certificate.whose}, {text}")
        for one in authorities
    ]


def _complete_chain(
    session: Session,
    name: str,
    present: Sequence[Certificate],
    authorities: Sequence[_Given],
    doing: Doing,
) -> list[Result]:
    pool = [one.certificate for one in authorities]
    chain = build_chain(present[0], [*pool, *present], session.clock())
    if set(chain.path) & set(pool):
        one = _Given(present[0], authorities[0].file)
        return [_import(session, name, one, pool, doing, is_best=True)]
    issuer = present[0].issuer_text or "an issuer without a name"
    text = "is a certificate of the CA {}, which does not belong to the chain of {}, issued by {}{}"
    return [
        Result(
            ok=False,
            file=one.file,
            text=text.format(
                one.certificate.whose, name, issuer, _hint(session, chain, one.certificate, pool)
            ),
        )
        for one in authorities
    ]


def _hint(session: Session, chain: Chain, authority: Certificate, pool: Sequence[Certificate]) -> str:
    """Say why a CA certificate does not belong to a chain, or to which it belongs; empty where neither is known."""
    if authority in chain.rejected:
        return ": it has the name of an issuer, and did not sign"
    names = _right_pairs(session, authority, pool)
    return f"; it belongs to that of {', '.join(names)}" if names else ""


def _right_pairs(session: Session, authority: Certificate, pool: Sequence[Certificate]) -> list[str]:
    """Return the names of pairs whose chain a CA certificate belongs to, a few of them."""
    names: list[str] = []
    for pair in list_pairs(session).pairs:
        if not pair.has_certificate:
            continue
        present = usable(session.store.read(pair.name).certificate, pair.record.key.spki_sha256)
        if present and authority in build_chain(present[0], [*pool, *present], session.clock()).path:
            names.append(pair.name)
        if len(names) == _MOST_NAMED:
            break
    return names


def _import(
    session: Session, name: str, one: _Given, pool: Sequence[Certificate], doing: Doing, *, is_best: bool
) -> Result:
    leaf, now = one.certificate, session.clock()
    try:
        pair, asked = read_pair(session, name)
        if doing is Doing.LOOK:
            present = session.store.read(name).certificate
            offer = compare(present, pair.record, leaf, pool, now, is_best=is_best)
        else:
            with session.store.change(name) as held:
                record = load_record(held.record)
                before = held.read_certificate()
                offer = compare(before, record, leaf, pool, now, is_best=is_best)
                if offer.is_taken(doing):
                    _keep(session, held, record, offer)
    except NotConfirmedError:
        raise
    except CsrtuiError as error:
        return Result(ok=False, pair=name, file=one.file, text=f"cannot be imported: {error.what}")
    result = Result(ok=offer.is_taken(doing), pair=name, file=one.file, text=offer.text(doing))
    if offer.news is News.SUPERSEDED:
        return result
    seen = None if offer.news is News.NONE and not was_issued_for_request(pair.record) else asked
    full = told(session, pair, seen, offer.chain, result)
    if not result.ok:
        return replace(full, needs_confirmation=True)
    remarks = (f"it {offer.difference}", *full.remarks) if offer.news is News.SHORTER else full.remarks
    return replace(full, changed=offer.news is not News.NONE, remarks=remarks)


def _keep(session: Session, held: Change, record: PairRecord, offer: Replacement) -> None:
    """Write certificate and record; the record last, since the certificate alone says all that it notes."""
    if offer.news is News.NONE:
        return
    now, chain = session.clock(), offer.chain
    held.replace_certificate(to_pem(chain.path), now)
    event = offer.text(Doing.IMPORT)
    if offer.news is not News.CHAIN:
        event = f"certificate {event}, from {chain.leaf.issuer_text}"
    event = f"{event}; the chain is {validate_chain(stored_chain(chain, now), now).text}"
    if offer.news is News.CHAIN and not offer.changes_what_is_sent:
        record = record.with_event(now, event, session.user)  # what was installed is still right
    else:
        record = record.marked_issued(chain.leaf.validity, now, session.user, event)
    held.replace_record(dump_record(record))


def needing_confirmation(results: Sequence[Result]) -> list[ImportResult]:
    """Return the results of certificates that wait for an answer (`Doing.ASK`)."""
    return [one for one in results if isinstance(one, ImportResult) and one.needs_confirmation]


def told(session: Session, pair: Pair, asked: Request | None, chain: Chain, result: Result) -> ImportResult:
    """Return a result with what was issued otherwise than requested, and what is wrong with the certificate.

    Args:
        session: Whose clock tells what is valid.
        pair: The pair that has the certificate.
        asked: Its CSR; None where the CA did not see it.
        chain: The certificate and its chain.
        result: What was done.
    """
    now, remarks = session.clock(), []
    status = validate_chain(chain, now)
    if chain.rejected:
        stored = validate_chain(stored_chain(chain, now), now).text
        remarks.append(f"the certificate of {chain.issuer_of_last} is left out; the stored chain is {stored}")
    if pair.record.stage is Stage.RETIRED:
        remarks.append("the pair is retired, and stays so")
    if pair.record.renews:
        retire = command("csrtui", "retire", pair.record.renews)
        remarks.append(f"it replaces {pair.record.renews}: once it is installed, {retire}")
    return ImportResult(
        ok=result.ok,
        text=result.text,
        pair=result.pair,
        file=result.file,
        differences=tuple(differences(asked, chain.leaf)),
        flaws=tuple(flaws(chain, status, pair.record.ca, now)),
        remarks=tuple(remarks),
        chain=chain,
        status=status,
    )
