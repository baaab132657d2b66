"""Making a pair: a private key and its CSR together, or neither."""

from enum import Enum, auto

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.finding import CaKind, Finding
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.keys.batch_encryption import Sealer
from csrtui.core.pairs.pair import Event, KeyFacts, Pair, PairRecord, RequestFacts
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.pair_name import check_pair_name, pair_name
from csrtui.store.keystore import PairFiles
from csrtui.tasks.request_spec import Asked, advise_on, asked_for
from csrtui.tasks.session import Session


class Blocking(Enum):
    """What an error among the findings does."""

    STOPS = auto()
    OVERRULED = auto()
    """The user insists; what X.509 cannot hold stops all the same."""


class BlockedError(InputError):
    """Findings stand in the way of a request.

    Args:
        findings: Those that block, at least one.
    """

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        first = findings[0]
        forceable = all(finding.forceable for finding in findings)
        hint = first.fix.label if first.fix else None
        if first.fix and first.fix.ca is CaKind.PRIVATE:
            hint = "for the organization's own CA: --ca private"
        if forceable:
            hint = f"{hint}; or insist with --force" if hint else "insist with --force"
        super().__init__(first.text, hint)
        self.findings = findings


def create_pair(
    session: Session,
    asked: Asked,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    blocking: Blocking = Blocking.STOPS,
    renews: str | None = None,
) -> Pair:
    """Make a private key and its CSR and keep both in the store.

    Args:
        session: Where, when and by whom.
        asked: What for.
        name: The pair's name; by default it is made from the common name. A name that is taken gets
            ``-2``, ``-3``, ….
        passphrase: What the key is encrypted under; None leaves it plain.
        blocking: Whether errors that X.509 could hold are overruled.
        renews: The name of the pair that this one is to take the place of, or None.

    Raises:
        BlockedError: A finding stands in the way.
        InputError: `name` cannot be a pair's name.
        StoreError: The store cannot be used; nothing of the pair was kept.
    """
    advice = advise_to_make(session, asked, blocking)
    base = check_pair_name(name) if name is not None else pair_name(advice.covers[0])
    sealer = None if passphrase is None else Sealer(passphrase, session.entropy)
    key = session.generate_key(asked.effective_key_type)
    made = request_for(advice, key)
    _hold_against_preview(made, csr.preview(advice.subject, advice.covers))
    record, files = files_of(session, asked, made, key, sealer, renews=renews)
    stored = session.store.add(base, files)
    return Pair(stored, session.store.pair_path(stored), record)


def stops(finding: Finding, blocking: Blocking) -> bool:
    """Whether a finding stands in the way of a request."""
    return finding.blocks and not (blocking is Blocking.OVERRULED and finding.forceable)


def advise_to_make(session: Session, asked: Asked, blocking: Blocking) -> Advice:
    """Return the advice on a request that is to be made now.

    Raises:
        BlockedError: A finding stands in the way.
    """
    advice = asked_for(advise_on(session, asked))
    errors = tuple(finding for finding in advice.findings if stops(finding, blocking))
    if errors:
        raise BlockedError(errors)
    return advice


def request_for(advice: Advice, key: "key_types.PrivateKey") -> csr.Request:
    """Return the CSR for a key, having held it against what was asked for and against the key.

    Raises:
        CsrtuiError: It says something else, or is not the key's.
    """
    made = csr.read_der(csr.build(advice.subject, advice.covers, key))
    fits = (
        made.subject == advice.subject
        and made.names == tuple(advice.covers)
        and made.spki_sha256 == key_types.spki_sha256(key.public_key())
        and csr.signature_holds(made.der)
    )
    if not fits:
        raise CsrtuiError("the request that was made is not the one that was asked for; nothing was kept")
    return made


def files_of(
    session: Session,
    asked: Asked,
    made: csr.Request,
    key: "key_types.PrivateKey",
    sealer: Sealer | None,
    *,
    renews: str | None = None,
) -> tuple[PairRecord, PairFiles]:
    """Return the record and the files of a pair that is not in the store yet.

    Args:
        session: When and by whom.
        asked: What for.
        made: Its CSR.
        key: Its key.
        sealer: What encrypts the key; None leaves it plain.
        renews: The name of the pair that it is to take the place of, or None.
    """
    now = session.clock()
    record = PairRecord(
        created=now,
        subject=made.subject,
        subject_text=made.subject_text,
        names=made.names,
        ca=asked.ca,
        platform=asked.platform,
        key=KeyFacts(asked.effective_key_type.value, sealer is not None, made.spki_sha256),
        request=RequestFacts(made.sha256, made.signature_hash),
        renews=renews,
        history=(Event(now, "created" if renews is None else f"created, to renew {renews}", session.user),),
    )
    return record, PairFiles(
        key=key_types.private_pem(key) if sealer is None else sealer.seal(key),
        request=csr.to_pem(made.der),
        record=dump_record(record),
    )


def _hold_against_preview(made: csr.Request, shown: csr.Request) -> None:
    """See that the CSR is what the preview showed: nothing else is ever stored."""
    if (made.subject_der, made.names) != (shown.subject_der, shown.names):
        raise CsrtuiError("the request that was made is not the one that was shown; nothing was kept")
