"""Making a pair: a private key and its CSR together, or neither."""

from enum import Enum, auto

from csrtui.core import keys, pkcs8, request
from csrtui.core.advice import Advice
from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.finding import CaKind, Finding
from csrtui.core.pair import Event, KeyFacts, Pair, PairRecord, RequestFacts
from csrtui.core.pair_json import dump_record
from csrtui.core.pairname import check_pair_name, pair_name
from csrtui.core.secret import Secret
from csrtui.store.keystore import PairFiles
from csrtui.tasks.asking import Asked, advise_on, asked_for
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
) -> Pair:
    """Make a private key and its CSR and keep both in the store.

    Args:
        session: Where, when and by whom.
        asked: What for.
        name: The pair's name; by default it is made from the common name. A name that is taken gets
            ``-2``, ``-3``, ….
        passphrase: What the key is encrypted under; None leaves it plain.
        blocking: Whether errors that X.509 could hold are overruled.

    Raises:
        BlockedError: A finding stands in the way.
        InputError: `name` cannot be a pair's name.
        StoreError: The store cannot be used; nothing of the pair was kept.
    """
    advice = asked_for(advise_on(session, asked))
    _stop_where_blocked(advice, blocking)
    base = check_pair_name(name) if name is not None else pair_name(advice.covers[0])
    record, files = _make(session, asked, advice, passphrase)
    stored = session.store.add(base, files)
    return Pair(stored, session.store.pair_path(stored), record)


def stops(finding: Finding, blocking: Blocking) -> bool:
    """Whether a finding stands in the way of a request."""
    return finding.blocks and not (blocking is Blocking.OVERRULED and finding.forceable)


def _stop_where_blocked(advice: Advice, blocking: Blocking) -> None:
    errors = tuple(finding for finding in advice.findings if stops(finding, blocking))
    if errors:
        raise BlockedError(errors)


def _make(
    session: Session, asked: Asked, advice: Advice, passphrase: Secret | None
) -> tuple[PairRecord, PairFiles]:
    key_type = asked.effective_key_type
    key = session.generate_key(key_type)
    made = request.read_der(request.build(advice.subject, advice.covers, key))
    _prove(made, request.preview(advice.subject, advice.covers), key)
    now = session.clock()
    record = PairRecord(
        created=now,
        subject=made.subject,
        subject_text=made.subject_text,
        names=made.names,
        ca=asked.ca,
        platform=asked.platform,
        key=KeyFacts(key_type.value, passphrase is not None, made.spki_sha256),
        request=RequestFacts(made.sha256, made.signature_hash),
        history=(Event(now, "created", session.user),),
    )
    return record, PairFiles(
        key=_key_pem(session, key, passphrase),
        request=request.to_pem(made.der),
        record=dump_record(record),
    )


def _key_pem(session: Session, key: "keys.PrivateKey", passphrase: Secret | None) -> bytes:
    if passphrase is None:
        return keys.private_pem(key)
    return pkcs8.encrypt(key, passphrase, session.entropy(pkcs8.ENTROPY_BYTES))


def _prove(made: request.Request, shown: request.Request, key: "keys.PrivateKey") -> None:
    """Hold the CSR against what the preview showed, and against the key: nothing else is ever stored."""
    fits = (
        made.subject_der == shown.subject_der
        and made.names == shown.names
        and made.spki_sha256 == keys.spki_sha256(key.public_key())
        and request.signature_holds(made.der)
    )
    if not fits:
        raise CsrtuiError("the request that was made is not the one that was shown; nothing was kept")
