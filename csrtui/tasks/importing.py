"""Bringing issued certificates home: each finds its pair by its public key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from csrtui.core import bundle
from csrtui.core.advice.wording import plural
from csrtui.core.bundle import KeyMaterial
from csrtui.core.certificates import Certificate, to_pem
from csrtui.core.chain import Chain, ChainEnd, build_chain
from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.issued import Difference, Flaw, differences, flaws, was_issued_for_request
from csrtui.core.pair import Pair, PairRecord, Stage, utc_text
from csrtui.core.pair_json import dump_record, load_record
from csrtui.core.request import Request
from csrtui.core.secret import Secret
from csrtui.store.disk import NotConfirmedError
from csrtui.store.keystore import Change
from csrtui.tasks.results import Result
from csrtui.tasks.review import list_pairs, read_pair
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class Blob:
    """What was given: bytes, and the path they came from, None for pasted text or standard input."""

    data: bytes
    file: str | None = None


class Doing(Enum):
    """What is done with certificates that found their pairs."""

    IMPORT = auto()
    LOOK = auto()
    """Nothing: only what would become of them is said."""


@dataclass(frozen=True, slots=True)
class ImportResult(Result):
    """What came of one certificate.

    Attributes:
        differences: What was issued otherwise than requested.
        flaws: What is wrong with the certificate or its chain, warnings first.
        remarks: What else there is to say, a sentence each.
        chain: The certificate, and what vouches for it in the order in which servers send it.
        changed: Whether the pair has something now that it had not before, or would have.
    """

    differences: tuple[Difference, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    remarks: tuple[str, ...] = ()
    chain: Chain | None = None
    changed: bool = False

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
        }


@dataclass(frozen=True, slots=True)
class _Given:
    """A certificate and the file it came from."""

    certificate: Certificate
    file: str | None


MAX_CERTIFICATES = 100
"""The most certificates imported from one text or file; a chain has three or four."""
CHAIN_ALONE = "to complete a pair's chain, import it for that pair (--pair, or i on the pair's own screen)"


class News(Enum):
    """What a certificate is to its pair."""

    NONE = auto()
    """The one that it has."""
    CHAIN = auto()
    """The one that it has, with another chain."""
    CERTIFICATE = auto()
    """Its first, or a newer one."""
    OLDER = auto()
    """Older than the one that it has."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """A certificate that found its pair.

    Attributes:
        chain: The certificate, and what vouches for it.
        present: The certificate that the pair has, or None.
        news: What the one is to the other.
    """

    chain: Chain
    present: Certificate | None
    news: News

    def text(self, doing: Doing) -> str:
        """What is done about it, a sentence."""
        would = "would be " if doing is Doing.LOOK else ""
        sent = plural(len(self.chain.sent), "certificate")
        match self.news:
            case News.OLDER if self.present is not None:
                return _older(self.chain.leaf, self.present)
            case News.CHAIN:
                return f"chain of the certificate {would}replaced, {sent} now"
            case News.CERTIFICATE:
                return f"{would}imported, expires {utc_text(self.chain.leaf.validity.not_after)}"
            case _:
                return "is the certificate that the pair has already"


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

    What is wrong with a certificate is said and does not keep it out; but one that is older than the pair's
    present one does not take its place. Of several for one pair the newest stays.

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
    for one, name in sorted(pile.leaves, key=lambda leaf: _age(leaf[0].certificate)):
        results.append(_misses(one, name, pair) or _import(session, name, one, pool, doing))
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


def _age(certificate: Certificate) -> tuple[float, float]:
    """What sorts older before newer."""
    return certificate.validity.not_before.timestamp(), certificate.validity.not_after.timestamp()


def _misses(one: _Given, name: str, insisted: str | None) -> Result | None:
    if insisted is None or name == insisted:
        return None
    text = f"is for the pair {name}, not for {insisted}: its public key says so"
    return Result(ok=False, pair=name, file=one.file, text=text)


def _whose(one: _Given, insisted: str | None) -> Result:
    fits = f"does not fit {insisted}, nor any other pair" if insisted else "fits no pair"
    who = one.certificate
    names = f", for {', '.join(who.names[:3])}" if who.names else ""
    text = f"{fits} of this keystore: it is that of {who.whose}{names}, issued by {who.issuer_text}"
    return Result(ok=False, file=one.file, text=text)


def _complete(
    session: Session, name: str | None, authorities: Sequence[_Given], doing: Doing
) -> list[Result]:
    """Without a leaf: complete the chain of the pair that was named, or say what the certificates are."""
    if name is not None:
        pair, _ = read_pair(session, name)
        present = _usable(session.store.read(name).certificate, pair.record.key.spki_sha256)
        if present:
            leaf = _Given(present[0], authorities[0].file)
            return [_import(session, name, leaf, [one.certificate for one in authorities], doing)]
    text = "is a certificate of the CA {}, and none of a pair is with it; " + CHAIN_ALONE
    return [Result(ok=False, file=one.file, text=text.format(one.certificate.whose)) for one in authorities]


def _import(session: Session, name: str, one: _Given, pool: Sequence[Certificate], doing: Doing) -> Result:
    try:
        pair, asked = read_pair(session, name)
        if doing is Doing.LOOK:
            offer = _offer(session.store.read(name).certificate, pair.record, one.certificate, pool)
        else:
            with session.store.change(name) as held:
                record = load_record(held.record)
                offer = _offer(held.read_certificate(), record, one.certificate, pool)
                _keep(session, held, record, offer)
    except NotConfirmedError:
        raise
    except CsrtuiError as error:
        return Result(ok=False, pair=name, file=one.file, text=f"cannot be imported: {error.what}")
    result = Result(ok=offer.news is not News.OLDER, pair=name, file=one.file, text=offer.text(doing))
    if offer.news is News.OLDER:
        return result
    seen = asked if offer.news is News.CERTIFICATE or was_issued_for_request(pair.record) else None
    return replace(told(session, pair, seen, offer.chain, result), changed=offer.news is not News.NONE)


def _usable(data: bytes | None, spki: str | None) -> list[Certificate]:
    """What certificate.pem holds, leaf first; nothing where it cannot be read or is not of the pair's key."""
    try:
        found = bundle.read_certificates(data) if data is not None else []
    except InputError:
        return []  # it makes room for the new one, and stays beside it
    return found if found and found[0].spki_sha256 == spki else []


