"""Judging what is in the files of a pair: that key, CSR, certificate and record belong together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from csrtui.core import request
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import Certificate
from csrtui.core.chain import build_chain
from csrtui.core.doctor import dates
from csrtui.core.doctor.ailment import Ailment, Code
from csrtui.core.doctor.copies import judge_copies
from csrtui.core.doctor.places import PAIR_FILES
from csrtui.core.doctor.seen import CopySeen, Seen
from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.finding import CaKind
from csrtui.core.issued import chain_flaw
from csrtui.core.pair import SCHEMA, PairRecord, Validity, utc_text
from csrtui.core.pair_json import load_record
from csrtui.core.path_validation import validate_chain
from csrtui.core.shell import command
from csrtui.core.visible import visible

_CERTIFICATE = "certificate.pem"


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of examining the contents of a pair.

    Attributes:
        ailments: What is wrong.
        spki_sha256: The fingerprint of the CSR, or None where that cannot be read.
    """

    ailments: tuple[Ailment, ...]
    spki_sha256: str | None


def examine_contents(folder: Seen, copies: Mapping[str, CopySeen], now: datetime) -> Examined:
    """Judge the files of a pair against each other.

    Args:
        folder: The pair's folder, listed, its files read. What could not be read is judged elsewhere.
        copies: What was found of the backups on record, by path.
        now: The time, in UTC.
    """
    examination = _Examination(folder, now)
    found = tuple(examination.ailments(copies))
    return Examined(found, examination.asked.spki_sha256 if examination.asked else None)


def record_of(folder: Seen) -> PairRecord | None:
    """Return the record of a pair, or None where there is none that can be read."""
    data = next((seen.data for seen in folder.entries if seen.name == "pair.json"), None)
    try:
        return None if data is None else load_record(data)
    except CsrtuiError:
        return None


