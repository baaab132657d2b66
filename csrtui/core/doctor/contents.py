"""Check the files of a pair against each other: that key, CSR, certificate and record belong together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.times import Validity, utc_text
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.comparison import chain_flaw
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.doctor import renewals
from csrtui.core.doctor.backups import judge_copies
from csrtui.core.doctor.facts import CopySeen, Seen
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.layout import PAIR_FILES
from csrtui.core.doctor.remedy import (
    PairCondition,
    PairReplacement,
    Remedy,
    command,
    csrtui,
    instruction,
    template,
)
from csrtui.core.pairs.pair import SCHEMA, PairRecord
from csrtui.core.pairs.pair_json import load_record

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

_CERTIFICATE = "certificate.pem"


@dataclass(frozen=True, slots=True)
class ExaminedPair:
    """The result of checking the files of a pair.

    Attributes:
        ailments: The findings.
        csr: The CSR, or None if it cannot be read.
        key: The private key, or None if it cannot be read or is encrypted.
    """

    ailments: tuple[Ailment, ...]
    csr: request.Request | None
    key: "PrivateKey | None"


def examine_contents(folder: Seen, copies: Mapping[str, CopySeen], now: datetime) -> ExaminedPair:
    """Check the files of a pair against each other.

    Args:
        folder: The pair's folder, listed, its files read. Files that could not be read are checked elsewhere.
        copies: What was found of the backups on record, by path.
        now: The time, in UTC.
    """
    examination = _Examination(folder, copies, now)
    return ExaminedPair(tuple(examination.ailments(copies)), examination.csr, examination.key.private)


def record_of(folder: Seen) -> PairRecord | None:
    """Return the record of a pair, or None if it is missing or cannot be read."""
    data = next((seen.data for seen in folder.entries if seen.name == "pair.json"), None)
    try:
        return None if data is None else load_record(data)
    except CsrtuiError:
        return None


@dataclass(frozen=True, slots=True)
class _Key:
    """The contents of key.pem.

    Attributes:
        encrypted: Whether it is encrypted; None if there is no file.
        fault: Why it cannot be used, or None.
        private: The key, where it is not encrypted.
        spki_sha256: Its fingerprint, where it is not encrypted.
    """

    encrypted: bool | None = None
    fault: CsrtuiError | None = None
    private: "PrivateKey | None" = None
    spki_sha256: str | None = None

    @property
    def is_usable(self) -> bool:
        return self.encrypted is not None and self.fault is None

    def can_be(self, spki_sha256: str | None) -> bool:
        """Whether it is the key with a fingerprint, or is encrypted and may be that key."""
        return self.is_usable and (bool(self.encrypted) or self.spki_sha256 == spki_sha256)


class _Examination:
    def __init__(self, folder: Seen, copies: Mapping[str, CopySeen], now: datetime) -> None:
        self._folder = folder
        self._files = {seen.name: seen for seen in folder.entries}
        self._now = now
        self._record = record_of(folder)
        self.csr, self._csr_fault = _read_csr(self._data("request.pem"))
        self._csr_holds = self.csr is not None and request.signature_holds(self.csr.der)
        self.key = _read_key(self._data("key.pem"))
        self._leaf, self._issuers, self._certificate_fault = _read_certificates(self._data(_CERTIFICATE))
        self._replacement = PairReplacement(folder.path, self._record, copies, now)

    def ailments(self, copies: Mapping[str, CopySeen]) -> Iterator[Ailment]:
        if self._folder.kind is None or self._folder.fault is not None:
            return
        yield from self._missing()
        yield from self._unreadable_record()
        yield from self._request()
        yield from self._key()
        yield from self._certificate()
        if self._record is not None:
            condition = self._condition()
            can_back_up = condition.has_key and condition.has_csr
            yield from judge_copies(self._folder.path, self._record, copies, can_back_up=can_back_up)
            yield from renewals.judge_times(
                self._path("pair.json"), self._folder.name, self._record, self._now
            )

    def _path(self, name: str) -> str:
        return f"{self._folder.path}/{name}"

    def _ailment(self, code: Code, name: str, text: str, remedy: Remedy) -> Ailment:
        path = self._path(name)
        return Ailment(code, path, f"{visible(path)} {text}", remedy, self._folder.name)

    def _data(self, name: str) -> bytes | None:
        seen = self._files.get(name)
        return seen.data if seen else None

    def _condition(self) -> PairCondition:
        csr = self.csr if self._csr_holds else None
        return PairCondition(
            has_key=self.key.is_usable,
            has_csr=csr is not None and self.key.can_be(csr.spki_sha256),
            has_certificate=self._leaf is not None and self.key.can_be(self._leaf.spki_sha256),
        )

    def _from_backup(self) -> Remedy:
        return self._replacement.of_damaged(self._condition())

    def _from_files(self) -> Remedy:
        return self._replacement.of_record(self._condition())

    def _import(self) -> Remedy:
        return template(*csrtui("import", "--pair", self._folder.name, "CERTIFICATE"))

    def _missing(self) -> Iterator[Ailment]:
        for name in PAIR_FILES:
            if name not in self._files:
                remedy = self._from_files() if name == "pair.json" else self._from_backup()
                yield self._ailment(Code.MISSING_FILE, name, "is missing", remedy)
        if self._record and self._record.validity and _CERTIFICATE not in self._files:
            text = "is missing, although the record says that it was imported"
            yield self._ailment(Code.CERTIFICATE_MISSING, _CERTIFICATE, text, self._import())

    def _unreadable_record(self) -> Iterator[Ailment]:
        data = self._data("pair.json")
        if data is None or self._record is not None:
            return
        try:
            load_record(data)
        except CsrtuiError as error:
            if _is_of_another_schema(data):
                remedy = instruction("Use the version of csrtui that wrote it, or a newer one.")
                text = f"has another schema than {SCHEMA}, the only one that this version can read"
                yield self._ailment(Code.RECORD_SCHEMA, "pair.json", text, remedy)
            else:
                text = f"cannot be read: {visible(error.what)}"
                yield self._ailment(Code.RECORD_UNREADABLE, "pair.json", text, self._from_files())

    def _request(self) -> Iterator[Ailment]:
        if self._csr_fault is not None:
            text = f"cannot be read: {visible(self._csr_fault.what)}"
            yield self._ailment(Code.REQUEST_UNREADABLE, "request.pem", text, self._from_backup())
        if self.csr is None:
            return
        if not self._csr_holds:
            text = "is not signed by its own key: every CA will refuse it"
            yield self._ailment(Code.REQUEST_SIGNATURE, "request.pem", text, self._from_backup())
        if self._record is not None:
            yield from self._disagreements(self.csr, self._record)

    def _disagreements(self, csr: request.Request, record: PairRecord) -> Iterator[Ailment]:
        if csr.sha256 != record.request.sha256:
            text = "is not the CSR on record: do not submit it"
            yield self._ailment(Code.REQUEST_CHANGED, "request.pem", text, self._from_backup())
            return  # all other differences follow from this one
        if csr.spki_sha256 != record.key.spki_sha256:
            text = "names another key than the CSR"
            yield self._ailment(Code.FINGERPRINT_DISAGREES, "pair.json", text, self._from_files())
        if csr.subject_text != record.subject_text or csr.subject != record.subject:
            text = f"contains another subject than the CSR, which has {csr.subject_text}"
            yield self._ailment(Code.SUBJECT_DISAGREES, "pair.json", text, self._from_files())
        # An adopted CSR may have its common name nowhere else.
        if set(record.names) - {csr.subject.common_name} != set(csr.names) - {csr.subject.common_name}:
            text = f"contains other names than the CSR, which has {visible(' '.join(csr.names))}"
            yield self._ailment(Code.NAMES_DISAGREE, "pair.json", text, self._from_files())

    def _key(self) -> Iterator[Ailment]:
        if self.key.encrypted is None:
            return
        if self.key.fault is not None:
            text = f"cannot be used: {visible(self.key.fault.what)}"
            yield self._ailment(Code.KEY_UNREADABLE, "key.pem", text, self._from_backup())
            return
        if self._record is not None and self._record.key.encrypted is not self.key.encrypted:
            state = "is encrypted" if self.key.encrypted else "is not encrypted"
            text = f"{state}, although the record says otherwise"
            yield self._ailment(Code.ENCRYPTION_DISAGREES, "key.pem", text, self._from_files())
        if self.key.encrypted:
            text = "is encrypted and was not opened, so it was not compared with the CSR"
            yield self._ailment(Code.KEY_NOT_OPENED, "key.pem", text, self._comparison())
        elif self.csr is not None and self.key.spki_sha256 != self.csr.spki_sha256:
            text = "is not the key of the CSR: no certificate will work with it"
            yield self._ailment(Code.KEY_OF_ANOTHER, "key.pem", text, self._from_backup())

    def _comparison(self) -> Remedy:
        return instruction(
            "Nothing has to be done. To compare it with the CSR, print the public keys of both, with openssl pkey and "
            "openssl req, and its passphrase."
        )

    def _certificate(self) -> Iterator[Ailment]:
        if self._certificate_fault is not None:
            text = f"cannot be read: {visible(self._certificate_fault.what)}"
            yield self._ailment(Code.CERTIFICATE_UNREADABLE, _CERTIFICATE, text, self._import())
        if self._leaf is None:
            return
        if self.csr is not None and self._leaf.spki_sha256 != self.csr.spki_sha256:
            text = "is not for the key of this pair: a server will not start with it"
            yield self._ailment(Code.CERTIFICATE_OF_ANOTHER, _CERTIFICATE, text, self._import())
            return
        yield from self._life(self._leaf.validity)
        if is_in_use(self._record):
            yield from self._chain(self._leaf)

    def _chain(self, leaf: Certificate) -> Iterator[Ailment]:
        chain = build_chain(leaf, self._issuers, self._now)
        ca = self._record.ca if self._record else CaKind.PUBLIC
        flaw = chain_flaw(chain, validate_chain(chain, self._now), ca)
        if flaw is not None:
            path, pair = self._path(_CERTIFICATE), self._folder.name
            remedy = template(*csrtui("import", "--pair", pair, "CHAIN"))
            yield Ailment(
                Code(flaw.kind.value), path, f"{visible(path)}: {flaw.text}", remedy, pair, flaw.level
            )

    def _life(self, life: Validity) -> Iterator[Ailment]:
        record, pair = self._record, self._folder.name
        if record is not None and record.validity != life:
            text = f"expires {utc_text(life.not_after)}, but the record has another date"
            remedy = command(*csrtui("import", "--pair", pair, self._path(_CERTIFICATE)))
            yield self._ailment(Code.VALIDITY_DISAGREES, _CERTIFICATE, text, remedy)
        if life.not_after < self._now and is_in_use(record):
            text = f"expired {utc_text(life.not_after)}"
            yield self._ailment(Code.CERTIFICATE_EXPIRED, _CERTIFICATE, text, command(*csrtui("renew", pair)))
        if life.not_before > self._now + renewals.TOLERANCE:
            text = f"is not valid before {utc_text(life.not_before)}, or the clock of this machine is wrong"
            yield self._ailment(
                Code.CERTIFICATE_NOT_YET_VALID, _CERTIFICATE, text, renewals.WAIT_OR_CHECK_CLOCK
            )


def is_in_use(record: PairRecord | None) -> bool:
    """Return whether a pair is neither retired nor replaced; a pair without a readable record counts as in use."""
    return record is None or not (record.retired or record.renewed_by)


def _read_csr(data: bytes | None) -> tuple[request.Request | None, CsrtuiError | None]:
    """Return the CSR, or why it cannot be read; neither if there is none."""
    try:
        return (None if data is None else request.read_pem(data)), None
    except CsrtuiError as error:
        return None, error


def _read_certificates(data: bytes | None) -> tuple[Certificate | None, list[Certificate], InputError | None]:
    """Return the certificate and its issuers, or why they cannot be read; none of them if there is no file."""
    if data is None:
        return None, [], None
    try:
        leaf, *issuers = read_certificates(data)
    except InputError as error:
        return None, [], error
    return leaf, issuers, None


def _read_key(data: bytes | None) -> _Key:
    from csrtui.core.keys.kdf_limits import judge_cost
    from csrtui.core.keys.pkcs8 import to_der
    from csrtui.core.keys.signing import prove

    if data is None:
        return _Key()
    encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data
    try:
        if encrypted:
            judge_cost(to_der(data))  # well formed, and not too expensive to open
            return _Key(encrypted=True)
        private, spki = prove(data)
    except CsrtuiError as error:
        return _Key(encrypted=encrypted, fault=error)
    return _Key(encrypted=False, private=private, spki_sha256=spki)


def _is_of_another_schema(data: bytes) -> bool:
    import json

    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("schema") != SCHEMA