def _offer(data: bytes | None, record: PairRecord, leaf: Certificate, pool: Sequence[Certificate]) -> _Offer:
    """Hold a certificate against the certificate.pem and the record that its pair has."""
    present = _usable(data, leaf.spki_sha256)
    chain = build_chain(leaf, [*pool, *present])
    same, life = bool(present) and present[0] == leaf, leaf.validity
    if present and _age(leaf) < _age(present[0]):
        news = News.OLDER
    elif same and tuple(present) == chain.sent and record.validity == life:
        news = News.NONE
    elif same and record.validity == life:
        news = News.CHAIN
    else:
        news = News.CERTIFICATE
    return _Offer(chain, present[0] if present else None, news)


def _keep(session: Session, held: Change, record: PairRecord, offer: _Offer) -> None:
    """Write certificate and record; the record last, since the certificate alone says all that it notes."""
    if offer.news in {News.NONE, News.OLDER}:
        return
    now, chain = session.clock(), offer.chain
    held.replace_certificate(to_pem(chain.sent), now)
    event = offer.text(Doing.IMPORT)
    if offer.news is News.CERTIFICATE:
        event = f"certificate {event}, from {chain.leaf.issuer_text}"
    held.replace_record(dump_record(record.marked_issued(chain.leaf.validity, now, session.user, event)))


def _older(given: Certificate, present: Certificate) -> str:
    return (
        f"is older than the certificate that the pair has: from {utc_text(given.validity.not_before)}, "
        f"the present one from {utc_text(present.validity.not_before)}; not imported"
    )


def told(session: Session, pair: Pair, asked: Request | None, chain: Chain, result: Result) -> ImportResult:
    """Return a result with what was issued otherwise than requested, and what is wrong with the certificate.

    Args:
        session: Whose clock tells what is valid.
        pair: The pair that has the certificate.
        asked: Its CSR; None where the CA did not see it.
        chain: The certificate and its chain.
        result: What was done.
    """
    ca, remarks = pair.record.ca, []
    if chain.end is ChainEnd.ROOT and chain.root is not None:
        remarks.append(f"the root, {chain.root.whose}, is not kept with it: clients have it of their own")
    if pair.record.stage is Stage.RETIRED:
        remarks.append("the pair is retired, and stays so")
    if pair.record.renews:
        remarks.append(
            f"it replaces {pair.record.renews}: once it is installed, csrtui retire {pair.record.renews}"
        )
    return ImportResult(
        ok=result.ok,
        text=result.text,
        pair=result.pair,
        file=result.file,
        differences=tuple(differences(asked, chain.leaf, ca)),
        flaws=tuple(flaws(chain, ca, session.clock())),
        remarks=tuple(remarks),
        chain=chain,
    )
