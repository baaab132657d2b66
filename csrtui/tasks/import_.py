"""Import issued certificates. Each certificate is matched to its pair by its public key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from csrtui.core import bundle
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import date_text
from csrtui.core.certificates.certificate import Certificate, to_pem
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.comparison import CertificateFlaw, Difference, differences, flaws
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.path_validation import ChainStatus, validate_chain
from csrtui.core.names.name import read_name
from csrtui.core.pairs.facts import find_defect
from csrtui.core.pairs.history import was_issued_for_request
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import PairChange
from csrtui.tasks.import_decision import (
    ImportMode,
    Replacement,
    ReplacementKind,
    compare,
    refusal,
    stored_chain,
    unmatched_text,
    usable_certificates,
)
from csrtui.tasks.list import owners, read_all_pairs, read_pair_folder
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class ImportSource:
    """Data with certificates, and the path of its file. The path is None for pasted text and standard input."""

    data: bytes
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ImportResult(Result):
    """The result of importing one certificate.

    Attributes:
        differences: The differences between the request and the certificate.
        flaws: The problems of the certificate and its chain, warnings first.
        remarks: Further remarks, one sentence each.
        chain: The certificate, and its issuers in the order in which servers send them.
        status: The result of the chain validation, or None if there is no chain.
        changed: Whether the certificates of the pair changed or, in a preview, would change.
        needs_confirmation: Whether the import must be confirmed first (`ImportMode.ASK`).
    """

    differences: tuple[Difference, ...] = ()
    flaws: tuple[CertificateFlaw, ...] = ()
    remarks: tuple[str, ...] = ()
    chain: Chain | None = None
    status: ChainStatus | None = None
    changed: bool = False
    needs_confirmation: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the result in the form that commands print as JSON."""
        return {
            **Result.as_json(self),
            "differences": [
                {
                    "kind": difference.kind.value,
                    "requested": difference.requested,
                    "issued": difference.issued,
                    "text": difference.text,
                }
                for difference in self.differences
            ],
            "findings": [
                {"code": flaw.kind.value, "level": flaw.level.value, "text": flaw.text} for flaw in self.flaws
            ],
            "remarks": list(self.remarks),
            "changed": self.changed,
            "chain": self.status.as_json() if self.status else None,
        }


@dataclass(frozen=True, slots=True)
class _CertificateInFile:
    """A certificate and the file it came from."""

    certificate: Certificate
    file: str | None


CHAIN_ALONE = "to complete a pair's chain, import it for that pair: csrtui import FILE --pair PAIR"
_MAX_PAIRS = 3
"""The maximum number of pairs listed in a sentence."""


def needs_passphrase(sources: Iterable[ImportSource]) -> bool:
    """Return whether any of the sources is a PKCS #12 file that needs a passphrase."""
    return any(bundle.read(source.data, open_keys=False).needs_passphrase for source in sources)


def import_certificates(
    session: Session,
    sources: Sequence[ImportSource],
    pair: str | None = None,
    mode: ImportMode = ImportMode.IMPORT,
    passphrase: Secret | None = None,
) -> list[Result]:
    """Import each certificate into its pair, with a chain built from all the other certificates.

    A certificate with problems is imported too, and the result lists the problems. Only an expired certificate is
    refused, and only if the pair has one that expires later. If several certificates are for one pair, the pair keeps
    the one that expires last.

    Args:
        sources: The texts and files, in any order. A leaf certificate and its chain may be in different sources.
        pair: The name of the pair that everything must belong to, or None.

    Returns:
        A result for each leaf certificate, and for each text or file that cannot be read. If there is no leaf
        certificate, a result for each CA certificate.

    Raises:
        InputError: The pair does not exist.
        StoreError: The store cannot be used.
    """
    if pair is not None:
        read_pair_folder(session, pair)  # a wrong name is an error, regardless of the sources
    results: list[Result] = []
    items = _read(sources, passphrase, results)
    by_key = owners(session, (item.certificate.spki_sha256 for item in items), pair)
    leaves: list[tuple[_CertificateInFile, str]] = []
    unmatched: list[_CertificateInFile] = []
    authorities: list[_CertificateInFile] = []
    for item in items:
        owner = by_key.get(item.certificate.spki_sha256 or "")
        if owner is not None:
            leaves.append((item, owner.name))
        elif item.certificate.is_ca:
            authorities.append(item)
        else:
            unmatched.append(item)
    if any(name == pair for _, name in leaves):
        unmatched.clear()  # other certificates in a bundle do not matter if the pair was named
    pool = [item.certificate for item in items]
    leaves.sort(
        key=lambda leaf: (leaf[0].certificate.validity.not_after, leaf[0].certificate.validity.not_before)
    )
    best = {name: item for item, name in leaves}
    for item, name in leaves:
        if pair in {None, name}:
            results.append(_import(session, name, item, pool, mode, is_best=item is best[name]))
        else:
            text = f"is for the pair {name}, not for {pair}: its public key says so"
            results.append(Result(ok=False, pair=name, file=item.file, text=text))
    others = read_all_pairs(session).pairs if unmatched else ()
    for item in unmatched:
        text = unmatched_text(item.certificate, pair, others)
        results.append(Result(ok=False, file=item.file, text=text))
    if authorities and not leaves and not unmatched:
        results += _complete(session, pair, authorities, mode)
    return results


