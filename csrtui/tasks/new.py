"""Create a pair, i.e. a private key and its CSR. Either both are stored or neither."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.finding import CaKind, Finding
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr as csrs
from csrtui.core.keys import key_types
from csrtui.core.pairs.facts import Installation, KeyFacts, RequestFacts
from csrtui.core.pairs.history import SAME_KEY, HistoryEntry
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.pairs.pair_name import check_pair_name, pair_name
from csrtui.store.keystore import PairFiles
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.pkcs8 import BatchEncryptor


class ExistingKey(NamedTuple):
    """An existing key, and the earliest time at which it is known to have existed."""

    key: "key_types.PrivateKey"
    created: datetime


class BlockedError(InputError):
    """The request is blocked by findings."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        first = findings[0]
        hint = first.fix.label if first.fix else None
        if first.fix and first.fix.ca is CaKind.PRIVATE:
            hint = "for the organization's own CA: --ca private"
        if first.fix and first.fix.no_common_name:
            hint = "leave the common name out: --no-common-name"
        if all(finding.forceable for finding in findings):
            hint = f"{hint}; or override with --force" if hint else "override with --force"
        super().__init__(first.text, hint)
        self.findings = findings


def create_pair(
    session: Session,
    spec: RequestSpec,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    force: bool = False,
    renews: str | None = None,
    key: ExistingKey | None = None,
) -> Pair:
    """Generate a private key and its CSR, store both and return the pair.

    Args:
        name: The name of the pair, by default derived from the common name. If it exists, ``-2``, ``-3``, … is added.
        force: Whether to create the pair despite blocking findings that can be overridden (`is_blocking`).
        key: The key to use instead of a new one, of the type of the request, or None.

    Raises:
        BlockedError: A finding blocks the request.
        InputError: `name` is not a valid pair name.
        StoreError: The store cannot be used. Nothing was stored.
    """
    advice = check_request(session, spec, force=force)
    base = check_pair_name(name) if name is not None else pair_name(advice.title)
    encryptor = None
    if passphrase is not None:
        from csrtui.core.keys.pkcs8 import BatchEncryptor  # most keys are not encrypted

        encryptor = BatchEncryptor(passphrase, session.entropy)
    private_key = key.key if key else session.generate_key(spec.effective_key_type)
    csr = build_csr(advice, private_key)
    preview = csrs.preview(
        advice.subject, advice.covered_names, advice.purpose, must_staple=advice.must_staple
    )
    if (csr.subject_der, csr.names) != (preview.subject_der, preview.names):
        raise CsrtuiError("the CSR differs from its preview; nothing was stored")
    record, files = build_files(session, spec, csr, private_key, encryptor, renews=renews)
    if key is not None:
        event = HistoryEntry(record.created, f"created to renew {renews}{SAME_KEY}", session.user)
        record = record._replace(created=key.created, history=(event,))
        files = files._replace(record=dump_record(record))
    stored = session.store.add(base, files)
    return Pair(stored, session.store.pair_path(stored), record)


def is_blocking(finding: Finding, *, force: bool) -> bool:
    """Return whether a finding blocks a request.

    With `force`, only findings about values that X.509 cannot represent block a request.
    """
    return finding.blocks and not (force and finding.forceable)


def check_request(session: Session, spec: RequestSpec, *, force: bool) -> Advice:
    """Return the advice on a request that is about to be generated. `force` is the same as for `create_pair`.

    Raises:
        BlockedError: A finding blocks the request.
    """
    advice = require_common_name(advise_on(session, spec))
    errors = tuple(finding for finding in advice.findings if is_blocking(finding, force=force))
    if errors:
        raise BlockedError(errors)
    return advice


def build_csr(advice: Advice, key: "key_types.PrivateKey") -> csrs.Request:
    """Return the CSR for a key, after checking that it matches the request and the key.

    Raises:
        CsrtuiError: The CSR does not match the request or the key.
    """
    csr = csrs.read_der(
        csrs.build(advice.subject, advice.covered_names, key, advice.purpose, must_staple=advice.must_staple)
    )
    matches = (
        csr.subject == advice.subject
        and csr.names == tuple(advice.covered_names)
        and csr.purpose is advice.purpose
        and csr.must_staple is advice.must_staple
        and csr.spki_sha256 == key_types.spki_sha256(key.public_key())
        and csrs.has_valid_signature(csr.der)
    )
    if not matches:
        raise CsrtuiError("the CSR differs from the request; nothing was stored")
    return csr


def _installation(session: Session, renews: str | None) -> Installation | None:
    """Return the place where the pair with the name `renews` was installed, or None if there is none."""
    if renews is None:
        return None
    try:
        return load_record(session.store.read(renews).record).server
    except CsrtuiError:
        return None  # the old pair is gone or damaged, but the new pair is created anyway


def build_files(
    session: Session,
    spec: RequestSpec,
    csr: csrs.Request,
    key: "key_types.PrivateKey",
    encryptor: "BatchEncryptor | None",
    *,
    renews: str | None = None,
) -> tuple[PairRecord, PairFiles]:
    """Return the record and the files of a new pair. `renews` is the name of the pair that it replaces, or None."""
    now = session.clock()
    event = "created" if renews is None else f"created, to renew {renews}"
    record = PairRecord(
        created=now,
        subject=csr.subject,
        subject_text=csr.subject_text,
        names=csr.names,
        ca=spec.ca,
        platform=spec.platform,
        key=KeyFacts(spec.effective_key_type.value, encryptor is not None, csr.spki_sha256),
        request=RequestFacts(csr.sha256, csr.signature_hash),
        renews=renews,
        purpose=csr.purpose,
        server=_installation(session, renews),
        history=(HistoryEntry(now, event, session.user),),
    )
    return record, PairFiles(
        key=key_types.private_pem(key) if encryptor is None else encryptor.encrypt(key),
        csr=csrs.to_pem(csr.der),
        record=dump_record(record),
    )
