"""Check that the files of a pair belong together: key, CSR, certificate and record."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from csrtui.core.base import escaping
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.base.validity import Validity, date_text, time_text
from csrtui.core.bundle import read_certificates, unexpired_leaves
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.comparison import CertificateFlawKind, chain_flaw, usability_flaws
from csrtui.core.certificates.csr import Request, has_valid_signature, read_pem
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.doctor.backups_and_renewals import check_backups
from csrtui.core.doctor.file_checks import PAIR_FILES
from csrtui.core.doctor.finding import (
    BackupFacts,
    DoctorFinding,
    FileFacts,
    FindingCode,
    PairCondition,
    PairReplacement,
    Remedy,
    command,
    csrtui,
    instruction,
    template,
)
from csrtui.core.names.name import all_names
from csrtui.core.pairs.pair import SCHEMA, PairRecord
from csrtui.core.pairs.pair_json import UnknownSchemaError, load_record
from csrtui.core.pairs.renewal_state import RenewalState

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

_T = TypeVar("_T")
_CERTIFICATE = "certificate.pem"
_COMPARE_KEY: Final = instruction(
    "No action is needed. To compare it with the CSR, print both public keys: openssl pkey (with the passphrase) and "
    "openssl req."
)
_USABILITY_CODES: Final = {
    CertificateFlawKind.NO_ALTERNATIVE_NAMES: FindingCode.CERTIFICATE_NO_NAMES,
    CertificateFlawKind.NAMES_NOT_COVERED: FindingCode.CERTIFICATE_WRONG_NAMES,
}
_TOLERANCE: Final = timedelta(minutes=5)
"""The difference up to which two clocks count as equal."""

_CHECK_CLOCK: Final = instruction(
    "Check the clock of this machine. If it is correct, it was wrong when the time was recorded. The finding then "
    "disappears at that time."
)
_WAIT_OR_CHECK_CLOCK: Final = instruction(
    "Wait until then. If that time has passed, correct the clock of this machine."
)
_WRONG_CLOCK: Final = instruction(
    "No action is needed: the clock was wrong when one of the two times was recorded, and no command depends on them."
)


@dataclass(frozen=True, slots=True)
class PairContents:
    """The checked contents of a pair's files.

    Attributes:
        findings: The findings.
        csr: The CSR, or None if it cannot be read.
        key: The private key, or None if it cannot be read or is encrypted.
    """

    findings: tuple[DoctorFinding, ...]
    csr: Request | None
    key: "PrivateKey | None"


def check_contents(
    folder: FileFacts, record: PairRecord | None, backup_facts: Mapping[str, BackupFacts], now: datetime
) -> PairContents:
    """Check the files of a pair against each other.

    `check_pair_files` reports unreadable files. `record` is the pair's record with the progress of its renewal, and
    `backup_facts` has the facts about the backups in it, by path.
    """
    check = _ContentsCheck(folder, record, backup_facts, now)
    return PairContents(tuple(check.findings()), check.csr, check.key.private)


def record_of(folder: FileFacts) -> PairRecord | None:
    """Return the record of a pair, or None if it is missing or cannot be read."""
    data = next((file.data for file in folder.entries if file.name == "pair.json"), None)
    return _try(load_record, data)[0]


@dataclass(frozen=True, slots=True)
class _Key:
    """The contents of key.pem.

    Attributes:
        encrypted: Whether the key is encrypted, or None if the file does not exist.
        error: The reason why the key cannot be used, or None.
        private: The key if it is not encrypted, else None.
        spki_sha256: The SPKI fingerprint if the key is not encrypted, else None.
    """

    encrypted: bool | None = None
    error: CsrtuiError | None = None
    private: "PrivateKey | None" = None
    spki_sha256: str | None = None

    @property
    def is_usable(self) -> bool:
        return self.encrypted is not None and self.error is None

    def can_be(self, spki_sha256: str | None) -> bool:
        """Return whether the key has this SPKI fingerprint. An encrypted key may have any."""
        return self.is_usable and (bool(self.encrypted) or self.spki_sha256 == spki_sha256)


class _ContentsCheck:
    """The decoded files of a pair, with a method for each check."""

    def __init__(
        self,
        folder: FileFacts,
        record: PairRecord | None,
        backup_facts: Mapping[str, BackupFacts],
        now: datetime,
    ) -> None:
        self._folder = folder
        self._files = {file.name: file for file in folder.entries}
        self._backup_facts, self._now = backup_facts, now
        self._record, self._record_error = record, _try(load_record, self._data("pair.json"))[1]
        self.csr, self._csr_error = _try(read_pem, self._data("request.pem"))
        self._has_valid_signature = self.csr is not None and has_valid_signature(self.csr.der)
        self.key = _read_key(self._data("key.pem"))
        certificates, self._certificate_error = _try(read_certificates, self._data(_CERTIFICATE))
        self._leaf = certificates[0] if certificates else None
        self._issuers = certificates[1:] if certificates else []
        csr = self.csr if self._has_valid_signature else None
        self._condition = PairCondition(
            has_key=self.key.is_usable,
            has_csr=csr is not None and self.key.can_be(csr.spki_sha256),
            has_certificate=self._leaf is not None and self.key.can_be(self._leaf.spki_sha256),
        )
        self._replacement = PairReplacement(folder.path, self._record, self._condition, backup_facts, now)

    def findings(self) -> Iterator[DoctorFinding]:
        if self._folder.kind is None or self._folder.fault is not None:
            return
        yield from self._check_presence()
        yield from self._check_record()
        yield from self._check_csr()
        yield from self._check_key()
        yield from self._check_certificate()
        if self._record is not None:
            can_back_up = self._condition.has_key and self._condition.has_csr
            yield from check_backups(
                self._folder.path, self._record, self._backup_facts, can_back_up=can_back_up
            )
            yield from self._check_times(self._record)

    def _path(self, name: str) -> str:
        return f"{self._folder.path}/{name}"

    def _finding(self, code: FindingCode, name: str, text: str, remedy: Remedy) -> DoctorFinding:
        path = self._path(name)
        return DoctorFinding(code, path, f"{visible(path)} {text}", remedy, self._folder.name)

    def _damaged(self, code: FindingCode, name: str, text: str) -> DoctorFinding:
        return self._finding(code, name, text, self._replacement.for_damaged_files())

    def _wrong_record(self, code: FindingCode, name: str, text: str) -> DoctorFinding:
        return self._finding(code, name, text, self._replacement.for_wrong_record())

    def _data(self, name: str) -> bytes | None:
        file = self._files.get(name)
        return file.data if file else None

    def _new_import(self) -> Remedy:
        return template(*csrtui("import", "--pair", self._folder.name, "CERTIFICATE"))

    def _check_presence(self) -> Iterator[DoctorFinding]:
        for name in PAIR_FILES:
            if name not in self._files:
                report = self._wrong_record if name == "pair.json" else self._damaged
                yield report(FindingCode.MISSING_FILE, name, "is missing")
        if self._record and self._record.validity and _CERTIFICATE not in self._files:
            text = "is missing, although the record says that it was imported"
            yield self._finding(FindingCode.CERTIFICATE_MISSING, _CERTIFICATE, text, self._new_import())

    def _check_record(self) -> Iterator[DoctorFinding]:
        if isinstance(self._record_error, UnknownSchemaError):
            remedy = instruction("Use the version of csrtui that wrote it, or a newer one.")
            text = f"has a schema other than {SCHEMA}, the only one that this version can read"
            yield self._finding(FindingCode.RECORD_SCHEMA, "pair.json", text, remedy)
        elif self._record_error is not None:
            text = f"cannot be read: {visible(self._record_error.message)}"
            yield self._wrong_record(FindingCode.RECORD_UNREADABLE, "pair.json", text)

    def _check_csr(self) -> Iterator[DoctorFinding]:
        if self._csr_error is not None:
            text = f"cannot be read: {visible(self._csr_error.message)}"
            yield self._damaged(FindingCode.REQUEST_UNREADABLE, "request.pem", text)
        if self.csr is None:
            return
        if not self._has_valid_signature:
            text = "is not signed by its own key: every CA will refuse it"
            yield self._damaged(FindingCode.REQUEST_SIGNATURE, "request.pem", text)
        if self._record is not None:
            yield from self._compare_record(self.csr, self._record)

    def _compare_record(self, csr: Request, record: PairRecord) -> Iterator[DoctorFinding]:
        if csr.sha256 != record.request.sha256:
            text = "is not the CSR on record: do not submit it"
            yield self._damaged(FindingCode.REQUEST_CHANGED, "request.pem", text)
            return  # all other differences would have the same cause
        if csr.spki_sha256 != record.key.spki_sha256:
            text = "has a key fingerprint that differs from the CSR's"
            yield self._wrong_record(FindingCode.FINGERPRINT_DISAGREES, "pair.json", text)
        # Early releases recorded any first OU as the field, and no additional attributes. The text contains all.
        fields = csr.subject._replace(attributes=record.subject.attributes)
        if record.subject.organizational_unit in csr.subject.units:
            fields = fields._replace(organizational_unit=record.subject.organizational_unit)
        if csr.subject_text != record.subject_text or fields != record.subject:
            text = f"contains a subject that differs from the CSR's ({csr.subject_text})"
            yield self._wrong_record(FindingCode.SUBJECT_DISAGREES, "pair.json", text)
        # An adopted CSR may have the common name only in its subject.
        if set(record.names) - {csr.subject.common_name} != set(csr.names) - {csr.subject.common_name}:
            text = f"contains names that differ from the CSR's ({visible(' '.join(csr.names))})"
            yield self._wrong_record(FindingCode.NAMES_DISAGREE, "pair.json", text)

    def _check_key(self) -> Iterator[DoctorFinding]:
        if self.key.encrypted is None:
            return
        if self.key.error is not None:
            text = f"cannot be used: {visible(self.key.error.message)}"
            yield self._damaged(FindingCode.KEY_UNREADABLE, "key.pem", text)
            return
        if self._record is not None and self._record.key.encrypted is not self.key.encrypted:
            state = "is encrypted" if self.key.encrypted else "is not encrypted"
            text = f"{state}, although the record says otherwise"
            yield self._wrong_record(FindingCode.ENCRYPTION_DISAGREES, "key.pem", text)
        if self.key.encrypted:
            text = "is encrypted and was not opened, so it was not compared with the CSR"
            yield self._finding(FindingCode.KEY_NOT_OPENED, "key.pem", text, _COMPARE_KEY)
        elif self.csr is not None and self.key.spki_sha256 != self.csr.spki_sha256:
            text = "is not the key of the CSR: no certificate will work with it"
            yield self._damaged(FindingCode.KEY_OF_ANOTHER, "key.pem", text)

    def _check_certificate(self) -> Iterator[DoctorFinding]:
        if self._certificate_error is not None:
            text = f"cannot be read: {visible(self._certificate_error.message)}"
            yield self._finding(FindingCode.CERTIFICATE_UNREADABLE, _CERTIFICATE, text, self._new_import())
        if self._leaf is None:
            return
        if self.csr is not None and self._leaf.spki_sha256 != self.csr.spki_sha256:
            text = "does not match the key of this pair: a server will not start with it"
            yield self._finding(FindingCode.CERTIFICATE_OF_ANOTHER, _CERTIFICATE, text, self._new_import())
            return
        yield from self._check_validity(self._leaf.validity)
        if self._record is not None and self._record.needs_revocation(self._now):
            yield from self._check_revocation(self._record)
        if self._record is None or self._record.is_unreplaced:
            yield from self._check_usability(self._leaf)
            yield from self._check_chain(self._leaf)

    def _check_revocation(self, record: PairRecord) -> Iterator[DoctorFinding]:
        entries = [file for file in reversed(self._folder.entries) if file.name.startswith("certificate")]
        files = [(file.name, file.data or b"") for file in entries]
        retire = escaping.command(*csrtui("retire", self._folder.name))
        for name, leaf in unexpired_leaves(files, record.key.spki_sha256, self._now).items():
            text = (
                f"(serial {leaf.serial}) is still valid until {date_text(leaf.validity.not_after)}, but its key is marked as "
                "compromised: others can use it"
            )
            remedy = instruction(
                f"Ask its CA to revoke the certificate (reason keyCompromise): {retire} --compromised shows how. The finding "
                f"disappears when the certificate expires, or when you record the revocation: {retire} --revoked."
            )
            yield self._finding(FindingCode.KEY_COMPROMISED, name, text, remedy)

    def _check_usability(self, leaf: Certificate) -> Iterator[DoctorFinding]:
        csr, record = self.csr, self._record
        is_changed = csr is not None and record is not None and csr.sha256 != record.request.sha256
        names = all_names(csr.subject.common_name, csr.names) if csr and not is_changed else ()
        purpose = record.purpose if record else Purpose.SERVER
        path, pair = self._path(_CERTIFICATE), self._folder.name
        flaws = usability_flaws(leaf, names, purpose) if self._now <= leaf.validity.not_after else ()
        for flaw in flaws:
            code = _USABILITY_CODES.get(flaw.kind, FindingCode.CERTIFICATE_WRONG_PURPOSE)
            is_nameless = code is FindingCode.CERTIFICATE_NO_NAMES
            remedy = command(*csrtui("renew", pair)) if is_nameless else self._new_import()
            yield DoctorFinding(code, path, f"{visible(path)}: {flaw.text}", remedy, pair)

    def _check_chain(self, leaf: Certificate) -> Iterator[DoctorFinding]:
        chain = build_chain(leaf, self._issuers, self._now)
        ca = self._record.ca if self._record else CaKind.PUBLIC
        flaw = chain_flaw(chain, validate_chain(chain, self._now), ca)
        if flaw is not None:
            path, pair = self._path(_CERTIFICATE), self._folder.name
            remedy = template(*csrtui("import", "--pair", pair, "CHAIN"))
            yield DoctorFinding(
                FindingCode[flaw.kind.name], path, f"{visible(path)}: {flaw.text}", remedy, pair, flaw.level
            )

    def _check_validity(self, validity: Validity) -> Iterator[DoctorFinding]:
        record, pair = self._record, self._folder.name
        if record is not None and record.validity != validity:
            text = f"expires {time_text(validity.not_after)}, but the record has another date"
            remedy = command(*csrtui("import", "--pair", pair, self._path(_CERTIFICATE)))
            yield self._finding(FindingCode.VALIDITY_DISAGREES, _CERTIFICATE, text, remedy)
        if validity.not_after < self._now and (record is None or record.is_in_use):
            text, remedy = f"expired {date_text(validity.not_after)}", command(*csrtui("renew", pair))
            if record is None or record.is_unreplaced:
                yield self._finding(FindingCode.CERTIFICATE_EXPIRED, _CERTIFICATE, text, remedy)
            else:
                text += f", and {visible(record.renewed_by or '')}, which is to replace it, is not on record as installed"
                yield self._finding(FindingCode.RENEWAL_UNFINISHED, _CERTIFICATE, text, _completion(record))
        if (
            record is not None
            and record.previous
            and record.is_unreplaced
            and record.previous.not_after < self._now
        ):
            text = f"replaces a certificate that expired {date_text(record.previous.not_after)}, but is not on record as installed"
            yield self._finding(FindingCode.RENEWAL_UNFINISHED, _CERTIFICATE, text, _installation(pair))
        if validity.not_before > self._now + _TOLERANCE:
            text = f"is not valid until {time_text(validity.not_before)}, unless the clock of this machine is wrong"
            yield self._finding(
                FindingCode.CERTIFICATE_NOT_YET_VALID, _CERTIFICATE, text, _WAIT_OR_CHECK_CLOCK
            )

    def _check_times(self, record: PairRecord) -> Iterator[DoctorFinding]:
        """Yield a finding for each impossible time in the record."""
        latest = self._now + _TOLERANCE
        if record.created > latest:
            text = f"has a creation time in the future: {time_text(record.created)}"
            yield self._finding(FindingCode.CREATED_IN_FUTURE, "pair.json", text, _CHECK_CLOCK)
            return
        times = [("submitted", record.submitted), ("retired", record.retired)]
        for backup in record.backups:
            times += [("backed up", backup.created), ("verified", backup.verified)]
        for event, time in times:
            if time is not None and time > latest:
                text = f"says that the pair was {event} {time_text(time)}, which is in the future"
                yield self._finding(FindingCode.TIME_IN_FUTURE, "pair.json", text, _CHECK_CLOCK)
            elif (
                time is not None and time < record.created - _TOLERANCE and event in {"submitted", "retired"}
            ):
                text = f"says that the pair was {event} {time_text(time)}, before it was created"
                yield self._finding(FindingCode.BEFORE_CREATED, "pair.json", text, _WRONG_CLOCK)


def _completion(record: PairRecord) -> Remedy:
    """Return the remedy that completes a started renewal."""
    name = record.renewed_by or ""
    if record.renewal is RenewalState.STARTED:
        return instruction(
            f"Complete the renewal: {escaping.command(*csrtui('show', name))} names its next step."
        )
    return _installation(name)


def _installation(pair: str) -> Remedy:
    export = escaping.command(*csrtui("export", pair))
    return instruction(
        f"Install the new one: {export}. If you already have, record it: {export} --mark-installed."
    )


def _try(read: Callable[[bytes], _T], data: bytes | None) -> tuple[_T | None, CsrtuiError | None]:
    """Return the decoded data and None, or None and the error. Without data, return None twice."""
    try:
        return (None if data is None else read(data)), None
    except CsrtuiError as error:
        return None, error


def _read_key(data: bytes | None) -> _Key:
    from csrtui.core.keys.kdf_limits import check_cost
    from csrtui.core.keys.pkcs8 import to_der
    from csrtui.core.keys.signing import load_intact_key

    if data is None:
        return _Key()
    encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data
    try:
        if encrypted:
            check_cost(to_der(data))  # refuses a key that is malformed or too expensive to open
            return _Key(encrypted=True)
        private, spki = load_intact_key(data)
    except CsrtuiError as error:
        return _Key(encrypted=encrypted, error=error)
    return _Key(encrypted=False, private=private, spki_sha256=spki)