def _read(
    sources: Iterable[ImportSource], passphrase: Secret | None, results: list[Result]
) -> list[_CertificateInFile]:
    """Return the certificates without duplicates. For each part that is refused, append a failure to `results`."""
    certificates: dict[Certificate, str | None] = {}
    for source in sources:
        material = bundle.read(source.data, passphrase, open_keys=False)
        refused = refusal(source.data, source.file, material)
        if refused is not None:
            results.append(refused)
            continue
        results += [
            Result(ok=False, file=source.file, text=problem.sentence) for problem in material.problems
        ]
        for number, certificate in enumerate(material.certificates, 1):
            if certificate.is_ca and certificate.encoding_faults:
                # A strict client would refuse the whole chain.
                text = (
                    f"certificate {number} of {len(material.certificates)} ({certificate.display_name}) is left out of "
                    f"the chain, since it breaks an encoding rule: {'; '.join(certificate.encoding_faults)}; "
                    "ask the CA for another"
                )
                results.append(Result(ok=False, file=source.file, text=text))
            else:
                certificates.setdefault(certificate, source.file)
    return [_CertificateInFile(certificate, file) for certificate, file in certificates.items()]


def _complete(
    session: Session, name: str | None, authorities: Sequence[_CertificateInFile], mode: ImportMode
) -> list[Result]:
    """Complete the chain of a named pair with CA certificates, and return the results.

    If this is impossible, return a failure with the reason for each certificate.
    """
    text = f"but no pair's certificate is imported with it; {CHAIN_ALONE}"
    if name is not None:
        folder = read_pair_folder(session, name)
        present = usable_certificates(folder.certificate, folder.pair.record.key.spki_sha256)
        if present:
            return _complete_chain(session, name, present, authorities, mode)
        text = f"and {name} has no certificate yet; import that first, or both together"
    return [
        Result(
            ok=False,
            file=item.file,
            text=f"{_ca_text(item.certificate)}, {text}",
        )
        for item in authorities
    ]


def _ca_text(certificate: Certificate) -> str:
    """Return a phrase with the kind and the name of a CA certificate.

    A server's certificate made with ``openssl req -x509`` is also a CA certificate. Its phrase begins with "self-signed".
    """
    common_name = read_name(certificate.subject.common_name or "").text or ""
    is_own = certificate.is_self_issued and (certificate.names or "." in common_name)
    return f"{'self-signed certificate of' if is_own else 'certificate of the CA'} {certificate.display_name}"


def _complete_chain(
    session: Session,
    name: str,
    present: Sequence[Certificate],
    authorities: Sequence[_CertificateInFile],
    mode: ImportMode,
) -> list[Result]:
    pool = [item.certificate for item in authorities]
    chain = build_chain(present[0], [*pool, *present], session.clock())
    if set(chain.path) & set(pool):
        leaf = _CertificateInFile(present[0], authorities[0].file)
        return [_import(session, name, leaf, pool, mode, is_best=True)]
    issuer = present[0].issuer_text or "an issuer without a name"
    results = []
    for item in authorities:
        hint = _chain_hint(session, chain, item.certificate, pool)
        text = (
            f"{_ca_text(item.certificate)}, which does not belong to the chain of {name} "
            f"(issuer: {issuer}){hint}"
        )
        results.append(Result(ok=False, file=item.file, text=text))
    return results


def _chain_hint(session: Session, chain: Chain, authority: Certificate, pool: Sequence[Certificate]) -> str:
    """Return the reason why a CA certificate does not belong to a chain, or else the pairs whose chains contain it.

    The text continues a sentence. It is empty if neither is known.
    """
    if authority in chain.rejected_issuers:
        return ": it has the name of an issuer, but did not sign"
    names: list[str] = []
    for pair in read_all_pairs(session).pairs:
        if not pair.has_certificate:
            continue
        present = usable_certificates(session.store.read(pair.name).certificate, pair.record.key.spki_sha256)
        if present and authority in build_chain(present[0], [*pool, *present], session.clock()).path:
            names.append(pair.name)
        if len(names) == _MAX_PAIRS:
            break
    return f"; it belongs to the chain of {', '.join(names)}" if names else ""


