"""Inspect files: read every item, build the chains, and compare the items with each other and with the keystore."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.backups.age import is_age, read_recipient_kinds
from csrtui.core.backups.backup_file import BackupFile
from csrtui.core.backups.header import TITLES
from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.escaping import name_text, visible
from csrtui.core.base.finding import CaKind, Level
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import date_text, time_text, utc_text
from csrtui.core.bundle import ProblemKind
from csrtui.core.bundle.reader import MAX_BYTES
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import TreeRow, build_chain, draw_tree
from csrtui.core.certificates.comparison import differences
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.doctor.finding import FindingCode
from csrtui.core.pairs.history import was_issued_for_request
from csrtui.tasks.backup_contents import PassphraseNeededError, open_key, parse_contents
from csrtui.tasks.inspect.certificate_item import describe_certificate
from csrtui.tasks.inspect.csr_and_key_item import (
    CaRules,
    InspectedItem,
    ItemKind,
    Remark,
    describe_key,
    describe_locked,
    describe_public_key,
    describe_request,
    sort_remarks,
)
from csrtui.tasks.list import owners, read_pair_folder

if TYPE_CHECKING:
    from csrtui.tasks.list import PairFolder
    from csrtui.tasks.session import Session

_COMPROMISED = Remark(
    FindingCode.KEY_COMPROMISED.value,
    Level.ERROR,
    "the key is marked as compromised in the keystore: it must not be used again",
)
_PEM_CERTIFICATE = re.compile(rb"-BEGIN (?:X509 |TRUSTED )?CERTIFICATE-")


@dataclass(frozen=True, slots=True)
class InspectSource:
    """A file or a text to inspect.

    Attributes:
        name: The name as the user gave it, such as a path or ``standard input``. Not escaped.
    """

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class InspectProblem:
    """A part of a file that cannot be read. The text is safe to display."""

    file: str
    text: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of inspecting files.

    Attributes:
        groups: For each key with several items, the indexes of its items.
        store_problem: The reason why the items are not compared with the keystore, or "".
    """

    items: tuple[InspectedItem, ...]
    problems: tuple[InspectProblem, ...] = ()
    tree: tuple[TreeRow, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    store_problem: str = ""

    @property
    def needs_identity(self) -> bool:
        """Whether a backup to recipients was not opened because no identity was given."""
        return any("recipients" in item.members for item in self.items)

    @property
    def exit_code(self) -> int:
        """The exit status: 0 if all is well, 1 if something is wrong or cannot be read, 2 if nothing can be read."""
        if not self.items:
            return 2
        return 1 if self.problems or any(item.is_wrong for item in self.items) else 0

    def as_json(self) -> dict[str, object]:
        """Return the document that the command prints."""
        return {
            "schema": 1,
            "ok": self.exit_code == 0,
            "items": [item.as_json() for item in self.items],
            "problems": [
                {"file": problem.file, "text": problem.text, "hint": problem.hint}
                for problem in self.problems
            ],
            "groups": [
                {"spki_sha256": self.items[group[0]].spki_sha256, "items": list(group)}
                for group in self.groups
            ],
        }


def needs_passphrase(sources: Iterable[InspectSource]) -> bool:
    """Return whether a key or PKCS #12 file in the sources needs a passphrase. Backups do not need one."""
    return any(bundle.read(source.data).needs_passphrase for source in sources if not _is_backup(source.data))


def inspect(
    session: "Session",
    sources: Sequence[InspectSource],
    passphrase: Secret | None = None,
    ca: CaKind | None = None,
    problems: Sequence[InspectProblem] = (),
    *,
    identities: bytes | None = None,
) -> Inspection:
    """Return the description of everything in the sources. Nothing is stored.

    Args:
        session: The session of the keystore to compare with. It can be missing or unusable.
        ca: The kind of CA whose rules apply. None means the CA of the pair with the key. Without such a pair, it means a
            private CA for self-signed certificates and for keys that no public CA accepts, and otherwise a public CA.
        problems: The problems with files that could not be opened. They become part of the result.
    """
    inspector = _Inspector(session, passphrase, ca, problems, identities)
    for source in sources:
        inspector.read(source)
    return inspector.result()


def _is_backup(data: bytes) -> bool:
    return any(title in data for title in TITLES) or is_age(data)


class _Inspector:
    def __init__(
        self,
        session: "Session",
        passphrase: Secret | None,
        ca: CaKind | None,
        problems: Sequence[InspectProblem],
        identities: bytes | None,
    ) -> None:
        self._identities = identities
        self._session, self._passphrase, self._ca = session, passphrase, ca
        self._rules = CaRules(session, ca)
        self._now = session.clock()
        self._items: list[InspectedItem | tuple[str, Certificate]] = []
        self._problems = list(problems)
        self._pem_files: dict[str, tuple[Certificate, ...]] = {}

    def read(self, source: InspectSource) -> None:
        """Read a file and add its items and problems. Certificates are described later, when all issuers are known."""
        name, data = source.name, source.data
        if _is_backup(data):
            data = self._read_backup(name, data)
            if not data:
                return
        material = bundle.read(data, self._passphrase)
        public_keys = bundle.read_public_keys(data) if len(data) <= MAX_BYTES else ()
        items: list[InspectedItem] = [describe_key(name, key, self._ca) for key in material.keys]
        can_open_openssh = any(key.is_openssh for key in material.keys)
        items += [
            describe_public_key(name, key, self._ca)
            for key in public_keys
            if not (key.is_private and can_open_openssh and not key.is_encrypted)
        ]
        items += [
            describe_request(self._session, name, request, self._rules.ca_for(request.spki_sha256))
            for request in material.requests
        ]
        has_public_half = any(key.is_private for key in public_keys)
        for problem in material.problems:
            if problem.kind is ProblemKind.LOCKED:
                items.append(describe_locked(name, problem.text))
            elif (faulty := csrs.read_faulty(problem.request_der)) is not None:
                fault = faulty[1], problem.sentence
                items.append(
                    describe_request(
                        self._session, name, faulty[0], self._rules.ca_for(faulty[0].spki_sha256), fault
                    )
                )
            elif not (problem.kind is ProblemKind.OPENSSH_LOCKED and has_public_half):
                self._problems.append(InspectProblem(name, problem.text, problem.hint))
        self._items += items
        self._items += [(name, certificate) for certificate in material.certificates]
        if _PEM_CERTIFICATE.search(data):
            self._pem_files[name] = material.certificates
        if material.is_empty and not public_keys:
            has_key = material.has_private_key
            hint = "it mentions a private key that csrtui does not recognize" if has_key else None
            error = material.missing_error("it contains no key, CSR or certificate", hint)
            self._problems.append(InspectProblem(name, error.message, error.hint))

    def _read_backup(self, name: str, data: bytes) -> bytes:
        """Add the item for a backup, and return its certificates in PEM, or empty bytes if it has none."""
        if is_age(data) and self._identities is None:
            self._items.append(_describe_age(name, data))
            return b""
        try:
            backup = parse_contents(data, self._identities if is_age(data) else None)
        except CsrtuiError as error:
            remark = Remark("backup-damaged", Level.ERROR, visible(error.sentence))
            title = "backup to recipients" if is_age(data) else "damaged backup"
            self._items.append(InspectedItem(name, ItemKind.BACKUP, title, findings=(remark,)))
            return b""
        self._items.append(self._backup_item(name, data, backup))
        return backup.certificates

    def _backup_item(self, name: str, data: bytes, backup: BackupFile) -> InspectedItem:
        request = describe_request(
            self._session, name, backup.csr, self._rules.ca_for(backup.csr.spki_sha256)
        )
        opened, wrong = "not tried: no passphrase was given", []
        try:
            open_key(backup, self._passphrase)
            opened = "the key opens" if self._passphrase is None else "the passphrase opens the key"
            opened += ", and the key matches the CSR"
        except PassphraseNeededError:
            pass
        except CsrtuiError as error:
            opened = "the key cannot be opened"
            wrong.append(Remark("backup-key", Level.ERROR, visible(error.sentence)))
        proof = "signed by its own key" if backup.is_signed else "not signed: anyone may have changed it"
        return replace(
            request,
            kind=ItemKind.BACKUP,
            title="csrtui backup",
            facts=(
                ("Of the pair", visible(backup.name or "without a name")),
                *_age_facts(data),
                ("Made", time_text(backup.time) if backup.time else "at an unknown time"),
                ("Signature", proof),
                ("Restore", opened),
                *request.facts,
            ),
            findings=tuple(wrong),
            members={
                **request.members,
                "encrypted": True,
                "backup": {
                    "pair": backup.name,
                    "created": utc_text(backup.time) if backup.time else None,
                    "signed": backup.is_signed,
                },
            },
        )

    def result(self) -> Inspection:
        """Describe the certificates, compare the items with the keystore, and return the result."""
        pool = tuple(dict.fromkeys(item[1] for item in self._items if not isinstance(item, InspectedItem)))
        items = [
            item if isinstance(item, InspectedItem) else self._describe_certificate(*item, pool)
            for item in self._items
        ]
        store_problem = ""
        try:
            items = _compare_with_store(self._session, items)
        except StoreError as error:
            store_problem = visible(error.sentence)
        tree = tuple(draw_tree(pool, self._now)) if pool else ()
        return Inspection(tuple(items), tuple(self._problems), tree, _groups(items), store_problem)

    def _describe_certificate(
        self, file: str, certificate: Certificate, pool: Sequence[Certificate]
    ) -> InspectedItem:
        chain = build_chain(certificate, pool, self._now)
        status = validate_chain(chain, self._now)
        item = describe_certificate(
            file, chain, status, self._rules.ca_for(certificate.spki_sha256), self._now
        )
        remark = None if certificate.is_ca else _order_remark(chain.path, self._pem_files.get(file, ()))
        return replace(item, findings=(*item.findings, remark)) if remark else item


def _describe_age(name: str, data: bytes) -> InspectedItem:
    """Return the item for an age file that is not opened."""
    hint = "nothing else is visible without the identity (--identity)"
    return InspectedItem(
        name,
        ItemKind.BACKUP,
        "backup to recipients",
        facts=_age_facts(data),
        findings=(Remark("encrypted", Level.NOTE, hint),),
        members={"encrypted": True, "recipients": list(read_recipient_kinds(data))},
    )


def _age_facts(data: bytes) -> tuple[tuple[str, str], ...]:
    if not is_age(data):
        return ()
    kinds = Counter(read_recipient_kinds(data))
    listed = ", ".join(f"{count} × {kind}" if count > 1 else kind for kind, count in kinds.items())
    return (("Protection", f"encrypted with age to {listed or 'recipients that its header does not show'}"),)


def _order_remark(path: Sequence[Certificate], present: Sequence[Certificate]) -> Remark | None:
    """Return the finding on a chain that is out of order in its file, or None."""
    in_file = [certificate for certificate in present if certificate in path]
    if in_file == [certificate for certificate in path if certificate in present]:
        return None
    text = "the chain in the file is out of order: servers must send the certificate first, then each issuer"
    return Remark("chain-order", Level.WARNING, text)


def _groups(items: Sequence[InspectedItem]) -> tuple[tuple[int, ...], ...]:
    by_key: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        if item.spki_sha256 is not None:
            by_key.setdefault(item.spki_sha256, []).append(index)
    return tuple(tuple(group) for group in by_key.values() if len(group) > 1)


def _compare_with_store(session: "Session", items: Sequence[InspectedItem]) -> list[InspectedItem]:
    """Return the items, each with the pair that has its key and with the differences from that pair."""
    wanted = {item.spki_sha256 for item in items} - {None}
    by_key = owners(session, wanted) if wanted else {}
    folders: dict[str, PairFolder | StoreError] = {}
    result = []
    for item in items:
        pair = by_key.get(item.spki_sha256 or "")
        if pair is None:
            result.append(item)
            continue
        if pair.name not in folders:
            try:
                folders[pair.name] = read_pair_folder(session, pair.name)
            except StoreError as error:
                folders[pair.name] = error
        folder = folders[pair.name]
        if isinstance(folder, StoreError):
            comparison: tuple[str, ...] = (visible(folder.message),)
        else:
            comparison = tuple(_compare(item, folder))
        findings = item.findings
        if pair.record.compromised:
            findings = sort_remarks((_COMPROMISED, *findings))
        result.append(replace(item, pair=pair.name, comparison=comparison, findings=findings))
    return result


def _compare(item: InspectedItem, folder: "PairFolder") -> Iterator[str]:
    """Yield sentences that compare an item with its pair."""
    if item.certificate is not None:
        yield from _compare_certificate(item.certificate, folder)
    elif item.request is None:
        yield "the key of this pair"
    elif item.request.der == folder.csr.der:
        yield "contains its CSR" if item.kind is ItemKind.BACKUP else "the CSR of this pair"
    else:
        yield "another CSR with the key of this pair"
        ours, theirs = set(folder.csr.names), set(item.request.names)
        for name in sorted(theirs - ours):
            yield f"it has {name_text(name)}, which the CSR of the pair does not have"
        for name in sorted(ours - theirs):
            yield f"it does not have {name_text(name)}, which the CSR of the pair has"
        if item.subject != folder.csr.subject_text:
            yield f"the subject of the pair's CSR is {folder.csr.subject_text or 'empty'}"


def _compare_certificate(certificate: Certificate, folder: "PairFolder") -> Iterator[str]:
    material = bundle.read(folder.certificate or b"", open_keys=False)
    present = next(iter(material.certificates), None)
    if present is None:
        yield "the pair has no certificate yet: csrtui import FILE adds this one"
    elif present == certificate:
        yield "the certificate of this pair"
    elif certificate.validity.not_before < present.validity.not_before:
        yield f"an older certificate of this pair; the current one expires {date_text(present.validity.not_after)}"
    else:
        yield (
            "another certificate for the key of this pair; the current one expires "
            f"{date_text(present.validity.not_after)}; csrtui import FILE replaces it"
        )
    if present is None or was_issued_for_request(folder.pair.record.history):
        yield from (difference.text for difference in differences(folder.csr, certificate))