class _Examination:
    def __init__(self, folder: Seen, now: datetime) -> None:
        self._folder = folder
        self._files = {seen.name: seen for seen in folder.entries}
        self._now = now
        self._record = record_of(folder)
        self.asked: request.Request | None = None

    def ailments(self, copies: Mapping[str, CopySeen]) -> Iterator[Ailment]:
        if self._folder.kind is None or self._folder.fault is not None:
            return
        yield from self._missing()
        yield from self._unreadable_record()
        yield from self._request()
        yield from self._key()
        yield from self._certificate()
        if self._record is not None:
            yield from judge_copies(self._folder.path, self._record, copies)
            yield from dates.judge_times(self._path("pair.json"), self._folder.name, self._record, self._now)

    def _path(self, name: str) -> str:
        return f"{self._folder.path}/{name}"

    def _ailment(self, code: Code, name: str, text: str, remedy: str) -> Ailment:
        path = self._path(name)
        return Ailment(code, path, f"{visible(path)} {text}", remedy, self._folder.name)

    def _data(self, name: str) -> bytes | None:
        seen = self._files.get(name)
        return seen.data if seen else None

    def _missing(self) -> Iterator[Ailment]:
        for name in PAIR_FILES:
            if name not in self._files:
                remedy = self._adoption() if name == "pair.json" else self._restoration()
                yield self._ailment(Code.MISSING_FILE, name, "is not there", remedy)
        if self._record and self._record.validity and _CERTIFICATE not in self._files:
            text = "is not there, and the record says that it was imported"
            yield self._ailment(Code.CERTIFICATE_MISSING, _CERTIFICATE, text, self._import())

    def _unreadable_record(self) -> Iterator[Ailment]:
        data = self._data("pair.json")
        if data is None or self._record is not None:
            return
        try:
            load_record(data)
        except CsrtuiError as error:
            if _is_of_another_schema(data):
                remedy = "csrtui --version"
                text = f"is of a schema that this version, which knows {SCHEMA}, cannot read"
                yield self._ailment(Code.RECORD_SCHEMA, "pair.json", text, remedy)
            else:
                text = f"cannot be read: {visible(error.what)}"
                yield self._ailment(Code.RECORD_UNREADABLE, "pair.json", text, self._adoption())

    def _request(self) -> Iterator[Ailment]:
        data = self._data("request.pem")
        if data is None:
            return
        try:
            self.asked = request.read_pem(data)
        except CsrtuiError as error:
            text = f"cannot be read: {visible(error.what)}"
            yield self._ailment(Code.REQUEST_UNREADABLE, "request.pem", text, self._restoration())
            return
        if not request.signature_holds(self.asked.der):
            text = "is not signed by the key it names: every CA will refuse it"
            yield self._ailment(Code.REQUEST_SIGNATURE, "request.pem", text, self._restoration())
        if self._record is not None:
            yield from self._disagreements(self.asked, self._record)

    def _disagreements(self, asked: request.Request, record: PairRecord) -> Iterator[Ailment]:
        if asked.sha256 != record.request.sha256:
            text = "is not the request on record: do not submit it"
            yield self._ailment(Code.REQUEST_CHANGED, "request.pem", text, self._restoration())
            return  # all else that differs follows from this
        if asked.spki_sha256 != record.key.spki_sha256:
            text = "names another key than the CSR beside it"
            yield self._ailment(Code.FINGERPRINT_DISAGREES, "pair.json", text, self._adoption())
        if asked.subject_text != record.subject_text or asked.subject != record.subject:
            text = f"says another subject than the CSR, which says {asked.subject_text}"
            yield self._ailment(Code.SUBJECT_DISAGREES, "pair.json", text, self._adoption())
        # An adopted CSR may have its common name nowhere else.
        if set(record.names) - {asked.subject.common_name} != set(asked.names) - {asked.subject.common_name}:
            text = f"says other names than the CSR, which says {visible(' '.join(asked.names))}"
            yield self._ailment(Code.NAMES_DISAGREE, "pair.json", text, self._adoption())

    def _key(self) -> Iterator[Ailment]:
        data = self._data("key.pem")
        if data is None:
            return
        encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data
        try:
            spki = None if _judge_encrypted(data, encrypted=encrypted) else _spki_of(data)
        except CsrtuiError as error:
            text = f"cannot be used: {visible(error.what)}"
            yield self._ailment(Code.KEY_UNREADABLE, "key.pem", text, self._restoration())
            return
        if self._record is not None and self._record.key.encrypted is not encrypted:
            now = "is under a passphrase" if encrypted else "is without a passphrase"
            text = f"{now}, and the record says otherwise"
            yield self._ailment(Code.ENCRYPTION_DISAGREES, "key.pem", text, self._adoption())
        if encrypted:
            text = "is under a passphrase and was not opened: whether it is the CSR's is not known"
            show = command("openssl", "pkey", "-in", self._path("key.pem"), "-pubout")
            yield self._ailment(Code.KEY_NOT_OPENED, "key.pem", text, show)
        elif self.asked is not None and spki != self.asked.spki_sha256:
            text = "is not the key of the CSR beside it: no certificate will work with it"
            yield self._ailment(Code.KEY_OF_ANOTHER, "key.pem", text, self._restoration())

    def _certificate(self) -> Iterator[Ailment]:
        data = self._data(_CERTIFICATE)
        if data is None:
            return
        try:
            leaf, *others = read_certificates(data)
        except InputError as error:
            text = f"cannot be read: {visible(error.what)}"
            yield self._ailment(Code.CERTIFICATE_UNREADABLE, _CERTIFICATE, text, self._import())
            return
        if self.asked is not None and leaf.spki_sha256 != self.asked.spki_sha256:
            text = "is not for the key of this pair: a server will not start with it"
            yield self._ailment(Code.CERTIFICATE_OF_ANOTHER, _CERTIFICATE, text, self._import())
            return
        yield from self._life(leaf.validity)
        if self._is_in_use:
            yield from self._chain(leaf, others)

    @property
    def _is_in_use(self) -> bool:
        return self._record is None or not (self._record.retired or self._record.renewed_by)

    def _chain(self, leaf: Certificate, others: list[Certificate]) -> Iterator[Ailment]:
        chain = build_chain(leaf, others, self._now)
        ca = self._record.ca if self._record else CaKind.PUBLIC
        flaw = chain_flaw(chain, validate_chain(chain, self._now), ca)
        if flaw is not None:
            path, remedy = (
                self._path(_CERTIFICATE),
                command("csrtui", "import", "--pair", self._folder.name, "CHAIN"),
            )
            text = f"{visible(path)}: {flaw.text}"
            yield Ailment(Code(flaw.kind.value), path, text, remedy, self._folder.name, flaw.level)

    def _life(self, life: Validity) -> Iterator[Ailment]:
        record = self._record
        if record is not None and record.validity != life:
            text = f"says that it expires {utc_text(life.not_after)}, and the record does not"
            yield self._ailment(Code.VALIDITY_DISAGREES, _CERTIFICATE, text, self._import(_CERTIFICATE))
        if life.not_after < self._now and self._is_in_use:
            text = f"expired {utc_text(life.not_after)}"
            renewal = command("csrtui", "renew", self._folder.name)
            yield self._ailment(Code.CERTIFICATE_EXPIRED, _CERTIFICATE, text, renewal)
        if life.not_before > self._now + dates.TOLERANCE:
            text = f"is not valid before {utc_text(life.not_before)}: or this machine's clock is wrong"
            yield self._ailment(Code.CERTIFICATE_NOT_YET_VALID, _CERTIFICATE, text, "timedatectl")

    # Remedies: nothing is deleted; what is there is moved out of the store before something else comes in

    def _aside(self) -> str:
        store = self._folder.path.rpartition("/pairs/")[0]
        return f"{store}-{self._folder.name}.aside"

    def _replacement(self) -> str:
        names = self._record.names if self._record else (self._folder.name,)
        return command("csrtui", "new", *names)

    def _restoration(self) -> str:
        backup = self._record.backup if self._record else None
        if backup is None:
            return self._replacement()
        identity = ("--identity", "IDENTITY") if backup.to_recipients else ()
        move = ("mv", "-nT", self._folder.path, self._aside())
        return command(*move, "&&", "csrtui", "restore", backup.path, *identity)

    def _adoption(self) -> str:
        aside = self._aside()
        certificate = ("--cert", f"{aside}/{_CERTIFICATE}") if _CERTIFICATE in self._files else ()
        return command(
            *("mv", "-nT", self._folder.path, aside, "&&", "csrtui", "adopt", "--as", self._folder.name),
            *("--key", f"{aside}/key.pem", "--csr", f"{aside}/request.pem", *certificate),
        )

    def _import(self, name: str | None = None) -> str:
        file = self._path(name) if name else "CERTIFICATE"
        return command("csrtui", "import", "--pair", self._folder.name, file)


def _is_of_another_schema(data: bytes) -> bool:
    import json

    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("schema") != SCHEMA


def _judge_encrypted(data: bytes, *, encrypted: bool) -> bool:
    """Whether the key is under a passphrase; one that is must be well formed, and not too dear to open."""
    if encrypted:
        from csrtui.core.key_cost import judge_cost
        from csrtui.core.pkcs8 import to_der

        judge_cost(to_der(data))
    return encrypted


def _spki_of(data: bytes) -> str:
    from csrtui.core.doctor.plain_key import proved_spki

    return proved_spki(data)