def _import(
    session: Session,
    name: str,
    item: _CertificateInFile,
    pool: Sequence[Certificate],
    mode: ImportMode,
    *,
    is_best: bool,
) -> Result:
    leaf, now = item.certificate, session.clock()
    try:
        folder = read_pair_folder(session, name)
        pair = folder.pair
        if mode is ImportMode.PREVIEW:
            replacement = compare(folder.certificate, pair.record, leaf, pool, now, is_best=is_best)
        else:
            with session.store.change(name) as change:  # read again under the lock
                record, present = load_record(change.record), change.read_certificate()
                replacement = compare(present, record, leaf, pool, now, is_best=is_best)
                if replacement.is_imported(mode):
                    _store(session, change, record, replacement)
    except NotConfirmedError:
        raise
    except CsrtuiError as error:
        return Result(ok=False, pair=name, file=item.file, text=f"cannot be imported: {error.message}")
    result = Result(ok=replacement.is_imported(mode), pair=name, file=item.file, text=replacement.text(mode))
    kind = replacement.kind
    if kind is ReplacementKind.SUPERSEDED:
        return result
    is_compared = kind is not ReplacementKind.NONE or was_issued_for_request(pair.record.history)
    csr = folder.csr if is_compared else None
    full = build_import_result(session, pair, csr, replacement.chain, result)
    if not result.ok:
        return replace(full, needs_confirmation=True)
    remarks = full.remarks
    if kind is ReplacementKind.SHORTER:
        remarks = (f"it {replacement.difference}", *remarks)
    return replace(full, changed=kind is not ReplacementKind.NONE, remarks=remarks)


def _store(session: Session, change: PairChange, record: PairRecord, replacement: Replacement) -> None:
    """Write the certificate and then the record.

    If only the certificate is written, nothing is lost, because the facts missing in the record are in the certificate.
    """
    kind = replacement.kind
    if kind is ReplacementKind.NONE:
        return
    now, chain = session.clock(), replacement.chain
    change.replace_certificate(to_pem(chain.path), now)
    event = replacement.text(ImportMode.IMPORT)
    if kind is not ReplacementKind.CHAIN:
        event = f"certificate {event}, from {chain.leaf.issuer_text}"
    event = f"{event}; the chain is {validate_chain(stored_chain(chain, now), now).text}"
    if kind is ReplacementKind.CHAIN and not replacement.changes_sent_chain:
        record = record.with_event(now, event, session.user)  # the installed files are still correct
    else:
        defect = find_defect(chain.leaf, record.names, record.purpose)
        record = record.with_certificate(chain.leaf.validity, now, session.user, event, defect)
    change.replace_record(dump_record(record))


def results_to_confirm(results: Sequence[Result]) -> list[ImportResult]:
    """Return the results for certificates that need confirmation (`ImportMode.ASK`)."""
    return [result for result in results if isinstance(result, ImportResult) and result.needs_confirmation]


def _replacement_remark(session: Session, name: str) -> list[str]:
    """Return a sentence about the replaced pair `name`, or none if that pair is retired or cannot be read."""
    try:
        record = load_record(session.store.read(name).record)
    except CsrtuiError:
        return []  # it is gone, or the doctor reports it
    if record.retired:
        return []
    end = record.deadline and record.deadline.not_after
    if end is None or end < session.clock():
        return [f"it replaces {name}: install it now, then retire {name}"]
    return [
        f"it replaces {name}: install it before {date_text(end)}, when that certificate expires, then retire {name}"
    ]


def build_import_result(
    session: Session, pair: Pair, csr: Request | None, chain: Chain, result: Result
) -> ImportResult:
    """Return the result with the problems of the certificate and its differences from the request added.

    `csr` is None if the CSR was not sent to the CA.
    """
    now, remarks = session.clock(), []
    status = validate_chain(chain, now)
    if chain.rejected_issuers:
        stored = validate_chain(stored_chain(chain, now), now).text
        remarks.append(
            f"the certificate of {chain.last_issuer_text} is left out; the stored chain is {stored}"
        )
    if pair.record.stage is Stage.RETIRED:
        remarks.append("the pair stays retired")
    if pair.record.renews:
        remarks += _replacement_remark(session, pair.record.renews)
    return ImportResult(
        ok=result.ok,
        text=result.text,
        pair=result.pair,
        file=result.file,
        differences=tuple(differences(csr, chain.leaf)),
        flaws=tuple(flaws(chain, status, pair.record.ca, now, pair.record.purpose)),
        remarks=tuple(remarks),
        chain=chain,
        status=status,
    )
