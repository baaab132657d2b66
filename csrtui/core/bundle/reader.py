"""Read a file into `KeyMaterial`: recognize its items, decode each item, and report every failure as a problem."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from csrtui.core.base import asn1
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import decryption, der_items, foreign_formats, keys, pem, pfx
from csrtui.core.bundle.der_items import CA_FILE_HINT, MAX_ITEMS, DerItem, Structure
from csrtui.core.bundle.key_material import BundleKey, KeyMaterial, Problem, ProblemKind
from csrtui.core.certificates import certificate, csr
from csrtui.core.certificates.certificate import Certificate

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Request

MAX_BYTES = 1024 * 1024
"""The maximum size of a file in bytes, far more than any chain needs."""
MAX_PROBLEMS = 20
"""The maximum number of problems reported."""
MAX_KEYS = 50
"""The maximum number of private keys loaded."""

_COPY_AGAIN = "copy all of it again"
_REQUEST_HINT = "submit it to the CA, and import the certificate that the CA sends"
_STANDARD_KEY = re.compile(r"(?:(?:RSA|EC|DSA|ENCRYPTED) )?PRIVATE KEY")
_NOUNS = {
    Structure.CERTIFICATE: "certificate",
    Structure.REQUEST: "certificate request",
    Structure.PKCS7: "PKCS #7 file",
    Structure.PKCS12: "PKCS #12 file",
    Structure.PRIVATE_KEY: "private key",
    Structure.ENCRYPTED_PRIVATE_KEY: "private key",
    Structure.OTHER: "block",
}


def read(data: bytes, passphrase: Secret | None = None, *, open_keys: bool = True) -> KeyMaterial:
    """Return the keys, CSRs and certificates in a file, and a problem for each item that cannot be read.

    Args:
        data: The contents of the file.
        passphrase: The passphrase of keys and PKCS #12 files. For PKCS #12, an empty passphrase is tried too.
        open_keys: Whether to load private keys. If False, the result for a file with a private key contains only
            `KeyMaterial.has_private_key` and problems.
    """
    from csrtui.core.keys.kdf_limits import file_budget

    reader = _Reader(passphrase, open_keys=open_keys)
    with file_budget():
        reader.read(data)
    return reader.material()


def read_certificates(data: bytes, passphrase: Secret | None = None) -> list[Certificate]:
    """Return the certificates in a file. The file must contain at least one certificate and no private key.

    Raises:
        InputError: The file contains no certificate, or contains a private key or an item that cannot be read.
    """
    material = read(data, passphrase, open_keys=False)
    refuse_private_key(material)
    if material.problems:
        raise material.problems[0].error
    if not material.certificates:
        raise missing_certificate_error(material)
    return list(material.certificates)


def unexpired_leaves(
    files: Iterable[tuple[str, bytes]], spki_sha256: str, now: datetime
) -> dict[str, Certificate]:
    """Return the unexpired certificates for a key, by file name. Only the first certificate of each file counts.

    A certificate in several files is returned once. Files that cannot be read are left out.
    """
    leaves: dict[str, Certificate] = {}
    for name, data in files:
        with suppress(InputError):
            leaf = read_certificates(data)[0]
            is_for_key = leaf.spki_sha256 == spki_sha256
            if is_for_key and now <= leaf.validity.not_after and leaf not in leaves.values():
                leaves[name] = leaf
    return leaves


def refuse_private_key(material: KeyMaterial) -> None:
    """Raise `InputError` if the material contains a private key, for callers that expect only CSRs and certificates."""
    if not material.has_private_key:
        return
    problem = next((problem for problem in material.problems if problem.kind is ProblemKind.KEY), None)
    if problem is not None:
        raise problem.error
    raise InputError("that is a private key, which must stay secret", "give a CSR or a certificate")


def missing_certificate_error(material: KeyMaterial) -> InputError:
    """Return the error for a file without a certificate."""
    if material.requests:
        message = "that is a certificate request, not the certificate that the CA issued for it"
        return InputError(message, _REQUEST_HINT)
    return material.missing_error("it contains no certificate", CA_FILE_HINT)


class _Reader:
    """The contents and problems of one file, collected while it is read."""

    def __init__(self, passphrase: Secret | None, *, open_keys: bool) -> None:
        self._passphrase, self._open_keys = passphrase, open_keys
        self._keys: list[BundleKey] = []
        self._requests: dict[bytes, Request] = {}
        self._certificates: dict[bytes, Certificate] = {}
        self._problems: list[Problem] = []
        self._has_private_key = False
        self._other_content: tuple[str, str] | None = None

    def material(self) -> KeyMaterial:
        problems = list(dict.fromkeys(self._problems))
        if len(problems) > MAX_PROBLEMS:
            text = f"{len(problems) - MAX_PROBLEMS} more items cannot be read"
            problems[MAX_PROBLEMS:] = [Problem(ProblemKind.FILE, text)]
        return KeyMaterial(
            tuple(self._keys),
            tuple(self._requests.values()),
            tuple(self._certificates.values()),
            tuple(problems),
            self._has_private_key,
            self._other_content,
        )

    def read(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            hint = "give a file with keys, CSRs or certificates only"
            self._add_problem(ProblemKind.FILE, f"it has more than {MAX_BYTES} bytes", hint)
            return
        if not data.strip(b"\0\t\n\v\f\r "):
            self._add_problem(ProblemKind.FILE, "it is empty", "give a file that is not empty")
            return
        file_format = foreign_formats.recognize(data)
        if file_format is not None:
            self._has_private_key = file_format.holds_key
            kind = ProblemKind.KEY if file_format.holds_key else ProblemKind.FILE
            self._add_problem(kind, f"this is {file_format.name}", file_format.hint)
            return
        file_items = list(der_items.split_der(data))
        if not file_items:
            decoded = pem.decode_text(data)
            self._has_private_key = pem.names_private_key(decoded)
            file_items = der_items.expected_items(pem.find_blocks(decoded))
            if not file_items:
                name = foreign_formats.describe_der(data)
                self._other_content = (name, "") if name else foreign_formats.describe_text(decoded)
        self._read_items(file_items)
        if not file_items and data[:1] == b"0":
            self._has_private_key |= der_items.begins_as_private_key(data)
            self._explain_der(data)

    def _explain_der(self, data: bytes) -> None:
        """Add a problem if the data is truncated DER, not text that only begins with the same octet."""
        try:
            asn1.to_der(data)
        except asn1.BerError as error:
            if der_items.is_truncated_der(data):
                self._add_problem(ProblemKind.FILE, der_items.describe_damage("the file", error), _COPY_AGAIN)

    def _read_items(self, file_items: Sequence[DerItem]) -> None:
        self._has_private_key |= any(item.is_private for item in file_items)
        if self._has_private_key and not self._open_keys:
            return  # the file must not contain a private key, so decode nothing
        if len(file_items) > MAX_ITEMS:
            self._add_problem(ProblemKind.FILE, f"only its first {MAX_ITEMS} items are read")
        totals = Counter(item.structure for item in file_items)
        counts = Counter[Structure]()
        for item in file_items[:MAX_ITEMS]:
            counts[item.structure] += 1
            number, total = counts[item.structure], totals[item.structure]
            self._read_item(item, f"{_NOUNS[item.structure]} {number} of {total}" if total > 1 else "")

    def _read_item(self, item: DerItem, place: str) -> None:
        try:
            if item.block.fault:
                raise InputError(f"the {item.label_noun} {item.block.fault}", _COPY_AGAIN)
            self._decode(item)
        except decryption.LockedError as error:
            self._add_problem(ProblemKind.LOCKED, error.message, error.hint, item.block.path)
        except keys.OpensshLockedError as error:
            self._add_problem(ProblemKind.OPENSSH_LOCKED, error.message, error.hint, item.block.path)
        except CsrtuiError as error:
            is_signed, is_request = item.structure in der_items.SIGNED, item.structure is Structure.REQUEST
            subject = certificate.read_subject_text(item.der, is_request=is_request) if is_signed else ""
            message = _locate(error.message, _NOUNS[item.structure], place, subject)
            request_der = item.der if is_request else b""
            self._problems.append(
                Problem(item.problem_kind, message, error.hint, item.block.path, request_der)
            )

    def _decode(self, item: DerItem) -> None:
        match item.structure:
            case Structure.CERTIFICATE:
                self._add_certificate(item.der)
            case Structure.REQUEST:
                request = csr.read_der(item.der)
                self._requests.setdefault(request.der, request)
            case Structure.PKCS7:
                self._add_certificates_of("PKCS #7 file", der_items.pkcs7_certificates(item.der))
            case Structure.PKCS12:
                self._read_pfx(item)
            case _:
                self._read_key(item)

    def _add_certificate(self, der: bytes) -> None:
        if der not in self._certificates:
            self._certificates[der] = certificate.read_der(der)

    def _add_certificates_of(self, container: str, certificates: Sequence[bytes]) -> None:
        for number, der in enumerate(certificates[:MAX_ITEMS], 1):
            try:
                self._add_certificate(der)
            except CsrtuiError as error:
                place = f"certificate {number} of {len(certificates)} in the {container}"
                subject = certificate.read_subject_text(der, is_request=False)
                message = _locate(error.message, "certificate", place, subject)
                self._add_problem(ProblemKind.CERTIFICATE, message, error.hint)

    def _read_pfx(self, item: DerItem) -> None:
        if not self._open_keys and pfx.SHROUDED_KEY_MARK in item.der:
            self._has_private_key = True
            raise _unexpected_key_error()
        contents = pfx.read_pfx(item.der, self._passphrase)
        self._has_private_key |= bool(contents.keys)
        if contents.keys and not self._open_keys:
            raise _unexpected_key_error()
        for problem in contents.problems:
            self._add_problem(ProblemKind.KEY, problem.message, problem.hint)
        for der in contents.keys:
            try:
                self._add_key(BundleKey(keys.load_private_key(der), contents.is_encrypted, item.block.path))
            except CsrtuiError as error:
                self._add_problem(ProblemKind.KEY, error.message, error.hint)
        self._add_certificates_of("PKCS #12 file", contents.certificates)

    def _read_key(self, item: DerItem) -> None:
        block, der = item.block, item.der
        is_encrypted = block.cipher is not None or item.structure is Structure.ENCRYPTED_PRIVATE_KEY
        is_openssh = not is_encrypted and (der.startswith(keys.OPENSSH_MAGIC) or "OPENSSH" in block.label)
        if is_encrypted and self._passphrase is None:
            raise decryption.LockedError("the key has a passphrase", "give its passphrase")
        passphrase = self._passphrase or Secret("")
        if block.cipher is not None:
            key = keys.open_pem_encrypted(*block.cipher, der, passphrase)
        elif is_encrypted:
            key = keys.open_encrypted(der, passphrase)
        elif is_openssh:
            key = keys.open_openssh(der)
        elif item.structure is Structure.PRIVATE_KEY:
            key = keys.load_private_key(der)
        else:
            raise _unreadable_error(item)
        self._add_key(BundleKey(key, is_encrypted and bool(passphrase.encoded), block.path, is_openssh))

    def _add_key(self, key: BundleKey) -> None:
        if len(self._keys) >= MAX_KEYS:
            raise InputError(f"only the first {MAX_KEYS} private keys are read")
        self._keys.append(key)

    def _add_problem(self, kind: ProblemKind, message: str, hint: str | None = None, path: str = "") -> None:
        self._problems.append(Problem(kind, message, hint, path))


def _locate(message: str, noun: str, place: str, subject: str) -> str:
    """Return a message that names the item by its place in the file (or else its noun) and by its subject."""
    if not place and not subject:
        return message
    name = f"{place or f'the {noun}'}{f' ({subject})' if subject else ''}"
    beginning = f"the {noun} "
    if message.startswith(beginning):
        return f"{name} {message.removeprefix(beginning)}"
    return f"{name}: {message}"


def _unexpected_key_error() -> InputError:
    return InputError(
        "the PKCS #12 file contains a private key, but only certificates are expected",
        "openssl pkcs12 -in FILE -nokeys -out certificates.pem extracts the certificates",
    )


def _unreadable_error(item: DerItem) -> InputError:
    """Return the error for a block whose content is not of the kind that its label says."""
    label, noun = visible(item.block.label), item.label_noun
    if "TSS2" in label:
        message = f"the {label} is sealed in a TPM and cannot leave it"
        return InputError(message, "make a new pair with csrtui new")
    if not item.der.startswith(b"0"):
        if "KEY" in label and not _STANDARD_KEY.fullmatch(label):
            return InputError(f"a {label} of this kind is not supported: it does not contain DER")
        return InputError(f"the {noun} is damaged: it does not contain DER", _COPY_AGAIN)
    try:
        asn1.to_der(item.der)
    except asn1.BerError as error:
        return InputError(der_items.describe_damage(f"the {noun}", error), _COPY_AGAIN)
    return InputError(f"the {noun} does not have the structure that its label requires")
